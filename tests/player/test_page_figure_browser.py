"""Finished films on the interactive page: categories, shares, highlights, and the words around the points.

The bounds of pictures are those of test_page_browser.
"""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import gpuanim as ga
from gpuanim.frames import PixelFormat

pytestmark = pytest.mark.browser

NAMES = ["T cells", "B cells", "</script><b>NK"]
RED, GREEN, BLUE = [255, 0, 0], [0, 160, 0], [0, 0, 255]
PALETTE = ["#ff0000", "#00a000", "#0000ff"]


def cloud(n=600, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 2))


def labels(n=600, n_steps=3, k=3, seed=1):
    return list(np.random.default_rng(seed).integers(-1, k, (n_steps, n)))


def shares(n=600, n_steps=3, k=3, seed=2):
    values = np.random.default_rng(seed).dirichlet(np.full(k, 0.4), (n_steps, n))
    values[1, ::9] = 0
    return values


def film_of(anim, k):
    """Return frame `k` of a film as far as it lies in the box of its points."""
    plan = anim._plan((PixelFormat.RGB24,), ga.film.Fits(anim._film, ga.film.Timings()))
    left, top, width, height = plan.panels[0].view.box
    assert (left % 1, top % 1, width % 1, height % 1) == (0, 0, 0, 0)
    return anim.frame(k)[int(top) : int(top + height), int(left) : int(left + width)]


def check_picture(shown, anim, k, error_most=0.1):
    expected = film_of(anim, k)
    shown.fit(expected.shape[1::-1])
    shown.seek(k)
    error = np.abs(shown.picture()[..., :3].astype(int) - expected)
    assert error.mean() < error_most
    assert (error.max(-1) <= 6).mean() > 0.995


def counts(shown):
    return [int(text) for text in shown.tab.locator(".gpuanim-groups .gpuanim-item small").all_inner_texts()]


FILMS = {
    "categories": lambda: (labels(), {"categories": NAMES}),
    "300 categories": lambda: (labels(k=300), {"categories": list(map(str, range(300))), "palette": "hsv"}),
    "mixed": lambda: (shares(), {}),
    "confidence": lambda: (shares(), {"mix": "confidence", "background": "#202020", "na_color": "yellow"}),
    "likeliest": lambda: (shares(), {"mix": "argmax"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(FILMS))
def test_picture_is_that_of_the_film(show_points, kind):
    values, options = FILMS[kind]()
    anim = ga.animate(cloud(), values, size=(400, 300), s=60, **options)
    shown = show_points(anim)
    for k in (0, 1):
        check_picture(shown, anim, k)


HIGHLIGHTS = {
    "faded": [ga.Highlight(cells=range(0, 200), rest="#dddddd")],
    "outlined": [ga.Highlight(cells=range(0, 60), outline=("black", "yellow"), outline_width=(0.4, 0.2))],
    "two outlines": [
        ga.Highlight(cells=range(0, 60), outline=True),
        ga.Highlight(cells=range(40, 90), outline="red", rest=True),
    ],
    "front": [ga.Highlight(front="cyan")],
    "all": [ga.Highlight(cells=range(300), front=True, outline=True, rest=True)],
}  # fmt: skip


@pytest.mark.parametrize("highlight", list(HIGHLIGHTS))
@pytest.mark.parametrize("kind", ["numbers", "categories"])
def test_highlights_are_those_of_the_film(show_points, highlight, kind):
    coords = cloud()
    sizes = np.random.default_rng(4).uniform(20, 120, 600)
    if kind == "numbers":
        values, options = [np.sin(coords[:, 0] + t) for t in range(3)], {"order": "random"}
    else:
        values, options = labels(), {"categories": NAMES}
    anim = ga.animate(
        coords, values, size=(400, 300), s=sizes, highlight=HIGHLIGHTS[highlight], title="{step}", **options
    )
    shown = show_points(anim)
    for k in (0, 2):
        check_picture(shown, anim, k, 0.15)  # sizes have 256 steps, and contours are of high contrast


def test_zoom_keeps_outlines_around_their_points(show_points):
    anim = ga.animate(
        np.array([[0.0, 0], [1, 1]]), [[0.0, 1.0]], size=(300, 300), s=400, margin=0.6,
        cmap=["#ff0000", "#0000ff"], highlight=ga.Highlight(cells=[1], outline=("#00ff00", "#00ff00")),
    )  # fmt: skip
    shown = show_points(anim)
    shown.fit(anim.size)
    shown.js("page.view.zoomAt(2, 200, 100); page.paint()")
    picture = shown.picture()[..., :3]
    ring, disc = (np.argwhere((picture == color).all(-1)) for color in ([0, 255, 0], BLUE))
    np.testing.assert_allclose(ring.mean(0), disc.mean(0), atol=1)
    assert np.ptp(ring, axis=0).max() / np.ptp(disc, axis=0).max() == pytest.approx(1.7, abs=0.1)


def test_faded_points_tell_their_value(show_points):
    coords = np.array([[0, 0], [1, 0], [0, 1], [1, 1.0]])
    anim = ga.animate(
        coords, [[0.0, 1.0, 2.0, 4.0]], s=400, size=(300, 300),
        highlight=ga.Highlight(cells=[0], rest=True, front=True),
    )  # fmt: skip
    shown = show_points(anim)
    assert shown.hover(*shown.points()[3]) == ["3.984 to 4"]


# ---- categories


def test_hover_names_the_category_of_the_frame(show_points):
    coords = np.array([[0, 0], [1, 0], [0, 1], [1, 1.0]])
    anim = ga.animate(coords, [[0, 1, 2, -1], [1, -1, 2, 0]], s=400, size=(300, 300), categories=NAMES)
    shown = show_points(anim, names=list("abcd"))
    told = [[shown.hover(*place) for place in shown.points()]]
    shown.seek(1)
    shown.tab.mouse.move(5, 5)
    told.append([shown.hover(*place) for place in shown.points()])
    assert told[0] == [["a", NAMES[0]], ["b", NAMES[1]], ["c", NAMES[2]], ["d", "NA"]]
    assert told[1] == [["a", NAMES[1]], ["b", "NA"], ["c", NAMES[2]], ["d", NAMES[0]]]


def test_hover_tells_shares(show_points):
    coords = np.array([[0, 0], [1, 0], [0, 1.0]])
    values = np.array([[[1.0, 0, 0], [0, 0.8, 0.2], [0, 0, 0]]])
    options = {"s": 400, "size": (300, 300), "categories": NAMES}
    shown = show_points(ga.animate(coords, values, mix="confidence", **options))
    assert [shown.hover(*p) for p in shown.points()] == [["T cells, 100 %"], ["B cells, 80 %"], ["NA"]]
    shown = show_points(ga.animate(coords, values, **options))
    assert [shown.hover(*p) for p in shown.points()] == [["T cells"], ["a mixture"], ["NA"]]
    assert shown.tab.locator(".gpuanim-legend button").count() == 0  # a mixture has no category to pick
    assert shown.tab.locator(".gpuanim-legend .gpuanim-item").count() == 4


def test_legend_counts_and_picks_frame_by_frame(show_points):
    coords = cloud()
    values = labels()
    anim = ga.animate(coords, values, size=(400, 300), s=40, categories=NAMES, palette=PALETTE)
    shown = show_points(anim)
    assert shown.tab.locator(".gpuanim-scale").count() == 0
    assert shown.tab.locator(".gpuanim-legend .gpuanim-name").all_inner_texts() == [*NAMES, "NA"]
    shown.fit(anim.size)
    for k in (0, 2):
        shown.seek(k)
        assert counts(shown) == [int((values[k] == code).sum()) for code in (0, 1, 2, -1)]
    shown.tab.get_by_title("B cells").click()
    others = ga.animate(
        coords, [np.where(values[k] == 1, 1, -1) for k in range(3)], size=(400, 300), s=40, categories=NAMES,
        palette=PALETTE, na_color="#d9d9d9", order=(values[1] == 1).astype(float),
    )  # fmt: skip
    check_picture(shown, others, 1)
    shown.tab.get_by_title("NA").click()
    shown.seek(0)
    picture = shown.picture()[..., :3]
    assert not any((picture == color).all(-1).any() for color in (RED, GREEN, BLUE))
    shown.tab.get_by_title("NA").click()
    check_picture(shown, anim, 2)


def test_categories_beside_groups(show_points):
    coords = cloud()
    side = np.where(coords[:, 0] > 0, "right", "left")
    anim = ga.animate(coords, labels(), size=(400, 300), s=40, categories=NAMES, palette=PALETTE)
    shown = show_points(anim, groups=side, group_colors={"left": "#ffff00", "right": "#00ffff"})
    shown.fit(anim.size)
    visible = ".gpuanim-groups:not([hidden]) .gpuanim-name"
    assert shown.tab.locator(visible).all_inner_texts() == [*NAMES, "NA"]
    shown.tab.get_by_title("T cells").click()
    shown.tab.get_by_role("button", name="Group", exact=True).click()
    assert shown.tab.locator(visible).all_inner_texts() == ["left", "right"]
    assert shown.js("return page.canvas.picked") == -1
    picture = shown.picture()[..., :3]
    assert (picture == [255, 255, 0]).all(-1).sum() > 500
    assert not (picture == RED).all(-1).any()
    shown.tab.get_by_title("left").click()
    assert not (shown.picture()[..., :3] == [0, 255, 255]).all(-1).any()
    shown.tab.get_by_role("button", name="Category", exact=True).click()
    check_picture(shown, anim, 0)


# ---- words and marks


def test_a_title_per_frame_and_a_still_one(show_points):
    coords = cloud(50)
    values = [coords[:, 0] + t for t in range(4)]
    told = ga.animate(
        coords, values, title="step {step} of {steps}, {time:.2f} s", fps=4, caption=list("abcd")
    )
    shown = show_points(told)
    assert [shown.tab.locator("h1").inner_text(), shown.tab.title()] == ["step 1 of 4, 0.00 s"] * 2
    shown.seek(3)
    assert shown.tab.locator("h1").inner_text() == "step 4 of 4, 0.75 s"
    assert shown.tab.locator(".gpuanim-caption").inner_text() == "d"
    shown = show_points(told, title="Heading", fps=2)
    shown.seek(3)
    assert shown.tab.locator(".gpuanim-words").inner_text().split() == [
        "Heading", "step", "4", "of", "4,", "1.50", "s",
    ]  # fmt: skip
    assert shown.tab.title() == "Heading"
    shown = show_points(ga.animate(coords, values, title="Still <i>"))
    assert [shown.tab.locator("h1").inner_text(), shown.tab.title()] == ["Still <i>"] * 2


def test_label_of_the_colours(show_points):
    coords = cloud(50)
    shown = show_points(ga.animate(coords, [coords[:, 0]], colorbar="expression", axes=True, xlabel="UMAP1"))
    label = shown.tab.locator(".gpuanim-label")
    assert label.inner_text() == "expression"
    for width in (900, 500):
        shown.tab.set_viewport_size({"width": width, "height": 640})
        box = label.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        for tick in shown.tab.locator(".gpuanim-ticks span").all():
            other = tick.bounding_box()
            apart = (
                other["x"] + other["width"] <= box["x"] or other["y"] + other["height"] <= box["y"] + 1
            )  # fmt: skip
            assert apart


def test_marks_are_those_of_the_film(show_points):
    coords = cloud()
    marks = [
        ga.Highlight(cells=[3, 50], marker="star", size=900, label="seeds"),
        ga.Highlight(cells=[70], marker="ring", color="blue"),
        ga.Highlight(cells=[200], marker="x", size=90),
        ga.Highlight(lasso=[(-1, -1), (1, -1), (0, 1.5)], color="#008000"),
    ]
    options = {"size": (400, 300), "s": 20, "title": "Marks", "highlight": marks}
    shown = show_points(ga.animate(coords, [coords[:, 0]], **options))
    # The page has its legend beside the points, the film above them.
    expected = film_of(ga.animate(coords, [coords[:, 0]], legend=False, **options), 0)
    shown.fit(expected.shape[1::-1])
    with shown.tab.expect_download() as download:
        shown.tab.get_by_role("button", name="Save a picture").click()
    picture = np.asarray(Image.open(download.value.path()).convert("RGB"))
    error = np.abs(picture.astype(int) - expected)
    assert error.mean() < 0.3  # two ways to draw the edges of symbols
    for color in ([255, 215, 0], [0, 128, 0]):
        found, there = (
            (np.abs(image.astype(int) - color).max(-1) < 60).sum() for image in (picture, expected)
        )
        assert found == pytest.approx(there, rel=0.1)
    assert shown.tab.locator(".gpuanim-labels").inner_text() == "seeds"


@pytest.mark.parametrize(("width", "height"), [(360, 640), (900, 640)])
def test_all_fits_the_window(show_points, width, height):
    coords = cloud()
    anim = ga.animate(
        coords, labels(), categories=[f"a category with a long name, {i}" for i in range(3)],
        title="A title {step} " * 20, caption="a caption {time}",
        highlight=ga.Highlight(cells=[1], marker="star", label="a label that is quite long as well"),
    )  # fmt: skip
    shown = show_points(anim, title="Heading")
    shown.tab.set_viewport_size({"width": width, "height": height})
    shown.wait()
    extent = shown.js("const all = document.documentElement; return [all.scrollWidth, all.scrollHeight]")
    assert extent == [width, height]
    head, stage, side = (
        shown.tab.locator(f".gpuanim-{part}").bounding_box() for part in ("head", "stage", "side")
    )
    assert head["y"] + head["height"] <= stage["y"]
    assert stage["height"] > 0.3 * height
    assert stage["x"] + stage["width"] <= side["x"] or stage["y"] + stage["height"] <= side["y"]


def test_a_lost_context_comes_back_with_outlines(show_points):
    anim = ga.animate(
        cloud(), shares(), s=60, highlight=ga.Highlight(cells=range(9), outline=True, rest=True)
    )
    shown = show_points(anim)
    before = shown.picture()
    shown.js(
        "const lose = page.canvas.gl.getExtension('WEBGL_lose_context'); lose.loseContext();"
        "return new Promise(done => { page.surface.addEventListener('restored', () => done());"
        " setTimeout(() => lose.restoreContext(), 100); })"
    )
    np.testing.assert_array_equal(shown.picture(), before)


# ---- the player of videos


def test_video_pages_show_titles_and_legends(show, tmp_path):
    coords = cloud()
    anim = ga.animate(
        coords,
        labels(),
        categories=["T", "B", "NK"],
        size=(480, 320),
        legend=True,
        fps=5,
        title="step {step}",
    )
    path = tmp_path / "film.html"
    anim.save(path, quality="high")
    screen = show(path)
    for k in (0, 2, 1):
        assert screen.seek(k) == k
        decoded = screen.decoded().astype(int)
        errors = [np.abs(decoded[:40] - anim.frame(j)[:40]).mean() for j in range(3)]
        assert int(np.argmin(errors)) == k  # the title tells the frames apart
        assert np.abs(decoded - anim.frame(k)).mean() < 4

"""The interactive page in a real browser, with software WebGL2: its picture is that of `Animation.frame`.

Bounds: the mean of the absolute error over all pixels and channels is below 0.1 of 255, and 99.5 % of the
pixels are within 6. The page adds up discs in 8 bits, from the bottom to the top, and places are quantised;
the film is exact.
"""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import structural_similarity

import gpuanim as ga

pytestmark = pytest.mark.browser

EVIL = "</script><script>window.hacked = 1</script>\"'&amp;<img src=x onerror='window.hacked=1'> \u2028 é世"


@pytest.fixture
def tab(points_tab):
    return points_tab


@pytest.fixture
def show(show_points):
    return show_points


def cloud(n=600, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 2))


def waves(coords, n=6):
    return [np.sin(coords[:, 0] * 2 + t) + 0.3 * coords[:, 1] for t in range(n)]


LOOKS = {
    "small": {"s": 0.0},
    "translucent": {"alpha": 0.35, "s": 60},
    "crisp": {"antialias": False, "s": 40},
    "random": {"order": "random", "seed": 3, "s": 120},
    "value": {"order": "value", "s": 150},
    "abs": {"order": "abs", "s": 150, "norm": "linear", "cmap": "RdBu"},
    "sizes": {"s": np.random.default_rng(5).uniform(2, 200, 600)},
    "crop": {"xlim": (-0.5, 1.0), "ylim": (1.0, 0.0), "s": 300},
    "stretched": {"aspect": "auto", "margin": 0.3},
    "dark": {"background": "#101418", "cmap": "magma", "na_color": "red"},
}


@pytest.mark.parametrize("look", list(LOOKS))
def test_picture_is_that_of_the_film(show, look):
    coords = cloud()
    values = waves(coords)
    values[3][::7] = np.nan
    anim = ga.animate(coords, values, size=(400, 300), **LOOKS[look])
    shown = show(anim)
    shown.fit(anim.size)
    for k in (0, 3):
        shown.seek(k)
        picture, expected = shown.picture(), anim.frame(k)
        assert picture.shape == (300, 400, 4)
        assert (picture[..., 3] == 255).all()
        error = np.abs(picture[..., :3].astype(int) - expected)
        assert error.mean() < 0.1
        assert (error.max(-1) <= 6).mean() > 0.995


def test_transparent_background(show):
    coords = cloud(50)
    anim = ga.animate(coords, waves(coords), size=(200, 150), background=None, s=200)
    shown = show(anim)
    shown.fit(anim.size)
    picture, expected = shown.picture(), anim.frame(0)
    assert np.abs(picture[..., 3].astype(int) - expected[..., 3]).mean() < 0.5
    solid = expected[..., 3] == 255
    assert np.abs(picture[solid].astype(int) - expected[solid]).mean() < 0.5


def test_real_cells(show, pbmc68k):
    coords = np.asarray(pbmc68k.obsm["X_umap"])
    anim = ga.animate(coords, waves(coords), size=(480, 480), norm="rank", order="value")
    shown = show(anim)
    shown.fit(anim.size)
    shown.seek(4)
    expected = anim.frame(4)
    assert structural_similarity(shown.picture()[..., :3], expected, channel_axis=-1) > 0.99


def test_bare_axes_show_what_is_in_them(show):
    coords = cloud(200)
    anim = ga.create_animation(coords, waves(coords))
    shown = show(anim)
    fits = ga.film.Fits(anim._film, ga.film.Timings())
    box = anim._plan((ga.frames.PixelFormat.RGB24,), fits).panels[0].view.box
    shown.fit((round(box[2]), round(box[3])))
    left, top = round(box[0]), round(box[1])
    expected = anim.frame(0)[top : top + round(box[3]), left : left + round(box[2])]
    inside = np.s_[4:-4, 4:-4]
    error = np.abs(shown.picture()[..., :3].astype(int) - expected)[inside]
    assert error.mean() < 2  # the box of the axes lies between pixels: points shift by part of one


# ---- frames


def test_codes_are_the_sources_in_any_order_of_seeks(show):
    coords = cloud(500)
    rng = np.random.default_rng(1)
    values = rng.random((300, 500)).round(2)
    values[rng.random(values.shape) < 0.1] = np.nan
    anim = ga.animate(coords, values, vmin=0, vmax=1)
    shown = show(anim)
    order = np.array(shown.js("return Array.from(page.arrays.keys)"))
    assert (np.diff(order) >= 0).all()
    places = shown.points()
    scale = np.ptp(places, axis=0) / np.ptp(coords, axis=0)
    data = (coords - coords.min(0)) * scale
    data[:, 1] = data[:, 1].max() - data[:, 1]
    point = np.abs((places - places.min(0))[:, None] - data).max(2).argmin(1)
    assert len(set(point)) == 500
    shown.js("page.film.most = 33")  # so that frames are forgotten and decoded again
    for k in [299, 0, 150, 16, 255, 256, 257, *rng.integers(0, 300, 12).tolist()]:
        shown.seek(k)
        assert shown.js("return page.frame") == k
        levels = np.floor(np.clip(values[k] * 256, 0, 255))
        np.testing.assert_array_equal(shown.codes(), np.where(np.isnan(values[k]), 256, levels)[point])
        assert shown.js("return page.film.kept.size") <= 33


def test_a_long_scrub_ends_where_the_hand_is(show):
    coords = cloud(2000)
    shown = show(ga.animate(coords, waves(coords, 120)))
    slider = shown.tab.get_by_role("slider", name="Frame")
    rng = np.random.default_rng(0)
    for k in [*rng.integers(0, 120, 100).tolist(), 77]:
        slider.evaluate("(track, k) => { track.value = k; track.dispatchEvent(new Event('input')); }", k)
    shown.wait()
    assert shown.js("return page.frame") == 77
    assert shown.tab.locator(".gpuanim-count").inner_text() == "78 / 120"


def test_keys(show):
    coords = cloud(50)
    shown = show(ga.animate(coords, waves(coords, 40)))

    def press(*keys):
        for key in keys:
            shown.tab.keyboard.press(key)
        shown.wait()
        return shown.js("return page.frame")

    assert press(*["ArrowRight"] * 7) == 7
    assert press("Shift+ArrowRight") == 17
    assert press("ArrowLeft") == 16
    assert press("End") == 39
    assert press("ArrowRight") == 39
    assert press("Home") == 0
    assert press("ArrowLeft") == 0
    press("+")
    assert shown.js("return page.view.zoom") == pytest.approx(1.5)
    before = shown.js("return page.view.x")
    press("d")
    assert shown.js("return page.view.x") > before
    press("0")
    assert shown.js("return [page.view.zoom, page.view.x]") == [1, 540]
    theme = shown.root.get_attribute("data-theme")
    press("t")
    assert {theme, shown.root.get_attribute("data-theme")} == {"light", "dark"}
    press(" ")
    shown.tab.wait_for_function("() => document.querySelector('.gpuanim-points').page.frame > 3")
    press(" ")
    assert shown.js("return page.player.direction") == 0


@pytest.mark.parametrize("mode", ["loop", "once", "reflect"])
def test_modes(show, mode):
    coords = cloud(20)
    shown = show(ga.animate(coords, waves(coords, 12), fps=60), default_mode=mode)
    shown.js(
        "page.log = [];"
        "root.addEventListener('frame', e => page.log.push([e.detail.frame, page.player.direction]));"
        "page.player.play()"
    )
    until = {
        "loop": "log.some(([frame], i) => i && frame < page.log[i - 1][0])",
        "once": "player.direction === 0",
        "reflect": "log.some(([frame, direction], i) => i && direction > 0 && page.log[i - 1][1] < 0)",
    }[mode]
    shown.tab.wait_for_function(
        f"() => {{ const {{ page }} = document.querySelector('.gpuanim-points'); return page.{until}; }}"
    )
    frames, directions = np.array(shown.js("page.player.pause(); return page.log")).T
    assert (-1 in directions) == (mode == "reflect")
    assert (np.diff(frames)[(directions[1:] == 1) & (directions[:-1] == 1)] >= 0).all() or mode == "loop"
    if mode == "once":
        assert shown.js("return page.frame") == 11


def test_clock(show):
    """Frames follow the clock, whatever the browser manages to draw."""
    coords = cloud(50)
    shown = show(ga.animate(coords, waves(coords, 600), fps=60))
    at = shown.js(
        "let waiting = [];"
        "window.requestAnimationFrame = call => waiting.push(call);"
        "const at = now => { const calls = waiting; waiting = []; calls.forEach(call => call(now));"
        " return page.player.latest; };"
        "page.player.play();"
        "const frames = [at(1000), at(1016.7), at(1500), at(2000)];"
        "page.player.setSpeed(0.5); frames.push(at(5000), at(6000));"
        "page.player.pause(); frames.push(at(9000)); return frames;"
    )
    assert at == [0, 1, 30, 60, 60, 90, 90]


# ---- the pointer


def tip(shown):
    shown.tab.locator(".gpuanim-tip:not([hidden])").wait_for()
    return shown.tab.locator(".gpuanim-tip").inner_text().split("\n")


def test_hover_tells_name_value_and_group(show):
    coords = np.array([[0, 0], [1, 0], [0, 1], [1, 1.0]])
    values = [[0.0, 1.0, 4.0, np.nan], [4.0, 1.0, 0.0, 2.0]]
    names = ["zero", EVIL, "two", "three"]
    anim = ga.animate(coords, values, s=400, size=(300, 300), vmin=0, vmax=4)
    shown = show(anim, names=names, groups=["a", EVIL, None, "a"], title=EVIL)
    places = shown.points()  # along Morton's curve: as given
    told = []
    for x, y in places:
        shown.tab.mouse.move(x + 3, y - 3)
        told.append(tip(shown))
        shown.tab.mouse.move(5, 5)
        assert shown.tab.locator(".gpuanim-tip").is_hidden()
    assert told[0] == ["zero", "0 to 0.016", "a"]
    assert "".join(told[1]) == EVIL + "1 to 1.016" + EVIL
    assert told[2] == ["two", "3.984 to 4"]
    assert told[3] == ["three", "no value", "a"]
    shown.tab.mouse.move(*places[0])
    tip(shown)
    shown.seek(1)
    assert tip(shown)[1] == "3.984 to 4"
    assert shown.js("return window.hacked") is None
    assert shown.tab.locator("h1").text_content() == EVIL.replace("\u2028", "")
    assert shown.tab.locator("img").count() == 0


def test_hover_finds_the_upper_disc(show):
    coords = cloud(300, 2)
    anim = ga.animate(coords, [np.arange(300.0)], s=900, order="random", seed=5, size=(400, 300))
    shown = show(anim, names=[str(i) for i in range(300)])
    shown.fit(anim.size)
    picture = anim.frame(0)
    box = shown.tab.locator(".gpuanim-surface").bounding_box()
    table = [tuple(row) for row in anim._film.clouds[0].table.tolist()]
    rng = np.random.default_rng(0)
    checked = 0
    for x, y in zip(rng.integers(20, 380, 60), rng.integers(20, 280, 60), strict=True):
        block = picture[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3)
        if (block != block[0]).any() or tuple(block[0]) == (255, 255, 255):
            continue
        shown.tab.mouse.move(box["x"] + x + 0.5, box["y"] + y + 0.5)
        shown.tab.wait_for_timeout(20)
        found = int(tip(shown)[0])
        assert table[min(255, int(found / 299 * 256))] == tuple(block[0])
        checked += 1
    assert checked > 15


def test_hover_of_ranks(show):
    coords = cloud(100)
    shown = show(ga.animate(coords, [coords[:, 0] ** 3], norm="rank"))
    shown.tab.mouse.move(*shown.points()[40])
    rank, low, high = np.array(tip(shown)[0].replace("\u2212", "-").replace("rank", "").split(" to "))[
        [0, 1, 2]
    ]
    assert 0 <= float(rank) <= 100
    assert float(low.split(",")[1]) <= float(high)


def test_zoom_keeps_what_is_under_the_pointer(show):
    coords = cloud(400)
    shown = show(ga.animate(coords, waves(coords)))
    i = int(np.hypot(*(shown.points() - [300, 250]).T).argmin())
    at = shown.points()[i]
    shown.tab.mouse.move(*at)
    for turn in (-300, -300, -100, 250):
        shown.tab.mouse.wheel(0, turn)
        shown.wait()
    assert shown.js("return page.view.zoom") > 1.5
    np.testing.assert_allclose(shown.points()[i], at, atol=1.5)
    shown.tab.mouse.down()
    shown.tab.mouse.move(at[0] + 60, at[1] - 40)
    shown.tab.mouse.up()
    np.testing.assert_allclose(shown.points()[i], [at[0] + 60, at[1] - 40], atol=1.5)
    zoom = shown.js("return page.view.zoom")
    shown.tab.mouse.dblclick(*shown.points()[i])
    assert shown.js("return page.view.zoom") == pytest.approx(2 * zoom)
    np.testing.assert_allclose(shown.points()[i], [at[0] + 60, at[1] - 40], atol=1.5)
    shown.tab.get_by_role("button", name="Whole picture").click()
    np.testing.assert_allclose(shown.points()[i], at, atol=1.5)


def test_pinch(show):
    coords = cloud(400)
    shown = show(ga.animate(coords, waves(coords)))
    shown.js(
        "const s = page.surface; const box = s.getBoundingClientRect(); s.setPointerCapture = () => {};"
        "const send = (type, id, x, y) => s.dispatchEvent(new PointerEvent(type, { pointerId: id,"
        " pointerType: 'touch', clientX: box.left + x, clientY: box.top + y, bubbles: true }));"
        "send('pointerdown', 1, 200, 200); send('pointerdown', 2, 300, 200);"
        "send('pointermove', 2, 400, 200); send('pointermove', 1, 150, 200);"
        "send('pointerup', 1, 150, 200); send('pointerup', 2, 400, 200);"
    )
    assert shown.js("return page.view.zoom") == pytest.approx(2.5)


def test_picked_group_and_colour_by_group(show):
    coords = cloud(200)
    groups = np.where(coords[:, 0] > 0, "right", "left")
    anim = ga.animate(coords, waves(coords), size=(300, 300), s=60)
    shown = show(anim, groups=groups, group_colors={"left": "#ff0000", "right": "#0000ff"})
    shown.fit(anim.size)
    shown.tab.get_by_role("button", name="Group", exact=True).click()
    picture = shown.picture()[..., :3]
    middle = 150
    assert (picture[:, : middle - 40] == [255, 0, 0]).all(-1).sum() > 500
    assert (picture[:, middle + 40 :] == [0, 0, 255]).all(-1).sum() > 500
    shown.tab.get_by_title("left").click()
    picture = shown.picture()[..., :3]
    assert not (picture == [0, 0, 255]).all(-1).any()
    assert (picture == 217).all(-1).sum() > 500
    assert shown.tab.get_by_title("left").get_attribute("aria-pressed") == "true"
    shown.tab.get_by_title("left").click()
    shown.tab.get_by_role("button", name="Value", exact=True).click()
    assert np.abs(shown.picture()[..., :3].astype(int) - anim.frame(0)).mean() < 0.1


# ---- what is around the points


def test_bar_of_colours_has_labels(show):
    coords = cloud(300)
    shown = show(ga.animate(coords, [np.linspace(-1.2, 3.4, 300)]))
    labels = shown.tab.locator(".gpuanim-ticks span").all_inner_texts()
    assert labels == ["0", "1", "2", "3", "\u22121.2", "3.4"]
    place = shown.js(
        "const zero = root.querySelector('.gpuanim-ticks span');"
        "return getComputedStyle(zero).getPropertyValue('--gpuanim-place')"
    )
    assert float(place) == pytest.approx(1.2 / 4.6, abs=1e-3)


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        ({"vmin": 0, "vmax": 1}, ["0.2", "0.4", "0.6", "0.8", "\u2264 0", "\u2265 1"]),
        ({"norm": "rank"}, ["0 %", "25 %", "50 %", "75 %", "100 %"]),
    ],
)
def test_labels_of_clipped_values_and_ranks(show, options, labels):
    shown = show(ga.animate(cloud(300), [np.linspace(-2, 3, 300)], **options))
    assert shown.tab.locator(".gpuanim-ticks span").all_inner_texts() == labels


@pytest.mark.parametrize(("width", "height"), [(360, 640), (640, 420), (1400, 900)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_the_window(browser, tmp_path, as_points, width, height, scheme):
    coords = cloud(100)
    groups = [f"a group with a long name, number {i % 30}" for i in range(100)]
    path = tmp_path / "page.html"
    ga.animate(coords, waves(coords)).save(path, interactive=True, groups=groups, title="A title " * 30)
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    shown = as_points(context.new_page(), path)
    assert shown.root.get_attribute("data-theme") == scheme
    extent = shown.js("const all = document.documentElement; return [all.scrollWidth, all.scrollHeight]")
    assert extent == [width, height]
    parts = ["head", "stage", "side", "track", "bar"]
    boxes = {p: shown.tab.locator(f".gpuanim-points > .gpuanim-{p}").bounding_box() for p in parts}
    for name, box in boxes.items():
        assert box["x"] >= 0, name
        assert box["y"] >= 0, name
        assert box["x"] + box["width"] <= width, name
        assert box["y"] + box["height"] <= height, name
    assert boxes["stage"]["height"] > 0.3 * height
    for a in parts:
        for b in parts[: parts.index(a)]:
            p, q = boxes[a], boxes[b]
            apart = (
                p["x"] + p["width"] <= q["x"] + 0.5 or q["x"] + q["width"] <= p["x"] + 0.5
                or p["y"] + p["height"] <= q["y"] + 0.5 or q["y"] + q["height"] <= p["y"] + 0.5
            )  # fmt: skip
            assert apart, (a, b)
    context.close()


def test_picture_is_saved(show):
    coords = cloud(100)
    shown = show(ga.animate(coords, waves(coords)), title="A/B: <film>")
    with shown.tab.expect_download() as download:
        shown.tab.get_by_role("button", name="Save a picture").click()
    assert download.value.suggested_filename == "A-B-film-1.png"
    picture = np.asarray(Image.open(download.value.path()))
    assert picture.shape[2] == 4
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 50


def test_in_a_sandboxed_frame(tab, expect):
    """As in a notebook: nothing is of the same origin, and nothing is left in the window around it."""
    coords = cloud(100)
    tab.set_content("<p></p>" + 2 * ga.animate(coords, waves(coords)).to_interactive_html(height=300))
    for k in range(2):
        inner = tab.frame_locator("iframe").nth(k)
        inner.locator(".gpuanim-bar").wait_for()
        inner.locator(".gpuanim-points").press("End")
        expect(inner.locator(".gpuanim-count")).to_have_text("6 / 6")
    assert (
        tab.evaluate("() => Object.keys(window).filter(k => k.startsWith('gpuanim') || k === 'page')") == []
    )


def test_no_names_are_left_behind(show, tab, tmp_path):
    (tmp_path / "none.html").write_text("<main></main>")
    tab.goto((tmp_path / "none.html").as_uri())
    before = set(tab.evaluate("() => Object.getOwnPropertyNames(window)"))
    coords = cloud(10)
    shown = show(ga.animate(coords, waves(coords)))
    assert set(shown.js("return Object.getOwnPropertyNames(window)")) <= before
    assert shown.js("return document.querySelectorAll('[id]').length") == 0


@pytest.mark.parametrize(
    ("without", "text"),
    [
        ("delete window.DecompressionStream", "This browser is too old to unpack the points"),
        (
            "const get = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext ="
            " function (kind) { return kind === 'webgl2' ? null : get.call(this, kind); }",
            "This browser has no WebGL2",
        ),
    ],
)
def test_what_a_browser_lacks_is_said(browser, tmp_path, without, text, expect):
    coords = cloud(10)
    ga.animate(coords, waves(coords)).save(tmp_path / "page.html", interactive=True)
    page = browser.new_page()
    page.add_init_script(without)
    page.goto((tmp_path / "page.html").as_uri())
    expect(page.get_by_role("alert")).to_contain_text(text)
    page.close()


def test_a_damaged_page_says_so(browser, tmp_path, expect, as_points):
    coords = cloud(500)
    path = tmp_path / "page.html"
    ga.animate(coords, waves(coords)).save(path, interactive=True)
    text = path.read_text()
    end = text.index("\n</script>", text.index("gpuanim-data"))
    path.write_text(text[: end - 400] + "A" * 400 + text[end:])
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_function(as_points.settled)
    page.keyboard.press("End")
    expect(page.get_by_role("alert")).to_be_visible()
    page.close()


def test_foreign_scripts_are_refused(browser, tmp_path, as_points):
    """Were anything of the user's to become markup, the page's policy would not run it."""
    coords = cloud(10)
    path = tmp_path / "page.html"
    ga.animate(coords, waves(coords)).save(path, interactive=True)
    page = browser.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    text = path.read_text().replace(
        "<body>", "<body><script>window.hacked = 1</script><img src='http://x.invalid/'>"
    )
    path.write_text(text)
    page.goto(path.as_uri())
    page.wait_for_function(as_points.settled)
    assert page.evaluate("() => window.hacked") is None
    assert len([line for line in said if "Content Security Policy" in line]) == 2
    page.close()


def test_a_lost_context_comes_back(show):
    coords = cloud(100)
    shown = show(ga.animate(coords, waves(coords)))
    before = shown.picture()
    shown.js(
        "const lose = page.canvas.gl.getExtension('WEBGL_lose_context'); lose.loseContext();"
        "return new Promise(done => { page.surface.addEventListener('restored', () => done());"
        " setTimeout(() => lose.restoreContext(), 100); })"
    )
    np.testing.assert_array_equal(shown.picture(), before)

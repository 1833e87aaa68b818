"""What an interactive page takes over from a finished film, and what it refuses."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

import gpuanim as ga
from gpuanim.chrome._base import Moment
from gpuanim.chrome.parts import Dress
from gpuanim.chrome.text import as_text
from gpuanim.errors import OptionError
from gpuanim.film import Fits, Timings
from gpuanim.highlight import Halo
from gpuanim.player.points.chrome import TextTrack
from gpuanim.player.points.place import place
from gpuanim.player.points.rows import PageRows
from gpuanim.values.emphasis import STRENGTHS


def cloud(n=60, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 2))


def facts_of(anim, **options):
    page = anim.to_interactive_html(height=None, **options)
    return json.loads(re.search(r'class="gpuanim-facts">\n(.*)\n</script>', page)[1])


# ---- rows of the colour table


@given(st.integers(0, 65_535), st.booleans(), st.integers(0, 3), st.data())
def test_each_code_finds_its_colour(n_levels, front, n_outlines, data):
    first = n_levels + 2 + n_outlines
    copies = STRENGTHS if front and 0 < n_levels <= 7168 else 0
    rows = PageRows(n_levels, copies, first)
    film = np.random.default_rng(n_levels).integers(0, 256, (first + copies * n_levels, 3), np.uint8)
    known = st.integers(0, n_levels)
    if copies:
        known |= st.integers(first, len(film) - 1)
    codes = np.array(data.draw(st.lists(known, min_size=1, max_size=20)), np.uint16)
    low, high = np.empty_like(codes), np.empty_like(codes)
    rows.split(codes, low, high)
    table = rows.table(film)
    assert len(table) == rows.n_rows + 1
    assert rows.n_rows % 256 == 0
    found = np.where(low > 255, rows.n_rows, low.astype(int) + 256 * high)
    np.testing.assert_array_equal(table[found], film[codes])
    assert high.max() < rows.n_rows // 256
    levels = np.where(codes < n_levels, codes, (codes.astype(int) - first) % max(1, n_levels))
    valued = codes != n_levels
    np.testing.assert_array_equal((found % rows.span)[valued], levels[valued])


def test_rows_that_two_bytes_cannot_hold():
    assert PageRows(7168, STRENGTHS, 7170).n_rows <= 65_536
    with pytest.raises(OptionError, match=r"no room for 9 colours of each of 7,200 levels: save the film as"):
        PageRows(7200, STRENGTHS, 7202)


# ---- what the page is told


def test_facts_of_categories(pbmc68k):
    coords = np.asarray(pbmc68k.obsm["X_umap"])
    louvain = pbmc68k.obs["louvain"]
    codes = louvain.cat.codes.to_numpy()
    steps = [np.where(np.arange(700) < k * 350, codes, -1) for k in (1, 2)]
    colors = [str(color) for color in pbmc68k.uns["louvain_colors"]]
    names = list(louvain.cat.categories)
    facts = facts_of(ga.animate(coords, steps, categories=names, palette=colors, na_color="#abcdef"))
    assert (facts["scale"], facts["key"]["names"], facts["gaps"]) == ("category", names, True)
    assert facts["key"]["colors"] == [color.lower() for color in colors]
    assert facts["key"]["na"] == "#abcdef"
    assert (facts["edges"], facts["high"]) == (None, None)


def test_facts_of_shares():
    values = np.random.default_rng(0).dirichlet(np.ones(4), (2, 60))
    confidence = facts_of(ga.animate(cloud(), values, mix="confidence"))
    assert (confidence["key"]["shades"], confidence["key"]["floor"]) == (256, 0.25)
    assert len(confidence["high"]) == len(confidence["blocks"]) == 2
    mixture = facts_of(ga.animate(cloud(), values))
    assert (mixture["scale"], mixture["gaps"]) == ("mixture", False)
    assert 256 < mixture["key"]["pure"] < 65_535
    assert facts_of(ga.animate(cloud(), values, mix="argmax"))["scale"] == "category"


@pytest.mark.parametrize("norm", ["rank", "linear"])
def test_scale_and_edges_are_those_below_a_highlight(norm):
    values = [np.arange(60.0), np.arange(60.0)[::-1] * 2]
    plain = facts_of(ga.animate(cloud(), values, norm=norm))
    highlight = ga.Highlight(cells=[1, 2], rest=True, outline=True, front=True)
    worn = facts_of(ga.animate(cloud(), values, norm=norm, highlight=highlight))
    assert [worn["scale"], worn["edges"]] == [plain["scale"], plain["edges"]]
    assert worn["span"] == 256
    assert worn["high"] is not None
    assert plain["high"] is None


def test_size_of_a_film_of_categories(tmp_path):
    """A wave of labels over 100,000 cells in 30 clusters, 12 frames: a byte each would be 1.2 MB."""
    n = 100_000
    rng = np.random.default_rng(0)
    coords, cluster = rng.normal(size=(n, 2)), rng.integers(0, 30, n)
    coords += 8 * rng.normal(size=(30, 2))[cluster]
    steps = [np.where(coords[:, 0] < x, cluster, -1) for x in np.linspace(-20, 20, 12)]
    anim = ga.animate(coords, steps, categories=[str(i) for i in range(30)])
    facts = anim.save(tmp_path / "page.html", interactive=True).facts
    assert facts["frames_bytes"] < 0.25e6


def test_layers_of_outlines():
    """Contours lie below their cells, and above all that lies below those."""
    coords = np.zeros((5, 2))
    coords[4] = 9
    anim = ga.animate(coords, [np.arange(5.0)], size=(100, 100), s=400, xlim=(-1, 10), ylim=(-1, 10))
    plan = anim._plan((ga.frames.PixelFormat.RGB24,), Fits(anim._film, Timings()))
    placed = place(
        coords, plan.panels[0], None, [Halo(np.array([2, 4]), 2, 1.5), Halo(np.array([3]), 3, 1.2)]
    )
    layer = dict(zip(placed.order.tolist(), placed.layers[:5].tolist(), strict=True))
    around_2, around_4 = placed.layers[5:7]
    assert [placed.order[cells].tolist() for cells in placed.halos] == [[2, 4], [3]]
    assert layer[0] < layer[1] < around_2 < layer[2] < placed.layers[7] < layer[3]
    assert around_4 < layer[4]


# ---- words


def test_texts_are_kept_once():
    track = TextTrack(as_text(["a", "b", "a"]))
    for frame, step in enumerate((0, 1, 1, 2)):
        track.add(Moment(frame, 4, step, 3, 0.0))
    assert track.facts() == {"texts": ["a", "b"], "frames": [0, 1, 1, 0]}


def test_title_of_a_callable_that_asks_for_the_scale():
    def told(moment):
        return f"up to {moment.mappings[0].norm().vmax:g}"

    values = [np.arange(60.0), np.arange(60.0) * 2]
    facts = facts_of(ga.animate(cloud(), values, scope="frame", title=told))
    assert facts["lines"] == [{"texts": ["up to 59", "up to 118"], "frames": [0, 1]}]


def test_titles_of_the_file_of_the_frame_and_of_the_panel():
    inner = ga.animate(cloud(), [np.arange(60.0)], title="panel", hold=1, fps=2)
    facts = facts_of(ga.panels([inner], title="frame {frame}"), title="file")
    assert [line["texts"] for line in facts["lines"]] == [
        ["file"],
        ["frame 1", "frame 2", "frame 3"],
        ["panel"],
    ]
    assert facts["title"] == "file"


def test_title_of_given_axes():
    ax = Figure().add_subplot()
    anim = ga.animate(cloud(), [np.arange(60.0)] * 2, ax=ax, title="{step}")
    assert facts_of(anim)["lines"] == [{"texts": ["1", "2"], "frames": [0, 1]}]


def test_background_is_what_most_points_stand_on():
    anim = ga.animate(
        cloud(), [np.arange(60.0)], axes=True, size=(201, 201),
        style={"axes.grid": True, "axes.facecolor": "#eeeeff", "grid.linewidth": 3},
    )  # fmt: skip
    assert facts_of(anim)["background"] == "#eeeeff"


# ---- what is refused


def film():
    return ga.animate(cloud(), [np.arange(60.0)])


def given_axes():
    ax = Figure().add_subplot()
    ax.plot([0, 1])
    return ga.animate(cloud(), [np.arange(60.0)], ax=ax)


def snaps():
    figure = Figure()
    camera = ga.Camera(figure)
    camera.snap()
    return camera.animate()


def shares_by_value():
    return ga.animate(cloud(), np.full((1, 60, 2), 0.5), order="value")


REFUSED = {
    "two panels": (lambda: ga.panels([film(), film()]), "one panel of points, this one has 2"),
    "beside lines": (
        lambda: ga.panels([film(), ga.lines([0, 1], [[0, 1]])]), "one panel of points alone: save the film as"
    ),
    "camera": (snaps, "an interactive page needs a film with one panel of points, this one has 0"),
    "artists": (given_axes, "cannot show what stands in ax and on its figure: save the film as .mp4"),
    "order": (shares_by_value, "order='value' needs values that are numbers"),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(REFUSED))
def test_what_is_refused(kind, tmp_path):
    make, text = REFUSED[kind]
    with pytest.raises(OptionError, match=text):
        make().save(tmp_path / "page.html", interactive=True)
    assert not list(tmp_path.iterdir())


def test_marks_of_others_are_refused(tmp_path):
    class Hull:
        def draw(self, ax, zorder):
            ax.axhline(0, zorder=zorder + 1)

    anim = ga.animate(cloud(), [np.arange(60.0)], title="Hull")
    stage = anim._film.stage
    panel = replace(stage.panels[0], dress=Dress(marks=(Hull(),)))
    worn = replace(anim, _film=replace(anim._film, stage=replace(stage, panels=(panel,))))
    with pytest.raises(OptionError, match="draws the marks of highlights alone, not others: save the film"):
        worn.to_interactive_html()

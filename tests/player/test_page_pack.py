"""What an interactive page packs, read again by an independent decoder of the format."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gpuanim as ga
from gpuanim.errors import FormatError, OptionError, ShapeError, SourceError, TargetError
from gpuanim.player.points.blob import Blob
from gpuanim.player.points.frames import FramePacker
from gpuanim.player.points.labels import make_groups, pack_names
from gpuanim.player.points.scale import level_edges

# ---- an independent reader


def read_blob(blob):
    return base64.b64decode(b"".join(blob.base64()))


def unpack_frames(data, blocks, n):
    """Return [(codes with 256 for none, edges or None)] of all blocks, one number at a time."""
    frames = []
    for start, length, base, bits, smooth, missing, edge_bytes in blocks:
        raw = np.frombuffer(zlib.decompress(data[start : start + length]), np.uint8)
        n_main = -(-n * bits // 8)
        stream = np.unpackbits(raw[:n_main], bitorder="little")[: n * bits].reshape(n, bits)
        residuals = stream @ (1 << np.arange(bits))
        escaped = residuals == (1 << bits) - 1
        at = n_main + int(escaped.sum())
        residuals[escaped] = raw[n_main:at]
        changes = np.where(residuals & 1, -(residuals + 1) // 2, residuals // 2)
        before = np.full(n, 128) if base < 0 else frames[base][0]
        absent = np.zeros(n, bool) if base < 0 else frames[base][1]
        codes, mean = np.empty(n, np.int64), 0
        for i in range(n):
            change = changes[i] + ((mean + 4) >> 3 if smooth else 0)
            change = (change + 128) % 256 - 128
            codes[i] = (before[i] + change) % 256
            mean += change - (mean >> 3)
        if missing:
            width = -(-n // 8)
            absent = absent ^ np.unpackbits(raw[at : at + width], bitorder="little")[:n].astype(bool)
            at += width
        edges = np.frombuffer(raw[at:].tobytes(), f"<f{edge_bytes}") if edge_bytes else None
        frames.append((codes, absent, edges))
    return [(np.where(absent, 256, codes), edges) for codes, absent, edges in frames]


def pack(frames, edges=None, limit=100.0):
    blob = Blob(limit)
    with FramePacker(blob) as packer:
        for codes in frames:
            packer.add(codes, edges)
        blocks = packer.finish()
    return read_blob(blob), [block.row() for block in blocks]


def facts_of(page):
    return json.loads(re.search(r'class="gpuanim-facts">\n(.*)\n</script>', page)[1])


def data_of(page):
    return base64.b64decode(re.search(r'class="gpuanim-data">\n(.*)\n</script>', page)[1])


def points_of(page):
    """Return facts, data, and the (n, 2) places of a page."""
    facts, data = facts_of(page), data_of(page)
    start, length = facts["keys"]
    gaps = np.frombuffer(zlib.decompress(data[start : start + length]), np.uint8).reshape(4, -1).T
    keys = np.cumsum(np.ascontiguousarray(gaps).view("<u4").ravel(), dtype=np.uint64)
    bits = (keys[:, None] >> np.arange(32, dtype=np.uint64)) & np.uint64(1)
    places = np.stack([bits[:, k::2] @ (1 << np.arange(16)) for k in (0, 1)], 1)
    return facts, data, np.asarray(facts["low"]) + (places + 0.5) * facts["step"]


def cloud(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 2))


# ---- frames


@given(
    hnp.arrays(
        np.uint16,
        st.tuples(st.integers(1, 40), st.integers(1, 30)),
        elements=st.integers(0, 256) | st.sampled_from([0, 1, 255, 256]),
    )
)
def test_any_codes_come_back(frames):
    data, blocks = pack(frames)
    for codes, (found, _) in zip(frames, unpack_frames(data, blocks, frames.shape[1]), strict=True):
        np.testing.assert_array_equal(found, codes)


def test_smooth_noisy_and_sparse_films_come_back_by_different_ways():
    rng = np.random.default_rng(1)
    x = np.linspace(0, 9, 30_000)
    smooth = [np.clip(128 + 90 * np.sin(x + t / 5) + rng.normal(size=len(x)), 0, 255) for t in range(3)]
    sparse = [np.where(rng.random(len(x)) < 0.01, 200, np.arange(len(x)) % 7) for _ in range(3)]
    ways = []
    for film in (smooth, sparse):
        frames = [codes.astype(np.uint16) for codes in film]
        data, blocks = pack(frames)
        ways.append({tuple(block[3:5]) for block in blocks[1:]})
        for codes, (found, _) in zip(frames, unpack_frames(data, blocks, len(x)), strict=True):
            np.testing.assert_array_equal(found, codes)
    assert all(smooth for _, smooth in ways[0])
    assert not any(smooth for _, smooth in ways[1])


def test_every_frame_is_a_few_steps_from_one_that_stands_alone():
    blocks = pack([np.zeros(4, np.uint16)] * 600)[1]

    def depth(k):
        return 0 if blocks[k][2] < 0 else 1 + depth(blocks[k][2])

    assert max(depth(k) for k in range(600)) == 30
    assert [k for k in range(600) if blocks[k][2] < 0] == [0, 256, 512]


@pytest.mark.parametrize(
    ("edges", "size"), [(np.linspace(0, 1, 257), 4), (1e9 + np.linspace(0, 1, 257), 8), (np.ones(257), 4)]
)
def test_edges_take_the_bytes_that_they_need(edges, size):
    data, blocks = pack([np.arange(5, dtype=np.uint16)], edges)
    assert blocks[0][6] == size
    np.testing.assert_allclose(unpack_frames(data, blocks, 5)[0][1], edges, rtol=1e-7 if size == 4 else 0)


def test_no_thread_is_left():
    before = threading.active_count()
    with pytest.raises(IndexError), FramePacker(Blob(1)) as packer:
        packer.add(np.zeros((9, 9), np.uint16)[20])
    assert threading.active_count() == before


# ---- the size; benchmarks/page.py measures 200,000 points x 18 frames and 1,000,000 x 60


def test_sizes(tmp_path):
    """The noisy film of benchmarks/page.py, at a tenth of its size."""
    n, n_frames = 100_000, 12
    rng = np.random.default_rng(0)
    centres, cluster = rng.normal(size=(30, 2)) * 4, rng.integers(0, 30, n)
    coords = centres[cluster] + rng.normal(size=(n, 2)) * rng.uniform(0.3, 1.2, 30)[cluster][:, None]
    noise = rng.normal(size=n) * 0.013
    values = [
        0.5 + 0.4 * np.sin(coords @ [0.55, 0.325] - np.pi * t / n_frames) + noise for t in range(n_frames)
    ]
    result = ga.animate(coords, values, vmin=0, vmax=1).save(tmp_path / "page.html", interactive=True)
    assert result.nbytes == (tmp_path / "page.html").stat().st_size
    # One byte per point and frame is 1.2 MB, and as base64 1.6 MB.
    assert result.facts["frames_bytes"] < 0.35e6
    assert result.facts["keys_bytes"] < 16 / 8 * n
    assert result.facts["layers_bytes"] < 7 / 8 * n
    assert result.nbytes < 0.9e6


# ---- points, in the order of the page


def test_places_and_codes_are_the_sources(pbmc68k):
    coords = np.asarray(pbmc68k.obsm["X_umap"])
    values = [np.where(coords[:, 0] > t, coords[:, 1] * t, np.nan) for t in range(5)]
    page = ga.animate(coords, values, order="data", hold=0.1).to_interactive_html(height=None)
    facts, data, places = points_of(page)
    assert facts["frames"] == [0, 1, 2, 3, 4, 4, 4, 4]
    off = np.abs(places[:, None] - coords).max(2)
    point = off.argmin(1)
    assert sorted(point) == list(range(700))
    assert (off.min(1) <= np.ptp(coords, axis=0).max() / 131_070 * 1.001).all()
    flat = np.concatenate(values)
    low, high = np.nanmin(flat), np.nanmax(flat)
    for step, (codes, _) in zip(values, unpack_frames(data, facts["blocks"], 700), strict=True):
        expected = np.floor(np.clip((step[point] - low) / (high - low) * 256, 0, 255))
        np.testing.assert_array_equal(codes, np.where(np.isnan(step[point]), 256, expected))


def test_values_of_a_permuted_source_reach_their_points(pbmc68k):
    """A propagation yields its values in an order of its own."""
    coords = np.asarray(pbmc68k.obsm["X_umap"])
    labels = np.zeros(700)
    labels[[0, 350]] = 1
    graph = pbmc68k.obsp["connectivities"]
    steps = ga.LabelPropagation(graph, labels, alpha=0.99, n_steps=4, order="locality")
    assert steps.permutation is not None
    plain = ga.LabelPropagation(graph, labels, alpha=0.99, n_steps=4, order="given")
    found = []
    for source in (steps, plain):
        page = ga.animate(coords, source, norm="rank").to_interactive_html(height=None)
        facts, data, _ = points_of(page)
        found.append([codes for codes, _ in unpack_frames(data, facts["blocks"], 700)])
    assert np.abs(np.subtract(*found)).max() <= 1  # sums of floats in another order


@pytest.mark.parametrize("order", ["data", "random", "array"])
@pytest.mark.parametrize("s", [30.0, "many"])
def test_overlapping_discs_keep_their_order(order, s):
    coords = cloud(300, 3)
    rng = np.random.default_rng(4)
    sizes = rng.uniform(5, 90, 300) if s == "many" else s
    key = rng.normal(size=300)
    anim = ga.animate(
        coords, [key], size=(200, 150), s=sizes, order=key if order == "array" else order, seed=7, dpi=72
    )
    facts, data, places = points_of(anim.to_interactive_html(height=None))
    start, length = facts["layers"]
    planes = np.frombuffer(zlib.decompress(data[start : start + length]), np.uint8).reshape(4, -1).T
    layer = np.ascontiguousarray(planes).view("<u4").ravel()
    point = np.abs(places[:, None] - coords).max(2).argmin(1)
    order_of = anim._film.clouds[0].order if order != "data" else np.arange(300)
    above = np.empty(300)
    above[order_of] = np.arange(300)
    x = (coords[:, 0] - facts["view"]["x"][0]) / np.ptp(facts["view"]["x"]) * 200
    y = (coords[:, 1] - facts["view"]["y"][0]) / np.ptp(facts["view"]["y"]) * 150
    radius = np.broadcast_to((np.sqrt(sizes) + 1) / 2, 300)
    touching = 0
    for a in range(300):
        for b in range(a):
            i, j = point[a], point[b]
            if np.hypot(x[i] - x[j], y[i] - y[j]) < radius[i] + radius[j]:
                touching += 1
                assert (layer[a] > layer[b]) == (above[i] > above[j])
    assert touching > 100
    assert layer.max() < 120  # and far from one layer for each


def test_points_far_outside_the_view_are_placed_as_well():
    coords = np.concatenate([cloud(50), [[1e6, -1e6], [-1e6, 1e6]]])
    page = ga.animate(coords, [np.arange(52.0)], xlim=(-3, 3), ylim=(-3, 3)).to_interactive_html(height=None)
    assert facts_of(page)["n"] == 52


def test_sizes_within_one_per_cent():
    coords = cloud(50)
    s = np.geomspace(1, 400, 50)
    anim = ga.animate(coords, [np.zeros(50)], s=s, dpi=72)
    facts, data, places = points_of(anim.to_interactive_html(height=None))
    start, length = facts["sizes"]
    steps = np.frombuffer(zlib.decompress(data[start : start + length]), np.uint8)
    least, most = facts["diameters"]
    point = np.abs(places[:, None] - coords).max(2).argmin(1)
    np.testing.assert_allclose(least * (most / least) ** (steps / 255), np.sqrt(s[point]) + 1, rtol=0.01)


# ---- what levels stand for


def edges_of(values, **options):
    facts = facts_of(ga.animate(cloud(len(values)), [values], **options).to_interactive_html(height=None))
    return np.array(facts["edges"])


def test_edges_of_a_linear_scale():
    np.testing.assert_allclose(edges_of(np.linspace(-2, 6, 1000)), np.linspace(-2, 6, 257), atol=1e-12)


def test_edges_beyond_the_values_and_clipped():
    wide = edges_of(np.linspace(4, 6, 100), vmin=0, vmax=10)
    np.testing.assert_allclose(wide, np.linspace(0, 10, 257), atol=1e-12)
    clipped = edges_of(np.linspace(-5, 50, 100), vmin=0, vmax=10)
    np.testing.assert_allclose(clipped[1:-1], np.linspace(0, 10, 257)[1:-1])
    assert (clipped[0], clipped[-1]) == (-5, 50)


def test_edges_of_a_logarithm_and_of_one_value():
    values = np.geomspace(1e-3, 10, 500)
    np.testing.assert_allclose(edges_of(values, norm="log"), np.geomspace(1e-3, 10, 257), rtol=1e-9)
    assert set(edges_of(np.full(9, 3.0))) == {3.0}


@given(hnp.arrays(np.float64, st.integers(1, 200), elements=st.floats(-1e6, 1e6)), st.booleans())
def test_edges_hold_the_values_of_their_level(values, rank):
    norm = ga.Rank() if rank else ga.Linear()
    mapping = norm.fit(lambda: [values])
    codes = np.empty(len(values), np.uint16)
    mapping.encode(values, None, codes)
    edges = level_edges(mapping, values.min(), values.max())
    assert (np.diff(edges) >= 0).all()
    assert (edges[codes] <= values).all()
    assert (values <= edges[codes + 1]).all()


def test_a_norm_without_edges():
    from matplotlib.colors import FuncNorm

    values = np.linspace(0, 1, 50)
    norm = FuncNorm((np.sqrt, np.square), vmin=0, vmax=1)
    anim = ga.animate(cloud(50), [values], norm=norm)
    assert facts_of(anim.to_interactive_html(height=None))["edges"] is None
    with pytest.raises(OptionError, match=r'order="abs" needs a norm whose levels rise'):
        ga.animate(cloud(50), [values], norm=norm, order="abs").to_interactive_html()


# ---- names and groups

EVIL = "</script><script>alert(1)</script>\"'&amp;<!-- \u2028 \u00e9\u4e16 ${x}"


def test_names_in_order():
    order = np.array([2, 0, 1], np.uint32)
    assert pack_names(["a", EVIL, ""], order) == f"\0a\0{EVIL}\0".encode()
    with pytest.raises(ShapeError, match="names must be one for each of the 3 points, there are 2"):
        pack_names(["a", "b"], order)
    with pytest.raises(ShapeError, match="names must be one for each of the 3 points, not 'abc'"):
        pack_names("abc", order)
    with pytest.raises(OptionError, match="names must not hold the character NUL"):
        pack_names(["a", "b\0c", "d"], order)


def test_groups_of_strings_numbers_and_missing_ones():
    groups = make_groups(["b", None, "a", "b"], {"a": "red", "b": "#00ff00"}, 4)
    assert groups.names == ("a", "b")
    assert groups.codes.tolist() == [1, 255, 0, 1]
    assert groups.colors.tolist() == [[255, 0, 0], [0, 255, 0]]
    assert make_groups(np.array([10, 9, 10]), None, 3).names == ("9", "10")
    assert make_groups([1, "a", np.nan], None, 3).codes.tolist() == [0, 1, 255]
    assert len(np.unique(make_groups(np.arange(255), None, 255).colors, axis=0)) > 200


def test_groups_of_pandas():
    import pandas as pd

    series = pd.Series(["x", "y", None, "x"]).astype(pd.CategoricalDtype(["y", "x", "z"]))
    for given_groups in (series, series.array):
        groups = make_groups(given_groups, ["red", "green", "blue"], 4)
        assert groups.names == ("y", "x", "z")
        assert groups.codes.tolist() == [1, 0, 255, 1]
    assert make_groups(pd.Series(["x", pd.NA]), None, 2).codes.tolist() == [0, 255]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"groups": ["a"] * 4}, "groups must be one for each of the 5 points, there are 4"),
        ({"groups": list("abcde"), "group_colors": {"a": "red"}}, "group_colors has no colour for 'b'"),
        ({"groups": list("abcde"), "group_colors": ["red"]}, "group_colors must be 5 colours, one for each"),
        ({"groups": list("abcde"), "group_colors": ["nope"] * 5}, "group_colors must be a colour such as"),
        ({"group_colors": ["red"]}, "group_colors are those of groups; give groups"),
        ({"name": list("abcde")}, "no option 'name'; did you mean 'names'?"),
        ({"default_mode": "bounce"}, "default_mode must be one of .* not 'bounce'"),
        ({"embed_limit": 0}, "embed_limit must be a positive number of megabytes, not 0"),
        ({"height": -1}, "height must be a positive number, not -1"),
    ],
)
def test_what_is_refused(options, text):
    with pytest.raises((OptionError, ShapeError), match=text):
        ga.animate(cloud(5), [np.arange(5.0)]).to_interactive_html(**options)


def test_too_many_groups():
    with pytest.raises(OptionError, match="groups has 300 different labels, a legend holds 255"):
        make_groups(np.arange(300), None, 300)


# ---- the file


def anim(n=50, **options):
    return ga.animate(cloud(n), [np.arange(float(n)), -np.arange(float(n))], size=(64, 48), **options)


def test_nothing_is_left_of_a_page_that_fails(tmp_path):
    target = tmp_path / "page.html"
    target.write_text("old")

    def values(step):
        if step == 3:
            raise RuntimeError("no more")
        return np.arange(50.0)

    with pytest.raises(SourceError, match="no more"):
        ga.animate(cloud(50), values, n_steps=5, vmin=0, vmax=1).save(target, interactive=True)
    with pytest.raises(FormatError, match=r"the page takes 0\.0 MB so far, over embed_limit=1e-05; raise"):
        anim().save(target, interactive=True, embed_limit=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert target.read_text() == "old"


def test_values_that_come_one_by_one(tmp_path):
    steps = (np.arange(50.0) + t for t in range(7))
    film = ga.animate(cloud(50), steps, vmin=0, vmax=60)
    assert film.n_frames is None
    assert film.save(tmp_path / "x.html", interactive=True).n_frames == 7


def test_targets(tmp_path):
    with pytest.raises(OptionError, match=r"an interactive page is an \.html file, not 'film\.mp4'"):
        anim().save("film.mp4", interactive=True)
    with pytest.raises(TargetError, match="does not exist"):
        anim().save(tmp_path / "no" / "x.html", interactive=True)
    with pytest.raises(
        OptionError, match="interactive=True writes one page and takes neither encoder nor max_bytes"
    ):
        anim().save(tmp_path / "x.html", interactive=True, encoder=object())
    with pytest.raises(OptionError, match="interactive=True writes one page"):
        anim().save([tmp_path / "x.html", tmp_path / "x.gif"], interactive=True)
    assert not list(tmp_path.iterdir())


def test_points_that_move(tmp_path):
    moving = ga.animate([cloud(5), cloud(5, 1)], [np.arange(5.0)] * 2)
    with pytest.raises(OptionError, match="interactive pages need points that stand still"):
        moving.save(tmp_path / "x.html", interactive=True)
    assert not list(tmp_path.iterdir())


def test_result(tmp_path):
    result = anim(fps=12).save(tmp_path / "x.html", interactive=True, title="A & <B>")
    assert (result.n_frames, result.width, result.height, result.fps) == (2, 64, 48, 12)
    assert result.renderer == "webgl2"
    assert result.nbytes == (tmp_path / "x.html").stat().st_size
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert "<title>A &amp; &lt;B&gt;</title>" in page
    assert page == anim(fps=12).to_interactive_html(height=None, title="A & <B>")


def test_user_strings_reach_no_markup_and_no_script():
    page = anim().to_interactive_html(height=None, title=EVIL, names=[EVIL] * 50, groups=[EVIL, "b"] * 25)
    assert "alert(1)</script>" not in page.replace("&lt;/script&gt;", "")
    assert page.count("<script") == 3
    assert facts_of(page)["groups"]["names"] == [EVIL, "b"]
    script = page[page.index("<script>") :]
    assert "alert(1)" not in script
    assert facts_of(page)["title"] == EVIL.replace("\u2028", "")
    assert page[page.index("<main") :].isascii()


def test_page_loads_and_evaluates_nothing():
    page = anim().to_interactive_html(height=None)
    script = page[page.index("<script>") :].replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|\beval\b|new Function|innerHTML|@import|fetch\(|XMLHttp|import\(", script)
    assert "default-src 'none'; script-src 'sha256-" in page
    assert not re.search(r"<[a-z]+[^>]* (style|on\w+)=", page)


def test_in_a_frame_for_notebooks():
    text = anim().to_interactive_html(height=480, title='"<T>"')
    assert text.startswith(
        '<div><iframe title="&quot;&lt;T&gt;&quot;" width="100%" height="480" sandbox="allow-scripts'
    )
    source = re.search(r'srcdoc="([^"]*)"', text)[1]
    page = source.replace("&quot;", '"').replace("&amp;", "&")
    assert page == anim().to_interactive_html(height=None, title='"<T>"')


def test_benchmark_runs(tmp_path):
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "benchmarks/page.py", "--shrink", "500", "--repeats", "1"]
    environment = {**os.environ, "PYTHONPATH": str(root), "PATH": "", "GPUANIM_CHROMIUM": ""}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.count("packed in") == 2

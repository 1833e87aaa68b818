"""Tables hold matplotlib's own colours; what is refused, and with which words."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.colors as mcolors
import numpy as np
import pytest

from gpuanim.errors import OptionError
from gpuanim.values.colors import as_rgb, color_table


@pytest.mark.parametrize("name", ["viridis", "magma", "RdBu_r", "jet", "gray"])
def test_names_and_objects_give_matplotlib_s_rows(name):
    table = color_table(name, na_color="#102030")
    cmap = mpl.colormaps[name]
    assert table.dtype == np.uint8
    assert table.shape == (257, 3)
    assert [tuple(row) for row in table[:256]] == [cmap(i, bytes=True)[:3] for i in range(256)]
    assert table[256].tolist() == [0x10, 0x20, 0x30]
    assert np.array_equal(color_table(cmap, na_color="#102030"), table)


@pytest.mark.parametrize(("name", "distinct"), [("tab20", 20), ("twilight", 256)])
def test_maps_of_other_lengths_are_read_at_the_middle_of_each_level(name, distinct):
    table = color_table(name)[:256]
    expected = mpl.colormaps[name]((np.arange(256) + 0.5) / 256, bytes=True)[:, :3]
    assert np.array_equal(table, expected)
    assert len(np.unique(table, axis=0)) == distinct


@pytest.mark.parametrize(
    "colors",
    [
        ["black", "red", "#ffff00"],
        [(0, 0, 0), (0.3, 0.1, 0.9)],
        np.array([[0, 0, 0], [1, 0.5, 0.25]]),
        np.array([[0, 0, 0, 1], [1, 0.5, 0.25, 1]]),
    ],
    ids=str,
)
def test_lists_are_blended_as_matplotlib_does(colors):
    expected = mcolors.LinearSegmentedColormap.from_list("x", colors)(np.arange(256), bytes=True)[:, :3]
    assert np.array_equal(color_table(colors)[:256], expected)


def test_bytes_one_colour_and_whole_tables():
    assert np.array_equal(
        color_table(np.array([[0, 0, 0], [255, 255, 255]])), color_table(["black", "white"])
    )
    assert {tuple(row) for row in color_table(["red"])[:256].tolist()} == {(255, 0, 0)}
    table = np.random.default_rng(0).integers(0, 256, (256, 3), dtype=np.uint8)
    assert np.array_equal(color_table(table)[:256], table)


def test_default_is_the_user_s():
    with mpl.rc_context({"image.cmap": "plasma"}):
        assert np.array_equal(color_table(), color_table("plasma"))


def test_other_numbers_of_levels():
    table = color_table("viridis", n_levels=4)
    assert table.shape == (5, 3)
    assert np.array_equal(
        table[:4], mpl.colormaps["viridis"]([0.125, 0.375, 0.625, 0.875], bytes=True)[:, :3]
    )


@pytest.mark.parametrize(
    ("color", "rgb"),
    [
        ("white", [255] * 3),
        ("#102030", [16, 32, 48]),
        ((0.5, 0, 1), [128, 0, 255]),
        ("0.5", [128] * 3),
        ("C0", [31, 119, 180]),
    ],
)
def test_colors(color, rgb):
    assert as_rgb(color).tolist() == rgb
    assert as_rgb(color).dtype == np.uint8


@pytest.mark.parametrize(
    ("cmap", "text"),
    [
        ("virdis", "cmap: matplotlib has no colormap 'virdis'; did you mean 'viridis'"),
        ("qqqq", "cmap: matplotlib has no colormap 'qqqq'$"),
        ([], "cmap must have a colour, the list is empty"),
        (["red", "rod"], "cmap must be a name, a Colormap, or a list of colours, .*rod"),
        (7, "cmap must be a name, a Colormap, or a list of colours, not 7"),
        (["red", "#0000ff80"], "cmap must be opaque, but .*#0000ff80.* has translucent colours; use alpha"),
        (np.zeros((2, 2)), r"cmap must be a name, a Colormap, or a list of colours, not \(2, 2\)"),
    ],
    ids=str,
)
def test_bad_colormaps(cmap, text):
    with pytest.raises(OptionError, match=text):
        color_table(cmap)


def test_translucent_colormap_object():
    cmap = mcolors.LinearSegmentedColormap.from_list("fade", [(1, 0, 0, 0), (1, 0, 0, 1)])
    with pytest.raises(OptionError, match="cmap must be opaque, but 'fade' has translucent colours"):
        color_table(cmap)


@pytest.mark.parametrize(
    ("color", "text"),
    [
        (None, "color must be a colour such as 'white' or '#102030', not None"),
        ("no such colour", "not 'no such colour'"),
        ("none", "color must be opaque, not 'none'"),
        ((1, 0, 0, 0.5), "color must be opaque"),
        (3, "color must be a colour"),
    ],
)
def test_bad_colors(color, text):
    with pytest.raises(OptionError, match=text):
        as_rgb(color)
    with pytest.raises(OptionError, match="na_color"):
        color_table("viridis", na_color=color)

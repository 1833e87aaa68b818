"""Palettes are scanpy's, chosen by scanpy's rules; what is refused, and with which words."""

from __future__ import annotations

import warnings

import matplotlib as mpl
import numpy as np
import pytest
from cycler import cycler
from matplotlib.colors import to_hex

from gpuanim.errors import OptionError
from gpuanim.values import palette_tables
from gpuanim.values.palettes import palette_colors

LETTERS = tuple("abc")
RGB = [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


@pytest.fixture(scope="module")
def scanpy():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("scanpy", reason="scanpy (extra demo) is what the rules are compared to")


def names(count):
    return tuple(f"c{i}" for i in range(count))


def scanpy_colors(scanpy, count, palette=None, stored=None):
    import anndata
    import pandas as pd
    from scanpy.plotting._tools.scatterplots import _get_palette

    adata = anndata.AnnData(obs=pd.DataFrame({"x": pd.Categorical(names(count), names(count))}, names(count)))
    if stored is not None:
        adata.uns["x_colors"] = stored
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(_get_palette(adata, "x", palette).values())


def as_hex(colors):
    return [to_hex(color / 255) for color in colors]


def test_tables_are_scanpy_s(scanpy):
    from scanpy.plotting import _utils, palettes

    for count in (20, 28, 102):
        theirs = [color.lower() for color in getattr(palettes, f"default_{count}")]
        assert list(getattr(palette_tables, f"DEFAULT_{count}")) == theirs
    known = {name.replace(" ", ""): color for name, color in _utils.additional_colors.items()}
    assert known == palette_tables.R_COLORS


@pytest.mark.parametrize("count", [1, 2, 10, 11, 20, 21, 28, 29, 102])
@pytest.mark.parametrize(
    "cycle", [cycler(color=["red", "tan"]), mpl.rcParamsDefault["axes.prop_cycle"]], ids=len
)
def test_defaults_are_scanpy_s(scanpy, count, cycle):
    with mpl.rc_context({"axes.prop_cycle": cycle}):
        assert as_hex(palette_colors(names(count))) == [
            to_hex(color) for color in scanpy_colors(scanpy, count)
        ]


@pytest.mark.parametrize(
    "palette",
    [
        "viridis",
        "tab20",
        "Set2",
        ["red", "grey80", "#00ff00"],
        {"c0": "red", "c1": "C2", "c2": "k", "z": "w"},
    ],
    ids=str,
)
def test_palettes_and_stored_colours_are_used_as_scanpy_does(scanpy, palette):
    theirs = [to_hex(color) for color in scanpy_colors(scanpy, 3, palette)]
    assert as_hex(palette_colors(names(3), palette)) == theirs
    assert as_hex(palette_colors(names(3), palette, stored=["k"] * 3)) == theirs


def test_stored_colours_of_real_data(scanpy, pbmc68k):
    from scanpy.plotting._tools.scatterplots import _get_palette

    for key in ("bulk_labels", "louvain", "phase"):
        categories = tuple(pbmc68k.obs[key].cat.categories)
        ours = palette_colors(categories, None, pbmc68k.uns.get(f"{key}_colors"))
        theirs = _get_palette(pbmc68k.copy(), key)
        assert as_hex(ours) == [to_hex(theirs[name]) for name in categories]


def test_stored_colours_that_will_not_do(scanpy):
    default = palette_colors(LETTERS)
    assert palette_colors(LETTERS, None, ["red", "lime", "blue", "k"]).tolist() == RGB
    assert np.array_equal(palette_colors(LETTERS, None, ["red"]), default)
    with pytest.warns(UserWarning, match="a stored colour must be .* not 'nope'.*; default colours are used"):
        ours = palette_colors(names(3), None, ["red", "nope", "lime"])
    assert as_hex(ours) == scanpy_colors(scanpy, 3, stored=["red", "nope", "lime"])
    assert palette_colors(("a",), None, "red").tolist() == RGB[:1]


@pytest.mark.parametrize(
    "palette",
    [
        cycler(color=["red", "lime", "blue"]),
        np.array(RGB, np.uint8),
        np.array(RGB) / 255,
        (color for color in ["red", "lime", "blue"]),
        mpl.colors.ListedColormap(["red", "lime", "blue"]),
    ],
    ids=["cycler", "bytes", "shares", "generator", "colormap"],
)
def test_other_forms(palette):
    assert palette_colors(LETTERS, palette).tolist() == RGB


def test_keys_of_a_dict_are_compared_as_text():
    assert palette_colors(("False", "True"), {True: "red", False: "lime"}).tolist() == [RGB[1], RGB[0]]
    assert palette_colors(("3", "10"), {3: "red", 10: "blue"}).tolist() == [RGB[0], RGB[2]]


def test_short_lists_start_again_and_no_categories_have_no_colours():
    with pytest.warns(UserWarning, match="palette has 2 colours for 3 categories: some share a colour"):
        assert palette_colors(LETTERS, ["red", "lime"]).tolist() == [*RGB[:2], RGB[0]]
    assert palette_colors(()).shape == palette_colors((), "viridis").shape == (0, 3)


def test_cycles_without_colours_are_passed_over():
    with mpl.rc_context({"axes.prop_cycle": cycler(linewidth=[1, 2, 3])}):
        assert as_hex(palette_colors(LETTERS)) == list(palette_tables.DEFAULT_20[:3])


def test_too_many_categories_are_grey():
    with pytest.warns(
        UserWarning, match="103 categories are more than the 102 colours there are: all are grey"
    ):
        assert np.unique(palette_colors(names(103)), axis=0).tolist() == [[128, 128, 128]]


@pytest.mark.parametrize(
    ("palette", "text"),
    [
        ("virdis", "palette: matplotlib has no colormap 'virdis'; did you mean 'viridis'"),
        (["red", "lmie", "blue"], "palette must be a colour .* not 'lmie'; did you mean 'lime'"),
        (["slategray33"] * 3, "not 'slategray33'; did you mean 'slategray3'"),
        ({"a": "red", "bb": "lime", "c": "k"}, "palette has no colour for 'b'; it has one for 'bb'"),
        ({"a": "red"}, "palette has no colour for 'b'$"),
        ([], "palette must have a colour, it is empty"),
        (cycler(linewidth=[1, 2]), 'palette is a cycler without the key "color", it has linewidth'),
        (7, "palette must be the name of a colormap, a list of colours, .* not 7"),
        (np.zeros(3), r"palette has shape \(3,\), expected \(categories, 3\)"),
        (["red", "#0000ff80", "k"], "palette must be opaque, not '#0000ff80'"),
    ],
    ids=str,
)
def test_bad_palettes(palette, text):
    with pytest.raises(OptionError, match=text):
        palette_colors(LETTERS, palette)

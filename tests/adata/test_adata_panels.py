"""Panels: dimensions, colours, titles, limits and grid, against scanpy."""

from __future__ import annotations

import sys
import types

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import LogNorm, Normalize

from gpuanim.adata.panels import (
    axis_labels,
    grid_figsize,
    grid_shape,
    pair_panels,
    panel_limits,
    panel_titles,
    parse_dimensions,
    per_panel,
    resolve_cmap,
    resolve_frameon,
)
from gpuanim.errors import OptionError

DIMENSIONS = [
    {},
    {"components": "1,2"},
    {"components": ["1,2", "2,3"]},
    {"components": "all"},
    {"dimensions": (0, 1)},
    {"dimensions": [(0, 1), (2, 1)]},
    {"dimensions": [[1, 0]]},
]


@pytest.mark.parametrize("options", DIMENSIONS)
def test_dimensions_are_scanpys(options):
    scatterplots = pytest.importorskip(
        "scanpy.plotting._tools.scatterplots", reason="its place in scanpy 1.11"
    )
    expected = scatterplots._components_to_dimensions(
        options.get("components"), options.get("dimensions"), total_dims=4
    )
    found = parse_dimensions(options.get("components"), options.get("dimensions"), 4)
    assert found == [tuple(pair) for pair in expected]


@pytest.mark.parametrize(
    ("color", "options"),
    [
        (["louvain", "CD3D"], {"components": ["1,2", "2,3"]}),
        (["louvain", "CD3D"], {"dimensions": [(0, 1), (2, 1)]}),
        ("CD3D", {"dimensions": [(0, 1), (2, 1)]}),
        (["louvain", "CD3D", None], {}),
        (["louvain", "CD3D"], {"title": ["one"]}),
        ("CD3D", {"title": "one"}),
    ],
)
def test_panels_are_scanpys(color, options, draw, real):
    drawn = draw(color=color, basis="pca", sort_order=False, **options)
    dimensions = parse_dimensions(options.get("components"), options.get("dimensions"), 50)
    panels = pair_panels(color, dimensions, every="components" in options)
    titles = panel_titles(options.get("title"), [key or "" for key, _ in panels])
    assert len(panels) == len(drawn)
    for (_, pair), title, panel in zip(panels, titles, drawn, strict=True):
        assert title == panel.title
        assert axis_labels("pca", pair) == panel.labels
        np.testing.assert_array_equal(real.obsm["X_pca"][:, pair].astype(float), panel.coords)


@pytest.mark.parametrize(
    "basis",
    ["umap", "X_umap", "tsne", "pca", "diffmap", "spatial", "draw_graph_fr", "X_draw_graph_fa", "phate"],
)
def test_axis_labels_are_scanpys(basis):
    scatterplots = pytest.importorskip(
        "scanpy.plotting._tools.scatterplots", reason="its place in scanpy 1.11"
    )
    name = scatterplots._basis2name(basis)
    assert axis_labels(basis, (0, 2)) == (f"{name}1", f"{name}3")


def test_limits_are_scanpys(draw, opened):
    from gpuanim.adata.colors import resolve_color
    from gpuanim.values.limits import resolve_limits

    keys = ["CD3D", "some_counts", "n_counts"]
    options = {"vmin": 0, "vmax": ["p99", 2000, lambda values: float(np.nanmax(values)) / 2], "vcenter": None}
    drawn = draw(color=keys, **options)
    panels = panel_limits(3, **options)
    with opened("memory") as cells:
        for key, panel, told in zip(keys, panels, drawn, strict=True):
            values = resolve_color(cells, key).values
            found = resolve_limits({"vmin": panel.vmin, "vmax": panel.vmax}, lambda v=values: [v], film=True)
            assert found["vmin"] == told.norm.vmin
            assert found["vmax"] == pytest.approx(told.norm.vmax, rel=1e-6)


def test_options_for_each_panel():
    log = LogNorm()
    panels = panel_limits(2, vmin=[None, 1], norm=[log, None])
    assert [(panel.vmin, panel.vmax, panel.norm) for panel in panels] == [(None, None, log), (1, None, None)]
    assert per_panel("vmax", "p99", 3) == ["p99"] * 3
    assert per_panel("vmax", [5], 3) == [5] * 3
    assert per_panel("vmax", np.array([1, 2]), 2) == [1, 2]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: parse_dimensions("1,2", (0, 1), 2), "components and dimensions exclude each other"),
        (lambda: parse_dimensions("1,3", None, 2), r"no '1,3', the embedding has 2 dimensions, from 1 to 2"),
        (lambda: parse_dimensions("0,1", None, 2), "no '0,1', the embedding has 2"),
        (lambda: parse_dimensions("1;2", None, 2), "components must be like '1,2', or 'all', not '1;2'"),
        (lambda: parse_dimensions("1,2,3", None, 5), "must be pairs"),
        (
            lambda: parse_dimensions(None, (0, 2), 2),
            r"no \(0, 2\)|the embedding has 2 dimensions, from 0 to 1",
        ),
        (lambda: parse_dimensions(None, (0, 1, 2), 5), r"dimensions must be pairs such as \(0, 1\)"),
        (lambda: parse_dimensions(None, None, 1), "the embedding has 1 dimensions"),
        (lambda: pair_panels(["a", "b", "c"], [(0, 1), (1, 2)], every=False), "3 colors and 2 pairs"),
        (lambda: pair_panels([], [(0, 1)], every=False), "color is an empty list"),
        (lambda: panel_limits(3, vmax=[1, 2]), "vmax has 2 values for 3 panels"),
        (lambda: panel_limits(1, vmax="99"), 'vmax must be a percentile from "p0" to "p100"'),
        (lambda: panel_limits(2, vmax=1, norm=[None, Normalize()]), "norm and vmin, vmax, vcenter exclude"),
        (lambda: panel_titles(["a", "b"], ["x"]), "title has 2 titles for 1 panels"),
        (lambda: resolve_cmap("viridis", "magma"), "cmap and color_map are the same option"),
        (lambda: grid_shape(3, 0), "ncols must be a whole number from 1 on, not 0"),
        (lambda: grid_shape(3, True), "ncols must be"),
    ],
)
def test_errors(call, text):
    with pytest.raises(OptionError, match=text):
        call()


@pytest.mark.parametrize(
    ("n", "ncols", "shape"), [(1, 4, (1, 1)), (4, 4, (1, 4)), (5, 4, (2, 4)), (3, 2, (2, 2))]
)
def test_grid_is_scanpys(n, ncols, shape):
    scatterplots = pytest.importorskip(
        "scanpy.plotting._tools.scatterplots", reason="its place in scanpy 1.11"
    )
    figsize = tuple(mpl.rcParams["figure.figsize"])
    figure, grid = scatterplots._panel_grid(0.25, 0.75 / figsize[0] + 0.02, ncols, n)
    assert grid_shape(n, ncols) == grid.get_geometry() == shape
    assert grid_figsize(n, ncols, figsize) == pytest.approx(figure.get_size_inches())
    assert grid_figsize(2, 2, (4, 3), wspace=0.5) == (12, 3)


def test_cmap_is_what_was_given_by_either_name():
    assert resolve_cmap(None, None) is None
    assert resolve_cmap(None, "viridis") == resolve_cmap("viridis", None) == "viridis"


def test_frame_as_scanpy_is_set(monkeypatch):
    settings = types.SimpleNamespace(_frameon=False)
    monkeypatch.setitem(sys.modules, "scanpy", types.SimpleNamespace(settings=settings))
    assert resolve_frameon(None) is False
    assert resolve_frameon(True) is True
    monkeypatch.delitem(sys.modules, "scanpy")
    assert resolve_frameon(None) is True

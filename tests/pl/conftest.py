"""Fixtures for films of an AnnData: real cells, and what scanpy draws of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gpuanim import Animation
from gpuanim.film import Fits, Timings, film_steps
from gpuanim.frames import PixelFormat
from gpuanim.plan import Plan

DPI = 100


@pytest.fixture
def adata(pbmc68k: Any) -> Any:
    """Real cells with columns, layers and masks of every kind."""
    copied = pbmc68k.copy()
    n = copied.n_obs
    copied.obs["flag"] = np.arange(n) % 3 == 0
    copied.obs["holes"] = copied.obs["n_counts"].where(np.arange(n) % 7 > 1)
    copied.obs["partly"] = copied.obs["louvain"].where(np.arange(n) % 4 > 0)
    copied.layers["squares"] = np.square(copied.X)
    return copied


@dataclass
class Ours:
    """A panel of a film, as the renderer is told of it in one frame."""

    order: NDArray[np.int64]
    xy: NDArray[np.float64]
    colors: NDArray[np.uint8]
    diameters: NDArray[np.float64]
    view: Any
    dress: Any
    legend: list[tuple[str, tuple[int, ...]]]


@pytest.fixture
def told() -> Callable[..., Ours]:
    """Return a function that tells what a film shows in a frame, cell by cell, in the order of the cells."""

    known: dict[int, tuple[Animation, Fits, Plan]] = {}  # drawing what surrounds the cells takes long

    def look(film: Animation, frame: int = 0, panel: int = 0) -> Ours:
        if id(film) not in known:
            fits = Fits(film._film, Timings())
            known[id(film)] = film, fits, film._plan((PixelFormat.RGB24,), fits)
        _, fits, whole = known[id(film)]
        plan = whole.panels[panel]
        cloud = film._film.clouds[panel]
        _, states = next(iter(film_steps(film._film.only(frame), film.fps)))
        values = np.array(states[panel].values)
        mapping = fits[panel] or cloud.norm.fit(lambda: [values])
        codes = np.empty(len(values), np.uint16)
        mapping.encode(values, None, codes)
        if cloud.values.permutation is not None:
            codes[cloud.values.permutation] = codes.copy()
        order = fits.order(panel)
        if isinstance(order, str):
            assert order == "value"
            order = np.argsort(np.where(codes == mapping.n_levels, -1, codes.astype(int)), kind="stable")
        elif order is None:
            order = np.arange(len(values))
        diameters = np.broadcast_to(np.asarray(plan.diameter, float), len(values))
        stage = film._film.stage.panels[panel]
        xy, colors = np.asarray(cloud.coords), cloud.table[codes]
        return Ours(order, xy, colors, diameters, plan.view, stage.dress, _listed(stage))

    return look


def _listed(stage: Any) -> list[tuple[str, tuple[int, ...]]]:
    legend = stage.dress.legend
    if legend is None or legend.loc == "on data":
        return []
    return [(name, _rgb(color)) for name, color in stage.key.entries(legend.na)]


def _rgb(color: Any) -> tuple[int, ...]:
    return tuple(np.rint(np.asarray(color)[:3] * 255).astype(int).tolist())


@dataclass
class Theirs:
    """A panel of scanpy's figure; cells are in the order of drawing."""

    ax: Any
    xy: NDArray[np.float64]
    colors: NDArray[np.uint8]
    diameters: NDArray[np.float64]
    legend: list[tuple[str, tuple[int, ...]]]

    def pixels(self, box: tuple[float, float, float, float]) -> NDArray[np.uint8]:
        """Return scanpy's figure with the axes at a box of pixels from the upper left corner."""
        canvas = self.ax.figure.canvas
        for bar in (ax for ax in self.ax.figure.axes if ax.get_label() == "<colorbar>"):
            bar.set_visible(False)  # it stays where it is, and would lie upon the axes
        width, height = canvas.get_width_height()
        left, top, w, h = box
        self.ax.set_position((left / width, 1 - (top + h) / height, w / width, h / height))
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[..., :3].copy()


@pytest.fixture
def theirs() -> Iterator[Callable[..., list[Theirs]]]:
    """Return a function that draws with `scanpy.pl.embedding`, a panel each."""
    import matplotlib.pyplot as plt
    import scanpy as sc

    def draw(adata: Any, basis: str, **options: Any) -> list[Theirs]:
        with plt.rc_context({"backend": "agg", "figure.dpi": DPI}), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scanpy's and pandas' own
            figure = sc.pl.embedding(adata.copy(), basis, return_fig=True, show=False, **options)
            figure.canvas.draw()
        return [_their_panel(ax) for ax in figure.axes if ax.get_label() != "<colorbar>"]

    yield draw
    plt.close("all")


def _their_panel(ax: Any) -> Theirs:
    *_, points = (drawn for drawn in ax.collections if len(drawn.get_offsets()))  # legends have empty ones
    n = len(points.get_offsets())
    colors = np.broadcast_to(points.get_facecolors(), (n, 4))[:, :3]
    # The path of marker "." is a circle of radius 0.25, drawn sqrt(s) points large.
    diameters = np.broadcast_to(np.sqrt(points.get_sizes()) / 2 * DPI / 72, n)
    legend = ax.get_legend()
    texts = legend.get_texts() if legend else []
    handles = legend.legend_handles if legend else []
    listed = [
        (text.get_text(), _rgb(handle.get_facecolor()[0]))
        for text, handle in zip(texts, handles, strict=True)
    ]
    places = np.asarray(points.get_offsets())
    return Theirs(ax, places, np.rint(colors * 255).astype(np.uint8), diameters, listed)


@pytest.fixture
def seen(told: Callable[..., Ours]) -> Callable[..., tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """Return a function that reads the colours of cells that no other touches off a frame.

    It returns which cells (of those with a place) these are, and (k, 3) the pixels at their centres.
    """

    def look(film: Animation, frame: int, panel: int = 0) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        from scipy.spatial import KDTree

        ours = told(film, frame, panel)
        places = np.stack(ours.view.xy(ours.xy), 1)
        nearest = KDTree(places).query(places, k=2)[0][:, 1]
        apart = np.flatnonzero(nearest > ours.diameters.max() + 2)
        assert len(apart) >= 20
        assert ours.diameters.min() > 2 * np.sqrt(2)  # the pixel at the centre is covered as a whole
        x, y = places[apart].astype(int).T
        return apart, film.frame(frame)[y, x]

    return look

"""A simulated atlas of cells, for demonstrations and benchmarks where no real one is at hand.

Islands of cell types are drawn as dense lobes or as trees of tapering branches, joined by sparse bridges,
then bent and gathered by smooth random fields, so that they get the outlines and the fine filaments that
UMAP gives to real atlases. Form and cells have separate random numbers: the same `seed` gives the same
picture at any number of cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import cKDTree

from gpuanim.errors import OptionError, ShapeError

__all__ = ["SimulatedAtlas", "atlas", "knn_graph"]

Floats: TypeAlias = NDArray[np.float64]

# Share of the cells of each island: a few large ones, many small, as in real atlases.
ISLANDS = np.array([0.24, 0.18, 0.13, 0.11, 0.085, 0.065, 0.055, 0.04, 0.03, 0.022, 0.016, 0.012])
TREES = (0, 2, 4, 6)
BRIDGE = 0.0035
SPREAD = 0.02
BLOCK = 1 << 13


@dataclass(frozen=True)
class SimulatedAtlas:
    """Simulated cells: coordinates that look like a UMAP, their graph, and their types.

    Attributes
    ----------
    coords
        (n, 2) float32.
    graph
        (n, n) float32 of ones, symmetric, from the nearest neighbours of `coords`.
    labels
        (n,) int32, cell types from 0; the last type is the cells between islands.
    """

    coords: NDArray[np.float32]
    graph: csr_matrix[Any]
    labels: NDArray[np.int32]

    @property
    def title(self) -> str:
        """Say that this is simulated, and how large it is."""
        return f"simulated atlas, {len(self.coords):,} cells"

    def to_anndata(self) -> Any:
        """Return an AnnData without X, its neighbours where scanpy keeps them.

        `uns["title"]` and `uns["simulated"]` say that the cells are not real.
        """
        import pandas as pd
        from anndata import AnnData

        names = [f"cell_{i}" for i in range(len(self.coords))]
        kinds = pd.Categorical([f"type_{i:02}" for i in range(self.labels.max(initial=0) + 1)])
        obs = pd.DataFrame({"cell_type": kinds.from_codes(self.labels, dtype=kinds.dtype)}, index=names)
        neighbors = {"connectivities_key": "connectivities", "params": {"method": "simulated"}}
        return AnnData(
            obs=obs,
            obsm={"X_umap": self.coords},
            obsp={"connectivities": self.graph},
            uns={"title": self.title, "simulated": True, "neighbors": neighbors},
        )


def atlas(n_cells: int, *, seed: int = 0, k: int = 15) -> SimulatedAtlas:
    """Simulate an atlas whose picture looks like the UMAP of a real one.

    Parameters
    ----------
    n_cells
        Number of cells, at least 1. They come in random order.
    seed
        Chooses the form of the atlas and the cells.
    k
        Neighbours of each cell in `graph`.
    """
    if n_cells < 1:
        raise OptionError(f"n_cells must be at least 1, got {n_cells}")
    shape = np.random.default_rng([seed, 1])
    cells = np.random.default_rng([seed, 2])
    coords, labels = _scatter(cells, _parts(shape), n_cells)
    coords = _bend(shape, coords) + cells.normal(0, SPREAD, coords.shape)
    coords -= (coords.max(axis=0) + coords.min(axis=0)) / 2
    order = cells.permutation(n_cells)
    coords32 = coords[order].astype(np.float32)
    return SimulatedAtlas(coords32, knn_graph(coords32, k), labels[order])


def knn_graph(points: NDArray[Any], k: int = 15) -> csr_matrix[Any]:
    """Connect each point with its nearest neighbours.

    Parameters
    ----------
    points
        (n, d) finite coordinates.
    k
        Neighbours of each point, itself not counted; at most n - 1 are there.

    Returns
    -------
    csr_matrix
        (n, n) float32 of ones, symmetric: i and j are connected when either is among the `k` nearest of
        the other. Rows are sorted; the diagonal is empty.
    """
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or not np.isfinite(points).all():
        raise ShapeError(f"points must be finite numbers of shape (n, d), got shape {points.shape}")
    n = len(points)
    k = min(k, n - 1)
    if k < 1:
        return csr_matrix(np.zeros((n, n), np.float32))
    # Coincident points: a point need not come first among its own neighbours, or among them at all.
    tree = cKDTree(points, compact_nodes=False, balanced_tree=False)
    nearest = np.asarray(tree.query(points, k + 1, workers=-1)[1], np.int32)
    own = nearest == np.arange(n, dtype=np.int32)[:, None]
    own[~own.any(axis=1), -1] = True
    columns = nearest[~own]
    rows = np.arange(0, n * k + 1, k, dtype=np.int64)
    directed = csr_matrix((np.ones(n * k, np.float32), columns, rows), shape=(n, n))
    graph = csr_matrix(directed + directed.T)
    graph.sort_indices()
    graph.data[:] = 1
    return graph


@dataclass(frozen=True)
class _Lobe:
    """A dense area with a wavy outline."""

    centre: Floats
    radius: float
    turn: float
    squash: float

    def sample(self, cells: Generator, n: int) -> Floats:
        radius = self.radius * cells.random(n) ** 0.58  # 0.5 would be uniform; a little denser inside
        angle = 2 * np.pi * cells.random(n)
        radius *= 1 + 0.22 * np.sin(3 * angle + self.turn) + 0.12 * np.sin(5 * angle + 2 * self.turn)
        x, y = radius * np.cos(angle), radius * np.sin(angle) * self.squash
        c, s = np.cos(self.turn), np.sin(self.turn)
        return np.asarray(self.centre + np.stack([c * x - s * y, s * x + c * y], axis=1))


@dataclass(frozen=True)
class _Branch:
    """A cubic Bézier curve whose width runs from `wide` to `narrow`; cells gather towards its end."""

    knots: tuple[Floats, Floats, Floats, Floats]
    wide: float
    narrow: float
    pile: float

    def sample(self, cells: Generator, n: int) -> Floats:
        even = cells.random(n)
        t = ((1 - self.pile) * even + self.pile * np.sqrt(even))[:, None]
        a, b, c, d = self.knots
        along = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
        tangent = (1 - t) ** 2 * (b - a) + 2 * (1 - t) * t * (c - b) + t**2 * (d - c)
        tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
        across = cells.random(n) + cells.random(n) - 1
        width = self.wide + (self.narrow - self.wide) * t[:, 0]
        return along + _turned(tangent) * (across * width)[:, None]


@dataclass(frozen=True)
class _Part:
    """A piece of an island: how many of the cells, of which type, where."""

    share: float
    label: int
    form: _Lobe | _Branch


def _turned(vectors: Floats) -> Floats:
    """Rotate (..., 2) vectors by a right angle."""
    return np.stack([-vectors[..., 1], vectors[..., 0]], axis=-1)


def _unit(angle: float) -> Floats:
    return np.array([np.cos(angle), np.sin(angle)])


def _parts(shape: Generator) -> list[_Part]:
    radii = 11 * np.sqrt(ISLANDS)
    centres = _layout(shape, radii)
    parts: list[_Part] = []
    for i, (share, radius, centre) in enumerate(zip(ISLANDS, radii, centres, strict=True)):
        label = parts[-1].label + 1 if parts else 0
        grow = _tree if i in TREES else _lobes
        parts.extend(grow(shape, centre, radius, share, label))
    label = parts[-1].label + 1
    parts.extend(_Part(BRIDGE, label, bridge) for bridge in _bridges(shape, centres, radii))
    return parts


def _layout(shape: Generator, radii: Floats) -> Floats:
    """Lay discs close together: each pair pushes itself apart, all are drawn to the middle."""
    at = shape.normal(0, 6, (len(radii), 2)) * (1.3, 1)
    need = 0.9 * (radii[:, None] + radii) + 0.4
    np.fill_diagonal(need, 0)
    for _ in range(400):
        away = at[:, None] - at
        distance = np.linalg.norm(away, axis=2, keepdims=True) + 1e-9
        at += 0.3 * (away / distance * np.maximum(need[..., None] - distance, 0)).sum(axis=1)
        at *= (0.988, 0.976)  # a little wider than high, as films are
    return np.asarray(at)


def _tree(shape: Generator, centre: Floats, radius: float, share: float, label: int) -> Iterator[_Part]:
    """Grow a stem with tapering branches; most end in a lobe of their own type, some in a thin twig."""
    yield _Part(0.22 * share, label, _Lobe(centre, 0.38 * radius, *shape.uniform([0, 0.6], [6, 1])))
    n_branches = int(shape.integers(3, 6))
    first = shape.uniform(0, 2 * np.pi)
    for b in range(n_branches):
        along = _unit(first + 2 * np.pi * b / n_branches + shape.normal(0, 0.25))
        along *= radius * shape.uniform(0.85, 1.25)
        side = _turned(along) * shape.normal(0, 0.45)
        tip = centre + along + 0.6 * side
        knots = (centre, centre + 0.35 * along + 0.3 * side, centre + 0.7 * along + side, tip)
        part = 0.78 * share / n_branches * shape.uniform(0.7, 1.3)
        label += 1
        yield _Part(0.55 * part, label, _Branch(knots, 0.3 * radius, 0.07 * radius, shape.uniform(0, 0.6)))
        if shape.random() < 0.75:
            label += 1
            end = _Lobe(tip, radius * shape.uniform(0.16, 0.28), *shape.uniform([0, 0.55], [6, 1]))
            yield _Part(0.4 * part, label, end)
        else:
            curl = _turned(along) * np.copysign(0.5, shape.normal())
            twig = (knots[2], tip + 0.4 * curl, tip + curl, tip + 1.2 * curl + 0.2 * along)
            yield _Part(0.2 * part, label, _Branch(twig, 0.08 * radius, 0.02 * radius, 0.3))


def _lobes(shape: Generator, centre: Floats, radius: float, share: float, label: int) -> Iterator[_Part]:
    """Set lobes around a centre, each a cell type, which merge."""
    n_lobes = max(2, round(6 * float(np.sqrt(share / 0.2))))
    first = shape.uniform(0, 2 * np.pi)
    for b in range(n_lobes):
        angle = first + 2 * np.pi * b / n_lobes + shape.normal(0, 0.3)
        at = centre + 0.48 * radius * shape.uniform(0.6, 1.1) * _unit(angle)
        lobe = _Lobe(at, radius * shape.uniform(0.38, 0.62), *shape.uniform([0, 0.55], [6, 1]))
        yield _Part(share / n_lobes * shape.uniform(0.5, 1.5), label + b, lobe)


def _bridges(shape: Generator, centres: Floats, radii: Floats) -> Iterator[_Branch]:
    """Lay thin bands of cells along the shortest tree of gaps that joins all the islands."""
    gaps = np.linalg.norm(centres[:, None] - centres, axis=2) - radii[:, None] - radii + 2 * radii.max()
    np.fill_diagonal(gaps, 0)
    tree = minimum_spanning_tree(gaps).tocoo()
    for i, j in zip(tree.row, tree.col, strict=True):
        third = (centres[j] - centres[i]) / 3
        bow = _turned(third) * shape.normal(0, 0.45)
        yield _Branch(
            (centres[i], centres[i] + third + bow, centres[j] - third + bow, centres[j]), 0.35, 0.35, 0
        )


def _scatter(cells: Generator, parts: list[_Part], n: int) -> tuple[Floats, NDArray[np.int32]]:
    shares = np.array([part.share for part in parts])
    counts = cells.multinomial(n, shares / shares.sum())
    coords = np.concatenate([part.form.sample(cells, m) for part, m in zip(parts, counts, strict=True)])
    return coords, np.repeat(np.array([part.label for part in parts], np.int32), counts)


def _bend(shape: Generator, coords: Floats) -> Floats:
    """Bend outlines by fields across their waves, then gather cells to filaments by fields along them.

    The second is how matter gathers in simulated universes (Zel'dovich 1970): displacing points by the
    gradient of a smooth random potential piles them up along a web of thin lines.
    """
    coords = _warp(shape, coords, "across", length=10, size=0.8, waves=6)
    coords = _warp(shape, coords, "across", length=4, size=0.32, waves=8)
    coords = _warp(shape, coords, "across", length=1.6, size=0.1, waves=8)
    coords = _warp(shape, coords, "along", length=3, size=0.25, waves=16)
    coords = _warp(shape, coords, "along", length=1.2, size=0.09, waves=24)
    return _warp(shape, coords, "along", length=0.5, size=0.03, waves=24)


def _warp(
    shape: Generator,
    coords: Floats,
    way: Literal["along", "across"],
    *,
    length: float,
    size: float,
    waves: int,
) -> Floats:
    """Displace by a sum of plane waves of about `length`, by about `size`; in place."""
    angle, phase = shape.uniform(0, 2 * np.pi, (2, waves))
    ahead = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    push = (ahead if way == "along" else _turned(ahead)) * size / np.sqrt(waves / 2)
    wave = (ahead * (2 * np.pi / length * shape.uniform(0.6, 1.4, (waves, 1)))).T
    for start in range(0, len(coords), BLOCK):  # so that the waves of a block stay in the cache
        block = coords[start : start + BLOCK]
        block += np.sin(block @ wave + phase) @ push
    return coords

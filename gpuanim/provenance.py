"""What a film says of how it was made: version, settings, and a fingerprint of the data.

Nothing in it depends on the day, the machine or a path, so that the same film is the same file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.film import Cloud, Film
from gpuanim.look import pixels
from gpuanim.values._base import Source

__all__ = [
    "array_fingerprint",
    "describe",
    "fingerprint",
    "graph_fingerprint",
    "points_fingerprint",
    "told",
]

_BLOCK = 1 << 16  # points whose coordinates are hashed by one thread
_BLOCK_BYTES = 1 << 20  # of other arrays: they stay in a core's cache while they are hashed

_NORM_LIMITS = ("vmin", "vmax", "vcenter", "gamma", "linthresh", "linear_width")
"""What matplotlib's norms are made with."""


def describe(film: Film, *, renderer: str, fps: Fraction, dpi: float) -> Mapping[str, Any]:
    """Return the metadata of a film: the options of `animate` under their names there, as JSON knows them.

    What has no name (an array, a callable of the user's, a colormap made on the spot) is told by its kind;
    `colors` is a fingerprint of the colour table, whatever the name of the colormap. Where there is more than
    one cloud, `panels` tells of each.
    """
    from gpuanim import __version__

    timeline, stage = film.timeline, film.stage
    background = None if stage.background is None else "#" + bytes(stage.background.tolist()).hex()
    clouds = [_describe(cloud) for cloud in film.clouds]
    settings: dict[str, Any] = {
        "gpuanim": __version__,
        **(clouds[0] if len(clouds) == 1 else {"panels": clouds}),
        "fps": str(fps),
        "tween": None if timeline.blend is None else "linear",
        "hold": [float(frames / timeline.fps) for frames in timeline.hold],
        "size": list(pixels(stage.figsize, dpi)),
        "dpi": dpi,
        "background": background,
        **stage.describe(),
        "renderer": renderer,
    }
    return MappingProxyType(settings)


def _describe(cloud: Cloud) -> dict[str, Any]:
    dots = cloud.dots
    order = dots.order if isinstance(dots.order, str) else "given"
    seed = {"seed": dots.seed} if order == "random" else {}
    scope = {"order_scope": dots.order_scope} if dots.order_scope else {}
    camera = {} if cloud.camera is None else {"camera": cloud.camera.describe()}
    return {
        "data": fingerprint(cloud),
        "n_points": cloud.n_points,
        "n_steps": cloud.values.n_steps,
        "norm": told(cloud.norm),
        "cmap": cloud.cmap,
        "colors": _digest(cloud.table)[:16],
        "s": "given" if isinstance(dots.s, np.ndarray) else "auto" if dots.s is None else dots.s,
        "spread": told(dots.spread),
        "alpha": "given" if isinstance(dots.alpha, np.ndarray) else dots.alpha,
        "order": order,
        "antialias": dots.antialias,
        "blend": told(cloud.blend),
        **scope,
        **seed,
        **_motion(cloud),
        **camera,
    }


def _motion(cloud: Cloud) -> dict[str, Any]:
    """Return what is to be told of points that move, come and go."""
    told_of: dict[str, Any] = {}
    if isinstance(cloud.coords, Source):
        told_of["coords"] = f"{cloud.coords.n_steps or 'unknown'} steps"
    if cloud.present is not None:
        told_of |= {"present": "given", "fade": cloud.present.fade}
    if cloud.trail is not None:
        told_of["trail"] = told(cloud.trail)
    return told_of


def fingerprint(cloud: Cloud) -> str:
    """Return a hash that tells whether two clouds have the same points; 5 ms for a million.

    It covers the number of points, the number of steps of the values (or that it is unknown), whether the
    points stand still or the number of steps of their way, and the first two coordinates of every point, in
    the order of the user's data, as float32: of moving points, those of their first step. It does not cover
    the values, which may be computed while the film runs, nor anything of the look.

    Returns
    -------
    str
        "sha256:" and the first 32 hexadecimal digits of the hash of the hashes of blocks of points.
    """
    if isinstance(cloud.coords, Source):
        first, way = cloud.coords.first(), str(cloud.coords.n_steps)
    else:
        first, way = cloud.coords, "still"
    return _together(f"{len(first)} {cloud.values.n_steps} {way}\n", _place_digests(first))


def points_fingerprint(coords: NDArray[Any]) -> str:
    """Return a hash of the first two coordinates of points, (n, 2 or more), as float32 and in their order.

    5 ms for a million points, as `fingerprint`, which tells of a film's steps as well.
    """
    return _together(f"{len(coords)} points\n", _place_digests(coords))


def array_fingerprint(*arrays: NDArray[Any]) -> str:
    """Return a hash of arrays: their shapes, types and values, whatever the order of bytes in memory.

    They are hashed in blocks of 1 MiB on all threads; an array that is mapped from a file is never in memory
    as a whole.
    """
    header = "".join(f"{array.dtype.kind}{array.dtype.itemsize} {array.shape}\n" for array in arrays)
    return _together(header, [digest for array in arrays for digest in _array_digests(array)])


def graph_fingerprint(adj_mat: Any) -> str:
    """Return a hash of what a propagation reads of an adjacency matrix: `array_fingerprint` of its rows.

    Row pointers count as int64, columns as uint32, weights as float32 or float64; of weights that are all
    equal only that one counts. The order of the columns within a row counts too. 40 ms for a million rows
    with 17 million entries of one weight, on 2 cores, the check of the matrix included.

    Parameters
    ----------
    adj_mat
        (n, n), as `gpuanim.LabelPropagation` takes it.

    Raises
    ------
    GraphError
        It is no adjacency matrix.
    """
    from gpuanim.propagation.stored import is_group, stored_graph

    if is_group(adj_mat):
        from gpuanim.propagation.disk import look_at, on_disk

        stored = stored_graph(adj_mat)
        graph: Any = on_disk(stored, look_at(stored), None)
    else:
        from gpuanim.propagation.graph import read_graph

        graph = read_graph(adj_mat.get() if hasattr(adj_mat, "get") else adj_mat)  # CuPy's
    weights = np.array([graph.value]) if graph.weights is None else graph.weights
    return array_fingerprint(graph.indptr, graph.indices, weights)


def _place_digests(coords: NDArray[Any]) -> list[bytes]:
    digests = [b""] * -(-len(coords) // _BLOCK)

    def block(i: int) -> None:
        part = np.ascontiguousarray(coords[i * _BLOCK : (i + 1) * _BLOCK, :2], np.float32)
        digests[i] = hashlib.sha256(_little(part)).digest()

    _threads.run(block, len(digests))
    return digests


def _array_digests(array: NDArray[Any]) -> list[bytes]:
    flat = np.ascontiguousarray(array).reshape(-1)
    width = max(1, _BLOCK_BYTES // max(1, flat.itemsize))
    digests = [b""] * -(-len(flat) // width)

    def block(i: int) -> None:
        digests[i] = hashlib.sha256(_little(flat[i * width : (i + 1) * width])).digest()

    _threads.run(block, len(digests))
    return digests


def _together(header: str, digests: list[bytes]) -> str:
    return "sha256:" + hashlib.sha256(header.encode() + b"".join(digests)).hexdigest()[:32]


def _little(array: NDArray[Any]) -> memoryview:
    """Return the bytes of an array in little-endian order, whatever the machine's."""
    return np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False)).data.cast("B")


def _digest(array: NDArray[Any]) -> str:
    return hashlib.sha256(_little(array)).hexdigest()


def told(thing: Any) -> str:
    """Describe an object by its class and its plain fields: never by an address."""
    if isinstance(thing, str | bool | int | float | None):
        return repr(thing)
    names = [field.name for field in fields(thing)] if is_dataclass(thing) else _NORM_LIMITS
    parts = [f"{name}={told(getattr(thing, name))}" for name in names if hasattr(thing, name)]
    return type(thing).__name__ + (f"({', '.join(parts)})" if parts else "")

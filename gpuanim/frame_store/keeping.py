"""Steps are kept as they pass: on their way to a film, or for their own sake."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gpuanim.errors import OptionError
from gpuanim.frame_store.reading import Frames, open_frames
from gpuanim.frame_store.writing import FrameWriter
from gpuanim.types import Values
from gpuanim.values._base import Source
from gpuanim.values.ranks import Rank

__all__ = ["Kept", "store_frames", "writer_for"]


class Kept(Source):
    """A source whose steps are written to a store when they pass for the first time.

    Parameters
    ----------
    source
        Each pass over it gives the same steps.
    writer
        Where they go.
    """

    def __init__(self, source: Source, writer: FrameWriter) -> None:
        self._source, self._writer = source, writer
        self.n_points, self.n_steps = source.n_points, source.n_steps
        self.n_columns, self.rewindable = source.n_columns, source.rewindable
        self.permutation = source.permutation
        self._ended = False

    def steps(self) -> Iterator[Values]:
        for index, values in enumerate(self._source.steps()):
            if index == self._writer.count:  # a pass that was left early is taken up by the next one
                self._writer.add(values)
            yield values
        self._ended = True

    def origin(self) -> Any:
        return self._source.origin()

    def check_points(self, coords: Any) -> None:
        self._source.check_points(coords)

    def describe(self) -> dict[str, Any]:
        return self._source.describe()

    def finish(self) -> Path:
        """Let all steps pass that have not yet, and put the store in its place."""
        if not self._ended and self._writer.count != self.n_steps:
            for _ in self.steps():
                pass
        return self._writer.finish()


def store_frames(
    values: Any,
    path: str | os.PathLike[str],
    *,
    coords: Any = None,
    graph: Any = None,
    n_steps: int | None = None,
    dtype: str = "float32",
    norm: Any = "rank",
    progress: bool = False,
) -> Frames:
    """Write values over time to a store on disk, step by step, to film them later as often as you like.

    Memory does not grow with the number of steps. The store is written beside its place and moved there when
    it is whole; an older store stays until then, and anything else that is there is never replaced.

    Parameters
    ----------
    values
        A `LabelPropagation`, a `HarmonicExtension`, or with `coords` whatever `animate` takes as numbers.
        Labels of several columns give frames of shares.
    path
        Where; the name ends in .zarr.
    coords
        (n, 2) coordinates; their fingerprint is kept, so that `animate` can tell whether frames and points
        belong together.
    graph
        The adjacency matrix of a propagation; its fingerprint is kept.
    n_steps
        As in `animate`: of callables and generators.
    dtype
        "float32"; "float64" for signals that spread so far that float32 is 0 there; or "uint8": levels of
        ranks, which take a quarter and make the picture that ``norm="rank"`` makes of the values. Blends
        between steps and ``order_scope="film"`` then go by ranks, too, as there are no values. NaN and
        several columns need floats.
    norm
        Which ranks those of "uint8" are: "rank", or ``Rank(stretch=True)`` as `create_animation`,
        `pl.embedding` and the command use them.
    progress
        Whether to show a progress bar.

    Returns
    -------
    Frames
        The store, opened.

    Raises
    ------
    OptionError, ShapeError, TargetError
        Before the first step, but for NaN in "uint8", which is found when it comes; nothing is left then.

    Examples
    --------
    >>> spread = ga.LabelPropagation(graph, labels, n_steps=500, coords=coords)
    >>> frames = ga.store_frames(spread, "frames.zarr", coords=coords, graph=graph)
    >>> ga.animate(coords, frames[::10], norm="rank").save("every_tenth.mp4")
    """
    source = _as_source(values, coords, n_steps)
    writer = writer_for(source, path, coords=coords, graph=graph, dtype=dtype, rank=_as_rank(norm))
    from gpuanim.saving import progress_bar

    with writer, progress_bar(source.n_steps, Path(path).name, shown=progress) as on_step:
        kept = Kept(source, writer)
        for _ in kept.steps():
            on_step()
        return open_frames(kept.finish())


def writer_for(
    source: Source, path: str | os.PathLike[str], *, coords: Any, graph: Any, dtype: str, rank: Rank | None
) -> FrameWriter:
    """Return a writer for the steps of a source, which knows how they are made and of what."""
    from gpuanim import __version__
    from gpuanim.provenance import graph_fingerprint, points_fingerprint

    settings = {"gpuanim": __version__, **source.describe()}
    fingerprints = {}
    if "labels" in settings:
        fingerprints["labels"] = settings.pop("labels")
    if coords is not None:
        fingerprints["coords"] = points_fingerprint(np.asarray(coords))
    if graph is not None:
        fingerprints["graph"] = graph_fingerprint(graph)
    about = {"settings": settings, "fingerprints": fingerprints}
    return FrameWriter(
        path, dtype=dtype, rank=rank, n_steps=source.n_steps, permutation=source.permutation, about=about
    )


def _as_source(values: Any, coords: Any, n_steps: int | None) -> Source:
    if isinstance(values, Source):
        if coords is not None:
            values.check_points(np.asarray(coords))
        if values.coded:
            raise OptionError("store_frames is for numbers, these values are categories")
        if n_steps is None:
            return values
    if coords is None:
        raise OptionError("coords are needed to tell points from steps, unless values are a propagation")
    from gpuanim.values.sources import as_source

    return as_source(values, n_points=len(coords), n_steps=n_steps)


def _as_rank(norm: Any) -> Rank:
    rank = Rank() if norm == "rank" else norm
    if not isinstance(rank, Rank):
        raise OptionError(f'norm must be "rank" or a Rank, such as Rank(stretch=True), not {norm!r}')
    return rank

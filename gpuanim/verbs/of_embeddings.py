"""The verb `morph`: points that go from one embedding to the next."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.animation import Animation
from gpuanim.chrome._base import Moment
from gpuanim.errors import OptionError
from gpuanim.look import make_sheet
from gpuanim.motion.fitting import fit_to_box, turned_all
from gpuanim.motion.stations import Stations, find_stations
from gpuanim.motion.stops import Legs, Morph, make_legs
from gpuanim.motion.titles import naming_basis
from gpuanim.values.timeline import Timeline, as_ease
from gpuanim.verbs.of_points import animate

__all__ = ["morph"]

_OWN = (
    "hold",
    "ease",
    "n_frames",
    "duration",
    "fps",
    "n_steps",
    "present",
    "fade",
    "title",
    "caption",
    "palette",
)
"""Options of `animate` that `morph` has itself."""

_SCALE = ("norm", "vmin", "vmax", "vcenter", "scope")
"""Options in whose place a running propagation is shown by rank."""


def morph(
    data: Any,
    basis: Any = None,
    values: Any = None,
    *,
    color: Any = None,
    frames: Any = None,
    layer: str | None = None,
    use_raw: bool | None = None,
    gene_symbols: str | None = None,
    sort_order: bool = True,
    palette: Any = None,
    names: Sequence[str] | None = None,
    align: bool | str = False,
    move: float | None = None,
    hold: float = 0.75,
    ease: Any = "in-out",
    stagger: Any = None,
    lag: float = 0.4,
    present: Any = None,
    fade: float = 0.5,
    fps: Any = None,
    n_frames: int | None = None,
    duration: float | None = None,
    title: Any = "{basis}",
    caption: Any = None,
    **options: Any,
) -> Animation:
    """Describe a film of points that go from one embedding to the next, and stop at each.

    Each point stays itself: it keeps its colour and its place in the order of drawing on the way. Each
    embedding is fitted to the same box of the frame's proportions: the middle of its extent to the middle of
    the box, as large as it fits, both directions scaled alike.

    Parameters
    ----------
    data
        One of

        - an AnnData, or the path of one, with `basis` a list of its embeddings
        - a list of AnnData, such as time points, with `basis` the embedding of all, or one for each. Cells
          are matched by `obs_names`; those that are not in the next one leave by fading, others come.
        - a dict of (n, 2) arrays, or a list of them, and `values`; rows of NaN are points that are not there
    basis
        Keys of `obsm`, with or without ``X_``, or of the dict, whose keys in order are the default. In
        "spatial" y grows downwards, as in pictures.
    values
        As in `animate`: one per point, or any number of steps, which are spread over the whole film.
    color, frames, layer, use_raw, gene_symbols, sort_order, palette
        Of an AnnData, as in `pl.embedding`: a column of `obs` or a gene, or in `frames` what changes. Of
        several AnnData, each colours the cells while they are there.
    names
        Of the embeddings; by default those of the keys, or numbers from 1.
    align
        Whether to turn, and perhaps reflect, embeddings so that points travel short ways (orthogonal
        Procrustes): True keeps the first as it is, the name of another keeps that one.
    move
        Seconds of each way, 1.5 by default.
    hold
        Seconds at each embedding.
    ease
        How a way goes, as in `animate`.
    stagger
        Column of `obs`, or (n,) groups or numbers: points set out group by group, in their order.
    lag
        With `stagger`, by how much the last set out later, as a share of the way, 0 to 0.9.
    present, fade
        As in `animate`, a row for each embedding; by default points that have a place are there.
    fps, n_frames, duration
        Frames per second, 30 by default; frames, or seconds, of the whole film in place of `move`.
    title, caption
        As in `animate`; ``{basis}`` in a template is the name of the embedding, from the middle of the way
        to it.
    **options
        All others of `animate`. Of an AnnData, `legend` is on for categories and `colorbar` for numbers.

    Returns
    -------
    Animation

    Raises
    ------
    DataKeyError
        There is no such embedding, column or gene; the message names the nearest.
    OptionError, ShapeError
        If an argument cannot be used; nothing has been rendered then.

    Examples
    --------
    >>> import gpuanim as ga, scanpy as sc
    >>> adata = sc.datasets.pbmc68k_reduced()  # doctest: +SKIP
    >>> ga.morph(adata, ["pca", "umap"], color="bulk_labels").save("morph.mp4")  # doctest: +SKIP
    """
    _check_options(options)
    stations = find_stations(data, basis, names)
    legs = make_legs(
        len(stations.places), move=move, hold=hold, fps=fps, n_frames=n_frames, duration=duration
    )
    starts = None if stagger is None else _starts(stagger, lag, stations)
    places = _fitted(stations, align, _ratio(options))
    gaps = present is not None or any(np.isnan(place).any() for place in places)
    way = Morph(places, legs, as_ease(ease), starts, gaps=gaps)
    own = {"title": title, "caption": caption, "palette": palette}
    for name in ("title", "caption"):
        own[name] = naming_basis(own[name], stations.names, _Stop(legs, way), name)
    if stations.cells and values is None:
        from gpuanim.motion.painted import Wanted, paint_cells

        key = basis if isinstance(basis, str) else basis[0]
        painted = paint_cells(
            stations, key,
            Wanted(color, frames, layer, use_raw, gene_symbols, sort_order, palette),
        )  # fmt: skip
        values, own = painted.values, own | painted.options
        if any(options.get(name) is not None for name in _SCALE):
            own.pop("norm", None)
    else:
        _check_no_keys(stations, values, {"color": color, "frames": frames})
    return animate(
        way, values, present=("finite" if gaps else None) if present is None else present, fade=fade,
        fps=legs.fps, n_frames=legs.n_frames, hold=legs.hold, **(own | options),
    )  # fmt: skip


class _Stop:
    """Which embedding a moment of the film names."""

    def __init__(self, legs: Legs, way: Morph) -> None:
        self._n = way.n_steps
        self._clock = Timeline(self._n, legs.n_frames, legs.fps, way.way, legs.hold_frames).nearest()

    def __call__(self, moment: Moment) -> int:
        """Return the number of the embedding."""
        if moment.n_steps == self._n:
            return moment.step
        frames, own = moment.n_frames or 1, self._clock.n_frames or 1
        return self._clock.place(moment.frame * own // frames)[0]


def _fitted(stations: Stations, align: Any, ratio: float) -> list[NDArray[np.float32]]:
    wide = [np.asarray(place, np.float64) for place in stations.places]
    if align is not False:
        wide = turned_all(wide, _kept(align, stations.names))
    return [fit_to_box(place, ratio).astype(np.float32) for place in wide]


def _kept(align: Any, names: Sequence[str]) -> int:
    """Return the number of the embedding that is not turned."""
    if align is True:
        return 0
    plain = [name.casefold() for name in names]
    wanted = align.removeprefix("X_").casefold() if isinstance(align, str) else None
    if wanted not in plain:
        near = difflib.get_close_matches(str(wanted), plain, 1)
        hint = f"; did you mean {names[plain.index(near[0])]!r}?" if near else ""
        raise OptionError(f"align must be True, False or one of {list(names)}, not {align!r}{hint}")
    return plain.index(wanted)


def _ratio(options: dict[str, Any]) -> float:
    """Return width by height of the frame."""
    sheet, _ = make_sheet(options.get("size"), options.get("figsize"), options.get("dpi"))
    return sheet[0] / sheet[1]


def _starts(stagger: Any, lag: Any, stations: Stations) -> NDArray[np.float64]:
    """Return when each point sets out, as a share of the way."""
    from gpuanim.motion.starts import starts_of

    n = len(stations.places[0])
    if isinstance(stagger, str):
        if len(stations.cells) != 1:
            raise OptionError("stagger by a column needs one AnnData: give (n,) groups or numbers")
        stagger = stations.cells[0].obs(stagger)
    return starts_of(stagger, lag, n)


def _check_options(options: dict[str, Any]) -> None:
    known = inspect.signature(animate).parameters
    for name in options:
        if name not in known or name in ("coords", *_OWN):
            near = difflib.get_close_matches(name, [*known, *inspect.signature(morph).parameters], 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise OptionError(f"there is no option {name!r}{hint}")


def _check_no_keys(stations: Stations, values: Any, keys: dict[str, Any]) -> None:
    for name, key in keys.items():
        if key is not None:
            raise OptionError(
                f"{name} and values exclude each other: both say what is coloured"
                if stations.cells
                else f"{name} is a key of an AnnData, and these are arrays: give values"
            )
    if values is None:
        raise OptionError("a morph of arrays needs values=..., one number or category per point")

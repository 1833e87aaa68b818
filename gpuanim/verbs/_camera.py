"""What the verbs share: a camera over the points of a panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gpuanim.blend._base import Reduction
from gpuanim.chrome.parts import Dress
from gpuanim.errors import OptionError
from gpuanim.film import Cloud
from gpuanim.highlight import Highlight
from gpuanim.look import Dots
from gpuanim.values._base import Source
from gpuanim.verbs._paint import Paint
from gpuanim.view._base import Flight, Move, Subject
from gpuanim.view.words import picker

__all__ = ["check_look", "check_worn", "filmed", "subject_of"]


def subject_of(place: Any, paint: Paint) -> Subject:
    """Return points as a camera sees them; groups are the categories that are coloured."""
    n = int(place.n_points or 0) if isinstance(place, Source) else len(place)
    return Subject(place, picker(n, paint.members), fades=not isinstance(paint.blend, Reduction))


def check_look(
    move: Move | None,
    dots: Dots,
    highlights: Sequence[Highlight],
    xlim: Any,
    ylim: Any,
    aspect: str,
    *,
    present: bool = False,
) -> None:
    """Raise OptionError if a camera and how points look, or the limits, exclude each other."""
    if move is None or move.n_columns < 3:
        return
    if any(highlight.lasso is not None for highlight in highlights):
        raise OptionError("highlight: a lasso lies in a plane, which a space has none of: give cells instead")
    if any(highlight.outline not in (None, False) for highlight in highlights):
        raise OptionError(
            "highlight: an outline lies below all of its cells, and in a space each cell has a depth of its "
            "own; use rest=True instead"
        )
    if not (isinstance(dots.order, str) and dots.order == "data"):
        raise OptionError(
            "order has no meaning in a space, where near points lie over far ones: leave it out"
        )
    if dots.spread is not None:
        raise OptionError("spread is for a plane: in a space, neighbours change as it turns")
    if xlim is not None or ylim is not None:
        raise OptionError("xlim and ylim are those of a plane: give Orbit(zoom=...), or margin=...")
    if present:
        raise OptionError("present is for a plane: give all points a place, and let alpha or values tell")
    if aspect != "equal":
        raise OptionError('a space that turns needs aspect="equal"')


def filmed(cloud: Cloud, flight: Flight | None) -> Cloud:
    """Return a cloud as a camera films it.

    Raises
    ------
    OptionError
        If a norm would have to look at the pixels of all frames.
    """
    if flight is None:
        return cloud
    if isinstance(cloud.blend, Reduction) and cloud.blend.by_pixels and cloud.norm.needs_film:
        raise OptionError(
            f'blend="{cloud.blend.name}" under a camera cannot search all frames for its range: give vmin '
            'and vmax, or scope="frame"'
        )
    return replace(cloud, camera=flight, order=None if flight.deep else cloud.order)


def check_worn(dress: Dress, flight: Flight | None) -> None:
    """Raise OptionError if a panel wears what would stand still while the camera moves."""
    if flight is None:
        return
    if dress.axes == "ticks":
        raise OptionError('ticks do not follow a camera: give axes="frame" or axes=False')
    bar = dress.scale_bar
    if bar is not None and flight.deep:
        raise OptionError(
            "a scale bar holds for a plane, and in a space each depth has its own: leave it out"
        )
    if bar is not None and (bar.length is not None or bar.label is not None):
        raise OptionError("a scale bar under a camera has lengths that fit the zoom: give its unit alone")
    if flight.deep and (dress.xlabel or dress.ylabel):
        raise OptionError("xlabel and ylabel name axes, which turn under this camera: leave them out")

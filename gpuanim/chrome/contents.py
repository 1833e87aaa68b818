"""What a figure of matplotlib holds at a snap: taken out of it, and put back to be drawn once more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Contents", "FigureContents"]

_LISTS = ("artists", "collections", "images", "lines", "patches", "tables", "texts")
_FIGURE_LISTS = ("artists", "images", "lines", "patches", "texts", "legends")
_FIGURE_TITLES = ("_suptitle", "_supxlabel", "_supylabel")
_DIRECTIONS = ("x", "y", "z")

Limits = tuple[float, float]
Direction = tuple[Any, str]
"""Axes, and "x", "y" or "z"."""


@dataclass(frozen=True)
class _Wording:
    """A text that stays, and what it said."""

    text: Any
    said: dict[str, Any]

    @classmethod
    def of(cls, text: Any) -> _Wording:
        font = text.get_fontproperties().copy()
        return cls(text, {"text": text.get_text(), "color": text.get_color(), "fontproperties": font})

    def restore(self) -> None:
        changed = {
            name: value for name, value in self.said.items() if getattr(self.text, f"get_{name}")() != value
        }
        if changed:  # what is set is stale, and drawn again
            self.text.set(**changed)


@dataclass
class Contents:
    """What a figure showed at a snap.

    Parameters
    ----------
    artists
        Those that are gone with the snap, with the axes or figure that they were in.
    fixed, scaled
        Limits of the axes: those that had been set, and those that followed the data.
    wordings
        Titles, labels and other texts that stay.
    views
        Axes of three dimensions, and where they are seen from.
    """

    artists: list[tuple[Any, Any]]
    fixed: dict[Direction, Limits]
    scaled: dict[Direction, Limits]
    wordings: list[_Wording] = field(default_factory=list)
    views: list[tuple[Any, dict[str, float]]] = field(default_factory=list)


class FigureContents:
    """Tells what comes and goes with each snap of a figure from what was there before and stays.

    Parameters
    ----------
    fig
        The figure, whose artists stay that it has now.
    """

    def __init__(self, fig: Any) -> None:
        self._fig = fig
        self._older = {id(a): a for place in self._places() for a in _artists(place)}
        self._containers = {id(c): c for ax in self._axes() for c in ax.containers}
        self._patches: dict[Any, Any] = {}
        """Axes -> its background, which is another one after `cla()`."""

    def current(self) -> Contents:
        """Return what is in the figure now; the limits of axes follow their data first."""
        artists = [
            (place, a) for place in self._places() for a in _artists(place) if id(a) not in self._older
        ]
        fixed, scaled = _limits(self._axes())
        return Contents(artists, fixed, scaled)

    def remember(self, contents: Contents) -> None:
        """Add to `contents` what it takes to show it once more."""
        older = [a for a in self._older.values() if _is_text(a)]
        contents.wordings = [_Wording.of(t) for t in (*older, *_titles(self._places()))]
        spatial = [ax for ax in self._axes() if hasattr(ax, "view_init")]
        contents.views = [
            (ax, {name: getattr(ax, name) for name in ("elev", "azim", "roll")}) for ax in spatial
        ]

    def rewritten(self) -> bool:
        """Say whether the past cannot be drawn again: axes were cleared or removed, older artists changed.

        Asked after a drawing: what has not changed since then is not stale.
        """
        axes = self._axes()
        gone = any(ax not in axes or ax.patch is not patch for ax, patch in self._patches.items())
        changed = any(a.stale and a.get_visible() for a in self._older.values() if not _is_text(a))
        return gone or changed

    def take_out(self, contents: Contents) -> None:
        """Remove the artists from the figure; autoscaling goes on as if they were there."""
        for ax in self._axes():
            if self._patches.get(ax) is not ax.patch:
                _clear_edges(ax)
                self._patches[ax] = ax.patch
            ax.containers[:] = [c for c in ax.containers if id(c) in self._containers]
        self._patches = {ax: patch for ax, patch in self._patches.items() if ax in self._axes()}
        for place, artist in contents.artists:
            if hasattr(place, "xaxis"):
                _keep_edges(place, artist)
            artist.remove()
            if getattr(place, "legend_", None) is artist:  # where add_artist() has put it in twice
                place.legend_ = None

    def final(self) -> dict[Direction, Limits]:
        """Return the limits that all axes have now."""
        fixed, scaled = _limits(self._axes())
        return fixed | scaled

    @contextmanager
    def shown(self, contents: Contents, limits: dict[Direction, Limits]) -> Iterator[None]:
        """Show what was remembered, alone, with these limits; then all is as before."""
        now = self.current()
        self.remember(now)
        loose = [a for _, a in now.artists if a.get_visible()]
        try:
            for artist in loose:
                artist.set_visible(False)
            _set_up(contents, limits)
            for place, artist in contents.artists:
                _put_back(place, artist)
            yield
        finally:
            for _, artist in contents.artists:
                artist.remove()
            _set_up(now, now.fixed | now.scaled)
            for artist in loose:
                artist.set_visible(True)

    def _axes(self) -> list[Any]:
        """Return all axes, those inset in others too."""
        axes, found = [], list(self._fig.axes)
        while found:
            axes.append(found.pop(0))
            found += axes[-1].child_axes
        return axes

    def _places(self) -> list[Any]:
        figures, found = [], [self._fig]
        while found:
            figures.append(found.pop(0))
            found += figures[-1].subfigs
        return figures + self._axes()


def _artists(place: Any) -> list[Any]:
    """Return what has been added to axes or a figure, in the order of drawing; not titles, axes, frames."""
    if not hasattr(place, "xaxis"):
        titles = [getattr(place, name, None) for name in _FIGURE_TITLES]
        lists = (getattr(place, name) for name in _FIGURE_LISTS)
        return [a for artists in lists for a in artists if a not in titles]
    added = {id(a) for name in _LISTS for a in getattr(place, name)} | {id(place.get_legend())}
    return list(dict.fromkeys(a for a in place.get_children() if id(a) in added))


def _titles(places: list[Any]) -> list[Any]:
    """Return the texts that figures and axes have by themselves."""
    titles: list[Any] = []
    for place in places:
        if not hasattr(place, "xaxis"):
            titles += [getattr(place, name, None) for name in _FIGURE_TITLES]
            continue
        added = list(place.texts)
        titles += [a for a in place.get_children() if _is_text(a) and a not in added]
        titles += [getattr(place, f"{name}axis").label for name in _directions(place)]
    return [title for title in titles if title is not None]


def _is_text(artist: Any) -> bool:
    from matplotlib.text import Text

    return isinstance(artist, Text)


def _directions(ax: Any) -> list[str]:
    return [name for name in _DIRECTIONS if hasattr(ax, f"{name}axis")]


def _limits(axes: list[Any]) -> tuple[dict[Direction, Limits], dict[Direction, Limits]]:
    fixed: dict[Direction, Limits] = {}
    scaled: dict[Direction, Limits] = {}
    for ax in axes:
        for name in _directions(ax):
            low, high = getattr(ax, f"get_{name}lim")()
            kind = scaled if getattr(ax, f"get_autoscale{name}_on")() else fixed
            kind[ax, name] = (float(low), float(high))
    return fixed, scaled


def _set_up(contents: Contents, limits: dict[Direction, Limits]) -> None:
    for (ax, name), (low, high) in limits.items():
        if getattr(ax, f"get_{name}lim")() != (low, high):
            getattr(ax, f"set_{name}lim")(low, high, auto=None)
    for wording in contents.wordings:
        wording.restore()
    for ax, view in contents.views:
        ax.view_init(**view)


def _put_back(place: Any, artist: Any) -> None:
    clip = artist.get_clip_path()
    place.add_artist(artist)
    if clip is None:  # a legend may reach beyond its axes
        artist.set_clip_path(None)


def _keep_edges(ax: Any, artist: Any) -> None:
    """Let margins go on to stop where those of the artist do, such as at the foot of bars."""
    for mine, theirs in zip(ax.xaxis.sticky_edges, artist.sticky_edges, strict=True):
        mine.extend(set(theirs).difference(mine))


def _clear_edges(ax: Any) -> None:
    for edges in ax.xaxis.sticky_edges:
        edges.clear()

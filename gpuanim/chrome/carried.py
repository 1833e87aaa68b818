"""What lies on the data goes where a camera, or the points, take it: symbols, lassos and names of groups."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._base import Attached, Moment
from gpuanim.chrome.canvas import Canvas
from gpuanim.chrome.layout import Box
from gpuanim.chrome.moving import Room, fit_text
from gpuanim.chrome.spread import spread

__all__ = ["CarriedMark", "CarriedNames"]


Places: TypeAlias = "NDArray[np.floating[Any]] | Callable[[Moment], NDArray[np.floating[Any]]]"


class _Carried(Attached):
    """Artists at places of the data, which move with the lens of their panel, and may move themselves."""

    def __init__(self, artists: list[Any], places: Places, number: int, canvas: Canvas) -> None:
        self.artists = artists
        self._places, self._number, self._height = places, number, canvas.size[1]

    def _seen(self, moment: Moment) -> NDArray[np.float64]:
        """Return (k, 2) pixels from the lower left corner, as matplotlib counts them."""
        places = self._places(moment) if callable(self._places) else self._places
        seen = moment.lenses[self._number].project(places)
        return np.column_stack([seen.x, self._height - seen.y]).astype(np.float64)


class CarriedMark(_Carried):
    """A collection of symbols, or a closed line.

    Parameters
    ----------
    artist
        Of matplotlib, a collection or a polygon.
    places
        (k, 2) or (k, 3) where its symbols, or its corners, are in the data; or what returns that of a moment,
        NaN for those that are not there.
    number
        Of the panel's cloud.
    canvas
        Where it will be drawn.
    """

    def __init__(self, artist: Any, places: Places, number: int, canvas: Canvas) -> None:
        from matplotlib.transforms import IdentityTransform

        super().__init__([artist], places, number, canvas)
        self._is_line = hasattr(artist, "set_xy")
        (artist.set_transform if self._is_line else artist.set_offset_transform)(IdentityTransform())

    def show(self, moment: Moment) -> Hashable:
        pixels = self._seen(moment)
        artist = self.artists[0]
        (artist.set_xy if self._is_line else artist.set_offsets)(pixels)
        return pixels.tobytes()


class CarriedNames(_Carried):
    """Texts at places of the data, moved as little as it takes until none lies over another.

    They are hidden where their places lie outside of the panel.

    Parameters
    ----------
    texts
        Of matplotlib.
    places
        (k, 2) or (k, 3) in the data, or what returns that of a moment, as in `CarriedMark`.
    box
        The panel's.
    number, canvas
        As in `CarriedMark`.
    """

    def __init__(self, texts: list[Any], places: Places, box: Box, number: int, canvas: Canvas) -> None:
        from matplotlib.transforms import IdentityTransform

        super().__init__(texts, places, number, canvas)
        self._box = box
        for text in texts:
            text.set_transform(IdentityTransform())
            fit_text(text, canvas.renderer, Room(box.width, box.height), text.get_fontsize())
        extents = [text.get_window_extent(canvas.renderer) for text in texts]
        self._sizes = np.array([(extent.width, extent.height) for extent in extents])

    def show(self, moment: Moment) -> Hashable:
        left, right = self._box.left, self._box.right
        low, high = self._height - self._box.bottom, self._height - self._box.top
        x, y = self._seen(moment).T
        inside = (x >= left) & (x <= right) & (y >= low) & (y <= high)
        centers = np.column_stack([x, self._height - y])[inside]
        # Letters are drawn at whole pixels.
        places = np.rint(spread(centers, self._sizes[inside], self._box)) if len(centers) else centers
        for text, seen in zip(self.artists, inside, strict=True):
            text.set_visible(bool(seen))
        shown = [text for text, seen in zip(self.artists, inside, strict=True) if seen]
        for text, (across, down) in zip(shown, places.tolist(), strict=True):
            text.set_position((across, self._height - down))
        return places.tobytes(), inside.tobytes()

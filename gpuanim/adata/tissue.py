"""What `uns["spatial"]` tells of a tissue: its picture, scale and size of spots, by scanpy's rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata.cells import Cells
from gpuanim.adata.nearest import listing, suggestion
from gpuanim.errors import DataKeyError, OptionError

__all__ = ["AUTO", "Library", "open_library"]

AUTO = "auto"
"""The only library, and the first of the usual pictures."""

_USUAL = ("hires", "lowres")
_GRAY = (0.2989, 0.5870, 0.1140)
"""Brightness of red, green and blue, as scanpy has it."""


@dataclass(frozen=True, eq=False)
class Library:
    """One of the entries of `uns["spatial"]`, each part read when it is asked for.

    Parameters
    ----------
    cells
        The cells.
    name
        Its key; None where there is none.
    """

    cells: Cells
    name: str | None

    def spot_diameter(self) -> float | None:
        """Return the diameter of a spot in the units of the coordinates, None without a library."""
        return None if self.name is None else self._factor("spot_diameter_fullres", "spot_size")

    def picture(
        self,
        img_key: str | None = AUTO,
        img: Any = None,
        scale_factor: float | None = None,
        *,
        bw: bool = False,
    ) -> tuple[NDArray[Any], float] | None:
        """Return a picture of the tissue, and its pixels per unit of the coordinates; None if there is none.

        Parameters
        ----------
        img_key
            Key in `images`; "auto" is "hires", or "lowres"; None for no picture.
        img
            A picture in place of that.
        scale_factor
            Pixels per unit; by default that of `img_key`, and 1 for an `img` without it.
        bw
            Whether it is to be grey.

        Raises
        ------
        DataKeyError
            There is no such picture, or its scale is not known.
        """
        key = img_key
        if img is None:
            key = self._usual() if img_key == AUTO else img_key
            if key is None:
                return None
            img = self._image(key)
        elif key == AUTO:
            key = None
        if scale_factor is None:
            scale_factor = 1.0 if key is None else self._factor(f"tissue_{key}_scalef", "scale_factor")
        img = np.asarray(img)
        if bw and img.ndim == 3:
            img = img[..., :3] @ np.array(_GRAY)
        return img, scale_factor

    def _usual(self) -> str | None:
        images = self._images()
        key = next((key for key in _USUAL if key in images), None)
        if key is None and images:
            raise DataKeyError(
                f"there is neither 'hires' nor 'lowres' in {self._path('images')}{listing(images)}: give "
                "img_key, or img_key=None for no picture"
            )
        return key

    def _images(self) -> list[str]:
        return [] if self.name is None else self.cells.keys("uns", "spatial", self.name, "images")

    def _image(self, key: str) -> Any:
        if self.name is None:
            raise DataKeyError(
                f"img_key={key!r} needs a library in uns['spatial'], and there is none: give img"
            )
        images = self._images()
        if key not in images:
            raise DataKeyError(
                f"no image {key!r} in {self._path('images')}{suggestion(key, images)}{listing(images)}"
            )
        return self.cells.uns("spatial", self.name, "images", key)

    def _factor(self, key: str, option: str) -> float:
        factor = None if self.name is None else self.cells.uns("spatial", self.name, "scalefactors", key)
        if factor is None:
            raise DataKeyError(f"{self._path('scalefactors')} has no {key!r}: give {option}")
        return float(factor)

    def _path(self, part: str) -> str:
        return f"uns['spatial'][{self.name!r}][{part!r}] of {self.cells.title}"


def open_library(cells: Cells, library_id: str | None = AUTO) -> Library:
    """Return an entry of `uns["spatial"]`.

    Parameters
    ----------
    cells
        The cells.
    library_id
        Its key; "auto" is the only one there is, or none; None for none.

    Raises
    ------
    OptionError
        There are several libraries, and none is named.
    DataKeyError
        There is no such library.
    """
    libraries = cells.keys("uns", "spatial")
    if library_id == AUTO and AUTO not in libraries:
        if len(libraries) > 1:
            raise OptionError(f"uns['spatial'] holds several libraries: give library_id{listing(libraries)}")
        return Library(cells, libraries[0] if libraries else None)
    if library_id is not None and library_id not in libraries:
        raise DataKeyError(
            f"no library {library_id!r} in uns['spatial'] of {cells.title}"
            f"{suggestion(library_id, libraries)}{listing(libraries)}"
        )
    return Library(cells, library_id)

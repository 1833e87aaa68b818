"""A picture below the points, such as that of a tissue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._check import check_number
from gpuanim.errors import OptionError, ShapeError

__all__ = ["Picture"]


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that lies in the plane of the data, below the points; its first row is at the least y.

    Parameters
    ----------
    image
        (h, w) numbers, shown in grey from the least to the largest, or (h, w, 3) or (h, w, 4) colours: uint8,
        or floats 0..1.
    per_unit
        Pixels of the image per unit of the data. The centre of its first pixel lies at (0, 0).
    alpha
        Opacity, above 0 and up to 1.

    Raises
    ------
    OptionError, ShapeError
        If it is no such image, or an option is out of range.
    """

    image: NDArray[Any]
    per_unit: float = 1.0
    alpha: float = 1.0

    def __post_init__(self) -> None:
        image = np.asarray(self.image)
        gray = image.ndim == 2
        if not image.size or not (gray or (image.ndim == 3 and image.shape[2] in (3, 4))):
            raise ShapeError(f"img must have shape (h, w), (h, w, 3) or (h, w, 4), not {image.shape}")
        if image.dtype.kind not in ("fuib" if gray else "f") and image.dtype != np.uint8:
            raise OptionError(f"img must be uint8, or floats 0..1, not {image.dtype}: divide by its range")
        check_number("scale_factor", self.per_unit)
        check_number("alpha_img", self.alpha, up_to=1.0)
        if image.dtype.kind == "f" and not gray:
            image = np.clip(image, 0, 1)
        object.__setattr__(self, "image", image)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Data at its left, right, last and first edge."""
        height, width = self.image.shape[:2]
        left, right, last, first = -0.5, width - 0.5, height - 0.5, -0.5
        return left / self.per_unit, right / self.per_unit, last / self.per_unit, first / self.per_unit

    def draw(self, ax: Any) -> Any:
        """Put it on axes, below all else; their limits stay. Return the artist."""
        from matplotlib.image import AxesImage

        made: Any = AxesImage
        shown = made(ax, cmap="gray", origin="upper", extent=self.extent, alpha=self.alpha, zorder=-1)
        shown.set_data(self.image)
        shown.set_clip_path(ax.patch)
        shown.set_in_layout(False)
        return ax.add_image(shown)

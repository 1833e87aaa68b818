"""How points and the frame are to look: the options of the verbs, checked once."""

from __future__ import annotations

import difflib
import math
import operator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError, ShapeError
from gpuanim.spreading import Spread, as_spread
from gpuanim.view.plane import View, fit_view

__all__ = [
    "Dots",
    "Limits",
    "as_background",
    "as_device",
    "make_dots",
    "make_limits",
    "make_sheet",
    "pixels",
    "positive",
]

ORDERS = ("data", "value", "abs", "random")
FOLLOWING = ("value", "abs")
"""Orders that come from the values."""

SCOPES = ("frame", "film")
ASPECTS = ("equal", "box", "auto")
_MAX_SIDE = 32768


@dataclass(frozen=True, eq=False)
class Dots:
    """How points look.

    Parameters
    ----------
    s
        Size in points squared: one, (n,), or None for what fits (`autosize.auto_diameter`).
    edge
        Width in points of the line that matplotlib's `scatter` draws around a point.
    spot
        Diameter in units of the data, in place of `s`; None for points squared.
    alpha
        Opacity, 0..1: one, (n,) float32, or "auto" for what fits (`autosize.auto_alpha`).
    antialias
        Exact coverage of pixels by discs.
    order, order_scope, seed
        What was asked for as the order of drawing; the scope is None for orders that do not come from the
        values.
    spread
        Lets isolated points grow, or None.
    growth
        The power of a camera's zoom by which diameters grow: 0 for sizes in points, 1 for those in units of
        the data. Automatic ones grow by the square root: closer, points are larger and lie further apart.
    """

    s: NDArray[np.float64] | float | None
    edge: float
    spot: float | None
    alpha: NDArray[np.float32] | float | str
    antialias: bool
    order: Any
    seed: int
    order_scope: str | None = None
    spread: Spread | None = None
    growth: float = 0.0

    @property
    def automatic(self) -> bool:
        """Whether size or opacity depend on where the points lie."""
        return (self.s is None and self.spot is None) or isinstance(self.alpha, str)

    @property
    def opacity(self) -> NDArray[np.float32] | None:
        """(n,) what each point has of the opacity of all, which is `scene_alpha`; None for 1."""
        return self.alpha if isinstance(self.alpha, np.ndarray) else None

    @property
    def scene_alpha(self) -> float:
        """The opacity of all points, 1 where it is not one number."""
        return 1.0 if isinstance(self.alpha, np.ndarray | str) else self.alpha


@dataclass(frozen=True)
class Limits:
    """Which part of the data is shown.

    Parameters
    ----------
    bounds
        (xmin, xmax, ymin, ymax) of the data.
    xlim, ylim
        What was asked for, or None for all with a `margin` (share of its extent).
    aspect
        "equal" (equal scales, and more of the data where there is room to spare), "box" (equal scales in a
        box of the shape of the data) or "auto" (stretched to the box).
    """

    bounds: tuple[float, float, float, float]
    xlim: tuple[float, float] | None = None
    ylim: tuple[float, float] | None = None
    margin: float = 0.05
    aspect: str = "equal"

    def view(self, box: tuple[float, float, float, float]) -> View:
        """Fit the data into a box of the frame; see `view.plane.fit_view`."""
        return fit_view(
            self.bounds, box, xlim=self.xlim, ylim=self.ylim, margin=self.margin, aspect=self.aspect
        )


def make_dots(
    n_points: int,
    *,
    s: Any,
    alpha: Any,
    order: Any,
    seed: Any,
    antialias: Any,
    edge: float | None = None,
    spot: Any = None,
    order_scope: Any = None,
    spread: Any = None,
    fitting: bool = False,
) -> Dots:
    """Check the style of points; raises OptionError or ShapeError.

    `edge` is matplotlib's if None; `fitting` says that `s` was chosen to fit the number of points.
    """
    from matplotlib import rcParams

    sizes = _sizes(s, n_points)
    return Dots(
        s=sizes,
        edge=float(rcParams["patch.linewidth"]) if edge is None else edge,
        spot=None if spot is None else positive("spot_size", spot),
        alpha=_opacities(alpha, n_points),
        antialias=bool(antialias),
        order=_order(order, n_points),
        seed=_whole("seed", seed),
        order_scope=_order_scope(order, order_scope),
        spread=as_spread(spread),
        growth=1.0 if spot is not None else 0.5 if sizes is None or fitting else 0.0,
    )


def make_limits(
    bounds: tuple[float, float, float, float], *, xlim: Any, ylim: Any, margin: Any, aspect: Any
) -> Limits:
    """Check which part of the data is shown; raises OptionError."""
    if aspect not in ASPECTS:
        raise OptionError(f"aspect must be one of {ASPECTS}, not {aspect!r}")
    return Limits(
        bounds,
        _interval("xlim", xlim),
        _interval("ylim", ylim),
        _number("margin", margin, 0.0, 10.0, closed=True),
        aspect,
    )


def make_sheet(size: Any, figsize: Any, dpi: Any) -> tuple[tuple[float, float], float]:
    """Return width and height in inches, and dots per inch; raises OptionError."""
    if size is not None and figsize is not None:
        raise OptionError("give size (pixels) or figsize (inches), not both")
    dpi = 100.0 if dpi is None else positive("dpi", dpi)
    if figsize is None:
        width, height = _pair("size", (1080, 1080) if size is None else size)
        if width != int(width) or height != int(height):
            raise OptionError(f"size must be whole pixels, not {size!r}")
        figsize = (width / dpi, height / dpi)
    sheet = _pair("figsize", figsize)
    pixels(sheet, dpi)
    return sheet, dpi


def pixels(figsize: tuple[float, float], dpi: float) -> tuple[int, int]:
    """Return width and height in pixels of a figure, as matplotlib rounds them."""
    width, height = (math.floor(inches * dpi + 1e-6) for inches in figsize)
    if not (1 <= width <= _MAX_SIDE and 1 <= height <= _MAX_SIDE):
        raise OptionError(f"a frame of {width}x{height} pixels is not between 1 and {_MAX_SIDE} a side")
    return width, height


def positive(name: str, value: Any) -> float:
    """Return a positive, finite number, or raise OptionError."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise OptionError(f"{name} must be a positive number, not {value!r}")
    return number


def as_device(device: Any) -> int | None:
    """Return the number of a GPU, or None for no wish; raise OptionError for what is neither."""
    return None if device is None else _whole("device", device)


def _whole(name: str, value: Any) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if number < 0:
        raise OptionError(f"{name} must be a whole number from 0 on, not {value!r}")
    return number


def _pair(name: str, value: Any) -> tuple[float, float]:
    try:
        width, height = (float(v) for v in value)
    except (TypeError, ValueError):
        raise OptionError(f"{name} must be (width, height), not {value!r}") from None
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise OptionError(f"{name} must be two positive numbers, not {value!r}")
    return width, height


def _number(name: str, value: Any, low: float, high: float, *, closed: bool = False) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise OptionError(f"{name} must be a number, not {value!r}") from None
    if not (low < number <= high or (closed and number == low)):
        span = f"from {low:g}" if closed else f"above {low:g} and up"
        raise OptionError(f"{name} must be {span} to {high:g}, not {value!r}")
    return number


def _interval(name: str, value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    try:
        low, high = (float(v) for v in value)
    except (TypeError, ValueError):
        raise OptionError(f"{name} must be (low, high), not {value!r}") from None
    if not (math.isfinite(low) and math.isfinite(high)) or low == high:
        raise OptionError(f"{name} must be two different finite numbers, not {value!r}")
    return low, high


def _sizes(s: Any, n_points: int) -> NDArray[np.float64] | float | None:
    if s is None or _is_auto(s):
        return None
    sizes = np.asarray(s)
    if sizes.dtype.kind not in "fiub":
        raise OptionError(f's must be "auto", a number or one number per point (points squared), not {s!r}')
    if sizes.ndim > 0 and sizes.shape != (n_points,):
        raise ShapeError(f"s must be one number or have shape ({n_points},), not {sizes.shape}")
    if not (np.isfinite(sizes).all() and (sizes >= 0).all()):
        raise OptionError("s must be finite and not negative (points squared)")
    return float(sizes) if sizes.ndim == 0 else sizes.astype(np.float64)


def _is_auto(value: Any) -> bool:
    return isinstance(value, str) and value == "auto"


def _opacities(alpha: Any, n_points: int) -> NDArray[np.float32] | float | str:
    if _is_auto(alpha):
        return "auto"
    if np.ndim(alpha) == 0:
        return _number("alpha", alpha, 0.0, 1.0)
    array = np.asarray(alpha)
    if array.dtype.kind not in "fiub":
        raise OptionError(f"alpha must be a number or one number per point, 0 to 1, not {array.dtype}")
    if array.shape != (n_points,):
        raise ShapeError(f"alpha must be one number or have shape ({n_points},), not {array.shape}")
    bad = np.flatnonzero(~((array >= 0) & (array <= 1)))
    if len(bad):
        raise OptionError(
            f"alpha must be between 0 and 1 for each point; {len(bad)} of {n_points} are not, the first is "
            f"alpha[{bad[0]}] = {array[bad[0]]}"
        )
    return array.astype(np.float32)


def _order(order: Any, n_points: int) -> Any:
    if isinstance(order, str):
        if order not in ORDERS:
            raise OptionError(
                f"order must be one of {ORDERS} or an array of shape ({n_points},), not {order!r}"
                f"{_nearest(order, ORDERS)}"
            )
        return order
    return np.asarray(order)


def _order_scope(order: Any, scope: Any) -> str | None:
    follows = isinstance(order, str) and order in FOLLOWING
    if scope is None:
        return "frame" if follows else None
    if not isinstance(scope, str) or scope not in SCOPES:
        raise OptionError(f"order_scope must be one of {SCOPES}, not {scope!r}{_nearest(scope, SCOPES)}")
    if not follows:
        raise OptionError('order_scope is for order="value" and "abs": other orders always hold for the film')
    return scope


def _nearest(given: Any, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(given, known, 1) if isinstance(given, str) else []
    return f"; did you mean {near[0]!r}?" if near else ""


def as_background(background: Any) -> NDArray[np.uint8] | None:
    """Return (3,) uint8, or None for a transparent film."""
    from gpuanim.values.colors import as_rgb

    if background is None or (isinstance(background, str) and background == "none"):
        return None
    return as_rgb(background, "background")

"""What a figure can wear: colour bar, legend, scale bar, captions, progress line, logo, titles."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._check import check_color, check_number, check_text, one_of
from gpuanim.chrome.text import Text, as_text
from gpuanim.errors import FileError, OptionError

__all__ = [
    "Caption", "ColorBar", "Dress", "FigureDress", "Legend", "Logo", "Mark", "ProgressLine", "ScaleBar",
    "as_part",
]  # fmt: skip

AXES = ("off", "frame", "ticks")
SIDES = ("right", "left", "top", "bottom")
CORNERS = ("lower left", "lower right", "upper left", "upper right", "lower center", "upper center")
LEGEND_PLACES = (
    "right margin", "on data", "best", "upper right", "upper left", "lower left", "lower right", "right",
    "center left", "center right", "lower center", "upper center", "center",
)  # fmt: skip


class Mark(Protocol):
    """Something on the data, such as rings around seeds or outlines of groups."""

    @property
    def places(self) -> NDArray[np.floating[Any]]:
        """(k, 2), or (k, 3) in a space: where its symbols or corners are in the data."""

    def draw(self, ax: Any, zorder: float) -> Any:
        """Add an artist to `ax`, in data coordinates, and return it; `zorder` is that of the points.

        The axes' limits are not final yet: artists follow them by their transforms.
        """


@dataclass(frozen=True)
class ColorBar:
    """The scale of the colours.

    Parameters
    ----------
    label
        Text beside it. None is no text, or "rank" for colours by rank.
    loc
        Side of the axes: "right", "left", "top" or "bottom".
    ticks
        Values to mark, how many there should be at most, or a matplotlib `Locator`. None leaves them to
        matplotlib.
    format
        Of the numbers, as matplotlib's colour bars take it: ``"%.2f"``, ``"{x:.2f}"``, a callable(value,
        position) or a `Formatter`. Where each frame has a scale of its own, the first two alone.
    """

    label: str | None = None
    loc: str = "right"
    ticks: Any = None
    format: Any = None
    shorthand: ClassVar[str] = "label"

    def __post_init__(self) -> None:
        one_of("colorbar loc", self.loc, SIDES)
        _check_str("colorbar label", self.label)
        if isinstance(self.ticks, int | np.integer) and self.ticks < 1:
            raise OptionError(f"colorbar ticks must be at least 1, not {self.ticks}")
        if isinstance(self.format, str):
            _try_format(self.format)


@dataclass(frozen=True)
class Legend:
    """The names of the categories and their colours.

    Parameters
    ----------
    loc
        "right margin", "on data" (names at the medians of the groups), or a location inside the axes as
        matplotlib names it.
    title
        Text above it.
    ncols
        Columns. None is 1, 2 from 15 and 3 from 31 categories on; where the room does not suffice, those with
        which the font can be largest.
    fontsize
        Points or a name such as "small"; None is ``rcParams["legend.fontsize"]``, on data
        ``rcParams["font.size"]``. Names that are too long are broken into lines, and then smaller; below 6
        points the legend gets a larger part of the panel first.
    fontweight
        As matplotlib's. None is bold on data, and normal otherwise.
    fontoutline
        Width in points of a line around names on data, in the colour of the axes; 0 for none. None is 2.
    na
        Whether cells without a category are listed, as "NA" or as the text that is given here.
    """

    loc: str = "right margin"
    title: str | None = None
    ncols: int | None = None
    fontsize: float | str | None = None
    fontweight: int | str | None = None
    fontoutline: float | None = None
    na: bool | str = True
    shorthand: ClassVar[str] = "loc"

    def __post_init__(self) -> None:
        one_of("legend loc", self.loc, LEGEND_PLACES)
        _check_str("legend title", self.title)
        if not isinstance(self.na, bool):
            _check_str("legend na", self.na)
        if self.ncols is not None and (not isinstance(self.ncols, int | np.integer) or self.ncols < 1):
            raise OptionError(f"legend ncols must be a whole number from 1 on, or None, not {self.ncols!r}")
        _check_font("legend fontsize", self.fontsize)
        check_number("legend fontoutline", self.fontoutline or None)
        _check_weight(self.fontweight)


@dataclass(frozen=True)
class ScaleBar:
    """A line of known length in the units of the coordinates.

    Parameters
    ----------
    length
        In units of the x axis; None is a round number near a fifth of the axis.
    label
        Text above it; None is the length and the unit.
    unit
        Name of the unit.
    loc
        Corner of the axes.
    color
        None is the colour of texts.
    """

    length: float | None = None
    label: str | None = None
    unit: str = ""
    loc: str = "lower right"
    color: Any = None
    shorthand: ClassVar[str] = "unit"

    def __post_init__(self) -> None:
        check_number("scale_bar length", self.length)
        _check_str("scale_bar label", self.label)
        _check_str("scale_bar unit", self.unit)
        one_of("scale_bar loc", self.loc, CORNERS)
        check_color("scale_bar color", self.color)


@dataclass(frozen=True)
class ProgressLine:
    """A line along an edge of the figure that grows as the film goes on.

    Parameters
    ----------
    color
        None is the first colour of the property cycle.
    height
        Points.
    loc
        "bottom" or "top".
    """

    color: Any = None
    height: float = 3.0
    loc: str = "bottom"
    shorthand: ClassVar[str] = "color"

    def __post_init__(self) -> None:
        check_color("progress_line color", self.color)
        check_number("progress_line height", self.height, up_to=72.0)
        one_of("progress_line loc", self.loc, ("bottom", "top"))


@dataclass(frozen=True, eq=False)
class Logo:
    """A picture in a corner of the figure.

    Parameters
    ----------
    image
        Path of a picture, or an (h, w, 3) or (h, w, 4) array: uint8, or floats 0..1.
    loc
        Corner.
    width
        Share of the figure's width.
    """

    image: Any
    loc: str = "upper right"
    width: float = 0.1
    shorthand: ClassVar[str] = "image"

    def __post_init__(self) -> None:
        one_of("logo loc", self.loc, CORNERS)
        check_number("logo width", self.width, up_to=1.0)
        object.__setattr__(self, "image", _image(self.image))


@dataclass(frozen=True)
class Caption:
    """A text in a corner of the axes, or of the figure.

    Parameters
    ----------
    text
        A template, a callable or one text per step, as in `as_text`.
    loc
        Corner.
    fontsize
        Points, or a name such as "small"; None is "medium".
    color
        None is the colour of texts.
    """

    text: Any
    loc: str = "lower left"
    fontsize: float | str | None = None
    color: Any = None
    shorthand: ClassVar[str] = "text"

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", as_text(self.text, "caption"))
        one_of("caption loc", self.loc, CORNERS)
        _check_font("caption fontsize", self.fontsize)
        check_color("caption color", self.color)


@dataclass(frozen=True)
class Dress:
    """What one panel wears.

    Parameters
    ----------
    title
        A template, a callable, one text per step, or None.
    xlabel, ylabel
        Names of the axes, or None. They are shown with any `axes`.
    axes
        "off" (points alone), "frame" (spines without ticks, as scanpy has it) or "ticks".
    colorbar, legend, scale_bar
        Drawn where the panel has a scale, or categories, and these are not None.
    captions
        Texts inside the axes.
    marks
        Things on the data.
    """

    title: Any = None
    xlabel: str | None = None
    ylabel: str | None = None
    axes: str = "off"
    colorbar: ColorBar | None = None
    legend: Legend | None = None
    scale_bar: ScaleBar | None = None
    captions: tuple[Caption, ...] = ()
    marks: tuple[Mark, ...] = ()

    def __post_init__(self) -> None:
        if self.title is not None:
            object.__setattr__(self, "title", as_text(self.title, "title"))
        _check_str("xlabel", self.xlabel)
        _check_str("ylabel", self.ylabel)
        one_of("axes", self.axes, AXES)

    @property
    def texts(self) -> tuple[Text, ...]:
        """All texts that may change."""
        return _texts(self.title, self.captions)


@dataclass(frozen=True)
class FigureDress:
    """What the figure wears besides its panels.

    Parameters
    ----------
    title
        Text above all panels: a template, a callable, one text per step, or None.
    captions
        Texts at the edges of the figure.
    progress_line, logo
        None for none.
    """

    title: Any = None
    captions: tuple[Caption, ...] = ()
    progress_line: ProgressLine | None = None
    logo: Logo | None = None

    def __post_init__(self) -> None:
        if self.title is not None:
            object.__setattr__(self, "title", as_text(self.title, "title"))

    @property
    def texts(self) -> tuple[Text, ...]:
        """All texts that may change."""
        return _texts(self.title, self.captions)


Worn = TypeVar("Worn", ColorBar, Legend, ScaleBar, ProgressLine, Logo, Caption)


def as_part(kind: type[Worn], value: Any, name: str) -> Worn | None:
    """Return the part that the user's words mean.

    Parameters
    ----------
    kind
        Class of the part.
    value
        None or False for none, True for the default, one of `kind`, or what its `shorthand` takes: the label
        or the side of a `ColorBar`, the loc of a `Legend`, the unit or the length of a `ScaleBar`, the colour
        of a `ProgressLine`, the image of a `Logo`, the text of a `Caption`.
    name
        The option, for messages.

    Raises
    ------
    OptionError
        If it is something else.
    """
    if value is None or value is False:
        return None
    if isinstance(value, kind):
        return value
    made: Callable[..., Worn] = kind
    needed = kind in (Logo, Caption)
    if value is True and not needed:
        return made()
    if kind is ColorBar and isinstance(value, str) and value in SIDES:
        return made(loc=value)
    if kind is ScaleBar and isinstance(value, int | float | np.number) and value is not True:
        return made(length=value)
    if value is True or not (needed or isinstance(value, str)):
        options = ", ".join(field.name for field in fields(kind))
        article = "an" if kind.shorthand[0] in "aeiou" else "a"
        raise OptionError(
            f"{name} must be {article} {kind.shorthand} or {kind.__name__}({options}), not {value!r}"
        )
    return made(**{kind.shorthand: value})


def _texts(title: Text | None, captions: Sequence[Caption]) -> tuple[Text, ...]:
    return (*([title] if title is not None else []), *(caption.text for caption in captions))


def _check_str(name: str, value: Any) -> None:
    if value is not None:
        check_text(name, value)


def _check_font(name: str, value: Any) -> None:
    if isinstance(value, str):
        from matplotlib.font_manager import font_scalings

        one_of(name, value, [scaling for scaling in font_scalings if scaling is not None])
    else:
        check_number(name, value)


def _check_weight(weight: Any) -> None:
    from matplotlib.font_manager import weight_dict

    if isinstance(weight, str):
        one_of("legend fontweight", weight, weight_dict)
    else:
        check_number("legend fontweight", weight, up_to=1000)


def _try_format(template: str) -> None:
    """Raise OptionError if no number can be formatted."""
    try:
        told = template % 0.5 if "%" in template and "{" not in template else template.format(x=0.5, pos=0)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise OptionError(
            f'colorbar format must be such as "%.2f" or "{{x:.2f}}", not {template!r}: {error}'
        ) from None
    check_text("colorbar format", told)
    if told == template:
        raise OptionError(
            f'colorbar format must be such as "%.2f" or "{{x:.2f}}"; {template!r} shows no number'
        )


def _image(image: Any) -> NDArray[np.uint8]:
    """Return (h, w, 4) uint8, straight alpha."""
    if isinstance(image, str | os.PathLike):
        return _read(Path(image))
    try:
        picture = np.asarray(image)
    except ValueError as error:
        raise OptionError(f"logo image must be an array or a path: {error}") from None
    if picture.ndim != 3 or picture.shape[2] not in (3, 4) or not picture.size:
        raise OptionError(
            f"logo image must have shape (h, w, 3) or (h, w, 4), or be a path, not {picture.shape}"
        )
    if picture.dtype.kind == "f":
        picture = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    if picture.dtype != np.uint8:
        raise OptionError(f"logo image must be uint8, or floats 0..1, not {picture.dtype}")
    if picture.shape[2] == 3:
        picture = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    return np.array(picture)


def _read(path: Path) -> NDArray[np.uint8]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            return np.array(picture.convert("RGBA"))
    except UnidentifiedImageError as error:
        raise OptionError(f"logo image {str(path)!r} is no picture that Pillow can read") from error
    except OSError as error:
        raise FileError(f"logo image {str(path)!r} cannot be read: {error.strerror or error}") from error

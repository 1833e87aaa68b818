"""What a page takes over from the chrome of a film: its texts, and the label of its colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gpuanim.chrome._base import Moment, Stage
from gpuanim.chrome.figure import FigureStage
from gpuanim.chrome.given import GivenAxes
from gpuanim.chrome.marks import Lasso, Symbols
from gpuanim.chrome.parts import Caption
from gpuanim.chrome.text import Text
from gpuanim.errors import OptionError

__all__ = ["Chrome", "TextTrack", "left_out", "read_chrome"]

_INSTEAD = "save the film as .mp4 or .html"


@dataclass
class TextTrack:
    """A text frame by frame."""

    text: Text
    _numbers: dict[str, int] = field(default_factory=dict)
    _frames: list[int] = field(default_factory=list)

    def add(self, moment: Moment) -> None:
        """Take the text of the next frame."""
        told = self.text.at(moment)
        self._frames.append(self._numbers.setdefault(told, len(self._numbers)))

    def facts(self) -> dict[str, Any]:
        """Return the different texts, and for each frame the number of its own; None where there is one."""
        return {"texts": list(self._numbers), "frames": self._frames if len(self._numbers) > 1 else None}


@dataclass
class Chrome:
    """The words of a page.

    Parameters
    ----------
    lines
        The heading, and what stands below it.
    captions
        Texts in corners, with their corner and their colour in CSS.
    label
        Of the colour bar.
    marks
        What is drawn above the points.
    text_color
        Of the figure.
    """

    lines: tuple[TextTrack, ...] = ()
    captions: tuple[tuple[TextTrack, str, str], ...] = ()
    label: str | None = None
    marks: tuple[Symbols | Lasso, ...] = ()
    text_color: Any = "black"

    def add(self, moment: Moment) -> None:
        """Take the texts of the next frame."""
        for track in (*self.lines, *(caption[0] for caption in self.captions)):
            track.add(moment)

    def facts(self, title: str) -> dict[str, Any]:
        """Return what the page's script is told; `title` is the heading above those of the film, if any."""
        lines = [{"texts": [title], "frames": None}] if title else []
        lines += [track.facts() for track in self.lines]
        captions = [track.facts() | {"loc": loc, "color": color} for track, loc, color in self.captions]
        first = lines[0]["texts"] if lines else None
        return {
            "title": first[0] if first else "",
            "lines": lines,
            "captions": captions,
            "label": self.label,
        }


def read_chrome(stage: Stage) -> Chrome:
    """Find the texts of a stage with one panel of points.

    Axis labels, scale bars, progress lines and logos are left to films: a page has its own way to show
    where it is, and no room for the others.

    Raises
    ------
    OptionError
        If the stage has something that would be missed: other panels, artists of the user, or marks that
        only matplotlib can draw.
    """
    if isinstance(stage, GivenAxes):
        return _of_axes(stage)
    if not isinstance(stage, FigureStage):
        return Chrome()
    (panel, *others) = stage.panels
    if others or panel.parts:
        raise OptionError(f"an interactive page needs a film with one panel of points alone: {_INSTEAD}")
    marks = tuple(mark for mark in panel.dress.marks if isinstance(mark, Symbols | Lasso))
    if len(marks) < len(panel.dress.marks):
        raise OptionError(f"an interactive page draws the marks of highlights alone, not others: {_INSTEAD}")
    bar, color = panel.dress.colorbar, stage.style.rc["text.color"]
    return Chrome(
        _tracks([stage.dress.title, panel.dress.title]),
        _captions((*stage.dress.captions, *panel.dress.captions), color),
        None if bar is None else bar.label,
        marks,
        color,
    )


def _of_axes(stage: GivenAxes) -> Chrome:
    ax = stage.ax
    figure = ax.get_figure(root=True)
    if ax.has_data() or ax.texts or ax.artists or figure.texts or len(figure.axes) > 1:
        raise OptionError(f"an interactive page cannot show what stands in ax and on its figure: {_INSTEAD}")
    return Chrome(_tracks([stage.title]))


def _tracks(texts: Sequence[Text | None]) -> tuple[TextTrack, ...]:
    return tuple(TextTrack(text) for text in texts if text is not None)


def _captions(captions: Sequence[Caption], usual: Any) -> tuple[tuple[TextTrack, str, str], ...]:
    from matplotlib.colors import to_hex

    return tuple(
        (TextTrack(caption.text), caption.loc, to_hex(usual if caption.color is None else caption.color))
        for caption in captions
    )


def left_out(stage: Stage) -> tuple[str, ...]:
    """Say which parts of a figure a page does not show."""
    if not isinstance(stage, FigureStage):
        return ()
    dress, around = stage.panels[0].dress, stage.dress
    parts = {
        "axes": dress.axes != "off",
        "names of axes": bool(dress.xlabel or dress.ylabel),
        "scale bar": dress.scale_bar is not None,
        "progress line": around.progress_line is not None,
        "logo": around.logo is not None,
    }
    missing = [name for name, worn in parts.items() if worn]
    return (f"an interactive page does not show {', '.join(missing)}",) if missing else ()

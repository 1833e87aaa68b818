"""How the figure looks by matplotlib's rcParams: those of the user, a theme, and style sheets."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gpuanim.chrome._check import one_of
from gpuanim.errors import OptionError

__all__ = ["THEMES", "Style"]

_NOT_STYLE = ("backend", "interactive", "toolbar", "backend_fallback")
"""rcParams that say how matplotlib runs."""


def _theme(back: str, text: str, soft: str, line: str, grid: str) -> dict[str, Any]:
    return {
        "figure.facecolor": back, "axes.facecolor": back, "savefig.facecolor": back,
        "text.color": text, "axes.titlecolor": text, "axes.labelcolor": soft,
        "xtick.color": line, "ytick.color": line, "xtick.labelcolor": soft, "ytick.labelcolor": soft,
        "axes.edgecolor": line, "axes.linewidth": 0.8, "grid.color": grid, "grid.linewidth": 0.6,
        "xtick.major.width": 0.8, "ytick.major.width": 0.8, "xtick.major.size": 3.0, "ytick.major.size": 3.0,
        "xtick.minor.size": 1.8, "ytick.minor.size": 1.8,
        "axes.spines.top": False, "axes.spines.right": False,
        "axes.titlesize": 13.0, "axes.titlepad": 8.0, "figure.titlesize": 15.0, "axes.labelsize": 10.5,
        "xtick.labelsize": 9.0, "ytick.labelsize": 9.0, "legend.fontsize": 9.5,
        "legend.title_fontsize": 10.0, "legend.facecolor": back, "legend.edgecolor": grid,
        "legend.labelcolor": text, "legend.framealpha": 0.85,
    }  # fmt: skip


THEMES: dict[str, dict[str, Any]] = {
    "light": _theme(back="white", text="#20242b", soft="#454b55", line="#9aa0a8", grid="#e3e6ea"),
    "dark": _theme(back="#14161b", text="#eceef2", soft="#c3c8d1", line="#6a717d", grid="#2b2f38"),
}
"""Name -> rcParams of a theme."""


@dataclass(frozen=True, eq=False)
class Style:
    """rcParams as they were when the film was described.

    Parameters
    ----------
    rc
        All rcParams that have to do with the look.
    theme, style
        What `now` was told, for the film's metadata.
    """

    rc: Mapping[str, Any]
    theme: str | None = None
    style: Any = None
    _last: list[dict[str, Any]] = field(default_factory=lambda: [{}, {}], repr=False)
    """rcParams that were met last, and what they lacked of these."""

    @classmethod
    def now(cls, theme: str | None = None, style: Any = None) -> Style:
        """Take the rcParams that hold now, then those of a theme, then those of style sheets.

        Parameters
        ----------
        theme
            "light", "dark", or None for plain rcParams.
        style
            A style sheet as ``matplotlib.style.use`` takes it: a name, a path, a dict, or a list of them.

        Raises
        ------
        OptionError
            If there is no such theme or style sheet.
        """
        mpl = _matplotlib()
        if theme is not None:
            one_of("theme", theme, THEMES)
        with mpl.rc_context(THEMES.get(theme or "", {})):
            if style is not None:
                _use(style)
            rc = {key: value for key, value in mpl.rcParams.copy().items() if key not in _NOT_STYLE}
        return cls(rc, theme, style)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Let these rcParams hold inside of a with block; this is asked for several times per frame."""
        # The dict below rcParams, whose values have been validated before: matplotlib's rc_context does all
        # that once more, and takes a hundred times as long.
        current = _matplotlib().rcParams
        other = self._other_than(current)
        before = {key: dict.__getitem__(current, key) for key in other}
        dict.update(current, other)
        try:
            yield
        finally:
            dict.update(current, before)

    def _other_than(self, current: dict[str, Any]) -> dict[str, Any]:
        """Return what `current` lacks of these; compared one by one only if `current` is not as last time."""
        if not dict.__eq__(current, self._last[0]):
            other = {key: value for key, value in self.rc.items() if dict.__getitem__(current, key) != value}
            self._last[:] = [dict(dict.items(current)), other]
        return self._last[1]

    @property
    def background(self) -> Any:
        """Colour of the figure."""
        return self.rc["figure.facecolor"]

    @property
    def foreground(self) -> Any:
        """Colour of texts."""
        return self.rc["text.color"]

    def describe(self) -> dict[str, Any]:
        """Return the words it was made from; dicts of rcParams by their keys alone."""
        return {"theme": self.theme, "style": _told(self.style)}


def _matplotlib() -> Any:  # its stubs list all rcParams one by one
    import matplotlib

    return matplotlib


def _use(style: Any) -> None:
    import matplotlib.style as mpl_style

    try:
        mpl_style.use(style)
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        names = [style] if isinstance(style, str) else style if isinstance(style, list | tuple) else []
        wrong = [name for name in names if isinstance(name, str) and name not in mpl_style.available]
        near = [n for name in wrong for n in difflib.get_close_matches(name, mpl_style.available, 2)]
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        reason = str(error.args[0] if error.args else error).splitlines()[0]
        raise OptionError(
            f"style must be a matplotlib style sheet, a dict of rcParams, or a list of them, not {style!r}"
            f"{hint} ({reason})"
        ) from None


def _told(style: Any) -> Any:
    if isinstance(style, Mapping):
        return sorted(map(str, style))
    return [_told(part) for part in style] if isinstance(style, list | tuple) else style and str(style)

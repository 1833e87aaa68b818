"""What renderers cost: coefficients in seconds, as measured on some machine, and the file of this one's.

``gpuanim bench --calibrate`` writes the file: to `GPUANIM_COSTS`, or to ``gpuanim/costs.json`` in the
user's folder of settings.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from gpuanim import _threads
from gpuanim.errors import FileError

__all__ = ["BEST", "DEFAULTS", "KINDS", "Book", "Costs", "Rates", "costs_path", "read_book", "write_book"]

KINDS = ("cpu", "cuda", "opengl", "opengl, data centre", "opengl, software")
"""What is weighed: OpenGL by what draws it."""

_VERSION = 1


@dataclass(frozen=True)
class Rates:
    """Seconds that one pass over the points of a panel takes.

    Parameters
    ----------
    base
        However little there is to do.
    point
        For each point.
    fragment
        For each pixel that the square around a point touches, hidden ones as well.
    shown
        For each of those that can be seen: where enough lie above, no more are.
    pixel
        For each pixel of the panel.
    """

    base: float = 0.0
    point: float = 0.0
    fragment: float = 0.0
    shown: float = 0.0
    pixel: float = 0.0

    def times(self, factor: float) -> Rates:
        """Return the rates of a machine that takes so many times as long."""
        return Rates(*(factor * rate for rate in vars(self).values()))


@dataclass(frozen=True)
class Costs:
    """Seconds of a renderer.

    Parameters
    ----------
    start
        Before its first frame, once a film.
    place
        To take the points of a still panel, once a film.
    redraw
        A frame of points that stand still.
    move
        A frame of points that move.
    """

    start: float
    place: Rates
    redraw: Rates
    move: Rates

    def on(self, cores: int, measured: int) -> Costs:
        """Return what it is on so many cores, where it was measured on others."""
        factor = (measured / cores) ** _SCALING
        return Costs(self.start, *(rates.times(factor) for rates in (self.place, self.redraw, self.move)))


_SCALING = 0.9
"""Power of the number of cores by which drawing gets faster: memory and the serial rest hold it back."""

CORES = 2
"""Those that `DEFAULTS` were measured on."""

DEFAULTS: Mapping[str, Costs] = {
    "cpu": Costs(
        0.0,
        place=Rates(2e-3, 1.6e-8, 2.0e-9, 1.2e-8, 1.5e-8),
        redraw=Rates(5e-4, 1.0e-9, 0.0, 9e-10, 3e-9),
        move=Rates(1e-3, 1.5e-8, 3.0e-9, 6e-9, 4e-9),
    ),
    "cuda": Costs(
        2.5,
        place=Rates(2e-3, 4e-9, 1e-10, 1e-10, 1e-10),
        redraw=Rates(5e-4, 1e-9, 0.0, 1e-10, 8e-10),
        move=Rates(2e-3, 4e-9, 1e-10, 1e-10, 8e-10),
    ),
    "opengl": Costs(
        1.0,
        place=Rates(1e-3, 4e-9),
        redraw=Rates(1e-3, 2e-9, 4e-10, 0.0, 2e-9),
        move=Rates(1e-3, 6e-9, 4e-10, 0.0, 2e-9),
    ),
    "opengl, data centre": Costs(
        1.5,
        place=Rates(1e-3, 4e-9),
        redraw=Rates(1e-3, 8e-9, 3e-9, 0.0, 3e-9),
        move=Rates(1e-3, 1.2e-8, 3e-9, 0.0, 3e-9),
    ),
    "opengl, software": Costs(
        0.5,
        place=Rates(1e-3, 4e-9),
        redraw=Rates(2e-3, 2.3e-7, 1.8e-8, 0.0, 1.0e-8),
        move=Rates(2e-3, 2.3e-7, 1.8e-8, 0.0, 1.0e-8),
    ),
}
"""The CPU's and software's were measured on two cores; those of GPUs are estimates on the careful side."""

_COPIED = Rates(1e-4, 3e-10, pixel=2e-10)
_UPLOADED = Rates(2e-4, 1e-9, pixel=2e-10)
BEST: Mapping[str, Costs] = {
    "cuda": Costs(2.0, place=_UPLOADED, redraw=_COPIED, move=_UPLOADED),
    "opengl": Costs(0.5, place=_UPLOADED, redraw=_COPIED, move=_UPLOADED),
}
"""A GPU that draws in no time: what is left is handing it the points and reading the frames back."""


@dataclass(frozen=True)
class Book:
    """The costs of each kind on this machine.

    Parameters
    ----------
    costs
        Of all `KINDS`.
    measured
        Kind -> the name of what was measured for it: a processor, or what the driver calls itself. Kinds
        that are not in it have `DEFAULTS`.
    note
        Why the file cannot be used, or "".
    """

    costs: Mapping[str, Costs]
    measured: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def of(self, kind: str, device: str) -> Costs:
        """Return the costs of a kind on a device: those of another one say nothing about it."""
        named = self.measured.get(kind)
        return _typical(kind) if named is not None and named != device else self.costs[kind]

    @property
    def origin(self) -> str:
        """Where the numbers come from, in words."""
        if not self.measured:
            return "typical costs; gpuanim bench --calibrate measures those of this machine"
        return f"costs measured here for {', '.join(sorted(self.measured))}"


def costs_path() -> Path:
    """Return where the costs of this machine lie, or would lie: `GPUANIM_COSTS`, or the user's settings."""
    if asked := os.environ.get("GPUANIM_COSTS"):
        return Path(asked)
    if sys.platform == "win32":
        folder = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Application Support"
    else:
        asked = os.environ.get("XDG_CONFIG_HOME", "")
        folder = Path(asked) if os.path.isabs(asked) else Path.home() / ".config"
    return folder / "gpuanim" / "costs.json"


def write_book(measured: Mapping[str, tuple[str, Costs]], path: Path) -> None:
    """Write costs as JSON: kind -> what was measured, and its costs.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    content = {
        "version": _VERSION,
        "cores": _threads.n_threads(),
        "measured": {kind: {"device": device, **asdict(costs)} for kind, (device, costs) in measured.items()},
    }
    beside = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise FileError(f"cannot write {path}: {error}; GPUANIM_COSTS names another file") from error


def read_book(path: Path | None = None) -> Book:
    """Return the costs of this machine; a file that cannot be used is told in `Book.note`, never raised."""
    path = costs_path() if path is None else path
    costs = {kind: _typical(kind) for kind in KINDS}
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Book(costs)
    except (OSError, UnicodeDecodeError) as error:
        return Book(costs, note=_unusable(path, str(error)))
    try:
        content = json.loads(text)
        if content["version"] != _VERSION:
            return Book(costs, note=_unusable(path, f"it has version {content['version']!r}"))
        cores = max(1, int(_number(content["cores"])))
        found = {kind: _costs_in(entry) for kind, entry in content["measured"].items() if kind in KINDS}
        devices = {kind: str(content["measured"][kind]["device"]) for kind in found}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return Book(costs, note=_unusable(path, f"{type(error).__name__}: {error}"))
    costs |= {kind: _here(kind, one, cores) for kind, one in found.items()}
    return Book(costs, devices)


def _typical(kind: str) -> Costs:
    return _here(kind, DEFAULTS[kind], CORES)


def _here(kind: str, costs: Costs, measured: int) -> Costs:
    """Return costs on the cores of this process, for what draws on them."""
    return costs.on(_threads.n_threads(), measured) if kind in ("cpu", "opengl, software") else costs


def _costs_in(entry: Mapping[str, Any]) -> Costs:
    names = [one.name for one in fields(Rates)]
    place, redraw, move = (
        Rates(*(_number(entry[gait][name]) for name in names)) for gait in ("place", "redraw", "move")
    )
    return Costs(_number(entry["start"]), place, redraw, move)


def _number(number: Any) -> float:
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < math.inf:
        raise ValueError(f"expected a number, 0 or more, got {number!r}")
    return float(number)


def _unusable(path: Path, why: str) -> str:
    return (
        f"{path} cannot be used for the choice of the renderer, typical costs are: {why}; "
        "`gpuanim bench --calibrate` writes it anew"
    )

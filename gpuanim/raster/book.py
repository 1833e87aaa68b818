"""The costs of this machine, and the file that holds them.

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
from gpuanim.raster.costs import CORES, DEFAULTS, KINDS, Costs, Rates

__all__ = ["Book", "costs_path", "read_book", "write_book"]

_VERSION = 1


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

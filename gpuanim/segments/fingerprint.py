"""A fingerprint of a film: of all that decides its frames, and of those who draw and encode them.

Two films with one fingerprint are the same file. It goes by what things are, never by where they lie in
memory: arrays by their bytes, objects of this package by their fields, sources by what `Source.origin` says
of them, figures of matplotlib as they are drawn. What it cannot tell apart, such as a function of the
user's, is an error, unless the user gives it a name.
"""

from __future__ import annotations

import hashlib
import inspect
import subprocess
from collections.abc import Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from functools import cache, partial
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.encode._base import Encoder
from gpuanim.encode.process import ffmpeg_exe
from gpuanim.errors import OptionError
from gpuanim.film import Film
from gpuanim.plan import Plan
from gpuanim.segments.cut import Cut
from gpuanim.values._base import Source

__all__ = ["film_fingerprint", "fingerprint_of"]

_BLOCK = 1 << 22
"""Bytes that one thread hashes."""

_OWN = ("gpuanim", "numpy", "scipy")
"""Packages whose functions are the same wherever they have the same name and version."""


def film_fingerprint(film: Film, plan: Plan, encoders: tuple[Encoder, ...], cut: Cut, key: str | None) -> str:
    """Return the fingerprint of a film as an encoder writes it.

    Values of arrays and files are read, all of them, and so are places that move. A propagation is told by
    its graph, labels and settings.

    Parameters
    ----------
    encoders
        Of the film and of its segments.
    key
        The user's name for what cannot be told apart, or None.

    Raises
    ------
    OptionError
        If something of the film cannot be told apart, and there is no name for it.
    """
    from gpuanim import __version__

    spec, ground = plan.spec, plan.ground
    settings = (
        spec.width, spec.height, spec.fps, str(spec.pixel_format), spec.title, dict(spec.metadata),
        plan.palette, plan.renderer, ground.under, ground.over, ground.transparent,
    )  # fmt: skip
    panels = [(panel.scene.clip, panel.view, panel.diameter, panel.opacity) for panel in plan.panels]
    films = (film.clouds, film.stage, film.timeline)
    return fingerprint_of((__version__, _ffmpeg(), encoders, cut, settings, panels, films), key)


def fingerprint_of(thing: Any, key: str | None = None) -> str:
    """Return 32 hexadecimal digits that are the same for things that are the same; the rest as above."""
    teller = _Teller(key)
    teller.tell(("key", key, thing), "the film")
    return teller.hash.hexdigest()[:32]


class _Teller:
    """Walks through a thing and hashes what it meets, each with its kind and length."""

    def __init__(self, key: str | None) -> None:
        self.hash = hashlib.sha256()
        self._key = key
        self._inside: list[int] = []

    def tell(self, thing: Any, name: str) -> None:
        """Hash a thing; `name` says where it was met."""
        if id(thing) in self._inside:  # it holds itself
            self._word("again", str(self._inside.index(id(thing))))
            return
        self._inside.append(id(thing))
        self._told(thing, name)
        self._inside.pop()

    def _told(self, thing: Any, name: str) -> None:
        if thing is None or isinstance(thing, bool | int | float | complex | str | bytes | Fraction | range):
            self._word(type(thing).__name__, repr(thing))
        elif isinstance(thing, Enum | np.generic | np.dtype | PurePath):
            self._word(_kind(thing), repr(thing))
        elif isinstance(thing, np.ndarray):
            self._array(thing, name)
        elif isinstance(thing, Mapping):
            self._word("mapping", str(len(thing)))
            for k in sorted(thing, key=repr):
                self.tell(k, name)
                self.tell(thing[k], f"{name}[{k!r}]")
        elif isinstance(thing, Set):
            self._word("set", repr(sorted(thing, key=repr)))
        elif isinstance(thing, tuple | list):
            self._word("sequence", str(len(thing)))
            for i, item in enumerate(thing):
                self.tell(item, f"{name}[{i}]" if isinstance(thing, list) else name)
        elif isinstance(thing, Iterator):
            for item in thing:
                self.tell(item, name)
            self._word("end", "")
        else:
            self._object(thing, name)

    def _object(self, thing: Any, name: str) -> None:
        if hasattr(thing, "origin") and not isinstance(thing, type):
            self._origin(thing, name)
        elif isinstance(thing, type | FunctionType | BuiltinFunctionType | np.ufunc | ModuleType):
            self._function(thing, name)
        elif isinstance(thing, partial):
            self.tell(("partial", thing.func, thing.args, thing.keywords), name)
        elif isinstance(thing, MethodType):
            self.tell(("method", thing.__func__, thing.__self__), name)
        elif is_dataclass(thing):
            shown = [f.name for f in fields(thing) if f.repr or not f.name.startswith("_")]
            self._parts(thing, {n: getattr(thing, n) for n in shown}, name)
        elif _kind(thing).startswith("scipy.sparse"):
            self._parts(thing, {"shape": thing.shape, "coo": _triples(thing)}, name)
        elif _kind(thing).startswith("matplotlib."):
            self._matplotlib(thing, name)
        elif _kind(thing).startswith("cycler."):  # rcParams hold one
            self._word("cycler", repr(thing))
        elif _kind(thing).startswith("gpuanim."):
            self._parts(thing, vars(thing), name)
        else:
            self._unknown(thing, name)

    def _origin(self, thing: Any, name: str) -> None:
        origin = thing.origin()
        if origin is None:
            self._unknown(thing, name)
            return
        self._word("origin", _kind(thing))
        if isinstance(thing, Source):
            self.tell((thing.n_points, thing.n_steps, thing.n_columns, thing.permutation), name)
            self.tell((thing.blender, getattr(thing, "way", None)), name)
        self.tell(origin, name)

    def _parts(self, thing: Any, parts: Mapping[str, Any], name: str) -> None:
        self._word("object", _kind(thing))
        for part, value in parts.items():
            self._word("field", part)
            self.tell(value, f"{name}.{part.lstrip('_')}")

    def _function(self, thing: Any, name: str) -> None:
        home = str(getattr(thing, "__module__", None) or getattr(thing, "__name__", ""))
        own = home.partition(".")[0] in _OWN or isinstance(thing, type | ModuleType)
        if not own:
            self._unknown(thing, name)
            return
        code = getattr(thing, "__code__", None)  # two lambdas have one name
        line = code.co_firstlineno if inspect.iscode(code) else 0
        self._word("function", f"{home}:{getattr(thing, '__qualname__', repr(thing))}:{line}")
        for cell in getattr(thing, "__closure__", None) or ():
            self.tell(cell.cell_contents, name)

    def _matplotlib(self, thing: Any, name: str) -> None:
        from matplotlib.artist import Artist
        from matplotlib.colors import Colormap, Normalize

        if isinstance(thing, Artist):  # the plan's ground shows how it looks
            self._word("artist", _kind(thing))
        elif isinstance(thing, Colormap):
            self._parts(thing, {"colors": thing(np.arange(thing.N + 3))}, name)
        elif isinstance(thing, Normalize):
            plain = {k: v for k, v in vars(thing).items() if k not in ("callbacks", "_scale", "_trf")}
            self._parts(thing, plain, name)
        else:
            self._word("matplotlib", f"{_kind(thing)} {thing!r}")

    def _unknown(self, thing: Any, name: str) -> None:
        if self._key is None:
            raise OptionError(
                f"resume=True cannot tell whether {_end(name)} ({_kind(thing)}) is the same when the film is "
                'made again: give all that is computed a name of yours, resume="name", and another name when '
                "it changes; or give arrays"
            )
        self._word("named", _kind(thing))

    def _array(self, array: NDArray[Any], name: str) -> None:
        if array.dtype.hasobject:
            self.tell(array.tolist(), name)
            return
        self._word("array", f"{array.dtype.str} {array.shape}")
        self.hash.update(_digest(array))

    def _word(self, kind: str, text: str) -> None:
        word = f"{kind}\0{text}".encode()
        self.hash.update(len(word).to_bytes(8, "little") + word)


def _kind(thing: Any) -> str:
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def _end(name: str) -> str:
    """Return the last two words of a path."""
    return ".".join(name.split(".")[-2:])


def _triples(matrix: Any) -> tuple[Any, Any, Any]:
    coo = matrix.tocoo()
    return coo.row, coo.col, coo.data


def _digest(array: NDArray[Any]) -> bytes:
    """Return the hash of an array's bytes: of large ones, of the hashes of their blocks."""
    whole: NDArray[np.uint8] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    digests = [b""] * max(1, -(-len(whole) // _BLOCK))

    def block(i: int) -> None:
        digests[i] = hashlib.sha256(whole[i * _BLOCK : (i + 1) * _BLOCK].data).digest()

    _threads.run(block, len(digests))
    return hashlib.sha256(b"".join(digests)).digest()


def _ffmpeg() -> str:
    """Return the first line of what ffmpeg says of itself: another build may decide otherwise."""
    return _version_of(ffmpeg_exe())


@cache
def _version_of(exe: str) -> str:
    done = subprocess.run([exe, "-version"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.stdout.decode(errors="replace").partition("\n")[0]

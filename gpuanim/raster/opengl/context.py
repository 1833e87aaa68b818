"""OpenGL contexts: where to look for one, opening it, what it can do, and who may use it when."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from gpuanim.errors import RendererError
from gpuanim.raster.opengl import remedies
from gpuanim.raster.opengl.limits import read_limits
from gpuanim.raster.opengl.program import Program

__all__ = ["Context", "context_of", "forget", "open_context"]

_OUT_OF_MEMORY, _CONTEXT_LOST = 0x0505, 0x0507
_EGL_CONTEXT_LOST = "0x300e"
_LEAST_VERSION = (3, 3)


class Opened(Protocol):
    """What `_vispy` opens."""

    def current(self) -> Any:
        """Return a context manager: the context is current within."""


class Context:
    """An open context; one for each place per process, shared by all films, which take turns.

    Parameters
    ----------
    opened
        What `_vispy` opened.
    place
        Where: see `open_context`.

    Raises
    ------
    RendererError
        If its OpenGL is older than 3.3.
    """

    def __init__(self, opened: Opened, place: str) -> None:
        from gpuanim.raster.opengl._vispy import functions

        self.place = place
        self._opened, self._gl = opened, functions()
        self._lock = threading.RLock()
        self._depth = 0
        self._programs: dict[tuple[str, str, tuple[tuple[str, Any], ...]], Program] = {}
        with self.current() as gl:
            self.limits = read_limits(gl)
        if _version(self.limits.version) < _LEAST_VERSION:
            raise RendererError(
                f"OpenGL 3.3 is needed, {self.limits.renderer} ({place}) has {self.limits.version}"
            )

    @contextmanager
    def current(self) -> Iterator[Any]:
        """Make it current on this thread, alone, and yield OpenGL's functions.

        Raises
        ------
        RendererError
            If the driver says that something failed: see `check`.
        """
        with self._lock:
            if self._depth:  # current already, further out
                yield self._gl
                return
            self._depth = 1
            try:
                with self._opened.current():
                    yield self._gl
            except RuntimeError as error:
                if _EGL_CONTEXT_LOST in str(error).lower():
                    forget(self)
                    raise RendererError(remedies.LOST) from error
                raise
            finally:
                self._depth = 0

    def check(self, what: str) -> None:
        """Raise RendererError if OpenGL calls since the last check have failed; `what` they were for."""
        error = self._gl.glGetError()
        if not error:
            return
        if error == _OUT_OF_MEMORY:
            raise RendererError(remedies.OUT_OF_MEMORY.format(what=what, renderer=self.limits.renderer))
        if error == _CONTEXT_LOST:
            forget(self)
            raise RendererError(remedies.LOST)
        raise RendererError(
            f"OpenGL error {error:#x} in {what}, by {self.limits.renderer}, {self.limits.version}; "
            f"{remedies.OTHERWISE}"
        )

    def program(self, vertex: str, fragment: str, **defines: Any) -> Program:
        """Return a program of two shader files, compiled once; the context must be current."""
        key = (vertex, fragment, tuple(sorted(defines.items())))
        if key not in self._programs:
            self._programs[key] = Program(self._gl, *key)
        return self._programs[key]


def _version(text: str) -> tuple[int, int]:
    major, _, rest = text.partition(".")
    minor = rest[:1]
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else (0, 0)


def open_context(place: str) -> Context:
    """Open a context in this process.

    Parameters
    ----------
    place
        "device:2", the EGL device of that number in EGL's order; "display", the system's EGL display;
        "surfaceless", Mesa without a device; "osmesa"; or a backend of vispy for hidden windows, such as
        "glfw" or "pyqt6".

    Raises
    ------
    Exception
        Whatever the libraries raise: OSError where one is missing, RuntimeError where a driver refuses.
    """
    from gpuanim.raster.opengl import _vispy

    kind, _, number = place.partition(":")
    if kind == "device":
        return Context(_vispy.Egl(_vispy.Egl.devices()[int(number)]), place)
    if kind in ("display", "surfaceless"):
        return Context(_vispy.Egl(surfaceless=kind == "surfaceless"), place)
    return Context(_vispy.open_hidden(kind), place)


_open: dict[tuple[int, str], Context] = {}
_opening = threading.Lock()


def context_of(device: int | None = None) -> Context:
    """Return this process's context on a device, None for the best place; a child process has tried it.

    Raises
    ------
    OptionError
        If there is no such device.
    RendererError
        If none can be opened; the message says what was tried, and what to install.
    """
    from gpuanim.raster.opengl.probe import find_place

    place = find_place(device).place
    key = (os.getpid(), place)  # a forked child must open its own
    with _opening:
        if key not in _open:
            try:
                _open[key] = open_context(place)
            except RendererError:
                raise
            except Exception as error:
                raise RendererError(remedies.not_here({place: f"{type(error).__name__}: {error}"})) from error
        return _open[key]


def forget(context: Context) -> None:
    """Open a new context next time: this one was lost."""
    for key in [key for key, known in _open.items() if known is context]:
        del _open[key]

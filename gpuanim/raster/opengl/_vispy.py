"""The one module that imports vispy: its OpenGL functions, and its offscreen canvases as contexts.

vispy's functions are those of OpenGL ES 2; what came later (instances, fences, mapped buffers, sizes of
channels) is looked up in the same library. vispy's EGL backend opens the default display when it is imported
and knows no other; it is given the one of the device that was asked for.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, byref, c_char_p, c_int, c_int32, c_size_t, c_ssize_t, c_uint, c_uint64, c_void_p
from functools import cache
from typing import Any

__all__ = ["Egl", "EglDevice", "Functions", "functions", "open_hidden"]

_EGL_PLATFORM_DEVICE, _EGL_PLATFORM_SURFACELESS = 0x313F, 0x31DD
_EGL_CUDA_DEVICE, _EGL_DRM_DEVICE_FILE = 0x323A, 0x3233
_EGL_EXTENSIONS, _EGL_DRAW, _EGL_READ = 0x3055, 0x3059, 0x305A

_LATER: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "glBindVertexArray": (None, (c_uint,)),
    "glGenVertexArrays": (None, (c_int, POINTER(c_uint))),
    "glDeleteVertexArrays": (None, (c_int, POINTER(c_uint))),
    "glDrawArraysInstanced": (None, (c_uint, c_int, c_int, c_int)),
    "glVertexAttribDivisor": (None, (c_uint, c_uint)),
    "glFenceSync": (c_void_p, (c_uint, c_uint)),
    "glClientWaitSync": (c_uint, (c_void_p, c_uint, c_uint64)),
    "glDeleteSync": (None, (c_void_p,)),
    "glMapBufferRange": (c_void_p, (c_uint, c_ssize_t, c_ssize_t, c_uint)),
    "glUnmapBuffer": (c_int, (c_uint,)),
    "glGetStringi": (c_char_p, (c_uint, c_uint)),
}
_NATIVE: dict[str, tuple[Any, tuple[Any, ...]]] = {
    # vispy's own wrappers of these copy what they are given, or cannot take an address.
    "glTexImage2D": (None, (c_uint, c_int, c_int, c_int, c_int, c_int, c_uint, c_uint, c_void_p)),
    "glReadPixels": (None, (c_int, c_int, c_int, c_int, c_uint, c_uint, c_void_p)),
    "glBufferData": (None, (c_uint, c_ssize_t, c_void_p, c_uint)),
    "glGetFloatv": (None, (c_uint, POINTER(ctypes.c_float))),
    "glGetIntegerv": (None, (c_uint, POINTER(c_int32))),
}


class Functions:
    """OpenGL's functions by their names: vispy's, and native ones that it lacks or that copy less."""

    def __init__(self) -> None:
        with _gl_library():
            from vispy.gloo.gl import gl2
        self._vispy = gl2

    def __getattr__(self, name: str) -> Any:
        if name in _NATIVE or name in _LATER:
            found = self._vispy._get_gl_func(name, *(_NATIVE | _LATER)[name])
        else:
            found = getattr(self._vispy, name)
        setattr(self, name, found)
        return found


@cache
def functions() -> Functions:
    """Return the functions; the library is loaded at the first call."""
    return Functions()


@contextmanager
def _gl_library() -> Iterator[None]:
    """Tell vispy of the library while it is imported, where it is not called GL."""
    name = ""
    if sys.platform.startswith("linux") and not ctypes.util.find_library("GL"):
        name = ctypes.util.find_library("OpenGL") or ""
    with _environment({"VISPY_GL_LIB": name} if name and "VISPY_GL_LIB" not in os.environ else {}):
        yield


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class EglDevice:
    """A device of EGL; `cuda` is its number in CUDA's order, None where it has none."""

    def __init__(self, handle: int, cuda: int | None, *, hardware: bool) -> None:
        self.handle, self.cuda, self.hardware = handle, cuda, hardware


class Egl:
    """A context of vispy's EGL backend on one display; no window, no screen.

    Parameters
    ----------
    device
        None for the display that the system has by default.
    surfaceless
        Mesa without a device: it draws in software, or on what it finds.

    Raises
    ------
    OSError
        If there is no EGL library.
    RuntimeError
        If the display cannot be opened, or has no context for OpenGL.
    """

    def __init__(self, device: EglDevice | None = None, *, surfaceless: bool = False) -> None:
        from vispy.ext import egl

        self._egl = egl
        if surfaceless:
            self._display = _platform_display(egl, _EGL_PLATFORM_SURFACELESS, None)
        elif device is not None:
            self._display = _platform_display(egl, _EGL_PLATFORM_DEVICE, device.handle)
        else:
            self._display = egl.eglGetDisplay()
        self._canvas = _canvas("egl", self._display)
        backend = self._canvas._backend
        self._surface, self._context = backend._surface, backend._native_context
        if not self._context:
            raise RuntimeError(f"EGL made no OpenGL context (error {egl.eglGetError():#x})")

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the context current on this thread, and afterwards what was current before."""
        egl, lib = self._egl, self._egl._lib
        lib.eglGetCurrentContext.restype = lib.eglGetCurrentSurface.restype = c_void_p
        lib.eglGetCurrentDisplay.restype = c_void_p
        before = (
            lib.eglGetCurrentDisplay(), lib.eglGetCurrentSurface(_EGL_DRAW),
            lib.eglGetCurrentSurface(_EGL_READ), lib.eglGetCurrentContext(),
        )  # fmt: skip
        egl.eglBindAPI(egl.EGL_OPENGL_API)  # a setting of each thread
        if not lib.eglMakeCurrent(self._display, self._surface, self._surface, self._context):
            raise RuntimeError(
                f"the OpenGL context cannot be made current (EGL error {egl.eglGetError():#x})"
            )
        try:
            yield
        finally:
            if before[3]:
                lib.eglMakeCurrent(*before)
            else:
                lib.eglMakeCurrent(self._display, None, None, None)

    @staticmethod
    def devices() -> list[EglDevice]:
        """Return the devices in EGL's order; none where EGL cannot list them."""
        from vispy.ext import egl

        query = _egl_function("eglQueryDevicesEXT", c_int, (c_int, POINTER(c_void_p), POINTER(c_int)))
        if query is None:
            return []
        handles, count = (c_void_p * 64)(), c_int()
        if not query(64, handles, byref(count)):
            return []
        told = _egl_function("eglQueryDeviceStringEXT", c_char_p, (c_void_p, c_int))
        number = _egl_function("eglQueryDeviceAttribEXT", c_int, (c_void_p, c_int, POINTER(c_size_t)))
        devices = []
        for handle in [address for address in handles[: count.value] if address]:
            names = ((told(handle, egl.EGL_EXTENSIONS) if told else None) or b"").decode().split()
            cuda = c_size_t()
            has_cuda = bool(
                number and "EGL_NV_device_cuda" in names and number(handle, _EGL_CUDA_DEVICE, byref(cuda))
            )
            hardware = "EGL_MESA_device_software" not in names
            devices.append(EglDevice(handle, int(cuda.value) if has_cuda else None, hardware=hardware))
        return devices


class Hidden:
    """A context of a window that is not shown, or of OSMesa; for the thread that opened it."""

    def __init__(self, backend: str) -> None:
        self._canvas = _canvas(backend, None)

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the context current on this thread."""
        self._canvas.set_current()
        yield


def open_hidden(backend: str) -> Hidden:
    """Open a hidden window through a backend of vispy, or OSMesa, whose library has all functions itself."""
    if backend != "osmesa":
        return Hidden(backend)
    library = os.environ.get("OSMESA_LIBRARY") or ctypes.util.find_library("OSMesa")
    if library is None:
        raise OSError("OSMesa library not found")
    with _environment({"VISPY_GL_LIB": library}):
        functions()
        return Hidden(backend)


def _canvas(backend: str, display: Any) -> Any:
    """Open vispy's canvas, and leave vispy's current one what it was."""
    functions()
    from vispy import app
    from vispy.gloo import context

    before = context.get_current_canvas()
    with _display(display) if backend == "egl" else _nothing():
        canvas = app.Canvas(app=app.Application(backend), size=(16, 16), show=False)
    if backend == "egl":
        context.forget_canvas(canvas)
        if before is not None:
            context.set_current_canvas(before)
    return canvas


@contextmanager
def _display(display: Any) -> Iterator[None]:
    """Give vispy's backend a display for a while, also if it is imported only now."""
    from vispy.ext import egl

    plain = egl.eglGetDisplay
    egl.eglGetDisplay = lambda *_: display
    try:
        from vispy.app.backends import _egl as backend
    finally:
        egl.eglGetDisplay = plain
    if not backend.available:
        raise RuntimeError(f"vispy's EGL backend does not start: {backend.why_not}")
    before = backend._EGL_DISPLAY
    egl.eglInitialize(display)
    backend._EGL_DISPLAY = display
    try:
        yield
    finally:
        egl._lib.eglMakeCurrent(display, None, None, None)
        backend._EGL_DISPLAY = before


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _egl_function(name: str, returns: Any, takes: tuple[Any, ...]) -> Any:
    from vispy.ext import egl

    egl._lib.eglGetProcAddress.restype = c_void_p
    egl._lib.eglGetProcAddress.argtypes = (c_char_p,)
    address = egl._lib.eglGetProcAddress(name.encode())
    return ctypes.CFUNCTYPE(returns, *takes)(address) if address else None


def _platform_display(egl: Any, platform: int, device: int | None) -> Any:
    known = egl._lib.eglQueryString(None, _EGL_EXTENSIONS) or b""
    get = _egl_function("eglGetPlatformDisplayEXT", c_void_p, (c_uint, c_void_p, POINTER(c_int)))
    if get is None or b"EGL_EXT_platform_base" not in known:
        raise RuntimeError("this EGL library knows no platforms")
    display = get(platform, device, None)
    if not display:
        raise RuntimeError(f"EGL opens no display of platform {platform:#x} (error {egl.eglGetError():#x})")
    return c_void_p(display)

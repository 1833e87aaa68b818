"""The CPU as a device whose arrays behave like CuPy's: they are not numpy's, and do not mix with them."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

MAKERS = ("asarray", "array", "ascontiguousarray")
"""Functions that take arrays of numpy in CuPy too."""


def plain(value: Any) -> Any:
    """Return what numpy takes for an array of this device; raise TypeError for one of numpy."""
    if isinstance(value, There):
        return value.inner
    if isinstance(value, np.ndarray) and value.ndim:
        raise TypeError(f"an array of numpy, {value.dtype} of shape {value.shape}, where CuPy takes its own")
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return value


def plain_options(options: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in options.items()}


def there(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(there, value))
    return There(np.asarray(value)) if isinstance(value, np.ndarray | np.generic) else value


class There:
    """An array on the device."""

    __cuda_array_interface__ = None
    __array_ufunc__ = None  # numpy's operators give way, or refuse

    def __init__(self, inner: np.ndarray) -> None:
        self.inner = inner

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`")

    def get(self):
        return self.inner.copy()

    def __len__(self):
        return len(self.inner)

    def __getitem__(self, key):
        return There(np.asarray(self.inner[plain(key)]))

    def __setitem__(self, key, value):
        self.inner[plain(key)] = plain(value)

    def __getattr__(self, name):
        if name == "T":
            return There(self.inner.T)
        found = getattr(self.inner, name)
        if name in ("shape", "dtype", "size", "nbytes", "ndim", "flags", "itemsize"):
            return found
        if name not in (
            "reshape", "astype", "copy", "sum", "cumsum", "view", "min", "max", "sort", "any", "all", "ravel"
        ):  # fmt: skip
            raise AttributeError(f"CuPy's arrays may have no {name}")
        return lambda *args, **options: there(found(*map(plain, args), **plain_options(options)))

    def __iter__(self):
        raise TypeError("element by element is a copy each")

    def __float__(self):
        return float(self.inner)

    def __int__(self):
        return int(self.inner)

    def __bool__(self):
        return bool(self.inner)


There.__module__ = "cupy"

for name in ("add", "sub", "mul", "truediv", "floordiv", "and_", "or_", "eq", "ne", "lt", "le", "gt", "ge"):
    function = getattr(operator, name)
    bare = name.rstrip("_")
    setattr(There, f"__{bare}__", lambda a, b, f=function: there(f(a.inner, plain(b))))
    setattr(There, f"__r{bare}__", lambda a, b, f=function: there(f(plain(b), a.inner)))
There.__invert__ = lambda a: there(~a.inner)
There.__hash__ = object.__hash__


class Module:
    """numpy under the name of CuPy."""

    def __getattr__(self, name):
        found = getattr(np, name)
        if not callable(found) or isinstance(found, type):
            return found
        allowed = name in MAKERS

        def call(*args, **options):
            args = [a if allowed and isinstance(a, np.ndarray) else plain(a) for a in args]
            made = found(*args, **plain_options(options))
            return there(np.array(made) if allowed and isinstance(args[0], np.ndarray) else made)

        return call


def strict(device: Any) -> Any:
    """Make a host device one of such arrays."""
    makers = {name: getattr(device, name) for name in ("upload", "empty", "zeros")}
    takers = {name: getattr(device, name) for name in ("download", "fill", "address", "fetch")}
    for name, make in makers.items():
        setattr(device, name, lambda *args, make=make: There(make(*map(numpy_only, args))))
    for name, take in takers.items():
        setattr(device, name, lambda array, *args, take=take: take(plain(array), *args))
    put, kernel = device.put, device.kernel
    device.put = lambda array, into: put(numpy_only(array), plain(into))

    def strict_kernel(*which):
        launch = kernel(*which)
        return lambda blocks, *args: launch(blocks, *map(plain, args))

    device.kernel = strict_kernel
    device.xp = Module()
    return device


def numpy_only(value: Any) -> Any:
    assert not isinstance(value, There), "this array lies on the device already"
    return value

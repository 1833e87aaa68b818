"""How kernels are compiled: numba, nogil and cached; parallelism is `_threads`' affair.

Kernels release the GIL and run on our own threads instead of `numba.prange`: they compile several
times faster, their cache loads at once, and any number of films can run side by side (numba's
workqueue layer aborts the process on concurrent use).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def _compiled(function: F, **options: Any) -> F:
    options |= {"nogil": True, "error_model": "numpy"}
    try:
        return cast(F, numba.njit(cache=True, **options)(function))
    except RuntimeError:  # neither the package nor the user's cache folder can be written
        return cast(F, numba.njit(**options)(function))


def kernel(function: F) -> F:
    """Compile `function` on its first call, without the GIL; the machine code is cached on disk."""
    return _compiled(function)


def inline(function: F) -> F:
    """Compile `function` for use inside other kernels; LLVM decides on inlining."""
    return _compiled(function, inline="never")


def pasted(function: F) -> F:
    """Paste `function` into the kernels that call it: where it takes many arrays, a call costs more."""
    return cast(F, numba.njit(inline="always", nogil=True, error_model="numpy")(function))

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


def kernel(function: F) -> F:
    """Compile `function` on its first call, without the GIL; the machine code is cached on disk."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inline(function: F) -> F:
    """Compile `function` for use inside other kernels; LLVM decides on inlining."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy", inline="never")(function))

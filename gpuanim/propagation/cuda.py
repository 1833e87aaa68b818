"""The products of a step on an NVIDIA GPU: CuPy's sparse products.

Written against a module of arrays and one of sparse matrices, so that the same code runs with numpy and
scipy in their place; that is how it is tested where there is no GPU. Own CUDA kernels can take the place
of `ArrayProduct.affine` without a change elsewhere.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from gpuanim.errors import GraphError, MissingDependencyError, OptionError
from gpuanim.propagation.graph import Graph, bad_weights, check_shape
from gpuanim.propagation.stepper import Stepper
from gpuanim.propagation.system import System, scaled

__all__ = ["WORK_FOR_GPU", "ArrayProduct", "Modules", "choose", "cupy_modules", "is_cupy"]

# Entries (nnz x columns x steps) that 2 cores go through (4.4e9 a second, measured) in the 1 to 2 s that it
# takes to import CuPy, start CUDA and load kernels (an estimate: not yet measured).
WORK_FOR_GPU = 5e9

_DRIVERS = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg")  # the last one is WSL's
_INSTALL = "pip install 'gpuanim[cuda12]' (or 'gpuanim[cuda13]', as your driver needs)"


@dataclass(frozen=True)
class Modules:
    """Arrays, sparse matrices, and the way of an array to the host."""

    xp: Any
    sparse: Any
    to_numpy: Callable[[Any], Any]


def is_cupy(array: object) -> bool:
    """Say whether this is an array or a sparse matrix of CuPy, without importing CuPy."""
    return type(array).__module__.partition(".")[0] in ("cupy", "cupyx")


def choose(device: str, *, on_gpu: bool, work: float) -> tuple[str, str]:
    """Return "cpu" or "cuda", and why.

    Parameters
    ----------
    device
        What was asked for: "auto", "cpu" or "cuda".
    on_gpu
        Whether an input lies on the GPU. Then "auto" is "cuda".
    work
        Entries to go through: nnz x columns x expected steps. From `WORK_FOR_GPU` on "auto" is "cuda"
        where CuPy finds a GPU.

    Raises
    ------
    OptionError
        If `device` is unknown, or is "cpu" for input that lies on the GPU.
    MissingDependencyError
        If "cuda" was asked for and there is no CuPy or no GPU.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise OptionError(f"device must be 'auto', 'cpu' or 'cuda', got {device!r}")
    if device == "cpu" and on_gpu:
        raise OptionError("device='cpu' needs NumPy arrays, got CuPy's; copy them with .get(), or use 'auto'")
    if device == "cuda" or on_gpu:
        reason = _missing()
        if reason:
            raise MissingDependencyError(f"device='cuda' needs {reason}; {_INSTALL}")
        return "cuda", "input on the GPU" if on_gpu else "asked for"
    if device == "cpu":
        return "cpu", "asked for"
    if work < WORK_FOR_GPU:
        return "cpu", f"{work:.1e} entries to go through; a GPU pays from {WORK_FOR_GPU:.0e} on"
    reason = _missing()
    return ("cpu", f"a GPU would pay, but needs {reason}") if reason else ("cuda", f"{work:.1e} entries")


@cache
def _missing() -> str:
    """Say what CUDA lacks here, in a few words; empty if nothing. Imports CuPy last, if at all."""
    if importlib.util.find_spec("cupy") is None:
        return "CuPy, which is not installed"
    if os.name == "posix" and not any(map(os.path.exists, _DRIVERS)) and not shutil.which("nvidia-smi"):
        return "an NVIDIA GPU with its driver, and there is none here"
    try:
        import cupy

        return "" if cupy.cuda.runtime.getDeviceCount() else "an NVIDIA GPU, and CuPy finds none"
    except Exception as error:  # CuPy raises its own classes, an ImportError or an OSError
        return f"a CuPy that works, and here it fails with {type(error).__name__}: {error}"


def cupy_modules() -> Modules:
    """Return CuPy's modules."""
    import cupy
    import cupyx.scipy.sparse

    return Modules(cupy, cupyx.scipy.sparse, cupy.asnumpy)


class ArrayProduct:
    """W, and what a step does with it; `cpu.CpuProduct` has the same names in the same order.

    Parameters
    ----------
    matrix
        A sparse matrix of `modules.sparse`, a dense array of `modules.xp`, or a `Graph` on the host.
    dtype
        float32 or float64, of the values.
    modules
        CuPy's, or numpy and scipy.
    """

    scale = 1.0

    def __init__(self, matrix: Any, dtype: np.dtype[Any], modules: Modules) -> None:
        self.xp = modules.xp
        self.dtype = dtype
        self._modules = modules
        csr = _from_graph(matrix, modules) if isinstance(matrix, Graph) else _checked(matrix, modules)
        self.n = csr.shape[0]
        self.nnz = csr.nnz
        self._exact = csr
        self._matrix = csr if csr.dtype == dtype else csr.astype(dtype)

    def in_double(self) -> ArrayProduct:
        """Return the same in float64."""
        return ArrayProduct(self._exact, np.dtype(np.float64), self._modules)

    def walk(self, system: System) -> Stepper:
        """Return a walk of a system in the order of the nodes."""
        return Stepper(self, system)

    def values(self, start: Any) -> Any:
        """Return a copy of (n,) or (n, c) values in the dtype of the steps, to work in."""
        return self.xp.array(start, dtype=self.dtype)

    def affine(self, row: Any, z: Any, base: Any, col: Any, f: Any, z_next: Any) -> tuple[float, float]:
        """Set `f = row * (W z) + base` and `z_next = col * f`, except in rows where `row` is 0.

        Returns ||f' - f||^2 and ||f'||^2 over the rows that were set.
        """
        xp = self.xp
        moves = row != 0
        value = (scaled(row, self._matrix @ z) + base).astype(self.dtype)
        value = xp.where(moves if value.ndim == 1 else moves[:, None], value, f)
        step = value.astype(xp.float64) - f
        moved = scaled(moves, value.astype(xp.float64))
        f[...] = value
        z_next[...] = scaled(col, value)
        return float((step * step).sum()), float((moved * moved).sum())

    def column_sums(self) -> Any:
        """Return (n,) float64, the sum of each column of W."""
        return self.transposed(self.xp.ones(self.n))

    def transposed(self, x: Any) -> Any:
        """Return `W.T @ x` for (n,) float64."""
        sums = self._exact.T @ x
        if not bool(self.xp.isfinite(sums).all()):
            raise GraphError("adj_mat has weights whose sum is infinite; divide it by its largest weight")
        return sums


def _from_graph(graph: Graph, modules: Modules) -> Any:
    xp = modules.xp
    weights = np.full(graph.nnz, graph.value, np.float32) if graph.weights is None else graph.weights
    index = np.int32 if max(graph.nnz, graph.n) < 2**31 else np.int64
    parts = [xp.array(part) for part in (weights, graph.indices.astype(index), graph.indptr.astype(index))]
    return modules.sparse.csr_matrix(tuple(parts), shape=(graph.n, graph.n))


def _checked(matrix: Any, modules: Modules) -> Any:
    """Return a matrix on the device as CSR with summed duplicates, or say why it cannot be used."""
    xp = modules.xp
    check_shape(matrix.shape)
    if matrix.dtype.kind not in "biuf":
        raise GraphError(f"adj_mat must hold real numbers, got dtype {matrix.dtype}")
    csr = matrix.tocsr() if hasattr(matrix, "tocsr") else modules.sparse.csr_matrix(xp.asarray(matrix))
    if csr.dtype not in (np.float32, np.float64):
        csr = csr.astype(np.float32 if np.can_cast(csr.dtype, np.float32) else np.float64)
    if not csr.has_canonical_format:
        csr = csr.copy()  # a product in CuPy would else sort the caller's own matrix
        csr.sum_duplicates()
    if csr.nnz and not bool((xp.isfinite(csr.data) & (csr.data >= 0)).all()):
        host = [modules.to_numpy(part) for part in (csr.data, csr.indices, csr.indptr)]
        raise GraphError(bad_weights(*host))
    return csr

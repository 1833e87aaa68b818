"""Whether a propagation runs on the CPU or on an NVIDIA GPU, and why."""

from __future__ import annotations

from gpuanim.cuda import missing
from gpuanim.errors import OptionError
from gpuanim.values.convert import is_cupy

__all__ = ["WORK_FOR_GPU", "choose", "is_cupy"]

# Entries (nnz x columns x steps) that 2 cores go through (4.4e9 a second, measured) in the 1 to 2 s that it
# takes to import CuPy, start CUDA and load kernels (an estimate: not yet measured).
WORK_FOR_GPU = 5e9


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
        missing.require("device='cuda'")
        return "cuda", "input on the GPU" if on_gpu else "asked for"
    if device == "cpu":
        return "cpu", "asked for"
    if work < WORK_FOR_GPU:
        return "cpu", f"{work:.1e} entries to go through; a GPU pays from {WORK_FOR_GPU:.0e} on"
    reason = missing.missing()
    return ("cpu", f"a GPU would pay, but needs {reason}") if reason else ("cuda", f"{work:.1e} entries")

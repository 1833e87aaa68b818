"""Arrays and kernels of an NVIDIA GPU, behind a contract that the tests fulfil on the CPU."""

from __future__ import annotations

from gpuanim.cuda._base import Device, Kernel, Recording, source_of

__all__ = ["Device", "Kernel", "Recording", "default_device", "source_of"]


def default_device() -> Device:
    """Return the current CUDA device; imports CuPy.

    Raises
    ------
    MissingDependencyError
        If there is no CuPy or no GPU.
    """
    from gpuanim.cuda.cupy_device import CupyDevice

    return CupyDevice()

"""Arrays and kernels of an NVIDIA GPU, behind a contract that the tests fulfil on the CPU."""

from __future__ import annotations

import threading

from gpuanim.cuda._base import Device, Kernel, Recording, source_of

__all__ = ["Device", "Kernel", "Recording", "default_device", "source_of"]

_OF_THREAD = threading.local()


def default_device(number: int | None = None) -> Device:
    """Return a CUDA device, the same one each time in a thread; imports CuPy.

    Parameters
    ----------
    number
        In CUDA's order; None for CuPy's current device.

    Raises
    ------
    MissingDependencyError
        If there is no CuPy or no GPU.
    OptionError
        If there are not so many.
    """
    from gpuanim.cuda.missing import require

    require("a CUDA device")
    from gpuanim.cuda.cupy_device import CupyDevice, chosen

    known: dict[int, Device] = _OF_THREAD.__dict__.setdefault("devices", {})
    number = chosen(number)
    if number not in known:
        known[number] = CupyDevice(number)
    return known[number]

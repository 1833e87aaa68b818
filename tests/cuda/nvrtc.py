"""NVIDIA's compiler for kernels, from its own package: it needs neither a GPU nor a driver."""

from __future__ import annotations

import ctypes
from importlib.util import find_spec
from pathlib import Path


class Nvrtc:
    """Compiles CUDA source to machine code; raises AssertionError with the compiler's log."""

    def __init__(self):
        spec = find_spec("nvidia.cuda_nvrtc")
        assert spec is not None, "nvidia-cuda-nvrtc-cu12 is not installed"
        folder = Path(next(iter(spec.submodule_search_locations))) / "lib"
        self._library = ctypes.CDLL(str(next(folder.glob("libnvrtc.so*"))))

    def compile(self, code: str, architecture: str) -> bytes:
        library, program = self._library, ctypes.c_void_p()
        self._check(library.nvrtcCreateProgram(ctypes.byref(program), code.encode(), b"k.cu", 0, None, None))
        options = [f"--gpu-architecture={architecture}".encode(), b"--std=c++17", b"--fmad=false"]
        try:
            status = library.nvrtcCompileProgram(
                program, len(options), (ctypes.c_char_p * len(options))(*options)
            )
            log = self._text("nvrtcGetProgramLogSize", "nvrtcGetProgramLog", program).decode()
            assert status == 0, log
            assert "error" not in log, log
            return self._text("nvrtcGetCUBINSize", "nvrtcGetCUBIN", program)
        finally:
            library.nvrtcDestroyProgram(ctypes.byref(program))

    def _text(self, size_of: str, get: str, program: ctypes.c_void_p) -> bytes:
        size = ctypes.c_size_t()
        self._check(getattr(self._library, size_of)(program, ctypes.byref(size)))
        text = ctypes.create_string_buffer(size.value)
        self._check(getattr(self._library, get)(program, text))
        return text.raw

    def _check(self, status: int) -> None:
        assert status == 0, f"NVRTC failed with status {status}"

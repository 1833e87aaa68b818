"""A device whose kernels run on the CPU: the `.cu` files, compiled for it by g++ with a small shim."""

from __future__ import annotations

import ctypes
import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

from gpuanim.cuda._base import BLOCK, NOTHING, Device, source_of

SHIM = Path(__file__).parent / "shim" / "cuda.h"
MACRO = re.compile(r"^#define (\w+)[ \t]+((?:.*\\\n)*.*)", re.MULTILINE)
SIGNATURE = re.compile(r"^KERNEL\s+(\w+)\s*\(([^)]*)\)", re.MULTILINE)
COOPERATES = re.compile(r"__syncthreads|__shfl|__ballot|__syncwarp|\bblock_\w+\(|\bwarp_\w+\(")
"""What threads wait for each other in; functions of the kernels' own that do are called block_ and warp_."""

CTYPES = {
    np.dtype(np.int32): ctypes.c_int32,
    np.dtype(np.uint32): ctypes.c_uint32,
    np.dtype(np.int64): ctypes.c_int64,
    np.dtype(np.uint64): ctypes.c_uint64,
    np.dtype(np.float32): ctypes.c_float,
    np.dtype(np.float64): ctypes.c_double,
}


class HostDevice(Device):
    """Arrays of numpy, and kernels of a shared library.

    Parameters
    ----------
    folder
        Where libraries are kept.
    backwards
        Run the last block first: what depends on the order of blocks comes out differently.
    memory
        What `memory()` says.
    """

    name = "CPU"
    xp = np
    sparse = scipy.sparse

    def __init__(
        self, folder: Path, *, backwards: bool = False, memory: tuple[int, int] = (8 << 30, 8 << 30)
    ):
        self._folder, self._backwards, self._memory = folder, backwards, memory
        self._libraries: dict[str, Any] = {}
        self.launched: list[str] = []
        self._recorder: list[Callable[[], None]] | None = None
        self.replays = 0

    def upload(self, array):
        return np.array(array, order="C")

    def put(self, array, into):
        assert (array.shape, array.dtype) == (into.shape, into.dtype)
        into[...] = array

    def address(self, array):
        return array.ctypes.data

    def download(self, array):
        return np.array(array)

    def empty(self, shape, dtype):
        made = np.empty(shape, dtype)
        made.reshape(-1).view(np.uint8)[:] = 0xA5  # what nobody has written is not 0 by chance
        return made

    def zeros(self, shape, dtype):
        return np.zeros(shape, dtype)

    def fill(self, array, value):
        assert array.flags.c_contiguous
        self._do(lambda: array.reshape(-1).view(np.uint8).fill(value))

    def pinned(self, nbytes):
        return np.empty(nbytes, np.uint8)

    def fetch(self, array, into):
        assert array.flags.c_contiguous
        assert into.nbytes == array.nbytes

        def wait():  # as late as possible: who writes to the array before it is over is found out
            into.reshape(-1).view(np.uint8)[:] = array.reshape(-1).view(np.uint8)

        return wait

    def wait_for_copies(self):
        pass

    def kernel(self, source, name, defines=NOTHING):
        library = self._library(source, defines)
        function = getattr(library, f"shim_{name}")
        function.restype = None

        def launch(blocks, *args):
            assert blocks >= 1
            told = [_argument(value) for value in args]
            self._do(lambda: function(ctypes.c_uint(blocks), ctypes.c_bool(self._backwards), *told))
            self.launched.append(name)

        return launch

    def record(self, work):
        self._recorder = []
        try:
            work()
        finally:
            recorded, self._recorder = self._recorder, None
        return Replay(self, recorded)

    def wait(self):
        pass

    def memory(self):
        return self._memory

    def _do(self, work):
        if self._recorder is None:
            work()
        else:
            self._recorder.append(work)

    def _library(self, source, defines):
        code = f'#include "{SHIM}"\n' + wrapped(source_of(source, defines))
        key = hashlib.sha256((SHIM.read_text() + code).encode()).hexdigest()[:16]
        if key not in self._libraries:
            path = self._folder / f"{Path(source).stem}-{key}.so"
            if not path.exists():
                written = self._folder / f"{key}.cpp"
                written.write_text(code)
                command = [shutil.which("g++") or "g++", "-std=c++17", "-O1", "-g", "-shared", "-fPIC"]
                # A multiplication and an addition are rounded apart, unless a kernel asks for fma().
                command += ["-ffp-contract=off", "-fno-strict-aliasing", "-w", str(written), "-o", str(path)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stderr[:4000]
            self._libraries[key] = ctypes.CDLL(str(path))
        return self._libraries[key]


class Replay:
    def __init__(self, device, recorded):
        self._device, self._recorded = device, recorded

    def replay(self):
        self._device.replays += 1
        for work in self._recorded:
            work()


def wrapped(code: str) -> str:
    """Add to the code a function for each kernel that runs all of its threads."""
    parts = [code]
    macros = {name: text.replace("\\\n", " ") for name, text in MACRO.findall(code)}
    for match in SIGNATURE.finditer(code):
        name, parameters = match.groups()
        after = SIGNATURE.search(code, match.end())
        body = code[match.end() : after.start() if after else len(code)]
        together = str(bool(COOPERATES.search(body))).lower()
        words = [word.strip() for word in parameters.split(",") if word.strip()]
        words = [part.strip() for word in words for part in macros.get(word, word).split(",")]
        names = ", ".join(re.search(r"(\w+)$", word)[1] for word in words)
        head = ", ".join(["unsigned shim_blocks", "bool shim_backwards", *words])
        parts.append(
            f'extern "C" void shim_{name}({head}) '
            f"{{ shim::run(shim_blocks, {BLOCK}, {together}, shim_backwards, [&] {{ {name}({names}); }}); }}"
        )
    return "\n".join(parts)


def _argument(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        assert value.flags.c_contiguous, "kernels take arrays in one piece"
        return ctypes.c_void_p(value.ctypes.data)
    assert isinstance(value, np.generic), f"kernels take numpy scalars, not {value!r}"
    return CTYPES[value.dtype](value.item())

"""The frames of a page: one byte per point, packed as changes on several threads."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.player.points.blob import Blob, deflate
from gpuanim.types import Codes

__all__ = ["FrameBlock", "FramePacker"]

_NEAR, _FAR = 16, 256
"""Every so many frames follow a frame so far back: any frame is at most 15 + 15 steps from one that
stands alone, and a step takes a browser 3 to 10 ms for a million points."""

_CANDIDATES = ((False, 4), (False, 2), (True, 4), (True, 2))
"""Whether to predict by the neighbours, and bits per point."""

_SAMPLE = 8192
_NONE = np.empty(0, np.uint8)

_Facts: TypeAlias = tuple[int, int, bool, bool, int]
"""Base, bits, smooth, missing and edges of a `FrameBlock`."""


@dataclass(frozen=True)
class FrameBlock:
    """Where the bytes of a frame are, and how to read them.

    The inflated bytes are four parts: the residuals, `bits` each, lowest first; one byte for every residual
    that is the highest number; a bit per point where `missing` is set, lowest first: whether there being a
    value differs from the frame that this one follows; then the `edges` of the levels, 257 float64 or float32
    or nothing. See `kernels.predict` and `kernels.narrow` for what residuals are.

    Parameters
    ----------
    start, length
        In the blob.
    base
        The frame block that this one follows, -1 for none.
    bits, smooth, missing
        As above; `smooth` says that the running mean was taken off.
    edges
        Bytes of one edge: 8, 4 or 0.
    """

    start: int
    length: int
    base: int
    bits: int
    smooth: bool
    missing: bool
    edges: int

    def row(self) -> list[int]:
        """Return all of it as whole numbers."""
        return [
            self.start,
            self.length,
            self.base,
            self.bits,
            int(self.smooth),
            int(self.missing),
            self.edges,
        ]


@dataclass
class _State:
    """A frame as the reader has it."""

    number: int
    codes: NDArray[np.uint8]
    missing: NDArray[np.uint8]


class FramePacker:
    """Packs frames into a blob: predicts on the calling thread, compresses on others.

    A context manager: on the way out no thread is left.

    Parameters
    ----------
    blob
        Takes the blocks, in order.
    """

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._pool = ThreadPoolExecutor(_threads.n_threads(), thread_name_prefix="gpuanim-page")
        self._waiting: deque[tuple[Future[bytes], _Facts]] = deque()
        self._blocks: list[FrameBlock] = []
        self._count = 0
        self._last: _State | None = None
        self._key: _State | None = None

    def add(self, codes: Codes, edges: NDArray[np.float64] | None = None) -> None:
        """Pack a frame: (n,) codes, 256 for points without a value, and the edges of its own levels, if any.

        Raises
        ------
        FormatError
            If the blob grows over its limit.
        """
        from gpuanim.player.points.kernels import predict

        number, n = self._count, len(codes)
        base = None if number % _FAR == 0 else self._key if number % _NEAR == 0 else self._last
        before = _NONE if base is None else base.codes
        smooth, bits = _choose(codes, before)
        after, residuals = np.empty(n, np.uint8), np.empty(n, np.uint8)
        predict(codes, before, smooth, after, residuals)
        missing = np.packbits(codes > 255, bitorder="little")
        differs = missing if base is None else missing ^ base.missing
        extra = (differs.tobytes() if differs.any() else b"") + _edges(edges)
        fact: _Facts = (
            -1 if base is None else base.number,
            bits,
            smooth,
            bool(differs.any()),
            _edge_bytes(edges),
        )
        self._waiting.append((self._pool.submit(_compress, residuals, bits, extra, not smooth), fact))
        self._last = _State(number, after, missing)
        if number % _NEAR == 0:
            self._key = self._last
        self._count += 1
        self._collect(2 * _threads.n_threads())

    @property
    def count(self) -> int:
        """Frames taken so far."""
        return self._count

    def finish(self) -> list[FrameBlock]:
        """Wait for all frames and return where they are."""
        self._collect(0)
        return self._blocks

    def _collect(self, most: int) -> None:
        """Wait until at most so many frames are being compressed: each holds a byte per point."""
        while len(self._waiting) > most:
            future, (base, bits, smooth, missing, edges) = self._waiting.popleft()
            start, length = self._blob.add(future.result())
            self._blocks.append(FrameBlock(start, length, base, bits, smooth, missing, edges))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


def _compress(residuals: NDArray[np.uint8], bits: int, extra: bytes, repeats: bool) -> bytes:
    from gpuanim.player.points.kernels import narrow

    main, escapes = np.empty(-(-len(residuals) * bits // 8), np.uint8), np.empty_like(residuals)
    count = narrow(residuals, bits, main, escapes)
    return deflate(main.tobytes() + escapes[:count].tobytes() + extra, repeats=repeats)


def _choose(codes: Codes, before: NDArray[np.uint8]) -> tuple[bool, int]:
    """Try the ways to write a frame on a few runs of points and return the one with the fewest bytes."""
    from gpuanim.player.points.kernels import predict

    n = len(codes)
    starts = [0] if n <= 3 * _SAMPLE else [n // 6, n // 2, n - n // 6 - _SAMPLE]
    runs = [slice(start, min(start + _SAMPLE, n)) for start in starts]
    sizes: dict[tuple[bool, int], int] = {}
    for smooth, bits in _CANDIDATES:
        size = 0
        for run in runs:
            part = codes[run]
            after, residuals = np.empty(len(part), np.uint8), np.empty(len(part), np.uint8)
            predict(part, before[run], smooth, after, residuals)
            size += len(_compress(residuals, bits, b"", not smooth))
        sizes[smooth, bits] = size
    return min(sizes, key=lambda way: sizes[way])


def _edge_bytes(edges: NDArray[np.float64] | None) -> int:
    if edges is None:
        return 0
    with np.errstate(over="ignore"):
        short = edges.astype(np.float32)
    # Half the bytes are enough where they tell the edges apart as well.
    same = np.isfinite(short).all() and np.array_equal(np.diff(short) > 0, np.diff(edges) > 0)
    return 4 if same else 8


def _edges(edges: NDArray[np.float64] | None) -> bytes:
    return b"" if edges is None else edges.astype(f"<f{_edge_bytes(edges)}").tobytes()

"""The bytes of a page: compressed blocks one after the other, as base64 within a limit."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator

from gpuanim.errors import FormatError

__all__ = ["Blob", "deflate"]


def deflate(data: bytes, *, repeats: bool = True) -> bytes:
    """Compress as `DecompressionStream("deflate")` reads it.

    Without `repeats` bytes get codes by how often they occur, and nothing else: for noise that is 3 % smaller
    and five times faster.
    """
    strategy = zlib.Z_DEFAULT_STRATEGY if repeats else zlib.Z_HUFFMAN_ONLY
    packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS, 8, strategy)
    return packer.compress(data) + packer.flush()


class Blob:
    """Blocks of bytes of a page.

    Parameters
    ----------
    limit
        Megabytes (2^20 bytes) that they may take as base64.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._blocks: list[bytes] = []
        self._size = 0

    @property
    def nbytes(self) -> int:
        """Bytes as base64."""
        return self._size // 3 * 4

    def add(self, data: bytes) -> tuple[int, int]:
        """Append a block and return where it starts and how long it is.

        Raises
        ------
        FormatError
            If the page grows over the limit.
        """
        start, length = self._size, len(data)
        padded = data + bytes(-length % 3)  # so that base64 of each block can follow that of the one before
        self._size += len(padded)
        if self.nbytes > self._limit * 2**20:
            raise FormatError(
                f"the page takes {self.nbytes / 2**20:.1f} MB so far, over embed_limit={self._limit:g}; "
                "raise embed_limit, or show fewer frames (n_frames=...) or fewer points"
            )
        self._blocks.append(padded)
        return start, length

    def base64(self) -> Iterator[bytes]:
        """Yield the base64 of all blocks in order."""
        return (base64.b64encode(block) for block in self._blocks)

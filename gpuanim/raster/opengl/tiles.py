"""Frames in pieces that a driver can draw: windows of whole pixels."""

from __future__ import annotations

from collections.abc import Iterator

from gpuanim.frames import PixelFormat

__all__ = ["Window", "windows"]

_PLANES = {PixelFormat.YUV444P: 3, PixelFormat.YUV420P: 2, PixelFormat.NV12: 2}
"""Planes below each other, as `layout.Layout` has them; a half counts as one."""

Window = tuple[int, int, int, int]
"""(left, top, right, bottom) in pixels of the frame."""


def windows(box: Window, width: int, height: int, pixel_format: PixelFormat, side: int) -> Iterator[Window]:
    """Cut a box of a frame into windows, rows first, none of which takes more than `side` rows or columns.

    Neither when it is drawn nor when it is packed: then it has rows for each plane.

    In 4:2:0 windows begin and end at even pixels, so that none shares a chroma sample with another: the box
    grows to such if it must. An empty box has no windows.
    """
    left, top, right, bottom = box
    if left >= right or top >= bottom:
        return
    if pixel_format.subsampled:
        left, top = left - left % 2, top - top % 2
        right, bottom = min(width, right + right % 2), min(height, bottom + bottom % 2)
    columns = side - side % 2
    rows = side // _PLANES.get(pixel_format, 1)
    rows -= rows % 2
    for row in range(top, bottom, rows):
        for column in range(left, right, columns):
            yield column, row, min(column + columns, right), min(row + rows, bottom)

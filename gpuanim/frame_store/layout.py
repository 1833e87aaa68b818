"""What a store looks like on disk, and the few calls of zarr that make and open it.

A zarr group of format 2, which zarr 2 and 3 write and read alike, with

- ``frames`` (t, n) or (t, n, k), a step in chunks of up to 2**20 points, so that several threads have work:
  float32, float64, or uint8 for levels; compressed by zstd with a checksum
- ``points`` (n,) uint32, where steps are not in the order of the data: ``frames[t, i]`` belongs to point
  ``points[i]``
- the attribute ``gpuanim_frames``: version of the layout, settings, fingerprints, and the norm of levels

Why zstd at level 1, without shuffling, and in the order of the propagation. Measured with a million cells of
a simulated atlas with weights, steps 4 to 100 from the cells of a type: share of the raw bytes, and ms to
compress and to read a step with 2 cores that were also busy otherwise:

========================  ===================================  ===================================
                          float32                              uint8, ranks
------------------------  -----------------------------------  -----------------------------------
codec                     locality          order of the data  locality          order of the data
========================  ================  =================  ================  =================
zstd 1                    9.9 %, 1.2, 0.9   14.5 %, 11.9, 3.3  5.8 %, 0.6, 0.3   19.8 %, 4.6, 1.9
the same with checksum    9.9 %, 3.8, 1.2   14.5 %, 12.2, 5.8  5.8 %, 0.6, 1.4   19.8 %, 5.6, 2.1
zstd 1, bytes shuffled    9.2 %, 6.9, 6.0   22.1 %, 26.2, 13   5.5 %, 1.0, 0.7   20.1 %, 6.3, 2.9
zstd 3, bytes shuffled    9.0 %, 8.0, 2.9   21.6 %, 53.7, 10   4.7 %, 3.3, 0.5   19.6 %, 14.1, 2.2
lz4, bytes shuffled       9.9 %, 2.1, 1.5   34.1 %, 15.0, 4.3  9.2 %, 0.3, 0.2   33.5 %, 2.7, 0.9
none                      100 %, 0.4, 0.4   100 %, 1.8, 1.8    100 %, 0.1, 0.1   100 %, 0.1, 0.1
========================  ================  =================  ================  =================

The way back to the order of the data would cost another 12.6 ms for a step of float32, and 4.2 ms of uint8.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from gpuanim.errors import FileError, FormatError, OptionError

__all__ = [
    "ATTRIBUTE",
    "CHUNK",
    "DTYPES",
    "VERSION",
    "add_array",
    "chunk_shape",
    "create",
    "is_store",
    "open_group",
    "stored_dtype",
]

ATTRIBUTE = "gpuanim_frames"
VERSION = 1
DTYPES = ("float32", "float64", "uint8")
CHUNK = 1 << 20
"""Points of a chunk at most."""


def create(folder: Path) -> Any:
    """Make an empty group in a folder that does not exist yet."""
    import zarr

    if hasattr(zarr.Group, "create_array"):
        return zarr.open_group(str(folder), mode="w", zarr_format=2)
    return zarr.open_group(str(folder), mode="w")


def add_array(group: Any, name: str, shape: tuple[int, ...], chunks: tuple[int, ...], dtype: Any) -> Any:
    """Add an array of zeros, all of whose chunks are written: one that is missing is a damage then."""
    from numcodecs import Zstd

    codec = Zstd(level=1, checksum=True)
    if hasattr(group, "create_array"):
        return group.create_array(
            name, shape=shape, chunks=chunks, dtype=dtype, compressors=codec, fill_value=0,
            config={"write_empty_chunks": True},
        )  # fmt: skip
    return group.create_dataset(
        name, shape=shape, chunks=chunks, dtype=dtype, compressor=codec, fill_value=0, write_empty_chunks=True
    )


def is_store(path: Path) -> bool:
    """Return whether a folder is a store of frames, of whatever version."""
    try:
        attributes = json.loads((path / ".zattrs").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(attributes, dict) and isinstance(attributes.get(ATTRIBUTE), dict)


def open_group(path: Path) -> Any:
    """Open a store for reading.

    Raises
    ------
    FileError
        There is no such folder.
    FormatError
        It is not a store of frames, or one of a later version.
    """
    if not path.exists():
        raise FileError(f"{path}: no such store of frames; gpuanim.store_frames writes one")
    if not is_store(path):
        raise FormatError(
            f"{path} is not a store of frames; expected what gpuanim.store_frames or `gpuanim propagate "
            "--store` has written"
        )
    import zarr

    group: Any = zarr.open_group(str(path), mode="r")
    version = group.attrs[ATTRIBUTE].get("version")
    if version != VERSION:
        raise FormatError(
            f"{path} is a store of frames of version {version}, this gpuanim reads version {VERSION}: "
            "install the gpuanim that wrote it, or write it anew"
        )
    return group


def chunk_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the chunks of an array of steps: one step each, cut into equal blocks of points."""
    n = shape[1]
    blocks = max(1, -(-n // CHUNK))
    return (1, max(1, -(-n // blocks)), *shape[2:])


def stored_dtype(name: Any) -> np.dtype[Any]:
    """Return one of `DTYPES`; raises OptionError."""
    text = name if isinstance(name, str) else np.dtype(name).name
    if text not in DTYPES:
        raise OptionError(f"dtype must be float32, float64, or uint8 for ranks of 8 bits, not {name!r}")
    return np.dtype(text)

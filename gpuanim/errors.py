"""The errors that gpuanim raises: one small tree, each also the builtin that it is a case of."""

from __future__ import annotations

__all__ = [
    "ClusterError",
    "DataKeyError",
    "EncoderError",
    "FileError",
    "FormatError",
    "GpuanimError",
    "GraphError",
    "MemoryPlanError",
    "MissingDependencyError",
    "OptionError",
    "RendererError",
    "ShapeError",
    "SourceError",
    "TargetError",
]


class GpuanimError(Exception):
    """Base of all errors that gpuanim raises on purpose."""


class OptionError(GpuanimError, ValueError):
    """An option has a value that cannot be used."""


class ShapeError(GpuanimError, ValueError):
    """An array has the wrong shape, dtype or content."""


class GraphError(GpuanimError, ValueError):
    """An adjacency matrix cannot be propagated over."""


class FileError(GpuanimError, OSError):
    """A file to read from is not there or cannot be opened."""


class FormatError(GpuanimError, ValueError):
    """A file format is unknown, or cannot hold what was asked for."""


class SourceError(GpuanimError, RuntimeError):
    """The user's callable, generator or array failed while it was read; the cause is chained."""


class MemoryPlanError(GpuanimError, MemoryError):
    """What was asked for needs more memory than there is; the message names what would fit."""


class EncoderError(GpuanimError, RuntimeError):
    """An encoder process failed; the message ends with its own last words."""


class RendererError(GpuanimError, RuntimeError):
    """What draws does not start or has failed; the message says what to do about it."""


class TargetError(GpuanimError, OSError):
    """The file to write to cannot be written."""


class ClusterError(GpuanimError, RuntimeError):
    """A Dask cluster does not answer, has no workers, or lost what it was to do."""


class MissingDependencyError(GpuanimError, ImportError):
    """An optional package is not installed; the message holds the install line."""


class DataKeyError(GpuanimError, KeyError):
    """A key is not in the AnnData; the message lists the nearest ones."""

    def __str__(self) -> str:  # KeyError would show the message in quotes, with escapes
        return str(self.args[0]) if self.args else ""

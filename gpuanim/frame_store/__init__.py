"""A store for frames: the steps of a computation on disk, written as they come, read as they are shown."""

from gpuanim.frame_store.keeping import Kept, store_frames, writer_for
from gpuanim.frame_store.reading import Frames, is_store, open_frames
from gpuanim.frame_store.writing import FrameWriter

__all__ = ["FrameWriter", "Frames", "Kept", "is_store", "open_frames", "store_frames", "writer_for"]

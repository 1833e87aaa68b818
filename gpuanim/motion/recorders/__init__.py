"""Recorders keep the positions of an optimisation while it runs, to be filmed later."""

from gpuanim.motion.recorders._base import Recorder
from gpuanim.motion.recorders.opentsne import OpenTSNERecorder
from gpuanim.motion.recorders.umap import UMAPRecorder

__all__ = ["OpenTSNERecorder", "Recorder", "UMAPRecorder"]

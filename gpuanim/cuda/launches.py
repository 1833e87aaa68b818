"""What a frame launches, stage by stage, given to the device together; what comes again becomes a graph."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuanim.cuda._base import Device, Recording

__all__ = ["Launches"]

_MOST = 64
"""Sequences that are remembered. A film has few: a step and a frame alternate between two arrays each."""


class Launches:
    """A queue of launches that wait for the end of their frame: step, ranks, levels, shade.

    A sequence that comes for the second time is recorded, and from then on is one CUDA graph.

    Parameters
    ----------
    device
        Where they run.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._waiting: list[tuple[Hashable, Callable[[], None]]] = []
        self._known: dict[tuple[Hashable, ...], Recording | None] = {}

    def add(self, key: Hashable, work: Callable[[], None]) -> None:
        """Queue launches; `work` neither allocates nor waits.

        Parameters
        ----------
        key
            Equal keys launch the same on the same memory: it names all arrays by their addresses, or holds
            their owner.
        """
        self._waiting.append((key, work))

    def run(self) -> None:
        """Give all that waits to the device."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        keys = tuple(key for key, _ in waiting)

        def launch() -> None:
            for _, work in waiting:
                work()

        if keys not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[keys] = None
            launch()
            return
        recording = self._known[keys]
        if recording is None:
            recording = self._known[keys] = self._device.record(launch)
        recording.replay()

    def forget(self) -> None:
        """Give what waits to the device, and drop the graphs with the memory that they use."""
        self.run()
        self._known.clear()

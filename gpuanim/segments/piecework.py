"""A target and its segments: which are there, how the others are written, and how all become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gpuanim.encode._base import Encoder, Writer
from gpuanim.encode._joining import Joinable, Segment
from gpuanim.plan import Plan
from gpuanim.segments.cut import Cut
from gpuanim.segments.journal import Journal
from gpuanim.segments.writing import SegmentsWriter, Slot

__all__ = ["Piecework"]


@dataclass(frozen=True, eq=False)
class Piecework:
    """A target and its segments.

    Parameters
    ----------
    target, plan
        What is written, and its picture.
    film
        What joins the segments.
    encoder
        Of a segment.
    journal
        Where segments are kept.
    missing
        Numbers of the segments that are not there yet, ascending.
    """

    target: Path
    plan: Plan
    film: Joinable
    encoder: Encoder
    cut: Cut
    journal: Journal
    missing: tuple[int, ...]

    @property
    def frames(self) -> frozenset[int]:
        """Frames of the segments that are missing."""
        return frozenset(frame for number in self.missing for frame in self.cut.segments[number])

    def writer(self, frames: Sequence[int], workers: int) -> SegmentsWriter:
        """Return what takes these frames and writes the segments that are missing."""
        return SegmentsWriter([self._slot(number) for number in self.missing], frames, workers)

    def open(self, number: int, path: Path) -> Writer:
        """Return a writer of one segment."""
        return self.encoder.open(path, replace(self.plan.spec, n_frames=len(self.cut.segments[number])))

    def keep(self, number: int, files: Mapping[str, bytes]) -> None:
        """Keep a segment that was made elsewhere."""
        path = self.journal.begin(number)
        for name, content in files.items():
            (path.parent / name).write_bytes(content)
        self.journal.complete(number, self.cut.segments[number], path)

    def join(self) -> None:
        """Put the segments together at the target."""
        parts = [Segment(self.journal.path(i), len(part)) for i, part in enumerate(self.cut.segments)]
        self.film.join(parts, self.target, self.plan.spec)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was there already."""
        there = len(self.cut) - len(self.missing)
        return (f"{there} of {len(self.cut)} segments were there from an earlier run",) if there else ()

    def _slot(self, number: int) -> Slot:
        path: list[Path] = []

        def start() -> Writer:
            path.append(self.journal.begin(number))
            return self.open(number, path[0])

        def done() -> None:
            self.journal.complete(number, self.cut.segments[number], path[0])

        return self.cut.segments[number], start, done

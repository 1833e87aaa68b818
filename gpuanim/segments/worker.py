"""What a worker does: it takes a film without its values, and makes one segment after the other of it.

Points, orders, tables and chrome come once and stay, and so does the operator that is built of them. A
segment brings its own steps, and goes back as the bytes of its files: nobody shares a disk.
"""

from __future__ import annotations

import pickle
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gpuanim.encode._base import Encoder
from gpuanim.errors import GpuanimError, OptionError
from gpuanim.film import Film, Fits, Found, Timings
from gpuanim.frames import FilmSpec
from gpuanim.painting import Painter
from gpuanim.pipeline import Output, record
from gpuanim.plan import Plan, resolve
from gpuanim.segments.fingerprint import fingerprint_of
from gpuanim.segments.windows import Held, Part, with_steps

__all__ = ["Made", "Show", "can_read", "look_of", "make_segment"]


@dataclass(frozen=True, eq=False)
class Show:
    """A film as it travels.

    Parameters
    ----------
    version
        Of gpuanim.
    film
        Without its values.
    found
        What had to look at all of them.
    settings
        Options of `plan.resolve`.
    spec
        What the encoder is told, but for the number of frames.
    look
        What `look_of` says of the plan.
    encoder, name
        Of a segment.
    """

    version: str
    film: Film
    found: Found
    settings: Mapping[str, Any]
    spec: FilmSpec
    look: str
    encoder: Encoder
    name: str


@dataclass(frozen=True, eq=False)
class Made:
    """A segment as it travels back.

    Parameters
    ----------
    files
        Name -> content.
    renderer, facts
        Who drew it, and numbers about that.
    """

    files: dict[str, bytes]
    renderer: str
    facts: dict[str, Any]


def look_of(plan: Plan) -> str:
    """Return a fingerprint of all that is drawn around the points, and of where and how large these are."""
    ground = plan.ground
    panels = [(panel.view, panel.scene.clip, panel.scene.alpha, panel.diameter) for panel in plan.panels]
    return fingerprint_of((ground.under, ground.over, panels, len(plan.moving)))


class _Theatre:
    """A film on this worker: its plan, and the painter with what it has built."""

    def __init__(self, token: str, show: Show) -> None:
        from gpuanim import __version__

        if show.version != __version__:
            raise OptionError(
                f"this worker has gpuanim {__version__}, the film is from {show.version}: install the same"
            )
        self.token, self.show = token, show
        self.timings = Timings()
        self.fits = Fits(show.film, self.timings, show.found)
        accepted = (show.spec.pixel_format,)
        self.plan = resolve(show.film, accepted=accepted, fits=self.fits, **show.settings)
        if look_of(self.plan) != show.look:
            raise OptionError(
                "this worker draws what is around the points otherwise than where the film was made: install "
                "the same matplotlib and the same fonts"
            )
        self.painter = Painter(show.film, (self.plan,), self.fits, self.timings)

    def close(self) -> None:
        self.painter.__exit__()

    def make(self, frames: range, held: Mapping[Part, Held]) -> Made:
        film = with_steps(self.show.film, held).only(*frames)
        spec = replace(self.show.spec, n_frames=len(frames))
        with tempfile.TemporaryDirectory(prefix="gpuanim-") as folder, ExitStack() as undo:
            writer = self.show.encoder.open(Path(folder) / self.show.name, spec)
            undo.callback(writer.abort)
            output = Output(replace(self.plan, spec=spec), (writer,))
            made = record(film, (output,), self.fits, self.timings, painter=self.painter)
            files = {file.name: file.read_bytes() for file in Path(folder).iterdir()}
        return Made(files, self.plan.renderer, made.facts[0])


_lock = threading.Lock()
_theatre: list[_Theatre] = []  # of one film at most, which leaves when the next one comes


def make_segment(show: bytes, token: str, frames: range, held: Mapping[Part, Held]) -> Made:
    """Make the segment of these frames; one at a time in a process, as each uses all its threads.

    Parameters
    ----------
    show
        A pickled `Show`.
    token
        Names it.
    held
        The steps that the frames show, as `Windows.of` returns them.
    """
    with _lock:
        if not _theatre or _theatre[0].token != token:
            while _theatre:
                _theatre.pop().close()
            _theatre.append(_Theatre(token, pickle.loads(show)))  # noqa: S301 (from the client)
        return _theatre[0].make(frames, held)


def can_read(source: bytes, first: str) -> bool:
    """Say whether a pickled portable source has here the step 0 whose fingerprint is `first`."""
    try:
        return fingerprint_of(pickle.loads(source).step(0)) == first  # noqa: S301 (from the client)
    except (GpuanimError, OSError, ImportError, ValueError):
        return False

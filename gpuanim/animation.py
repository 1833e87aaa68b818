"""What the user holds: an `Animation`, rendered when it is asked for."""

from __future__ import annotations

import operator
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from gpuanim.encode._base import Encoder
from gpuanim.errors import OptionError
from gpuanim.film import Film, Timings
from gpuanim.frames import PixelFormat
from gpuanim.look import Look
from gpuanim.painting import Painter
from gpuanim.pipeline import draw_frames
from gpuanim.plan import Plan, resolve
from gpuanim.saving import SaveResult, as_targets, encoders_for, save
from gpuanim.types import Colors
from gpuanim.values.rates import as_fps

__all__ = ["Animation", "SaveResult"]


@dataclass(frozen=True, eq=False)
class Animation:
    """A film that is rendered when it is asked for: immutable, cheap to make and to keep.

    Made by `animate` or `create_animation`. Nothing is computed before `save`, `frame`, `frames` or one
    of the `to_...` methods is called; each call renders anew.
    """

    _film: Film
    _look: Look
    _table: Colors
    _bounds: tuple[float, float, float, float]
    _n_points: int

    @property
    def n_frames(self) -> int | None:
        """Number of frames, or None if only the end of the values will tell."""
        return self._film.timeline.n_frames

    @property
    def fps(self) -> Fraction:
        """Frames per second."""
        return self._film.timeline.fps

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels at the animation's own dpi."""
        return self._look.pixels(self._look.dpi)

    def save(
        self,
        target: str | Path | Iterable[str | Path],
        *,
        dpi: float | None = None,
        fps: float | str | Fraction | None = None,
        encoder: Encoder | None = None,
        title: str = "",
        max_bytes: float | str | None = None,
        shrink: str = "size",
        progress: bool = False,
        **options: Any,
    ) -> Any:
        """Render the film to a file, or once to several.

        Parameters
        ----------
        target
            The format follows from the suffix: ``film.mp4``, ``film.gif``, ``film.html``, or
            ``stills/%03d.png`` for one picture per frame. The film appears at the target when it is
            whole; an older file stays until then. A list of names, such as
            ``["film.mp4", "film.gif", "film.html"]``, renders once and writes all of them.
        dpi
            Dots per inch, as in matplotlib: scales the picture and the points. Default: as made.
        fps
            Frames per second; the frames stay the same ones. Default: as made.
        encoder
            An encoder object, in place of the one that the suffix stands for.
        title
            For the metadata of a video and the heading of a page.
        max_bytes
            Largest file, such as 8_000_000 or ``"8 MB"``. A film that is larger is rendered again with a
            lower dpi, four times at most, until it fills nine tenths of that or more; each of several
            targets on its own. `notes` say what was chosen.
        shrink
            What `max_bytes` lowers: "size" the dpi, "rate" the frames per second; the duration stays.
        progress
            Show a bar with frames per second and the time left.
        **options
            Of the encoder, such as ``crf=14`` or ``quality="high"`` for mp4, ``loop=1`` for GIF. With
            several targets an option goes to the encoders that have it.

        Returns
        -------
        SaveResult or list of SaveResult
            One for each target, if `target` is a list. If writing one of several fails, those that were
            complete before stay.

        Raises
        ------
        OptionError, FormatError, TargetError
            Before the first frame.
        SourceError
            If the values fail on the way; nothing is left at the target.
        EncoderError
            If the encoder fails; with its own last words.
        """
        several = not isinstance(target, str | Path)
        targets = as_targets(target)
        encoders = encoders_for(targets, encoder, options)
        title = "".join(c for c in str(title) if c.isprintable())
        if max_bytes is not None:
            from gpuanim.fit import save_within

            results = [
                save_within(
                    self, path, chosen, max_bytes,
                    shrink=shrink, dpi=dpi, fps=fps, title=title, progress=progress,
                )
                for path, chosen in zip(targets, encoders, strict=True)
            ]  # fmt: skip
            return results if several else results[0]
        results = save(
            self._film,
            targets,
            encoders,
            lambda formats: self._plan(formats, dpi=dpi, fps=fps, title=title),
            progress=progress,
        )
        return results if several else results[0]

    def frame(self, index: int, *, dpi: float | None = None) -> NDArray[np.uint8]:
        """Render one frame.

        Parameters
        ----------
        index
            Frame number from 0; negative numbers count from the end.
        dpi
            As in `save`.

        Returns
        -------
        numpy.ndarray
            (h, w, 3) uint8 RGB; (h, w, 4) RGBA if the background is transparent.

        Raises
        ------
        IndexError
            If there is no such frame.
        """
        timeline = self._film.timeline
        try:
            index = operator.index(index)
        except TypeError:
            raise OptionError(f"index must be a whole number, not {index!r}") from None
        if timeline.n_frames is not None:
            if not -timeline.n_frames <= index < timeline.n_frames:
                raise IndexError(f"frame {index} of a film of {timeline.n_frames} frames")
            index %= timeline.n_frames
        elif index < 0:
            raise IndexError("the film's length is not known in advance: count frames from the start")
        single = replace(self._film, timeline=timeline.only(index))
        for picture in replace(self, _film=single).frames(dpi=dpi):
            return picture
        raise IndexError(f"frame {index}: the film ends before it")

    def frames(self, *, dpi: float | None = None) -> Iterator[NDArray[np.uint8]]:
        """Render frame by frame; each array is the caller's own, as `frame` returns it."""
        timings = Timings()
        plan = self._plan((PixelFormat.RGB24, PixelFormat.RGBA), dpi=dpi, fps=None, title="")
        spec = plan.spec
        buffer = spec.pixel_format.empty(spec.width, spec.height)
        shape = spec.pixel_format.shape(spec.width, spec.height)
        with Painter(self._film, (plan,), timings) as painter:
            for (frame,) in draw_frames(self._film, painter, timings, lambda: (buffer,)):
                yield frame.reshape(shape).copy()

    def to_html5_video(self, embed_limit: float | None = None) -> str:
        """Return a ``<video>`` element that holds the film, as matplotlib's method of that name.

        Parameters
        ----------
        embed_limit
            Largest film in MB. Default: matplotlib's ``rcParams["animation.embed_limit"]``.

        Raises
        ------
        FormatError
            If the film is larger. Frames are never dropped.
        """
        from gpuanim.player.page import plain_video_html

        film, result = self._mp4(None, embed_limit)
        return plain_video_html(film, width=result.width, height=result.height)

    def to_jshtml(
        self,
        fps: float | None = None,
        embed_frames: bool = True,
        default_mode: str | None = None,
        *,
        embed_limit: float | None = None,
        linked_file: str | Path | None = None,
    ) -> str:
        """Return HTML with a player: play, step, speed, loop modes, and a slider exact to the frame.

        Parameters
        ----------
        fps
            Frames per second. Default: as made.
        embed_frames
            Put the film into the page. If False, `linked_file` is written and the page refers to it.
        default_mode
            "loop" (default), "once" or "reflect".
        embed_limit
            Largest film in MB. Default: matplotlib's ``rcParams["animation.embed_limit"]``.
        linked_file
            Where to write the film if it is not embedded; the page refers to it by this path.

        Raises
        ------
        FormatError
            If the film is larger than the limit. Frames are never dropped.
        """
        from gpuanim.player.page import player_html, video_html

        mode = default_mode or "loop"
        if not embed_frames:
            if linked_file is None:
                raise OptionError('embed_frames=False needs linked_file="film.mp4", the file to refer to')
            if Path(linked_file).suffix.lower() not in (".mp4", ".m4v"):
                raise OptionError(
                    f"linked_file must be an .mp4 file, which browsers play, not {str(linked_file)!r}"
                )
            result = self.save(linked_file, fps=fps)
            return player_html(
                quote(Path(linked_file).as_posix()), fps=result.fps, n_frames=result.n_frames,
                width=result.width, height=result.height, default_mode=mode,
            )  # fmt: skip
        film, result = self._mp4(fps, embed_limit)
        return video_html(
            film, fps=result.fps, n_frames=result.n_frames,
            width=result.width, height=result.height, default_mode=mode,
        )  # fmt: skip

    def _repr_html_(self) -> str:
        return self.to_jshtml()

    def _mp4(self, fps: Any, embed_limit: float | None) -> tuple[bytes, SaveResult]:
        from matplotlib import rcParams

        from gpuanim.player.page import check_embed_limit, embedded_bytes

        limit = float(rcParams["animation.embed_limit"]) if embed_limit is None else embed_limit
        with tempfile.TemporaryDirectory(prefix="gpuanim-") as folder:
            path = Path(folder) / "film.mp4"
            result = self.save(path, fps=fps)
            check_embed_limit(embedded_bytes(result.nbytes), limit)
            return path.read_bytes(), result

    def _plan(self, accepted: tuple[PixelFormat, ...], *, dpi: Any, fps: Any, title: str) -> Plan:
        return resolve(
            self._look,
            self._table,
            self._bounds,
            self._n_points,
            accepted=accepted,
            fps=self.fps if fps is None else as_fps(fps),
            n_frames=self.n_frames,
            dpi=dpi,
            title=title,
        )

"""What the user holds: an `Animation`, rendered when it is asked for."""

from __future__ import annotations

import operator
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Any, overload
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from gpuanim.encode._base import Encoder
from gpuanim.errors import OptionError
from gpuanim.film import Film, Fits, Timings
from gpuanim.frames import PixelFormat
from gpuanim.look import pixels, positive
from gpuanim.painting import Painter
from gpuanim.pipeline import Output, draw_frames, record
from gpuanim.plan import Plan, resolve
from gpuanim.saving import SaveResult, as_targets, encoders_for, save
from gpuanim.segments.options import as_segmenting
from gpuanim.values.rates import as_fps

__all__ = ["Animation", "SaveResult"]

_WRITERS = ("ffmpeg", "ffmpeg_file", "html", "imagemagick", "imagemagick_file", "pillow")


@dataclass(frozen=True, eq=False)
class Animation:
    """A film that is rendered when it is asked for: immutable, cheap to make and to keep.

    Made by `animate` or `create_animation`. Nothing is computed before `save`, `frame`, `frames` or one
    of the `to_...` methods is called; each call renders anew.
    """

    _film: Film
    _dpi: float
    _renderer: str = "auto"
    _device: int | None = None

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
        return pixels(self._film.stage.figsize, self._dpi)

    @overload
    def save(self, target: str | Path, **options: Any) -> SaveResult: ...

    @overload
    def save(self, target: Iterable[str | Path], **options: Any) -> list[SaveResult]: ...

    def save(
        self,
        target: str | Path | Iterable[str | Path],
        *,
        dpi: float | None = None,
        fps: float | str | Fraction | None = None,
        encoder: Encoder | None = None,
        title: str = "",
        transparent: bool = False,
        max_bytes: float | str | None = None,
        shrink: str = "size",
        segment: float | None = None,
        workers: int = 1,
        resume: bool | str = False,
        client: Any = None,
        progress: bool = False,
        interactive: bool = False,
        writer: str | None = None,
        **options: Any,
    ) -> SaveResult | list[SaveResult]:
        """Render the film to a file, or once to several.

        Parameters
        ----------
        target
            The format follows from the suffix: ``.mp4`` and ``.mov`` (H.264), ``.webm`` (VP9), ``.mkv``
            (lossless RGB), ``.gif``, ``.apng``, ``.webp``, ``.html``, or ``stills/%03d.png`` for one
            picture per frame. The film appears at the target when it is whole; an older file stays
            until then. A list of names, such as ``["film.mp4", "film.gif", "film.html"]``, renders once
            and writes all of them.
        dpi
            Dots per inch, as in matplotlib: scales the picture and the points. Default: as made.
        fps
            Frames per second; the frames stay the same ones. Default: as made.
        encoder
            An encoder object, in place of the one that the suffix stands for: ``H265(crf=20)``.
        title
            For the metadata of a video and the heading of a page.
        transparent
            Leave out the background; for .mov (ProRes 4444 then), .webm, .mkv, .apng, .webp and .png.
        max_bytes
            Largest file, such as 8_000_000 or ``"8 MB"``. A film that is larger is rendered again with a
            lower dpi, four times at most, until it fills nine tenths of that or more; each of several
            targets on its own. `notes` say what was chosen.
        shrink
            What `max_bytes` lowers: "size" the dpi, "rate" the frames per second; the duration stays.
        segment, workers, resume, client
            Any of them makes the film in closed segments, which are joined without encoding again: .mp4,
            .mov, .webm, .mkv, .html and .png. The same film is the same file for any number of workers and
            cores; lossless ones show what a film in one piece shows, the others differ from it by the
            encoder's choices.

            segment
                Least seconds of a segment, 2 or more; 2 by default.
            workers
                Encoders at work at once, each on a segment; for many cores, where one encoder takes longer
                than the frames. Frames that wait for them are kept in memory.
            resume
                After a failure, Ctrl-C or a crash, finished segments stay in a hidden folder beside the
                target, and the next run makes only what is missing. They are used if they belong to the same
                data, settings and version. A str names values that cannot be told apart before they are
                computed, those of a generator or a callable: another name, another film.
            client
                A `dask.distributed.Client`: its workers make the segments, each with its own cores or GPU.
                Points, order and chrome go to each worker once, values with the segment that shows them, and
                finished segments come back; no disk is shared. A propagation is computed here, step by step;
                steps of a `frame_store` are read by the workers if they find it. Workers that die cost what
                they were making. One target.
        progress
            Show a bar with frames per second and the time left.
        interactive
            Write an HTML page that holds the points themselves, to pan, zoom and point at; its options are
            those of `to_interactive_html`.
        writer
            One of matplotlib's names, such as "ffmpeg", "pillow" or "imagemagick", which code for matplotlib
            gives; the suffix says what is written all the same.
        **options
            ``codec`` names another one that the suffix can hold: "h265" or "av1" in .mp4, "av1" in .webm,
            "prores" in .mov. The others are the encoder's, such as ``quality="high"`` ("draft",
            "standard", "high", "lossless" mean the same picture in each format), ``crf=14``,
            ``pixel_format="yuv444p"``, ``hardware="nvenc"``, or ``loop=1`` for GIF. With several targets
            an option goes to the encoders that have it, and a codec to the files that hold it.

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
        if writer not in (None, *_WRITERS):
            raise OptionError(
                f"writer must be one of matplotlib's, {_WRITERS}, or encoder=...; not {writer!r}"
            )
        if transparent:
            film = self._without_background()
            return film.save(
                target, dpi=dpi, fps=fps, encoder=encoder, title=title, interactive=interactive,
                max_bytes=max_bytes, shrink=shrink, segment=segment, workers=workers, resume=resume,
                client=client, progress=progress, **options,
            )  # fmt: skip
        several = not isinstance(target, str | Path)
        targets = as_targets(target)

        def plan_for(formats: tuple[PixelFormat, ...], fits: Fits) -> Plan:
            return self._described(self._plan(formats, fits, dpi=dpi, fps=fps, title=title), dpi)

        how = as_segmenting(segment, workers, resume, client)
        if how is not None and (interactive or max_bytes is not None):
            other = "interactive=True" if interactive else "max_bytes"
            raise OptionError(f"{other} goes with none of segment, workers, resume and client: leave one out")
        if interactive:
            from gpuanim.player.points.saving import save_page

            if several or encoder is not None or max_bytes is not None:
                raise OptionError("interactive=True writes one page and takes neither encoder nor max_bytes")
            return save_page(self._film, targets[0], plan_for, options, progress=progress)
        encoders = encoders_for(targets, encoder, options, transparent=self._transparent)
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
        if how is None:
            results = save(self._film, targets, encoders, plan_for, progress=progress)
        else:
            from gpuanim.segments.saving import save_in_segments

            results = save_in_segments(
                self._film, targets, encoders, plan_for, how,
                settings=self._settings(dpi=dpi, fps=fps, title=title), progress=progress,
            )  # fmt: skip
        return results if several else results[0]

    def frame(self, index: int, *, dpi: float | None = None, transparent: bool = False) -> NDArray[np.uint8]:
        """Render one frame.

        Parameters
        ----------
        index
            Frame number from 0; negative numbers count from the end.
        dpi, transparent
            As in `save`.

        Returns
        -------
        numpy.ndarray
            (h, w, 3) uint8 RGB; (h, w, 4) RGBA, straight alpha, if the background is transparent.

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
        for picture in replace(self, _film=self._film.only(index)).frames(dpi=dpi, transparent=transparent):
            return picture
        raise IndexError(f"frame {index}: the film ends before it")

    def frames(self, *, dpi: float | None = None, transparent: bool = False) -> Iterator[NDArray[np.uint8]]:
        """Render frame by frame; each array is the caller's own, as `frame` returns it."""
        if transparent:
            yield from self._without_background().frames(dpi=dpi)
            return
        timings = Timings()
        fits = Fits(self._film, timings)
        plan = self._plan((PixelFormat.RGB24, PixelFormat.RGBA), fits, dpi=dpi)
        spec = plan.spec
        shape = spec.pixel_format.shape(spec.width, spec.height)
        with Painter(self._film, (plan,), fits, timings) as painter:
            n_buffers = 1 + painter.lag
            ring = cycle([(spec.pixel_format.empty(spec.width, spec.height),) for _ in range(n_buffers)])
            for (frame,) in draw_frames(self._film, painter, spec.fps, timings, lambda: next(ring)):
                yield frame.reshape(shape).copy()

    def to_array(self, *, dpi: float | None = None, transparent: bool = False) -> NDArray[np.uint8]:
        """Render all frames into one array, (n, h, w, 3) uint8 RGB or (n, h, w, 4) RGBA; as in `frame`."""
        from gpuanim.encode.memory import Memory

        film = self._without_background() if transparent else self
        timings = Timings()
        fits = Fits(film._film, timings)
        plan = film._plan(Memory.formats, fits, dpi=dpi)
        writer = Memory().open(Path(), plan.spec)
        record(film._film, (Output(plan, (writer,)),), fits, timings)
        return writer.frames

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

    def to_interactive_html(
        self,
        *,
        height: int | None = 640,
        dpi: float | None = None,
        fps: float | str | Fraction | None = None,
        title: str = "",
        **options: Any,
    ) -> str:
        """Return HTML that shows the points themselves: pan, zoom, play, and point at one for its value.

        The browser draws them with WebGL2, in the view, sizes, colours and order of the film, with its
        titles, legend, outlines and symbols. Codes of colours are exact, places within 1 / 131,070 of the
        extent of the data. Points must stand still, in one panel, and not be summed up by a blend; with
        ``order="abs"`` points of one level of the scale may change places. Labels of axes, scale bars,
        progress lines and logos are left out.

        Parameters
        ----------
        height
            Of the frame in CSS pixels, which keeps the page apart from the notebook around it. None
            returns the whole page instead, as ``save("page.html", interactive=True)`` writes it.
        dpi, fps, title
            As in `save`.
        **options
            names
                (n,) what the points are called.
            groups, group_colors
                (n,) one label per point, for a legend that picks out groups, and their colours.
            default_mode
                "loop" (default), "once" or "reflect".
            embed_limit
                Largest data of the page in MB, 100 by default. Frames are never dropped.

        Raises
        ------
        OptionError, ShapeError
            If points move, there are several panels or none, or an option cannot be used.
        FormatError
            If the page is larger than the limit.
        """
        from gpuanim.player.points.build import build_page, page_options
        from gpuanim.player.points.document import frame_html

        chosen = page_options(options)
        pixels = None if height is None else int(positive("height", height))
        timings = Timings()
        fits = Fits(self._film, timings)
        plan = self._plan((PixelFormat.RGB24, PixelFormat.RGBA), fits, dpi=dpi, fps=fps, title=title)
        plan = self._described(plan, dpi)
        page = build_page(self._film, plan, chosen, fits, timings, lambda: None)
        text = b"".join(page.parts()).decode("utf-8")
        return text if pixels is None else frame_html(text, pixels, page.title)

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

    @property
    def _transparent(self) -> bool:
        return self._film.stage.background is None

    def _without_background(self) -> Animation:
        return replace(self, _film=replace(self._film, stage=self._film.stage.without_background()))

    def _described(self, plan: Plan, dpi: float | None) -> Plan:
        """Add to a plan what the file is to say of itself."""
        from gpuanim.provenance import describe

        metadata = describe(
            self._film,
            renderer=plan.renderer,
            fps=plan.spec.fps,
            dpi=self._dpi if dpi is None else float(dpi),
        )
        return replace(plan, spec=replace(plan.spec, metadata={**metadata, **plan.dots}))

    def _plan(
        self,
        accepted: tuple[PixelFormat, ...],
        fits: Fits,
        *,
        dpi: Any = None,
        fps: Any = None,
        title: str = "",
    ) -> Plan:
        settings = self._settings(dpi=dpi, fps=fps, title=title)
        return resolve(self._film, accepted=accepted, fits=fits, **settings)

    def _settings(self, *, dpi: Any, fps: Any, title: str) -> dict[str, Any]:
        """Return the options of `plan.resolve`."""
        return {
            "dpi": self._dpi if dpi is None else positive("dpi", dpi),
            "fps": self.fps if fps is None else as_fps(fps),
            "renderer": self._renderer,
            "device": self._device,
            "title": "".join(c for c in str(title) if c.isprintable()),
        }

"""What the user holds: `animate`, `create_animation`, and the `Animation` they return."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from gpuanim import geometry, raster
from gpuanim.encode import encoder_for
from gpuanim.encode._base import Encoder
from gpuanim.errors import OptionError
from gpuanim.frames import PixelFormat
from gpuanim.look import Look, make_look
from gpuanim.pipeline import Film, Timings, draw_frames, record
from gpuanim.plan import Plan, resolve
from gpuanim.types import Colors
from gpuanim.values._base import Norm, Source
from gpuanim.values.rates import as_fps
from gpuanim.values.timeline import Timeline
from gpuanim.values.tracks import Track, as_coords

__all__ = ["Animation", "SaveResult", "animate", "create_animation"]


@dataclass(frozen=True)
class SaveResult:
    """What `Animation.save` did.

    Attributes
    ----------
    path
        The file, or the pattern of the files.
    n_frames, width, height, fps
        As written; `fps` is exact.
    nbytes
        Size on disk.
    renderer, reason
        Who drew, and why it was chosen.
    seconds
        Time by stage. "values", "norm", "color", "raster", "draw", "wait" and "finish" follow each
        other on the calling thread ("wait" is for the encoder); "write" is the thread that feeds the
        encoder, beside them; "total" is the whole call.
    facts
        Numbers of the renderer: points that can be seen, fragments and bytes of the operator.
    notes
        What differs from what was asked for, in words.
    """

    path: Path
    n_frames: int
    width: int
    height: int
    fps: Fraction
    nbytes: int
    renderer: str
    reason: str
    seconds: Mapping[str, float] = field(repr=False)
    facts: Mapping[str, Any] = field(repr=False)
    notes: tuple[str, ...] = ()


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
        target: str | Path,
        *,
        dpi: float | None = None,
        fps: float | str | Fraction | None = None,
        encoder: Encoder | None = None,
        title: str = "",
        progress: bool = False,
        **options: Any,
    ) -> SaveResult:
        """Render the film to a file.

        Parameters
        ----------
        target
            The format follows from the suffix: ``film.mp4``, ``film.gif``, ``film.html``, or
            ``stills/%03d.png`` for one picture per frame. The film appears at the target when it is
            whole; an older file stays until then.
        dpi
            Dots per inch, as in matplotlib: scales the picture and the points. Default: as made.
        fps
            Frames per second; the frames stay the same ones. Default: as made.
        encoder
            An encoder object, in place of the one that the suffix stands for.
        title
            For the metadata of a video and the heading of a page.
        progress
            Show a bar with frames per second and the time left.
        **options
            Of the encoder, such as ``crf=14`` or ``quality="high"`` for mp4, ``loop=1`` for GIF.

        Returns
        -------
        SaveResult

        Raises
        ------
        OptionError, FormatError, TargetError
            Before the first frame.
        SourceError
            If the values fail on the way; nothing is left at the target.
        EncoderError
            If the encoder fails; with its own last words.
        """
        start = time.perf_counter()
        timings = Timings()
        if encoder is None:
            encoder = encoder_for(target, **options)
        elif options:
            raise OptionError(f"give options to the encoder itself, not beside it: {sorted(options)}")
        path = Path(target)
        with timings.measure("plan"):
            plan = self._plan(encoder.formats, dpi=dpi, fps=fps, title=title)
        with raster.create(plan.renderer) as renderer:
            writer = encoder.open(path, plan.spec)
            with _bar(plan.spec.n_frames, path.name, shown=progress) as bar:
                count = record(self._film, plan, renderer, writer, timings, bar.update)
            facts = renderer.facts()
        timings.seconds["total"] = time.perf_counter() - start
        return SaveResult(
            path,
            count,
            plan.spec.width,
            plan.spec.height,
            plan.spec.fps,
            _nbytes(path, count),
            plan.renderer,
            plan.reason,
            MappingProxyType(timings.seconds),
            MappingProxyType(facts),
            (*plan.notes, *encoder.notes(plan.spec)),
        )

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
        with raster.create(plan.renderer) as renderer:
            for frame in draw_frames(self._film, plan, renderer, timings, lambda: buffer):
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


def animate(
    coords: Any,
    values: Any,
    *,
    n_steps: int | None = None,
    n_frames: int | None = None,
    fps: float | str | Fraction | None = None,
    duration: float | None = None,
    tween: str | None = None,
    ease: Any = "linear",
    hold: float | tuple[float, float] = 0.0,
    size: tuple[int, int] | None = None,
    figsize: tuple[float, float] | None = None,
    dpi: float | None = None,
    s: Any = None,
    alpha: float = 1.0,
    order: Any = "data",
    seed: int = 0,
    antialias: bool = True,
    norm: Any = "linear",
    vmin: Any = None,
    vmax: Any = None,
    vcenter: Any = None,
    scope: str | None = None,
    cmap: Any = "viridis",
    na_color: Any = "lightgray",
    background: Any = "white",
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    margin: float = 0.05,
    aspect: str = "equal",
    renderer: str = "auto",
) -> Animation:
    """Describe a film of values that change over points.

    Parameters
    ----------
    coords
        (n, 2) positions. For moving points (t, n, 2), a list of (n, 2), or a callable(i) that returns
        (n, 2) for step i. Must be finite.
    values
        One value per point and step: (t, n) array (also memory-mapped, HDF5 or zarr, read step by
        step), list of (n,) arrays, generator, callable(i), an `obsm`-like (n, t) matrix, or a
        `LabelPropagation`. (n,) is a single step. NaN shows as `na_color`.
    n_steps
        Number of steps where `values` cannot tell (callables).
    n_frames, fps, duration
        Any two of frames, frames per second and seconds fix the third. Default: a frame per step at
        30 frames per second.
    tween
        None shows each step as it is; "linear" blends the values between steps.
    ease
        How fast a blend goes: "linear", "in", "out", "in-out", "smoothstep", "sine", or a
        callable from 0..1 to 0..1.
    hold
        Seconds that the last step stays, or (seconds at the start, seconds at the end).
    size
        (width, height) in pixels, default (1080, 1080); or `figsize` in inches with `dpi`.
    dpi
        Dots per inch, default 100; with `size` it only scales `s`.
    s
        Size in points squared as in matplotlib's `scatter`, one number or (n,): a disc of diameter
        sqrt(s) plus the edge that `scatter` draws (``rcParams["patch.linewidth"]``). Default: such
        that all discs together cover about a third of the picture. Never below one pixel.
    alpha
        Opacity of a point, above 0 and up to 1.
    order
        Who lies on top: "data" (later points), "random" (by `seed`), "value" or "abs" (higher values
        in each frame; redraws all points for each frame), or an (n,) array, higher on top.
    antialias
        Exact coverage of pixels by discs. False makes frames of few colours, for the smallest GIFs.
    norm
        How values become colours: "linear", "rank", "log", a norm of `gpuanim.values` or any
        matplotlib `Normalize`.
    vmin, vmax, vcenter
        Limits of "linear" and "log": numbers, percentiles such as "p99", or callables of the values.
    scope
        "film": one mapping for all steps; "frame": a new one for each. Default: "frame" for "rank",
        "film" otherwise.
    cmap
        Colormap: a name, a matplotlib `Colormap`, or a list of colours.
    na_color, background
        Colours as matplotlib takes them. A background of None is transparent, where the format can.
    xlim, ylim, margin, aspect
        Part of the data to show; by default all of it with a `margin` (share of its extent), with
        equal scales ("equal") or stretched to the frame ("auto").
    renderer
        "auto" or "cpu".

    Returns
    -------
    Animation

    Raises
    ------
    OptionError, ShapeError
        If an argument cannot be used; nothing has been rendered then.

    Examples
    --------
    >>> import numpy as np, gpuanim as ga
    >>> coords = np.random.default_rng(0).normal(size=(1000, 2))
    >>> waves = [np.sin(coords[:, 0] + t) for t in np.linspace(0, 6, 60)]
    >>> ga.animate(coords, waves, cmap="magma", size=(640, 640)).save("waves.mp4")  # doctest: +SKIP
    """
    from gpuanim.values.colors import color_table
    from gpuanim.values.normalize import as_norm
    from gpuanim.values.sources import as_source

    place, n_points = as_coords(coords, n_steps)
    # A callable has as many steps as the film has frames, unless it is told otherwise.
    if n_steps is None and callable(values) and not isinstance(values, Source):
        n_steps = n_frames
    source = as_source(values, n_points=n_points, n_steps=n_steps)
    timeline = Timeline.resolve(
        _common_steps(place, source), n_frames=n_frames, fps=fps, duration=duration,
        tween=tween, ease=ease, hold=hold,
    )  # fmt: skip
    fitted = as_norm(norm, vmin=vmin, vmax=vmax, vcenter=vcenter, scope=scope)
    if fitted.needs_film and not source.rewindable:
        raise OptionError(
            "values that can be read only once cannot be searched for their range: give vmin and vmax, "
            'or scope="frame", or norm="rank"'
        )
    look = make_look(
        n_points, size=size, figsize=figsize, dpi=dpi, s=s, alpha=alpha, order=order, seed=seed,
        antialias=antialias, background=background, xlim=xlim, ylim=ylim, margin=margin,
        aspect=aspect, axes=False, renderer=renderer,
    )  # fmt: skip
    return _assemble(place, source, timeline, fitted, color_table(cmap, na_color=na_color), look, n_points)


def create_animation(
    coords: Any, clrarr: Any, niter: int | None = None, qnorm: bool = True, *, renderer: str = "auto"
) -> Animation:
    """Animate colours over a scatter plot, as the code for matplotlib and celluloid of this name does.

    The picture is that of ``axes.scatter(x, y, c=..., s=0.3)`` on a 6 x 6 inch figure without ticks:
    its layout, size of points, colormap (``rcParams["image.cmap"]``), and colours scaled anew in each
    frame.

    Parameters
    ----------
    coords
        (n, 2) or wider; the first two columns are x and y.
    clrarr
        List of (n,) or (n, 1) arrays, one per frame, or a callable(i), for which `niter` is needed.
        Anything that `animate` takes as values will do.
    niter
        Number of frames.
    qnorm
        Colour by rank (ties averaged), not by value.
    renderer
        "auto" or "cpu".

    Returns
    -------
    Animation
        At matplotlib's default of 5 frames per second; ``save(..., fps=20)`` as needed.
    """
    from matplotlib import rcParams

    from gpuanim.values.colors import color_table
    from gpuanim.values.normalize import Linear, Rank
    from gpuanim.values.sources import as_source

    place = geometry.check_coords(coords)
    source = as_source(_first(clrarr, niter), n_points=len(place), n_steps=niter)
    timeline = Timeline.resolve(source.n_steps, n_frames=niter if source.n_steps else None, fps=5)
    look = make_look(
        len(place), size=None, figsize=(6.0, 6.0), dpi=float(rcParams["figure.dpi"]), s=0.3, alpha=1.0,
        order="data", seed=0, antialias=True, background="white", xlim=None, ylim=None, margin=0.05,
        aspect="auto", axes=True, renderer=renderer,
    )  # fmt: skip
    norm = Rank(scope="frame", stretch=True) if qnorm else Linear(scope="frame")
    table = color_table(rcParams["image.cmap"], na_color=rcParams["axes.facecolor"])
    return _assemble(place, source, timeline, norm, table, look, len(place))


def _first(clrarr: Any, niter: int | None) -> Any:
    """Apply `niter` to a list as the original does: only the first that many are shown."""
    if niter is not None and isinstance(clrarr, Sequence):
        return clrarr[:niter]
    return clrarr


def _common_steps(place: NDArray[np.floating] | Track, source: Source) -> int | None:
    if not isinstance(place, Track):
        return source.n_steps
    if source.n_steps in (1, place.n_steps):
        return place.n_steps
    raise OptionError(f"coords have {place.n_steps} steps, values have {source.n_steps}: both must agree")


def _assemble(
    place: NDArray[np.floating] | Track,
    source: Source,
    timeline: Timeline,
    norm: Norm,
    table: Colors,
    look: Look,
    n_points: int,
) -> Animation:
    bounds = place.bounds() if isinstance(place, Track) else _bounds(place)
    order = look.order
    if not (isinstance(order, str) and order in ("value", "abs")):
        order = geometry.draw_order(order, n_points, look.seed)
    return Animation(Film(place, source, timeline, norm, order), look, table, bounds, n_points)


def _bounds(coords: NDArray[np.floating]) -> tuple[float, float, float, float]:
    x, y = coords[:, 0], coords[:, 1]
    return float(x.min()), float(x.max()), float(y.min()), float(y.max())


def _nbytes(path: Path, count: int) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(Path(str(path) % i).stat().st_size for i in range(count)) if "%" in str(path) else 0


def _bar(total: int | None, name: str, *, shown: bool) -> Any:
    from tqdm import tqdm

    return tqdm(total=total, desc=name, unit="frame", disable=not shown, dynamic_ncols=True)

"""HTML: a page around an H.264 film and the player, in one file or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gpuanim.encode._base import Encoder
from gpuanim.encode._guarded import GuardedWriter
from gpuanim.encode._joining import Joinable, Segment
from gpuanim.encode._metadata import film_comment
from gpuanim.encode.h264 import H264
from gpuanim.encode.target import PartFolder, check_target
from gpuanim.errors import OptionError
from gpuanim.frames import FilmSpec, PixelFormat
from gpuanim.player.page import (
    DEFAULT_MODES,
    check_embed_limit,
    data_url,
    embedded_bytes,
    file_url,
    page_html,
    player_html,
)
from gpuanim.types import Buffer

__all__ = ["HTML"]

_CHECK_EVERY = 32  # frames between looks at the size of the film


@dataclass(frozen=True)
class HTML(Joinable):
    """A page with a player that steps and scrubs frame by frame, around an H.264 film.

    Parameters
    ----------
    embed_frames
        True: the film is inside the page, one file that can be mailed. False: it is a file beside the
        page with the suffix .mp4, and the page links to it.
    embed_limit
        Megabytes (2^20 bytes) of embedded film, as base64; a larger one is an error, never a cut.
    default_mode
        What the player does at the end: "loop", "once" or "reflect".
    crf, preset, quality, threads
        As in `H264`.

    Raises
    ------
    OptionError
        If an option has a value that cannot be used.
    """

    embed_frames: bool = True
    embed_limit: float = 100.0
    default_mode: str = "loop"
    crf: float | None = None
    preset: str | None = None
    quality: str | None = None
    threads: int | None = None

    @property
    def formats(self) -> tuple[PixelFormat, ...]:
        return self._video().formats

    def __post_init__(self) -> None:
        if self.default_mode not in DEFAULT_MODES:
            raise OptionError(f"default_mode must be one of {DEFAULT_MODES}, not {self.default_mode!r}")
        if not self.embed_limit > 0:
            raise OptionError(f"embed_limit must be a positive number of megabytes, not {self.embed_limit!r}")
        self._video()

    def files(self, target: Path, n_frames: int) -> list[Path]:
        return [target] if self.embed_frames else [target, target.with_suffix(".mp4")]

    def open(self, target: Path, spec: FilmSpec) -> _Writer:
        """Start the film in a hidden folder beside `target`."""
        return _Writer(self, self._checked(target), spec, self._video())

    def for_segments(self, target: Path, spec: FilmSpec) -> tuple[Encoder, str]:
        page = self._checked(target)
        return self._video().for_segments(page.with_suffix(".mp4"), spec)

    def join(self, segments: Sequence[Segment], target: Path, spec: FilmSpec) -> None:
        page = check_target(target)
        folder = PartFolder(page)
        try:
            self._video().join(segments, folder.path / "film.mp4", spec)
            n_frames = sum(segment.n_frames for segment in segments)
            publish_page(self, folder, page, spec, n_frames)
        except BaseException:
            folder.discard()
            raise

    def _checked(self, target: Path) -> Path:
        page = check_target(target)
        if not self.embed_frames:
            check_target(page.with_suffix(".mp4"))
        return page

    def _video(self) -> H264:
        return H264(crf=self.crf, preset=self.preset, quality=self.quality, threads=self.threads)


def publish_page(settings: HTML, folder: PartFolder, target: Path, spec: FilmSpec, n_frames: int) -> None:
    """Write the page around the finished `film.mp4` in `folder`, and move what belongs to it to `target`."""
    film, page = folder.path / "film.mp4", folder.path / "page.html"
    moves = [(page, target)]
    if settings.embed_frames:
        check_embed_limit(embedded_bytes(film.stat().st_size), settings.embed_limit)
        source = data_url(film.read_bytes())
    else:
        beside = target.with_suffix(".mp4")
        source = file_url(beside.name)
        moves.insert(0, (film, beside))  # first, so that no page ever links to nothing
    fragment = player_html(
        source,
        fps=spec.fps,
        n_frames=n_frames,
        width=spec.width,
        height=spec.height,
        default_mode=settings.default_mode,
        title=spec.title,
    )
    page.write_text(page_html(fragment, spec.title, film_comment(spec)), encoding="utf-8")
    folder.publish(moves)


class _Writer(GuardedWriter):
    def __init__(self, settings: HTML, page: Path, spec: FilmSpec, video: H264) -> None:
        super().__init__(spec)
        self._settings, self._page = settings, page
        self._folder = PartFolder(page)
        try:
            self._inner = video.open(self._folder.path / "film.mp4", spec)
        except BaseException:
            self._folder.discard()
            raise

    def _put(self, frame: Buffer) -> None:
        self._inner.write(frame)
        if self._settings.embed_frames and self._count % _CHECK_EVERY == 0:
            size = self._inner.growing.stat().st_size
            check_embed_limit(embedded_bytes(size), self._settings.embed_limit)

    def _complete(self) -> None:
        self._inner.finish()
        publish_page(self._settings, self._folder, self._page, self._spec, self._count)

    def _interrupt(self) -> None:
        self._inner.abort()

    def _drop(self) -> None:
        self._inner.abort()
        self._folder.discard()

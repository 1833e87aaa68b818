"""Films to encode, a decoder, and a guard that no test leaves anything behind."""

from __future__ import annotations

import os
import shlex
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from gpuanim.encode import encoder_for
from gpuanim.encode._base import Encoder
from gpuanim.encode.gif import GIF
from gpuanim.encode.process import ffmpeg_exe
from gpuanim.frames import FilmSpec, PixelFormat

RGB = NDArray[np.uint8]

KINDS: dict[str, dict[str, Any]] = {
    "film.mp4": {},
    "film.gif": {},
    "%03d.png": {},
    "film.html": {},
    "linked.html": {"embed_frames": False},
    "film.webm": {},
    "film.mov": {"codec": "prores"},
    "film.mkv": {},
    "film.apng": {},
    "film.webp": {},
}
"""Name of a file -> options of its encoder: each kind of writer, for the tests of what can fail."""

OWN_WRITERS = (".gif", ".png", ".apng", ".webp")
"""Suffixes of the writers without ffmpeg."""


@dataclass(frozen=True)
class Kind:
    """One way to write a film of three or more frames."""

    name: str
    options: dict[str, Any]

    @property
    def encoder(self) -> Encoder:
        return encoder_for(self.name, **self.options)

    @property
    def pixel_format(self) -> PixelFormat:
        return self.encoder.formats[0]

    @property
    def runs_ffmpeg(self) -> bool:
        return self.suffix not in OWN_WRITERS

    @property
    def suffix(self) -> str:
        return Path(self.name).suffix

    def files(self, folder: Path, n_frames: int = 3) -> list[Path]:
        return list(dict.fromkeys(self.encoder.files(folder / self.name, n_frames)))

    def put_old(self, folder: Path) -> list[Path]:
        """Put an older film where the new one goes."""
        olds = self.files(folder)
        for old in olds:
            old.write_text("old")
        return olds


def kinds(*, ffmpeg: bool = False) -> list[Kind]:
    every = [Kind(*item) for item in KINDS.items()]
    return [kind for kind in every if kind.runs_ffmpeg or not ffmpeg]


@pytest.fixture(params=kinds(), ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Every kind of writer in turn."""
    return request.param


@pytest.fixture(params=[*kinds(), Kind("film.png", {})], ids=lambda kind: kind.name)
def kind_or_picture(request: pytest.FixtureRequest) -> Kind:
    """Every kind of writer in turn, and a single picture, which takes one frame only."""
    return request.param


@pytest.fixture
def all_kinds() -> list[Kind]:
    """All kinds of writers together."""
    return kinds()


@pytest.fixture(params=kinds(ffmpeg=True), ids=lambda kind: kind.name)
def ffmpeg_kind(request: pytest.FixtureRequest) -> Kind:
    """Every kind of writer that runs ffmpeg in turn."""
    return request.param


@pytest.fixture
def pretend(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Return a function that puts a shell script in ffmpeg's place; in it `$FFMPEG` is the real one."""

    def replace(script: str) -> None:
        path = tmp_path_factory.mktemp("pretend") / "ffmpeg"
        path.write_text(f"#!/bin/sh\nFFMPEG={shlex.quote(ffmpeg_exe())}\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(path))

    return replace


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Return a function that mounts a tmpfs with the given options, or skips the test."""
    made: list[Path] = []

    def attach(options: str) -> Path:
        folder = tmp_path / "mounted"
        folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False
        )
        if done.returncode != 0:
            pytest.skip(f"only root can mount a tmpfs: {done.stderr.decode().strip()}")
        made.append(folder)
        return folder

    yield attach
    for folder in made:
        subprocess.run(["umount", folder], check=True)


def children() -> set[int]:
    """Return the ids of this process's children, zombies included; those of other tests may be there."""
    found: set[int] = set()
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # a thread that has ended since
            found.update(map(int, task.read_text().split()))
    return found


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path) -> Iterator[None]:
    """After every test: no hidden file in the temporary folder, no process, no thread, no descriptor."""
    ffmpeg_exe()  # its first call runs ffmpeg
    threads, before = set(threading.enumerate()), children()
    descriptors = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
    yield
    assert not [path for path in tmp_path.rglob("*") if ".part" in path.name]
    assert not children() - before
    assert not [t for t in set(threading.enumerate()) - threads if not t.name.startswith("gpuanim_")]
    if descriptors:
        assert len(os.listdir("/proc/self/fd")) <= len(descriptors)


@pytest.fixture
def make_spec(make_spec_once: Callable[..., FilmSpec]) -> Callable[..., FilmSpec]:
    """Return a function that fills in what a test does not care about."""
    return make_spec_once


@pytest.fixture(scope="session")
def make_spec_once() -> Callable[..., FilmSpec]:
    """Return the same, for tests with many examples."""

    def make(
        pixel_format: str = "nv12",
        width: int = 64,
        height: int = 48,
        fps: Fraction | int = 30,
        n_frames: int | None = None,
        colors: object = ((255, 255, 255),),
        title: str = "",
        metadata: Mapping[str, Any] = MappingProxyType({}),
        background: tuple[int, int, int] | None = None,
    ) -> FilmSpec:
        table = np.array(colors, np.uint8)
        layout = PixelFormat(pixel_format)
        return FilmSpec(width, height, Fraction(fps), layout, n_frames, table, title, background, metadata)

    return make


@pytest.fixture
def to_yuv() -> Callable[[RGB, str], NDArray[np.uint8]]:
    """Return a function from (h, w, 3) RGB to a flat 4:2:0 frame, written from BT.709 for these tests."""

    def convert(rgb: RGB, pixel_format: str) -> NDArray[np.uint8]:
        r, g, b = (rgb[..., i] / 255 for i in range(3))
        y = 0.2126 * r + 0.7152 * g + 0.0722 * b
        planes = [16 + 219 * y, 128 + 224 * (b - y) / 1.8556, 128 + 224 * (r - y) / 1.5748]
        h, w = y.shape
        luma, u, v = (np.rint(p).astype(np.uint8) for p in planes)
        u, v = (p.reshape(h // 2, 2, w // 2, 2).astype(int).sum((1, 3)) + 2 >> 2 for p in (u, v))
        chroma = [np.stack([u, v], -1)] if pixel_format == "nv12" else [u, v]
        return np.concatenate([luma.ravel(), *(c.astype(np.uint8).ravel() for c in chroma)])

    return convert


@pytest.fixture
def grey() -> Callable[[FilmSpec, int], NDArray[np.uint8]]:
    """Return a function that makes a frame of one value in all bytes."""

    def make(spec: FilmSpec, value: int) -> NDArray[np.uint8]:
        return np.full(spec.pixel_format.nbytes(spec.width, spec.height), value, np.uint8)

    return make


class Gifs:
    """Writes GIFs, and reads them by Pillow."""

    @staticmethod
    def palette(n: int, seed: int = 0) -> RGB:
        """Return `n` different colours."""
        numbers = np.random.default_rng(seed).permutation(2**24)[:n]
        return numbers.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3]

    @staticmethod
    def write(path: Path, spec: FilmSpec, frames: Iterable[RGB], **options: Any) -> None:
        """Write a film with the options of `GIF`."""
        with GIF(**options).open(path, spec) as writer:
            for frame in frames:
                writer.write(frame)

    @staticmethod
    def read(path: Path) -> tuple[RGB, list[int]]:
        """Return the images as RGB, and their delays in hundredths of a second."""
        with Image.open(path) as image:
            frames = ImageSequence.Iterator(image)
            pairs = [(np.asarray(frame.convert("RGB")), frame.info["duration"] // 10) for frame in frames]
        return np.stack([frame for frame, _ in pairs]), [delay for _, delay in pairs]

    def read_film(self, path: Path, delay: int) -> RGB:
        """Return the frames as RGB: an image that is shown for n times `delay` is n frames."""
        images, delays = self.read(path)
        assert all(shown % delay == 0 for shown in delays)
        return np.repeat(images, [shown // delay for shown in delays], axis=0)


@pytest.fixture(scope="session")
def gifs() -> Gifs:
    """Return what writes and reads GIFs."""
    return Gifs()

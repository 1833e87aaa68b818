"""What is here, what gpuanim makes of it, and what to install: `gpuanim doctor`."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib import metadata

from gpuanim.errors import GpuanimError, OptionError
from gpuanim.raster.book import read_book
from gpuanim.raster.choice import FILMS
from gpuanim.raster.opengl import remedies
from gpuanim.raster.opengl.limits import DATA_CENTRE, Limits
from gpuanim.raster.opengl.probe import looked, run_child
from gpuanim.raster.rivals import fastest

__all__ = ["Cuda", "Ffmpeg", "OpenGL", "Report", "report"]

REQUIRED = ("numpy", "scipy", "numba", "matplotlib", "imageio", "imageio-ffmpeg", "anndata", "vispy", "tqdm")
OPTIONAL = ("zarr", "scanpy", "cupy-cuda12x", "cupy-cuda13x")


@dataclass(frozen=True)
class Ffmpeg:
    """The ffmpeg that writes films, and those of its encoders that work here."""

    path: str | None = None
    version: str | None = None
    encoders: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class OpenGL:
    """An offscreen OpenGL context, opened in a child process, in which a frame of points was drawn.

    Parameters
    ----------
    place
        Where it was found: an EGL device, Mesa without one, a hidden window.
    limits
        What the driver says of itself; None if there is no context.
    tried
        Place -> how it failed, of those before.
    """

    place: str = ""
    limits: Limits | None = None
    tried: dict[str, str] = field(default_factory=dict)

    @property
    def draws(self) -> bool:
        """Whether there is a context, and points came out right."""
        return self.limits is not None

    @property
    def software(self) -> bool:
        """Whether the processor draws, not a GPU."""
        return self.limits is not None and self.limits.software


@dataclass(frozen=True)
class Cuda:
    """The NVIDIA driver (`driver` is the CUDA version that it supports), its devices, and CuPy."""

    driver: str | None = None
    devices: tuple[str, ...] = ()
    cupy: str | None = None
    works: bool = False
    error: str | None = None


@dataclass(frozen=True)
class Report:
    """The whole of it; `str()` gives the text that `gpuanim doctor` prints.

    `renderer` and `reason` are those of `choice.FILMS[0]`, or what the environment says; `films` has those of
    the others, and `costs` where the numbers come from.
    """

    gpuanim: str
    python: str
    system: str
    cores: int
    packages: dict[str, str | None]
    ffmpeg: Ffmpeg
    opengl: OpenGL
    cuda: Cuda
    renderer: str
    reason: str
    films: tuple[tuple[str, str], ...] = ()
    costs: str = ""
    advice: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether films can be made: all required packages, and an ffmpeg that writes H.264."""
        return all(self.packages[name] for name in REQUIRED) and "libx264" in self.ffmpeg.encoders

    def to_json(self) -> str:
        """Return the report as JSON."""
        content = asdict(self)
        content["opengl"] |= {"draws": self.opengl.draws, "software": self.opengl.software}
        return json.dumps({**content, "ok": self.ok}, indent=2)

    def __str__(self) -> str:
        return "\n".join(f"{name:<9} {line}".rstrip() for name, line in _lines(self))


def report() -> Report:
    """Examine the machine; takes a second or two. OpenGL and CUDA are tried in child processes."""
    from gpuanim import __version__, raster
    from gpuanim._threads import n_threads

    with ThreadPoolExecutor(3) as pool:
        ffmpeg, opengl, cuda = pool.submit(_ffmpeg), pool.submit(_opengl), pool.submit(_cuda)
    packages = {name: _version(name) for name in REQUIRED + OPTIONAL}
    asked = os.environ.get("GPUANIM_RENDERER", "auto")
    book = read_book()
    films = [fastest(film, book) for film in FILMS] if asked == "auto" else []
    renderer, reason = (films[0].name, films[0].reason) if films else raster.choose(asked)
    found = Report(
        gpuanim=__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        cores=n_threads(),
        packages=packages,
        ffmpeg=ffmpeg.result(),
        opengl=opengl.result(),
        cuda=cuda.result(),
        renderer=renderer,
        reason=reason,
        films=tuple((film.name, film.reason) for film in films[1:]),
        costs=book.note or book.origin,
    )
    return Report(**{**vars(found), "advice": tuple(_advice(found))})


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _ffmpeg() -> Ffmpeg:
    from gpuanim.encode.probe import ffmpeg_info

    try:
        info = ffmpeg_info()
    except GpuanimError as error:
        return Ffmpeg(error=str(error))
    return Ffmpeg(path=info.path, version=info.version, encoders=info.encoders)


def _opengl() -> OpenGL:
    try:
        found, tried = looked()
    except OptionError as error:  # of GPUANIM_EGL_DEVICE
        return OpenGL(tried={"device": str(error)})
    return OpenGL(tried=tried) if found is None else OpenGL(found.place, found.limits, tried)


def _cuda() -> Cuda:
    told = run_child("cuda")
    return Cuda(**{**told, "devices": tuple(told.get("devices", ()))})


def _advice(found: Report) -> Iterator[str]:
    for name in REQUIRED:
        if found.packages[name] is None:
            yield f"{name} is required: pip install {name}"
    if found.ffmpeg.path is None:
        yield "ffmpeg is required: pip install imageio-ffmpeg brings one"
    elif "libx264" not in found.ffmpeg.encoders:
        yield "this ffmpeg cannot write H.264; the one of pip install imageio-ffmpeg can"
    opengl = found.opengl
    yield from remedies.advice(opengl.tried, software=opengl.software if opengl.draws else None)
    if found.cuda.driver and not found.cuda.cupy:
        extra = "cuda13" if float(found.cuda.driver) >= 13 else "cuda12"
        yield f'for CUDA: pip install "gpuanim[{extra}]"'
    if found.packages["scanpy"] is None:
        yield 'for the real cells of `gpuanim demo`: pip install "gpuanim[demo]"'
    if found.packages["zarr"] is None:
        yield "to read .zarr: pip install zarr"


def _lines(found: Report) -> Iterator[tuple[str, str]]:
    yield "gpuanim", f"{found.gpuanim}, Python {found.python}, {found.system}, {found.cores} cores"
    here = [f"{name} {version}" for name, version in found.packages.items() if version]
    for i in range(0, len(here), 6):
        yield "packages" if not i else "", ", ".join(here[i : i + 6])
    yield from _ffmpeg_lines(found.ffmpeg)
    yield from _opengl_lines(found.opengl)
    yield "CUDA", _cuda_line(found.cuda)
    yield "drawing", f"{found.renderer}: {found.reason}"
    for name, why in found.films:
        yield "", f"{name}: {why}"
    if found.costs:
        yield "", found.costs
    for i, line in enumerate(found.advice):
        yield "install" if not i else "", line
    yield "result", "films can be made" if found.ok else "films can NOT be made: see above"


def _ffmpeg_lines(ffmpeg: Ffmpeg) -> Iterator[tuple[str, str]]:
    if ffmpeg.path is None:
        yield "ffmpeg", f"not found: {ffmpeg.error}"
        return
    yield "ffmpeg", f"{ffmpeg.version}, {ffmpeg.path}"
    yield "", f"works: {', '.join(ffmpeg.encoders) or 'nothing'}"


def _opengl_lines(opengl: OpenGL) -> Iterator[tuple[str, str]]:
    limits = opengl.limits
    if limits is None:
        yield "OpenGL", "not available"
    else:
        kind = "software, no GPU" if limits.software else "GPU"
        slow = next((name for name in DATA_CENTRE if name in limits.renderer), None)
        if slow:
            kind += f"; an {slow} draws OpenGL slowly"
        yield "OpenGL", f"{kind}: {limits.renderer} by {limits.vendor}, {limits.version} ({opengl.place})"
        yield (
            "",
            (
                f"at most {limits.texture} pixels a side of a texture, {limits.viewport} of a viewport, "
                f"{limits.point:g} of a sprite, {limits.samples} samples"
            ),
        )
    for place, why in opengl.tried.items():
        yield "", f"not {place}: {why}"


def _cuda_line(cuda: Cuda) -> str:
    if cuda.driver is None:
        return cuda.error or "no NVIDIA driver"
    devices = ", ".join(cuda.devices) or "no device"
    if cuda.cupy is None:
        state = "CuPy is not installed"
    else:
        state = f"CuPy {cuda.cupy} {'works' if cuda.works else 'does not work'}"
    return f"{devices}; driver for CUDA {cuda.driver}; {state}" + (f": {cuda.error}" if cuda.error else "")

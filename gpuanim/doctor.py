"""What is here, what gpuanim makes of it, and what to install: `gpuanim doctor`."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from gpuanim.errors import GpuanimError

__all__ = ["Cuda", "Ffmpeg", "OpenGL", "Report", "report"]

REQUIRED = ("numpy", "scipy", "numba", "matplotlib", "imageio", "imageio-ffmpeg", "anndata", "vispy", "tqdm")
OPTIONAL = ("zarr", "scanpy", "cupy-cuda12x", "cupy-cuda13x")
SOFTWARE_GL = ("llvmpipe", "softpipe", "swrast", "swr", "software", "swiftshader")
DATA_CENTRE = ("H100", "H200", "H800")  # two of their many processors can run shaders
MESA = "apt-get install libegl1 libgl1-mesa-dri (Debian), dnf install mesa-libEGL mesa-dri-drivers (Fedora)"
CHILD_SECONDS = 60


@dataclass(frozen=True)
class Ffmpeg:
    """The ffmpeg that writes films, and those of its encoders that work here."""

    path: str | None = None
    version: str | None = None
    encoders: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class OpenGL:
    """An offscreen OpenGL context through EGL, opened in a child process."""

    vendor: str | None = None
    renderer: str | None = None
    version: str | None = None
    platform: str = ""
    draws: bool = False
    error: str | None = None

    @property
    def software(self) -> bool:
        """Whether the processor draws, not a GPU."""
        return any(name in (self.renderer or "").lower() for name in SOFTWARE_GL)


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
    """The whole of it; `str()` gives the text that `gpuanim doctor` prints."""

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
    advice: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether films can be made: all required packages, and an ffmpeg that writes H.264."""
        return all(self.packages[name] for name in REQUIRED) and "libx264" in self.ffmpeg.encoders

    def to_json(self) -> str:
        """Return the report as JSON."""
        content = asdict(self)
        content["opengl"]["software"] = self.opengl.software
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
    renderer, reason = raster.choose(os.environ.get("GPUANIM_RENDERER", "auto"))
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
    """Try the system's display or device if there is one, else, or if that fails, a surface in memory."""
    devices = [*Path("/dev/dri").glob("renderD*"), *Path("/dev").glob("nvidia[0-9]*")]
    tries = [os.environ.get("EGL_PLATFORM", "")] if devices or "EGL_PLATFORM" in os.environ else []
    found = OpenGL()
    for egl_platform in dict.fromkeys([*tries, "surfaceless"]):
        # Set before vispy's backend is imported: importing it initialises the display.
        told = _probe("opengl", {"EGL_PLATFORM": egl_platform} if egl_platform else {})
        found = OpenGL(**told, platform=egl_platform or "default")
        if found.draws:
            break
    return found


def _cuda() -> Cuda:
    told = _probe("cuda", {})
    return Cuda(**{**told, "devices": tuple(told.get("devices", ()))})


def _probe(what: str, environment: dict[str, str]) -> dict[str, Any]:
    script = Path(__file__).with_name("_probe.py")
    command = [sys.executable, "-P", str(script), what]
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, text=True, timeout=CHILD_SECONDS,
            env={**os.environ, **environment},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return {"error": f"{type(error).__name__}: {error}"}
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        return {"error": f"the driver crashed (exit status {done.returncode}): {last[0]}"}
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def _advice(found: Report) -> Iterator[str]:
    for name in REQUIRED:
        if found.packages[name] is None:
            yield f"{name} is required: pip install {name}"
    if found.ffmpeg.path is None:
        yield "ffmpeg is required: pip install imageio-ffmpeg brings one"
    elif "libx264" not in found.ffmpeg.encoders:
        yield "this ffmpeg cannot write H.264; the one of pip install imageio-ffmpeg can"
    if found.opengl.error and "EGL library not found" in found.opengl.error:
        yield f"for OpenGL without a display: {MESA}"
    elif found.opengl.error:
        yield f"OpenGL did not start; for one in software: {MESA}"
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
    yield "OpenGL", _opengl_line(found.opengl)
    yield "CUDA", _cuda_line(found.cuda)
    yield "drawing", f"{found.renderer}: {found.reason}"
    if found.opengl.draws or found.cuda.works:
        yield "", "OpenGL and CUDA are not used for drawing by this version"
    for i, line in enumerate(found.advice):
        yield "install" if not i else "", line
    yield "result", "films can be made" if found.ok else "films can NOT be made: see above"


def _ffmpeg_lines(ffmpeg: Ffmpeg) -> Iterator[tuple[str, str]]:
    if ffmpeg.path is None:
        yield "ffmpeg", f"not found: {ffmpeg.error}"
        return
    yield "ffmpeg", f"{ffmpeg.version}, {ffmpeg.path}"
    yield "", f"works: {', '.join(ffmpeg.encoders) or 'nothing'}"


def _opengl_line(opengl: OpenGL) -> str:
    if opengl.error:
        return f"not available: {opengl.error}"
    kind = "software, no GPU" if opengl.software else "GPU"
    slow = next((name for name in DATA_CENTRE if name in (opengl.renderer or "")), None)
    if slow:
        kind += f"; an {slow} draws OpenGL slowly"
    fails = "" if opengl.draws else "; DRAWS WRONGLY"
    return f"{kind}: {opengl.renderer} by {opengl.vendor}, {opengl.version} (EGL {opengl.platform}){fails}"


def _cuda_line(cuda: Cuda) -> str:
    if cuda.driver is None:
        return cuda.error or "no NVIDIA driver"
    devices = ", ".join(cuda.devices) or "no device"
    if cuda.cupy is None:
        state = "CuPy is not installed"
    else:
        state = f"CuPy {cuda.cupy} {'works' if cuda.works else 'does not work'}"
    return f"{devices}; driver for CUDA {cuda.driver}; {state}" + (f": {cuda.error}" if cuda.error else "")

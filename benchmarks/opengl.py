"""Moving points through OpenGL: drawing alone, conversion and read-back apart, beside vispy's own ways.

    python benchmarks/opengl.py                             # 100k, 1M and 10M points, 1080p and 4K
    python benchmarks/opengl.py --points 100000 --size 1920x1080 --runs 3 --no-json

All ways draw the same points, with other positions and colours in every frame, to what is not shown:

- "squares" and "discs": vispy's bare gl.glDrawArrays with the shortest shaders, of points that are there
  already. The discs have a soft edge, one pixel wide, which is not the pixel's share of the disc.
- "draw": ours, without uploads; "upload" has those.
- "convert" to NV12 by a shader, and "read back" through a pixel buffer.
- "frame": all of this, one frame being read back while the next is drawn.
- "markers": vispy's scene.Markers and canvas.render(), to RGBA, with points that lie over each other in
  their order. "markers, hidden" is vispy's default: a test of depth, by which the corners of a sprite, where
  nothing shows, hide the points that come later.
- "cpu": the `cpu` renderer, which builds its operator anew for each frame.

The ways take turns, so that whatever else the machine does slows down all of them. "cpu_ms" is what the
threads of this process have worked; with a software renderer that is all there is to count.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import Any

import numpy as np
from _report import write
from numpy.typing import NDArray

from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Ground, Points, Renderer, Scene
from gpuanim.raster.cpu import CpuRenderer
from gpuanim.raster.opengl.memory import Stream, Texture
from gpuanim.raster.opengl.renderer import OpenglRenderer
from gpuanim.types import Codes
from gpuanim.values.colors import color_table

Ways = dict[str, Callable[[], object]]

DIAMETER = 2.15
STYLES = {"opaque": (1.0, False), "antialiased": (1.0, True), "alpha 0.3, antialiased": (0.3, True)}

VERTEX = """#version 330
in float x; in float y; in float code;
uniform vec2 size; uniform float side; uniform sampler2D table;
flat out vec4 color; flat out vec2 centre;
void main() {
    gl_Position = vec4(2.0 * vec2(x, y) / size - 1.0, 0.0, 1.0);
    gl_PointSize = side;
    color = texelFetch(table, ivec2(int(code), 0), 0);
    centre = vec2(x, y);
}
"""
SQUARES = """#version 330
flat in vec4 color; out vec4 drawn;
void main() { drawn = color; }
"""
DISCS = """#version 330
flat in vec4 color; flat in vec2 centre; uniform float radius; out vec4 drawn;
void main() { drawn = color * clamp(radius + 0.5 - distance(gl_FragCoord.xy, centre), 0.0, 1.0); }
"""


class Motion:
    """Points that are elsewhere, and have other colours, each time that one asks."""

    def __init__(self, n: int, size: tuple[int, int], style: tuple[float, bool]) -> None:
        rng = np.random.default_rng(0)
        x, y = (rng.normal(side / 2, side / 8, n).astype(np.float32) for side in size)
        ids = np.arange(n, dtype=np.uint32)
        self.n, self.size = n, size
        self.places = [Points(x + np.float32(k), y, DIAMETER, ids) for k in range(2)]
        self.codes: list[Codes] = list(rng.integers(0, 256, (2, n)).astype(np.uint16))
        self.table = color_table("viridis")
        self.scene = Scene(Ground(*size, np.full(3, 255, np.uint8)), (0, 0, *size), *style)
        self._frame = itertools.count()

    def place(self, renderer: Renderer) -> int:
        """Put the points elsewhere, and return the number of the frame."""
        frame = next(self._frame)
        renderer.place(self.places[frame % 2], self.scene, self.n, keep=False)
        return frame

    def frames(self, renderer: Renderer) -> Callable[[], None]:
        """Return a function that draws a frame, and finishes the one before if the renderer lags behind."""
        canvas = renderer.canvas(self.table, PixelFormat.NV12)
        outs = [np.empty(PixelFormat.NV12.nbytes(*self.size), np.uint8) for _ in range(2)]
        self.place(renderer)
        for out in outs:
            canvas.still(out)

        def draw() -> None:
            frame = self.place(renderer)
            if not renderer.lag:
                canvas.still(outs[0])
            canvas.draw(self.codes[frame % 2], outs[frame % 2])
            canvas.finish(outs[(frame - renderer.lag) % 2])

        return draw


def pieces(gl: Any, renderer: OpenglRenderer, motion: Motion) -> Ways:
    """Return what a frame consists of, each part waited for."""
    canvas = renderer.canvas(motion.table, PixelFormat.NV12)
    out = np.empty(PixelFormat.NV12.nbytes(*motion.size), np.uint8)
    canvas.still(out)
    (layout, layers), *_ = canvas._tiles

    def upload() -> None:
        renderer.points.color(motion.codes[motion.place(renderer) % 2], narrow=True)
        gl.glFinish()

    def draw() -> None:
        canvas._draw_under(layout, layers)
        renderer.points.draw(layout.window, motion.scene.clip, canvas._table)
        gl.glFinish()

    def convert() -> None:
        canvas._convert(gl, layout, layers)
        gl.glFinish()

    def read_back() -> None:
        canvas._packed.draw_to(*layout.shape[::-1])
        canvas._ring.finish(canvas._ring.start(*layout.shape[::-1]), lambda packed: layout.copy(packed, out))

    return {"upload": upload, "draw": draw, "convert": convert, "read back": read_back}


def bare(gl: Any, renderer: OpenglRenderer, motion: Motion, fragment: str, side: float) -> Callable[[], None]:
    """Return a function that draws by vispy's bare functions, to the framebuffer that ours draws to."""
    program = gl.glCreateProgram()
    for kind, source in ((gl.GL_VERTEX_SHADER, VERTEX), (gl.GL_FRAGMENT_SHADER, fragment)):
        shader = gl.glCreateShader(kind)
        gl.glShaderSource(shader, source)
        gl.glCompileShader(shader)
        gl.glAttachShader(program, shader)
    array = ctypes.c_uint()
    gl.glGenVertexArrays(1, ctypes.byref(array))
    gl.glBindVertexArray(array)
    places = motion.places[0]
    inputs: dict[str, NDArray[Any]] = {"x": places.x, "y": places.y, "code": motion.codes[0].astype(np.uint8)}
    for location, (name, numbers) in enumerate(inputs.items()):
        gl.glBindAttribLocation(program, location, name)
        Stream(gl, location).put(numbers)
    gl.glLinkProgram(program)
    gl.glBindVertexArray(0)
    table = Texture(gl)
    table.put(motion.table[None, :256])
    at = {name: gl.glGetUniformLocation(program, name) for name in ("size", "side", "radius", "table")}
    switches = (0x8642, 0x8861, gl.GL_BLEND)  # the program tells sizes, which need not be whole pixels

    def draw() -> None:
        renderer.target.draw_to(*motion.size, renderer.depth)
        gl.glClearColor(1.0, 1.0, 1.0, 1.0)
        gl.glClear(gl.GL_COLOR_BUFFER_BIT)
        gl.glUseProgram(program)
        gl.glUniform2f(at["size"], *(float(pixels) for pixels in motion.size))
        gl.glUniform1f(at["side"], side)
        gl.glUniform1f(at["radius"], DIAMETER / 2)
        gl.glUniform1i(at["table"], 0)
        table.bind(0)
        gl.glViewport(0, 0, *motion.size)
        for switch in switches:
            gl.glEnable(switch)
        gl.glBlendFunc(gl.GL_ONE, gl.GL_ONE_MINUS_SRC_ALPHA)
        gl.glBindVertexArray(array)
        gl.glDrawArrays(gl.GL_POINTS, 0, motion.n)
        gl.glBindVertexArray(0)
        for switch in switches:
            gl.glDisable(switch)
        gl.glFinish()

    return draw


def markers(motion: Motion, *, layered: bool = True) -> tuple[Any, Callable[[], object]]:
    """Return vispy's canvas with Markers, and a function that moves, colours and renders them.

    `layered` leaves out the test of depth that they have by default.
    """
    from vispy import app, scene

    canvas = scene.SceneCanvas(size=motion.size, app=app.Application("egl"), bgcolor="white", show=False)
    visual = scene.visuals.Markers(parent=canvas.scene)
    if layered:
        visual.set_gl_state("translucent", depth_test=False)
    places = [np.column_stack([points.x, points.y]) for points in motion.places]
    table = np.concatenate([motion.table / 255.0, np.ones((len(motion.table), 1))], axis=1).astype(np.float32)
    table[:, 3] = motion.scene.alpha
    frames = itertools.count()

    def render() -> object:
        k = next(frames) % 2
        visual.set_data(
            places[k], face_color=table[motion.codes[k]], size=DIAMETER, edge_width=0, symbol="disc"
        )
        return canvas.render()

    return canvas, render


def timed(ways: Ways, runs: int) -> dict[str, dict[str, float]]:
    """Time all ways in turns: median milliseconds on the clock and of this process's threads."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for turn in range(runs + 1):
        for name, way in ways.items():
            clock, worked = time.perf_counter(), time.process_time()
            way()
            if turn:  # the first one warms up
                found[name].append((time.perf_counter() - clock, time.process_time() - worked))
    return {
        name: {"ms": 1e3 * median(t for t, _ in times), "cpu_ms": 1e3 * median(t for _, t in times)}
        for name, times in found.items()
    }


def measure(n: int, size: tuple[int, int], style: tuple[float, bool], runs: int) -> dict[str, Any]:
    """Time all ways for one number of points."""
    motion = Motion(n, size, style)
    with ExitStack() as stack:
        renderer = stack.enter_context(OpenglRenderer())
        whole = stack.enter_context(OpenglRenderer())
        cpu = stack.enter_context(CpuRenderer())
        ways: Ways = {"frame": motion.frames(whole), "cpu": motion.frames(cpu)}
        for name, layered in (("markers", True), ("markers, hidden", False)):
            canvas, ways[name] = markers(motion, layered=layered)
            stack.callback(canvas.close)
        motion.place(renderer)
        side = DIAMETER + style[1]  # as large as the discs need

        def ours(way: Callable[[], object]) -> Callable[[], object]:
            def call() -> None:
                with renderer.context.current():
                    way()

            return call

        with renderer.context.current() as gl:
            parts = {
                "squares": bare(gl, renderer, motion, SQUARES, side),
                "discs": bare(gl, renderer, motion, DISCS, side),
                **pieces(gl, renderer, motion),
            }
        return timed({**{name: ours(way) for name, way in parts.items()}, **ways}, runs)


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--size", nargs="+", default=["1920x1080", "3840x2160"])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--style", action="append", choices=STYLES, help="default: all")
    parser.add_argument("--no-json", action="store_true")
    args = parser.parse_args()
    with OpenglRenderer() as renderer:
        facts = renderer.facts()["opengl"]
    results: dict[str, Any] = {"opengl": facts}
    print(facts)
    for n, size, style in itertools.product(args.points, args.size, args.style or STYLES):
        width, height = (int(v) for v in size.split("x"))
        row = measure(n, (width, height), STYLES[style], args.runs)
        results[f"{n:,} points, {size}, {style}"] = row
        print(f"{n:,} points, {size}, {style}")
        for name, times in row.items():
            print(f"  {name:15s} {times['ms']:8.1f} ms, {times['cpu_ms']:8.1f} ms of the processor")
        for other in ("squares", "discs", "markers", "markers, hidden"):
            ratio = row["draw"]["cpu_ms"] / row[other]["cpu_ms"]
            print(f"  draw takes {ratio:.2f} of the processor's time for {other}")
    if not args.no_json:
        write("opengl", results)


if __name__ == "__main__":
    main()

"""Films of points that move, by gpuanim and as users of other packages write them: one path a function.

Each takes the points, and returns how a frame is drawn, drawn and read back, and how a film is made. What a
package does not tell apart is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _peers import imageio_writer
from numpy.typing import NDArray
from opengl import DIAMETER, Motion, markers, pieces

from gpuanim.raster.cpu import CpuRenderer
from gpuanim.raster.opengl.renderer import OpenglRenderer

FPS = 30


@dataclass(frozen=True)
class Way:
    """How a package draws points that move.

    Parameters
    ----------
    draw
        Draws the next frame, and waits for it; None if it cannot be told from reading it back.
    read
        Draws the next frame and returns its pixels, or leaves them where an encoder takes them.
    film
        Makes a film of so many frames.
    """

    draw: Callable[[], object] | None
    read: Callable[[], object]
    film: Callable[[Path, int], object]


def by_cpu(motion: Motion) -> Way:
    """Our own kernels: a frame is in memory once it is drawn."""
    draw = motion.frames(CpuRenderer())
    return Way(draw, draw, lambda target, frames: _our_film(motion, target, frames, "cpu"))


def by_opengl(motion: Motion) -> Way:
    """Our own shaders; frames are converted to NV12 on the way back."""
    renderer = OpenglRenderer()
    motion.place(renderer)
    with renderer.context.current() as gl:
        parts = pieces(gl, renderer, motion)

    def draw() -> None:
        with renderer.context.current():
            parts["upload"]()
            parts["draw"]()

    return Way(
        draw, motion.frames(OpenglRenderer()), lambda target, n: _our_film(motion, target, n, "opengl")
    )


def _our_film(motion: Motion, target: Path, frames: int, renderer: str) -> None:
    import gpuanim as ga

    width, height = motion.size
    places = [np.column_stack([at.x, height - at.y]) for at in motion.places]
    film = ga.animate(
        lambda i: places[i % 2], lambda i: motion.codes[i % 2], n_steps=frames, norm="linear",
        vmin=0, vmax=255, xlim=(0, width), ylim=(0, height), margin=0, axes=False, colorbar=False,
        size=motion.size, dpi=72,
        s=(DIAMETER - 1) ** 2, fps=FPS, renderer=renderer, alpha=motion.scene.alpha,
        antialias=motion.scene.antialias,
    )  # fmt: skip
    film.save(target, preset="veryfast", crf=17)


def by_vispy(motion: Motion) -> Way:
    """Markers of vispy's scene and canvas.render(), written with imageio."""
    OpenglRenderer()  # finds an EGL that works, which vispy then takes
    _, render = markers(motion)
    return _read_and_sent(motion, render)


def by_datashader(motion: Motion) -> Way:
    """Shade the last value of a pixel by datashader, spread to 3 x 3 pixels; written with imageio."""
    import datashader as ds
    import datashader.transfer_functions as tf
    import pandas as pd
    from matplotlib import colormaps

    width, height = motion.size
    canvas = ds.Canvas(width, height, x_range=(0, width), y_range=(0, height))
    turn = _turns()

    def read() -> NDArray[np.uint8]:
        k = next(turn)
        places = motion.places[k]
        frame = pd.DataFrame({"x": places.x, "y": places.y, "v": motion.codes[k].astype(np.float32)})
        image = tf.shade(
            canvas.points(frame, "x", "y", ds.last("v")), cmap=colormaps["viridis"], how="linear"
        )
        image = tf.set_background(tf.spread(image, px=1), "white")
        return np.ascontiguousarray(image.values.view(np.uint8).reshape(height, width, 4)[::-1])

    return _read_and_sent(motion, read)


def by_pyvista(motion: Motion) -> Way:
    """PyVista's Plotter off screen and open_movie."""
    import pyvista

    plotter: Any = pyvista.Plotter(off_screen=True, window_size=list(motion.size))
    places = [np.column_stack([at.x, at.y, np.zeros(motion.n, np.float32)]) for at in motion.places]
    mesh: Any = pyvista.PolyData(places[0])
    mesh["v"] = motion.codes[0].astype(np.uint8)
    plotter.add_points(
        mesh, scalars="v", cmap="viridis", clim=(0, 255), point_size=DIAMETER, show_scalar_bar=False,
        opacity=motion.scene.alpha,
    )  # fmt: skip
    plotter.camera_position = "xy"
    plotter.enable_parallel_projection()
    turn = _turns()

    def move() -> None:
        k = next(turn)
        mesh.points = places[k]
        mesh["v"] = motion.codes[k].astype(np.uint8)

    def draw() -> None:
        move()
        plotter.render()

    def read() -> object:
        draw()
        return plotter.screenshot(return_img=True)

    def film(target: Path, frames: int) -> None:
        plotter.open_movie(
            target, framerate=FPS, quality=None, macro_block_size=2,
            output_params=["-preset", "veryfast", "-crf", "17"],
        )  # fmt: skip
        for _ in range(frames):
            move()
            plotter.write_frame()
        if plotter.mwriter is not None:
            plotter.mwriter.close()

    plotter.show(auto_close=False)
    return Way(draw, read, film)


def by_pygfx(motion: Motion) -> Way:
    """Points of pygfx, which fastplotlib draws with, on an offscreen canvas; written with imageio.

    It needs Vulkan; Mesa has it in software (apt-get install mesa-vulkan-drivers).
    """
    import pygfx
    from rendercanvas.offscreen import RenderCanvas

    width, height = motion.size
    canvas = RenderCanvas(size=motion.size, pixel_ratio=1)
    renderer = pygfx.WgpuRenderer(canvas)
    places = [np.column_stack([at.x, at.y, np.zeros(motion.n, np.float32)]) for at in motion.places]
    table = np.concatenate(
        [motion.table / 255.0, np.full((len(motion.table), 1), motion.scene.alpha)], axis=1
    )
    shades = [table[codes].astype(np.float32) for codes in motion.codes]
    geometry = pygfx.Geometry(positions=places[0].copy(), colors=shades[0].copy())
    scene = pygfx.Scene()
    scene.add(pygfx.Background.from_color("#fff"))
    scene.add(pygfx.Points(geometry, pygfx.PointsMaterial(size=DIAMETER, color_mode="vertex")))
    camera = pygfx.OrthographicCamera(width, height)
    camera.local.position = (width / 2, height / 2, 0)
    canvas.request_draw(lambda: renderer.render(scene, camera))
    turn = _turns()

    def read() -> NDArray[np.uint8]:
        k = next(turn)
        geometry.positions.data[:] = places[k]
        geometry.colors.data[:] = shades[k]
        geometry.positions.update_full()
        geometry.colors.update_full()
        return np.ascontiguousarray(canvas.draw())

    return _read_and_sent(motion, read)


def _read_and_sent(motion: Motion, read: Callable[[], Any]) -> Way:
    """Return a way whose frames go to imageio as RGBA."""

    def film(target: Path, frames: int) -> None:
        writer = imageio_writer(target, motion.size, FPS, "rgba")
        for _ in range(frames):
            writer.send(np.ascontiguousarray(read()))
        writer.close()

    return Way(None, read, film)


def _turns() -> Iterator[int]:
    while True:
        yield 0
        yield 1


WAYS: dict[str, Callable[[Motion], Way]] = {
    "gpuanim cpu": by_cpu,
    "gpuanim opengl": by_opengl,
    "vispy Markers": by_vispy,
    "PyVista": by_pyvista,
    "pygfx": by_pygfx,
    "datashader": by_datashader,
}

"""Building the compositing operator and drawing a frame: 1M and 10M points, beside datashader.

    python benchmarks/raster.py                      # 1080p, simulated atlases and real point sets
    python benchmarks/raster.py --points 200000

Frames are shaded into NV12, as the H.264 encoder takes them. datashader aggregates the same points to the
same size with `last` (what opaque drawing shows) and shades; it draws one pixel a point, we draw discs. From
frame to frame all points change colour, or 1 % of them.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from _report import median_ms, shared_data, write
from numpy.typing import NDArray

from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Canvas, Ground, Points, Scene
from gpuanim.raster.cpu import CpuRenderer
from gpuanim.values.colors import color_table
from gpuanim.view.plane import fit_view

STYLES = {
    "opaque, no antialiasing": {"diameter": 1.0, "alpha": 1.0, "antialias": False},
    "opaque, antialiased": {"diameter": 2.15, "alpha": 1.0, "antialias": True},
    "alpha 0.3, antialiased": {"diameter": 2.15, "alpha": 0.3, "antialias": True},
}


def point_sets(points: list[int]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield simulated atlases of the sizes asked for, then the real sets that are here."""
    from gpuanim.simulate import atlas

    for n in points:
        yield f"simulated {n:,}", spread(atlas(min(n, 1_000_000), k=2).coords, n)
    lidar = shared_data("autzen_lidar_1m.npz")
    if lidar is not None:
        with np.load(lidar) as archive:
            yield "autzen_lidar_1m", archive["xyz"][:, :2].astype(np.float32)


def spread(coords: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """Repeat points with a little noise up to `n`, in random order: a graph of 10M is not needed here."""
    rng = np.random.default_rng(0)
    many = coords[rng.integers(0, len(coords), n)] if n > len(coords) else coords[rng.permutation(n)]
    scale = np.float32(np.ptp(coords[:, 0]) * 1e-3)
    return many + rng.normal(size=many.shape).astype(np.float32) * scale


def measure(coords: NDArray[np.float32], size: tuple[int, int], runs: int) -> dict[str, Any]:
    """Time placing and drawing in each style."""
    width, height = size
    bounds = tuple(float(v) for axis in (0, 1) for v in (coords[:, axis].min(), coords[:, axis].max()))
    box = (0.0, 0.0, float(width), float(height))
    view = fit_view(bounds, box, xlim=None, ylim=None, margin=0.03, aspect="auto")  # type: ignore[arg-type]
    x, y = view.xy(coords)
    ids = np.arange(len(coords), dtype=np.uint32)
    table = color_table("viridis")
    codes = np.random.default_rng(0).integers(0, 256, len(coords)).astype(np.uint16)
    results: dict[str, Any] = {"project_ms": median_ms(lambda: view.xy(coords), runs)}
    for name, style in STYLES.items():
        white = np.full(3, 255, np.uint8)
        clip = (0, 0, width, height)
        ground = Ground(width, height, white)
        scene = Scene(ground, clip, float(style["alpha"]), bool(style["antialias"]))
        points = Points(x, y, float(style["diameter"]), ids)
        with CpuRenderer() as renderer:
            place = median_ms(lambda r=renderer, p=points, s=scene: r.place(p, s, len(p.x), keep=True), 3)  # type: ignore[misc]
            canvas = renderer.canvas(table, PixelFormat.NV12)
            out = PixelFormat.NV12.empty(width, height)
            canvas.still(out)
            seen = renderer.visible
            shown = codes if seen is None else codes[seen]
            frame = median_ms(_turns(canvas, [shown, (shown + 97) % 256], out), runs)
            few = shown.copy()
            few[::100] = 255 - few[::100]
            quiet = median_ms(_turns(canvas, [shown, few], out), runs, warmup=4)
            results[name] = {"place_ms": place, "frame_ms": frame, "quiet_ms": quiet, **renderer.facts()}
    return results


def _turns(canvas: Canvas, frames: list[NDArray[np.uint16]], out: NDArray[np.uint8]) -> Callable[[], None]:
    """Return a function that draws the frames in turn."""
    turn = itertools.cycle(frames)
    return lambda: canvas.draw(next(turn), out)


def datashader_ms(coords: NDArray[np.float32], size: tuple[int, int], runs: int) -> dict[str, float] | None:
    """Time datashader's frame, as it is and with points spread by a pixel; None without datashader."""
    try:
        import datashader as ds
        import datashader.transfer_functions as tf
        import pandas as pd
    except ImportError:
        return None
    frame = pd.DataFrame({"x": coords[:, 0], "y": coords[:, 1]})
    frame["v"] = np.random.default_rng(0).random(len(coords))
    canvas = ds.Canvas(plot_width=size[0], plot_height=size[1])

    def draw(spread_by: int) -> None:
        image = tf.shade(canvas.points(frame, "x", "y", ds.last("v")), how="linear")
        if spread_by:
            tf.spread(image, px=spread_by)

    return {"plain": median_ms(lambda: draw(0), runs), "spread": median_ms(lambda: draw(1), runs)}


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--no-json", action="store_true")
    args = parser.parse_args()
    width, height = (int(v) for v in args.size.split("x"))
    results: dict[str, Any] = {"size": args.size}
    for name, coords in point_sets(args.points):
        start = time.perf_counter()
        row = measure(coords, (width, height), args.runs)
        peer = datashader_ms(coords, (width, height), max(3, args.runs // 3))
        row["datashader_ms"] = peer
        results[name] = row
        print(f"{name} ({time.perf_counter() - start:.0f} s)")
        for style in STYLES:
            timed = row[style]
            versus = "" if peer is None else f"   datashader {peer['plain'] / timed['frame_ms']:6.1f}x"
            print(
                f"  {style:26s} place {timed['place_ms']:8.1f} ms   frame {timed['frame_ms']:6.2f} ms   "
                f"1 % changed {timed['quiet_ms']:6.2f} ms   "
                f"{timed['fragments']:>11,} fragments, {timed['operator_bytes'] / 1e6:.0f} MB{versus}"
            )
        if peer is not None:
            print(f"  datashader: {peer['plain']:.0f} ms, spread by 1 px {peer['spread']:.0f} ms")
    if not args.no_json:
        write("raster", results)


if __name__ == "__main__":
    main()

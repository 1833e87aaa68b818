"""A frame under each blend, beside datashader's same reduction of the same points in the same run.

    python benchmarks/blend.py                       # 1M simulated cells, and the real sets that are here
    python benchmarks/blend.py --points 200000 --frames 5 --no-json

The values of all cells change from frame to frame, and each frame has an array of its own: nothing of it is
in the cache. Frames are reduced, coloured and drawn into NV12, as the H.264 encoder takes them, with points
of the default size. datashader aggregates the same values to the same size, a pixel a point, and shades them.
"""

from __future__ import annotations

import argparse
import time
from statistics import median
from typing import Any

import numpy as np
from _report import median_ms, shared_data, write
from numpy.typing import NDArray

import gpuanim as ga
from gpuanim.film import Fits, Timings
from gpuanim.frames import PixelFormat
from gpuanim.painting import Painter
from gpuanim.pipeline import draw_frames
from gpuanim.simulate import atlas

Frames = list[NDArray[np.float32]]
BLENDS = ("over", "mean", "max", "min", "sum", "count", "mix")
K = 12
"""Categories of "mode"."""


def film_ms(coords: NDArray[Any], frames: Any, size: tuple[int, int], blend: str) -> dict[str, Any]:
    """Time the set-up and the median frame of a film."""
    limits = {"vmin": -3.0, "vmax": 3.0} if blend in ("over", "mean", "max", "min", "mix") else {}
    options: dict[str, Any] = {"categories": list(map(str, range(K)))} if blend == "mode" else limits
    film = ga.animate(coords, frames, size=size, blend=blend, **options)._film
    timings = Timings()
    start = time.perf_counter()
    fits = Fits(film, timings)
    plan = ga.Animation(film, 100)._plan((PixelFormat.NV12,), fits)
    buffer = PixelFormat.NV12.empty(*size)
    with Painter(film, (plan,), fits, timings) as painter:
        drawn = draw_frames(film, painter, plan.spec.fps, timings, lambda: (buffer,))
        ends = [time.perf_counter() for _ in drawn]
        facts = painter.facts()[0]
    memory = facts["operator_bytes"] + facts.get("footprint_bytes", 0)
    times = np.diff(ends) * 1e3
    return {"setup_ms": (ends[0] - start) * 1e3, "frame_ms": median(times.tolist()), "bytes": memory, **facts}


def datashader_ms(
    coords: NDArray[Any], frames: Any, size: tuple[int, int], blend: str, runs: int
) -> float | None:
    """Time datashader's frame; None without datashader, or if it has no such reduction."""
    try:
        import datashader as ds
        import datashader.transfer_functions as tf
        import pandas as pd
    except ImportError:
        return None
    table = pd.DataFrame({"x": coords[:, 0], "y": coords[:, 1]})
    table["v"] = frames[0]
    x, y = ((float(c.min()), float(c.max())) for c in coords.T)
    canvas = ds.Canvas(*size, x_range=x, y_range=y)
    if blend in ("over", "mix", "mode"):
        return None
    reduction, how = getattr(ds, blend)("v"), "log" if blend == "count" else "linear"
    return median_ms(lambda: tf.shade(canvas.points(table, "x", "y", reduction), how=how), runs)


def point_sets(n: int, *, real: bool) -> dict[str, NDArray[np.float32]]:
    """Return the places of cells by the name of their set."""
    sets = {f"simulated {n:,}": atlas(n, k=2).coords}
    path = shared_data("autzen_lidar_1m.npz")
    if real and path is not None:
        with np.load(path) as archive:
            sets["autzen_lidar_1m"] = archive["xyz"][:, :2].astype(np.float32)
    return sets


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--frames", type=int, default=25)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--no-real", action="store_true", help="simulated cells only")
    parser.add_argument("--alone", action="store_true", help="without datashader")
    parser.add_argument("--no-json", action="store_true")
    args = parser.parse_args()
    width, height = map(int, args.size.split("x"))
    results: dict[str, Any] = {"size": args.size, "frames": args.frames}
    for name, coords in point_sets(args.points, real=not args.no_real).items():
        rng = np.random.default_rng(0)
        base = rng.normal(size=len(coords)).astype(np.float32)
        values: Any = [base + np.float32(0.1 * i) for i in range(args.frames)]
        codes: Any = [((base * 4 + 24 + i) % K).astype(np.int8) for i in range(args.frames)]
        row = results[name] = {}
        print(name)
        for blend in (*BLENDS, "mode"):
            frames = codes if blend == "mode" else values
            timed = row[blend] = film_ms(coords, frames, (width, height), blend)
            peer = None
            if not args.alone:
                peer = datashader_ms(coords, frames, (width, height), blend, max(3, args.frames // 5))
            timed["datashader_ms"] = peer
            versus = "" if peer is None else f"   datashader {peer:6.1f} ms, {peer / timed['frame_ms']:5.1f}x"
            print(
                f"  {blend:6s} set-up {timed['setup_ms']:7.0f} ms   frame {timed['frame_ms']:6.2f} ms   "
                f"{timed['bytes'] / 1e6:5.1f} MB{versus}"
            )
    if not args.no_json:
        write("blend", results)


if __name__ == "__main__":
    main()

"""The command that measures this machine."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuanim.raster.calibrate import Measured

__all__ = ["bench"]


def bench(args: argparse.Namespace) -> int:
    """Measure the renderers here, print what they take, and keep it for the choice of `auto`."""
    from gpuanim.raster.book import costs_path, write_book
    from gpuanim.raster.calibrate import calibrate

    began = time.perf_counter()
    measured: list[Measured] = []
    for found in calibrate(lambda text: print(f"measuring {text}", file=sys.stderr)):
        if isinstance(found, str):
            print(f"left out: {found}", file=sys.stderr)
        else:
            measured.append(found)
    print(_table(measured))
    path = costs_path() if args.output is None else Path(args.output)
    write_book({one.kind: (one.device, one.costs) for one in measured}, path)
    print(f"wrote {path} after {time.perf_counter() - began:.0f} s")
    return 0


def _table(measured: list[Measured]) -> str:
    from gpuanim.raster.choice import FILMS, Workload, seconds

    def words(film: Workload) -> str:
        return film.words.replace(" points in ", ", ")

    rows = [["seconds for, at 1080p", *(one.kind for one in measured)]]
    rows += [[words(film), *(f"{seconds(one.costs, film):.2f}" for one in measured)] for film in FILMS]
    rows.append(["model off by", *(f"{one.error:.0%}" for one in measured)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(pairs))
        for pairs in (tuple(zip(row, widths, strict=True)) for row in rows)
    ]
    return "\n".join(lines)

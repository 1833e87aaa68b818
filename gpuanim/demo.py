"""Demonstrations: 700 real cells of scanpy's `pbmc68k_reduced`, or a simulated atlas of any size."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gpuanim.adata import as_labels, open_cells
from gpuanim.errors import MissingDependencyError

__all__ = ["run"]

SEEDS = [0, 350]
SIZE = (1280, 1080)


def run(folder: Path, n_cells: int | None = None, *, progress: bool = False) -> str:
    """Write a film to `folder`, and return a table of files and times.

    The video, GIF and player come from one rendering; a page of the cells themselves follows.

    Parameters
    ----------
    folder
        Is made if it is not there.
    n_cells
        Cells of a simulated atlas; None for real cells, which need scanpy (the extra `demo`).
    progress
        Show a progress bar for each file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    name, animation, labels = _real() if n_cells is None else _simulated(n_cells)
    prepared = time.perf_counter() - start
    films = animation.save([folder / f"{name}{end}" for end in (".mp4", ".gif", ".html")], progress=progress)
    page = animation.save(folder / f"{name}_cells.html", interactive=True, progress=progress, **labels)
    return _table(films, page, prepared)


def _real() -> tuple[str, Any, dict[str, Any]]:
    """Film 700 blood cells: labels from two of them reach all others within twenty steps."""
    from gpuanim import Highlight, Rank, animate

    with open_cells(_pbmc68k()) as cells:
        coords, graph = cells.embedding("umap"), cells.graph()
        labels = {
            "names": cells.obs_names,
            "groups": as_labels(cells.obs("bulk_labels")),
            "group_colors": cells.palette("bulk_labels"),
        }
    values = _propagation(graph, coords, cells.seeds(SEEDS), steps=20)
    film = animate(
        coords,
        values,
        norm=Rank(stretch=True),
        tween="linear",
        duration=6,
        fps=30,
        hold=1,
        size=SIZE,
        dpi=150,
        s=71,
        title="700 blood cells ranked from two seeds, step {step} of {steps}",
        colorbar="rank",
        highlight=Highlight(SEEDS, marker="star"),
        progress_line=True,
        theme="light",
    )
    return "pbmc68k", film, labels


def _simulated(n_cells: int) -> tuple[str, Any, dict[str, Any]]:
    """Film a simulated atlas: labels start at its left and right ends and meet in the middle."""
    from gpuanim import Rank, animate
    from gpuanim.simulate import atlas

    cells = atlas(n_cells)
    across = cells.coords[:, 0]
    seeds = [int(across.argmin()), int(across.argmax())]
    # A step reaches the nearest neighbours: the more cells, the more steps from end to end.
    steps = int(np.clip(200 * np.sqrt(n_cells / 200_000), 20, 240))
    values = _propagation(cells.graph, cells.coords, seeds, steps)
    film = animate(
        cells.coords,
        values,
        norm=Rank(stretch=True),
        fps=25,
        hold=1,
        size=SIZE,
        dpi=150,
        s=float(np.clip(1e5 / n_cells, 0.2, 71)),
        title=f"{cells.title}, step {{step}} of {{steps}}",
        colorbar="rank",
        progress_line=True,
        theme="dark",
    )
    return f"simulated_{n_cells}", film, {"groups": cells.labels}


def _propagation(graph: Any, coords: Any, seeds: Any, steps: int) -> Any:
    from gpuanim import LabelPropagation

    labels = np.zeros(len(coords), np.float32)
    labels[seeds] = 1
    # float32 cannot hold what arrives more than about 30 steps away from a seed.
    return LabelPropagation(
        graph, labels, alpha=0.999, n_steps=steps, include_initial=True, coords=coords, dtype=np.float64
    )


def _pbmc68k() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scanpy's imports warn of each other
            from scanpy.datasets import pbmc68k_reduced

            return pbmc68k_reduced()
    except ImportError as error:
        raise MissingDependencyError(
            'the real cells of the demo come with scanpy: pip install "gpuanim[demo]"; '
            "`gpuanim demo --cells 200000` shows a simulated atlas without it"
        ) from error


def _table(films: Sequence[Any], page: Any, prepared: float) -> str:
    """One row per file, and the seconds of each stage of the two renderings."""
    head = ["file", "size", "frames", "MB"]
    rows = [head, *(_row(result) for result in (*films, page))]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = [
        "  ".join(
            cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(
        [
            *lines,
            f"reading or simulating the cells: {prepared:.2f} s",
            f"the first {len(films)} files, rendered once: {_times(films[0])}",
            f"the page of the cells themselves: {_times(page)}",
        ]
    )


def _row(result: Any) -> list[str]:
    size = f"{result.width}x{result.height}"
    return [str(result.path), size, str(result.n_frames), f"{result.nbytes / 1e6:.2f}"]


def _times(result: Any) -> str:
    stages = dict(result.seconds)
    total = stages.pop("total")
    return f"{total:.2f} s ({', '.join(f'{stage} {seconds:.2f}' for stage, seconds in stages.items())})"

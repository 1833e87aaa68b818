"""A step of label propagation over blocks of rows on a cluster, against the step of one process.

The cluster is on this machine: its workers share the cores that one process has alone, so a step cannot be
faster here. What is measured is what a cluster costs: time for each step beyond the work itself, bytes
between workers and to the caller, as values and as ranks, and the time to begin.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

import numpy as np
from _report import knn_graph, write
from propagation import points

from gpuanim.cluster import as_client
from gpuanim.propagation import LabelPropagation
from gpuanim.values.ranks import Rank


def ms_per_step(steps: Iterable[Any]) -> float:
    """Return the median milliseconds from step to step, without the first ones."""
    times = []
    before = time.perf_counter()
    for _ in steps:
        now = time.perf_counter()
        times.append(1e3 * (now - before))
        before = now
    return median(times[3:])


def one_size(client: Any, n: int, k: int, n_steps: int) -> dict[str, Any]:
    """Propagate on the cluster and here, in turns."""
    name, xy = points(n)
    adj = knn_graph(xy, k)
    start = np.zeros(n, np.float32)
    start[0] = 1
    options: dict[str, Any] = {"alpha": 0.999, "n_steps": n_steps, "coords": xy, "order": "locality"}
    local = LabelPropagation(adj, start, device="cpu", **options)
    began = time.perf_counter()
    spread = LabelPropagation(adj, start, client=client, **options)
    next(spread.steps())
    set_up = time.perf_counter() - began
    ms = {
        "one process": ms_per_step(local.steps()),
        "blocks": ms_per_step(spread.steps()),
        "one process, ranks": ms_per_step(local.ranked().steps()),
        "blocks, ranks": ms_per_step(spread.ranked().steps()),
    }
    difference = max(
        float(np.abs(mine - theirs).max()) for mine, theirs in zip(spread.steps(), local.steps(), strict=True)
    )
    equal = all(
        np.array_equal(levels, Rank().levels(values))
        for values, levels in zip(spread.steps(), spread.ranked().steps(), strict=True)
    )
    team = spread._place.product.team
    return {
        "points": name,
        "n": n,
        "k": k,
        "nnz": int(adj.nnz),
        "blocks": len(team.blocks),
        "ms per step": ms,
        "ms beyond one process": ms["blocks"] - ms["one process"],
        "bytes between workers per step": team.bytes_per_step,
        "share of rows at a boundary": team.bytes_per_step / 4 / n,
        "bytes to the caller per step, values": 4 * n,
        "bytes to the caller per step, ranks": n,
        "seconds to the first step": set_up,
        "largest difference of a value": difference,
        "ranks equal": equal,
    }


def report(result: dict[str, Any]) -> None:
    print(
        f"\n{result['points']}: {result['n']:,} nodes, {result['nnz']:,} entries, {result['blocks']} blocks; "
        f"first step after {result['seconds to the first step']:.2f} s"
    )
    for name, ms in result["ms per step"].items():
        print(f"  {name:20s} {ms:9.2f} ms")
    print(
        f"  between workers {result['bytes between workers per step'] / 1e3:.1f} kB a step "
        f"({result['share of rows at a boundary']:.2%} of the rows), to the caller "
        f"{result['bytes to the caller per step, values'] / 1e3:.0f} kB as values, "
        f"{result['bytes to the caller per step, ranks'] / 1e3:.0f} kB as ranks"
    )
    same = "equal" if result["ranks equal"] else "DIFFERENT"
    print(f"  largest difference of a value {result['largest difference of a value']:.1e}; ranks {same}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000, 200_000, 1_000_000])
    parser.add_argument("--k", type=int, default=15)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--dask", default="local[2]", help="local[N], or the address of a scheduler")
    parser.add_argument("--out", default="partitioned", help="name in benchmarks/results; '' writes nothing")
    options = parser.parse_args(arguments)
    results = []
    with as_client(options.dask) as client:
        for n in options.sizes:
            results.append(one_size(client, n, options.k, options.steps))
            report(results[-1])
    if options.out:
        write(options.out, {"cluster": options.dask, "graphs": results})


if __name__ == "__main__":
    main()

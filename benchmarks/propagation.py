"""A step of label propagation: gpuanim's kernels against scipy's product, on the same graph in the same run.

Neighbour graphs come from real points where there are some (`../shared/data` beside the repository), from
simulated ones otherwise; their nodes are shuffled, so that locality has to be earned. scipy is timed for the
product S @ F alone; a step of gpuanim also scales, adds the labels and sums up the stopping rule.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np
from _report import knn_graph, median_ms, shared_data, shuffled, write
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.propagation import LabelPropagation
from gpuanim.propagation.cpu import CpuProduct
from gpuanim.propagation.graph import read_graph
from gpuanim.propagation.order import locality_order, pays, permuted
from gpuanim.propagation.stepper import Stepper
from gpuanim.propagation.system import label_propagation

REAL = [
    ("tabula_muris_droplet_56k.h5ad", "X_tsne", 55_656),
    ("arxiv_ml_umap_118k.h5ad", "X_umap", 117_592),
    ("cord19_umap_517k.h5ad", "X_umap", 517_229),
    ("autzen_lidar_1m.npz", "xyz", 1_000_000),
]


def points(n: int) -> tuple[str, NDArray[Any]]:
    """Return the name and the first n of the shuffled points of the smallest real set that has as many."""
    for name, key, size in REAL:
        path = shared_data(name)
        if path is not None and n <= size:
            (xy,) = shuffled(_read(str(path), key))
            return name.split(".")[0], xy[:n]
    rng = np.random.default_rng(0)
    centres = rng.uniform(-20, 20, (60, 2))
    return "simulated", centres[rng.integers(0, 60, n)] + rng.normal(size=(n, 2)) * rng.uniform(
        0.3, 2, (n, 1)
    )


def _read(path: str, key: str) -> NDArray[Any]:
    if path.endswith(".npz"):
        with np.load(path) as arrays:
            return np.asarray(arrays[key][:, :2], np.float64)
    import h5py

    with h5py.File(path) as file:
        return np.asarray(file["obsm"][key][:, :2], np.float64)


def in_turns(contestants: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the median milliseconds of each, taken in turns so that other load hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for repeat in range(repeats + 1):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            if repeat:  # the first round warms up and compiles
                times[name].append(1e3 * (time.perf_counter() - start))
    return {name: median(found) for name, found in times.items()}


def stepper(graph: Any, start: NDArray[Any], dtype: str) -> Stepper:
    product = CpuProduct(graph, np.dtype(dtype))
    return Stepper(product, label_propagation(np, product.column_sums(), start, 0.9))


def one_graph(
    n: int, k: int, dtype: str, weighted: bool, columns: int, steps: int, repeats: int
) -> dict[str, Any]:
    """Time all contestants on one graph."""
    name, xy = points(n)
    adj: Any = knn_graph(xy, k).astype(dtype)
    rng = np.random.default_rng(1)
    if weighted:
        adj.data[:] = rng.uniform(0.1, 1, adj.nnz)
        adj = ((adj + adj.T) / 2).tocsr()
    f = rng.random((n, columns) if columns > 1 else n).astype(dtype)
    graph = read_graph(adj)
    order = locality_order(graph)
    moved = adj[order][:, order]
    moved.sort_indices()
    given, local = stepper(graph, f, dtype), stepper(permuted(graph, order), f, dtype)
    ms = in_turns(
        {
            "scipy, as given": lambda: adj @ f,
            "scipy, ordered": lambda: moved @ f,
            "gpuanim, as given": given.step,
            "gpuanim, ordered": local.step,
        },
        repeats,
    )
    ms["check"] = median_ms(lambda: read_graph(adj), repeats)
    ms["find order"] = median_ms(lambda: locality_order(graph), repeats)
    ms["find order from coordinates"] = median_ms(lambda: locality_order(graph, xy), repeats)
    ms["apply order"] = median_ms(lambda: permuted(graph, order), repeats)
    whole = median_ms(lambda: walk(adj, f, steps, dtype), max(1, repeats // 5), warmup=0)
    itemsize = np.dtype(dtype).itemsize
    bytes_moved = graph.nnz * (4 + (itemsize if weighted else 0)) + n * (8 + 16 + 6 * columns * itemsize)
    return {
        "points": name,
        "n": n,
        "k": k,
        "nnz": graph.nnz,
        "dtype": dtype,
        "weighted": weighted,
        "columns": columns,
        "ms": ms,
        "times faster than scipy as given, per step": ms["scipy, as given"] / ms["gpuanim, ordered"],
        f"ms of {steps} steps with check and order": whole,
        f"times faster than {steps} products of scipy as given": steps * ms["scipy, as given"] / whole,
        "auto orders": pays(graph.n, steps, columns * itemsize),
        "bytes of a step": bytes_moved,
    }


def walk(adj: Any, f: NDArray[Any], steps: int, dtype: str) -> None:
    for _ in LabelPropagation(adj, f, alpha=0.9, n_steps=steps, dtype=dtype, device="cpu").steps():
        pass


def copy_bandwidth() -> float:
    """Return GB/s of a copy of 256 MB on all threads, reads and writes counted."""
    source = np.ones(1 << 26, np.float32)
    target = np.empty_like(source)
    blocks = _threads.blocks(len(source), 1 << 20)
    ms = median_ms(
        lambda: _threads.run(
            lambda k: np.copyto(target[slice(*blocks[k])], source[slice(*blocks[k])]), len(blocks)
        )
    )
    return 2 * source.nbytes / ms / 1e6


def report(result: dict[str, Any], bandwidth: float, steps: int) -> None:
    kind = "weighted" if result["weighted"] else "binary"
    print(
        f"\n{result['points']}: {result['n']:,} nodes, k = {result['k']}, {result['nnz']:,} entries, {kind}, "
        f"{result['dtype']}, columns: {result['columns']}"
    )
    slowest = result["ms"]["scipy, as given"]
    for name, ms in result["ms"].items():
        is_step = name.startswith(("scipy", "gpuanim"))
        print(f"  {name:28s} {ms:9.2f} ms" + (f"  {slowest / ms:5.2f}x" if is_step else ""))
    whole = result[f"ms of {steps} steps with check and order"]
    ratio = result[f"times faster than {steps} products of scipy as given"]
    ordered = "ordered" if result["auto orders"] else "as given"
    all_steps, at_copy = f"{steps} steps, all included", "a step at a copy's speed"
    print(f"  {all_steps:28s} {whole:9.2f} ms  {ratio:5.2f}x  (auto: {ordered})")
    print(f"  {at_copy:28s} {result['bytes of a step'] / bandwidth / 1e6:9.2f} ms")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000, 500_000, 1_000_000])
    parser.add_argument("--k", type=int, nargs="+", default=[15, 30])
    parser.add_argument("--dtype", nargs="+", default=["float32"], choices=["float32", "float64"])
    parser.add_argument("--weights", nargs="+", default=["binary"], choices=["binary", "weighted"])
    parser.add_argument("--columns", type=int, nargs="+", default=[1])
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--out", default="propagation", help="name in benchmarks/results; '' writes nothing")
    options = parser.parse_args(arguments)
    bandwidth = copy_bandwidth()
    print(f"copy: {bandwidth:.1f} GB/s on {_threads.n_threads()} threads")
    results = []
    for n in options.sizes:
        for k in options.k:
            for dtype in options.dtype:
                for weights in options.weights:
                    for columns in options.columns:
                        weighted = weights == "weighted"
                        found = one_graph(n, k, dtype, weighted, columns, options.steps, options.repeats)
                        report(found, bandwidth, options.steps)
                        results.append(found)
    if options.out:
        write(options.out, {"copy GB/s": bandwidth, "threads": _threads.n_threads(), "graphs": results})


if __name__ == "__main__":
    main()

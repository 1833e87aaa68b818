"""Time ranks to 256 levels against scipy's rankdata and numpy's sort, value by value in one process.

Each row is checked first: the levels are those of `scipy.stats.rankdata`, binned, for every value.

    python benchmarks/ranks.py                      1M and 10M values
    python benchmarks/ranks.py --sizes 1e5 --repeat 3
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from _report import median_ms, write
from numpy.typing import NDArray
from scipy.stats import rankdata

from gpuanim.values import Rank

Values = NDArray[np.floating[Any]]

HEADLINE = ("uniform", "normal", "label propagation", "20 integers")
"""What is measured at sizes where scipy takes seconds."""


def distributions(n: int) -> dict[str, Values]:
    """Return (n,) float64 values of many kinds, from the easy to the awkward."""
    rng = np.random.default_rng(0)
    uniform, normal = rng.random(n), rng.normal(size=n)
    outlier = normal.copy()
    outlier[n // 2] = 1e30
    return {
        "uniform": uniform,
        "normal": normal,
        "lognormal": rng.lognormal(size=n),
        "label propagation": np.where(rng.random(n) < 0.7, 0, np.exp(-rng.gamma(2, 12, n))),
        "99.95 % zeros": np.where(rng.random(n) < 0.9995, 0, uniform),
        "20 integers": rng.integers(0, 20, n).astype(np.float64),
        "constant": np.ones(n),
        "one outlier": outlier,
        "sorted": np.sort(uniform),
        "10 % NaN": np.where(rng.random(n) < 0.1, np.nan, normal),
        "probabilities near 1": np.where(rng.random(n) < 0.2, 0, 1 - 1e-4 * uniform**2),
    }


def by_scipy(values: Values) -> NDArray[np.uint16]:
    """Return the levels by ranking all values."""
    valid = ~np.isnan(values)
    codes = np.full(len(values), 256, np.uint16)
    ranks = rankdata(values[valid])
    codes[valid] = np.minimum((ranks - 0.5) / len(ranks) * 256, 255)
    return codes


def measure(values: Values, half: NDArray[np.uint32], repeat: int) -> dict[str, float]:
    """Return milliseconds of each way, and how many times faster ours is."""
    codes, visible = np.empty(len(values), np.uint16), np.empty(len(half), np.uint16)
    norm = Rank()
    mapping = norm.fit(lambda: [values])
    mapping.encode(values, None, codes)
    if not np.array_equal(codes, by_scipy(values)):
        raise SystemExit("levels differ from scipy's")
    start = time.process_time()
    for _ in range(repeat):
        norm.fit(lambda: [values]).encode(values, half, visible)
    cpu = 1e3 * (time.process_time() - start) / repeat
    slow = max(1, repeat // 3)
    found = {
        "fit": median_ms(lambda: norm.fit(lambda: [values]), repeat),
        "encode all": median_ms(lambda: mapping.encode(values, None, codes), repeat),
        "encode half": median_ms(lambda: mapping.encode(values, half, visible), repeat),
        "fit + encode all": median_ms(lambda: norm.fit(lambda: [values]).encode(values, None, codes), repeat),
        "fit + encode half": median_ms(
            lambda: norm.fit(lambda: [values]).encode(values, half, visible), repeat
        ),
        "cpu of fit + encode half": cpu,
        "scipy": median_ms(lambda: by_scipy(values), slow, warmup=0),
        "sort": median_ms(lambda: np.sort(values), slow, warmup=0),
    }
    found["x scipy"] = found["scipy"] / found["fit + encode all"]
    found["x sort"] = found["sort"] / found["fit + encode all"]
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=float, nargs="+", default=[1e6, 1e7], help="numbers of values")
    parser.add_argument(
        "--repeat", type=int, default=9, help="runs of ours; scipy and sort run a third as often"
    )
    args = parser.parse_args(arguments)
    results: dict[str, Any] = {}
    columns = ("fit", "encode all", "encode half", "fit + encode all", "scipy", "sort", "x scipy", "x sort")
    for size in map(int, args.sizes):
        half = np.flatnonzero(np.random.default_rng(1).random(size) < 0.5).astype(np.uint32)
        print(f"\n{size:,} values, ms{'':24}" + "".join(f"{name:>18}" for name in columns))
        for name, values in distributions(size).items():
            if size > 2_000_000 and name not in HEADLINE:
                continue
            for dtype in (np.float32, np.float64):
                row = f"{name}, {np.dtype(dtype).name}"
                found = measure(values.astype(dtype), half, args.repeat)
                results.setdefault(f"{size}", {})[row] = found
                print(f"{row:34}" + "".join(f"{found[column]:18.2f}" for column in columns), flush=True)
    write("ranks", results)


if __name__ == "__main__":
    main()

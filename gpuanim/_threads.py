"""One small pool of threads for kernels that release the GIL."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

__all__ = ["blocks", "n_threads", "run"]


@cache
def n_threads() -> int:
    """Threads that kernels may use: `GPUANIM_NUM_THREADS`, else the processors of this process."""
    asked = os.environ.get("GPUANIM_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return len(affinity(0)) if affinity else os.cpu_count() or 1


_pools: dict[int, ThreadPoolExecutor] = {}


def _pool() -> ThreadPoolExecutor:
    # Keyed by process: a forked child must not wait for threads that only its parent has.
    pid = os.getpid()
    if pid not in _pools:
        _pools.clear()
        _pools[pid] = ThreadPoolExecutor(max(1, n_threads() - 1), thread_name_prefix="gpuanim")
    return _pools[pid]


def run(task: Callable[[int], object], n_tasks: int) -> None:
    """Call `task(0) ... task(n_tasks - 1)` on all threads, this one included; wait for all.

    The first exception is raised once every thread has stopped. `task` must not call `run`.
    """
    workers = min(n_threads(), n_tasks)
    if workers <= 1:
        for i in range(n_tasks):
            task(i)
        return
    counter = itertools.count()

    def work() -> None:
        for i in counter:
            if i >= n_tasks:
                return
            task(i)

    futures: list[Future[None]] = [_pool().submit(work) for _ in range(workers - 1)]
    try:
        work()
    finally:
        for _ in range(n_tasks):  # after a failure here, let the others run dry
            if next(counter) >= n_tasks:
                break
        # Tasks that no thread has taken up would find nothing to do: on a busy machine, waiting for a
        # thread to find that out takes longer than a kernel.
        started = [f for f in futures if not f.cancel()]
        errors = [f.exception() for f in started]
    for error in errors:
        if error is not None:
            raise error


def blocks(n: int, grain: int) -> list[tuple[int, int]]:
    """Cut `range(n)` into equal blocks of at least `grain`, a few for each thread."""
    count = max(1, min(4 * n_threads(), n // max(1, grain)))
    edges = [n * i // count for i in range(count + 1)]
    return list(itertools.pairwise(edges))

"""`--dask`: a client of a running cluster, or of one on this machine for as long as the film takes."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gpuanim import _threads
from gpuanim.errors import MissingDependencyError, OptionError

__all__ = ["dask_client"]

_PATIENCE = 30
"""Seconds to wait for a scheduler."""


@contextmanager
def dask_client(where: str | None, *, quiet: bool) -> Iterator[Any]:
    """Yield a client, None without `where`; unless `quiet`, say where its dashboard is.

    Parameters
    ----------
    where
        Address of a scheduler, such as "tcp://10.0.0.1:8786", or "local[4]" for four processes here, which
        share its cores.

    Raises
    ------
    OptionError
        If it is neither, or nobody answers there.
    MissingDependencyError
        Without the package distributed.
    """
    if where is None:
        yield None
        return
    local = re.fullmatch(r"local\[([1-9]\d*)\]", where)
    if local is None and "://" not in where:
        raise OptionError(f"--dask takes a scheduler's address (tcp://...) or local[N], not {where!r}")
    try:
        import distributed
    except ImportError as error:
        raise MissingDependencyError(
            '--dask needs the package distributed; install it with: pip install "gpuanim[dask]"'
        ) from error
    with _local(distributed, int(local[1])) if local else _running(distributed, where) as client:
        if not quiet:
            print(f"dashboard: {client.dashboard_link}", file=sys.stderr)
        yield client


@contextmanager
def _local(distributed: Any, n_workers: int) -> Iterator[Any]:
    threads = max(1, _threads.n_threads() // n_workers)
    cluster = distributed.LocalCluster(
        n_workers=n_workers, threads_per_worker=1, processes=True, dashboard_address=":0",
        silence_logs=logging.ERROR, env={"GPUANIM_NUM_THREADS": str(threads)},
    )  # fmt: skip
    with cluster, distributed.Client(cluster) as client:
        yield client


@contextmanager
def _running(distributed: Any, address: str) -> Iterator[Any]:
    try:
        client = distributed.Client(address, timeout=_PATIENCE)
    except (OSError, TimeoutError, ValueError) as error:
        raise OptionError(f"no Dask scheduler answers at {address}: {error}") from error
    with client:
        yield client

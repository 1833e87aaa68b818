"""`--dask`: a client of a cluster for as long as the command takes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["dask_client"]


@contextmanager
def dask_client(where: str | None, *, quiet: bool) -> Iterator[Any]:
    """Yield a client, None without `where`; unless `quiet`, say where its dashboard is.

    Parameters
    ----------
    where
        As `gpuanim.cluster.as_client` takes it, with its errors.
    """
    if where is None:
        yield None
        return
    from gpuanim.cluster import as_client

    with as_client(where) as client:
        if not quiet:
            print(f"dashboard: {client.dashboard_link}", file=sys.stderr)
        yield client

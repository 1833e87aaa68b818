"""Dask as the engine where one machine is not enough: what the user names becomes a client that is ready.

Everything that runs on workers goes through `as_client`: an address or a client of the user's is checked
before anything is sent, and what was started here is stopped here.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from gpuanim import _threads
from gpuanim.errors import ClusterError, MissingDependencyError, OptionError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Where", "as_client", "check_client", "check_where", "wait_for_workers", "worker_addresses"]

Where = Any
"""A `distributed.Client`, ``"local"``, ``"local[N]"``, or the address of a scheduler."""

_PATIENCE = 30.0
"""Seconds to wait for a scheduler that answers, and for the first of its workers."""

_LOCAL = re.compile(r"local(?:\[(\d+)\])?")
_ADDRESS = re.compile(r"(tcp|tls|ucx|ucxx|ws|wss|inproc)://\S+")
_MEND = 'give a dask.distributed.Client, "local", "local[2]", or an address such as "tcp://node:8786"'


@contextmanager
def as_client(where: Where, *, patience: float = _PATIENCE) -> Iterator[Client]:
    """Give a client with at least one worker; close what was opened for it, and nothing else.

    Parameters
    ----------
    where
        A client, which stays open; ``"local[N]"``: N processes of this machine that share its cores
        (``"local"``: one for each core); or the address of a scheduler, such as ``"tcp://node:8786"``.
    patience
        Seconds to wait for the scheduler, and for its first worker.

    Raises
    ------
    OptionError
        If it is none of these, or a client that is closed or asynchronous.
    ClusterError
        If no scheduler answers there, or it has no workers.
    MissingDependencyError
        Without dask.distributed.
    """
    check_where(where)
    with ExitStack() as opened:
        if not isinstance(where, str):
            client = where
        elif local := _LOCAL.fullmatch(where):
            client = _start(int(local[1] or _threads.n_threads()), opened)
        else:
            client = _connect(where, patience, opened)
        wait_for_workers(client, patience)
        yield client


def check_where(where: Where) -> None:
    """Raise what `as_client` would, without starting or calling anything."""
    _require_dask()
    if not isinstance(where, str):
        check_client(where)
        return
    local = _LOCAL.fullmatch(where)
    if local is None and _ADDRESS.fullmatch(where) is None:
        raise OptionError(f"there is no cluster at {where!r}: {_MEND}")
    if local is not None and local[1] is not None and int(local[1]) == 0:
        raise OptionError(f"a cluster needs at least one worker, got {where!r}: {_MEND}")


def check_client(client: Any) -> None:
    """Raise an OptionError if this is not a client that can be used now."""
    _require_dask()
    from distributed import Client

    if not isinstance(client, Client):
        raise OptionError(
            f"client must be a dask.distributed.Client, not {type(client).__name__}; "
            'gpuanim.cluster.as_client("local[2]") opens one for a block of code'
        )
    if client.asynchronous:
        raise OptionError(
            "client is asynchronous, and here everything waits for results: open one that is not"
        )
    if client.status != "running":
        raise OptionError(f"client is {client.status}: open a new one, or give the scheduler's address")


def _require_dask() -> None:
    if importlib.util.find_spec("distributed") is None:
        raise MissingDependencyError("a cluster needs dask.distributed: pip install 'gpuanim[dask]'")


def worker_addresses(client: Client) -> list[str]:
    """Return the addresses of the workers that are there now, in a fixed order."""
    return sorted(client.nthreads())


def _start(n_workers: int, opened: ExitStack) -> Client:
    """Start worker processes on this machine, which share its cores among them.

    Their memory is not limited by Dask: it would stop a worker at a share of the machine's memory that
    other workers may not need.
    """
    from distributed import Client, LocalCluster

    threads = max(1, _threads.n_threads() // n_workers)
    cluster = opened.enter_context(
        LocalCluster(
            n_workers=n_workers,
            processes=True,
            threads_per_worker=1,
            host="127.0.0.1",
            memory_limit=None,
            dashboard_address="127.0.0.1:0",  # a free port; the page is there if bokeh is
            env={"GPUANIM_NUM_THREADS": str(threads)},
        )
    )
    return opened.enter_context(Client(cluster, direct_to_workers=True, set_as_default=False))


def _connect(address: str, patience: float, opened: ExitStack) -> Client:
    from distributed import Client

    try:
        return opened.enter_context(Client(address, timeout=patience, set_as_default=False))
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(
            f"no scheduler of Dask answers at {address} within {patience:g} s; start one with "
            f"`dask scheduler` and workers with `dask worker ADDRESS` ({type(error).__name__}: {error})"
        ) from error


def wait_for_workers(client: Client, patience: float = _PATIENCE) -> None:
    """Return when there is a worker, or raise a ClusterError when none has come within `patience` seconds."""
    if worker_addresses(client):
        return
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError as error:
        raise ClusterError(
            f"the cluster at {client.scheduler.address} has no workers, and none came within "
            f"{patience:g} s; start some with `dask worker ADDRESS`"
        ) from error

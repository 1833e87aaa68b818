"""A cluster by its name: what is started is stopped, what is given stays, what cannot be is told."""

import os
import subprocess
import sys

import pytest

from gpuanim import _threads, cluster
from gpuanim.cluster import as_client, check_where, worker_addresses
from gpuanim.errors import ClusterError, MissingDependencyError, OptionError


def test_a_client_is_used_as_it_is_and_stays_open(dask_client):
    with as_client(dask_client) as client:
        assert client is dask_client
    assert dask_client.status == "running"
    assert len(worker_addresses(dask_client)) == 2


def test_an_address_gets_a_client_of_its_own_that_is_closed(dask_client):
    with as_client(dask_client.scheduler.address) as client:
        assert client is not dask_client
        assert client.submit(abs, -3).result(timeout=20) == 3
        assert worker_addresses(client) == worker_addresses(dask_client)
    assert client.status == "closed"
    with pytest.raises(OptionError, match="client is closed: open a new one"):
        check_where(client)


def test_workers_are_processes_that_share_the_cores(dask_client):
    pids = dask_client.run(os.getpid)
    assert len({*pids.values(), os.getpid()}) == 3
    share = dask_client.run(lambda: os.environ["GPUANIM_NUM_THREADS"])
    assert set(share.values()) == {str(max(1, _threads.n_threads() // 2))}


def test_local_workers_end_with_the_block():
    with as_client("local[1]") as client:
        (pid,) = client.run(os.getpid).values()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("http://node:80", "no cluster at 'http://node:80': give .*\"local\\[2\\]\""),
        ("local[two]", "no cluster at"),
        ("local[0]", "at least one worker"),
        (3, "client must be a dask.distributed.Client, not int"),
    ],
)
def test_what_is_no_cluster(where, text):
    with pytest.raises(OptionError, match=text):
        check_where(where)


def test_an_asynchronous_client_is_refused(dask_client):
    import asyncio

    from distributed import Client

    async def refused():
        async with Client(dask_client.scheduler.address, asynchronous=True) as client:
            with pytest.raises(OptionError, match="asynchronous"):
                check_where(client)

    asyncio.run(refused())


def test_nobody_answers():
    with (
        pytest.raises(ClusterError, match=r"no scheduler of Dask answers at tcp://127.0.0.1:9 within 0.5 s"),
        as_client("tcp://127.0.0.1:9", patience=0.5),
    ):
        pass


def test_a_cluster_without_workers():
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty,
        Client(empty, set_as_default=False) as client,
        pytest.raises(ClusterError, match=r"has no workers, and none came within 0.2 s"),
        as_client(client, patience=0.2),
    ):
        pass


def test_without_dask(monkeypatch):
    monkeypatch.setattr(cluster.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'gpuanim\[dask\]'"):
        check_where("local")


def test_importing_loads_no_dask():
    code = "import sys, gpuanim.cluster; assert not {'dask', 'distributed'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)

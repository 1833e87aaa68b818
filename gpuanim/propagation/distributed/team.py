"""The members of a propagation: started on workers, called together, replaced when one is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gpuanim.cluster import wait_for_workers, worker_addresses
from gpuanim.errors import ClusterError, GpuanimError
from gpuanim.propagation.distributed.blocks import equal_blocks
from gpuanim.propagation.distributed.sending import Sender

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Team"]

T = TypeVar("T")

_ATTEMPTS = 5
"""So often in a row a team is put together anew, until the cluster is given up."""

_PATIENCE = 10.0
"""Seconds to wait for as many workers as there were: a nanny starts a killed one again within two."""

_GLANCE = 1.0
"""Seconds between looks at whether a worker that is waited for is still there: Dask leaves some questions to
an actor that was lost open for ever."""


class Team:
    """One member on each worker, with blocks of equally many entries, in the order of the rows.

    Parameters
    ----------
    client
        Of the cluster.
    sender
        Has the rows.
    dtype
        Of the values.

    Attributes
    ----------
    generation
        Counts the teams that there were: what members were told is gone with them.
    blocks
        First and last row of each member.
    bytes_per_step
        What members send each other at each step, for each column of values.
    """

    def __init__(
        self,
        client: Client,
        sender: Sender,
        dtype: np.dtype[Any],
    ) -> None:
        self._client = client
        self._sender, self._dtype = sender, dtype
        self.generation = 0
        self.blocks: list[tuple[int, int]] = []
        self.bytes_per_step = 0
        self._members: list[Any] = []
        self._held: list[Any] = []  # futures of the members: one ends when nobody holds its future
        self._addresses: list[str] = []
        self._n_workers = 0

    def attempt(self, task: Callable[[], T]) -> T:
        """Return what `task` returns when it runs to its end on a whole team.

        Raises
        ------
        ClusterError
            If no team holds together, or the client was closed.
        GpuanimError
            What a member raised on purpose.
        """
        for attempt in range(_ATTEMPTS):
            try:
                if not self._members:
                    self._assemble(first_time=attempt == 0 and self.generation == 0)
                return task()
            except GpuanimError:
                raise
            except Exception as error:  # Dask says in a dozen ways that a worker is gone
                self._dismiss()
                if self._client.status != "running":
                    raise ClusterError("the client was closed while a propagation ran on it") from error
                last = error
        raise ClusterError(
            f"the propagation was begun anew {_ATTEMPTS} times, and each time a worker was lost or failed; "
            f"the last one: {type(last).__name__}: {last}"
        ) from last

    def call(self, method: str, *arguments: Any, each: list[tuple[Any, ...]] | None = None) -> list[Any]:
        """Call a method of all members at once; return what each returns.

        Parameters
        ----------
        each
            Further arguments for each member.
        """
        return self.collect(self.ask(method, *arguments, each=each))

    def ask(self, method: str, *arguments: Any, each: list[tuple[Any, ...]] | None = None) -> list[Any]:
        """Call a method of all members and do not wait."""
        with self._client.as_current():
            own = each or [()] * len(self._members)
            return [
                getattr(member, method)(*arguments, *further)
                for member, further in zip(self._members, own, strict=True)
            ]

    def collect(self, asked: list[Any]) -> list[Any]:
        """Return what members answered to `ask`."""
        return [self._await(answer) for answer in asked]

    def _await(self, answer: Any) -> Any:
        """Return the result of a future, unless a worker is gone: others may then wait for it in vain."""
        while True:
            try:
                return answer.result(timeout=_GLANCE)
            except TimeoutError:
                if not set(self._addresses) <= set(worker_addresses(self._client)):
                    raise

    def _assemble(self, *, first_time: bool) -> None:
        """Give each worker a block, and tell the members of each other."""
        if not first_time:
            self._await_workers()
        wait_for_workers(self._client, _PATIENCE)
        addresses = worker_addresses(self._client)
        self._n_workers = len(addresses)
        self.blocks = equal_blocks(self._sender.lengths, len(addresses))
        self._addresses = addresses[: len(self.blocks)]
        edges = [first for first, _ in self.blocks] + [self.blocks[-1][1]]
        with self._client.as_current():
            self._held += map(self._place, self.blocks, self._addresses)
            self._members = self.collect(self._held)
        self.generation += 1
        own = [(index, self._members, edges) for index in range(len(self._members))]
        self.bytes_per_step = sum(self.call("link", each=own))

    def _place(self, block: tuple[int, int], address: str) -> Any:
        """Send a block, and return the future of its member. One block at a time is in memory here."""
        from gpuanim.propagation.distributed.member import Member

        rows = self._sender.send(self._client, *block, address)
        options = {"workers": [address], "allow_other_workers": False, "pure": False}
        return self._client.submit(Member, rows, self._dtype, actor=True, **options)

    def _await_workers(self) -> None:
        """Wait until there are as many workers as before, or some, and patience is at its end."""
        until = time.monotonic() + _PATIENCE
        time.sleep(0.2)  # what broke is told by the connection sooner than by the scheduler
        while time.monotonic() < until and self._client.status == "running":
            with suppress(OSError, TimeoutError):  # the client itself may be connecting anew
                if len(worker_addresses(self._client)) >= self._n_workers:
                    return
            time.sleep(0.1)

    def _dismiss(self) -> None:
        """Let go of the members; those that are left must not wait for those that are lost."""
        for member in self._members:
            with suppress(Exception), self._client.as_current():
                member.give_up().result(timeout=_GLANCE)
        self._members = []
        self._held.clear()

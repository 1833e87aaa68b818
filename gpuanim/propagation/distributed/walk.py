"""A walk of a system over the blocks of a team: F where it is needed, steps and ranks where the rows are."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.propagation.distributed.team import Team
from gpuanim.propagation.stepper import Sums, Walk
from gpuanim.propagation.system import System
from gpuanim.values.bins import Bins
from gpuanim.values.ranks import Rank
from gpuanim.values.selection import Tally, Wanted, select_parts

__all__ = ["ClusterWalk"]

_KEEP_EVERY = 16
"""Steps after which F is fetched though only its levels are shown: so many a lost worker costs at most."""

_ALL_FLOATS = Bins.of_all_floats(16)
"""The bins of the first step whose ranks are asked for; later ones follow the values of the step before."""


class ClusterWalk(Walk):
    """A walk over the blocks of a team.

    Sums of the stopping rule are added up in float64, in the order of the blocks. The next step is begun as
    soon as F is here, and is taken while F is shown. F is also what a new team goes on from: a worker that
    is lost costs the time to send the graph anew, and the step that was being taken.
    """

    def __init__(self, team: Team, system: System, dtype: np.dtype[Any]) -> None:
        super().__init__(system, dtype)
        self._team = team
        self._name = uuid.uuid4().hex
        self._generation = -1  # of the team that knows this walk
        self._reached = 0  # the step that its members are at
        self._sums_of_members: list[tuple[float, float]] = []  # of the step to there
        self._ahead: list[Any] = []  # the answers to come, for the step from there on
        self._f: NDArray[Any] = system.start.astype(dtype)
        self._at = 0  # the step of `_f`
        self._bins = _ALL_FLOATS

    @property
    def f(self) -> NDArray[Any]:
        if self._at != self.n_done:
            self._team.attempt(self._gather)
        return self._f

    def levels(self, norm: Rank) -> NDArray[np.uint8]:
        """Return the (n,) levels of F without fetching it, but for each 16th step: a new team needs one."""
        if 0 < self.n_done - self._at < _KEEP_EVERY:
            found: NDArray[np.uint8] = self._team.attempt(partial(self._gather_levels, norm))
            return found
        return norm.levels(self.f)

    def close(self) -> None:
        with suppress(Exception):  # the cluster may be gone by now, and with it what is to be forgotten
            if self._generation == self._team.generation:
                self._team.collect(self._ahead)
                self._team.call("end", self._name)
        self._generation, self._ahead = -1, []

    def _advance(self) -> Sums:
        self._team.attempt(lambda: self._bring_to(self.n_done + 1))
        change, norm = np.array(self._sums_of_members).sum(axis=0)
        return lambda: (float(change), float(norm))

    def _gather(self) -> None:
        """Fetch F, and let the members take the next step."""
        self._bring_to(self.n_done)
        for (first, last), part in zip(self._team.blocks, self._team.call("values", self._name), strict=True):
            self._f[first:last] = part
        self._at = self.n_done
        self._ahead = self._ask_for_step()

    def _gather_levels(self, norm: Rank) -> NDArray[np.uint8]:
        """Rank the values where they are, by one histogram of them all."""
        self._bring_to(self.n_done)
        tallies = self._team.call("tally", self._name, self._bins)
        select = partial(select_parts, self._bins, tallies, self._members_of)
        parts = self._team.call("levels", self._name, norm.thresholds(select))
        self._bins = _bins_for(tallies)
        self._ahead = self._ask_for_step()
        return np.concatenate(parts)

    def _members_of(self, wanted: Wanted) -> list[Any]:
        return self._team.call("in_question", self._name, wanted)

    def _bring_to(self, step: int) -> None:
        """See to it that the members are at `step`."""
        if self._generation != self._team.generation:
            self._begin()
        elif self._ahead and self._reached == step:  # only after `levels` is F asked for with a step begun
            self._team.collect(self._ahead)
            self._begin()
        while self._reached < step:
            asked, self._ahead = self._ahead or self._ask_for_step(), []
            self._sums_of_members = self._team.collect(asked)
            self._reached += 1

    def _begin(self) -> None:
        """Begin at the last F that is known."""
        system, f = self._system, self._f if self._at else None
        each = [
            (
                replace(
                    system,
                    row=system.row[first:last],
                    col=system.col[first:last],
                    base=system.base[first:last],
                    start=system.start[first:last],
                ),
                None if f is None else f[first:last],
            )
            for first, last in self._team.blocks
        ]
        self._team.call("begin", self._name, self._at, each=each)
        self._generation, self._reached, self._ahead = self._team.generation, self._at, []

    def _ask_for_step(self) -> list[Any]:
        return self._team.ask("step", self._name, self._reached)


def _bins_for(tallies: Sequence[Tally]) -> Bins:
    """Choose bins that few values will share if they lie as these did."""
    some = np.concatenate([part.some for part in tallies])
    bins = Bins.spread(some) if len(some) else _ALL_FLOATS
    return bins if bins.count > 2 else _ALL_FLOATS

"""The memory of a propagation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from gpuanim.budget._base import Budget, largest

__all__ = ["DISK_BYTES", "GraphSize", "graph_advice", "graph_budget", "steps_budget"]

_LIBRARIES = 90 << 20
"""numba, scipy and the machine code of kernels, which the first propagation of a process loads."""

DISK_BYTES = 1 << 27
"""Entries that are in memory at a time while a graph is brought to its order on disk, in bytes."""


@dataclass(frozen=True)
class GraphSize:
    """A propagation in numbers.

    Parameters
    ----------
    n, nnz, columns
        Nodes, stored entries, columns of the signal.
    itemsize
        Bytes of a value.
    weight
        Bytes of the weight of an entry; 0 where all are equal.
    ordered
        Whether nodes are brought to a locality order.
    on_disk
        Whether the entries lie in a file.
    read
        Bytes for each entry that reading the graph takes, beside what the caller holds: 0 for CSR in memory.
    """

    n: int
    nnz: int
    columns: int = 1
    itemsize: int = 4
    weight: int = 0
    ordered: bool = True
    on_disk: bool = False
    read: int = 0


def graph_budget(size: GraphSize) -> Budget:
    """Plan the memory of a propagation beside the graph that the caller holds, from the first look at it on.

    In the locality order entries take 4 bytes each, and as many again for their weights; 24 bytes a node go
    to row pointers and permutations. The state takes about 100 bytes a node for one column.
    """
    n, ordered = size.n, size.ordered
    copied = size.nnz * (4 + size.weight) if ordered else 0
    graph = {
        "libraries": _LIBRARIES,
        "the graph as it is read": 0 if size.on_disk else size.read * size.nnz,
        "the graph in its order": 0 if size.on_disk else copied,
        "row pointers and orders": n * (8 + 16 * ordered),
    }
    values = n * (8 + size.itemsize * size.columns)
    part = 3 * DISK_BYTES if size.on_disk else 0
    ordering = {"keys of the order": 44 * n * ordered, "a part of the graph": part}
    return Budget(
        {
            "order": graph | ordering,
            "column sums": graph | {"labels and degrees": values, "column sums": 40 * n},
            "steps": graph | {"labels and degrees": values} | dict(steps_budget(size).stages["steps"]),
        }
    )


def steps_budget(size: GraphSize) -> Budget:
    """Plan the memory of a pass over the steps, on a graph that is in its place."""
    wide = size.n * size.columns
    state = 4 * size.itemsize * wide
    return Budget({"steps": {"coefficients": 24 * size.n + 16 * wide, "state": state, "norms": 16 * wide}})


def graph_advice(size: GraphSize, space: int) -> Iterator[str]:
    """Say what would fit into `space` bytes in place of a propagation that does not."""

    def fits(**changes: Any) -> bool:
        return graph_budget(replace(size, **changes)).nbytes <= space

    if not size.on_disk and fits(on_disk=True):
        yield 'graph_on="disk", which reads the graph from a file in each step'
    if size.columns > 1 and (columns := largest(lambda c: fits(columns=c), size.columns)):
        yield f"{columns} columns of labels at a time"
    if cells := largest(lambda n: fits(n=n, nnz=size.nnz * n // size.n), size.n):
        yield f"{cells:,} of the {size.n:,} cells"

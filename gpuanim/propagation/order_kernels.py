"""The kernels that find a locality order and apply it to a graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import inline, kernel
from gpuanim.propagation.lanes import prefetch

__all__ = ["breadth_first", "fill", "morton_keys", "radix_sort", "sort_windows"]

_1 = np.uint64(1)
_16 = np.uint64(16)
_NEAR = np.uint64(12)
_FAR = np.uint64(24)


@kernel
def breadth_first(indptr: NDArray[np.uint64], indices: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the nodes in breadth-first order, from node 0, then from the first one not yet seen.

    Nodes without neighbours cost one look each. The queue is the result, so what comes 12 and 24 nodes
    later is known, and fetched in time.
    """
    n = np.uint64(len(indptr) - 1)
    queue = np.zeros(n + _FAR + _1, np.uint32)
    seen = np.zeros(n, np.uint8)
    head = tail = np.uint64(0)
    for root in range(n):
        if seen[root]:
            continue
        seen[root] = 1
        queue[tail] = root
        tail += _1
        while head < tail:
            node = np.uint64(queue[head])
            prefetch(indptr, np.uint64(queue[head + _FAR]))
            soon = indptr[np.uint64(queue[head + _NEAR])]
            prefetch(indices, soon)  # rows of more than 48 neighbours are left to the hardware
            prefetch(indices, soon + _16)
            prefetch(indices, soon + _16 + _16)
            head += _1
            for p in range(indptr[node], indptr[node + _1]):
                other = indices[p]
                if seen[other] == 0:
                    seen[other] = 1
                    queue[tail] = other
                    tail += _1
    return queue[:n]


@inline
def _spread(x: Any) -> Any:
    """Move the 16 low bits of x to the even places of 32."""
    x = (x | (x << np.uint32(8))) & np.uint32(0x00FF00FF)
    x = (x | (x << np.uint32(4))) & np.uint32(0x0F0F0F0F)
    x = (x | (x << np.uint32(2))) & np.uint32(0x33333333)
    return (x | (x << np.uint32(1))) & np.uint32(0x55555555)


@kernel
def morton_keys(
    coords: NDArray[np.float64], low: Any, scale: Any, keys: NDArray[np.uint32], first: int, last: int
) -> None:
    """Write the Morton key (the bits of x and y in turns) of each point; points without a place go last."""
    for i in range(np.uint64(first), np.uint64(last)):
        x = (coords[i, 0] - low[0]) * scale
        y = (coords[i, 1] - low[1]) * scale
        if 0 <= x < 65536 and 0 <= y < 65536:
            keys[i] = _spread(np.uint32(x)) | (_spread(np.uint32(y)) << np.uint32(1))
        else:
            keys[i] = np.uint32(0xFFFFFFFF)


@kernel
def radix_sort(keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the stable order of 32-bit keys, in three passes over 11 bits."""
    n = np.uint64(len(keys))
    order = np.empty(n, np.uint32)
    target = np.empty(n, np.uint32)
    for i in range(n):
        order[i] = i
    for shift in (np.uint32(0), np.uint32(11), np.uint32(22)):
        counts = np.zeros(2049, np.int64)
        for i in range(n):
            counts[((keys[i] >> shift) & np.uint32(2047)) + np.uint32(1)] += 1
        for b in range(2047):
            counts[b + 1] += counts[b]
        for i in range(n):
            b = (keys[order[i]] >> shift) & np.uint32(2047)
            target[counts[b]] = order[i]
            counts[b] += 1
        order, target = target, order
    return order


@kernel
def sort_windows(
    indptr: NDArray[np.uint64],
    order: NDArray[np.uint32],
    out: NDArray[np.uint32],
    window: int,
    first: int,
    last: int,
) -> None:
    """Sort each window of `order` by the number of neighbours (255 and more count as equal), stably."""
    counts = np.empty(257, np.int64)
    for k in range(first, last):
        start = k * window
        end = min(start + window, len(order))
        counts[:] = 0
        for i in range(start, end):
            node = np.uint64(order[i])
            counts[min(indptr[node + _1] - indptr[node], np.uint64(255)) + _1] += 1
        for b in range(255):
            counts[b + 1] += counts[b]
        for i in range(start, end):
            node = np.uint64(order[i])
            b = min(indptr[node + _1] - indptr[node], np.uint64(255))
            out[start + counts[b]] = order[i]
            counts[b] += 1


@kernel
def fill(
    indptr: NDArray[np.uint64],
    indices: NDArray[np.uint32],
    weights: Any,
    order: NDArray[np.uint32],
    inverse: NDArray[np.uint32],
    out_indptr: NDArray[np.uint64],
    out_indices: NDArray[np.uint32],
    out_weights: Any,
    first: int,
    last: int,
) -> None:
    """Write rows `first` to `last` of the graph in its new order, their columns renamed."""
    for i in range(np.uint64(first), np.uint64(last)):
        soon = indptr[np.uint64(order[min(i + _NEAR, np.uint64(last) - _1)])]
        prefetch(indices, soon)
        prefetch(indices, soon + _16)
        prefetch(indices, soon + _16 + _16)
        p = indptr[np.uint64(order[i])]
        for q in range(out_indptr[i], out_indptr[i + _1]):
            out_indices[q] = inverse[indices[p]]
            if weights is not None:
                out_weights[q] = weights[p]
            p += _1

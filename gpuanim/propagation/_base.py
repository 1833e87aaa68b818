"""What all propagations share: their input, the loop over steps, and the way to the caller's order."""

from __future__ import annotations

import math
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from gpuanim.errors import OptionError
from gpuanim.propagation.cuda import is_cupy
from gpuanim.propagation.labels import check_tol, read_labels, read_mask
from gpuanim.propagation.place import place
from gpuanim.propagation.solve import Solution, is_symmetric, solve_system
from gpuanim.propagation.stepper import Walk
from gpuanim.propagation.system import Equation, System
from gpuanim.types import Values
from gpuanim.values._base import Source
from gpuanim.values.convert import as_numpy

if TYPE_CHECKING:
    from gpuanim.cuda import Device
    from gpuanim.propagation.ranked import Ranked

__all__ = ["MAX_STEPS", "Callback", "Propagation"]

MAX_STEPS = 100_000
"""A propagation with a tolerance and no limit of steps ends here, with a `RuntimeWarning`."""

Callback = Callable[[int, float], object]


class Propagation(Source):
    """The contract of an algorithm: a `System` to iterate, and an `Equation` for its fixed point.

    Attributes
    ----------
    permutation
        (n,) the caller's row of each value that `steps` yields, or None if it keeps the caller's order.
    residual
        Of the last step: ||F' - F||^2 relative to ||F||^2; infinite before the first one. On a GPU, where
        neither `tol` nor `callback` nor `progress` asks for it, only known at the end.
    n_done
        Steps taken by the pass that was begun last.
    n_isolated
        Nodes without neighbours (whose column of `adj_mat` is empty): they keep their own label.
    device
        Where it runs and why, as in ``"cpu: asked for"``.
    """

    def __init__(
        self,
        adj_mat: Any,
        labels: Any,
        labeled: Any,
        *,
        n_steps: int | None,
        tol: float | None,
        include_initial: bool,
        device: str,
        order: str,
        graph_on: str,
        coords: Any,
        dtype: DTypeLike | None,
        callback: Callback | None,
        progress: bool,
        client: Any,
    ) -> None:
        if n_steps is not None and (n_steps != int(n_steps) or n_steps < 1):
            raise OptionError(f"n_steps must be a whole number from 1 on, got {n_steps}")
        self._limit = None if n_steps is None else int(n_steps)
        self._tol = 0.01 if n_steps is None and tol is None else tol
        if self._tol is not None:
            check_tol(self._tol, "tol")
        self._include_initial = include_initial
        self._callback = callback
        self._progress = progress
        self.residual = math.inf
        self.n_done = 0
        self._place = place(
            adj_mat,
            on_gpu=is_cupy(labels),
            device=device,
            order=order,
            coords=coords,
            dtype=_value_dtype(dtype),
            width=math.prod(_shape(labels)[1:]),
            n_steps=self._expected_steps(),
            client=client,
            graph_on=graph_on,
        )
        self.device = f"{self._place.device}: {self._place.reason}"
        self.permutation = self._place.permutation
        self.pass_bytes = self._place.pass_bytes
        self._read_labels(labels, labeled)
        if self._limit is not None and self._tol is None and callback is None:
            self.n_steps = self._limit + include_initial

    def _expected_steps(self) -> int:
        """Return the number of steps, or guess it: the blog's tolerance is mostly met within 20."""
        if self._tol is None and self._limit is not None:
            return self._limit
        return min(20 if (self._tol or 0) >= 1e-3 else 100, self._limit or MAX_STEPS)

    def _read_labels(self, labels: Any, labeled: Any) -> None:
        product, inward = self._place.product, self._place.inward
        self.n_points = n = product.n
        mask = None if labeled is None else read_mask(labeled, n, "labeled", product.xp)
        signal = read_labels(labels, mask, n, "labels", product.xp)
        if mask is None and not bool(signal.any()):
            raise OptionError("labels are 0 in all rows, so there is nothing to propagate; label a row")
        self._shape = signal.shape
        self.n_columns = math.prod(signal.shape[1:])
        self._labels = inward(signal[:, 0] if signal.shape[1:] == (1,) else signal)
        self._labeled = None if mask is None else inward(mask)
        self._degree = product.column_sums()
        self.n_isolated = int((self._degree == 0).sum())
        self._symmetric: bool | None = None

    def describe(self) -> dict[str, Any]:
        """Return the settings of the steps, and a fingerprint of the labels in the caller's order."""
        from gpuanim.provenance import array_fingerprint

        labels = [self._labels] if self._labeled is None else [self._labels, self._labeled]
        given = (np.asarray(as_numpy(self._place.outward(array))) for array in labels)
        return {
            "method": type(self).__name__,
            "n_steps": self._limit,
            "tol": self._tol,
            "include_initial": self._include_initial,
            "dtype": self._place.product.dtype.name,
            "labels": array_fingerprint(*given),
        }

    @abstractmethod
    def _system(self, xp: Any) -> System:
        """Return what is iterated, in float64 and in the order of the nodes."""

    @abstractmethod
    def _equation(self, product: Any) -> Equation:
        """Return what the steps converge to as an equation, symmetric where W is."""

    def origin(self) -> Any:
        """Return the graph, what is iterated on it and when it ends; None with a callback, or on a GPU."""
        product = self._place.product
        if self._callback is not None or self._place.device != "cpu":
            return None
        settings = (self._limit, self._tol, self._include_initial, product.dtype)
        with np.errstate(over="ignore"):
            return settings, product.graph, self._system(product.xp)

    def steps(self) -> Iterator[Values]:
        """Yield the iterates in the order of `permutation`, in a buffer that the next step overwrites.

        Yields
        ------
        array
            (n,), or (n, c) for labels of c > 1 columns; entry k belongs to row `permutation[k]`.
        """
        for walk in self._run():
            yield np.asarray(as_numpy(self._place.shown(walk.f)))

    def on_device(self, device: Device) -> Source | None:
        del device  # a thread has one
        return _Resident(self) if self._place.device == "cuda" else None

    def __iter__(self) -> Iterator[Any]:
        """Yield the iterates in the caller's order and shape, each in memory of its own."""
        for walk in self._run():
            yield self._place.outward(walk.f).reshape(self._shape)

    def ranked(self, *, stretch: bool = False) -> Ranked:
        """Return the steps as levels 0 to 255 by the rank of each node within the step.

        They are the codes that `Rank(stretch=stretch)` gives the values: show them with ``vmin=0,
        vmax=256``. On a cluster they are found where the values are, from one merged histogram, and a byte
        for each node travels instead of four or eight.

        Parameters
        ----------
        stretch
            As in `Rank`: give the lowest value level 0 and the highest 255.

        Raises
        ------
        OptionError
            If the labels have several columns.
        """
        from gpuanim.propagation.ranked import Ranked
        from gpuanim.values.ranks import Rank

        if self.n_columns != 1:
            raise OptionError(f"ranks are those of one column of labels, these have {self.n_columns}")
        return Ranked(self._run, Rank(stretch=stretch), self.n_points, self.n_steps, self.permutation)

    def _run(self, *, queued: bool = False) -> Iterator[Walk]:
        """Yield the walk after each step. Each pass starts anew.

        With `queued`, F holds its values only once `Device.launches` has run.
        """
        product = self._place.product.queued() if queued else self._place.product
        ahead = self._place.device == "cuda" and not (self._progress or self._callback) and self._tol is None
        with np.errstate(over="ignore"):  # the first step tells it better
            walk = product.walk(self._system(product.xp))
        self.n_done, self.residual = 0, math.inf
        with closing(walk), _progress_bar(self._limit, shown=self._progress) as bar:
            if self._include_initial:
                yield walk
            ended = False
            while not ended:
                walk.advance()
                self.n_done = walk.n_done
                if not ahead or self.n_done == self._limit:  # a GPU is waited for only where that has a use
                    self.residual = walk.residual
                if bar is not None:
                    bar.update()
                    bar.set_postfix_str(f"residual {self.residual:.1e}", refresh=False)
                ended = self._ends()
                yield walk

    def _ends(self) -> bool:
        """Say whether the step just taken is the last one. The callback hears of each."""
        stopped = self._callback is not None and bool(self._callback(self.n_done, self.residual))
        if stopped or self.n_done == self._limit:
            return True
        if self._tol is None:
            return False
        if self.residual > self._tol:
            if self._limit is not None or self.n_done < MAX_STEPS:
                return False
            warnings.warn(
                f"propagation was ended after {MAX_STEPS} steps with a residual of {self.residual:.1e}, "
                f"above the tolerance of {self._tol:.1e}; raise the tolerance, set n_steps, or use solve()",
                RuntimeWarning,
                stacklevel=3,
            )
        return True

    def solve(self, rtol: float = 1e-6, maxiter: int = 10_000) -> Solution:
        """Return what the steps converge to, without taking them; computed in float64.

        Conjugate gradients on the symmetric form of the fixed point, or BiCGSTAB if `adj_mat` is not
        symmetric.

        Parameters
        ----------
        rtol
            Stop when ||b - M x|| <= rtol ||b|| in each column.
        maxiter
            Iterations at most; a `RuntimeWarning` says if they were not enough.

        Returns
        -------
        Solution
            `signal` in the caller's order and shape and in the dtype of the steps, `residual`, `n_iter`.
        """
        check_tol(rtol, "rtol")
        product = self._place.product.in_double()
        if self._symmetric is None:
            self._symmetric = is_symmetric(product)
        equation = self._equation(product)
        x, residual, n_iter = solve_system(
            product, equation, symmetric=self._symmetric, rtol=rtol, maxiter=maxiter
        )
        signal = equation.finish(x).astype(self._place.product.dtype)
        return Solution(self._place.outward(signal).reshape(self._shape), residual, n_iter)


class _Resident(Source):
    """The steps of a propagation on the device where they are computed."""

    def __init__(self, propagation: Propagation) -> None:
        self._propagation = propagation
        self.n_points, self.n_steps = propagation.n_points, propagation.n_steps
        self.n_columns, self.permutation = propagation.n_columns, propagation.permutation

    def steps(self) -> Iterator[Any]:
        return (walk.f for walk in self._propagation._run(queued=True))


def _value_dtype(dtype: DTypeLike | None) -> np.dtype[Any]:
    chosen = np.dtype(np.float32 if dtype is None else dtype)
    if chosen not in (np.float32, np.float64):
        raise OptionError(f"dtype must be float32 or float64, got {chosen}")
    return chosen


def _shape(labels: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = labels.shape if hasattr(labels, "shape") else np.shape(labels)
    return shape


def _progress_bar(total: int | None, *, shown: bool) -> AbstractContextManager[Any]:
    if not shown:
        return nullcontext()
    from tqdm.auto import tqdm

    bar: AbstractContextManager[Any] = tqdm(total=total, unit="step")
    return bar

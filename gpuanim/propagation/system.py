"""What each algorithm iterates: F <- row * (W (col * F)) + base, and where it starts.

Plain formulas on arrays of numpy or CuPy. Both algorithms divide by D, the column sums of W, also where W
is not symmetric. The matrix of a step then has the same eigenvalues as W D^-1, whose columns sum to 1: it
never blows up. Nodes with D = 0 ("isolated") are never divided by it; they keep the label they have, 0
if they have none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Equation",
    "System",
    "harmonic",
    "harmonic_equation",
    "label_propagation",
    "label_propagation_equation",
    "scaled",
]


@dataclass(frozen=True, eq=False)
class System:
    """One algorithm on one graph with one set of labels.

    Attributes
    ----------
    row, col
        (n,) float64. Nodes with `row` 0 keep their value.
    base, start
        (n,) or (n, c).
    fixed_norm
        What the nodes that keep their value add to ||F||^2 in the stopping rule.
    against_previous
        Whether the stopping rule divides by ||F||^2 before the step instead of after it.
    """

    row: Any
    col: Any
    base: Any
    start: Any
    fixed_norm: float
    against_previous: bool

    def residual(self, change: float, norm: float, norm_before: float) -> float:
        """Return ||F' - F||^2 / ||F||^2, the relative change that the stopping rule looks at."""
        against = norm_before if self.against_previous else norm + self.fixed_norm
        if change == 0:
            return 0.0
        return change / against if against > 0 else math.inf


@dataclass(frozen=True, eq=False)
class Equation:
    """x - row * (W (col * x)) = rhs, whose solution `finish` turns into the fixed point of a `System`.

    Attributes
    ----------
    row, col
        (n,) float64. Where `row` is 0, x is `rhs`.
    rhs
        (n,) or (n, c) float64.
    finish
        Takes x, returns F.
    """

    row: Any
    col: Any
    rhs: Any
    finish: Callable[[Any], Any]


def scaled(factors: Any, values: Any) -> Any:
    """Return each row of (n,) or (n, c) values times its factor."""
    return factors * values if values.ndim == 1 else factors[:, None] * values


def label_propagation(xp: Any, degree: Any, labels: Any, alpha: float) -> System:
    """F <- a S F + (1 - a) Y with S = D^-1/2 W D^-1/2, from F = Y."""
    labels = labels.astype(xp.float64)
    hears = degree > 0
    root = xp.where(hears, 1 / xp.sqrt(xp.where(hears, degree, 1)), 0)
    base = labels * (1 - alpha)  # where `root` is 0 it has no effect
    fixed = labels[~hears]
    return System(
        row=alpha * root,
        col=root,
        base=base,
        start=labels,
        fixed_norm=float((fixed * fixed).sum()),
        against_previous=False,
    )


def harmonic(xp: Any, degree: Any, labels: Any, clamped: Any) -> System:
    """F <- D^-1 W F where no label is, from F = the labels and 0.

    The iterates are the partial sums of the power series of (I - P_uu)^-1 P_ul Y.
    """
    labels = labels.astype(xp.float64)
    moves = (degree > 0) & ~clamped
    row = xp.where(moves, 1 / xp.where(moves, degree, 1), 0)
    return System(
        row=row,
        col=xp.ones_like(row),
        base=xp.zeros_like(labels),
        start=labels,
        fixed_norm=0.0,
        against_previous=True,
    )


def label_propagation_equation(xp: Any, system: System) -> Equation:
    """(I - a S) F = (1 - a) Y."""
    moves = scaled(system.row != 0, xp.ones_like(system.start))
    rhs = xp.where(moves != 0, system.base, system.start)
    return Equation(system.row, system.col, rhs, lambda x: x)


def harmonic_equation(product: Any, system: System) -> Equation:
    """(I - S_uu) x = D^-1/2 W_ul Y with F_u = D^-1/2 x: symmetric where W is, unlike I - P_uu."""
    root = product.xp.sqrt(system.row)
    rhs = product.values(system.base)
    labels = product.values(system.start)
    product.affine(root * product.scale, labels, system.base, system.col, rhs, product.values(labels))
    return Equation(root, root, rhs, lambda x: scaled(root, x) + system.start)

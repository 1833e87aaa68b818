"""The fixed point without the way there: Krylov methods over the same products.

scipy's `cg` is not used because CuPy's differs in its arguments and has no `bicgstab`; these work on both,
take all columns of a signal through each product at once, and count their iterations.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gpuanim.errors import GpuanimError
from gpuanim.propagation.system import Equation

__all__ = ["Solution", "is_symmetric", "solve_system"]

_Apply = Callable[[Any, Any], Any]


class Solution(NamedTuple):
    """A fixed point, and how well it is known.

    Attributes
    ----------
    signal
        (n,) or (n, c), in the order of the caller's rows.
    residual
        ||b - M x|| / ||b|| of the system that was solved, computed from x itself; the worst column.
    n_iter
        Iterations; each multiplies with the graph once, or twice if it is not symmetric.
    """

    signal: Any
    residual: float
    n_iter: int


def is_symmetric(product: Any) -> bool:
    """Say whether W equals its transpose, to six digits: W x and W.T x agree for a random positive x."""
    xp = product.xp
    x = xp.asarray(np.random.default_rng(0).uniform(1, 2, product.n))
    ones = xp.ones(product.n)
    image = product.values(xp.zeros(product.n))
    zero = product.values(image)
    product.affine(ones * product.scale, product.values(x), zero, ones, image, product.values(image))
    mirrored = product.transposed(x)
    return bool((abs(image - mirrored) <= 1e-6 * mirrored).all())


def solve_system(
    product: Any, equation: Equation, *, symmetric: bool, rtol: float, maxiter: int
) -> tuple[Any, float, int]:
    """Solve an equation; return x, its relative residual, and the number of iterations.

    Parameters
    ----------
    product
        W, in float64.
    equation
        In the order and on the device of the product.
    symmetric
        Whether `row * W * col` is; then conjugate gradients are used, otherwise BiCGSTAB.
    rtol
        Stop when ||residual|| <= rtol ||rhs|| in each column.
    maxiter
        Stop, with a `RuntimeWarning`, after so many iterations.
    """
    rhs = equation.rhs
    minus_row = -equation.row * product.scale
    col = equation.col if rhs.ndim == 1 else equation.col[:, None]
    z, unused = product.values(rhs), product.values(rhs)

    def apply(x: Any, image: Any) -> Any:
        image[...] = x  # stays so where `row` is 0
        product.xp.multiply(col, x, out=z)
        product.affine(minus_row, z, x, equation.col, image, unused)
        return image

    method = _conjugate_gradients if symmetric else _bicgstab
    with np.errstate(over="ignore", invalid="ignore"):  # told below
        x, n_iter = method(apply, rhs, product, rtol, maxiter)
        error = rhs - apply(x, product.values(rhs))
        residual = float(_ratio(product.xp, _dot(error, error), _dot(rhs, rhs)).max()) ** 0.5
    if not math.isfinite(residual):
        raise GpuanimError(
            "the fixed point left the range of float64: labels or weights are too large for it; "
            "divide them by their largest value"
        )
    if n_iter >= maxiter and residual > rtol:
        warnings.warn(
            f"the fixed point is known to a relative residual of {residual:.1e} only, after "
            f"maxiter={maxiter} iterations; rtol={rtol:.1e} was asked for: raise maxiter, or accept it",
            RuntimeWarning,
            stacklevel=4,
        )
    return x, residual, n_iter


def _conjugate_gradients(apply: _Apply, rhs: Any, product: Any, rtol: float, maxiter: int) -> tuple[Any, int]:
    """Conjugate gradients (Hestenes & Stiefel 1952), each column with coefficients of its own."""
    xp = product.xp
    x = xp.zeros_like(rhs)
    r = rhs.copy()
    p, q, scratch = product.values(rhs), product.values(rhs), product.values(rhs)
    rr = _dot(r, r)
    goal = rtol * rtol * rr
    for k in range(maxiter):
        if not bool((rr > goal).any()):  # NaN ends it too
            return x, k
        apply(p, q)
        step = _ratio(xp, rr, _dot(p, q))
        x += xp.multiply(p, step, out=scratch)
        r -= xp.multiply(q, step, out=scratch)
        before, rr = rr, _dot(r, r)
        p *= _ratio(xp, rr, before)
        p += r
    return x, maxiter


def _bicgstab(apply: _Apply, rhs: Any, product: Any, rtol: float, maxiter: int) -> tuple[Any, int]:
    """BiCGSTAB (van der Vorst 1992); starts anew from where it is when its recurrence breaks down."""
    xp = product.xp
    x = xp.zeros_like(rhs)
    goal = rtol * rtol * _dot(rhs, rhs)
    r, shadow = rhs.copy(), rhs.copy()
    p, v, s, t = (product.values(rhs) for _ in range(4))
    rho = _dot(shadow, r)
    for k in range(maxiter):
        if not bool((_dot(r, r) > goal).any()):
            return x, k
        step = _ratio(xp, rho, _dot(shadow, apply(p, v)))
        s[...] = r - step * v
        weight = _ratio(xp, _dot(apply(s, t), s), _dot(t, t))
        x += step * p + weight * s
        r = s - weight * t
        before, rho = rho, _dot(shadow, r)
        if bool((abs(rho) <= 1e-30 * _dot(r, r)).any()):
            r = rhs - apply(x, v)
            shadow = r.copy()
            p[...] = r
            rho = _dot(r, r)
        else:
            p[...] = r + _ratio(xp, rho * step, before * weight) * (p - weight * v)
    return x, maxiter


def _dot(left: Any, right: Any) -> Any:
    """Return the inner product of each column.

    Not by `@`: the threads of BLAS go on spinning after it and take the cores from ours (measured: 45 ms for
    an iteration on half a million nodes instead of 9 ms).
    """
    return (left * right).sum(axis=0)


def _ratio(xp: Any, above: Any, below: Any) -> Any:
    """Return above / below, and 0 where a column is done and has nothing below."""
    return xp.where(below != 0, above / xp.where(below != 0, below, 1), 0)

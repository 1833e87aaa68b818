"""Small films with chrome, and where its parts lie on a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import gpuanim as ga
from gpuanim.chrome._base import StageLayers
from gpuanim.film import Fits, Timings


@pytest.fixture(scope="session")
def cloud() -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(size=(300, 2))


@pytest.fixture(scope="session")
def steps(cloud: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    return [np.sin(2 * cloud[:, 0] + t) for t in range(4)]


@pytest.fixture(scope="session")
def groups() -> list[NDArray[Any]]:
    """Three steps of the categories a, b and c."""
    rng = np.random.default_rng(1)
    return [rng.choice(["a", "b", "c"], 300) for _ in range(3)]


@pytest.fixture(scope="session")
def make(cloud: NDArray[np.float64], steps: list[NDArray[np.float64]]) -> Callable[..., ga.Animation]:
    """Return a function that makes a small film of the steps, or of other values."""

    def film(values: Any = steps, **options: Any) -> ga.Animation:
        return ga.animate(cloud, values, **({"size": (240, 180), "s": 20} | options))

    return film


@pytest.fixture(scope="session")
def stage() -> Callable[..., StageLayers]:
    """Return a function that draws what surrounds the points of a film."""

    def layers(film: ga.Animation, dpi: float | None = None) -> StageLayers:
        dpi = film._dpi if dpi is None else dpi
        scale = dpi / film._dpi
        size = (round(film.size[0] * scale), round(film.size[1] * scale))
        return Fits(film._film, Timings()).layers(dpi, size)

    return layers

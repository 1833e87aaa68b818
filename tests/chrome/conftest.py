"""Stages of a panel or two, and frames made of their layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gpuanim.chrome._base import Moment, StageLayers
from gpuanim.chrome.bar import Scale
from gpuanim.chrome.figure import FigureStage, PanelStage
from gpuanim.chrome.key import CategoryKey
from gpuanim.chrome.parts import Dress, FigureDress
from gpuanim.chrome.style import Style
from gpuanim.look import Limits
from gpuanim.values.colors import as_rgb, color_table
from gpuanim.values.normalize import Linear

BOUNDS = (-3.0, 7.0, -7.0, 4.0)


@pytest.fixture
def scale() -> Scale:
    return Scale(color_table("viridis"), Linear(0.0, 3.25))


@pytest.fixture
def make_key() -> Callable[..., CategoryKey]:
    def make(n: int, name: str = "type {i}", positions: Any = None) -> CategoryKey:
        colors = np.random.default_rng(0).integers(0, 255, (n, 3)).astype(np.uint8)
        gray = np.array([211, 211, 211], np.uint8)
        return CategoryKey(tuple(name.format(i=i) for i in range(n)), colors, gray, True, positions)

    return make


@pytest.fixture
def make_stage() -> Callable[..., FigureStage]:
    def make(
        *dresses: Dress,
        size: tuple[int, int] = (400, 300),
        dpi: float = 100.0,
        dress: FigureDress | None = None,
        theme: str | None = None,
        style: Any = None,
        ncols: int = 4,
        background: Any = "auto",
        **panel: Any,
    ) -> FigureStage:
        worn = Style.now(theme, style)
        ground = as_rgb(worn.background) if isinstance(background, str) else background
        panels = tuple(PanelStage(Limits(BOUNDS), one, **panel) for one in dresses or (Dress(),))
        inches = (size[0] / dpi, size[1] / dpi)
        return FigureStage(inches, ground, panels, worn, dress or FigureDress(), ncols)

    return make


@pytest.fixture
def compose() -> Callable[..., Any]:
    """Return a function that puts all layers over one another, without points."""

    def run(layers: StageLayers, size: tuple[int, int], moment: Moment | None = None) -> Any:
        frame = np.empty((size[1], size[0], 3))
        frame[:] = layers.under
        patches = [] if layers.over is None else [(0, 0, layers.over)]
        for moving in layers.moving if moment is not None else ():
            moving.show(moment)
            patch = moving.draw()
            patches += [] if patch is None else [(patch.left, patch.top, patch.rgba)]
        for left, top, rgba in patches:
            part = frame[top : top + rgba.shape[0], left : left + rgba.shape[1]]
            alpha = rgba[..., 3:] / 255
            part[:] = part * (1 - alpha) + rgba[..., :3] * alpha
        return frame

    return run

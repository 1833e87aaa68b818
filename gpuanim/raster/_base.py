"""The contract of a renderer: geometry once, colours per frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError
from gpuanim.frames import PixelFormat
from gpuanim.types import Buffer, Codes, Colors, Ids

if TYPE_CHECKING:
    from gpuanim.cuda import Device


@dataclass(frozen=True)
class Points:
    """Where the points lie, in pixels of the frame, in draw order.

    Parameters
    ----------
    x, y
        (m,) float32, pixels from the left and the top edge of the frame; a pixel's centre is at .5.
    diameter
        (m,) float32 or one number, pixels.
    ids
        (m,) uint32, which value colours the point: a position in the arrays of the source.
        The last point is drawn on top.
    opacity
        (m,) float32, 0..1, by which `Scene.alpha` is multiplied for each point; None for 1.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    diameter: NDArray[np.float32] | float
    ids: Ids
    opacity: NDArray[np.float32] | None = None

    def take(self, order: NDArray[np.int64]) -> Points:
        """Return the points at these positions, in this order."""
        diameter = self.diameter[order] if isinstance(self.diameter, np.ndarray) else self.diameter
        opacity = None if self.opacity is None else self.opacity[order]
        return Points(self.x[order], self.y[order], diameter, self.ids[order], opacity)


@dataclass(frozen=True)
class Ground:
    """The still part of a frame.

    Parameters
    ----------
    width, height
        Pixels of the frame.
    under
        (h, w, 3) uint8 what lies below the points, or one colour (3,).
    over
        (h, w, 4) uint8 what lies above the points, straight alpha; None for nothing.
    transparent
        Leave out `under`; for formats with an alpha channel.
    """

    width: int
    height: int
    under: NDArray[np.uint8]
    over: NDArray[np.uint8] | None = None
    transparent: bool = False

    @property
    def flat(self) -> bool:
        """Whether nothing that lies above the points is mixed with them."""
        return self.over is None or bool(np.isin(self.over[..., 3], (0, 255)).all())


@dataclass(frozen=True)
class Scene:
    """Where the points of a panel show, and how: everything that stays while colours change.

    Parameters
    ----------
    ground
        What surrounds them.
    clip
        (left, top, right, bottom) in whole pixels; points show inside only.
    alpha
        Opacity of a point, 0..1.
    antialias
        Exact coverage of a pixel by the disc; False shows a disc in each pixel whose centre it covers.
    mixing
        What becomes of the points of a pixel, each with an opacity: its own times its coverage.
        "over" lays them over each other. "mix" gives each a part of the pixel in proportion to its opacity,
        "weighted" also to a weight that falls with its depth; all together leave of the ground what "over"
        leaves. "additive" adds their colours, times their opacities, to the ground, clipped at white.
    falloff
        Of "weighted": the power of the height in the draw order, from 0 to 1, that points weigh.
    """

    ground: Ground
    clip: tuple[int, int, int, int]
    alpha: float
    antialias: bool
    mixing: str = "over"
    falloff: float = 0.0

    @property
    def width(self) -> int:
        """Pixels of the frame."""
        return self.ground.width

    @property
    def height(self) -> int:
        """Pixels of the frame."""
        return self.ground.height

    @property
    def flat(self) -> bool:
        """Whether every pixel shows one unmixed colour, so that palette frames are exact."""
        plain = self.mixing == "over" and self.alpha == 1.0 and not self.antialias
        return plain and self.ground.flat


class Canvas(ABC):
    """Writes the frames of one format from the geometry that its renderer was given last."""

    @abstractmethod
    def still(self, out: Buffer) -> None:
        """Write what does not change to a buffer: once per buffer and geometry, before `draw` to it."""

    @abstractmethod
    def draw(self, codes: Codes, out: Buffer) -> None:
        """Write what changes to a buffer that holds the still part, or an earlier frame.

        `codes` are those of the points in `Renderer.visible`, in its order. The frame may be under way when
        this returns: `finish` waits for it.
        """

    def finish(self, out: Buffer) -> None:  # noqa: B027  a renderer whose `draw` waits has nothing to do
        """Wait until a buffer that was given to `draw` holds its frame; buffers finish in their order."""


class Renderer(ABC):
    """Holds the geometry of one film. Not shared between threads; `close` is idempotent.

    `place` builds the compositing operator, `visible` says which points can be seen, and each `canvas`
    applies the operator to the colours of frames of one format.

    Attributes
    ----------
    name, formats
        What the user calls it, and what it can write.
    mixings
        What it can make of the points of a pixel, in the words of `Scene.mixing`.
    device
        The CUDA device that draws, whose canvases also take codes that lie on it; None for all others.
    lag
        Frames that may be under way while the next one is drawn; until then their buffers are not finished.
    """

    name: ClassVar[str]
    formats: ClassVar[tuple[PixelFormat, ...]]
    mixings: ClassVar[tuple[str, ...]]
    lag: ClassVar[int] = 0
    device: Device | None = None

    @abstractmethod
    def place(self, points: Points, scene: Scene, n_source: int, *, keep: bool) -> None:
        """Take new geometry: ids below `n_source`; `keep` says that many frames will use it."""

    @property
    @abstractmethod
    def visible(self) -> Ids | None:
        """Ascending (v,) positions in the source that can be seen, or None for all of them."""

    @abstractmethod
    def canvas(self, table: Colors, pixel_format: PixelFormat, palette: Colors | None = None) -> Canvas:
        """Return a canvas for frames of a format, whose codes stand for the colours of `table`."""

    @abstractmethod
    def close(self) -> None:
        """Free what was built."""

    @classmethod
    def check(cls, mixing: str) -> None:
        """Raise OptionError if points cannot be put together in this way."""
        if mixing not in cls.mixings:
            raise OptionError(
                f'renderer="{cls.name}" cannot draw blend="{mixing}", renderer="cpu" can: say so, or leave '
                f'renderer to "auto"; {cls.name} has {", ".join(cls.mixings)}, and reductions such as "mean"'
            )

    def facts(self) -> dict[str, Any]:
        """Numbers about the operator for the result: bytes, fragments, visible points."""
        return {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

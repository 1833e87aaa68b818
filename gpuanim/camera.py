"""celluloid's `Camera` for any figure of matplotlib: a film of snaps, without keeping what they show."""

from __future__ import annotations

import warnings
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from gpuanim.chrome.contents import Contents, FigureContents
from gpuanim.chrome.drawing import FigureDrawing
from gpuanim.errors import OptionError, ShapeError
from gpuanim.look import positive
from gpuanim.recording import Recording, Spool

if TYPE_CHECKING:
    from gpuanim.animation import Animation

__all__ = ["Camera"]


class Camera:
    """Films a figure of matplotlib: draw something, `snap`, draw the next, `snap`, and `animate`.

    The interface is that of the package celluloid. A snap draws the figure at once; then what was added
    since the last snap is taken out of the figure, so that the next frame begins with empty axes, and
    `legend()` finds what belongs to its own frame. The pictures lie compressed in a temporary file.

    Parameters
    ----------
    fig
        The figure. What it holds now stays in all frames; celluloid shows it in the first one only.
    dpi
        Dots per inch of the frames; None is the figure's own.

    Raises
    ------
    OptionError
        If `fig` is no figure, or `dpi` no positive number.

    Notes
    -----
    *What belongs to a snap*: lines, collections, patches, images, texts, legends and whatever else has been
    added to axes or to the figure. Titles and labels stay until they are set anew, and each frame has those
    of its snap, where celluloid gives all frames the last. The cycle of colours goes on from snap to snap.
    Axes that are added, such as those of a colour bar, stay.

    *Limits*: as in celluloid, axes that are scaled to their data have the same limits in all frames, those
    that hold the data of all. Snaps that were taken with other limits are drawn once more by `animate`, and
    only for that their artists are kept. Limits that have been set (`set_xlim`, `autoscale(False)`) are
    those of the snap, nothing is kept, and memory does not grow. Frames that are drawn once more have the
    texts of their snap, but ticks, scales and colours of the axes as they are at the end. Where axes have
    been cleared (`cla`, `clf`), or artists from before the camera have been changed (`set_data`), earlier
    frames stay as they were taken.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from gpuanim import Camera
    >>> fig, ax = plt.subplots()
    >>> camera = Camera(fig)
    >>> for i in range(10):
    ...     ax.plot(range(10), [i * x for x in range(10)], color="black")
    ...     ax.set_title(f"slope {i}")
    ...     camera.snap()
    >>> camera.animate(interval=100).save("slopes.mp4")
    """

    def __init__(self, fig: Any, dpi: float | None = None) -> None:
        from matplotlib.figure import Figure

        if not isinstance(fig, Figure):
            hint = "; give its figure, ax.figure" if hasattr(fig, "figure") else ""
            raise OptionError(f"Camera takes a matplotlib Figure, not {type(fig).__name__}{hint}")
        self._fig = fig
        self._dpi = float(fig.dpi) if dpi is None else positive("dpi", dpi)
        self._contents = FigureContents(fig)
        self._drawing = FigureDrawing(fig, self._dpi)
        self._spool = Spool()
        self._frames: list[int] = []
        self._drew = False
        self._kept: dict[int, Contents] = {}
        """Frame -> what is needed to draw it once more, should the limits turn out different."""

    def snap(self) -> list[Any]:
        """Take a picture of the figure, and take out of it what was added since the last one.

        Returns
        -------
        list
            The artists that were taken out, as celluloid returns them; they live as long as somebody holds
            them.

        Raises
        ------
        OptionError
            If the figure has another size than before.
        """
        if self._frames and self._contents.rewritten():
            self._kept.clear()
        touched = self._drawing.touched()
        contents = self._contents.current()
        self._frames.append(self._take(contents, touched))
        if contents.scaled:
            self._contents.remember(contents)
            self._kept[len(self._frames) - 1] = contents
        if not contents.artists and self._drew:
            warnings.warn(
                "nothing was drawn since the last snap, which took what it had out of the figure: draw each "
                "frame anew, as in ax.plot(...); camera.snap()",
                stacklevel=2,
            )
        self._drew = self._drew or bool(contents.artists)
        self._contents.take_out(contents)
        return [artist for _, artist in contents.artists]

    def record(self) -> Recording:
        """Return the pictures of all snaps so far; those whose limits have changed are drawn once more.

        Raises
        ------
        OptionError
            If there was no snap.
        """
        if not self._frames:
            raise OptionError("there are no frames: call snap() after drawing each one, then animate()")
        if not self._contents.rewritten():
            self._develop()
        return Recording(self._spool, tuple(self._frames))

    def animate(
        self, interval: float = 200, *, repeat_delay: float = 0, repeat: bool = True, blit: bool = False
    ) -> Animation:
        """Make a film of the snaps.

        Parameters
        ----------
        interval
            Milliseconds from frame to frame.
        repeat_delay, repeat, blit
            How matplotlib plays a film in a window, taken so that code for celluloid runs as it is. Whether a
            file is played once is for the format to say, as in ``save("film.gif", loop=1)``.

        Raises
        ------
        OptionError
            If there was no snap, or `interval` is no positive number.
        """
        from gpuanim.chrome.recorded import RecordedStage
        from gpuanim.values.timeline import Timeline
        from gpuanim.verbs._stage import film_of

        fps = 1000 / Fraction(positive("interval", interval))
        stage = RecordedStage(self.record(), self._dpi)
        return film_of(stage, (), Timeline.resolve(len(self._frames), fps=fps), self._dpi)

    def _develop(self) -> None:
        """Draw the frames once more whose limits are not those of the whole."""
        final = self._contents.final()
        for frame, contents in self._kept.items():
            limits = {where: final[where] for where in contents.scaled}
            if limits == contents.scaled:
                continue
            with self._contents.shown(contents, contents.fixed | limits):
                self._frames[frame] = self._take(contents, self._drawing.touched())
            contents.scaled = limits

    def _take(self, contents: Contents, touched: bool) -> int:
        """Draw the figure, and store the picture."""
        changing = [artist for _, artist in contents.artists]
        picture = self._drawing.picture(changing, touched=touched)
        try:
            return self._spool.add(picture)
        except ShapeError:
            height, width = (self._spool.shape or (0, 0))[:2]
            raise OptionError(
                f"the figure has {picture.shape[1]}x{picture.shape[0]} pixels now, it had "
                f"{width}x{height} at the first snap: all frames of a film have one size"
            ) from None

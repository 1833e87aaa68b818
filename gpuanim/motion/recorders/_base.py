"""A recording of positions: steps are added while something runs, and read like a (t, n, 2) array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError, ShapeError
from gpuanim.geometry import check_coords
from gpuanim.motion.recorders.rescaled import Rescaled, as_share
from gpuanim.motion.recorders.stores import Steps, as_steps

if TYPE_CHECKING:
    from gpuanim.animation import Animation

__all__ = ["Recorder"]


class Recorder:
    """Keeps the positions of points as they move; any loop can call `record`.

    It is read as a (t, n, 2) float32 array of what has been recorded until now, and stands where `animate`
    takes coordinates: ``ga.animate(recorder, values)``. If what is recorded is interrupted, all steps until
    then are kept.

    Parameters
    ----------
    store
        None keeps the steps in memory: 8 bytes for each point and step. A path makes a zarr array there,
        which must not exist yet; a resizable zarr array of shape (t, n, 2) is added to. Steps are written as
        they come, in chunks of about 65,536 points.

    Examples
    --------
    >>> import numpy as np, gpuanim as ga
    >>> recorder = ga.Recorder()
    >>> for spread in np.linspace(0.1, 1, 30):
    ...     recorder.record(spread * np.random.default_rng(0).normal(size=(100, 2)))
    >>> recorder.shape
    (30, 100, 2)
    >>> recorder.film(np.arange(100.0), size=(400, 400)).save("spread.mp4")  # doctest: +SKIP
    """

    def __init__(self, *, store: Any = None) -> None:
        self._steps: Steps = as_steps(store)
        self._labels = [""] * len(self._steps)
        self._n_points = len(self._steps[0]) if len(self._steps) else 0

    def record(self, positions: Any, label: str = "") -> None:
        """Add a step.

        Parameters
        ----------
        positions
            (n, 2) or more columns, of which two are kept, as float32, copied.
        label
            What it is called in titles.

        Raises
        ------
        ShapeError
            If there are not as many points as before, or positions are not finite.
        """
        kept = check_coords(positions, f"positions of step {len(self)}").astype(np.float32)
        if not np.isfinite(kept).all():
            raise ShapeError(f"positions of step {len(self)} are too large for float32")
        if len(self) and len(kept) != self._n_points:
            raise ShapeError(
                f"positions of step {len(self)} have {len(kept):,} points, those before {self._n_points:,}"
            )
        self._n_points = len(kept)
        self._steps.append(kept)
        self._labels.append(label)

    @property
    def labels(self) -> list[str]:
        """What the steps are called."""
        return list(self._labels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(steps, points, 2)."""
        return len(self), self._n_points, 2

    ndim = 3
    dtype = np.dtype(np.float32)

    def __len__(self) -> int:
        return len(self._steps)

    # There is no __iter__: openTSNE would take an iterable recorder for a list of callbacks.
    def __getitem__(self, index: Any) -> NDArray[np.float32]:
        if isinstance(index, slice):
            return np.stack([self._steps[i] for i in range(*index.indices(len(self)))])
        if not -len(self) <= index < len(self):
            raise IndexError(f"step {index} of a recording of {len(self)}")
        return self._steps[int(index) % len(self)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("a recording is gathered into an array by copying")
        return np.asarray(self[:] if len(self) else np.empty(self.shape, np.float32), dtype)

    def rescaled(self, share: float = 1.0) -> Rescaled:
        """Return the recording as seen by a view that follows its scale; see `film`."""
        self._check_any()
        return Rescaled(self, as_share(share))

    def film(
        self, values: Any, *, rescale: float | bool = False, title: Any = "auto", **options: Any
    ) -> Animation:
        """Describe a film of the recording.

        Parameters
        ----------
        values
            What colours the points, as in `animate`: (n,) for colours that stay.
        rescale
            Optimisations grow: t-SNE begins 100,000 times smaller than it ends. By default the view shows the
            extent of the whole recording, and the first steps are a dot in its middle. True follows the
            scale: each step is centred, and made as large as the last one (by the root mean square of the
            distances from the centre). A number between 0 and 1 lies between, on a scale of powers: 0.5
            shows a step that is 100 times smaller than the last one 10 times smaller.
        title
            As in `animate`; "auto" tells the labels of the steps, if there are any.
        **options
            Of `animate`.

        Raises
        ------
        OptionError
            If nothing has been recorded, or an option cannot be used.
        """
        from gpuanim.verbs.of_points import animate

        self._check_any()
        share = as_share(rescale)
        coords: Any = self if share == 0 else self.rescaled(share)
        if isinstance(title, str) and title == "auto":
            titles = [label.replace("{", "{{").replace("}", "}}") for label in self._labels]
            title = titles if any(titles) else None
        return animate(coords, values, title=title, **options)

    def _check_any(self) -> None:
        if not len(self):
            raise OptionError("nothing has been recorded yet: run what is to be recorded first")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Keep what is there, whatever ended the block."""

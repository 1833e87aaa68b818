"""Records t-SNE as openTSNE computes it: a callback of its optimisation."""

from __future__ import annotations

from typing import Any

from gpuanim.motion.recorders._base import Recorder

__all__ = ["OpenTSNERecorder"]


class OpenTSNERecorder(Recorder):
    """A callback of openTSNE that records the embedding.

    Give it as ``TSNE(callbacks=recorder, callbacks_every_iters=5)``, or to ``TSNEEmbedding.optimize``.
    openTSNE counts the iterations of its phases (early exaggeration, and what follows) anew; `labels` count
    on.

    Parameters
    ----------
    store
        As in `Recorder`.

    Examples
    --------
    >>> import gpuanim as ga, openTSNE  # doctest: +SKIP
    >>> recorder = ga.OpenTSNERecorder()  # doctest: +SKIP
    >>> tsne = openTSNE.TSNE(callbacks=recorder, callbacks_every_iters=5)  # doctest: +SKIP
    >>> embedding = tsne.fit(adata.obsm["X_pca"])  # doctest: +SKIP
    >>> recorder.film(adata.obs["louvain"], rescale=True).save("tsne.mp4")  # doctest: +SKIP
    """

    def __init__(self, *, store: Any = None) -> None:
        super().__init__(store=store)
        self._before = self._now = 0
        self._errors: list[float] = []

    @property
    def errors(self) -> list[float]:
        """The Kullback-Leibler divergence at each step."""
        return list(self._errors)

    def optimization_about_to_start(self) -> None:
        """Count on from the phase before; openTSNE calls this."""
        self._before = self._now

    def __call__(self, iteration: int, error: float, embedding: Any) -> bool:
        """Record a step, and let the optimisation go on; openTSNE calls this."""
        self._now = self._before + int(iteration)
        self.record(embedding, f"iteration {self._now}")
        self._errors.append(float(error))
        return False

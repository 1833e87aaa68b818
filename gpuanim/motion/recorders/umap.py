"""Records UMAP as umap-learn computes it, which hands out its epochs when it has finished."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from gpuanim.errors import DataKeyError, MissingDependencyError, OptionError
from gpuanim.motion.recorders._base import Recorder

__all__ = ["UMAPRecorder"]


class UMAPRecorder(Recorder):
    """Records the epochs of UMAP, by umap-learn's own list of `n_epochs`.

    umap-learn keeps the embeddings of the epochs itself until it has finished: an interruption loses them.

    Parameters
    ----------
    every
        Epochs from one step to the next.
    store
        As in `Recorder`.

    Examples
    --------
    >>> import gpuanim as ga, umap  # doctest: +SKIP
    >>> recorder = ga.UMAPRecorder(every=5)  # doctest: +SKIP
    >>> model = recorder.fit(umap.UMAP(n_epochs=300), adata.obsm["X_pca"])  # doctest: +SKIP
    >>> recorder.film(adata.obs["louvain"]).save("umap.mp4")  # doctest: +SKIP
    """

    def __init__(self, *, every: int = 10, store: Any = None) -> None:
        if isinstance(every, bool) or not isinstance(every, int | np.integer) or every < 1:
            raise OptionError(f"every must be a whole number of epochs from 1 on, not {every!r}")
        super().__init__(store=store)
        self._every = int(every)

    def epochs(self, n_epochs: int) -> list[int]:
        """Return the epochs that are recorded of a run of `n_epochs`, which is the last of them."""
        if isinstance(n_epochs, bool) or not isinstance(n_epochs, int | np.integer) or n_epochs < 1:
            raise OptionError(f"n_epochs must be a whole number from 1 on, not {n_epochs!r}")
        return [*range(0, int(n_epochs), self._every), int(n_epochs)]

    def fit(self, model: Any, data: Any, y: Any = None) -> Any:
        """Fit a ``umap.UMAP`` and record its epochs; returns the model.

        Parameters
        ----------
        model
            A ``umap.UMAP``. Its `n_epochs` becomes a list up to the number it was; None and 0 are 500 for up
            to 10,000 points and 200 for more, as umap-learn has it. A list of yours stays.
        data, y
            As in its `fit`.
        """
        given = model.n_epochs
        chosen = list(given) if np.ndim(given) else self.epochs(int(given or _usual(np.shape(data)[0])))
        model.set_params(n_epochs=chosen)
        model.fit(data, y) if y is not None else model.fit(data)
        self.take(model.embedding_list_, chosen)
        return model

    def run(
        self, adata: Any, *, min_dist: float = 0.5, spread: float = 1.0, n_epochs: int | None = None,
        alpha: float = 1.0, gamma: float = 1.0, negative_sample_rate: int = 5, init_pos: Any = "spectral",
        random_state: Any = 0, neighbors_key: str | None = None,
    ) -> Self:  # fmt: skip
        """Embed the neighbour graph of an AnnData as ``scanpy.tl.umap`` does, and record its epochs.

        scanpy's own function cannot be asked for epochs; this calls what it calls, umap-learn's
        ``simplicial_set_embedding``, with the same arguments. Nothing is written to `adata`: the last step is
        the embedding, ``adata.obsm["X_umap"] = recorder[-1]``.

        Parameters
        ----------
        adata
            An AnnData with neighbours.
        min_dist, spread, alpha, gamma, negative_sample_rate, init_pos, random_state, neighbors_key
            As in scanpy; `init_pos` is "spectral", "random", a key in `obsm` or an (n, 2) array.
        n_epochs
            What scanpy calls `maxiter`.

        Returns
        -------
        UMAPRecorder
            Itself.

        Raises
        ------
        DataKeyError
            If there are no neighbours.
        MissingDependencyError
            If umap-learn is not installed.
        """
        try:
            from umap.umap_ import find_ab_params, simplicial_set_embedding
        except ImportError as error:
            raise MissingDependencyError("recording UMAP needs umap-learn: pip install umap-learn") from error
        graph, params = _neighbors(adata, neighbors_key)
        chosen = self.epochs(_usual(graph.shape[0]) if n_epochs is None else n_epochs)
        a, b = find_ab_params(spread, min_dist)
        start = adata.obsm[init_pos] if isinstance(init_pos, str) and init_pos in adata.obsm else init_pos
        start = start if isinstance(start, str) else np.array(start, np.float32)
        _, told = simplicial_set_embedding(
            data=_representation(adata, params), graph=graph.tocoo(), n_components=2, initial_alpha=alpha,
            a=a, b=b, gamma=gamma, negative_sample_rate=negative_sample_rate, n_epochs=chosen, init=start,
            random_state=_random_state(random_state), metric=params.get("metric", "euclidean"),
            metric_kwds=params.get("metric_kwds", {}), densmap=False, densmap_kwds={}, output_dens=False,
        )  # fmt: skip
        self.take(told["embedding_list"], chosen)
        return self

    def take(self, embeddings: Sequence[Any], epochs: Sequence[int]) -> None:
        """Record embeddings that umap-learn has kept (``model.embedding_list_``) for a list of epochs."""
        known = sorted(epochs)
        labels = (
            [f"epoch {epoch}" for epoch in known] if len(known) == len(embeddings) else [""] * len(embeddings)
        )
        for embedding, label in zip(embeddings, labels, strict=True):
            self.record(embedding, label)


def _usual(n_points: int) -> int:
    return 500 if n_points <= 10_000 else 200


def _neighbors(adata: Any, key: str | None) -> tuple[Any, dict[str, Any]]:
    """Return the graph, and the parameters that it was made with."""
    name = "neighbors" if key is None else key
    if name not in adata.uns:
        from gpuanim.adata.nearest import listing, suggestion

        keys = list(adata.uns)
        raise DataKeyError(
            f"no neighbours {name!r} in uns of the AnnData{suggestion(name, keys)}{listing(keys)}; "
            "scanpy.pp.neighbors(adata) makes them"
        )
    known = adata.uns[name]
    return adata.obsp[known.get("connectivities_key", "connectivities")], dict(known.get("params", {}))


def _representation(adata: Any, params: dict[str, Any]) -> Any:
    """Return what the neighbours were found in; UMAP places unconnected parts by it."""
    used = params.get("use_rep")
    if used is None:
        used = "X_pca" if "X_pca" in adata.obsm else "X"
    data = adata.X if used == "X" else adata.obsm[used]
    n_pcs = params.get("n_pcs")
    return data[:, :n_pcs] if used == "X_pca" and n_pcs else data


def _random_state(seed: Any) -> Any:
    return seed if isinstance(seed, np.random.RandomState) else np.random.RandomState(seed)

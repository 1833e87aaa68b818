"""References of `anndata.acc`, which say where an array lies; anndata has them since 0.13."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from gpuanim.errors import OptionError

__all__ = ["Reference", "as_reference"]


@dataclass(frozen=True)
class Reference:
    """A column along the cells.

    Parameters
    ----------
    slot
        "obs", "obsm" or "genes".
    where
        The key in `obsm`; the layer of genes, None for X; None for `obs`.
    column
        Name of the column of `obs` or of the gene; position in `obsm`.
    """

    slot: str
    where: str | None
    column: str | int


def as_reference(key: Any) -> Reference | None:
    """Return where a reference leads, None for anything that is none.

    Raises
    ------
    OptionError
        It leads to no single column along the cells.
    """
    acc = sys.modules.get("anndata.acc")  # who has a reference has imported it
    if acc is None or not isinstance(key, acc.AdRef):
        return None
    place, index = key.acc, key.idx
    if set(key.dims) == {"obs"}:
        if isinstance(place, acc.MetaAcc) and index is not None:
            return Reference("obs", None, index)
        if isinstance(place, acc.MultiAcc):
            return Reference("obsm", place.k, index)
        if isinstance(place, acc.LayerAcc):
            return Reference("genes", place.k, index[1])
    raise OptionError(
        f"{key} is no column to colour cells by; take one as in A.obs['x'], A.layers['counts'][:, 'CD4'] or "
        "A.obsm['pca'][:, 0]"
    )

"""What a propagation leaves in an AnnData: iterates in `obsm`, classes in `obs`, the rest in `uns`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError

__all__ = ["check_key", "check_writable", "winners", "write"]


def check_writable(adata: Any, *, copy: bool) -> None:
    """Raise OptionError unless this is an AnnData that can be written to, or copied and written to."""
    if not all(hasattr(adata, slot) for slot in ("obs", "obsm", "obsp", "uns", "is_view", "isbacked")):
        raise OptionError(
            f"adata must be an AnnData, got {type(adata).__name__}; "
            "anndata.read_h5ad and anndata.read_zarr open files"
        )
    if adata.isbacked and (copy or adata.is_view):
        what = "a copy" if copy else "a view"
        raise OptionError(
            f"adata is backed by a file, and {what} of it cannot be written to without reading X; "
            "use adata.to_memory(), or the whole adata and copy=False"
        )


def check_key(adata: Any, key: str, labels: str | None) -> None:
    """Raise OptionError if results under this key would be lost, or would cost the user something."""
    if not isinstance(key, str) or not key or "/" in key:
        raise OptionError(f"key_added must be a name without '/', which files take for a folder, got {key!r}")
    if labels is not None and labels in (key, f"{key}_confidence"):
        raise OptionError(f"key_added={key!r} would overwrite the labels themselves, obs[{labels!r}]")
    there = adata.uns.get(key)
    if key == "neighbors" or (isinstance(there, Mapping) and "connectivities_key" in there):
        raise OptionError(
            f"key_added={key!r} would overwrite what uns says of the graph; choose another name"
        )


def winners(shares: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the class with the largest share and its part of the whole, for each cell.

    Parameters
    ----------
    shares
        (n, k), not negative.

    Returns
    -------
    codes
        (n,) int64; of equal ones the first; -1 where no share is above 0.
    confidence
        (n,) float32, 1/k to 1; NaN where no share is above 0.
    """
    whole = shares.sum(axis=1, dtype=np.float64)
    reached = whole > 0
    codes = np.where(reached, shares.argmax(axis=1), -1)
    confidence = np.full(len(shares), np.nan, np.float32)
    np.divide(shares.max(axis=1), whole, out=confidence, where=reached, casting="unsafe")
    return codes, confidence


def write(
    adata: Any,
    key: str,
    iterates: NDArray[Any],
    about: dict[str, Any],
    names: tuple[str, ...] | None,
    colors: list[str] | None,
) -> None:
    """Write a result, and take away what an earlier one has left under the same key.

    Parameters
    ----------
    adata
        In memory, or backed; a view becomes an object of its own.
    key
        Where.
    iterates
        (n, t), or (n, t, k) for k classes.
    about
        For `uns[key]`.
    names, colors
        Of the classes.
    """
    columns = {} if names is None else _columns(key, iterates[:, -1], names)
    stale = _columns_of_ours(adata, key)
    adata.obsm[key] = iterates
    for column in stale.difference(columns):
        del adata.obs[column]
    for column, values in columns.items():
        adata.obs[column] = values
    adata.uns[key] = about
    if colors is not None:
        adata.uns[f"{key}_colors"] = list(colors)
    elif stale or columns:
        adata.uns.pop(f"{key}_colors", None)


def _columns(key: str, last: NDArray[Any], names: tuple[str, ...]) -> dict[str, Any]:
    from pandas import Categorical

    codes, confidence = winners(last)
    return {key: Categorical.from_codes(codes, list(names)), f"{key}_confidence": confidence}


def _columns_of_ours(adata: Any, key: str) -> set[str]:
    earlier = adata.uns.get(key)
    if not isinstance(earlier, Mapping) or "categories" not in earlier:
        return set()
    return {column for column in (key, f"{key}_confidence") if column in adata.obs}

"""`pl.velocity`: particles along the velocities of an AnnData's cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata import Cells, open_cells
from gpuanim.adata.nearest import listing, suggestion
from gpuanim.adata.panels import parse_dimensions
from gpuanim.animation import Animation
from gpuanim.errors import DataKeyError, OptionError
from gpuanim.pl.embedding import embedding
from gpuanim.verbs._flow import check_still, flow_over, quiet_color, split_wishes

__all__ = ["velocity"]


def velocity(adata: Any, basis: str = "umap", *, vkey: str = "velocity", **options: Any) -> Animation:
    """Film particles that flow along the velocities of the cells of an AnnData.

    As `gpuanim.flow` over what ``embedding(adata, basis, ...)`` shows of the cells, which lie still below.

    Parameters
    ----------
    adata
        As in `embedding`, with an array of velocities on the basis.
    basis
        Key in `obsm`, with or without ``X_``.
    vkey
        The velocities are ``obsm[f"{vkey}_{basis}"]``, (n, 2) or more columns, as scVelo's
        ``tl.velocity_embedding`` writes them, CellRank and dynamo as well (``vkey="T_fwd"``). Cells without a
        finite one are left out of the average.
    **options
        Of `gpuanim.flow` about the particles (n_particles, lifetime, trail, speed, particle_size,
        particle_color, particle_cmap, particle_alpha, density, smooth, min_mass, loop, cells, seed, n_frames,
        fps, duration), and of `embedding` about the cells: `color`, `size`, `palette`, `legend_loc`, ...

    Returns
    -------
    Animation

    Raises
    ------
    DataKeyError
        There is no such basis, or there are no velocities on it; the message names the nearest key.
    OptionError, ShapeError
        An option cannot be used; nothing has been rendered then.

    Examples
    --------
    >>> import gpuanim as ga, scvelo as scv  # doctest: +SKIP
    >>> adata = scv.datasets.pancreas()  # doctest: +SKIP
    >>> scv.tl.velocity(adata); scv.tl.velocity_graph(adata)  # doctest: +SKIP
    >>> scv.tl.velocity_embedding(adata, basis="umap")  # doctest: +SKIP
    >>> ga.pl.velocity(adata, color="clusters", theme="dark").save("velocity.mp4")  # doctest: +SKIP
    """
    check_still(options)
    wishes, rest = split_wishes(options)
    cells = open_cells(adata)
    dimensions = parse_dimensions(rest.get("components"), rest.get("dimensions"), cells.n_dimensions(basis))
    if len(dimensions) > 1:
        raise OptionError("particles flow in one plane: give one pair of dimensions")
    arrows = _arrows(cells, basis, vkey, dimensions[0])
    if rest.get("color") is None and "na_color" not in rest:
        rest["na_color"] = quiet_color(rest)
    still = embedding(adata, basis, **rest)
    return flow_over(still, [arrows] * len(still._film.clouds), wishes)


def _arrows(cells: Cells, basis: str, vkey: str, dimensions: tuple[int, ...]) -> NDArray[Any]:
    """Return the (m, 2) velocities of the cells that have a place."""
    keys = cells.keys("obsm")
    wanted = f"{vkey}_{basis.removeprefix('X_')}"
    key = next((name for name in (f"{vkey}_{basis}", wanted) if name in keys), None)
    if key is None:
        raise DataKeyError(
            f"no velocities {wanted!r} in obsm of {cells.title}{suggestion(wanted, keys)}{listing(keys)}; "
            f"scvelo.tl.velocity_embedding(adata, basis={basis!r}) writes them"
        )
    arrows = np.column_stack([cells.obsm_column(key, index) for index in dimensions])
    return np.asarray(arrows[cells.placed(basis, dimensions)[1]])

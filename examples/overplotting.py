"""What a pixel shows where many cells lie under it: the same 200,000 simulated cells under eight blends.

The numbers are a wave with noise, and one cell in a hundred is high at any time. One cell in four has a type
that is not that of its place. Seven cells lie under the median pixel, a thousand under the fullest.

- `over` shows who was drawn last, here a random cell. It is honest about the noise, and hides three cells in
  five: the picture is a sample, and another order of drawing gives another one.
- `mean` averages the cells of a pixel before they are coloured: the wave without the noise. It hides the
  spread, and with it the rare cells, which pull their pixels up a little.
- `max` shows the highest cell of each pixel, so that no rare one is missed. It makes them look frequent, and
  crowded places higher than others only because more cells lie there.
- `count` shows how many cells there are, on a scale of logarithms, and nothing of their values.
- `mode` shows the most frequent type of a pixel: clean regions, whose minorities are hidden altogether.
- `mix` shows all types of a pixel by their shares. A mixed colour is in no legend, and may look like another
  type.
- `weighted` lies between `mix` and `over`: what was drawn later weighs more, what lies below still tints it.
- `additive` adds the cells up as light: types and crowds in one picture, which burns out where all is full.

`python overplotting.py cells.h5ad n_genes cell_type` makes the picture of a file of yours; the second one
here shows half a million real papers by date and topic. `gpuanim doctor --film cells.h5ad` says how many
points a film would hide.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from anndata import read_h5ad

import gpuanim as ga
from gpuanim.simulate import atlas

OUT = Path("out")
N_CELLS, N_STEPS = 200_000, 24
LOOK: dict[str, Any] = {"margin": 0.02, "s": 0.2}
NUMBERS = {
    "over": "the last one drawn", "mean": "the average", "max": "the highest one", "count": "how many",
}  # fmt: skip
TYPES = {
    "mode": "the most frequent type", "mix": "all types by share", "weighted": "upper ones weigh more",
    "additive": "light that adds up",
}  # fmt: skip


def simulated() -> tuple[Any, list[Any], Any, str]:
    """Return places, waves with noise and rare cells, types (one in four is misplaced), and a title."""
    cells = atlas(N_CELLS, k=1)
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.6, N_CELLS).astype(np.float32)
    rare = rng.random(N_CELLS) < 0.01
    phase = cells.coords @ np.array([0.35, 0.2], np.float32)
    waves = [
        np.where(rare, np.float32(2.5), np.sin(phase - t) + noise)
        for t in np.linspace(0, 2 * np.pi, N_STEPS, endpoint=False, dtype=np.float32)
    ]
    types = cells.labels // 5
    types = np.where(rng.random(N_CELLS) < 0.25, rng.permutation(types), types)
    return cells.coords, waves, [f"type {i}" for i in types], cells.title


def yours(path: str, numbers: str, types: str) -> tuple[Any, list[Any], Any, str]:
    """Return the UMAP of a file, the ranks of a column of numbers, and a column of categories."""
    adata = read_h5ad(path)
    ranks = [adata.obs[numbers].rank(pct=True).to_numpy(np.float32)]
    coords = adata.obsm["X_umap"]
    # Without the outermost points, around which there is nothing.
    keep = (np.abs(coords - np.median(coords, axis=0)) < 2.5 * coords.std(axis=0)).all(axis=1)
    title = f"{keep.sum():,} points of {Path(path).name}"
    return coords[keep], [ranks[0][keep]], adata.obs[types][keep], title


def film(path: str | None = None, numbers: str = "", types: str = "") -> ga.Animation:
    coords, values, kinds, title = yours(path, numbers, types) if path else simulated()
    upper = [
        ga.animate(coords, values, blend=blend, title=f"{blend}: {shows}", cmap="viridis", **LOOK)
        for blend, shows in NUMBERS.items()
    ]
    lower = [
        ga.animate(
            coords, kinds, blend=blend, title=f"{blend}: {shows}", theme="dark",
            alpha=min(1.0, 10_000 / len(coords)) if blend == "additive" else 1.0, **LOOK,
        )
        for blend, shows in TYPES.items()
    ]  # fmt: skip
    return ga.panels(
        [upper, lower], size=(1600, 860), fps=12, title=title, theme="dark", background="#101014"
    )


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film(*sys.argv[1:4]).save(OUT / ("overplotting.png" if sys.argv[1:] else "overplotting.mp4"))


if __name__ == "__main__":
    main()

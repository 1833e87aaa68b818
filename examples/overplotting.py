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

`gpuanim doctor --film cells.h5ad` says how many cells a film would hide.
"""

from pathlib import Path
from typing import Any

import numpy as np

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


def film() -> ga.Animation:
    cells = atlas(N_CELLS, k=1)
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.6, N_CELLS).astype(np.float32)
    rare = rng.random(N_CELLS) < 0.01
    phase = cells.coords @ np.array([0.35, 0.2], np.float32)
    # A wave with noise; one cell in a hundred is high at any time.
    waves = [
        np.where(rare, np.float32(2.5), np.sin(phase - t) + noise)
        for t in np.linspace(0, 2 * np.pi, N_STEPS, endpoint=False, dtype=np.float32)
    ]
    # One cell in four has the type of a cell from anywhere.
    types = cells.labels // 5
    types = np.where(rng.random(N_CELLS) < 0.25, rng.permutation(types), types)
    names = [f"type {i}" for i in range(types.max() + 1)]
    numbers = [
        ga.animate(cells.coords, waves, blend=blend, title=f"{blend}: {shows}", cmap="viridis", **LOOK)
        for blend, shows in NUMBERS.items()
    ]
    kinds = [
        ga.animate(
            cells.coords, types, categories=names, blend=blend, title=f"{blend}: {shows}",
            alpha=0.05 if blend == "additive" else 1.0, **LOOK,
        )
        for blend, shows in TYPES.items()
    ]  # fmt: skip
    return ga.panels(
        [numbers, kinds], size=(1600, 860), fps=12, title=cells.title, theme="dark", background="#101014"
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "overplotting.mp4")


if __name__ == "__main__":
    main()

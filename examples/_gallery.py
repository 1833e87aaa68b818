"""Makes README.md of this folder: each example's own words, and the middle frame of its film as a picture."""

import ast
import importlib
import sys
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
MORE = {
    "overplotting": (
        "overplotting_papers",
        "The same eight blends of half a million real papers, by date and topic",
    )
}
"""Example -> a picture that it made of data that not everyone has, and what that shows."""


def names() -> list[str]:
    """Return the names of the examples."""
    return sorted(path.stem for path in HERE.glob("[a-z]*.py"))


def middle_frame(name: str) -> NDArray[np.uint8]:
    """Return the middle frame of an example's film, (h, w, 3) uint8."""
    sys.path.insert(0, str(HERE))
    try:
        film = importlib.import_module(name).film()
    finally:
        sys.path.remove(str(HERE))
    frames: NDArray[np.uint8] = film.frame(film.n_frames // 2)
    return frames


def readme() -> str:
    """Return the text of README.md."""
    parts = [
        "# Examples",
        "One idea a file, most of them on scanpy's 700 real blood cells. Each picture is the middle frame of "
        "the film that the script writes; `python examples/_gallery.py` makes them all.",
    ]
    for name in names():
        words = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))) or ""
        parts += [
            f"## [{name}.py]({name}.py)",
            words,
            f'<img src="pictures/{name}.png" width="560" alt="{words.splitlines()[0]}">',
        ]
        if name in MORE:
            picture, shows = MORE[name]
            parts += [f'<img src="pictures/{picture}.png" width="560" alt="{shows}">']
    return "\n\n".join(parts) + "\n"


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    warnings.simplefilter("ignore")  # scanpy's old file
    for name in sys.argv[1:] or names():
        Image.fromarray(middle_frame(name)).save(PICTURES / f"{name}.png", optimize=True)
    (HERE / "README.md").write_text(readme(), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Each example runs as it stands, in an empty folder, writes films that decode, and is in the gallery."""

import importlib.util
import runpy
import warnings
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

FOLDER = Path(__file__).parent.parent / "examples"
EXAMPLES = sorted(FOLDER.glob("[a-z]*.py"))


def load(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda p: p.stem)
def test_example(script, tmp_path, monkeypatch, pbmc68k):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(script)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scanpy's imports and its old file warn of things not ours
        runpy.run_path(str(script), run_name="__main__")
    films, pages = (list((tmp_path / "out").glob(pattern)) for pattern in ("*.mp4", "*.html"))
    assert films or pages
    for page in pages:  # whole pages, or what goes into a notebook
        assert page.read_text(encoding="utf-8").strip().endswith(("</html>", "</script>"))
    for film in films:
        frames, _ = imageio_ffmpeg.count_frames_and_secs(str(film))
        assert frames > 1


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda p: p.stem)
def test_the_gallery_shows_the_middle_frame(script, pbmc68k):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = load("_gallery").middle_frame(script.stem)
    picture = np.asarray(Image.open(FOLDER / "pictures" / f"{script.stem}.png"))
    assert picture.shape == frame.shape
    # Fonts and the layout of graphs differ a little between versions of other packages.
    assert np.abs(picture.astype(int) - frame).mean() < 4


def test_the_gallery_tells_of_all_examples():
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == load("_gallery").readme()
    assert len(EXAMPLES) >= 10
    more = {picture for picture, _ in load("_gallery").MORE.values()}
    pictures = {path.stem for path in (FOLDER / "pictures").glob("*.png")}
    assert pictures == more | {path.stem for path in EXAMPLES}


def test_the_guide_shows_files_of_others(tmp_path, monkeypatch, pbmc68k):
    monkeypatch.chdir(tmp_path)
    pbmc68k.write_h5ad("cells.h5ad")
    film = load("overplotting").film("cells.h5ad", "n_genes", "bulk_labels")
    assert film.n_frames == 1
    assert film.frame(0).std() > 5

"""Each example runs as it stands, in an empty folder, and writes films that decode."""

import runpy
import warnings
from pathlib import Path

import imageio_ffmpeg
import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda p: p.stem)
def test_example(script, tmp_path, monkeypatch, pbmc68k):
    monkeypatch.chdir(tmp_path)
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

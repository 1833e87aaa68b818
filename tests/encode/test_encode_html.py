from __future__ import annotations

import base64
import re

import numpy as np
import pytest

from gpuanim.encode.html import HTML
from gpuanim.errors import FormatError, OptionError, TargetError


def write(path, spec, frames, **options):
    with HTML(**options).open(path, spec) as writer:
        for frame in frames:
            writer.write(frame)


def noise(spec, seed):
    n = spec.pixel_format.nbytes(spec.width, spec.height)
    return np.random.default_rng(seed).integers(16, 236, n).astype(np.uint8)


def test_one_file_that_holds_the_film(tmp_path, make_spec, grey, decode):
    spec = make_spec(fps=12, title="A & <B>")
    write(tmp_path / "film.html", spec, [grey(spec, i) for i in range(9)], default_mode="reflect")
    assert [path.name for path in tmp_path.iterdir()] == ["film.html"]
    page = (tmp_path / "film.html").read_text(encoding="utf-8")
    assert 'data-fps="12/1" data-frames="9" data-mode="reflect"' in page
    assert "<h1>A &amp; &lt;B&gt;</h1>" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    (tmp_path / "film.mp4").write_bytes(base64.b64decode(re.search(r'base64,([^"]+)"', page)[1]))
    assert decode(tmp_path / "film.mp4").frames.shape == (9, 48, 64, 3)


def test_linked_film(tmp_path, make_spec, grey, decode):
    spec = make_spec()
    write(tmp_path / "a film #1.html", spec, [grey(spec, 0)] * 2, embed_frames=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a film #1.html", "a film #1.mp4"]
    assert 'src="./a%20film%20%231.mp4"' in (tmp_path / "a film #1.html").read_text()
    assert len(decode(tmp_path / "a film #1.mp4").frames) == 2


@pytest.mark.parametrize("count", [1, 100])
def test_embed_limit(tmp_path, make_spec, count):
    """A long film stops as soon as it is too large, a short one at its end; nothing is dropped."""
    spec = make_spec(width=320, height=240)
    text = r"over embed_limit=0\.02; raise embed_limit, .*embed_frames=False.*smaller"
    with pytest.raises(FormatError, match=text):
        write(tmp_path / "film.html", spec, (noise(spec, i) for i in range(count)), embed_limit=0.02)
    assert not list(tmp_path.iterdir())


def test_both_files_or_none(tmp_path, make_spec, grey):
    spec = make_spec()
    (tmp_path / "film.mp4").mkdir()
    with pytest.raises(TargetError, match="is a folder"):
        HTML(embed_frames=False).open(tmp_path / "film.html", spec)
    (tmp_path / "film.mp4").rmdir()
    (tmp_path / "film.mp4").write_text("old")

    def frames():
        yield grey(spec, 0)
        (tmp_path / "film.html").mkdir()

    with pytest.raises(TargetError, match="cannot be moved"):
        write(tmp_path / "film.html", spec, frames(), embed_frames=False)
    assert (tmp_path / "film.mp4").read_text() == "old"


@pytest.mark.parametrize(
    "options", [{"default_mode": "bounce"}, {"embed_limit": 0}, {"crf": 99}, {"preset": "x"}]
)
def test_bad_options(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        HTML(**options)

"""Films for the web, opened by a real browser: their size, and the colours that it shows.

Flat areas are within 3 of 255 of the colour map from 16 px off their edges on, in every format and in 4:2:0
as in 4:4:4; a transparent film lets the page through. Chromium 156 turns video with alpha into RGB by another
way, which is up to 10 off where ffmpeg's is within 3.
"""

from __future__ import annotations

import base64

import numpy as np
import pytest
from scipy.ndimage import maximum_filter, minimum_filter

import gpuanim as ga

pytestmark = pytest.mark.browser

TYPES = {
    ".apng": "image/apng",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}

FILMS = [
    ("a.mp4", {}), ("a.mp4", {"pixel_format": "yuv444p"}), ("a.mp4", {"codec": "av1"}), ("a.webm", {}),
    ("a.webm", {"codec": "av1"}), ("a.webm", {"pixel_format": "yuv444p"}), ("a.gif", {}), ("a.apng", {}),
    ("a.webp", {}), ("a.webp", {"quality": "lossless"}),
]  # fmt: skip

READ = """async () => {
  const film = document.querySelector("video, img");
  const isImage = film.tagName === "IMG";
  if (isImage) await film.decode();
  else if (film.readyState < 2) await new Promise((done, fail) => {
    film.onloadeddata = done;
    film.onerror = () => fail(new Error(film.error.message));
  });
  // A film can be loaded and not yet painted.
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  if (!isImage) { film.currentTime = 0.02; await new Promise(done => { film.onseeked = done; }); }
  const canvas = document.createElement("canvas");
  canvas.width = isImage ? film.naturalWidth : film.videoWidth;
  canvas.height = isImage ? film.naturalHeight : film.videoHeight;
  const context = canvas.getContext("2d");
  context.drawImage(film, 0, 0);
  const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
  let text = "";
  for (let i = 0; i < data.length; i += 4096) text += String.fromCharCode(...data.subarray(i, i + 4096));
  return [canvas.width, canvas.height, btoa(text)];
}"""


@pytest.fixture(scope="module")
def discs():
    """Twelve discs of 60 pixels in colours of viridis, the same in both frames."""
    y, x = np.divmod(np.arange(12), 4)
    coords = np.column_stack([x, -y]).astype(float)
    shares = np.linspace(0, 1, 12)
    return ga.animate(coords, [shares, shares], vmin=0, vmax=1, s=43.2**2, size=(400, 300), fps=25)


@pytest.fixture
def look(tab, tmp_path):
    """Return a function that opens a film and reads its first frame, (h, w, 4)."""

    def read(path):
        tag = "img" if path.suffix in (".gif", ".apng", ".webp") else "video"
        page = tmp_path / "page.html"
        # From a data URL, because a canvas may not be read that holds a picture of another file.
        url = f"data:{TYPES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"
        page.write_text(f'<!DOCTYPE html><{tag} src="{url}"></{tag}>')
        tab.goto(page.as_uri())
        width, height, pixels = tab.evaluate(READ)
        return np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(height, width, 4)

    return read


@pytest.mark.parametrize(("name", "options"), FILMS)
def test_flat_areas_have_the_colours_of_the_map(discs, look, tmp_path, name, options):
    discs.save(tmp_path / name, **options)
    wanted = discs.frame(0).astype(int)
    shown = look(tmp_path / name).astype(int)
    assert shown.shape == (300, 400, 4)
    box = (33, 33, 1)
    flat = (maximum_filter(wanted, box) == minimum_filter(wanted, box)).all(-1)
    assert len(np.unique(wanted[flat], axis=0)) == 13
    assert np.abs(shown[..., :3] - wanted)[flat].max() <= (4 if name == "a.gif" else 3)
    assert (shown[..., 3] == 255).all()


CLEAR = [("a.webm", {}), ("a.apng", {}), ("a.webp", {}), ("a.webp", {"quality": "lossless"})]


@pytest.mark.parametrize(("name", "options"), CLEAR)
def test_transparent_films_let_the_page_through(discs, look, tmp_path, name, options):
    discs.save(tmp_path / name, transparent=True, **options)
    wanted = discs.frame(0, transparent=True).astype(int)
    shown = look(tmp_path / name).astype(int)
    solid = minimum_filter(wanted[..., 3], 33) == 255
    empty = maximum_filter(wanted[..., 3], 33) == 0
    assert solid.sum() > 500
    assert empty.sum() > 500
    assert (shown[..., 3][solid] >= 252).all()
    assert (shown[..., 3][empty] == 0).all()
    assert np.abs(shown[..., :3] - wanted[..., :3])[solid].max() <= (12 if name == "a.webm" else 4)

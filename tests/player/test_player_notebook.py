"""A notebook that is run and exported as people do it; its page, in a real browser, shows the player."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from html import escape
from html.parser import HTMLParser

import numpy as np
import pytest

pytestmark = pytest.mark.browser

COUNT = 24
CELLS = [
    "import numpy as np\nimport gpuanim as ga",
    "places = np.random.default_rng(0).normal(size=(500, 2))\n"
    f"waves = [np.sin(places[:, 0] + 2 * np.pi * t / {COUNT}) for t in range({COUNT})]\n"
    "film = ga.animate(places, waves, vmin=-1, vmax=1, size=(400, 300), s=120, fps=24)",
    "film",
]

# In a process of its own: neither its event loop nor the warnings of Jupyter are ours.
RUN = """
import json, sys
import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

cells = [nbformat.v4.new_code_cell(text) for text in json.loads(sys.argv[1])]
notebook = nbformat.v4.new_notebook(cells=cells)
NotebookClient(notebook, timeout=90, kernel_name="python3").execute()
page, _ = HTMLExporter().from_notebook_node(notebook)
print(json.dumps(page))
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return (HTML of the page, frames)."""
    folder = tmp_path_factory.mktemp("jupyter")
    environment = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, json.dumps(CELLS)],
        capture_output=True, text=True, check=False, timeout=100,
        env=os.environ | environment | {"IPYTHONDIR": str(folder / "ipython")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = {}
    exec("\n".join(CELLS[:-1]), names)
    return json.loads(done.stdout.splitlines()[-1]), list(names["film"].frames())


KEPT = {
    "div": {"class", "title"},
    "video": {
        "autoplay", "class", "controls", "height", "loop", "mediagroup", "muted", "poster", "preload",
        "src", "title", "width",
    },
}  # fmt: skip


class Untrusted(HTMLParser):
    """What JupyterLab leaves of an output that it does not trust.

    Of the elements that we use it knows `div` and `video`, with these attributes; whatever is inside `script`
    and `style` goes, too. (`packages/apputils/src/sanitizer.ts` of JupyterLab 4.)
    """

    def __init__(self, text):
        super().__init__()
        self.made, self.dropped = [], []
        self.feed(text)
        self.close()
        self.html = "".join(self.made)

    def handle_starttag(self, tag, attributes):
        if tag not in KEPT:
            self.dropped.append(tag)
            return
        kept = [f' {name}="{escape(value or "")}"' for name, value in attributes if name in KEPT[tag]]
        self.made.append(f"<{tag}{''.join(kept)}>")

    def handle_endtag(self, tag):
        if tag in KEPT:
            self.made.append(f"</{tag}>")
        elif self.dropped and self.dropped[-1] == tag:
            self.dropped.pop()

    def handle_data(self, data):
        if not self.dropped:
            self.made.append(escape(data))


def open_page(new_tab, tmp_path, text):
    # nbconvert's page asks a CDN for MathJax and RequireJS; nothing of the player needs them.
    page = new_tab(network=False)
    (tmp_path / "notebook.html").write_text(text, encoding="utf-8")
    page.goto((tmp_path / "notebook.html").as_uri())
    return page


def test_exported_notebook_shows_the_player(new_tab, as_screen, exported, tmp_path):
    text, frames = exported
    shown = as_screen(open_page(new_tab, tmp_path, text))
    counter = shown.page.locator(".gpuanim-count")
    assert counter.inner_text() == f"1 / {COUNT}"
    for k in (COUNT - 1, 7):
        assert shown.seek(k) == k
        gaps = [np.abs(shown.decoded().astype(int) - frame).mean() for frame in frames]
        assert np.argmin(gaps) == k
        assert gaps[k] < 3
        assert counter.inner_text() == f"{k + 1} / {COUNT}"
    shown.page.get_by_role("button", name="Play", exact=True).click()
    shown.page.wait_for_function("() => document.querySelector('.gpuanim-player').player.frame > 12")
    box = shown.video.bounding_box()
    assert (box["width"], box["height"]) == (400, 300)


def test_untrusted_notebook_plays_the_video(new_tab, exported, tmp_path):
    text, _ = exported
    start = text.rindex("<div", 0, text.index("gpuanim-player"))
    end = text.index("</script>", start) + len("</script>")
    left = Untrusted(text[start:end]).html
    assert "script" not in left
    page = open_page(new_tab, tmp_path, text[:start] + left + text[end:])
    video = page.locator("video")
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    assert video.is_visible()
    assert page.locator(".gpuanim-bar").count() == 0
    state = "v => [v.controls, v.videoWidth, v.videoHeight, Math.round(v.duration * 24)]"
    assert video.evaluate(state) == [True, 400, 300, COUNT]
    video.evaluate("video => video.play()")
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.2")

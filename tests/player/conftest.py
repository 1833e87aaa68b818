"""A real browser for the tests of pages: one way to start it, and a guard over every tab.

Needs playwright and a Chromium: `GPUANIM_CHROMIUM`, or one on the path. Tests that use these fixtures carry
the marker `browser`.
"""

from __future__ import annotations

import base64
import importlib
import io
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    # WebGL2, and the colours of video, as on a GPU, drawn by the CPU: SwiftShader.
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--no-sandbox", "--disable-dev-shm-usage",  # for root in a container
    "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--force-color-profile=srgb",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, headless; the test is skipped where there is none."""
    try:
        playwright = importlib.import_module("playwright.sync_api")
    except ImportError:
        pytest.skip("playwright is not installed (dependency group test)")
    path = os.environ.get("GPUANIM_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium on the path or in GPUANIM_CHROMIUM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of playwright's own loop
        with playwright.sync_playwright() as running:
            started = running.chromium.launch(executable_path=path, args=FLAGS)
            yield started
            started.close()


@pytest.fixture
def expect(browser: Any) -> Any:
    """Playwright's assertions, which wait until what they look at is as it should be."""
    return importlib.import_module("playwright.sync_api").expect


@pytest.fixture
def new_tab(browser: Any) -> Iterator[Callable[..., Any]]:
    """Return a function that opens a tab; at the end none may have said anything, or asked the network.

    With `network=False` requests that leave the machine are allowed, and answered with nothing.
    """
    contexts, said = [], []

    def is_local(url: str) -> bool:
        return url.startswith(("file:", "data:", "blob:", "about:"))

    def tab(*, network: bool | None = None, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 900, "height": 700}} | options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        if network is False:
            page.route(lambda url: not is_local(url), lambda route: route.fulfill(body=""))
        else:
            page.on("request", lambda request: is_local(request.url) or said.append(f"asked {request.url}"))
        return page

    yield tab
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture
def tab(new_tab: Callable[..., Any]) -> Any:
    """One tab of 900 x 700 pixels."""
    return new_tab()


class Screen:
    """A page with a player, in a tab, and what can be seen there."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.root = page.locator(".gpuanim-player")
        self.video = page.locator(".gpuanim-player video")
        page.wait_for_function("() => document.querySelector('.gpuanim-player video').readyState >= 2")

    def settle(self) -> int:
        """Wait until nothing is being sought and all is painted; return the player's frame."""
        self.page.wait_for_function("() => document.querySelector('.gpuanim-player').player.film.settled")
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        return int(self.root.evaluate("root => root.player.frame"))

    def seek(self, k: int) -> int:
        self.root.evaluate("(root, k) => root.player.seek(k)", k)
        return self.settle()

    def press(self, *keys: str) -> int:
        for key in keys:
            self.page.keyboard.press(key)
        return self.settle()

    def picture(self) -> NDArray[np.uint8]:
        """Return (h, w, 3): what the screen shows where the video is."""
        return as_rgb(self.video.screenshot())

    def decoded(self) -> NDArray[np.uint8]:
        """Return (h, w, 3): the video's own pixels, before the page scales or paints them."""
        url = self.video.evaluate(
            """video => {
              const canvas = document.createElement("canvas");
              [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
              canvas.getContext("2d").drawImage(video, 0, 0);
              return canvas.toDataURL("image/png");
            }"""
        )
        return as_rgb(base64.b64decode(url.partition(",")[2]))


def as_rgb(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


@pytest.fixture
def show(tab: Any) -> Callable[[Path], Screen]:
    """Return a function that opens a page with a player in the tab."""

    def open_page(path: Path) -> Screen:
        tab.goto(path.as_uri())
        return Screen(tab)

    return open_page


@pytest.fixture
def as_screen() -> type[Screen]:
    """Return the class that looks at a page which is open already."""
    return Screen


@pytest.fixture(scope="module")
def points_window(browser: Any) -> Iterator[tuple[Any, list[str]]]:
    """One tab for all interactive pages of a module, and what it says: another takes half a second."""
    page = browser.new_page(color_scheme="light")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url) if "://" in request.url[5:] else None)
    yield page, said
    page.close()


@pytest.fixture
def points_tab(points_window: tuple[Any, list[str]]) -> Iterator[Any]:
    """The tab of `points_window`, empty; at the end the page may not have said or asked for anything."""
    page, said = points_window
    page.set_viewport_size({"width": 900, "height": 640})
    page.mouse.move(0, 0)
    yield page
    page.goto("about:blank")
    assert [text for text in said if not text.startswith(("file:", "blob:"))] == []
    said.clear()


class Points:
    """An open interactive page."""

    settled = "() => document.querySelector('.gpuanim-points').page?.settled"

    def __init__(self, tab: Any, path: Path) -> None:
        self.tab = tab
        tab.goto(path.as_uri())
        tab.wait_for_function(self.settled)
        self.root = tab.locator(".gpuanim-points")

    def js(self, text: str, argument: Any = None) -> Any:
        """Evaluate with `page` and `argument`."""
        return self.root.evaluate(f"(root, argument) => {{ const page = root.page; {text} }}", argument)

    def wait(self) -> None:
        self.tab.wait_for_function(self.settled)

    def seek(self, k: int) -> None:
        self.js("page.player.seek(argument)", k)
        self.wait()

    def fit(self, size: tuple[int, int]) -> None:
        """Give the canvas the film's size."""
        self.js(
            "page.stage.style.placeSelf = 'start';"
            "page.stage.style.width = argument[0] + 'px'; page.stage.style.height = argument[1] + 'px';",
            list(size),
        )
        self.tab.wait_for_function(
            "size => { const c = document.querySelector('.gpuanim-surface');"
            " return c.width === size[0] && c.height === size[1]; }",
            arg=list(size),
        )

    def picture(self) -> NDArray[np.uint8]:
        text = self.js("page.paint(); return page.surface.toDataURL('image/png')")
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(text.split(",")[1]))))

    def codes(self) -> NDArray[np.int64]:
        """Return the codes of the frame that is shown, 256 for none, in the order of the page."""
        text = self.js(
            "const { current } = page.film; let s = '';"
            "for (let i = 0; i < page.facts.n; i++) s += String.fromCharCode(codeOf(current, i)); return s;"
            "function codeOf({ codes, missing }, i)"
            "{ return missing && (missing[i >> 3] >> (i & 7)) & 1 ? 256 : codes[i]; }"
        )
        return np.array([ord(character) for character in text])

    def points(self) -> NDArray[np.float64]:
        """Return the places of the points in CSS pixels of the window."""
        flat = self.js(
            "const { scale, offset } = page.view.transform(); const p = page.arrays.places;"
            "const box = page.surface.getBoundingClientRect();"
            "return Array.from({ length: page.facts.n }, (_, i) => ["
            "box.left + p[2 * i] * scale[0] + offset[0],"
            "box.top + page.view.height - p[2 * i + 1] * scale[1] - offset[1]]);"
        )
        return np.array(flat)

    def hover(self, x: float, y: float) -> list[str]:
        """Point at a place of the window and return the lines of the tip."""
        self.tab.mouse.move(x, y)
        self.tab.locator(".gpuanim-tip:not([hidden])").wait_for()
        return str(self.tab.locator(".gpuanim-tip").inner_text()).split("\n")


@pytest.fixture
def show_points(points_tab: Any, tmp_path: Path) -> Callable[..., Points]:
    """Return a function that saves an animation as an interactive page and opens it."""

    def shown(anim: Any, **options: Any) -> Points:
        path = tmp_path / "page.html"
        anim.save(path, interactive=True, **options)
        return Points(points_tab, path)

    return shown


@pytest.fixture
def as_points() -> type[Points]:
    """Return the class that looks at an interactive page in a tab."""
    return Points

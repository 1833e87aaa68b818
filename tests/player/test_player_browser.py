"""The player in a real browser: every frame carries its number, and the picture is read back."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from gpuanim.encode.html import HTML
from gpuanim.frames import FilmSpec, PixelFormat
from gpuanim.player.page import page_html, plain_video_html

pytestmark = pytest.mark.browser

WIDTH, HEIGHT, COUNT = 320, 180, 48

READ = """video => {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0);
  let code = 0;
  for (let bit = 0; bit < 8; bit++) {
    const x = Math.floor(((bit + 0.5) * canvas.width) / 8);
    if (context.getImageData(x, canvas.height / 4, 1, 1).data[0] > 128) code |= 1 << bit;
  }
  return code;
}"""


def coded_frame(k):
    """Draw `k` as eight blocks, over a pattern that moves."""
    frame = np.full(WIDTH * HEIGHT * 3 // 2, 128, np.uint8)
    luma = frame[: WIDTH * HEIGHT].reshape(HEIGHT, WIDTH)
    luma[:] = 60 + (np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) + 8 * k) % 128
    for bit in range(8):
        luma[: HEIGHT // 2, bit * WIDTH // 8 : (bit + 1) * WIDTH // 8] = 235 if k >> bit & 1 else 16
    return frame


def film(path, count=COUNT, fps=30, **options):
    spec = FilmSpec(
        WIDTH, HEIGHT, Fraction(fps), PixelFormat.NV12, count, np.zeros((1, 3), np.uint8), "<i>Title</i>"
    )
    with HTML(**options).open(path, spec) as writer:
        for k in range(count):
            writer.write(coded_frame(k))
    return path


class Coded:
    """A screen whose frames say which they are."""

    def __init__(self, screen):
        self.screen, self.page, self.root = screen, screen.page, screen.root

    def state(self):
        """Wait until nothing is being sought; return (frame in the picture, frame of the player)."""
        frame = self.screen.settle()
        return self.screen.video.evaluate(READ), frame

    def seek(self, k):
        self.screen.seek(k)
        return self.state()

    def press(self, *keys):
        self.screen.press(*keys)
        return self.state()

    def record(self):
        """Log what is on the screen whenever the player says that a frame is."""
        self.root.evaluate(
            """(root, read) => {
              const look = eval(read);
              root.log = [];
              root.addEventListener("frame", event => {
                root.log.push([event.detail.frame, look(root.querySelector("video")), root.player.direction]);
              });
            }""",
            READ,
        )

    def log(self):
        return self.root.evaluate("root => root.log.splice(0)")


@pytest.fixture
def screen(show, tmp_path):
    return lambda **options: Coded(show(film(tmp_path / "film.html", **options)))


@pytest.mark.parametrize(
    "options", [{}, {"fps": Fraction(24000, 1001)}, {"fps": 5}, {"quality": "draft"}, {"embed_frames": False}]
)
def test_every_seek_shows_its_frame(screen, options):
    shown = screen(**options)
    order = [
        *range(COUNT),
        *range(COUNT - 1, -1, -3),
        *np.random.default_rng(0).integers(0, COUNT, 10).tolist(),
    ]
    for k in order if not options else order[::5]:
        if options.get("embed_frames", True):
            assert shown.seek(k) == (k, k)
        else:  # a canvas may not read a file beside the page; the player must work all the same
            shown.root.evaluate("(root, k) => root.player.seek(k)", k)
            shown.page.wait_for_function(
                "k => { const p = document.querySelector('.gpuanim-player').player;"
                " return p.film.settled && p.frame === k }",
                arg=k,
            )


def test_keys_buttons_and_slider(screen):
    shown = screen()
    shown.root.focus()
    assert shown.press(*["ArrowRight"] * 7) == (7, 7)
    assert shown.press("Shift+ArrowRight") == (17, 17)
    assert shown.press("ArrowLeft") == (16, 16)
    assert shown.press("End") == (COUNT - 1, COUNT - 1)
    assert shown.press("ArrowRight") == (COUNT - 1, COUNT - 1)
    assert shown.press("Shift+ArrowLeft") == (COUNT - 11, COUNT - 11)
    assert shown.press("Home") == (0, 0)
    assert shown.press("ArrowLeft") == (0, 0)
    page = shown.page
    page.get_by_role("button", name="Forward one frame").click()
    assert shown.state() == (1, 1)
    page.get_by_role("button", name="Back one frame").click()
    assert shown.state() == (0, 0)
    slider = page.get_by_role("slider", name="Frame")
    for k in (3, 30, 11, 12, 40, 25):  # faster than the seeks
        slider.evaluate("(track, k) => { track.value = k; track.dispatchEvent(new Event('input')); }", k)
    assert shown.state() == (25, 25)
    assert page.locator(".gpuanim-count").inner_text() == f"26 / {COUNT}"
    assert slider.get_attribute("aria-valuetext") == f"frame 26 of {COUNT}"
    assert shown.root.evaluate("root => root.player.direction") == 0


def test_end_does_not_start_playing(screen):
    """After a seek to the last frame Chromium fires "ended", in every mode."""
    shown = screen()
    for name in ("Loop", "Play once", "Play back and forth"):
        shown.page.get_by_role("button", name=name).click()
        shown.seek(COUNT - 1)
        shown.page.wait_for_timeout(200)
        assert shown.state() == (COUNT - 1, COUNT - 1)
        assert shown.root.evaluate("root => root.player.direction") == 0


def play(shown, until):
    shown.root.focus()
    shown.record()
    shown.page.keyboard.press(" ")
    shown.page.wait_for_function(until, timeout=20_000)
    shown.page.keyboard.press(" ")
    seen, frame = shown.state()
    assert seen == frame
    return shown.log()


def test_loop(screen):
    shown = screen(default_mode="loop")
    log = play(
        shown,
        f"() => document.querySelector('.gpuanim-player').log.filter(e => e[0] < {COUNT // 2}).length > 40",
    )
    frames = [frame for frame, _, _ in log]
    assert max(frames) >= COUNT - 8
    wraps = [b - a for a, b in pairwise(frames) if b < a]
    assert wraps
    # Real time on a busy machine may skip frames, and paint one late; the number may not be another one.
    assert sum(frame == code for frame, code, _ in log) > 0.9 * len(log)


def test_reflect(screen):
    shown = screen(default_mode="reflect")
    turned = "() => { const l = document.querySelector('.gpuanim-player').log; return %s; }"
    log = play(shown, turned % "l.some(e => e[2] < 0) && l.at(-1)[2] > 0 && l.at(-1)[0] > 3")
    back = [(frame, code) for frame, code, direction in log if direction < 0]
    assert len(back) > COUNT // 4
    assert all(a >= b for (a, _), (b, _) in pairwise(back))
    # Where real time turns into seeks, the last frame that was played may be painted late.
    assert sum(frame == code for frame, code in back) > 0.9 * len(back)
    assert back[-1][0] == 0


def test_once(screen):
    shown = screen(default_mode="once", fps=60)
    shown.root.focus()
    shown.page.keyboard.press(" ")
    shown.page.wait_for_function(
        "() => { const p = document.querySelector('.gpuanim-player').player;"
        f" return p.direction === 0 && p.frame === {COUNT - 1}; }}"
    )
    assert shown.state() == (COUNT - 1, COUNT - 1)
    shown.page.get_by_role("button", name="Play", exact=True).click()  # again from the start
    shown.page.wait_for_function("() => document.querySelector('.gpuanim-player').player.frame < 20")


def test_end_shows_the_last_frame_although_frames_were_dropped(screen):
    shown = screen(default_mode="once")
    shown.root.focus()
    shown.page.keyboard.press(" ")
    shown.page.wait_for_function("() => document.querySelector('.gpuanim-player').player.frame > 2")
    # As on a busy machine: the browser says that the film is over while an earlier frame is on the screen.
    shown.page.locator("video").evaluate("video => video.dispatchEvent(new Event('ended'))")
    assert shown.state() == (COUNT - 1, COUNT - 1)
    assert shown.root.evaluate("root => root.player.direction") == 0


def test_speed(screen):
    shown = screen()
    shown.page.get_by_role("combobox", name="Speed").select_option("4")
    assert shown.page.locator("video").evaluate("video => video.playbackRate") == 4


def test_one_frame(screen):
    shown = screen(count=1)
    shown.root.focus()
    assert shown.press(" ", "ArrowRight", "End") == (0, 0)


def test_two_players_no_ids_no_globals(tab, tmp_path):
    text = film(tmp_path / "film.html").read_text()
    fragment = text[text.index("<div class=") : text.index("</main>")]
    (tmp_path / "two.html").write_text(page_html(fragment + fragment))
    (tmp_path / "none.html").write_text(page_html(""))
    tab.goto((tmp_path / "none.html").as_uri())
    before = set(tab.evaluate("() => Object.getOwnPropertyNames(window)"))
    tab.goto((tmp_path / "two.html").as_uri())
    tab.wait_for_function("() => [...document.querySelectorAll('video')].every(v => v.readyState >= 2)")
    assert set(tab.evaluate("() => Object.getOwnPropertyNames(window)")) <= before
    assert tab.evaluate("() => document.querySelectorAll('[id]').length") == 0
    assert tab.locator(".gpuanim-bar").count() == 2
    tab.locator(".gpuanim-player").nth(1).focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("() => document.querySelectorAll('.gpuanim-player')[1].player.frame === 1")
    assert tab.evaluate("() => document.querySelector('.gpuanim-player').player.frame") == 0


def test_in_a_sandboxed_frame(tab, tmp_path):
    """Colab and others show an output so; scripts run, but nothing is of the same origin."""
    text = film(tmp_path / "film.html").read_text()
    tab.set_content("<iframe sandbox='allow-scripts' width=700 height=500></iframe>")
    tab.locator("iframe").evaluate("(frame, text) => { frame.srcdoc = text; }", text)
    inner = tab.frame_locator("iframe")
    inner.locator(".gpuanim-bar").wait_for()
    inner.locator(".gpuanim-player").press("End")
    inner.locator(".gpuanim-count", has_text=f"{COUNT} / {COUNT}").wait_for()
    codes = inner.locator("video").evaluate(READ)
    assert codes == COUNT - 1


@pytest.mark.parametrize("strip", [False, True])
def test_without_javascript_it_still_plays(new_tab, tmp_path, strip):
    """As in a notebook that is not trusted: no script runs, or script and style are stripped."""
    text = film(tmp_path / "film.html").read_text()
    fragment = text[text.index("<div class=") : text.index("</main>")]
    if strip:
        fragment = fragment[: fragment.index("<style>")]
    path = tmp_path / "plain.html"
    path.write_text(fragment)
    page = new_tab(java_script_enabled=strip)
    page.goto(path.as_uri())
    video = page.locator("video")
    assert video.is_visible()
    assert video.get_attribute("controls") is not None
    box = video.bounding_box()
    assert (box["width"], box["height"]) == (WIDTH, HEIGHT)
    if strip:
        page.wait_for_function("() => document.querySelector('video').readyState >= 2")


def test_plain_video_plays(tab, tmp_path):
    import base64
    import re

    page = film(tmp_path / "film.html").read_text()
    mp4 = base64.b64decode(re.search(r'base64,([^"]+)"', page)[1])
    (tmp_path / "plain.html").write_text(plain_video_html(mp4, width=WIDTH, height=HEIGHT))
    tab.goto((tmp_path / "plain.html").as_uri())
    tab.wait_for_function("() => document.querySelector('video').currentTime > 0.2")


@pytest.mark.parametrize("width", [320, 420, 900])
def test_fits_narrow_and_wide_windows(screen, width):
    shown = screen()
    shown.page.set_viewport_size({"width": width, "height": 560})
    assert shown.page.evaluate("() => document.documentElement.scrollWidth") <= width
    boxes = [button.bounding_box() for button in shown.page.locator("button").all()]
    rows = {round(box["y"] + box["height"] / 2) for box in boxes if box}  # the first and last may be hidden
    assert len(rows) == (1 if width > 400 else 2)

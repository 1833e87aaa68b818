from __future__ import annotations

import base64
import re
from fractions import Fraction
from html.parser import HTMLParser

import pytest

from gpuanim.errors import FormatError, OptionError
from gpuanim.player.page import (
    check_embed_limit,
    data_url,
    embedded_bytes,
    file_url,
    page_html,
    plain_video_html,
    player_html,
    video_html,
)

EVIL = "</title></script><script>alert(1)</script>\"' onload='x' &amp; ${style} $source"


class Tags(HTMLParser):
    """Collects what a browser would see."""

    VOID = ("meta",)

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.stack = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.stack[-1] if self.stack else "", data))

    def only(self, tag):
        (found,) = (attrs for name, attrs in self.tags if name == tag)
        return found


def player(**changes):
    facts = {"fps": 30, "n_frames": 18, "width": 640, "height": 360, **changes}
    return video_html(b"film", **facts)


def test_video_is_plain_html_first():
    tags = Tags(player(title="Ranks"))
    video = tags.only("video")
    assert video["src"] == "data:video/mp4;base64," + base64.b64encode(b"film").decode()
    assert {"controls", "muted", "playsinline", "loop"} <= set(video)
    assert (video["width"], video["height"], video["aria-label"]) == ("640", "360", "Ranks")
    assert "source" not in [tag for tag, _ in tags.tags]
    root = tags.only("div")
    assert (root["data-fps"], root["data-frames"], root["data-mode"]) == ("30/1", "18", "loop")
    assert not [attrs for _, attrs in tags.tags if "id" in attrs]
    assert not tags.stack


@pytest.mark.parametrize(
    ("fps", "rate"), [(Fraction(24000, 1001), "24000/1001"), (12.5, "25/2"), (20, "20/1"), (1 / 3, "1/3")]
)
def test_rate_is_exact(fps, rate):
    assert f'data-fps="{rate}"' in player(fps=fps)


@pytest.mark.parametrize("mode", ["loop", "once", "reflect"])
def test_modes(mode):
    text = player(default_mode=mode)
    assert f'data-mode="{mode}"' in text
    assert ("loop" in Tags(text).only("video")) is (mode == "loop")


def test_unknown_mode():
    with pytest.raises(OptionError, match=r"default_mode must be one of .*not 'bounce'"):
        player(default_mode="bounce")


def test_titles_are_escaped():
    page = Tags(page_html(player(title=EVIL), EVIL))
    assert page.only("video")["aria-label"] == EVIL
    assert [text for tag, text in page.texts if tag in ("title", "h1")] == [EVIL, EVIL]
    assert len([tag for tag, _ in page.tags if tag == "script"]) == 1
    assert Tags(plain_video_html(b"", width=1, height=1, title=EVIL)).only("video")["aria-label"] == EVIL
    linked = Tags(player_html(file_url(EVIL), fps=1, n_frames=1, width=1, height=1)).only("video")["src"]
    assert linked.startswith("./")
    assert not re.search(r"[<>\"'$\s]", linked)


def test_nothing_is_loaded_or_evaluated():
    text = page_html(player())
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\beval\b|new Function|innerHTML|@import", text)


def test_page_is_whole():
    page = page_html(player(), "")
    assert page.startswith("<!DOCTYPE html>")
    assert "<title>Animation</title>" in page
    assert "<h1>" not in page
    assert not Tags(page).stack


def test_plain_video():
    video = Tags(plain_video_html(b"film", width=64, height=48)).only("video")
    assert {"controls", "autoplay", "loop", "muted"} <= set(video)
    assert video["src"] == data_url(b"film")
    still = Tags(plain_video_html(b"", width=64, height=48, autoplay=False, loop=False)).only("video")
    assert not {"autoplay", "loop"} & set(still)


def test_embed_limit():
    assert [embedded_bytes(n) for n in (0, 1, 2, 3, 4)] == [len(base64.b64encode(b"x" * n)) for n in range(5)]
    check_embed_limit(2**20, 1)
    with pytest.raises(FormatError, match=r"takes 2\.0 MB .* over embed_limit=1; raise"):
        check_embed_limit(2**21, 1)

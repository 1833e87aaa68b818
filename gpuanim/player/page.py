"""HTML around a film: the player, matplotlib's plain video, and a page to stand on.

The player is plain HTML first: without JavaScript, or in a notebook that is not trusted (JupyterLab strips
`script`, `style` and the `src` of `source`), a `<video controls>` stays that plays. The script finds it,
gives it frame-exact controls, and leaves no global name and no id behind.
"""

from __future__ import annotations

import base64
from fractions import Fraction
from html import escape
from urllib.parse import quote

from gpuanim.errors import FormatError, OptionError
from gpuanim.player.assets import closure, template, text

__all__ = [
    "DEFAULT_MODES",
    "check_embed_limit",
    "data_url",
    "embedded_bytes",
    "file_url",
    "metadata_element",
    "page_html",
    "plain_video_html",
    "player_html",
    "video_html",
]

DEFAULT_MODES = ("loop", "once", "reflect")
"""What happens at the end of a film, by matplotlib's names."""


def video_html(
    mp4: bytes,
    *,
    fps: Fraction | float,
    n_frames: int,
    width: int,
    height: int,
    default_mode: str = "loop",
    title: str = "",
) -> str:
    """Return the player around an embedded film: a fragment for a notebook or a page.

    Parameters
    ----------
    mp4
        H.264 in an mp4 without sound, with a constant frame rate.
    fps
        Frames per second; a Fraction is exact.
    n_frames, width, height
        Of the film, in frames and pixels.
    default_mode
        "loop", "once" or "reflect".
    title
        Read out by screen readers.

    Raises
    ------
    OptionError
        If `default_mode` is unknown.
    """
    return player_html(
        data_url(mp4),
        fps=fps,
        n_frames=n_frames,
        width=width,
        height=height,
        default_mode=default_mode,
        title=title,
    )


def player_html(
    source: str,
    *,
    fps: Fraction | float,
    n_frames: int,
    width: int,
    height: int,
    default_mode: str = "loop",
    title: str = "",
) -> str:
    """Return the player around a film at the URL `source`; the rest as in `video_html`."""
    if default_mode not in DEFAULT_MODES:
        raise OptionError(f"default_mode must be one of {DEFAULT_MODES}, not {default_mode!r}")
    rate = Fraction(fps).limit_denominator(100_000)
    return template("video/player.html").substitute(
        rate=f"{rate.numerator}/{rate.denominator}",
        n_frames=int(n_frames),
        mode=default_mode,
        width=int(width),
        height=int(height),
        source=escape(source),
        title=escape(title or "Animation"),
        loop=" loop" if default_mode == "loop" else "",
        style=text("shared/controls.css") + "\n" + text("video/player.css"),
        script=closure(text("shared/icons.js"), text("shared/controls.js"), text("video/player.js")),
    )


def plain_video_html(
    mp4: bytes, *, width: int, height: int, autoplay: bool = True, loop: bool = True, title: str = ""
) -> str:
    """Return a `<video>` with the browser's own controls and no script, as matplotlib's `to_html5_video`."""
    switches = " autoplay" * autoplay + " loop" * loop
    label = f' aria-label="{escape(title)}"' if title else ""
    # The film is in `src` of the video itself: JupyterLab strips it from a <source>. Muted, because
    # browsers start nothing else by themselves.
    return (
        f'<video width="{int(width)}" height="{int(height)}" controls{switches} muted playsinline{label} '
        f'style="max-width: 100%; height: auto" src="{data_url(mp4)}">\n'
        "  Your browser does not support the video tag.\n</video>"
    )


def page_html(fragment: str, title: str = "", metadata: str = "") -> str:
    """Return a whole page around a fragment of this module; title and metadata (JSON) are escaped here."""
    heading = f"<h1>{escape(title)}</h1>\n" if title else ""
    return template("video/page.html").substitute(
        title=escape(title or "Animation"),
        heading=heading,
        fragment=fragment + metadata_element(metadata),
        style=text("video/page.css"),
    )


def metadata_element(metadata: str) -> str:
    """Return a script element that holds JSON for programs to read, "" if there is none."""
    if not metadata:
        return ""
    # Within a script element only these three can begin its end or a comment; JSON has \u for them.
    for character in "<>&":
        metadata = metadata.replace(character, f"\\u{ord(character):04x}")
    return f'\n<script type="application/json" class="gpuanim-metadata">{metadata}</script>'


def data_url(mp4: bytes) -> str:
    """Return a film as an URL that holds it."""
    return "data:video/mp4;base64," + base64.b64encode(mp4).decode("ascii")


def file_url(name: str) -> str:
    """Return the relative URL of a file beside the page."""
    return "./" + quote(name)


def embedded_bytes(n_bytes: int) -> int:
    """Return the bytes of `n_bytes` as base64."""
    return (n_bytes + 2) // 3 * 4


def check_embed_limit(n_bytes: int, limit: float) -> None:
    """Raise `FormatError` if `n_bytes` of base64 are more than `limit` megabytes of 2^20 bytes."""
    if n_bytes > limit * 2**20:
        raise FormatError(
            f"the film takes {n_bytes / 2**20:.1f} MB in the page so far, over embed_limit={limit:g}; raise "
            "embed_limit, keep the film in a file of its own with embed_frames=False, or make it "
            "smaller (a higher crf, a lower dpi, fewer frames)"
        )

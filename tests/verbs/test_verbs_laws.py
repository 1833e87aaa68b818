"""Laws of films with chrome: one picture whichever way it is asked for, and any text or a clear error."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import gpuanim as ga

WORDS = st.sampled_from(["A title", "step {step} of {steps}", "{time:.2f} s\ntwo lines", "frame {frame}"])


def perhaps(strategy):
    return st.none() | strategy


@st.composite
def films(draw):
    """A small film of numbers, categories or shares, in any dress, and now and then two of them."""
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    n, t = draw(st.integers(1, 40)), draw(st.integers(1, 4))
    kind = draw(st.sampled_from(["numbers", "categories", "shares"]))
    values = {
        "numbers": rng.normal(size=(t, n)),
        "categories": rng.choice(["a", "b", "$c"], (t, n)),
        "shares": rng.random((t, n, 3)),
    }[kind]
    dress = {
        "title": draw(perhaps(WORDS)),
        "caption": draw(perhaps(WORDS)),
        "axes": draw(st.sampled_from([False, "frame", True])),
        "xlabel": draw(perhaps(st.just("UMAP1"))),
        "scale_bar": draw(perhaps(st.just(True))),
        "theme": draw(st.sampled_from([None, "dark", "light"])),
        "alpha": draw(st.sampled_from([1.0, 0.5])),
        "antialias": draw(st.booleans()),
    }
    if kind == "numbers":
        dress |= {
            "colorbar": draw(perhaps(st.sampled_from(["value", "left", "bottom"]))),
            "scope": draw(st.sampled_from([None, "frame"])),
            "order": draw(st.sampled_from(["data", "value"])),
        }
    else:
        dress |= {"legend": draw(perhaps(st.sampled_from(["right margin", "on data", "upper left"])))}
    if kind != "categories":
        dress |= {"tween": draw(st.sampled_from([None, "linear"])), "n_frames": draw(st.integers(1, 6))}
    size = (draw(st.integers(40, 140)), draw(st.integers(40, 120)))
    film = ga.animate(rng.normal(size=(n, 2)), values, size=size, fps=10, **dress)
    if draw(st.booleans()):
        return film
    return ga.panels([film, film], size=(2 * size[0], size[1]), progress_line=draw(st.booleans()))


@given(films())
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_every_way_to_a_frame_shows_the_same(decode, film):
    frames = list(film.frames())
    assert len(frames) == film.n_frames
    for i in (0, len(frames) // 2, -1):
        np.testing.assert_array_equal(film.frame(i), frames[i])
    with tempfile.TemporaryDirectory() as folder:
        film.save(Path(folder) / "film.mkv")
        np.testing.assert_array_equal(decode(Path(folder) / "film.mkv").frames, np.array(frames))


ODD = [*"${}%\\_^&#~\n\t\r\0", "😀", "שלום", "é", "\u202e", "中"]
CHARACTERS = st.characters() | st.sampled_from(ODD)
TEXTS = st.lists(CHARACTERS, max_size=12).map("".join)


@given(TEXTS, st.sampled_from(["title", "caption", "xlabel", "ylabel", "colorbar", "scale_bar"]))
@settings(max_examples=60)
def test_any_text_is_drawn_or_refused_at_once(text, option):
    try:
        film = ga.animate([[0, 0], [1, 1]], [[0.0, 1.0]], size=(90, 70), **{option: text})
    except ga.OptionError as error:
        assert option in str(error)  # noqa: PT017
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # fonts do not have all characters
        warnings.filterwarnings("ignore", "Matplotlib currently does not support", UserWarning)
        assert film.frame(0).shape == (70, 90, 3)


@given(TEXTS.filter(lambda name: name.encode(errors="ignore").decode() == name), st.booleans())
@settings(max_examples=60)
def test_any_category_is_listed(name, on_data):
    film = ga.animate(
        [[0, 0], [1, 1]], [[0, 1]], categories=[name, name + "2"], size=(90, 70),
        legend="on data" if on_data else True,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        warnings.filterwarnings("ignore", "Matplotlib currently does not support", UserWarning)
        assert film.frame(0).shape == (70, 90, 3)


@given(
    st.sampled_from(["W", "lorem ipsum", r"$\frac{1}{2}$"]), st.integers(1, 30), st.integers(1, 6),
    st.sampled_from([(160, 120), (90, 200), (300, 80)]), st.integers(60, 160),
)  # fmt: skip
@settings(max_examples=25)
def test_nothing_is_drawn_outside_of_the_frame(word, times, rows, size, dpi):
    line = " ".join([word] * times)
    assume(3 * len(line) < size[0])  # smaller letters than three pixels can no longer shrink
    film = ga.animate(
        [[0, 0], [1, 1]], [[0.0, 1.0]] * 2, size=size, dpi=dpi, title=["\n".join([line] * rows)] * 2,
        axes="frame", s=1, caption=ga.Caption("x {step}", loc="lower left"),
    )  # fmt: skip
    frame = film.frame(1)
    assert (frame[0] == 255).all()
    assert (frame[:, 0] == 255).all()
    assert (frame[:, -1] == 255).all()

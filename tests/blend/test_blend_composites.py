"""Blends of colours, from the word to the film."""

import numpy as np
import pytest
from PIL import Image

import gpuanim as ga
from gpuanim.blend import Additive, Mix, Over, Weighted, as_blend
from gpuanim.decode import film_info
from gpuanim.errors import OptionError

PLACES = np.array([[0, 0], [0, 0], [0, 0], [2, 0]], np.float64)
KINDS = np.array([["a", "a", "b", "b"]])
VIEW = {"size": (90, 30), "xlim": (-0.5, 2.5), "ylim": (-0.5, 0.5)}
LOOK = {"palette": {"a": "red", "b": "blue"}, "s": 100, **VIEW}


def film(blend, **options):
    return ga.animate(PLACES, KINDS, blend=blend, **LOOK | options)


def pixels(picture):
    return picture[15, [15, 45, 75]].tolist()


@pytest.mark.parametrize(
    ("word", "blend"), [("mix", Mix()), ("weighted", Weighted()), ("additive", Additive()), ("over", Over())]
)
def test_words_stand_for_objects(word, blend):
    assert as_blend(word) == blend
    assert blend.name == word
    assert np.array_equal(film(word).frame(0), film(blend).frame(0))


def test_mix_shows_the_shares_of_categories():
    assert pixels(film("mix").frame(0)) == [[170, 0, 85], [255, 255, 255], [0, 0, 255]]


def test_weighted_lies_between_mix_and_over():
    steep = pixels(film(Weighted(falloff=90)).frame(0))
    assert steep == pixels(film("over").frame(0)) == [[0, 0, 255], [255, 255, 255], [0, 0, 255]]
    assert pixels(film(Weighted(falloff=0)).frame(0)) == pixels(film("mix").frame(0))
    red, _, blue = pixels(film("weighted").frame(0))[0]
    # Heights of the three among four points: 1/8, 3/8 and 5/8.
    assert [red, blue] == pytest.approx([255 * 28 / 153, 255 * 125 / 153], abs=1)


def test_additive_is_light_on_a_dark_ground():
    dark = pixels(film("additive", background="#102030", alpha=0.25).frame(0))
    assert dark[0] == pytest.approx([16 + 127.5, 32, 48 + 63.75], abs=1)
    assert dark[1] == [16, 32, 48]
    white = pixels(film("additive", background="black", alpha=[1, 0, 0.5, 1]).frame(0))
    assert white[0] == pytest.approx([255, 0, 127.5], abs=1)


@pytest.mark.parametrize("blend", ["mix", "weighted", "additive"])
@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.apng", "a.webm", "a.html"])
def test_films_of_all_formats_can_be_saved(tmp_path, name, blend):
    anim = film(blend, background="#101010", antialias=False)
    result = anim.save(tmp_path / name)
    assert result.n_frames == 1
    assert film_info(tmp_path / name).gpuanim["blend"].startswith(as_blend(blend).__class__.__name__)
    if name in ("a.gif", "a.apng"):  # not drawn with a palette, which holds no mixed colours
        with Image.open(tmp_path / name) as image:
            difference = np.asarray(image.convert("RGB")).astype(int) - anim.frame(0)
        assert np.abs(difference).max() <= (8 if name == "a.gif" else 0)


@pytest.mark.parametrize("blend", ["mix", "weighted", "additive"])
def test_points_may_move(blend):
    track = np.stack([PLACES, PLACES[[3, 0, 1, 2]]])
    kinds = np.repeat(KINDS, 2, 0)
    anim = ga.animate(track, kinds, blend=blend, background="black", alpha=0.5, **LOOK)
    first, second = (pixels(anim.frame(i)) for i in range(2))
    assert first[2] == pytest.approx([0, 0, 127.5], abs=1)
    assert second[2] == pytest.approx([127.5, 0, 0], abs=1)
    assert second[0] != first[0]


def test_changed_categories_are_mixed_anew():
    anim = ga.animate(PLACES, np.array([*KINDS, ["b", "b", "b", "a"]]), blend="mix", **LOOK)
    assert pixels(anim.frame(1)) == [[0, 0, 255], [255, 255, 255], [255, 0, 0]]


@pytest.mark.parametrize("blend", ["mix", "additive"])
@pytest.mark.parametrize("order", ["value", "random", [3, 2, 1, 0]])
def test_an_order_that_has_no_effect_is_refused(blend, order):
    with pytest.raises(OptionError, match=f'order has no meaning for blend="{blend}"'):
        film(blend, order=order)


def test_weighted_knows_an_order():
    turned = film("weighted", order=[3, 2, 1, 0]).frame(0)
    assert pixels(turned)[0][0] > pixels(film("weighted").frame(0))[0][0]


@pytest.mark.parametrize("blend", ["mix", "weighted", "additive"])
def test_outlines_need_points_that_lie_over_each_other(blend):
    with pytest.raises(OptionError, match=f'outline lies below points, and blend="{blend}"'):
        film(blend, highlight=ga.Highlight(cells=[0], outline=True))
    faded = film(blend, background="black", highlight=ga.Highlight(cells=[0, 1, 2], rest="gray"))
    assert pixels(faded.frame(0))[2] == [128, 128, 128]


@pytest.mark.parametrize("falloff", [-1, np.nan, np.inf, "steep"])
def test_falloffs_are_numbers_from_0_on(falloff):
    with pytest.raises(OptionError, match="falloff must be a number from 0 on"):
        Weighted(falloff=falloff)


def test_interactive_pages_refuse_mixed_points(tmp_path):
    with pytest.raises(OptionError, match='blend="mix"'):
        film("mix").save(tmp_path / "a.html", interactive=True)


def test_a_sample_is_told_in_the_result(tmp_path):
    n = 5000
    crowd = ga.animate(np.zeros((n, 2)), np.zeros((1, n)), blend="mix", size=(16, 16), s=0, antialias=False)
    assert crowd.save(tmp_path / "a.png").facts["sampled_pixels"] == 1

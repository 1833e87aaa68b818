"""Films side by side: the grid, the clock that they share, and what each shows of its own."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import gpuanim as ga


@pytest.fixture
def film(cloud, steps):
    """Return a function that makes a film for a panel."""

    def made(values=steps, **options):
        return ga.animate(cloud, values, **({"s": 20, "vmin": -1, "vmax": 1} | options))

    return made


def boxes(anim, stage):
    return [tuple(round(v) for v in view.box) for view in stage(anim).views]


def inside(frame, box):
    left, top, width, height = box
    return frame[top : top + height, left : left + width]


def test_a_row_of_panels_shows_what_each_film_shows(film, stage):
    films = [film(cmap="magma"), film(cmap="gray")]
    both = ga.panels(films, size=(420, 200))
    assert both.n_frames == 4
    (left, right) = boxes(both, stage)
    assert left[1:] == right[1:]
    assert right[0] >= left[0] + left[2]
    for frame, *alone in zip(both.frames(), *(f.frames(dpi=100) for f in films), strict=True):
        for box, picture in zip((left, right), alone, strict=True):
            pixels = inside(frame, box).reshape(-1, 3)
            assert pixels.min() < 60
            grey = np.ptp(pixels.astype(int), axis=1).max() == 0
            assert grey == (np.ptp(picture.reshape(-1, 3).astype(int), axis=1).max() == 0)


def test_a_panel_is_the_film_in_a_smaller_frame(film, stage):
    both = ga.panels([film(title="A {step}"), film(title="B {step}", axes=True)], size=(420, 200))
    box = boxes(both, stage)[0]
    alone = film(size=(box[2], box[3]))
    for frame, wanted in zip(both.frames(), alone.frames(), strict=True):
        np.testing.assert_allclose(inside(frame, box).astype(int), wanted, atol=1)  # by where float32 rounds


@pytest.mark.parametrize(
    ("count", "ncols", "shape"),
    [(3, None, (1, 3)), (5, None, (2, 4)), (4, 2, (2, 2)), (3, 1, (3, 1)), (2, 9, (1, 2))],
)
def test_a_plain_list_is_filled_row_by_row(film, stage, count, ncols, shape):
    anim = ga.panels([film() for _ in range(count)], ncols=ncols, size=(400, 300))
    found = boxes(anim, stage)
    assert len(found) == count
    assert len({top for _, top, _, _ in found}) == shape[0]
    assert len({left for left, _, _, _ in found}) == shape[1]
    for i, (left, top, _, _) in enumerate(found):
        assert (top, left) == (found[i - i % shape[1]][1], found[i % shape[1]][0])
    assert ga.panels([film()] * count, ncols=ncols).size == (480 * shape[1], 480 * shape[0])


def test_rows_keep_their_places_where_one_is_shorter(film, stage):
    a, b, c = film(cmap="gray"), film(), film(cmap="magma")
    for rows, places in (
        ([[a, b], [c]], [(0, 0), (0, 1), (1, 0)]),
        ([[a], [b, c]], [(0, 0), (1, 0), (1, 1)]),
        ([a, [b, c]], [(0, 0), (1, 0), (1, 1)]),
    ):
        anim = ga.panels(rows, size=(300, 300))
        found = [(int(top >= 150), int(left >= 150)) for left, top, _, _ in boxes(anim, stage)]
        assert found == places
        assert anim.frame(1).shape == (300, 300, 3)
    wide = ga.panels([[film() for _ in range(5)]], size=(500, 100))
    assert len({top for _, top, _, _ in boxes(wide, stage)}) == 1


def test_panels_of_panels_are_panels(film, stage):
    pair = ga.panels([film(), film()])
    assert len(boxes(ga.panels([pair, film()], size=(300, 100)), stage)) == 3
    nested = ga.panels([[pair], [film()]], size=(300, 300))
    assert [(int(t >= 150), int(x >= 150)) for x, t, _, _ in boxes(nested, stage)] == [(0, 0), (0, 1), (1, 0)]


# ---- the clock


def changes(frames, box):
    return [i for i, (a, b) in enumerate(pairwise(frames), 1) if (inside(a, box) != inside(b, box)).any()]


def test_films_of_fewer_steps_show_them_longer(film, stage, steps):
    anim = ga.panels([film(), film(steps[:2]), film(steps[0])], size=(420, 150))
    frames = anim.to_array()
    assert len(frames) == 4
    assert [changes(frames, box) for box in boxes(anim, stage)] == [[1, 2, 3], [2], []]


def test_the_longest_film_has_the_clock_and_fps_can_be_another(film, steps):
    films = [film(steps[:2], fps=5), film(fps=12, n_frames=8, hold=0.25)]
    assert (ga.panels(films).n_frames, ga.panels(films).fps) == (11, 12)
    assert (ga.panels(films, fps=24).n_frames, ga.panels(films, fps=24).fps) == (11, 24)
    other = ga.panels(films, n_frames=6, fps=10, hold=(0.1, 0.2))
    assert (other.n_frames, other.fps) == (9, 10)
    lasting = ga.panels(films, duration=2)
    assert (lasting.n_frames, lasting.fps) == (24, 12)


def test_a_tween_blends_numbers_and_shows_categories_as_they_are(film, stage, groups, cloud):
    palette = {"a": "#ff0000", "b": "#00a000", "c": "#0000ff"}
    named = ga.animate(cloud, groups, palette=palette, antialias=False, s=20)
    for anim in (
        ga.panels([film(), named], size=(300, 150), n_frames=7, tween="linear"),
        ga.panels([film(n_frames=7, tween="linear"), named], size=(300, 150)),
    ):
        frames = anim.to_array()
        first, second = boxes(anim, stage)
        assert changes(frames, first) == [1, 2, 3, 4, 5, 6]
        assert len(changes(frames, second)) == 2
        shown = {tuple(c) for frame in frames for c in inside(frame, second).reshape(-1, 3).tolist()}
        assert shown == {(255, 255, 255), (255, 0, 0), (0, 160, 0), (0, 0, 255)}


def test_values_of_unknown_length_stand_beside_still_ones(film, stage, steps):
    anim = ga.panels([film(iter(steps), title="{step}"), film(steps[0])], size=(300, 150), hold=0.1, fps=10)
    frames = list(anim.frames())
    assert (anim.n_frames, len(frames)) == (None, 5)
    assert [changes(frames, box) for box in boxes(anim, stage)] == [[1, 2, 3], []]
    with pytest.raises(ga.OptionError, match="unknown length cannot be shown beside others"):
        ga.panels([film(iter(steps)), film()])
    once = film(iter(steps))
    with pytest.raises(ga.OptionError, match="cannot show the same film twice"):
        ga.panels([once, once])


def test_titles_of_the_frame_and_of_panels(film, stage):
    films = [film(title="left {step}"), film(title="right")]
    plain = ga.panels(films, size=(420, 240))
    anim = ga.panels(films, size=(420, 240), title="{step} of {steps}", caption="below", progress_line=True)
    assert boxes(anim, stage)[0][1] > boxes(plain, stage)[0][1]
    before, after, *_ = anim.frames()
    top = boxes(anim, stage)[0][1]
    middle = before.shape[1] // 2
    changed = np.nonzero((before[:top] != after[:top]).any(-1))
    assert changed[1].min() < middle - 40  # the title of the left panel
    assert ((changed[1] > middle - 30) & (changed[1] < middle + 30)).any()  # that of the frame
    right = changed[1] > middle + 60
    assert not right.any()


# ---- colours


def test_shared_colours_are_found_together_and_have_one_bar(cloud, stage):
    low, high = np.linspace(0, 1, 300), np.linspace(0, 10, 300)
    films = [ga.animate(cloud, [v], s=20, colorbar="value") for v in (low, high)]
    apart, shared = (ga.panels(films, size=(500, 220), share_colors=share) for share in (False, True))
    pictures = [[inside(a.frame(0), box).max(-1) for box in boxes(a, stage)] for a in (apart, shared)]
    assert inside(apart.frame(0), boxes(apart, stage)[0]).reshape(-1, 3).max(0)[0] > 240
    yellow = [
        (np.abs(inside(a.frame(0), boxes(a, stage)[0]).astype(int) - [253, 231, 37]).max(-1) < 12).sum()
        for a in (apart, shared)
    ]
    assert yellow[0] > 0
    assert yellow[1] == 0  # 1 is the lower tenth of the shared scale
    assert len(pictures[1]) == 2
    alone = ga.panels([ga.animate(cloud, [v], s=20, vmin=0, vmax=10) for v in (low, high)], size=(500, 220))
    assert boxes(shared, stage)[0][2] < boxes(alone, stage)[0][2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([{"cmap": "magma"}, {}], "same norm, limits and colours"),
        ([{"vmax": 1}, {"vmax": 2}], "same norm, limits and colours"),
        ([{"scope": "frame"}, {"scope": "frame"}], "share_colors"),
    ],
)
def test_colours_that_cannot_be_shared(film, options, message):
    with pytest.raises(ga.OptionError, match=message):
        ga.panels([film(**o) for o in options], share_colors=True)


def test_categories_share_no_scale(cloud, groups):
    with pytest.raises(ga.OptionError, match="share_colors is for numbers"):
        ga.panels([ga.animate(cloud, groups)] * 2, share_colors=True)


# ---- beside curves, and files


def test_points_beside_a_curve(film, stage, steps):
    curve = ga.lines(None, [step.mean() for step in steps], mode="grow", ylim=(-1, 1))
    anim = ga.panels([film(), curve], size=(420, 200), title="{step}")
    assert anim.n_frames == 4
    ((left, _, width, _),) = boxes(anim, stage)
    frames = anim.to_array()
    for before, after in pairwise(frames):
        assert (before[60:, left + width + 40 :] != after[60:, left + width + 40 :]).any()
    np.testing.assert_array_equal(frames[2], anim.frame(2))


def test_panels_in_files(film, tmp_path, decode):
    anim = ga.panels([film(title="{step}"), film(colorbar=True, cmap="magma")], size=(301, 161), theme="dark")
    whole = anim.to_array()
    anim.save([tmp_path / "a.mkv", tmp_path / "a.gif", tmp_path / "a.mp4"])
    np.testing.assert_array_equal(decode(tmp_path / "a.mkv").frames, whole)
    assert np.abs(decode(tmp_path / "a.gif").frames.astype(int) - whole).mean() < 4
    assert decode(tmp_path / "a.mp4").frames.shape == (4, 162, 302, 3)
    clear = anim.frame(2, transparent=True)
    assert clear.shape == (161, 301, 4)
    assert clear[0, 0, 3] == 0
    assert 0 < (clear[..., 3] == 255).mean() < 0.6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"films": []}, "panels needs a list of films"),
        ({"films": None}, "panels needs a list of films"),
        ({"films": "ab"}, "panels needs films, or rows of films"),
        ({"films": [1, 2]}, "panels needs films, or rows of films"),
        ({"films": "row, none"}, r"panels needs films, or rows of films, not \[\]"),
        ({"ncols": 0}, "ncols must be a whole number from 1 on, not 0"),
        ({"ncols": 2.0}, "ncols must be a whole number"),
        ({"ncols": True}, "ncols must be a whole number"),
        ({"films": "row", "ncols": 2}, "ncols is for a plain list"),
        ({"fps": 0}, "fps must be above 0"),
        ({"n_frames": 0}, "n_frames must be"),
        ({"duration": -1}, "duration must be"),
        ({"tween": "cubic"}, "tween must be None or"),
        ({"ease": "bouncy"}, "ease must be one of"),
        ({"hold": -1}, "hold must be seconds"),
        ({"size": (0, 10)}, "size must be two positive numbers"),
        ({"title": list("abc")}, "one text per step: the film has 4, and 3 came"),
        ({"title": "{stpes}"}, r"there are \{steps\}"),
        ({"theme": "drak"}, 'did you mean "dark"'),
        ({"logo": 3}, "logo image must have shape"),
    ],
)
def test_wrong_panels(film, arguments, message):
    known = {"row, none": lambda: [[film()], []], "row": lambda: [[film()]]}
    films = arguments.get("films", [film(), film()])
    films = known[films]() if isinstance(films, str) and films in known else films
    with pytest.raises(ga.OptionError, match=message):
        ga.panels(films, **{k: v for k, v in arguments.items() if k != "films"})


def test_films_that_have_a_figure_of_their_own(film, cloud, steps):
    from matplotlib.figure import Figure

    for own in (
        ga.create_animation(cloud, steps), film(ax=Figure().add_subplot()), film(progress_line=True),
        ga.panels([film()], title="whole"),
    ):  # fmt: skip
        with pytest.raises(ga.OptionError, match=r"have a figure of their own|belong to the call of panels"):
            ga.panels([film(), own])

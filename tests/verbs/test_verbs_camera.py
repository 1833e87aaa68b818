"""Films whose camera moves: what they show, what is drawn again, and what does not go together."""

from fractions import Fraction

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.film import Fits, Timings, film_steps
from gpuanim.frames import PixelFormat
from gpuanim.painting import Painter
from gpuanim.pipeline import draw_frames
from gpuanim.provenance import describe

SIZE = (120, 90)
LOOK = {"size": SIZE, "s": 12, "background": "white"}


@pytest.fixture(scope="module")
def space():
    return np.random.default_rng(3).normal(size=(300, 3)) * [3.0, 2.0, 1.0]


@pytest.fixture(scope="module")
def plane(space):
    return space[:, :2]


@pytest.fixture(scope="module")
def values(space):
    return np.linspace(0, 1, len(space))


def drawn(film):
    """Return how many frames of a film are drawn, and which of them move its points."""
    timings = Timings()
    fits = Fits(film._film, timings)
    plan = film._plan((PixelFormat.RGB24,), fits)
    buffers = []

    def fresh():
        buffers.append(PixelFormat.RGB24.empty(*SIZE))
        return (buffers[-1],)

    with Painter(film._film, (plan,), fits, timings) as painter:
        for _ in draw_frames(film._film, painter, plan.spec.fps, timings, fresh):
            pass
    moved = [states[0].moved for _, states in film_steps(film._film, Fraction(10))]
    return len(buffers), moved


# What is seen -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("aspect", ["equal", "auto"])
def test_a_zoom_to_all_is_the_still_film_to_the_byte(plane, values, aspect):
    still = ga.animate(plane, values, aspect=aspect, margin=0, **LOOK).frame(0)
    low, high = plane.min(0), plane.max(0)
    for shot in (ga.Shot.all(), ga.Shot.box((low[0], high[0]), (low[1], high[1]))):
        film = ga.animate(plane, values, aspect=aspect, margin=0, camera=[shot, shot], n_frames=3, **LOOK)
        assert all((frame == still).all() for frame in film.frames())


def test_a_zoom_ends_at_the_film_of_its_limits(plane, values):
    view = {"xlim": (-2, 2), "ylim": (-1.5, 1.5)}
    still = ga.animate(plane, values, **view, **LOOK).frame(0)
    film = ga.animate(plane, values, camera=[ga.Shot.all(), ga.Shot.box(*view.values())], n_frames=5, **LOOK)
    assert np.abs(film.frame(-1).astype(int) - still).max() <= 1
    assert (film.frame(0) == ga.animate(plane, values, **LOOK).frame(0)).all()
    assert (film.frame(2) != film.frame(0)).any()


def test_an_orbit_at_angle_0_without_perspective_is_the_flat_film(space, values):
    orbit = ga.Orbit(turns=0, elevation=0, perspective=0, depth_cue=0)
    film = ga.animate(space, values, camera=orbit, **LOOK)
    bounds = film._film.clouds[0].camera.bounds
    flat = ga.animate(
        space, values, order=space[:, 2], margin=0.05,
        xlim=_padded(*bounds[:2]), ylim=_padded(*bounds[2:]), **LOOK,
    )  # fmt: skip
    assert np.abs(film.frame(0).astype(int) - flat.frame(0)).max() <= 1


def _padded(low, high):
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


def test_near_points_cover_far_ones_whatever_their_order():
    coords = np.array([[0, 0, 1], [0, 0, -1], [1.5, 0, 0], [-1.5, 0, 0]], np.float64)
    film = ga.animate(
        coords, ["front", "back", "side", "side"], palette={"front": "red", "back": "blue", "side": "lime"},
        camera=ga.Orbit(elevation=0, depth_cue=0), n_frames=4, **LOOK | {"s": 200},
    )  # fmt: skip
    middle = [frame[45, 60].tolist() for frame in film.frames()]
    assert middle == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 255, 0]]


def test_each_point_keeps_its_colour_on_its_way():
    coords = np.array([[1, 0, 0], [0, 1, 0.2], [0, 0, 1], [-1, -1, -0.5]], np.float64)
    colors = ["#e6194b", "#3cb44b", "#4363d8", "#f58231"]
    film = ga.animate(
        coords, list("abcd"), palette=colors, camera=ga.Orbit(depth_cue=0), n_frames=12, **LOOK | {"s": 30}
    )
    cloud = film._film.clouds[0]
    plan = film._plan((PixelFormat.RGB24,), Fits(film._film, Timings()))
    steps = film_steps(film._film, Fraction(10))
    for frame, (moment, _) in zip(film.frames(), steps, strict=True):
        seen = cloud.camera.lens(moment, coords, plan.panels[0].view).project(coords)
        for x, y, color, depth in zip(seen.x, seen.y, colors, seen.depth, strict=True):
            apart = np.hypot(seen.x - x, seen.y - y)
            if not ((apart < 12) & (seen.depth > depth)).any():  # nothing lies over it
                assert "#" + bytes(frame[int(y), int(x)]).hex() == color


def test_perspective_and_depth_cue_show_in_the_pixels():
    coords = np.array([[-1, 0, 1], [1, 0, -1]], np.float64)
    look = LOOK | {"s": 100, "margin": 0.5}
    flat = {"turns": 0, "elevation": 0}
    one = ga.animate(
        coords, [0.0, 0.0], cmap=["black"], camera=ga.Orbit(perspective=0.5, depth_cue=0, **flat), **look
    ).frame(0)
    left, right = (one[:, half, 0] < 128 for half in (slice(60), slice(60, None)))
    reach = np.sqrt(2)
    wanted = ((1 + 0.5 / reach) / (1 - 0.5 / reach)) ** 2  # areas
    assert left.sum() / right.sum() == pytest.approx(wanted, rel=0.1)
    faded = ga.animate(
        coords, [0.0, 0.0], cmap=["black"], camera=ga.Orbit(perspective=0, depth_cue=1, **flat), **look
    ).frame(0)
    near, far = faded[:, :60, 0].min(), faded[:, 60:, 0].min()
    share = 0.5 + 0.5 / reach
    assert near == pytest.approx(255 * (1 - share), abs=2)
    assert far == pytest.approx(255 * share, abs=2)


def test_sizes_in_points_stay_and_fitting_ones_grow(plane, values):
    ends = [ga.Shot.all(), ga.Shot.box((-1, 1), (-0.5, 0.5))]

    def diameters(s):
        film = ga.animate(plane, values, camera=ends, n_frames=2, **LOOK | {"s": s})
        plan = film._plan((PixelFormat.RGB24,), Fits(film._film, Timings()))
        panel, ids = plan.panels[0], np.arange(len(plane), dtype=np.uint32)
        moments = [moment for moment, _ in film_steps(film._film, Fraction(10))]
        lenses = [panel.lens(moment, plane) for moment in moments]
        return [panel.seen(plane, ids, lens)[0].diameter for lens in lenses], lenses[1].zoom

    (before, after), zoom = diameters(12)
    assert before == after
    (before, after), zoom = diameters("auto")
    assert after == pytest.approx(before * zoom**0.5)


def test_points_in_space_that_move(space, values):
    steps = np.stack([space, space + 0.5, space + 1.0])
    film = ga.animate(steps, values, camera=ga.Orbit(turns=0.5), **LOOK)
    assert film.n_frames == 3
    frames = film.to_array()
    assert (frames != 255).any(axis=3).sum((1, 2)).min() > 100
    still = ga.animate(space, values, camera=ga.Orbit(turns=0.5), n_frames=3, **LOOK)
    assert (still.frame(2) != frames[2]).any()


def test_a_camera_follows_cells_that_move():
    steps = [np.array([[0.0, 0], [10, 0], [10, 10], [0, 10], [x, 5]]) for x in (2.0, 5.0, 8.0)]
    film = ga.animate(
        steps, np.array([0, 0, 0, 0, 1.0]), cmap=["lightgray", "black"], camera=ga.Follow([4], zoom=3), **LOOK
    )
    for frame in film.frames():
        y, x = np.nonzero(frame[..., 0] < 60)
        assert (x.mean() + 0.5, y.mean() + 0.5) == pytest.approx((60, 45), abs=0.5)


def test_frames_are_the_same_one_by_one(space, values):
    film = ga.animate(space, values, camera=ga.Orbit(elevation=(0, 40)), n_frames=5, **LOOK)
    for i, frame in enumerate(film.frames()):
        assert (film.frame(i) == frame).all()


# What is drawn again ----------------------------------------------------------------------------------------


def test_what_stands_is_not_drawn_again(plane, values):
    all_, box = ga.Shot.all(), ga.Shot.box((-1, 1), (-1, 1))
    camera = ga.Keyframes([all_, box, box, all_], at=[2, 5, 8, 9], unit="frames", ease="linear")
    film = ga.animate(plane, values, camera=camera, n_frames=12, **LOOK)
    n, moved = drawn(film)
    assert moved == [True, False, False, True, True, True, False, False, False, True, False, False]
    assert n == 5


def test_colours_that_change_under_a_camera_that_stands_move_no_point(plane, values):
    film = ga.animate(plane, [values, values[::-1], values], camera=ga.Shot.box((-1, 1), (-1, 1)), **LOOK)
    assert drawn(film) == (3, [True, False, False])
    alone = [
        ga.animate(plane, v, camera=ga.Shot.box((-1, 1), (-1, 1)), **LOOK).frame(0)
        for v in (values, values[::-1])
    ]
    for frame, wanted in zip(film.frames(), [*alone, alone[0]], strict=True):
        assert (frame == wanted).all()


def test_an_order_by_values_follows_them_under_a_camera(plane, values):
    shots = [ga.Shot.all(), ga.Shot.box((-2, 2), (-1.5, 1.5))]
    film = ga.animate(plane, [values, values[::-1]], order="value", camera=shots, **LOOK)
    view = {"xlim": (-2, 2), "ylim": (-1.5, 1.5)}
    wanted = ga.animate(plane, [values, values[::-1]], order="value", **view, **LOOK).frame(1)
    assert np.abs(film.frame(1).astype(int) - wanted).max() <= 1


# With other options -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("blend", ["over", "mix", "weighted", "additive", "mean", "max", "count"])
def test_every_blend_under_a_zoom(plane, values, blend):
    scale = {"vmin": 1, "vmax": 5} if blend == "count" else {"vmin": 0, "vmax": 1}
    look = LOOK | scale | {"blend": blend, "background": "black" if blend == "additive" else "white"}
    view = {"xlim": (-2, 2), "ylim": (-1.5, 1.5)}
    film = ga.animate(plane, values, camera=[ga.Shot.all(), ga.Shot.box(*view.values())], n_frames=4, **look)
    assert (film.frame(0) == ga.animate(plane, values, **look).frame(0)).all()
    differing = (film.frame(-1) != ga.animate(plane, values, **view, **look).frame(0)).any(axis=2)
    assert differing.mean() < 0.01  # pixels whose centres lie at the edge of a disc


def test_reductions_in_space_have_no_depth_cue(space, values):
    film = ga.animate(space, values, blend="mean", vmin=0, vmax=1, camera=ga.Orbit(), n_frames=4, **LOOK)
    assert (film.frame(1) != film.frame(0)).any()
    with pytest.raises(ga.OptionError, match="depth_cue fades single points"):
        ga.animate(space, values, blend="mean", camera=ga.Orbit(depth_cue=0.2))


def test_reductions_cannot_search_the_pixels_of_all_frames(plane, values):
    with pytest.raises(ga.OptionError, match=r'under a camera cannot search all frames.*scope="frame"'):
        ga.animate(plane, values, blend="count", camera=[ga.Shot.all(), ga.Shot.box((0, 1), (0, 1))])
    film = ga.animate(plane, values, blend="count", scope="frame", camera=ga.Shot.box((0, 1), (0, 1)), **LOOK)
    assert film.frame(0).std() > 0


def test_outlines_and_the_rest_follow_a_zoom(plane, values):
    highlight = ga.Highlight(np.arange(30), outline=True, rest=True)
    view = {"xlim": (-2, 2), "ylim": (-1.5, 1.5)}
    film = ga.animate(
        plane,
        values,
        highlight=highlight,
        camera=[ga.Shot.all(), ga.Shot.box(*view.values())],
        n_frames=3,
        **LOOK,
    )
    wanted = ga.animate(plane, values, highlight=highlight, **view, **LOOK).frame(0)
    assert np.abs(film.frame(-1).astype(int) - wanted).max() <= 1


def test_the_rest_fades_in_space(space, values):
    highlight = ga.Highlight(np.arange(30), rest="#dddddd")
    frame = ga.animate(
        space, values, cmap=["black"], highlight=highlight, camera=ga.Orbit(depth_cue=0), **LOOK
    ).frame(0)
    dark = (frame < 30).all(axis=2).mean()
    assert 0 < dark < (frame < 240).all(axis=2).mean() / 2


def test_panels_each_have_their_camera(space, plane, values):
    one = ga.animate(space, values, camera=ga.Orbit(), n_frames=6, s=12)
    other = ga.animate(plane, values, camera=[ga.Shot.all(), ga.Shot.box((-1, 1), (-1, 1))], n_frames=6, s=12)
    both = ga.panels([one, other, ga.animate(plane, values, s=12)], size=(360, 120), background="white")
    frames = both.to_array()
    thirds = [frames[:, :, k * 120 : (k + 1) * 120] for k in range(3)]
    for third, moves in zip(thirds, (True, True, False), strict=True):
        assert (third != third[:1]).any() == moves


def test_spread_under_a_zoom_grows_by_the_view_of_the_film(plane, values):
    film = ga.animate(plane, values, spread=True, camera=[ga.Shot.all()], n_frames=2, **LOOK | {"s": 1})
    assert (film.frame(1) == ga.animate(plane, values, spread=True, **LOOK | {"s": 1}).frame(0)).all()


def test_groups_of_categories(plane):
    labels = np.where(plane[:, 0] < 0, "left", "right")
    film = ga.animate(plane, labels, camera=ga.Shot.group("left"), **LOOK)
    given = ga.animate(plane, labels, camera=ga.Shot.cells(plane[:, 0] < 0, share=0.95), **LOOK)
    assert (film.frame(0) == given.frame(0)).all()
    with pytest.raises(ga.DataKeyError, match="no category 'lefd'; did you mean 'left'"):
        ga.animate(plane, labels, camera=ga.Shot.group("lefd"))
    with pytest.raises(ga.OptionError, match="column of obs and its group, for films of an AnnData"):
        ga.animate(plane, labels, camera=ga.Shot.group("left", "louvain"))


def test_groups_of_values_that_nobody_knows_beforehand(plane):
    def steps():
        yield np.zeros(len(plane), int)

    camera, message = ga.Shot.group("a"), "group 'a' is for values that are categories and can be looked at"
    with pytest.raises(ga.OptionError, match=message):
        ga.animate(plane, steps(), camera=camera, categories=list("ab"))
    with pytest.raises(ga.OptionError, match=message):
        ga.animate(plane, np.arange(len(plane)), camera=camera)


def test_chrome_that_stays_is_drawn_around_a_moving_camera(space, values):
    film = ga.animate(
        space, values, camera=ga.Orbit(), n_frames=4, title="frame {frame}", caption="a caption",
        colorbar=True, progress_line=True, axes="frame", size=(240, 180), s=12,
    )  # fmt: skip
    frames = film.to_array()
    assert (frames[1:] != frames[:1]).any((1, 2, 3)).all()
    assert (frames[:, 60:120, 215:] == frames[:1, 60:120, 215:]).all()  # the colour bar


def test_a_legend_stays(plane):
    labels = np.where(plane[:, 0] < 0, "left", "right")
    shots = [ga.Shot.all(), ga.Shot.group("left")]
    film = ga.animate(
        plane, labels, camera=shots, n_frames=3, legend=True, axes="frame", xlabel="UMAP1", size=(240, 180)
    )
    assert (film.frame(0)[:, 190:] == film.frame(2)[:, 190:]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"axes": True}, 'ticks do not follow a camera: give axes="frame"'),
        ({"scale_bar": ga.ScaleBar(length=2)}, "a scale bar under a camera has lengths that fit the zoom"),
        ({"camera": "pan"}, "camera must be a list of ga.Shot"),
        (
            {"camera": ga.Orbit(), "values": range(300)},
            r"coords must have shape \(n, 3\).*looks into a space",
        ),
    ],
)
def test_what_does_not_go_together(plane, values, options, message):
    arguments = {"values": values, "camera": [ga.Shot.all(), ga.Shot.box((0, 1), (0, 1))]} | options
    with pytest.raises((ga.OptionError, ga.ShapeError), match=message):
        ga.animate(plane, **arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"xlim": (0, 1)}, "xlim and ylim are those of a plane"),
        ({"aspect": "auto"}, 'a space that turns needs aspect="equal"'),
        ({"order": "random"}, "order has no meaning in a space"),
        ({"spread": True}, "spread is for a plane"),
        ({"scale_bar": True}, "a scale bar holds for a plane"),
        ({"xlabel": "PC1"}, "xlabel and ylabel name axes, which turn"),
        ({"highlight": ga.Highlight(lasso=[(0, 0), (1, 0), (0, 1)])}, "a lasso lies in a plane"),
        ({"highlight": ga.Highlight([0], outline=True)}, "an outline lies below all of its cells"),
    ],
)
def test_what_does_not_go_into_a_space(space, values, options, message):
    with pytest.raises(ga.OptionError, match=message):
        ga.animate(space, values, camera=ga.Orbit(), **options)


def test_given_axes_stand_still(plane, values):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    FigureCanvasAgg(figure)
    with pytest.raises(ga.OptionError, match="camera and ax exclude each other"):
        ga.animate(plane, values, ax=figure.add_subplot(), camera=ga.Shot.all())


def test_an_interactive_page_has_a_view_of_its_own(plane, values):
    with pytest.raises(ga.OptionError, match="interactive pages have a view of their own"):
        ga.animate(plane, values, camera=ga.Shot.all()).to_interactive_html()


def test_films_of_unknown_length(plane, values):
    def steps():
        yield from [values] * 4

    with pytest.raises(ga.OptionError, match="need to know how long it will be"):
        ga.animate(plane, steps(), vmin=0, vmax=1, camera=[ga.Shot.all(), ga.Shot.box((0, 1), (0, 1))])
    camera = ga.Keyframes([ga.Shot.all(), ga.Shot.box((0, 1), (0, 1))], at=[0, 0.3], unit="seconds")
    film = ga.animate(plane, steps(), vmin=0, vmax=1, fps=10, camera=camera, **LOOK)
    frames = list(film.frames())
    assert len(frames) == 4
    assert (frames[0] != frames[3]).any()


@pytest.mark.parametrize("unit", ["seconds", "frames", "share"])
def test_another_rate_or_fewer_frames_show_the_same_camera(plane, values, unit, tmp_path):
    times = {"seconds": [0.5, 1.5], "frames": [5, 15], "share": [0.25, 0.75]}[unit]
    camera = ga.Keyframes([ga.Shot.all(), ga.Shot.box((-1, 1), (-1, 1))], at=times, unit=unit)
    film = ga.animate(plane, values, camera=camera, n_frames=21, fps=10, **LOOK)
    film.save(tmp_path / "fast" / "%02d.png", fps=30)
    from PIL import Image

    for i, frame in enumerate(film.frames()):
        assert (np.asarray(Image.open(tmp_path / "fast" / f"{i:02d}.png").convert("RGB")) == frame).all()
    flight = film._film.clouds[0].camera
    thinned = [ga.Moment(k, 11, k, 11, k / 5) for k in range(11)]
    whole = [ga.Moment(k, 21, k, 21, k / 10) for k in range(0, 21, 2)]
    assert [flight.place(moment) for moment in thinned] == [flight.place(moment) for moment in whole]


def test_an_orbit_by_seconds_is_the_same_at_another_rate(space, values):
    film = ga.animate(space, values, camera=ga.Orbit(seconds_per_turn=2), n_frames=21, fps=10, **LOOK)
    flight = film._film.clouds[0].camera
    assert flight.place(ga.Moment(10, 21, 0, 1, 10 / 30)) == flight.place(ga.Moment(10, 21, 0, 1, 1.0))
    assert flight.place(ga.Moment(10, 21, 0, 1, 1.0))[0] == 180


def test_panels_have_a_clock_of_their_own(plane, values):
    camera = ga.Keyframes([ga.Shot.all(), ga.Shot.all()], at=[0, 3], unit="seconds")
    film = ga.animate(plane, values, camera=camera, n_frames=40, fps=10, s=12)
    assert ga.panels([film, film], n_frames=80, fps=20).n_frames == 80
    with pytest.raises(ga.OptionError, match="the last shot is at 3 seconds, the film ends at 2"):
        ga.panels([film, film], n_frames=40, fps=20)


# Files ------------------------------------------------------------------------------------------------------


def test_a_film_is_saved_and_tells_of_its_camera(space, values, tmp_path, decode):
    film = ga.animate(space, values, camera=ga.Orbit(turns=-1), n_frames=6, **LOOK)
    result = film.save(tmp_path / "film.mp4")
    frames = decode(result.path).frames
    assert frames.shape == (6, 90, 120, 3)
    told = describe(film._film, renderer="cpu", fps=Fraction(30), dpi=100)["camera"]
    assert (told["move"], told["turns"]) == ("orbit", -1)
    assert "camera" not in describe(
        ga.animate(space, values)._film, renderer="cpu", fps=Fraction(30), dpi=100
    )


@pytest.mark.parametrize("depth_cue", [0, 0.5])
def test_palettes_hold_what_fades(space, values, tmp_path, depth_cue):
    camera = ga.Orbit(depth_cue=depth_cue)
    film = ga.animate(space, values, camera=camera, n_frames=3, antialias=False, **LOOK)
    spec = film._plan((PixelFormat.PAL8, PixelFormat.RGB24), Fits(film._film, Timings())).spec
    assert (spec.pixel_format is PixelFormat.PAL8) == (depth_cue == 0)
    from PIL import Image

    with Image.open(film.save(tmp_path / "film.gif").path) as gif:
        first = np.asarray(gif.convert("RGB")).astype(int)
    assert np.abs(first - film.frame(0)).mean() < 2


def test_trails_are_seen_through_the_lens_of_their_frame(plane):
    way = np.stack([plane, plane + 1.0, plane + 3.0])
    options = LOOK | {"n_frames": 6, "tween": "linear", "trail": ga.Trail(frames=3)}
    values = np.zeros(len(plane))
    near = ga.Shot.box((plane[:, 0].min(), plane[:, 0].max() + 3), (plane[:, 1].min(), plane[:, 1].max() + 3))
    still = ga.animate(way, values, **options | {"margin": 0.0}).to_array()
    flown = ga.animate(way, values, camera=near, **options | {"margin": 0.0})
    np.testing.assert_array_equal(flown.to_array(), still)
    moving = ga.animate(way, values, camera=[ga.Shot.all(), ga.Shot.box((0, 1), (0, 1))], **options)
    np.testing.assert_array_equal(moving.frame(4), moving.to_array()[4])


def test_near_points_cover_far_ones_while_they_move(space):
    way = np.stack([space, space[:, [2, 1, 0]]])
    options = LOOK | {"n_frames": 5, "tween": "linear", "camera": ga.Orbit(turns=0.25)}
    values = np.arange(len(space), dtype=float)
    film = ga.animate(way, values, **options)
    np.testing.assert_array_equal(film.frame(3), film.to_array()[3])
    with_trails = ga.animate(way, values, trail=ga.Trail(frames=2), **options)
    assert (with_trails.frame(3) != film.frame(3)).any()


def test_what_comes_once_or_comes_and_goes_is_not_for_a_space(space):
    with pytest.raises(ga.OptionError, match="looks at all steps before the film"):
        ga.animate((space for _ in range(3)), np.zeros((3, len(space))), camera=ga.Orbit(), **LOOK)
    with pytest.raises(ga.OptionError, match="present is for a plane"):
        ga.animate(space, np.zeros(len(space)), camera=ga.Orbit(), present=np.ones(len(space), bool), **LOOK)

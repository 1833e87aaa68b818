"""The verb `flow`: still cells as `animate` draws them, particles over them, and what is refused."""

import inspect

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.errors import OptionError, ShapeError
from gpuanim.verbs._flow import FlowWishes

RNG = np.random.default_rng(0)
CELLS = RNG.uniform(-1, 1, (800, 2))
WHIRL = np.column_stack([-CELLS[:, 1], CELLS[:, 0]])
LOOK = {"size": (120, 90), "background": "black"}


def whirl(values=None, **options):
    given = {"n_particles": 40, "n_frames": 20, "fps": 10, "lifetime": 1.0} | LOOK | options
    return ga.flow(CELLS, WHIRL, values, **given)


def test_particles_go_over_the_cells_as_animate_draws_them():
    numbers = CELLS[:, 0]
    picture = whirl(numbers, cmap="Blues", particle_color="red").frame(7).astype(int)
    still = ga.animate(CELLS, numbers, cmap="Blues", **LOOK).frame(0).astype(int)
    differ = (picture != still).any(-1)
    assert 0.005 < differ.mean() < 0.5
    change = (picture - still)[differ]
    assert (change[:, 0] >= -255).all()
    assert np.median(picture[differ][:, 0] - picture[differ][:, 2]) > 0  # red lies over blue


def test_without_cells():
    picture = whirl(cells=False, particle_color="white").frame(3)
    lit = picture.any(-1)
    assert 0.005 < lit.mean() < 0.4
    assert (np.ptp(picture[lit].astype(int), axis=1) <= 1).all()


def test_a_frame_alone_is_that_of_the_film():
    film = whirl()
    frames = film.to_array()
    assert len(frames) == 20
    for k in (13, 2, 19):
        np.testing.assert_array_equal(whirl().frame(k), frames[k])
    assert len({frame.tobytes() for frame in frames}) == 20


def test_a_loop_has_no_seam():
    frames = whirl(n_particles=200).to_array().astype(int)
    step = np.abs(np.diff(frames, axis=0)).mean((1, 2, 3))
    assert np.abs(frames[0] - frames[-1]).mean() < 1.3 * step.max()


def test_speed_colours_particles():
    picture = whirl(
        cells=False, particle_color="speed", particle_cmap=["blue", "red"], trail=0, particle_size=20
    ).frame(5)
    lit = picture.max(-1) > 120
    y, x = np.nonzero(lit)
    radius = np.hypot(x - 59.5, y - 44.5)
    warm = picture[lit][:, 0].astype(int) > picture[lit][:, 2]
    assert warm.any()
    assert (~warm).any()
    assert radius[warm].mean() > radius[~warm].mean() + 5


def test_auto_speed_is_six_percent_of_the_diagonal():
    film = whirl(speed="auto", trail=0, n_particles=400)
    cloud = film._film.clouds[0]
    a, b = (np.array(cloud.coords.step(k)) for k in (4, 5))
    way = np.hypot(*(b - a).T)
    moving = way[way < np.quantile(way, 0.88)]  # not those that were born anew
    fast = 0.06 * np.hypot(*np.ptp(CELLS, axis=0)) / 10
    np.testing.assert_allclose(moving.max(), fast, rtol=0.25)


def test_legends_and_bars_tell_of_the_cells(stage):
    numbers = whirl(CELLS[:, 0], colorbar=True, cmap=["blue", "lime"], background="white")
    over = stage(numbers).over
    assert any((np.abs(over[..., :3].astype(int) - color).sum(-1) < 30).any() for color in ((0, 255, 0),))
    groups = whirl(np.where(CELLS[:, 0] > 0, "right", "left"), palette=["#ff0000", "#00ff00"], legend=True)
    over = stage(groups).over
    for color in ((255, 0, 0), (0, 255, 0)):
        assert (np.abs(over[..., :3].astype(int) - color).sum(-1)[over[..., 3] == 255] < 9).any()


def test_scope_frame_bars_show_the_cells_scale():
    film = whirl(100 * CELLS[:, 0], colorbar=True, scope="frame", size=(300, 200))
    plain = ga.animate(
        CELLS, 100 * CELLS[:, 0], colorbar=True, scope="frame", size=(300, 200), background="black"
    )
    np.testing.assert_array_equal(film.frame(2)[:, -60:], plain.frame(0)[:, -60:])


def test_it_stands_beside_others():
    still = ga.animate(CELLS, CELLS[:, 1], cmap="Reds", s=4)
    film = ga.panels(
        [whirl(CELLS[:, 0], cmap="Blues"), still], size=(240, 120), background="black", n_frames=4, fps=2
    )
    picture = film.frame(1).astype(int)
    left, right = picture[:, :120], picture[:, 120:]
    assert (left[..., 2] - left[..., 0]).max() > 50
    assert (right[..., 0] - right[..., 2]).max() > 50
    with pytest.raises(OptionError, match="share_colors: still cells"):
        ga.panels([whirl(CELLS[:, 0]), still], share_colors=True)


def test_it_is_written(tmp_path, decode):
    result = whirl().save(tmp_path / "whirl.mp4")
    frames = decode(result.path).frames
    np.testing.assert_allclose(frames[11], whirl().frame(11), atol=90)
    assert np.abs(frames[11].astype(int) - whirl().frame(11)).mean() < 6
    assert len(whirl().save(tmp_path / "whirl.gif").path.read_bytes()) > 1000


def test_usual_length():
    film = ga.flow(CELLS, WHIRL, n_particles=3, **LOOK)
    assert (film.n_frames, film.fps) == (180, 30)
    assert ga.flow(CELLS, WHIRL, n_particles=3, duration=2, **LOOK).n_frames == 60


def test_one_set_of_defaults():
    own = inspect.signature(ga.flow).parameters
    for name, default in vars(FlowWishes()).items():
        assert own[name].default == default, name


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"n_particles": 0}, "n_particles must be a whole number"),
        ({"n_particles": 10**7}, "points a frame, 4,000,000 are the most"),
        ({"lifetime": 0}, "lifetime must be a positive"),
        ({"lifetime": 1e7, "loop": False}, "lifetime=.* is too long for 40 particles"),
        ({"trail": -1}, "trail must be a positive"),
        ({"speed": "fast"}, "speed must be a positive number"),
        ({"particle_size": 0}, "particle_size must be a positive"),
        ({"particle_alpha": 2}, "particle_alpha must be"),
        ({"particle_color": "blurple"}, "particle_color"),
        ({"particle_cmap": "viridis"}, 'particle_cmap is for particle_color="speed"'),
        ({"seed": -1}, "seed must be a whole number"),
        ({"tween": "linear"}, "there is no option 'tween' here"),
        ({"background": None}, "transparent film cannot have still cells"),
    ],
)
def test_what_is_refused(options, text):
    with pytest.raises(OptionError, match=text):
        whirl(**options)


def test_values_that_change_are_refused():
    with pytest.raises(OptionError, match="one value per cell"):
        whirl([CELLS[:, 0], CELLS[:, 1]])
    with pytest.raises(OptionError, match="transparent"):
        whirl().frame(0, transparent=True)


def test_shapes_that_do_not_fit():
    with pytest.raises(ShapeError, match="799 velocities, but 800 points"):
        ga.flow(CELLS, WHIRL[1:])
    with pytest.raises(ShapeError, match="none of the 800 velocities is finite"):
        ga.flow(CELLS, WHIRL * np.nan)
    with pytest.raises(OptionError, match="nothing flows"):
        ga.flow(CELLS, WHIRL * 0)


def test_the_picture_below_stays_as_it_is():
    film = whirl(CELLS[:, 0], cmap="Blues", cells=True)
    frames = film.to_array()
    still = ga.animate(CELLS, CELLS[:, 0], cmap="Blues", **LOOK).frame(0)
    untouched = (frames == frames[0]).all((0, 3))
    assert untouched.mean() > 0.1
    np.testing.assert_array_equal(frames[-1][untouched], still[untouched])

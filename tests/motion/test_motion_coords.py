"""Coordinates in all their forms: read step by step, once, and blended between steps."""

import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpuanim as ga
from gpuanim.film import film_steps
from gpuanim.motion.tracks import Indexed, as_coords

N = 30
RNG = np.random.default_rng(5)
WAY = RNG.normal(size=(6, N, 2)).astype(np.float32)
VALUES = RNG.random((6, N)).astype(np.float32)
SMALL = {"size": (64, 48), "s": 20.0}
LIMITS = {"xlim": (-3, 3), "ylim": (-3, 3)}


def states(film):
    """Return copies of what each frame of a film shows: coordinates, values."""
    found = film_steps(film._film, film.fps)
    return [(np.array(state.coords), np.array(state.values)) for _, (state,) in found]


def frames(film):
    return film.to_array()


class Lazy:
    """A (t, n, 2) array in a file: it tells which rows are read, and cannot be read as a whole."""

    dtype = np.dtype(np.float32)
    shape = WAY.shape
    ndim = 3

    def __init__(self):
        self.read = []
        self.alive = self.most = 0

    def __len__(self):
        return len(WAY)

    def __getitem__(self, index):
        assert isinstance(index, int | np.integer), "more than one step at once"
        self.read.append(int(index))

        class Step(np.ndarray):
            pass

        step = WAY[index].copy().view(Step)
        weakref.finalize(step, self.freed)
        self.alive += 1
        self.most = max(self.most, self.alive)
        return step

    def freed(self):
        self.alive -= 1


def zarr_way(tmp_path):
    zarr = pytest.importorskip("zarr", reason="anndata brings zarr")
    array = zarr.create_array(str(tmp_path / "way.zarr"), shape=WAY.shape, dtype="float32", chunks=(1, N, 2))
    array[:] = WAY
    return array


def hdf5_way(tmp_path):
    h5py = pytest.importorskip("h5py", reason="anndata brings h5py")
    return h5py.File(tmp_path / "way.h5", "w").create_dataset("way", data=WAY, chunks=(1, N, 2))


FORMS = {
    "array": lambda tmp_path: WAY,
    "float64": lambda tmp_path: WAY.astype(np.float64),
    "list": lambda tmp_path: list(WAY),
    "lists of lists": lambda tmp_path: [step.tolist() for step in WAY],
    "callable": lambda tmp_path: WAY.__getitem__,
    "zarr": zarr_way,
    "hdf5": hdf5_way,
    "lazy": lambda tmp_path: Lazy(),
    "generator": lambda tmp_path: (step for step in WAY),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tween", [None, "linear"])
def test_each_form_gives_the_same_film(tmp_path, form, tween):
    options = {**SMALL, **LIMITS, "tween": tween, "n_frames": 11, "fps": 10, "vmin": 0, "vmax": 1}
    plain = frames(ga.animate(WAY, VALUES, **options))
    own = FORMS[form](tmp_path)
    made = ga.animate(own, VALUES, n_steps=len(WAY) if callable(own) else None, **options)
    assert np.array_equal(frames(made), plain)


@pytest.mark.parametrize("steps", [VALUES, VALUES[0]])
def test_a_generator_may_use_its_array_again(steps):
    def simulate():
        places = np.empty((N, 2), np.float32)
        for step in WAY:
            places[:] = step
            yield places

    film = ga.animate(simulate(), steps, vmin=0, vmax=1, **SMALL, **LIMITS)
    assert film.n_frames == (6 if steps is VALUES else None)
    assert np.array_equal(frames(film), frames(ga.animate(WAY, steps, vmin=0, vmax=1, **SMALL, **LIMITS)))


def test_a_generator_is_read_once_and_one_step_ahead_at_most():
    asked = []

    def simulate():
        for i, step in enumerate(WAY):
            asked.append(i)
            yield step

    film = ga.animate(simulate(), VALUES, **SMALL, **LIMITS)
    assert asked == [0], "the number of points is that of the first step"
    pictures = film.frames()
    next(pictures)
    assert asked == [0]
    assert len(list(pictures)) == 5
    assert asked == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ga.SourceError, match="these coords can be read only once, and have been"):
        film.frame(0)


def test_files_are_read_step_by_step():
    lazy = Lazy()
    film = ga.animate(lazy, VALUES[0], tween="linear", n_frames=21, fps=10, **SMALL, **LIMITS)
    lazy.read.clear()
    frames(film)
    assert lazy.read == list(range(6)), "each step is read once"
    assert lazy.most <= 3


def test_generators_of_coords_and_values_end_together():
    film = ga.animate(iter(WAY), iter(VALUES), vmin=0, vmax=1, **SMALL, **LIMITS)
    assert film.n_frames is None
    assert np.array_equal(frames(film), frames(ga.animate(WAY, VALUES, vmin=0, vmax=1, **SMALL, **LIMITS)))
    shorter = ga.animate(iter(WAY[:4]), iter(VALUES), vmin=0, vmax=1, **SMALL, **LIMITS)
    with pytest.raises(ga.SourceError, match="coords ended in frame 4, but values go on"):
        frames(shorter)
    longer = ga.animate(iter(WAY), iter(VALUES[:4]), vmin=0, vmax=1, **SMALL, **LIMITS)
    with pytest.raises(ga.SourceError, match="values ended in frame 4, but coords go on"):
        frames(longer)


@given(st.integers(1, 9), st.sampled_from(["linear", "in", "out", "in-out", "smoothstep", "sine"]))
def test_between_two_steps_points_go_straight(k, ease):
    from gpuanim.values.timeline import EASES

    film = ga.animate(
        WAY[:2].astype(np.float64), VALUES[0], tween="linear", ease=ease, n_frames=11, fps=10, **SMALL
    )
    share = EASES[ease](k / 10)
    expected = (1 - share) * WAY[0].astype(np.float64) + share * WAY[1].astype(np.float64)
    assert np.allclose(states(film)[k][0], expected, rtol=0, atol=1e-12)


def test_the_ends_and_the_middle_of_a_tween_are_exact():
    there, back = np.zeros((N, 2)), np.full((N, 2), 8.0)
    found = states(ga.animate([there, back], VALUES[0], tween="linear", n_frames=5, fps=10, **SMALL))
    assert [float(places[0, 0]) for places, _ in found] == [0, 2, 4, 6, 8]


def test_positions_are_blended_where_categories_are_not():
    labels = [["a"] * N, ["b"] * N, ["a"] * N]
    film = ga.animate(WAY[:3], labels, tween="linear", n_frames=9, fps=10, title="{step}", **SMALL)
    found = states(film)
    assert [int(values[0]) for _, values in found] == [0, 0, 1, 1, 1, 1, 0, 0, 0]
    assert np.allclose(found[1][0], 0.75 * WAY[0] + 0.25 * WAY[1], atol=1e-6)
    titled = [moment.step for moment, _ in film_steps(film._film, film.fps)]
    assert titled == [0, 0, 1, 1, 1, 1, 2, 2, 2], "the title changes with the colours"


def test_boomerang_and_single_frames_agree_with_the_film():
    film = ga.animate(WAY, VALUES, tween="linear", n_frames=11, fps=10, hold=(0.2, 0.3), **SMALL)
    pictures = frames(film)
    assert len(pictures) == 16
    for k in (0, 3, 7, 15):
        assert np.array_equal(film.frame(k), pictures[k])


# --- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("coords", "error", "match"),
    [
        ([WAY[0], WAY[1][:-1]], ga.ShapeError, r"coords of step 1 have shape \(29, 2\), .* \(30, 2\)"),
        ([WAY[0].tolist(), WAY[1][:-1].tolist()], ga.ShapeError, "step 1 have 29 points, .* step 0 30"),
        ([WAY[0], WAY[1] * np.nan], ga.ShapeError, 'coords of step 1 must be finite.*present="finite"'),
        (WAY[:, :, :1], ga.ShapeError, r"coords of step 0 must have shape \(n, 2\)"),
        (np.empty((0, N, 2)), ga.OptionError, "coords have no steps"),
        (iter([]), ga.OptionError, "coords have no steps"),
        (WAY.__getitem__, ga.OptionError, "coords is a callable: say how many steps it has, n_steps"),
        (iter(WAY), ga.OptionError, "coords that can be read only once .* give xlim and ylim"),
        ([WAY[0], "way"], ga.ShapeError, "coords of step 1"),
        (WAY[:4], ga.OptionError, "coords have 4 steps, values have 6 steps: these must agree"),
    ],
)  # fmt: skip
def test_bad_coordinates_are_refused_before_the_first_frame(coords, error, match):
    with pytest.raises(error, match=match):
        ga.animate(coords, VALUES[0] if "values" not in match else VALUES, **SMALL)


def test_a_generator_that_ends_early():
    film = ga.animate(iter(WAY[:4]), VALUES, vmin=0, vmax=1, **SMALL, **LIMITS)
    with pytest.raises(ga.SourceError, match="coords ended after 4 steps, n_steps=6 were announced"):
        frames(film)


@pytest.mark.parametrize("made", ["generator", "callable"])
def test_coordinates_that_fail_on_the_way(tmp_path, made):
    def step(i):
        if i == 4:
            raise ZeroDivisionError("at rest")
        return WAY[i]

    coords = map(step, range(6)) if made == "generator" else step

    def render():
        ga.animate(coords, VALUES, n_steps=6, **SMALL, **LIMITS).save(tmp_path / "film.mp4")

    with pytest.raises(ga.SourceError, match="coords failed at step 4: ZeroDivisionError: at rest") as caught:
        render()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert not list(tmp_path.iterdir())


def test_a_generator_whose_steps_differ():
    film = ga.animate(iter([WAY[0], WAY[1][:7]]), VALUES[0], **SMALL, **LIMITS)
    with pytest.raises(ga.ShapeError, match="coords of step 1 have 7 points, those of step 0 30"):
        frames(film)


def test_a_track_passes_as_it_is():
    track = Indexed(WAY.__getitem__, 6)
    assert as_coords(track, None) == (track, N)
    assert np.array_equal(
        frames(ga.animate(track, VALUES, **SMALL)), frames(ga.animate(WAY, VALUES, **SMALL))
    )

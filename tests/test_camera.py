"""Camera: celluloid's frames pixel for pixel, texts of each snap, limits of the whole, flat memory."""

import gc
import io
import tracemalloc
import weakref

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.animation import AbstractMovieWriter, ArtistAnimation
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gpuanim.camera import Camera
from gpuanim.chrome.drawing import draw
from gpuanim.decode import film_info
from gpuanim.errors import OptionError

X = np.linspace(0, 10, 50)


def new_figure(n_axes=1, *, figsize=(3, 2), **options):
    fig = Figure(figsize=figsize, dpi=80, **options)
    FigureCanvasAgg(fig)
    return fig, fig.subplots(1, n_axes)


class Grabbed(AbstractMovieWriter):
    """Takes the frames that matplotlib's own `Animation.save` makes."""

    def setup(self, fig, outfile, dpi=None):
        super().setup(fig, outfile, dpi)
        self.frames = []

    def grab_frame(self, **options):
        file = io.BytesIO()
        self.fig.savefig(file, format="rgba", dpi=self.dpi, **options)
        width, height = self.frame_size
        self.frames.append(np.frombuffer(file.getvalue(), np.uint8).reshape(height, width, 4)[..., :3])

    def finish(self):
        pass


class Plain:
    """What celluloid's Camera does: all artists stay, and each frame shows its own."""

    def __init__(self, fig):
        self._fig, self._seen, self._photos = fig, set(), []

    def snap(self):
        new = [a for ax in self._fig.axes for a in _content(ax) if a not in self._seen]
        self._seen.update(new)
        self._photos.append(new)

    def frames(self):
        writer = Grabbed()
        ArtistAnimation(self._fig, self._photos).save("nowhere", writer=writer)
        return writer.frames


def _content(ax):
    return [*ax.collections, *ax.patches, *ax.lines, *ax.texts, *ax.artists, *ax.images]


def cameras():
    yield Plain, lambda camera: camera.frames()
    try:
        from celluloid import Camera as Celluloid
    except ImportError:
        return

    def frames(camera):
        writer = Grabbed()
        camera.animate().save("nowhere", writer=writer)
        return writer.frames

    yield Celluloid, frames


def every_kind(make, *, limits, n=4):
    """Film artists of many kinds on two axes and a twin."""
    rng = np.random.default_rng(1)
    fig, (left, right) = new_figure(2, figsize=(5, 2.5))
    twin = right.twinx()
    if limits == "fixed":
        left.set(xlim=(0, 10), ylim=(-3, 3))
        right.set(xlim=(-1, 5), ylim=(0, 9))
        twin.set_ylim(0, 40)
    camera = make(fig)
    for i in range(n):
        left.plot(np.arange(3 + i), rng.normal(size=3 + i))
        left.scatter(rng.normal(size=5) + 3, rng.normal(size=5))
        left.annotate(f"a{i}", (i, 0), (1, 1), arrowprops={"arrowstyle": "->"})
        right.bar([1, 2, 3], [i, 2 * i, 3])
        right.fill_between([0, i], [0, 1], [2, i])
        right.text(1, 1 + i / 2, f"t{i}")
        right.imshow(rng.random((3, 3)), extent=(0, 1, 0, 1 + i), aspect="auto")
        twin.plot([1, 2, 3], [i, i * i, 7], "k")
        camera.snap()
    return camera


@pytest.mark.parametrize("limits", ["fixed", "autoscaled"])
@pytest.mark.parametrize(("make", "frames"), list(cameras()), ids=lambda c: getattr(c, "__module__", None))
def test_frames_are_those_of_celluloid(make, frames, limits):
    mine = list(every_kind(Camera, limits=limits).record())
    theirs = frames(every_kind(make, limits=limits))
    assert len(mine) == len(theirs) == 4
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_each_frame_has_its_own_texts_and_legends():
    """Limits grow, so that all frames but the last are drawn again."""
    fig, ax = new_figure()
    camera = Camera(fig)
    fig.suptitle("older")
    for i in range(3):
        ax.plot([0, i + 1], [0, i + 1], label=f"line {i}")
        ax.legend(loc="upper left")
        ax.set_title(f"title {i}", color="red" if i == 1 else "black")
        ax.set_xlabel(f"label {i}")
        fig.suptitle(f"figure {i}")
        fig.text(0.9, 0.9, f"text {i}")
        camera.snap()
    recording = camera.record()
    for i in range(3):
        fig, ax = new_figure()
        ax.plot([0, i + 1], [0, i + 1], label=f"line {i}", color=f"C{i}")
        ax.legend(loc="upper left")
        ax.set_title(f"title {i}", color="red" if i == 1 else "black")
        ax.set_xlabel(f"label {i}")
        ax.set(xlim=(-0.15, 3.15), ylim=(-0.15, 3.15))
        fig.suptitle(f"figure {i}")
        fig.text(0.9, 0.9, f"text {i}")
        np.testing.assert_array_equal(recording.picture(i), draw(fig, 80))


def test_what_was_there_before_stays_in_every_frame():
    fig, ax = new_figure()
    ax.axhline(0.5, color="red")
    ax.bar([0.9], [1], width=0.1)
    older = ax.text(0.1, 0.2, "start")
    ax.set(xlim=(0, 1))
    camera = Camera(fig)
    for i in range(2):
        ax.plot([0, 1], [0, i + 1], "k")
        older.set_text(f"step {i}")
        camera.snap()
    assert (len(ax.lines), len(ax.patches), len(ax.containers), len(ax.texts)) == (1, 1, 1, 1)
    for i, picture in enumerate(camera.record()):
        fig, ax = new_figure()
        ax.axhline(0.5, color="red")
        ax.bar([0.9], [1], width=0.1)
        ax.text(0.1, 0.2, f"step {i}")
        ax.plot([0, 1], [0, i + 1], "k")
        ax.set(xlim=(0, 1), ylim=(0, 2.1))
        ax.set_ylim(camera._fig.axes[0].get_ylim())
        np.testing.assert_array_equal(picture, draw(fig, 80))


def test_limits_that_are_set_are_those_of_the_snap():
    fig, ax = new_figure()
    camera = Camera(fig)
    for i in range(3):
        ax.plot(X, np.sin(X), "k")
        ax.set(xlim=(i, i + 5), ylim=(-1, 1))
        camera.snap()
    for i, picture in enumerate(camera.record()):
        fig, ax = new_figure()
        ax.plot(X, np.sin(X), "k")
        ax.set(xlim=(i, i + 5), ylim=(-1, 1))
        np.testing.assert_array_equal(picture, draw(fig, 80))


def test_a_second_film_has_the_limits_of_all_snaps_and_the_first_stays_as_it_is():
    fig, ax = new_figure()
    camera = Camera(fig)
    ax.plot([0, 1], [0, 1], "k")
    camera.snap()
    first = camera.record()
    before = first.picture(0)
    ax.plot([0, 2], [0, 2], "k")
    camera.snap()
    second = camera.record()
    assert (first.n_frames, second.n_frames) == (1, 2)
    np.testing.assert_array_equal(first.picture(0), before)
    fig, ax = new_figure()
    ax.plot([0, 1], [0, 1], "k")
    ax.set(xlim=(-0.1, 2.1), ylim=(-0.1, 2.1))
    np.testing.assert_array_equal(second.picture(0), draw(fig, 80))


def test_drawing_again_leaves_the_figure_as_it_was():
    fig, ax = new_figure()
    camera = Camera(fig)
    for i in range(3):
        ax.plot([0, i + 1], [0, i + 1], "k")
        ax.set_title(f"{i}")
        camera.snap()
    ax.plot([0, 1], [5, 0], "r")  # after the last snap: in no frame
    ax.set_title("end")
    before = draw(fig, 80)
    camera.record()
    np.testing.assert_array_equal(draw(fig, 80), before)
    assert ax.get_autoscalex_on()
    assert [mpl.colors.to_hex(line.get_color()) for line in ax.lines] == ["#ff0000"]


@pytest.mark.parametrize("clear", ["cla", "clf"])
def test_axes_that_are_cleared_leave_frames_as_they_were_taken(clear):
    fig, ax = new_figure()
    camera = Camera(fig)
    taken = []
    for i in range(3):
        if clear == "cla":
            ax.cla()
        else:
            fig.clf()
            ax = fig.add_subplot()
        ax.bar([0, 1], [1, i + 1], color="k")
        ax.set_title(f"{i}")
        taken.append(draw(fig, 80))
        camera.snap()
    for picture, expected in zip(camera.record(), taken, strict=True):
        np.testing.assert_array_equal(picture, expected)


def test_older_artists_that_are_changed_are_filmed_as_they_were():
    fig, ax = new_figure()
    (line,) = ax.plot([0, 1], [0, 1], "k")
    camera = Camera(fig)
    taken = []
    for i in range(3):
        line.set_data([0, i + 1], [i, 1])
        ax.relim()
        ax.autoscale_view()
        taken.append(draw(fig, 80))
        line.set_data([0, i + 1], [i, 1])
        camera.snap()
    for picture, expected in zip(camera.record(), taken, strict=True):
        np.testing.assert_array_equal(picture, expected)


def test_views_of_three_dimensions_are_those_of_the_snap():
    def scene(fig, i):
        ax = fig.axes[0]
        ax.plot([0, i + 1], [0, 1], [0, i], "k")
        ax.view_init(elev=20, azim=40 * i)

    fig = Figure(figsize=(2, 2), dpi=80)
    fig.add_subplot(projection="3d")
    camera = Camera(fig)
    for i in range(3):
        scene(fig, i)
        camera.snap()
    ax = fig.axes[0]
    limits = {f"{name}lim": getattr(ax, f"get_{name}lim")() for name in "xyz"}
    for i, picture in enumerate(camera.record()):
        fig = Figure(figsize=(2, 2), dpi=80)
        fig.add_subplot(projection="3d").set(**limits)
        scene(fig, i)
        np.testing.assert_array_equal(picture, draw(fig, 80))


def test_the_cycle_of_colours_goes_on():
    fig, ax = new_figure()
    camera = Camera(fig)
    colors = []
    for _ in range(3):
        (line,) = ax.plot([0, 1])
        colors.append(mpl.colors.to_hex(line.get_color()))
        camera.snap()
    assert colors == [mpl.colors.to_hex(f"C{i}") for i in range(3)]


def test_artists_of_subfigures_and_insets_belong_to_their_snap():
    fig = Figure(figsize=(3, 2), dpi=80)
    part, _ = fig.subfigures(1, 2)
    ax = part.add_subplot()
    inset = ax.inset_axes((0.5, 0.5, 0.4, 0.4))
    camera = Camera(fig)
    part.text(0.5, 0.5, "in a part")
    inset.plot([0, 1])
    ax.add_artist(ax.legend([], [], title="twice in the axes"))
    assert len(camera.snap()) == 3
    assert (part.texts, list(inset.lines), ax.get_legend(), list(ax.artists)) == ([], [], None, [])


def test_fixed_limits_keep_nothing():
    fig, ax = new_figure()
    ax.set(xlim=(0, 10), ylim=(-1, 1))
    ax.set_axis_off()  # ticks would take most of the time
    camera = Camera(fig, dpi=20)
    rng = np.random.default_rng(0)
    gone, sizes = [], []
    for i in range(300):
        gone.append(weakref.ref(ax.plot(X, rng.normal(size=50))[0]))
        if i % 5 == 0:
            gone.append(weakref.ref(ax.bar([1], [i]).patches[0]))
            ax.imshow(np.zeros((250, 250)), extent=(0, 1, 0, 1), aspect="auto")  # 0.5 MB each
            ax.set(xlim=(0, 10), ylim=(-1, 1))
        camera.snap()
        if i == 20:
            tracemalloc.start()
        if i in (30, 299):
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert sizes[1] - sizes[0] < 500_000
    assert not any(ref() for ref in gone)
    assert len(ax.get_children()) == len(new_figure()[1].get_children())
    assert (ax.containers, camera._kept) == ([], {})


def test_frames_taken_at_another_resolution():
    fig, ax = new_figure()
    ax.plot([0, 1])
    camera = Camera(fig, dpi=40)
    camera.snap()
    recording = camera.record()
    assert recording.size == (120, 80)
    np.testing.assert_array_equal(recording.picture(0), draw(fig, 40))
    assert fig.dpi == 80


@pytest.mark.parametrize("facecolor", ["none", (1.0, 0.0, 0.0, 0.5)])
def test_what_is_transparent_lies_on_white(facecolor):
    fig = Figure(figsize=(1, 1), dpi=20, facecolor=facecolor)
    camera = Camera(fig)
    camera.snap()
    expected = [255, 255, 255] if facecolor == "none" else [255, 128, 128]
    assert np.abs(camera.record().picture(0) - np.array(expected, np.int16)).max() <= 1
    assert fig.get_facecolor() == mpl.colors.to_rgba(facecolor)


def test_a_tight_savefig_does_not_cut_frames():
    with mpl.rc_context({"savefig.bbox": "tight"}):
        fig, _ = new_figure()
        camera = Camera(fig)
        camera.snap()
        assert camera.record().size == (240, 160)


def test_the_film():
    fig, ax = new_figure(figsize=(3.0125, 2.0125))  # 241 x 161 pixels: 4:2:0 needs one more of each
    camera = Camera(fig)
    for i in range(3):
        ax.plot([0, i], [0, 1])
        camera.snap()
    film = camera.animate(interval=80, repeat=False, blit=True, repeat_delay=10)
    assert (film.n_frames, film.fps, film.size) == (3, 12.5, (241, 161))
    for i, picture in enumerate(camera.record()):
        np.testing.assert_array_equal(film.frame(i), picture)


@pytest.mark.parametrize("suffix", ["mp4", "gif", "mkv"])
def test_films_are_written(tmp_path, decode, suffix):
    fig, ax = new_figure(figsize=(3.0125, 2.0125))
    camera = Camera(fig)
    for i in range(3):
        ax.plot([0, i], [0, 1], linewidth=5)
        camera.snap()
    camera.animate(interval=100).save(tmp_path / f"film.{suffix}")
    decoded = decode(tmp_path / f"film.{suffix}")
    assert film_info(tmp_path / f"film.{suffix}").fps == 10
    for shown, picture in zip(decoded.frames, camera.record(), strict=True):
        assert np.abs(shown[:161, :241].astype(int) - picture).mean() < 2
        assert (shown[161:] > 250).all()


def test_another_resolution_is_an_error_that_names_the_camera():
    fig, _ = new_figure()
    camera = Camera(fig)
    camera.snap()
    film = camera.animate()
    with pytest.raises(OptionError, match=r"were taken with 240x160, at 80 dpi.*Camera\(fig, dpi=40\)"):
        film.frame(0, dpi=40)
    with pytest.raises(OptionError, match="cannot be transparent"):
        film.frame(0, transparent=True)


def test_errors():
    fig, ax = new_figure()
    with pytest.raises(OptionError, match=r"a matplotlib Figure, not Axes; give its figure, ax\.figure"):
        Camera(ax)
    with pytest.raises(OptionError, match=r"a matplotlib Figure, not int$"):
        Camera(3)
    with pytest.raises(OptionError, match="dpi must be a positive number, not -1"):
        Camera(fig, dpi=-1)
    camera = Camera(fig)
    with pytest.raises(OptionError, match=r"call snap\(\) after drawing"):
        camera.animate()
    camera.snap()
    with pytest.raises(OptionError, match="interval must be a positive number, not 0"):
        camera.animate(interval=0)
    fig.set_size_inches(4, 2)
    with pytest.raises(OptionError, match="has 320x160 pixels now, it had 240x160 at the first snap"):
        camera.snap()

"""Recorders: exact steps, the real openTSNE and umap-learn, stores, interruptions, and films."""

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.errors import DataKeyError, OptionError, ShapeError, TargetError
from gpuanim.motion.recorders.rescaled import Rescaled


def recording(n_steps=4, n=30, **options):
    recorder = ga.Recorder(**options)
    steps = np.random.default_rng(0).normal(size=(n_steps, n, 2)).astype(np.float32)
    for step in steps:
        recorder.record(step)
    return recorder, steps


def test_it_reads_like_an_array():
    recorder, steps = recording()
    assert recorder.shape == (4, 30, 2)
    assert (recorder.ndim, recorder.dtype, len(recorder)) == (3, np.float32, 4)
    np.testing.assert_array_equal(np.asarray(recorder), steps)
    np.testing.assert_array_equal(recorder[-1], steps[3])
    np.testing.assert_array_equal(recorder[1:3], steps[1:3])
    np.testing.assert_array_equal(list(recorder), steps)
    with pytest.raises(IndexError, match="step 4 of a recording of 4"):
        recorder[4]


def test_steps_are_copies():
    recorder, place = ga.Recorder(), np.zeros((5, 3), np.float32)
    recorder.record(place)
    place += 1
    recorder.record(place)
    np.testing.assert_array_equal(np.asarray(recorder)[:, 0, 0], [0, 1])


@pytest.mark.parametrize(
    ("positions", "text"),
    [
        (np.zeros((4, 2)), "positions of step 1 have 4 points, those before 5"),
        (np.full((5, 2), np.nan), "positions of step 1 must be finite"),
        (np.full((5, 2), 1e300), "too large for float32"),
        (np.zeros(5), "positions of step 1 must have shape"),
    ],
)
def test_steps_that_cannot_be_recorded(positions, text):
    recorder = ga.Recorder()
    recorder.record(np.zeros((5, 2)))
    with pytest.raises(ShapeError, match=text), np.errstate(over="ignore"):
        recorder.record(positions)
    assert len(recorder) == 1


def test_an_interruption_keeps_what_is_there():
    recorder = ga.Recorder()

    def optimisation():
        for step in range(10):
            if step == 6:
                raise KeyboardInterrupt
            recorder.record(np.full((5, 2), step))

    with pytest.raises(KeyboardInterrupt):
        optimisation()
    assert len(recorder) == 6
    assert recorder[-1][0, 0] == 5


def test_a_store_is_written_as_steps_come(tmp_path):
    zarr = pytest.importorskip("zarr")
    recorder, steps = recording(store=tmp_path / "way.zarr")
    kept = zarr.open_array(tmp_path / "way.zarr", mode="r")
    np.testing.assert_array_equal(kept[:], steps)
    assert kept.chunks == (65536 // 30, 30, 2)
    np.testing.assert_array_equal(np.asarray(recorder), steps)
    with pytest.raises(TargetError, match="exists"):
        ga.Recorder(store=str(tmp_path / "way.zarr"))
    more = ga.Recorder(store=zarr.open_array(tmp_path / "way.zarr", mode="r+"))
    more.record(steps[0])
    assert more.shape == (5, 30, 2)
    assert len(more.labels) == 5


@pytest.mark.parametrize("store", [3, np.zeros((2, 3, 2))])
def test_what_is_no_store(store):
    with pytest.raises(OptionError, match="store must be a path, or a zarr array"):
        ga.Recorder(store=store)


def test_its_film_is_that_of_its_array():
    recorder, steps = recording()
    film = recorder.film(np.arange(30.0), size=(80, 80))
    assert film.n_frames == 4
    plain = ga.animate(steps, np.arange(30.0), size=(80, 80))
    np.testing.assert_array_equal(film.to_array(), plain.to_array())
    np.testing.assert_array_equal(
        ga.animate(recorder, np.arange(30.0), size=(80, 80)).to_array(), plain.to_array()
    )


def test_rescaling():
    steps = np.random.default_rng(0).normal(size=(5, 200, 2))
    recorder = ga.Recorder()
    for k, step in enumerate(steps):
        recorder.record(step * 10.0 ** (k - 4) + 3)

    def sizes(coords):
        array = np.stack([coords[i] for i in range(5)]).astype(float)
        np.testing.assert_allclose(array.mean(1), 0, atol=1e-3)
        return np.sqrt(np.square(array).sum(-1).mean(-1))

    np.testing.assert_allclose(sizes(recorder.rescaled()), sizes(recorder.rescaled())[-1], rtol=1e-2)
    np.testing.assert_allclose(np.diff(np.log10(sizes(recorder.rescaled(0.5)))), 0.5, atol=0.05)


def test_a_step_without_size_stays_a_point():
    recorder = ga.Recorder()
    recorder.record(np.full((4, 2), 7.0))
    recorder.record(np.arange(8.0).reshape(4, 2))
    np.testing.assert_array_equal(Rescaled(recorder, 1.0)[0], 0)


@pytest.mark.parametrize("rescale", [-0.1, 1.1, "much"])
def test_rescale_out_of_range(rescale):
    with pytest.raises(OptionError, match="rescale must be True, False, or a number"):
        recording()[0].film(np.zeros(30), rescale=rescale)


def test_nothing_recorded():
    with pytest.raises(OptionError, match="nothing has been recorded yet"):
        ga.Recorder().film(np.zeros(3))


def test_the_callback_counts_over_phases():
    recorder = ga.OpenTSNERecorder()
    for phase in ((5, 10), (5,)):
        recorder.optimization_about_to_start()
        for iteration in phase:
            assert recorder(iteration, 0.5 * iteration, np.zeros((3, 2))) is False
    assert recorder.labels == ["iteration 5", "iteration 10", "iteration 15"]
    assert recorder.errors == [2.5, 5.0, 2.5]


def test_opentsne(pbmc68k):
    open_tsne = pytest.importorskip("openTSNE")
    recorder = ga.OpenTSNERecorder()
    tsne = open_tsne.TSNE(
        n_iter=20, early_exaggeration_iter=10, callbacks=recorder, callbacks_every_iters=5, random_state=0,
        initialization="pca", n_jobs=1, negative_gradient_method="bh",
    )  # fmt: skip
    tsne.fit(pbmc68k.obsm["X_pca"][:200, :10])
    assert recorder.shape == (6, 200, 2)
    assert recorder.labels[0] == "iteration 5"
    assert recorder.labels[-1] == "iteration 30"
    assert np.isfinite(recorder.errors).all()
    growth = np.asarray(recorder).std((1, 2))
    assert growth[-1] > growth[0]
    film = recorder.film(pbmc68k.obs["bulk_labels"][:200], rescale=True, size=(120, 120))
    assert film.n_frames == 6
    assert film.frame(0).std() > 1


def test_umap_list_of_epochs(pbmc68k):
    umap = pytest.importorskip("umap")
    recorder = ga.UMAPRecorder(every=10)
    model = umap.UMAP(n_epochs=25, n_neighbors=10, random_state=0, n_jobs=1)
    model = recorder.fit(model, pbmc68k.obsm["X_pca"][:200, :10])
    assert recorder.labels == ["epoch 0", "epoch 10", "epoch 20", "epoch 25"]
    np.testing.assert_array_equal(recorder[-1], model.embedding_)
    assert not np.array_equal(recorder[0], recorder[1])


def test_it_ends_where_scanpy_does(pbmc68k):
    pytest.importorskip("umap")
    import scanpy as sc

    adata = pbmc68k.copy()
    sc.tl.umap(adata, maxiter=30, random_state=0)
    before = adata.obsp["connectivities"].copy()
    recorder = ga.UMAPRecorder(every=10).run(adata, n_epochs=30)
    assert recorder.labels == ["epoch 0", "epoch 10", "epoch 20", "epoch 30"]
    np.testing.assert_allclose(recorder[-1], adata.obsm["X_umap"], atol=1e-4)
    assert (before != adata.obsp["connectivities"]).nnz == 0


def test_no_neighbours(pbmc68k):
    pytest.importorskip("umap")
    with pytest.raises(DataKeyError, match=r"no neighbours 'neighbours' in uns.*did you mean 'neighbors'"):
        ga.UMAPRecorder().run(pbmc68k, neighbors_key="neighbours")


@pytest.mark.parametrize("every", [0, 2.5, True])
def test_every_must_be_a_number_of_epochs(every):
    with pytest.raises(OptionError, match="every must be a whole number"):
        ga.UMAPRecorder(every=every)

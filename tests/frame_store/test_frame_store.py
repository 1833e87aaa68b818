"""What is written to a store, what is read from it, and what a store refuses."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import gpuanim as ga
from gpuanim.frame_store import FrameWriter, Kept, layout
from gpuanim.provenance import array_fingerprint, graph_fingerprint, points_fingerprint
from gpuanim.simulate import atlas
from gpuanim.values.sources import as_source

ROOT = Path(__file__).resolve().parents[2]
ATLAS = atlas(500)
VALUES = np.random.default_rng(0).random((7, 500)).astype(np.float32)


def propagation(**options):
    labels = np.zeros(500, np.float32)
    labels[[3, 200]] = 1
    given = {"n_steps": 7, "coords": ATLAS.coords, "order": "locality", **options}
    return ga.LabelPropagation(ATLAS.graph, labels, **given)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "frames.zarr"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("order", ["given", "locality"])
def test_steps_come_back_in_the_order_of_the_data(path, dtype, order):
    source = propagation(order=order, dtype=dtype)
    frames = ga.store_frames(source, path, dtype=dtype)
    assert (frames.n_points, frames.n_steps, len(frames), frames.n_columns) == (500, 7, 7, 1)
    for kept, passing in zip(frames, source, strict=True):
        np.testing.assert_array_equal(kept, passing, strict=True)
    for kept, passing in zip(frames.steps(), source.steps(), strict=True):
        np.testing.assert_array_equal(kept, passing, strict=True)


def test_columns_come_back(path):
    labels = np.eye(12, dtype=np.float32)[ATLAS.labels % 12]
    source = ga.LabelPropagation(ATLAS.graph, labels, n_steps=3, order="locality", coords=ATLAS.coords)
    frames = ga.store_frames(source, path)
    assert frames.n_columns == 12
    np.testing.assert_array_equal(frames[2], list(source)[2])


@pytest.mark.parametrize(
    "values", [VALUES, VALUES.T, list(VALUES), (v for v in VALUES), VALUES.__getitem__], ids=type
)
def test_whatever_animate_takes(path, values):
    n_steps = 7 if callable(values) else None
    frames = ga.store_frames(values, path, coords=ATLAS.coords, n_steps=n_steps)
    np.testing.assert_array_equal(list(frames), VALUES)


def test_unknown_length(path):
    source = propagation(n_steps=None, tol=1e-8, alpha=0.95)
    n = sum(1 for _ in source.steps())
    assert n > 16  # more than a store of unknown length begins with
    frames = ga.store_frames(source, path)
    assert frames.n_steps == n
    np.testing.assert_array_equal(frames[n - 1], list(source)[-1])


@pytest.mark.parametrize("stretch", [False, True])
@given(seed=st.integers(0, 99), shape=st.sampled_from(["ties", "spread", "equal"]))
def test_levels_are_those_of_ranks(tmp_path_factory, stretch, seed, shape):
    rng = np.random.default_rng(seed)
    make = {"ties": rng.integers(0, 40, (2, 300)), "spread": rng.normal(size=(2, 300)) ** 9}
    values = make.get(shape, np.ones((2, 300))).astype(np.float32)
    rank = ga.Rank(stretch=stretch)
    folder = tmp_path_factory.mktemp("levels")
    coords = np.zeros((300, 2))
    frames = ga.store_frames(values, folder / "f.zarr", coords=coords, dtype="uint8", norm=rank)
    own = frames.own_norm.fit(frames.steps)
    for step, kept in zip(values, frames, strict=True):
        expected, got = np.empty(300, np.uint16), np.empty(300, np.uint16)
        rank.fit(lambda step=step: [step]).encode(step, None, expected)
        own.encode(kept, None, got)
        np.testing.assert_array_equal(got, expected)


def test_ranges_add_up(path):
    frames = ga.store_frames(VALUES, path, coords=ATLAS.coords)
    part = frames[2:6]
    assert (len(part), part[1:].n_steps, frames[::3].n_steps, frames[-2:].n_steps) == (4, 3, 3, 2)
    np.testing.assert_array_equal(part[1:][0], VALUES[3])
    np.testing.assert_array_equal(frames[::3][-1], VALUES[6])
    np.testing.assert_array_equal(list(frames[-2:]), VALUES[-2:])


def test_frames_travel_to_other_processes(path):
    part = ga.store_frames(propagation(), path, coords=ATLAS.coords)[2:6]
    arrived = pickle.loads(pickle.dumps(part))
    np.testing.assert_array_equal(list(arrived), list(part))
    assert len(pickle.dumps(part)) < 500  # no frame among it


def test_none_of_the_steps(path):
    frames = ga.store_frames(VALUES, path, coords=ATLAS.coords)
    with pytest.raises(ga.OptionError, match=r"9: holds none of the 7 steps of .*frames.zarr"):
        frames[9:]
    with pytest.raises(IndexError, match="step 7 of 7"):
        frames[7]
    with pytest.raises(IndexError):
        frames.step(-1)


def test_only_what_is_shown_is_read(path):
    frames = ga.store_frames(VALUES, path, coords=ATLAS.coords)
    for place in (0, 1, 6):
        (path / "frames" / f"{place}.0").write_bytes(b"broken")
    film = ga.animate(ATLAS.coords, frames[2:6], size=(32, 24), norm="rank")
    assert len(list(film.frames())) == 4
    with pytest.raises(ga.SourceError, match=r"frames.zarr: step 6 cannot be read, the store is damaged"):
        frames[6]


def test_a_bit_that_fell_over_is_found(path):
    frames = ga.store_frames(VALUES, path, coords=ATLAS.coords)
    chunk = path / "frames" / "3.0"
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 1
    chunk.write_bytes(data)
    with pytest.raises(ga.SourceError, match="step 3"):
        frames[3]


def test_large_steps_are_cut_and_zeros_are_written(path, monkeypatch):
    monkeypatch.setattr(layout, "CHUNK", 64)
    values = VALUES * (np.arange(500) >= 200)  # whole chunks of zeros are written all the same
    frames = ga.store_frames(values, path, coords=ATLAS.coords)
    array = zarr.open_group(str(path), mode="r")["frames"]
    assert array.chunks == (1, 63)
    np.testing.assert_array_equal(list(frames), values)
    (path / "frames" / "4.0").unlink()
    with pytest.raises(ga.FormatError, match="is not whole, 55 of 56 chunks are there"):
        ga.open_frames(path)


def test_settings_and_fingerprints(path):
    frames = ga.store_frames(propagation(alpha=0.7), path, coords=ATLAS.coords, graph=ATLAS.graph)
    assert frames.settings == {
        "gpuanim": ga.__version__, "method": "LabelPropagation", "alpha": 0.7, "n_steps": 7, "tol": None,
        "include_initial": False, "dtype": "float32",
    }  # fmt: skip
    assert frames.fingerprints["coords"] == points_fingerprint(ATLAS.coords)
    assert frames.fingerprints["graph"] == graph_fingerprint(ATLAS.graph)
    labels = {order: propagation(order=order).describe()["labels"] for order in ("given", "locality")}
    assert set(labels.values()) == {frames.fingerprints["labels"]}
    assert "7 steps of 500 points, float32" in repr(frames)


def test_fingerprints_of_arrays_and_graphs():
    rng = np.random.default_rng(0)
    long = rng.random(300_000).astype(np.float32)  # more than a block
    other = long.copy()
    other[-1] += 1
    assert array_fingerprint(long) == array_fingerprint(long[::-1][::-1].astype(">f4").astype("<f4"))
    assert array_fingerprint(long) == array_fingerprint(long.astype(">f4"))
    same_bytes = long.view(np.uint32)
    distinct = [long, other, same_bytes, long.reshape(2, -1), long.astype(np.float64)]
    assert len({array_fingerprint(array) for array in distinct}) == len(distinct)
    assert array_fingerprint(long[:9], long[9:]) != array_fingerprint(long)

    graph = ATLAS.graph.tocsr()
    wide = sparse.csr_matrix((graph.data, graph.indices.astype(np.int64), graph.indptr.astype(np.int64)))
    assert graph_fingerprint(graph) == graph_fingerprint(wide) == graph_fingerprint(graph.toarray())
    changed = graph.copy()
    changed.data[5] = 2
    twice = graph * 2
    assert len({graph_fingerprint(g) for g in (graph, changed, twice)}) == 3


def test_frames_of_other_data(path):
    frames = ga.store_frames(propagation(), path, coords=ATLAS.coords)
    with pytest.raises(ga.ShapeError, match="holds frames of 500 points, and there are 499: it belongs to"):
        ga.animate(ATLAS.coords[:-1], frames)
    moved = ATLAS.coords + 1
    with pytest.raises(ga.ShapeError, match=r"made with other coordinates .* open_frames\(\.\.\., same_poi"):
        ga.animate(moved, frames[2:])
    ga.animate(moved, ga.open_frames(path, same_points=True)[2:])
    ga.animate(ATLAS.coords.astype(np.float64), frames)
    unknown = ga.store_frames(propagation(), path)
    ga.animate(moved, unknown)


def test_targets_that_are_refused(path, tmp_path):
    path.mkdir()
    (path / "precious").write_text("data")
    with pytest.raises(ga.TargetError, match="is there and is no store of frames, so it is not replaced"):
        ga.store_frames(propagation(), path)
    assert (path / "precious").read_text() == "data"
    with pytest.raises(ga.TargetError, match=r"ends in \.zarr"):
        ga.store_frames(propagation(), tmp_path / "frames")
    with pytest.raises(ga.TargetError, match="does not exist; create it"):
        ga.store_frames(propagation(), tmp_path / "absent" / "frames.zarr")
    assert [p.name for p in tmp_path.iterdir()] == ["frames.zarr"]


def test_stores_that_cannot_be_opened(path, tmp_path):
    with pytest.raises(ga.FileError, match=r"frames\.zarr: no such store of frames"):
        ga.open_frames(path)
    zarr.open_group(str(path), mode="w")
    with pytest.raises(ga.FormatError, match="is not a store of frames; expected what gpuanim"):
        ga.open_frames(path)
    other = tmp_path / "later.zarr"
    ga.store_frames(propagation(), other)
    attributes = other / ".zattrs"
    attributes.write_text(attributes.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(ga.FormatError, match="of version 2, this gpuanim reads version 1"):
        ga.open_frames(other)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"dtype": "int8"}, ga.OptionError, "float32, float64, or uint8 for ranks of 8 bits, not 'int8'"),
        ({"dtype": "uint8", "norm": "linear"}, ga.OptionError, "norm must be .rank. or a Rank"),
        ({"dtype": "uint8", "norm": ga.Rank("film")}, ga.OptionError, 'scope="frame"'),
        ({"coords": ATLAS.coords[:5]}, ga.ShapeError, r"expected \(steps, 5\)"),
        ({"coords": None}, ga.OptionError, "coords are needed to tell points from steps"),
    ],
)
def test_options_that_are_refused(path, options, error, text):
    with pytest.raises(error, match=text):
        ga.store_frames(VALUES, path, **{"coords": ATLAS.coords, **options})
    assert not list(path.parent.iterdir())


def test_missing_values_need_floats(path):
    values = VALUES.copy()
    values[4, 9] = np.nan
    with pytest.raises(ga.ShapeError, match="step 4 has missing values"):
        ga.store_frames(values, path, coords=ATLAS.coords, dtype="uint8")
    assert not list(path.parent.iterdir())
    frames = ga.store_frames(values, path, coords=ATLAS.coords)
    np.testing.assert_array_equal(frames[4], values[4])


def test_ranks_are_of_one_signal(path):
    labels = np.eye(3, dtype=np.float32)[ATLAS.labels % 3]
    source = ga.LabelPropagation(ATLAS.graph, labels, n_steps=2)
    with pytest.raises(ga.ShapeError, match="ranks of 8 bits are of one value for each point, these have 3"):
        ga.store_frames(source, path, dtype="uint8")
    assert not list(path.parent.iterdir())


def test_an_older_store_stays_until_the_new_one_is_whole(path):
    old = ga.store_frames(VALUES, path, coords=ATLAS.coords)

    def failing():
        yield VALUES[0] + 1
        raise RuntimeError("no more")

    with pytest.raises(ga.SourceError, match="no more"):
        ga.store_frames(failing(), path, coords=ATLAS.coords)
    np.testing.assert_array_equal(old[0], VALUES[0])
    ga.store_frames(ga.open_frames(path)[3:], path)  # even from itself
    np.testing.assert_array_equal(list(ga.open_frames(path)), VALUES[3:])
    assert [p.name for p in path.parent.iterdir()] == ["frames.zarr"]


def test_no_steps(path):
    with pytest.raises(ga.OptionError, match="no steps"), FrameWriter(path, about={}) as writer:
        writer.finish()
    assert not list(path.parent.iterdir())


def test_passes_that_are_left_early_and_come_again(path):
    source = as_source(list(VALUES), n_points=500)
    with FrameWriter(path, about={"settings": {}, "fingerprints": {}}, n_steps=7) as writer:
        kept = Kept(source, writer)
        for shown in (2, 1, 5):
            for _ in zip(range(shown), kept.steps(), strict=False):
                pass
            assert not path.exists()
        kept.finish()
    np.testing.assert_array_equal(list(ga.open_frames(path)), VALUES)


def test_a_killed_run_leaves_nothing_that_reads_as_whole(path):
    code = (
        "import sys, time, numpy as np, gpuanim as ga\n"
        "def steps():\n"
        "    for i in range(1000):\n"
        "        yield np.full(100, i, np.float32)\n"
        "        print(i, flush=True)\n"
        "        time.sleep(0.05)\n"
        "ga.store_frames(steps(), sys.argv[1], coords=np.zeros((100, 2)))"
    )
    arguments = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    assert not path.exists()
    (left,) = path.parent.iterdir()
    assert left.name.startswith(".frames.")
    for inside in left, left / "frames":
        with pytest.raises(ga.FormatError, match="not a store of frames"):
            ga.open_frames(inside)
    ga.store_frames(VALUES, path, coords=ATLAS.coords)
    assert [p.name for p in path.parent.iterdir()] == ["frames.zarr"]


def test_memory_does_not_grow_with_steps(path):
    code = (
        "import resource, sys, numpy as np, gpuanim as ga\n"
        "n = 200_000\n"
        "steps = (np.full(n, i, np.float32) for i in range(int(sys.argv[2])))\n"
        "ga.store_frames(steps, sys.argv[1], coords=np.zeros((n, 2)))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for n_steps in (20, 200):  # 16 MB and 160 MB of values
        arguments = [sys.executable, "-c", code, str(path), str(n_steps)]
        done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] + 40_000  # kB

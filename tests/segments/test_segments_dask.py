"""Segments on a Dask cluster of separate processes: the same film, whoever dies."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cloudpickle
import distributed
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import gpuanim as ga
from gpuanim.encode.h264 import H264
from gpuanim.errors import FormatError, OptionError, SourceError
from gpuanim.film import Fits, Timings
from gpuanim.segments import worker
from gpuanim.segments.fingerprint import fingerprint_of
from gpuanim.segments.piecework import Piecework
from gpuanim.segments.remote import _Hall, _packed
from gpuanim.segments.windows import Windows

ROOT = Path(__file__).resolve().parents[2]
RNG = np.random.default_rng(0)
COORDS = RNG.normal(size=(800, 2))
N = 125
VALUES = np.stack([np.sin(COORDS[:, 0] + i / 6) for i in range(N)]).astype(np.float32)
TRACK = np.stack([COORDS * (1 + i / N) for i in range(N)])


@pytest.fixture
def client(dask_client):
    """Two worker processes, also after a test that killed them."""
    dask_client.wait_for_workers(2, timeout=60)
    return dask_client


def film(**options):
    options = {"size": (96, 64), "fps": 10, "s": 9} | options
    return ga.animate(options.pop("coords", COORDS), options.pop("values", VALUES), **options)


def on_axes():
    figure = Figure(figsize=(2, 2))
    FigureCanvasAgg(figure)
    ax = figure.subplots()
    ax.set_title("given")
    return ax


def spread(pbmc68k, **options):
    seeds = np.asarray(pbmc68k.obs["louvain"] == "0").astype(float)
    return ga.LabelPropagation(pbmc68k.obsp["connectivities"], seeds, n_steps=60, **options)


FILMS = {
    "array": film,
    "chrome": lambda: film(title="{step}", axes="ticks", colorbar="x", theme="dark", progress_line=True),
    "callable": lambda: film(values=lambda i: VALUES[i], n_steps=N, vmin=-1, vmax=1),
    "generator": lambda: film(values=(v for v in VALUES), n_steps=N, vmin=-1, vmax=1),
    "blended": lambda: film(values=VALUES[:20], n_frames=N, tween="linear", ease="sine", norm="rank"),
    "moving": lambda: film(coords=TRACK, order="value"),
    "peak": lambda: film(order="value", order_scope="film", alpha=0.5, norm="rank", scope="film"),
    "mean of pixels": lambda: film(blend="mean"),
    "density": lambda: film(blend="density"),
    "density of what moves": lambda: film(blend="density", coords=TRACK, scope="frame"),
    "categories": lambda: film(values=np.array(["a", "b"])[(VALUES > 0).astype(int)], legend=True),
    "title of the user's": lambda: film(title=lambda moment: f"{moment.time:.2f}", ease=lambda t: t),
    "axes": lambda: film(ax=on_axes(), size=None, title="{step}"),
    "trails": lambda: film(coords=TRACK[:30], values=VALUES[:30], n_frames=N, tween="linear", trail=0.4),
    "coming and going": lambda: film(coords=TRACK, present=VALUES > 0),
    "embeddings": lambda: ga.morph(
        [COORDS, -COORDS], values=VALUES[0], move=5, stagger=COORDS[:, 0], fps=10, size=(96, 64)
    ),
    "lines beside": lambda: ga.panels([film(), ga.lines(np.arange(50), VALUES[:, :50])], size=(200, 100)),
    "one scale": lambda: ga.panels([film(), film(values=VALUES * 2)], share_colors=True, size=(200, 100)),
}


def without_bytes(facts):
    """Leave out what each process needs, with its own number of threads."""
    return {name: fact for name, fact in facts.items() if not name.endswith("_bytes")}


@pytest.mark.parametrize("name", FILMS)
def test_the_film_of_the_workers_is_the_film(name, client, tmp_path):
    result = FILMS[name]().save(tmp_path / "far.mp4", client=client)
    near = FILMS[name]().save(tmp_path / "near.mp4", segment=2)
    assert (tmp_path / "far.mp4").read_bytes() == (tmp_path / "near.mp4").read_bytes()
    assert result.n_frames == near.n_frames
    assert result.notes == (*near.notes, "made by 2 workers, with cpu")
    assert without_bytes(result.facts) == without_bytes(near.facts)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["far.mp4", "near.mp4"]


@pytest.mark.parametrize("name", ["film.mkv", "film.webm", "page.html", "%03d.png"])
def test_other_formats(name, client, tmp_path):
    for folder, options in (("far", {"client": client}), ("near", {"segment": 2})):
        (tmp_path / folder).mkdir()
        film().save(tmp_path / folder / name, **options)
    far, near = ({p.name: p.read_bytes() for p in (tmp_path / f).iterdir()} for f in ("far", "near"))
    assert far == near
    assert len(far) == (N if "%" in name else 1)


def test_a_propagation_is_computed_once_and_here(client, tmp_path, pbmc68k):
    coords, steps = pbmc68k.obsm["X_umap"], []
    options = {"coords": coords, "norm": "rank", "fps": 10}
    source = spread(pbmc68k, coords=coords, order="locality")
    counted = spread(pbmc68k, coords=coords, order="locality", callback=lambda i, _: steps.append(i))
    film(values=source, **options).save(tmp_path / "near.mp4", segment=2)
    film(values=counted, n_steps=60, **options).save(tmp_path / "far.mp4", client=client)
    assert (tmp_path / "far.mp4").read_bytes() == (tmp_path / "near.mp4").read_bytes()
    assert steps == list(range(1, 61))


def test_workers_read_a_store_themselves(client, tmp_path, monkeypatch):
    frames = ga.store_frames(VALUES, tmp_path / "frames.zarr", coords=COORDS)
    held = []
    real = Windows.of

    def noted(self, part):
        held.append(real(self, part))
        return held[-1]

    monkeypatch.setattr(Windows, "of", noted)
    film(values=frames, vmin=-1, vmax=1).save(tmp_path / "far.mp4", client=client)
    assert held == [{}] * 6
    film(values=VALUES, vmin=-1, vmax=1).save(tmp_path / "near.mp4", segment=2)
    assert (tmp_path / "far.mp4").stat().st_size > 0
    near, far = (list(read(tmp_path / name)) for name in ("near.mp4", "far.mp4"))
    np.testing.assert_array_equal(near, far)


@pytest.mark.parametrize("turned", [False, True], ids=["steps by cells", "cells by steps"])
def test_workers_read_a_zarr_array_themselves(client, tmp_path, monkeypatch, turned):
    zarr = pytest.importorskip("zarr")
    values = VALUES.T.copy() if turned else VALUES
    array = zarr.create_array(tmp_path / "values.zarr", data=values, chunks=(100, 100))
    held = []
    real = Windows.of

    def noted(self, part):
        held.append(real(self, part))
        return held[-1]

    monkeypatch.setattr(Windows, "of", noted)
    film(values=array, vmin=-1, vmax=1).save(tmp_path / "far.mp4", client=client)
    assert held == [{}] * 6
    film(values=values, vmin=-1, vmax=1).save(tmp_path / "near.mp4", segment=2)
    assert (tmp_path / "far.mp4").read_bytes() == (tmp_path / "near.mp4").read_bytes()


def read(path):
    from gpuanim.decode.frames import read_frames
    from gpuanim.decode.info import film_info
    from gpuanim.frames import PixelFormat

    return read_frames(path, film_info(path), PixelFormat.RGB24)


def test_a_store_that_workers_do_not_find_is_read_here(client, tmp_path, monkeypatch):
    frames = ga.store_frames(VALUES, tmp_path / "frames.zarr", coords=COORDS)
    monkeypatch.setattr(client, "run", lambda function, *args: {"a": True, "b": False})
    animation = film(values=frames, vmin=-1, vmax=1)
    animation.save(tmp_path / "far.mp4", client=client)
    animation.save(tmp_path / "near.mp4", segment=2)
    assert (tmp_path / "far.mp4").read_bytes() == (tmp_path / "near.mp4").read_bytes()


def test_whether_a_store_can_be_read(tmp_path):
    frames = ga.store_frames(VALUES, tmp_path / "frames.zarr", coords=COORDS)
    packed, first = pickle.dumps(frames), fingerprint_of(frames.step(0))
    assert worker.can_read(packed, first)
    assert not worker.can_read(packed, fingerprint_of(frames.step(1)))
    shutil.rmtree(tmp_path / "frames.zarr")
    assert not worker.can_read(packed, first)


def test_a_worker_that_dies_costs_what_it_was_making(client, tmp_path, monkeypatch):
    pids = list(client.run(os.getpid).values())
    kept, submitted = [], []
    keep, submit = Piecework.keep, _Hall._submit

    def killing(self, number, files):
        kept.append(number)
        keep(self, number, files)
        if len(kept) == 1:
            os.kill(pids[0], signal.SIGKILL)

    def noted(self, task):
        submitted.append(task.number)
        submit(self, task)

    monkeypatch.setattr(Piecework, "keep", killing)
    monkeypatch.setattr(_Hall, "_submit", noted)
    film(title="{step}").save(tmp_path / "far.mp4", client=client)
    monkeypatch.undo()
    film(title="{step}").save(tmp_path / "near.mp4", segment=2)
    assert (tmp_path / "far.mp4").read_bytes() == (tmp_path / "near.mp4").read_bytes()
    assert sorted(kept) == list(range(6)), "each came back once"
    again = [number for number in set(submitted) if submitted.count(number) > 1]
    assert kept[0] not in again
    assert len(again) <= 4, "no more than were on their way"


def test_all_workers_die(client, tmp_path, monkeypatch):
    keep, kept = Piecework.keep, []

    def killing(self, number, files):
        keep(self, number, files)
        kept.append(number)
        if len(kept) == 1:
            for pid in client.run(os.getpid).values():
                os.kill(pid, signal.SIGKILL)

    monkeypatch.setattr(Piecework, "keep", killing)
    film().save(tmp_path / "far.mp4", client=client)
    film().save(tmp_path / "near.mp4", segment=2)
    assert (tmp_path / "far.mp4").read_bytes() == (tmp_path / "near.mp4").read_bytes()


def test_a_film_goes_on_where_it_was(client, tmp_path, monkeypatch):
    keep, kept = Piecework.keep, []

    def interrupted(self, number, files):
        if len(kept) == 3:
            raise KeyboardInterrupt
        keep(self, number, files)
        kept.append(number)

    monkeypatch.setattr(Piecework, "keep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        film().save(tmp_path / "far.mp4", client=client, resume=True)
    monkeypatch.undo()
    result = film().save(tmp_path / "far.mp4", client=client, resume=True)
    assert "3 of 6 segments were there from an earlier run" in result.notes
    film().save(tmp_path / "near.mp4", resume=True)
    assert (tmp_path / "far.mp4").read_bytes() == (tmp_path / "near.mp4").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["far.mp4", "near.mp4"]


def test_the_bar_goes_to_the_end(client, tmp_path, capsys):
    film().save(tmp_path / "far.mp4", client=client, progress=True)
    assert f"{N}/{N}" in capsys.readouterr().err


def test_values_that_fail_are_told_and_nothing_is_left(client, tmp_path):
    def values(i):
        if i == 70:
            raise RuntimeError("broken")
        return VALUES[i]

    with pytest.raises(SourceError, match="values failed at step 70: RuntimeError: broken"):
        film(values=values, n_steps=N, vmin=-1, vmax=1).save(tmp_path / "far.mp4", client=client)
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_that_fails_there_is_told_here(client, tmp_path):
    with pytest.raises(ga.EncoderError, match=r"ffmpeg ended with status .* and said"):
        film().save(tmp_path / "far.mp4", client=client, extra=("-no-such-option", "1"))
    assert list(tmp_path.iterdir()) == []


def test_a_film_that_cannot_travel(client, tmp_path):
    camera = ga.Camera(on_axes().figure)
    for _ in range(3):
        camera.snap()
    with pytest.raises(OptionError, match=r"the film cannot be sent to workers: .*save it without client"):
        camera.animate().save(tmp_path / "far.mp4", client=client)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"workers": 2}, "workers counts encoders of this process"),
        ({"max_bytes": 1000}, "max_bytes goes with none of"),
        ({"segment": 1}, "segment must be 2 seconds"),
    ],
)
def test_words_that_do_not_fit(client, tmp_path, options, text):
    with pytest.raises(OptionError, match=text):
        film().save(tmp_path / "far.mp4", client=client, **options)


def test_targets_that_do_not_fit(client, tmp_path):
    with pytest.raises(OptionError, match=r"client=\.\.\. makes one film at a time"):
        film().save([tmp_path / "far.mp4", tmp_path / "far.mkv"], client=client)
    with pytest.raises(FormatError, match="cannot be made in segments"):
        film().save(tmp_path / "far.gif", client=client)


def test_what_is_no_client(tmp_path):
    with pytest.raises(OptionError, match=r"client must be a dask.distributed.Client, not str"):
        film().save(tmp_path / "far.mp4", client="tcp://a:1")


class Lost:
    """Takes segments, and loses what it is told to."""

    def __init__(self, *errors):
        self.errors, self.scattered, self.submitted, self.cancelled = list(errors), 0, 0, 0

    def scatter(self, data, **options):
        self.scattered += 1
        if self.errors and isinstance(self.errors[0], OSError):
            raise self.errors.pop(0)
        return [SimpleNamespace(status="finished")]

    def submit(self, *args, **options):
        self.submitted += 1
        return Answer(self.errors.pop(0) if self.errors else None)

    def cancel(self, futures):
        self.cancelled += len(futures)

    def as_current(self):
        return nullcontext()

    def nthreads(self):
        return {"a": 1}


class Answer:
    status = "finished"

    def __init__(self, error):
        self.error = error

    def result(self):
        if self.error is not None:
            raise self.error
        return worker.Made({}, "cpu", {})


@pytest.fixture
def hall(monkeypatch):
    """Return a function that makes a hall whose client loses things."""
    monkeypatch.setattr("gpuanim.segments.remote._PAUSE", 0)
    monkeypatch.setattr(distributed, "wait", lambda *args, **options: None)
    work = SimpleNamespace(cut=SimpleNamespace(segments=[range(2)]))
    return lambda *errors: _Hall(Lost(*errors), b"film", work)


def ways(hall):
    return list(hall.all((0,), SimpleNamespace(of=lambda frames: {}), 2, Timings()))


def test_what_is_lost_is_made_again(hall):
    gone = hall(distributed.CancelledError("a"), distributed.CancelledError("b"))
    assert [number for number, _ in ways(gone)] == [0]
    assert gone._client.submitted == 3


def test_what_is_lost_again_and_again_is_an_error(hall):
    with pytest.raises(ga.EncoderError, match="segment 0 was lost 4 times: gone"):
        ways(hall(*[distributed.CancelledError("gone")] * 9))


def test_a_segment_that_kills_its_workers_is_an_error(hall):
    killed = distributed.KilledWorker("segment", SimpleNamespace(address="tcp://a"), 3)
    with pytest.raises(
        ga.EncoderError, match=r"(?s)segment 0 was given to several workers, and each of them"
    ):
        ways(hall(killed))


def test_data_go_to_another_worker_when_one_dies_meanwhile(hall):
    busy = hall(OSError("closed"), OSError("closed"))
    assert len(ways(busy)) == 1
    assert busy._client.scattered == 4
    with pytest.raises(ga.EncoderError, match="workers take no data: closed"):
        ways(hall(*[OSError("closed")] * 9))


def test_workers_of_another_version_or_another_look(monkeypatch):
    animation = film()
    timings = Timings()
    fits = Fits(animation._film, timings)
    settings = animation._settings(dpi=None, fps=None, title="")
    plan = animation._plan(H264().formats, fits)
    work = SimpleNamespace(plan=plan, encoder=H264(), journal=SimpleNamespace(name="film.mp4"))
    blob = _packed(animation._film, work, settings, fits, timings, frozenset())
    show = pickle.loads(blob)
    with pytest.raises(OptionError, match=r"this worker has gpuanim .*, the film is from 0\.0\.0"):
        worker.make_segment(cloudpickle.dumps(replace(show, version="0.0.0")), "a", range(2), {})
    with pytest.raises(OptionError, match="the same matplotlib and the same fonts"):
        worker.make_segment(cloudpickle.dumps(replace(show, look="")), "b", range(2), {})
    held = Windows(animation._film, frozenset()).of(range(30))
    made = worker.make_segment(blob, "c", range(30), held)
    built = worker._theatre[0]
    worker.make_segment(blob, "c", range(10, 20), held)
    assert worker._theatre == [built], "what was built stays for the next segment"
    worker.make_segment(blob, "d", range(30), held)
    assert worker._theatre != [built]
    assert len(worker._theatre) == 1
    assert list(made.files) == ["film.mp4"]
    worker._theatre.pop().close()


@pytest.fixture
def namespaces():
    """Two networks of their own on one switch, on which this one is 10.213.0.1; skips where it may not."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("network namespaces need root, and the command ip")
    switch, names = f"gas{os.getpid() % 10**6}", []

    def ip(*words):
        done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"networks cannot be made here: ip {' '.join(words)}: {done.stderr.strip()}")

    try:
        ip("link", "add", switch, "type", "bridge")
        ip("addr", "add", "10.213.0.1/24", "dev", switch)
        ip("link", "set", switch, "up")
        for i in range(2):
            name = f"{switch}n{i}"
            ip("netns", "add", name)
            names.append(name)
            ip("link", "add", f"{switch}{i}", "type", "veth", "peer", "name", "wire", "netns", name)
            ip("link", "set", f"{switch}{i}", "master", switch, "up")
            ip("-n", name, "addr", "add", f"10.213.0.{i + 2}/24", "dev", "wire")
            ip("-n", name, "link", "set", "wire", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False)
        subprocess.run(["ip", "link", "delete", switch], capture_output=True, check=False)


def free_port():
    with socket.socket() as made:
        made.bind(("", 0))
        return made.getsockname()[1]


def test_workers_in_networks_of_their_own(namespaces, tmp_path):
    environment = os.environ | {"GPUANIM_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    options = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-W", "ignore", "-m", "dask"]
    address = f"tcp://10.213.0.1:{free_port()}"
    port = address.rpartition(":")[2]
    commands = [[*dask, "scheduler", "--host", "10.213.0.1", "--port", port, "--no-dashboard"]]
    for i, name in enumerate(namespaces):
        own = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", f"10.213.0.{i + 2}"]
        commands.append(["ip", "netns", "exec", name, *dask, "worker", address, *own])
    processes = [subprocess.Popen(command, **options) for command in commands]
    try:
        with distributed.Client(address, timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
            hosts = [worker["host"] for worker in client.scheduler_info(n_workers=-1)["workers"].values()]
            assert sorted(hosts) == ["10.213.0.2", "10.213.0.3"]
            result = film().save(tmp_path / "far.mp4", client=client)
    finally:
        for process in reversed(processes):  # a worker without its scheduler waits for it
            process.kill()
            process.wait()
    assert "made by 2 workers, with cpu" in result.notes
    film().save(tmp_path / "near.mp4", segment=2)
    assert (tmp_path / "far.mp4").read_bytes() == (tmp_path / "near.mp4").read_bytes()

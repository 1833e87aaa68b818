"""Nothing lost, seen from outside: a process that saves is interrupted, ended, forked, or works for long."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import gpuanim as ga

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, process groups and /proc")


class Saver:
    """A process that runs saving.py in a group of its own, as a command in a terminal does."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(Path(__file__).with_name("saving.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, text=True,
        )  # fmt: skip
        assert self.read()["ready"] == self.process.pid

    def read(self):
        line = self.process.stdout.readline()
        assert line, f"the process has ended: {self.process.poll()}"
        return json.loads(line)

    def start(self, verb, **order):
        self.go_on(do=verb, **order)

    def go_on(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def run(self, verb, **order):
        self.start(verb, **order)
        return self.read()

    def signal(self, signum):
        """Send a signal to the whole group, as a terminal does at Ctrl-C."""
        os.killpg(self.process.pid, signum)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)


def targets(kinds, folder):
    """Make a folder with an older film for each kind; return what saving.py takes, and the older films."""
    made, olds = [], []
    for kind in kinds:
        home = folder / kind.name.replace("%", "").replace(".", "-")
        home.mkdir()
        olds += kind.put_old(home)
        made.append((str(home / kind.name), kind.options))
    return made, olds


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def saver():
    with closing(Saver()) as started:
        yield started


@pytest.fixture(scope="module")
def second():
    with closing(Saver()) as started:
        yield started


@pytest.fixture
def nothing_left():
    """In place of the one for this process: what the other one leaves is in its answers."""


def assert_nothing_left(answer):
    assert not answer["after"]["child"]
    assert answer["after"]["threads"] == answer["before"]["threads"] == 1
    assert answer["after"]["descriptors"] <= answer["before"]["descriptors"]


def test_ctrl_c(saver, kind, tmp_path):
    olds = kind.put_old(tmp_path)
    saver.start("endless", target=str(tmp_path / kind.name), options=kind.options)
    assert saver.read() == {"step": 5}
    saver.signal(signal.SIGINT)
    answer = saver.read()
    assert answer["error"] == "KeyboardInterrupt"
    assert_nothing_left(answer)
    assert files(tmp_path) == sorted(olds)
    assert all(old.read_text() == "old" for old in olds)


def test_files_that_may_not_grow(saver, kind, tmp_path):
    """A limit on the size of files stands for a full disk, without the rights of root."""
    olds = kind.put_old(tmp_path)
    answer = saver.run("limited", target=str(tmp_path / kind.name), options=kind.options, limit=3_000)
    assert answer["error"] == "EncoderError"
    assert "File too large" in answer["text"] or "SIGXFSZ" in answer["text"]
    assert_nothing_left(answer)
    assert files(tmp_path) == sorted(olds)
    assert all(old.read_text() == "old" for old in olds)


def test_two_processes_save_to_one_target(saver, second, kind, tmp_path, decode):
    """Both have begun before one of them ends; what stays is the film of one of them, and whole."""
    for i, one in enumerate((saver, second)):
        order = {"target": str(tmp_path / kind.name), "options": kind.options}
        one.start("together", **order, value=float(i), fps=10 + 10 * i)
        assert one.read() == {"step": 5}
    for one in (saver, second):
        one.go_on()
    for one in (saver, second):
        answer = one.read()
        assert answer["error"] is None, answer
        assert_nothing_left(answer)
    made = kind.files(tmp_path, 6)
    assert files(tmp_path) == sorted(made)
    if kind.suffix == ".png":
        assert len({path.read_bytes() for path in made}) == 1
    elif kind.suffix == ".html":
        rate = int(decode(made[1]).fps) if made[1:] else None
        assert f'data-fps="{rate or ""}' in made[0].read_text()
    else:
        found = decode(made[0]).frames
        # The frames are all the same, and a GIF joins those.
        assert len(found) == (1 if kind.suffix == ".gif" else 6)
        assert np.ptp(found.mean((1, 2, 3))) < 1


def test_two_hundred_saves(saver, all_kinds, tmp_path):
    """All kinds in turn, after forty to warm up; a leak of the buffers of each film would be 21 MB."""
    orders, _ = targets(all_kinds, tmp_path)
    answer = saver.run("many", targets=orders, warm_up=40, count=160)
    assert answer["descriptors"] <= 0
    assert answer["threads"] == 0
    assert answer["child"] == 0
    assert answer["resident"] < 4e6  # measured: 0.03e6


def test_save_in_a_forked_child(saver, kind, tmp_path):
    """While the parent is in the middle of a film of its own, with threads that the child does not have."""
    answer = saver.run("forked", target=str(tmp_path / kind.name), options=kind.options)
    assert answer["error"] is None, answer
    assert answer["codes"] == [0]
    assert_nothing_left(answer)
    assert files(tmp_path) == sorted([*kind.files(tmp_path, 6), tmp_path / "mine.mp4"])


def test_save_in_a_spawned_process(saver, all_kinds, tmp_path):
    orders, olds = targets(all_kinds, tmp_path)
    assert saver.run("spawned", targets=orders)["code"] == 0
    assert all(old.stat().st_size > 100 for old in olds)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_process_is_ended(all_kinds, tmp_path, signum):
    """Nobody can clean up then: no ffmpeg goes on, old films stay, and the next film removes the rest."""
    orders, olds = targets(all_kinds, tmp_path)
    with closing(Saver()) as started:
        started.start("hang", targets=orders)
        assert started.read() == {"step": 5}
        tasks = Path(f"/proc/{started.process.pid}/task").iterdir()
        encoders = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
        assert len(encoders) == sum(kind.runs_ffmpeg for kind in all_kinds)
        started.process.send_signal(signum)
        assert started.process.wait(20) == -signum
    for pid in encoders:  # they see the end of their pipe
        wait_for(lambda pid=pid: not Path(f"/proc/{pid}").exists())
    assert all(old.read_text() == "old" for old in olds)
    assert len(files(tmp_path)) > len(olds)
    small = ga.animate([[0, 0], [1, 1]], [[0.0, 1.0]] * 3, size=(32, 24))
    for target, options in orders:
        small.save(target, **options)
    assert files(tmp_path) == sorted(olds)


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)

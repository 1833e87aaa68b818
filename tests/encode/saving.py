"""A process that saves films when it is told to, and says what it left behind: `python saving.py`.

One JSON object a line comes in, one goes out. It stays at work after a failure or Ctrl-C, so that a test
costs no new interpreter.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

import gpuanim as ga
from gpuanim.encode.process import ffmpeg_exe

COORDS = np.random.default_rng(0).normal(size=(3000, 2))


def film(n_frames, value=None, on_step=lambda i: None, size=(320, 240)):
    """Make a film of noise, or of one value everywhere; it ends with `n_frames`."""

    def step(i):
        on_step(i)
        if value is not None:
            return np.full(len(COORDS), value)
        return np.random.default_rng(i).random(len(COORDS))

    options = {"size": size, "s": 60, "vmin": 0, "vmax": 1, "antialias": False}
    return ga.animate(COORDS, step, n_steps=n_frames, **options)


def say(**facts):
    print(json.dumps(facts), flush=True)


def left():
    """Count what a save may leave behind in this process."""
    gc.collect()
    threads = [t.name for t in threading.enumerate() if not t.name.startswith("gpuanim_")]
    try:
        child = os.waitpid(-1, os.WNOHANG) is not None
    except ChildProcessError:
        child = False
    return {"threads": len(threads), "child": child, "descriptors": len(os.listdir("/proc/self/fd"))}


def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def attempt(target, options, **changes):
    """Save; return the error's name and text, or nothing."""
    try:
        film(**changes).save(target, **options)
    except (ga.GpuanimError, KeyboardInterrupt) as error:
        return {"error": type(error).__name__, "text": str(error)}
    return {"error": None}


def endless(target, options):
    """Save a film without an end; at its fifth step, say so."""
    return attempt(target, options, n_frames=10**6, on_step=lambda i: say(step=i) if i == 5 else None)


def together(target, options, value, fps):
    """Save a film of one value; before its last step wait for a line, so that another one can catch up."""

    def wait(i):
        if i == 5:
            say(step=i)
            sys.stdin.readline()

    return attempt(target, options | {"fps": fps}, n_frames=6, value=value, on_step=wait)


def limited(target, options, limit):
    """Save while no file may grow beyond `limit` bytes, which stands for a full disk."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        return attempt(target, options, n_frames=60)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def many(targets, warm_up, count):
    """Save to all targets in turn, small films; say what has grown since the first `warm_up` saves."""
    before = {}
    for i in range(warm_up + count):
        if i == warm_up:
            before = left() | {"resident": resident()}
        target, options = targets[i % len(targets)]
        film(4, size=(160, 120)).save(target, **options)
    after = left() | {"resident": resident()}
    return {name: after[name] - before[name] for name in before}


def forked(target, options):
    """Save in a forked child while this process is in the middle of another film."""
    codes = []

    def fork(i):
        if i != 3:
            return
        pid = os.fork()
        if pid == 0:
            done = attempt(target, options, n_frames=6)
            os._exit(0 if done["error"] is None else 1)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    mine = Path(target).parent / "mine.mp4"
    return attempt(str(mine), {}, n_frames=6, on_step=fork) | {"codes": codes}


def spawned(targets):
    """Save to each target in turn in a fresh process."""
    worker = multiprocessing.get_context("spawn").Process(target=_save_all, args=(targets,))
    worker.start()
    worker.join()
    return {"code": worker.exitcode}


def _save_all(targets):
    for target, options in targets:
        film(6).save(target, **options)


def hang(targets):
    """Open a film at every target, write some of it, and wait for the end of the world."""
    threads = []
    for target, options in targets:
        ready = threading.Event()

        def wait(i, ready=ready):
            if i == 5:
                ready.set()
                time.sleep(600)

        saving = film(10, on_step=wait)
        threads.append(threading.Thread(target=saving.save, args=(target,), kwargs=options, daemon=True))
        threads[-1].start()
        ready.wait()
    say(step=5)
    time.sleep(600)


def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    ffmpeg_exe()  # its first call runs ffmpeg
    film(2).frame(0)
    verbs = {f.__name__: f for f in (endless, together, limited, many, forked, spawned, hang)}
    say(ready=os.getpid())
    for line in sys.stdin:
        order = json.loads(line)
        before = left()
        answer = verbs[order.pop("do")](**order)
        say(**answer, before=before, after=left())


if __name__ == "__main__":
    main()

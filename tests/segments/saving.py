"""Saves films in forked children, which can be killed at any moment: `python saving.py`.

One JSON object a line comes in. The child says each step of the values that it is asked for, and in the end
what came of it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

import gpuanim as ga

COORDS = np.random.default_rng(0).normal(size=(500, 2))
N = 60


def say(**facts):
    os.write(1, json.dumps(facts).encode() + b"\n")


def step(i, told, pause=0.0):
    time.sleep(pause)
    if told:
        say(step=i)
    return np.sin(COORDS[:, 0] + i / 4)


def film(*, told=True, shift=0.0, pause=0.0):
    """Make a film of 60 frames in six segments; it says what it computes, and so needs a name."""
    options = {"size": (96, 64), "fps": 5, "s": 20, "vmin": -1, "vmax": 1, "title": "step {step}"}
    return ga.animate(COORDS + shift, lambda i: step(i, told, pause), n_steps=N, **options)


def save(target, told=True, shift=0.0, pause=0.0, **options):
    result = film(told=told, shift=shift, pause=pause).save(target, **options)
    return {"notes": list(result.notes), "frames": result.n_frames}


def main():
    film(told=False).frame(0)
    say(ready=os.getpid())
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            order = json.loads(line)
            try:
                say(pid=os.getpid())
                say(done=save(Path(order.pop("target")), **order))
            except ga.GpuanimError as error:
                say(error=str(error))
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        say(ended=pid)


if __name__ == "__main__":
    main()

"""A process whose children save films, for tests that kill them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Saver:
    """Talks to the process that forks children."""

    def __init__(self) -> None:
        # One thread, so that a fork loses none.
        environment = os.environ | {"GPUANIM_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        script = Path(__file__).with_name("saving.py")
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", script], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        assert line, "the process has ended"
        return json.loads(line)

    def save(self, kill_when: Callable[[int, Path], bool] | None = None, **order: Any) -> dict[str, Any]:
        """Save in a child, and return what it said: `steps`, and `done`, `error`, or neither.

        `kill_when(step, target)` is asked at each step whether to kill the child.
        """
        order["target"] = str(order["target"])
        if kill_when is not None:  # in time
            order.setdefault("pause", 0.01)
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        told: dict[str, Any] = {"steps": [], "killed": False}
        while "ended" not in (answer := self._answer()):
            told |= {name: value for name, value in answer.items() if name != "step"}
            if "pid" in answer:  # a number may be another process's before it is used
                handle = os.pidfd_open(answer["pid"])
            if "step" in answer:
                told["steps"].append(answer["step"])
                if kill_when and not told["killed"] and kill_when(answer["step"], Path(order["target"])):
                    with suppress(ProcessLookupError):
                        signal.pidfd_send_signal(handle, signal.SIGKILL)
                        told["killed"] = True
        os.close(handle)
        return told

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(scope="module")
def saver() -> Iterator[Saver]:
    """Return what saves films in children."""
    made = Saver()
    yield made
    made.close()

"""The command `gpuanim`: arguments in, films out, one line for each error.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from gpuanim.cli._parser import build_parser
from gpuanim.errors import GpuanimError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; wrong usage leaves by SystemExit, as argparse does.

    Parameters
    ----------
    argv
        Arguments without the program's name; by default those of the process.
    """
    args = build_parser().parse_args(argv)
    try:
        with _terminable():
            return int(args.run(args))
    except KeyboardInterrupt:
        return _fail("interrupted; nothing was left unfinished at the target", 130)
    except BrokenPipeError:
        # Who read our output has left. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except GpuanimError as error:
        if args.debug:
            traceback.print_exc()
        return _fail(f"error: {error}", 1)
    except Exception as error:
        if args.debug:
            traceback.print_exc()
        text = " ".join(str(error).split())
        return _fail(f"error: {type(error).__name__}: {text} (--debug shows where)", 1)


def _fail(text: str, code: int) -> int:
    print(f"gpuanim: {text}", file=sys.stderr)
    return code


@contextmanager
def _terminable() -> Iterator[None]:
    """Let a termination signal unwind the stack, so that no encoder and no half film stay behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        del frame
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

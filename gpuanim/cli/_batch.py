"""The command that makes all films of a spec: what they share is read once, and a failure costs one film."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpuanim.adata import Cells
from gpuanim.adata.cached import CachedStore
from gpuanim.adata.store import open_store
from gpuanim.cli._films import make
from gpuanim.cli._specs import SpecError, SpecFilm, read_spec
from gpuanim.errors import GpuanimError

if TYPE_CHECKING:
    from gpuanim import LabelPropagation

__all__ = ["render_spec"]


def render_spec(args: argparse.Namespace) -> int:
    """Make the films of a spec: 0 if all were, 1 if some failed, 2 if the spec is wrong."""
    try:
        _check_alone(args)
        films = read_spec(Path(args.spec))
    except SpecError as error:
        print(f"gpuanim: error: {error}", file=sys.stderr)
        return 2
    failed: list[str] = []
    with _Files(films) as files, _bar(len(films), shown=not args.quiet and sys.stderr.isatty()) as say:
        for number, film in enumerate(films, 1):
            film.args.quiet = args.quiet
            try:
                told = make(film.args, *files.take(film))
                if not args.quiet:
                    say(f"[{number}/{len(films)}] {told}")
            except Exception as error:
                if args.debug:
                    traceback.print_exc()
                failed.append(f"{film.title}: {_words(error)}")
                if not args.quiet:
                    say(f"[{number}/{len(films)}] {film.title} failed")
            files.leave(number)
    if not failed:
        return 0
    print(f"gpuanim: error: {len(failed)} of {len(films)} films failed", file=sys.stderr)
    for line in failed:
        print(f"  {line}", file=sys.stderr)
    return 1


def _check_alone(args: argparse.Namespace) -> None:
    """Raise SpecError if options of a film are given beside the spec."""
    aside = ("spec", "quiet", "debug")
    for dest, value in vars(args).items():
        if dest not in aside and value != args.parser.get_default(dest):
            raise SpecError(f"--spec takes all films from the file: give {_option(dest)} there")


def _option(dest: str) -> str:
    return dest if dest == "file" else "--" + dest.replace("_", "-")


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, GpuanimError) else f"{type(error).__name__}: {text}"


class _Files:
    """The files of a spec's films, each open from the first film that needs it to the last."""

    def __init__(self, films: list[SpecFilm]) -> None:
        self._films = films
        self._open: dict[str, tuple[Cells, dict[str, LabelPropagation]]] = {}

    def take(self, film: SpecFilm) -> tuple[Cells, float, dict[str, LabelPropagation]]:
        """Return the cells of a film, when reading began, and what spreads over them already."""
        start = time.perf_counter()
        path = film.args.file
        if path not in self._open:
            self._open[path] = Cells(CachedStore(open_store(Path(path)))), {}
        cells, kept = self._open[path]
        return cells, start, kept

    def leave(self, number: int) -> None:
        """Let go of what no film behind the first `number` ones needs."""
        needed = {film.args.file for film in self._films[number:]}
        for path in [path for path in self._open if path not in needed]:
            self._open.pop(path)[0].close()

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *error: object) -> None:
        self.leave(len(self._films))


@contextmanager
def _bar(total: int, *, shown: bool) -> Iterator[Callable[[str], Any]]:
    """Yield what prints a film's summary; on a terminal above a bar over the films."""
    if not shown:
        yield lambda text: print(text, flush=True)
        return
    from tqdm import tqdm

    with tqdm(total=total, desc="films", unit="film", dynamic_ncols=True) as bar:

        def say(text: str) -> None:
            bar.write(text)
            bar.update()

        yield say

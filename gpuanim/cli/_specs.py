"""Many films from one file: what a spec says -> the arguments of commands, all checked before the first one.

A spec is a TOML file with a table for each film and one for what they share::

    [defaults]
    file = "cells.h5ad"
    size = "1920x1080"
    output = ["{name}.mp4", "{name}.gif"]

    [[film]]
    name = "b_cells"
    kind = "propagate"
    seed-group = "louvain=3"

    [[film]]
    name = "ranking"
    frames = "ranking"

Keys are the options of `gpuanim render`, or of `gpuanim propagate` where ``kind`` says so; what may be
repeated may be a list, a switch is true, and false takes a default away. ``file`` is the input, ``name`` is
free, paths are relative to the spec. In ``output`` and ``store``, ``{name}`` and any other key stand for
their value, and ``{number}`` for the place of the film, from 1.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from gpuanim.cli._films import check_usage, encoding
from gpuanim.cli._parser import film_parsers
from gpuanim.errors import GpuanimError, OptionError

__all__ = ["SpecError", "SpecFilm", "read_spec"]

_OWN = ("name", "kind", "file", "output")
_NOT_HERE = ("help", "spec", "debug", "quiet", "output")
_JOINED = {"size": "x", "figsize": "x", "dimensions": ",", "hold": ",", "steps": ":"}
"""Options that a list of numbers can stand for, and what is between them in a command."""


class SpecError(OptionError):
    """A spec is wrong; nothing has been rendered."""


class SpecFilm:
    """A film of a spec: its title for messages, and the arguments of its command."""

    def __init__(self, title: str, args: argparse.Namespace) -> None:
        self.title, self.args = title, args


class _Parser(argparse.ArgumentParser):
    """A parser whose user is not at the command line."""

    def error(self, message: str) -> NoReturn:
        raise SpecError(message)


def read_spec(path: Path) -> list[SpecFilm]:
    """Read a spec; films that differ in their targets only become one, which is rendered once.

    Raises
    ------
    SpecError
        It cannot be read, or anything in it is wrong: the message has a line for each film that is.
    """
    spec = _loaded(path)
    parsers = film_parsers(_Parser)
    defaults, tables = spec.get("defaults", {}), spec.get("film", [])
    if not isinstance(defaults, dict) or not isinstance(tables, list) or not tables:
        raise SpecError(f"{path} has no films: give a table [[film]] for each, and [defaults] for all")
    problems, films = [], []
    try:
        _check_keys(defaults, {key for parser in parsers.values() for key in _keys(parser)})
    except SpecError as error:
        problems.append(f"defaults: {error}")
    for number, table in enumerate(tables, 1):
        name = table.get("name") if isinstance(table, dict) else None
        title = f"film {number}" if name is None else f"film {number} ({name})"
        try:
            films.append(SpecFilm(title, _film(table, defaults, number, parsers, path.parent)))
        except GpuanimError as error:
            problems.append(f"{title}: {error}")
    problems += _written_twice(films)
    if problems:
        raise SpecError("\n".join(f"{path}: {problem}" for problem in problems))
    return _merged(films)


def _loaded(path: Path) -> dict[str, Any]:
    try:
        spec = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path} is not TOML: {error}") from error
    for key in spec:
        if key not in ("defaults", "film"):
            raise SpecError(f"{path}: no table {key!r} here{_hint(key, ('defaults', 'film'))}")
    return spec


def _film(
    table: Any,
    defaults: Mapping[str, Any],
    number: int,
    parsers: Mapping[str, argparse.ArgumentParser],
    folder: Path,
) -> argparse.Namespace:
    """Return the arguments of a film, as the command's own parser understands them."""
    if not isinstance(table, dict):
        raise SpecError(f"expected a table [[film]], got {table!r}")
    kind = table.get("kind", defaults.get("kind", "render"))
    if kind not in parsers:
        raise SpecError(f"kind must be render or propagate, not {kind!r}{_hint(str(kind), parsers)}")
    parser = parsers[kind]
    _check_keys(table, _keys(parser), kind, {name: _keys(other) for name, other in parsers.items()})
    own = {_dashed(key) for key in table}
    shared = {key: value for key, value in defaults.items() if _dashed(key) not in own}
    words = {_dashed(key): value for key, value in {**shared, **table}.items()}
    words = {key: value for key, value in words.items() if key in _keys(parser) and value is not False}
    args = parser.parse_args(_argv(words, parser))
    known = {key: _plain(value) for key, value in words.items() if key != "output"} | {"number": str(number)}
    args.output = [str(folder / _filled(target, known)) for target in args.output]
    if getattr(args, "store", None):
        args.store = str(folder / _filled(args.store, known))
    for dest in ("file", "logo"):
        if getattr(args, dest):
            setattr(args, dest, str(folder / getattr(args, dest)))
    if getattr(args, "frames", "").endswith(".zarr"):
        args.frames = str(folder / args.frames)
    check_usage(args)
    _check_targets(args)
    return args


def _keys(parser: argparse.ArgumentParser) -> dict[str, argparse.Action | None]:
    """Return what a table of this command may hold."""
    named = {
        text.removeprefix("--"): action
        for text, action in parser._option_string_actions.items()
        if text.startswith("--") and text.removeprefix("--") not in _NOT_HERE
    }
    return {**dict.fromkeys(_OWN), **named}


def _check_keys(
    table: Mapping[str, Any],
    known: Iterable[str],
    kind: str = "",
    others: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> None:
    """Raise SpecError if a key is unknown, or one of another kind of film."""
    for key in table:
        if _dashed(key) not in known:
            of = f"gpuanim {kind}" if kind else "films"
            kinds = [other for other, keys in others.items() if _dashed(key) in keys]
            hint = f'; it is one of kind = "{kinds[0]}"' if kinds else _hint(_dashed(key), known)
            raise SpecError(f"no option {key!r} of {of}{hint}")


def _argv(words: Mapping[str, Any], parser: argparse.ArgumentParser) -> list[str]:
    """Return a table as the words of a command; raises SpecError."""
    if not isinstance(words.get("file"), str):
        raise SpecError(f"file must be the .h5ad or .zarr of the cells, not {words.get('file')!r}")
    argv: list[str] = []
    actions = _keys(parser)
    for key, value in words.items():
        action = actions[key]
        if key in ("name", "kind", "file"):
            continue
        if key == "output":
            argv += [f"--output={text}" for text in _texts(key, value)]
        elif action is None or action.nargs == 0:
            if value is not True:
                raise SpecError(f"{key} is true or false, not {value!r}")
            argv.append(f"--{key}")
        elif value is True:
            if action.nargs != "?":
                raise SpecError(f"{key} needs a value, not true")
            argv.append(f"--{key}")
        elif isinstance(action, argparse._AppendAction):
            argv += [f"--{key}={text}" for text in _texts(key, value)]
        elif isinstance(value, list) and action.dest in _JOINED:
            argv.append(f"--{key}={_JOINED[action.dest].join(_texts(key, value))}")
        else:
            argv.append(f"--{key}={_text(key, value)}")
    return [*argv, "--", words["file"]]


def _texts(key: str, value: Any) -> list[str]:
    return [_text(key, part) for part in (value if isinstance(value, list) else [value])]


def _text(key: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise SpecError(f"{key} must be text or a number, not {value!r}")
    return str(value)


def _plain(value: Any) -> str:
    """Return a value as a part of a file's name."""
    parts = [str(part) for part in (value if isinstance(value, list) else [value])]
    return "_".join(Path(part).stem if part.endswith((".h5ad", ".zarr")) else part for part in parts)


def _filled(template: str, known: Mapping[str, str]) -> str:
    def value(field: re.Match[str]) -> str:
        key = _dashed(field[1])
        if key not in known:
            raise SpecError(f"{template!r}: nothing is called {field[1]!r}{_hint(key, known)}")
        return known[key]

    return re.sub(r"\{([^{}]*)\}", value, template)


def _check_targets(args: argparse.Namespace) -> None:
    """Raise a GpuanimError if no encoder can write a target, or it has no such option."""
    from gpuanim.saving import as_targets, encoders_for

    if args.output and not args.interactive:
        options = encoding(args)
        options.pop("max_bytes", None)
        encoders_for(as_targets(args.output), None, options, transparent=args.background == "none")


def _written_twice(films: list[SpecFilm]) -> list[str]:
    first: dict[str, str] = {}
    problems = []
    for film in films:
        targets = [*film.args.output, *([film.args.store] if getattr(film.args, "store", None) else [])]
        for target in targets:
            other = first.setdefault(os.path.realpath(target), film.title)
            if other != film.title:
                problems.append(f"{film.title}: {target} is also written by {other}")
    return problems


def _merged(films: list[SpecFilm]) -> list[SpecFilm]:
    merged: dict[str, SpecFilm] = {}
    for film in films:
        look = repr({key: value for key, value in vars(film.args).items() if key not in ("output", "parser")})
        first = merged.setdefault(look, film)
        if first is not film:
            first.args.output += film.args.output
            first.title = f"{first.title}, {film.title}"
    return list(merged.values())


def _dashed(key: str) -> str:
    return key.replace("_", "-")


def _hint(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""

"""The commands that read films: info and convert."""

from __future__ import annotations

import argparse
import json

__all__ = ["convert", "info"]


def info(args: argparse.Namespace) -> int:
    """Print what film files hold."""
    from gpuanim.decode import film_info

    found = [film_info(file) for file in args.file]
    if args.json:
        content = [film.to_dict() for film in found]
        print(json.dumps(content[0] if len(content) == 1 else content, indent=2))
    else:
        print("\n\n".join(map(str, found)))
    return 0


def convert(args: argparse.Namespace) -> int:
    """Make a film in another format, and say what was done."""
    from gpuanim.cli._films import ENCODING, size
    from gpuanim.decode import convert as run

    options = {name: value for name in ENCODING if (value := getattr(args, name)) is not None}
    made = run(args.file, args.output, codec=args.codec, fps=args.fps, **options)
    if not args.quiet:
        print(f"{made.path}: {made.n_frames} frames, {size(made.nbytes)}")
        for note in made.notes:
            print(f"  note: {note}")
    return 0

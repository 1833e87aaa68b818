"""The command that examines the machine, or how crowded a film would be."""

from __future__ import annotations

import argparse
import json

__all__ = ["doctor"]


def doctor(args: argparse.Namespace) -> int:
    """Print the report of the machine, or of a film's points; 1 if films cannot be made here."""
    if args.film:
        return _film(args)
    from gpuanim.doctor import report

    found = report()
    print(found.to_json() if args.json else found)
    return 0 if found.ok else 1


def _film(args: argparse.Namespace) -> int:
    from gpuanim.adata import as_labels, open_cells
    from gpuanim.adata.stored import stored_frames
    from gpuanim.crowding import crowding

    if args.color and args.frames:
        args.parser.error("--color and --frames exclude each other")
    with open_cells(args.film) as cells:
        coords = cells.embedding(args.basis, args.dimensions)
        values = None
        if args.color:
            values = as_labels(cells.obs(args.color))
        elif args.frames:
            values = stored_frames(cells, args.frames).source
        found = crowding(
            coords, values, size=args.size, s=args.s, spread=args.spread, alpha=args.opacity,
            order=args.order, blend=args.blend,
        )  # fmt: skip
    print(json.dumps(found.to_dict(), indent=2) if args.json else found)
    return 0

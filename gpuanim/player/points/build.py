"""A film -> an interactive page: what is packed, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

import numpy as np

from gpuanim.blend.over import OVER
from gpuanim.errors import OptionError
from gpuanim.film import Cloud, Film, Fits, Timings, one_cloud
from gpuanim.plan import PanelPlan, Plan
from gpuanim.player.page import DEFAULT_MODES
from gpuanim.player.points.blob import Blob, deflate
from gpuanim.player.points.chrome import read_chrome
from gpuanim.player.points.document import page_parts
from gpuanim.player.points.highlights import highlight_facts, without_fading
from gpuanim.player.points.labels import Groups, make_groups, pack_names
from gpuanim.player.points.marks import mark_facts
from gpuanim.player.points.meaning import hexed, is_scale, meaning
from gpuanim.player.points.packing import pack_frames
from gpuanim.player.points.place import Placement, place, planes
from gpuanim.player.points.rows import PageRows
from gpuanim.raster.pixels import unique_colors
from gpuanim.values._base import Source

__all__ = ["BuiltPage", "PageOptions", "build_page", "page_options"]


@dataclass(frozen=True, eq=False)
class PageOptions:
    """What can be asked of an interactive page.

    Parameters
    ----------
    names
        (n,) what the points are called when the pointer is on them.
    groups
        (n,) one label per point for a legend: strings, numbers, or a categorical. A click on a group greys
        the others; the points can be coloured by group.
    group_colors
        A list of colours in the order of the groups, or a dict from group to colour.
    default_mode
        What the player does at the end: "loop", "once" or "reflect".
    embed_limit
        Megabytes (2^20 bytes) of packed points, as base64; a larger page is an error, never a cut.
    """

    names: Any = None
    groups: Any = None
    group_colors: Any = None
    default_mode: str = "loop"
    embed_limit: float = 100.0

    def __post_init__(self) -> None:
        if self.default_mode not in DEFAULT_MODES:
            raise OptionError(f"default_mode must be one of {DEFAULT_MODES}, not {self.default_mode!r}")
        if not self.embed_limit > 0:
            raise OptionError(f"embed_limit must be a positive number of megabytes, not {self.embed_limit!r}")
        if self.group_colors is not None and self.groups is None:
            raise OptionError("group_colors are those of groups; give groups=... as well")


def page_options(options: Mapping[str, Any]) -> PageOptions:
    """Return the options of a page, or say which one it does not have."""
    known = [f.name for f in fields(PageOptions)]
    for name in options:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise OptionError(
                f"an interactive page has no option {name!r}; {hint}its options are {', '.join(known)}"
            )
    return PageOptions(**options)


@dataclass(frozen=True, eq=False)
class BuiltPage:
    """A page in memory, still in pieces.

    Parameters
    ----------
    facts
        What the page's script is told.
    blob
        The packed points and frames.
    title
        Of the page.
    """

    facts: dict[str, Any]
    blob: Blob
    title: str

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.facts["frames"])

    def parts(self) -> Iterator[bytes]:
        """Yield the page."""
        return page_parts(self.facts, self.blob, self.title)

    def sizes(self) -> dict[str, int]:
        """Return the packed bytes by kind, before base64."""
        facts = self.facts
        kinds = {"keys": facts["keys"], "layers": facts["layers"], "sizes": facts["sizes"]}
        kinds |= {"names": facts["names"], "groups": facts["groups"] and facts["groups"]["codes"]}
        sizes = {f"{kind}_bytes": span[1] for kind, span in kinds.items() if span}
        blocks = [*facts["blocks"], *(facts["high"] or ())]
        return sizes | {"frames_bytes": sum(block[1] for block in blocks)}


def build_page(
    film: Film,
    plan: Plan,
    options: PageOptions,
    fits: Fits,
    timings: Timings,
    on_frame: Callable[[], object],
) -> BuiltPage:
    """Pack a film.

    Raises
    ------
    OptionError
        If points move, the film has what a page cannot show, or an option cannot be used.
    FormatError
        If the page is larger than the limit.
    """
    cloud = _checked(film)
    coords = np.asarray(cloud.coords)
    panel, chrome, rows = plan.panels[0], read_chrome(film.stage), PageRows.of(cloud)
    blob = Blob(options.embed_limit)
    with timings.measure("place"):
        groups = None
        if options.groups is not None:
            groups = make_groups(options.groups, options.group_colors, len(coords))
        placement = place(coords, panel, fits.order(0), cloud.halos)
        facts = _still_facts(panel, placement, blob) | _label_facts(options, groups, placement, blob)
        facts |= highlight_facts(cloud, placement, blob) | _color_facts(cloud, rows, blob)
    facts |= {
        "marks": mark_facts(
            chrome.marks, placement, plan.spec.width / film.stage.figsize[0], chrome.text_color
        ),
        "mode": options.default_mode,
        "fps": [plan.spec.fps.numerator, plan.spec.fps.denominator],
        "order": cloud.order if isinstance(cloud.order, str) else "layers",
        "metadata": dict(plan.spec.metadata),
    }
    film, fits = without_fading(film, fits, timings)
    facts |= pack_frames(
        film, placement.order, rows, chrome, blob, fits, timings, plan.spec.fps, on_frame
    ) | chrome.facts(plan.spec.title)
    return BuiltPage(facts, blob, facts["title"])


def _checked(film: Film) -> Cloud:
    cloud = one_cloud(film, "an interactive page")
    if isinstance(cloud.coords, Source) or cloud.present is not None:
        raise OptionError(
            "interactive pages need points that stand still and stay: save the film as .mp4 or .html"
        )
    if cloud.camera is not None:
        raise OptionError(
            "interactive pages have a view of their own, to pan and zoom: leave out camera, or save the film "
            "as .mp4 or .html"
        )
    if cloud.blend != OVER:
        raise OptionError(
            f'interactive pages draw points over each other, not with blend="{cloud.blend.name}": save the '
            "film as .mp4 or .html"
        )
    if cloud.dots.opacity is not None:
        raise OptionError("interactive pages have one alpha for all points: give alpha as one number")
    if isinstance(cloud.order, str) and not is_scale(cloud):
        raise OptionError(
            f"order={cloud.order!r} needs values that are numbers in an interactive page; use "
            'order="data" or "random", or save the film as .mp4 or .html'
        )
    return cloud


def _still_facts(panel: PanelPlan, placement: Placement, blob: Blob) -> dict[str, Any]:
    """Pack what does not change from frame to frame."""
    gaps = np.diff(placement.keys, prepend=np.uint32(0))
    _, _, width, height = panel.view.box
    layers, sizes = placement.layers, placement.sizes
    return {
        "n": len(placement.order),
        "keys": blob.add(deflate(planes(gaps))),
        "layers": None if layers is None else blob.add(deflate(planes(layers))),
        "sizes": None if sizes is None else blob.add(deflate(sizes.tobytes())),
        "low": placement.low.tolist(),
        "step": placement.step.tolist(),
        "diameters": list(placement.diameters),
        "alpha": panel.scene.alpha,
        "antialias": panel.scene.antialias,
        "background": _background(panel),
        "view": {"x": list(panel.view.xlim), "y": list(panel.view.ylim), "width": width, "height": height},
    }


def _background(panel: PanelPlan) -> str | None:
    """Return the colour that most points stand on, None where the page is to show through."""
    ground = panel.scene.ground
    if ground.transparent:
        return None
    if ground.under.ndim == 1:
        return hexed(ground.under[None])[0]
    left, top, width, height = (max(0, round(side)) for side in panel.view.box)
    colors, pixels = unique_colors(ground.under[top : top + height, left : left + width].reshape(1, -1, 3))
    return hexed(colors)[np.bincount(pixels.ravel()).argmax()]


def _color_facts(cloud: Cloud, rows: PageRows, blob: Blob) -> dict[str, Any]:
    table = blob.add(deflate(rows.table(cloud.table).tobytes()))
    return meaning(cloud) | {"table": table, "span": rows.span}


def _label_facts(
    options: PageOptions, groups: Groups | None, placement: Placement, blob: Blob
) -> dict[str, Any]:
    facts: dict[str, Any] = {"names": None, "groups": None}
    if options.names is not None:
        facts["names"] = blob.add(deflate(pack_names(options.names, placement.order)))
    if groups is not None:
        facts["groups"] = {
            "names": groups.names,
            "colors": hexed(groups.colors),
            "codes": blob.add(deflate(groups.codes[placement.order].tobytes())),
        }
    return facts

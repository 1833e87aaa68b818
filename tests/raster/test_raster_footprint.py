"""Which points lie in each pixel: literal cases, and equality with looking at every pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuanim.errors import OptionError
from gpuanim.raster import footprint as module
from gpuanim.raster._base import Ground, Points, Scene
from gpuanim.raster.footprint import Footprint
from gpuanim.raster.kernels import coverage

WHITE = np.full(3, 255, np.uint8)


def scene(width, height, *, clip=None, alpha=1.0, antialias=True):
    return Scene(Ground(width, height, WHITE), clip or (0, 0, width, height), alpha, antialias)


def points(xy, diameter, ids=None, opacity=None):
    xy = np.asarray(xy, np.float32).reshape(-1, 2)
    ids = np.arange(len(xy), dtype=np.uint32) if ids is None else np.asarray(ids, np.uint32)
    diameter = np.asarray(diameter, np.float32) if np.ndim(diameter) else float(diameter)
    opacity = None if opacity is None else np.asarray(opacity, np.float32)
    return Points(np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1]), diameter, ids, opacity)


def listed(footprint):
    """Return {(column, row): ids} of a footprint."""
    rows, columns = np.divmod(footprint.address, footprint.width)
    parts = np.split(footprint.members, footprint.ptr[1:-1])
    found = zip(columns.tolist(), rows.tolist(), parts, strict=True) if footprint.n_pixels else ()
    return {(column, row): ids.tolist() for column, row, ids in found}


def looked_up(pts, scn):
    """Return the same by the definition, pair by pair, and the opacity of each pixel."""
    radius = np.broadcast_to(np.asarray(pts.diameter, np.float32) / 2, len(pts.x))
    own = np.ones(len(pts.x)) if pts.opacity is None else pts.opacity
    left, top, right, bottom = scn.clip
    inside, opacity = {}, {}
    for row in range(top, bottom):
        for column in range(left, right):
            lies, touches, light = [], [], 1.0
            for x, y, r, i, a in zip(pts.x, pts.y, radius, pts.ids.tolist(), own, strict=True):
                dx, dy = np.float32(column + 0.5) - x, np.float32(row + 0.5) - y
                centre = dx * dx + dy * dy <= r * r or (column, row) == (np.floor(x), np.floor(y))
                share = coverage.exact(dx, dy, r) if scn.antialias else float(centre)
                light *= 1 - a * scn.alpha * share
                lies += [i] if centre else []
                touches += [i] if share > 0 else []
            if lies or touches:
                inside[column, row] = lies or touches
                opacity[column, row] = 1 - light
    return inside, opacity


def test_a_disc_lies_in_the_pixels_whose_centre_it_covers():
    found = Footprint.of(points([[3.5, 3.5]], 3), scene(8, 8, antialias=False))
    assert listed(found) == {(c, r): [0] for c in (2, 3, 4) for r in (2, 3, 4)}
    assert found.opacity is None


def test_a_small_disc_lies_in_the_pixel_of_its_centre():
    found = Footprint.of(points([[0.1, 0.1], [7.9, 5.1], [7.2, 5.9]], 0.25), scene(8, 8, antialias=False))
    assert listed(found) == {(0, 0): [0], (7, 5): [1, 2]}
    assert found.ptr.tolist() == [0, 1, 3]
    assert found.counts.tolist() == [1, 2]


def test_soft_edges_have_the_points_that_touch_them_unless_others_lie_there():
    found = Footprint.of(points([[2.5, 2.5], [4.5, 2.5]], 1.5), scene(8, 8))
    pixels = listed(found)
    assert pixels[2, 2] == [0]
    assert pixels[4, 2] == [1]
    assert pixels[3, 2] == [0, 1], "between them, where none lies"
    assert pixels[1, 2] == [0]
    near = Footprint.of(points([[2.5, 2.5], [3.5, 2.5]], 1.5), scene(8, 8))
    assert listed(near)[3, 2] == [1], "a soft edge adds nothing to a pixel that a point lies in"


def test_opacity_is_that_of_all_discs_that_touch():
    edge = coverage.exact(1.0, 0.0, 0.75)
    found = Footprint.of(points([[2.5, 2.5], [4.5, 2.5]], 1.5, opacity=[0.5, 1]), scene(8, 8, alpha=0.5))
    shown = dict(zip(listed(found), found.opacity, strict=True))
    assert shown[3, 2] == pytest.approx(1 - (1 - 0.25 * edge) * (1 - 0.5 * edge), abs=1e-3)
    assert shown[2, 2] == pytest.approx(0.25 * coverage.exact(0, 0, 0.75), abs=1e-3)
    flat = Footprint.of(
        points([[2.5, 2.5], [2.4, 2.6]], 1, opacity=[0.5, 1]), scene(8, 8, alpha=0.5, antialias=False)
    )
    assert flat.opacity.tolist() == [0.625]


def test_the_clip_cuts():
    found = Footprint.of(points([[1.0, 1.0], [6.5, 6.5]], 4), scene(8, 8, clip=(1, 1, 3, 3), antialias=False))
    assert listed(found) == {(1, 1): [0], (1, 2): [0], (2, 1): [0]}
    nobody = Footprint.of(points([[30.0, 1.0]], 1), scene(8, 8))
    assert (nobody.n_pixels, len(nobody.members), nobody.ptr.tolist()) == (0, 0, [0])


def test_pixel_points_stand_at_the_centres():
    pixels = Footprint.of(points([[3.9, 2.1], [0.2, 6.7]], 0.5), scene(5, 8, antialias=False)).pixel_points()
    assert pixels.x.tolist() == [3.5, 0.5]
    assert pixels.y.tolist() == [2.5, 6.5]
    assert pixels.ids.tolist() == [0, 1]


def test_points_out_of_sight_are_told():
    found = Footprint.of(points([[1.5, 1.5], [90, 1.5], [1.4, 1.4]], 1), scene(8, 8))
    assert found.n_seen(3) == 2


def test_too_many_members_are_refused_with_what_would_fit(monkeypatch):
    monkeypatch.setattr(module, "MOST_MEMBERS", 100)
    crowd = points(np.full((100, 2), 4.5), 2)  # 100 discs over 5 pixels' centres
    with pytest.raises(OptionError, match=r"cover 500 pixels.*s of at most 0\.2 times.*size.*0\.45 times"):
        Footprint.of(crowd, scene(9, 9, antialias=False))


@settings(max_examples=40)
@given(st.data())
def test_it_is_the_definition(data):
    n = data.draw(st.integers(0, 12))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    width, height = data.draw(st.integers(1, 13)), data.draw(st.integers(1, 40))
    xy = rng.uniform(-2, [width + 2, height + 2], (n, 2))
    diameter = rng.uniform(0.3, 5, n) if data.draw(st.booleans()) else float(rng.uniform(0.3, 5))
    pts = points(xy, diameter, rng.permutation(n), rng.random(n) if data.draw(st.booleans()) else None)
    scn = scene(
        width, height, alpha=data.draw(st.sampled_from([1.0, 0.3])), antialias=data.draw(st.booleans())
    )
    if (
        np.ndim(diameter) == 0 and scn.antialias
    ):  # tables are within 1e-3 of the exact area; none is one element
        pts = Points(pts.x, pts.y, np.full(n, diameter, np.float32), pts.ids, pts.opacity)
    found = Footprint.of(pts, scn)
    inside, opacity = looked_up(pts, scn)
    assert listed(found) == inside
    own = np.ones(found.n_pixels) if found.opacity is None else found.opacity
    np.testing.assert_allclose(own[np.argsort(found.address)], list(opacity.values()), atol=1e-5)
    assert int(found.counts.sum()) == len(found.members)
    assert len(np.unique(found.address)) == found.n_pixels


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_the_order_of_points_does_not_matter(seed, antialias):
    rng = np.random.default_rng(seed)
    pts = points(rng.uniform(0, 9, (30, 2)), 1.5)
    one = Footprint.of(pts, scene(9, 9, antialias=antialias))
    two = Footprint.of(pts.take(rng.permutation(30)), scene(9, 9, antialias=antialias))
    assert {p: sorted(ids) for p, ids in listed(one).items()} == {
        p: sorted(i) for p, i in listed(two).items()
    }

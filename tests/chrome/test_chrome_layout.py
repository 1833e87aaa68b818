"""Boxes of a grid: of one size, in line, within the area, and apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gpuanim.chrome.layout import Box, Sides, grid


def test_one_box_by_hand():
    boxes, cells = grid(Box(0, 0, 400, 300), [Sides(30, 0, 20, 40)], 1, pad=5, gap=12)
    assert boxes == [Box(35, 25, 365, 230)]  # to the right edge, where nothing hangs out
    assert cells == [Box(0, 0, 400, 300)]


def test_two_by_two_by_hand():
    sides = [Sides(10, 0, 0, 0), Sides(), Sides(20, 0, 0, 0), Sides(0, 30, 0, 0)]
    boxes, cells = grid(Box(0, 0, 400, 200), sides, 2, pad=5, gap=10)
    assert boxes == [Box(25, 0, 165, 95), Box(200, 0, 165, 95), Box(25, 105, 165, 95), Box(200, 105, 165, 95)]
    assert [cell.left for cell in cells] == [0, 195, 0, 195]


amounts = st.integers(0, 40).map(float)


@given(
    area=st.builds(Box, amounts, amounts, st.floats(900, 2000), st.floats(900, 2000)),
    sides=st.lists(st.builds(Sides, amounts, amounts, amounts, amounts), min_size=1, max_size=9),
    ncols=st.integers(1, 4),
)
def test_laws(area, sides, ncols):
    ncols = min(ncols, len(sides))
    boxes, cells = grid(area, sides, ncols, pad=5, gap=12)
    assert len({(box.width, box.height) for box in boxes}) == 1
    outer = [
        Box(b.left - s.left, b.top - s.top, b.width + s.left + s.right, b.height + s.top + s.bottom)
        for b, s in zip(boxes, sides, strict=True)
    ]
    for i, box in enumerate(outer):
        assert box.within(Box(area.left - 1, area.top - 1, area.width + 2, area.height + 2))
        assert box.within(Box(cells[i].left - 1, cells[i].top - 1, cells[i].width + 2, cells[i].height + 2))
        assert not any(box.overlaps(other) for other in outer[:i])
        assert boxes[i].left == boxes[i % ncols].left
        assert boxes[i].top == boxes[i - i % ncols].top

"""Where a film is cut."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuanim.errors import OptionError
from gpuanim.segments.cut import LEAST_SECONDS, Cut, as_seconds
from gpuanim.segments.options import as_segmenting

RATES = [Fraction(24000, 1001), *map(Fraction, (24, 25, 30, 50, 60))]


@given(st.integers(1, 5000), st.sampled_from(RATES), st.floats(2, 20))
def test_segments_are_the_film_in_order_and_none_is_short(n, fps, seconds):
    cut = Cut.of(n, fps, seconds)
    assert [frame for part in cut.segments for frame in part] == list(range(n))
    if len(cut) > 1:
        assert all(len(part) / fps >= seconds for part in cut.segments)
        assert max(map(len, cut.segments)) - min(map(len, cut.segments)) <= 1
    assert n / fps < seconds * (len(cut) + 1) + len(cut) / fps, "another one would fit"


def test_small_films():
    assert Cut.of(48, Fraction(24)).segments == (range(48),)
    assert Cut.of(95, Fraction(24)).segments == (range(95),)
    assert Cut.of(97, Fraction(24)).segments == (range(48), range(48, 97))
    assert Cut.of(96, Fraction(24000, 1001)).segments == (range(48), range(48, 96))
    assert Cut.of(97, Fraction(24)).longest == 49


@pytest.mark.parametrize("segment", [1.9, "4", float("nan"), float("inf"), True, -3])
def test_segments_of_less_than_two_seconds_are_refused(segment):
    with pytest.raises(OptionError, match="segment must be 2 seconds or more"):
        as_seconds(segment)


@pytest.mark.parametrize("workers", [0, 1.5, "2", True, 65])
def test_workers_are_counted(workers):
    with pytest.raises(OptionError, match="workers must be a whole number from 1 to 64"):
        as_segmenting(None, workers, False)


@pytest.mark.parametrize("resume", ["", 1, None])
def test_resume_is_a_switch_or_a_name(resume):
    with pytest.raises(OptionError, match="resume must be True, False, or a name"):
        as_segmenting(None, 1, resume)


def test_without_a_word_the_film_is_in_one_piece():
    assert as_segmenting(None, 1, False) is None
    named = as_segmenting(None, 2, "mine")
    assert (named.seconds, named.workers, named.resume, named.key) == (LEAST_SECONDS, 2, True, "mine")
    assert as_segmenting(3, 1, False).seconds == 3

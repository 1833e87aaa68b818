"""Templates show what a moment holds, and fail at once where they name anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuanim.chrome._base import Moment
from gpuanim.chrome.text import FIELDS, as_text
from gpuanim.errors import OptionError, SourceError

FIFTH = Moment(frame=9, n_frames=40, step=4, n_steps=18, time=0.375, share=0.25)


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("step {step} of {steps}", "step 5 of 18"),
        ("{frame:03d}/{frames}", "010/40"),
        ("{time:.1f} s, {share:.2f}", "0.4 s, 0.25"),
        ("{{braces}} {step}", "{braces} 5"),
        ("$x_{{max}}$, {step}", "$x_{max}$, 5"),
        ("{step:>4}", "   5"),
    ],
)
def test_fields_count_from_one(template, shown):
    text = as_text(template)
    assert text.at(FIFTH) == shown
    assert not text.still


def test_a_text_without_fields_is_still_and_its_braces_are_single():
    text = as_text("a {{b}}\nc")
    assert text.still
    assert text.at(FIFTH) == text.tallest == "a {b}\nc"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{stap}", "names {stap}, but there are {step}"),
        ("{tim}", "but there are {time}"),
        ("{}", "names {}"),
        ("{0}", "names {0}"),
        ("{step.real}", "names {step.real}"),
        ("{step[0]}", "names {step"),
        ("$x_{max}$", "double braces that are meant literally, as in {{max}}"),
        ("{step:{frame}}", "cannot format {step}"),
        ("{step!r}", "cannot format {step}"),
        ("{time:d}", "cannot format {time}"),
        ("{", "is no template"),
        ("}", "is no template"),
    ],
)
def test_other_fields_fail_at_once(template, message):
    with pytest.raises(OptionError) as raised:
        as_text(template, "title")
    assert message in str(raised.value)
    assert str(raised.value).startswith("title: ")


@pytest.mark.parametrize("value", [3, None, [], ["a", 3], {}])
def test_what_is_no_text(value):
    with pytest.raises(OptionError, match="caption must be a str, a callable"):
        as_text(value, "caption")


@pytest.mark.parametrize(("field", "option"), [("steps", "n_steps"), ("frames", "n_frames")])
def test_lengths_that_nobody_knows(field, option):
    text = as_text(f"{{{field}}}", "title")
    text.check(3, 3)
    with pytest.raises(OptionError, match=f"names {{{field}}}.*give {option}"):
        text.check(None, None)
    as_text("{step} {frame} {time}").check(None, None)


def test_one_text_per_step():
    text = as_text(["one", "two {step}\nlines"], "title")
    assert text.at(Moment(7, None, 1, None, 0.1)) == "two {step}\nlines"
    assert text.tallest == "two {step}\nlines"
    text.check(2, 60)
    text.check(None, None)
    with pytest.raises(OptionError, match="the film has 3, and 2 came"):
        text.check(3, 60)
    with pytest.raises(OptionError, match="the film has 5, and 2 came"):
        text.at(FIFTH)


def test_callables_are_given_the_moment():
    assert as_text(lambda moment: f"{moment.step + moment.share}").at(FIFTH) == "4.25"


def test_callables_that_fail_or_return_no_text():
    with pytest.raises(SourceError, match="callable of title failed at frame 9: division by zero") as raised:
        as_text(lambda moment: str(1 / 0), "title").at(FIFTH)
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    with pytest.raises(SourceError, match="must return a str, not 4"):
        as_text(lambda moment: moment.step, "title").at(FIFTH)


def test_a_text_stays_what_it_is():
    text = as_text("{step}")
    assert as_text(text) is text


@given(st.text().filter(lambda text: not any(f"{{{field}" in text for field in FIELDS)))
def test_any_text_is_shown_when_its_braces_are_doubled(string):
    doubled = string.replace("{", "{{").replace("}", "}}")
    text = as_text(doubled)
    assert text.still
    assert text.at(FIFTH) == string

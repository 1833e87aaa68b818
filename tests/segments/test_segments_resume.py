"""A film that was killed goes on where it was, and is the same film."""

from __future__ import annotations

import random
import time

import pytest

from gpuanim.segments.journal import kept_folder

SEGMENT = 10  # frames: two seconds at five a second
N = 60


@pytest.fixture(scope="module")
def uninterrupted(saver, tmp_path_factory):
    """Return a film that nobody killed."""
    target = tmp_path_factory.mktemp("whole") / "film.mp4"
    told = saver.save(target=target, resume="sines")
    assert told["steps"] == list(range(N))
    assert told["done"]["frames"] == N
    return target


def whole_segments(target):
    folder = kept_folder(target)
    return sorted(p.name for p in folder.iterdir() if p.suffix != ".part") if folder.exists() else []


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_five_random_moments(saver, uninterrupted, tmp_path, workers):
    target = tmp_path / "film.mp4"
    chance = random.Random(workers)
    asked = []
    for _ in range(5):
        left = N - SEGMENT * len(whole_segments(target))
        wait = iter(range(chance.randrange(15)))  # steps, few enough that something is left for the others

        def now(step, _, wait=wait):
            if next(wait, None) is not None:
                return False
            time.sleep(chance.random() / 100)
            return True

        told = saver.save(now, target=target, resume="sines", workers=workers, pause=0.005)
        asked.append(told["steps"])
        assert len(told["steps"]) <= left, "what is there is not made again"
        assert told["killed"]
        assert "done" not in told
        assert not target.exists()
    told = saver.save(target=target, resume="sines", workers=workers)
    assert target.read_bytes() == uninterrupted.read_bytes()
    assert list(tmp_path.iterdir()) == [target], "nothing is left"
    assert len(asked) == 5
    assert whole_segments(target) == []


def test_only_what_is_missing_is_made(saver, uninterrupted, tmp_path):
    target = tmp_path / "film.mp4"
    saver.save(lambda step, t: len(whole_segments(t)) >= 2, target=target, resume="sines", pause=0.01)
    there = whole_segments(target)
    assert 2 <= len(there) < 6
    told = saver.save(target=target, resume="sines")
    assert told["steps"] == list(range(SEGMENT * len(there), N))
    assert told["done"]["notes"] == [f"{len(there)} of 6 segments were there from an earlier run"]
    assert target.read_bytes() == uninterrupted.read_bytes()


def test_a_segment_in_the_middle_is_made_again(saver, uninterrupted, tmp_path):
    target = tmp_path / "film.mp4"
    saver.save(lambda step, t: len(whole_segments(t)) >= 4, target=target, resume="sines", pause=0.01)
    there = len(whole_segments(target))
    torn = kept_folder(target) / "0001" / "film.mp4"
    torn.write_bytes(torn.read_bytes()[:-1])
    told = saver.save(target=target, resume="sines")
    assert told["steps"] == [*range(SEGMENT, 2 * SEGMENT), *range(SEGMENT * there, N)]
    assert target.read_bytes() == uninterrupted.read_bytes()


@pytest.mark.parametrize("change", [{"shift": 1.0}, {"resume": "others"}, {"crf": 30}])
def test_segments_of_another_film_are_never_used(saver, tmp_path, change):
    target, plain = tmp_path / "film.mp4", tmp_path / "plain.mp4"
    saver.save(lambda step, t: len(whole_segments(t)) >= 3, target=target, resume="sines")
    assert len(whole_segments(target)) >= 3
    order = {"target": target, "resume": "sines"} | change
    told = saver.save(**order)
    assert told["steps"] == list(range(N))
    assert told["done"]["notes"] == []
    saver.save(**(order | {"target": plain}))
    assert target.read_bytes() == plain.read_bytes()


def test_an_older_film_stays_until_the_new_one_is_whole(saver, tmp_path):
    target = tmp_path / "film.mp4"
    target.write_text("old")
    saver.save(lambda step, t: step == 30, target=target, resume="sines")
    assert target.read_text() == "old"


@pytest.mark.parametrize("name", ["film.mkv", "%03d.png"])
def test_other_formats(saver, tmp_path, name):
    whole, target = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    target.mkdir()
    saver.save(target=whole / name, resume="sines")
    told = saver.save(lambda step, t: len(whole_segments(t)) >= 2, target=target / name, resume="sines")
    assert told["killed"]
    told = saver.save(target=target / name, resume="sines")
    assert len(told["steps"]) < N
    found, expected = ({p.name: p.read_bytes() for p in folder.iterdir()} for folder in (target, whole))
    assert found == expected


def test_a_killed_join_is_joined_again(saver, uninterrupted, tmp_path):
    target = tmp_path / "film.mp4"
    saver.save(lambda step, t: step == N - 1, target=target, resume="sines")
    told = saver.save(target=target, resume="sines")
    assert told["steps"] == [] or told["steps"][-1] == N - 1
    assert target.read_bytes() == uninterrupted.read_bytes()


def test_two_runs_of_one_film(saver, tmp_path):
    from gpuanim.segments.journal import kept_journal

    target = tmp_path / "film.mp4"
    with kept_journal(target, "", "film.mp4"):
        told = saver.save(target=target, resume="sines")
    assert "another process is writing" in told["error"]
    assert told["steps"] == []


def test_what_cannot_be_told_apart_is_refused_before_the_first_frame(saver, tmp_path):
    told = saver.save(target=tmp_path / "film.mp4", resume=True)
    assert 'resume="name"' in told["error"]
    assert told["steps"] == []
    assert list(tmp_path.iterdir()) == []

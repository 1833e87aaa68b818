"""What is kept of a film: whole segments of this film, and nothing else."""

from __future__ import annotations

import json
import shutil

import pytest

from gpuanim.errors import TargetError
from gpuanim.segments.journal import Journal, kept_folder, kept_journal, passing_journal

FRAMES = range(10, 20)


def put(journal, number=1, frames=FRAMES, content=b"segment"):
    path = journal.begin(number)
    path.write_bytes(content)
    journal.complete(number, frames, path)
    return journal.path(number)


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path, "abc", "film.mp4")


def test_a_segment_is_there_once_it_is_complete(journal):
    assert not journal.holds(1, FRAMES)
    path = journal.begin(1)
    path.write_bytes(b"segment")
    assert not journal.holds(1, FRAMES)
    assert not journal.path(1).exists()
    journal.complete(1, FRAMES, path)
    assert journal.holds(1, FRAMES)
    assert journal.path(1).read_bytes() == b"segment"
    assert not journal.holds(0, FRAMES)
    assert not journal.holds(1, range(10, 21))


def test_those_of_another_film_are_not_used(journal, tmp_path):
    put(journal)
    assert not Journal(tmp_path, "abd", "film.mp4").holds(1, FRAMES)
    put(journal, content=b"new")
    assert journal.path(1).read_bytes() == b"new"


@pytest.mark.parametrize(
    "damage", ["short", "other", "gone", "more", "empty", "half", "words", "list", "none"]
)
def test_what_a_crash_tore_is_not_used(journal, damage):
    path = put(journal)
    manifest = path.with_name("segment.json")
    if damage == "short":
        path.write_bytes(b"segm")
    elif damage == "other":
        path.write_bytes(b"segmenT")
    elif damage == "gone":
        path.unlink()
    elif damage == "more":
        path.with_name("other.mp4").write_bytes(b"x")
    elif damage == "none":
        manifest.unlink()
    else:
        text = manifest.read_text()
        torn = {"empty": "", "half": text[: len(text) // 2], "words": json.dumps({"frames": 3}), "list": "[]"}
        manifest.write_text(torn[damage])
    assert not journal.holds(1, FRAMES)
    put(journal)
    assert journal.holds(1, FRAMES)


def test_a_sweep_leaves_the_segments_only(journal, tmp_path):
    put(journal, 0, range(10))
    put(journal, 7)
    journal.begin(1).write_bytes(b"killed here")
    (tmp_path / "foreign.mp4").write_bytes(b"x")
    journal.sweep(range(5))
    assert [path.name for path in tmp_path.iterdir()] == ["0000"]


def test_a_segment_begun_again_leaves_no_parts_of_its_own(journal, tmp_path):
    journal.begin(1).write_bytes(b"killed here")
    put(journal)
    assert [path.name for path in tmp_path.iterdir()] == ["0001"]


def test_segments_stay_after_a_failure_and_go_after_a_success(tmp_path):
    target = tmp_path / "film.mp4"

    def fail():
        with kept_journal(target, "abc", "film.mp4") as journal:
            put(journal)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert kept_folder(target).name == ".film.mp4.segments"
    with kept_journal(target, "abc", "film.mp4") as journal:
        assert journal.holds(1, FRAMES)
    assert list(tmp_path.iterdir()) == []


def test_two_runs_at_once(tmp_path):
    target = tmp_path / "film.mp4"
    with kept_journal(target, "abc", "film.mp4") as journal:
        put(journal)
        with (
            pytest.raises(TargetError, match=r"another process is writing .*film\.mp4"),
            kept_journal(target, "abc", "film.mp4"),
        ):
            pass
        with kept_journal(tmp_path / "other.mp4", "abc", "film.mp4"):
            pass
        assert journal.holds(1, FRAMES), "who was refused has removed nothing"
    with kept_journal(target, "abc", "film.mp4"):
        pass


def test_the_lock_is_that_of_the_folder_that_is_there(tmp_path):
    target = tmp_path / "film.mp4"
    with kept_journal(target, "abc", "film.mp4"):
        shutil.rmtree(kept_folder(target))
        with kept_journal(target, "abc", "film.mp4") as journal:
            put(journal)


def test_a_folder_that_cannot_be_made(tmp_path):
    target = tmp_path / "film.mp4"
    kept_folder(target).write_text("a file")
    with pytest.raises(TargetError, match="cannot keep segments in"), kept_journal(target, "", "film.mp4"):
        pass


def test_patterns_have_folders_that_are_none(tmp_path):
    assert kept_folder(tmp_path / "%03d.png").name == "._03d.png.segments"
    with passing_journal(tmp_path / "new" / "%03d.png", "", "%d.png") as journal:
        assert "%" not in str(journal.path(0).parent)
    assert list(tmp_path.iterdir()) == []

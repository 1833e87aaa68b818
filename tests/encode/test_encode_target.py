from __future__ import annotations

import os
import subprocess
import sys

import pytest

from gpuanim.encode.h264 import H264
from gpuanim.encode.target import Part, PartFolder, _hidden, check_target, clean_stale, publish
from gpuanim.errors import TargetError


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "is a folder; give a file in it"),
        ("missing/film.mp4", "does not exist; create it first"),
        ("file/film.mp4", "is a file, not a folder"),
        ("file/sub/film.mp4", "a part of its path is a file"),
        ("x" * 300 + ".mp4", "choose another name"),
        ("nul\0.mp4", "choose another name"),
    ],
)
def test_targets_that_cannot_be_written(tmp_path, name, text):
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetError, match=text):
        check_target(tmp_path / name)


def test_a_bad_target_is_found_before_the_first_frame(tmp_path, make_spec):
    with pytest.raises(TargetError, match="does not exist; create it first"):
        H264().open(tmp_path / "missing" / "film.mp4", make_spec())


def test_device():
    with pytest.raises(TargetError, match="device or a pipe"):
        check_target("/dev/null")


# Others are in test_encode_lost.py, for every kind of writer; here the film is decoded again.
NAMES = [
    "100%_%03d %d.mp4",
    "pipe:0.mp4",
    "two\nlines '\".mp4",
    "." + "x" * 240 + ".mp4",
    "\u65e5" * 80 + ".mp4",
]


@pytest.mark.parametrize("name", NAMES)
def test_odd_names(tmp_path, make_spec, grey, decode, name):
    spec, path = make_spec(), tmp_path / name
    for value in (50, 100):  # the second time something is replaced
        with H264().open(path, spec) as writer:
            writer.write(grey(spec, value))
    assert list(tmp_path.iterdir()) == [path]
    assert len(decode(path).frames) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "latest.mp4"
    link.symlink_to(tmp_path / "real" / "film.mp4")
    part = Part(check_target(link))
    part.path.write_text("new")
    part.commit()
    assert link.is_symlink()
    assert (tmp_path / "real" / "film.mp4").read_text() == "new"


def test_permissions_follow_the_umask(tmp_path):
    part = Part(check_target(tmp_path / "film.mp4"))
    mask = os.umask(0)
    os.umask(mask)
    assert part.path.stat().st_mode & 0o777 == 0o666 & ~mask
    part.discard()


@pytest.mark.skipif(os.name != "posix", reason="process ids are not checked there")
def test_stale_parts_of_dead_processes_only(tmp_path):
    target = tmp_path / "film.mp4"
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    live = _hidden(target, ".mp4")
    for name, goes in {
        live.name: False,
        live.name.replace(str(os.getpid()), str(dead.pid)): True,
        live.name.replace(f".{os.getpid()}-", f".{dead.pid}-0"): False,  # of another machine
        live.name.replace("film", "film2").replace(str(os.getpid()), str(dead.pid)): False,
        f".film.{dead.pid}.mp4": False,
    }.items():
        path = tmp_path / name
        path.write_text("")
        clean_stale(target)
        assert path.exists() is not goes
        path.unlink(missing_ok=True)
    folder = tmp_path / _hidden(target, "").name.replace(str(os.getpid()), str(dead.pid))
    folder.mkdir()
    (folder / "x").write_text("")
    clean_stale(target)
    assert not folder.exists()


def test_publish_all_or_nothing(tmp_path):
    new, olds = [], []
    for i in range(3):
        new.append(tmp_path / f"new{i}")
        new[-1].write_text(f"new{i}")
        olds.append(tmp_path / f"old{i}")
    olds[0].write_text("old0")
    olds[2].mkdir()
    with pytest.raises(TargetError, match=r"complete but cannot be moved to .*old2"):
        publish(list(zip(new, olds, strict=True)))
    assert olds[0].read_text() == "old0"
    assert not olds[1].exists()
    olds[2].rmdir()
    new[0].write_text("new0")
    new[1].write_text("new1")
    publish(list(zip(new, olds, strict=True)))
    assert [old.read_text() for old in olds] == ["new0", "new1", "new2"]
    assert sorted(tmp_path.iterdir()) == olds


def test_part_folder_removes_what_it_made(tmp_path):
    folder = PartFolder(tmp_path / "stills" / "%d.png", make=True)
    assert folder.path.is_dir()
    folder.discard()
    assert not list(tmp_path.iterdir())
    with pytest.raises(TargetError, match="does not exist"):
        PartFolder(tmp_path / "a" / "b" / "%d.png", make=True)

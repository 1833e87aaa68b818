"""What is read of the machine's and the container's memory."""

from __future__ import annotations

import pytest

from gpuanim import _memory

MEMINFO = "MemTotal:  200 kB\nMemAvailable:   100 kB\nHugePages_Total: 0\n"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text(MEMINFO)
    (tmp_path / "sys/fs/cgroup/memory").mkdir(parents=True)
    return tmp_path


def test_of_the_machine(root):
    assert _memory.available(root) == 100 * 1024


@pytest.mark.parametrize(
    ("limit", "left"),
    [("max", 102_400), ("50000", 50_000 - 30_000 + 8_000), ("9000", 0), ("500000", 102_400)],
)
def test_of_a_container(root, limit, left):
    folder = root / "sys/fs/cgroup"
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text("30000\n")
    (folder / "memory.stat").write_text("anon 20000\ninactive_file 8000\n")
    assert _memory.available(root) == left


def test_of_an_older_container(root):
    folder = root / "sys/fs/cgroup/memory"
    (folder / "memory.limit_in_bytes").write_text("50000\n")
    (folder / "memory.usage_in_bytes").write_text("30000\n")
    (folder / "memory.stat").write_text("inactive_file 1\ntotal_inactive_file 8000\n")
    assert _memory.available(root) == 28_000


def test_of_other_systems(tmp_path, monkeypatch):
    monkeypatch.setattr("os.sysconf", {"SC_PHYS_PAGES": 7, "SC_PAGE_SIZE": 4096}.__getitem__)
    assert _memory.available(tmp_path) == 7 * 4096
    monkeypatch.setattr("os.sysconf_names", {})
    assert _memory.available(tmp_path) is None


def test_here():
    assert (_memory.available() or 1) > 0

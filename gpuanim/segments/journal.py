"""Segments on disk: each is there whole or not at all, and says itself which film it belongs to.

A segment is a folder, `0007` for the eighth: its files, and `segment.json` with the fingerprint of the film,
its frames, and the size and hash of each file. It is written under another name and renamed when it is
complete, so a run that is killed leaves whole segments and rubbish, and the next one can tell them apart.
What a crash of the machine tore has another hash, and counts as rubbish.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from gpuanim.encode.target import PartFolder, check_target
from gpuanim.errors import TargetError

__all__ = ["Journal", "kept_folder", "kept_journal", "passing_journal"]

_MANIFEST = "segment.json"
_HASH_BYTES = 1 << 20


class Journal:
    """The segments of one film in a folder.

    Parameters
    ----------
    folder
        Of this run alone, as long as it lasts.
    fingerprint
        Of data, settings and version; segments with another one are not of this film.
    name
        Of a segment's file, or the pattern of its files.
    """

    def __init__(self, folder: Path, fingerprint: str, name: str) -> None:
        self._folder, self._fingerprint, self.name = folder, fingerprint, name

    def path(self, number: int) -> Path:
        """Return the file of a segment, which is there once it is complete."""
        return self._place(number) / self.name

    def begin(self, number: int) -> Path:
        """Return the file to write a segment to."""
        self._drop_parts(number)
        part = self._folder / f"{number:04d}.{secrets.token_hex(4)}.part"
        part.mkdir()
        return part / self.name

    def complete(self, number: int, frames: range, path: Path) -> None:
        """Put a segment that was written to `path` into its place."""
        part = path.parent
        files = {file.name: _facts(file) for file in sorted(part.iterdir())}
        told = {
            "fingerprint": self._fingerprint, "frames": [frames.start, frames.stop], "files": files
        }  # fmt: skip
        (part / _MANIFEST).write_text(json.dumps(told, indent=1), encoding="utf-8")
        shutil.rmtree(self._place(number), ignore_errors=True)
        part.rename(self._place(number))

    def holds(self, number: int, frames: range) -> bool:
        """Say whether a segment is there: complete, of this film, and as it was written."""
        place = self._place(number)
        try:
            told = json.loads((place / _MANIFEST).read_text(encoding="utf-8"))
            if told["fingerprint"] != self._fingerprint or told["frames"] != [frames.start, frames.stop]:
                return False
            found = {file.name for file in place.iterdir()} - {_MANIFEST}
            if not found or found != set(told["files"]):
                return False
            return all(_facts(place / name) == facts for name, facts in told["files"].items())
        except (OSError, ValueError, TypeError, KeyError):
            return False

    def sweep(self, keep: range) -> None:
        """Remove all but the segments of these numbers."""
        wanted = {self._place(number).name for number in keep}
        for entry in self._folder.iterdir():
            if entry.name not in wanted:
                _remove(entry)

    def _drop_parts(self, number: int) -> None:
        for old in self._folder.glob(f"{number:04d}.*.part"):
            _remove(old)

    def _place(self, number: int) -> Path:
        return self._folder / f"{number:04d}"


def _facts(file: Path) -> list[int | str]:
    """Return the size and the hash of a file."""
    digest = hashlib.blake2b(digest_size=16)
    with file.open("rb") as opened:
        while block := opened.read(_HASH_BYTES):
            digest.update(block)
    return [file.stat().st_size, digest.hexdigest()]


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        with suppress(OSError):
            entry.unlink()


def kept_folder(target: Path) -> Path:
    """Return the hidden folder beside `target` that keeps its segments."""
    return target.with_name(f".{_plain(target).name}.segments")


def _plain(target: Path) -> Path:
    """Return a name without percent signs: pictures are numbered where there are any."""
    return target.with_name(target.name.replace("%", "_"))


@contextmanager
def passing_journal(target: Path, fingerprint: str, name: str) -> Iterator[Journal]:
    """Keep segments as long as the block lasts."""
    folder = PartFolder(_plain(target.absolute()), make=True)
    try:
        yield Journal(folder.path, fingerprint, name)
    finally:
        folder.discard()


@contextmanager
def kept_journal(target: Path, fingerprint: str, name: str) -> Iterator[Journal]:
    """Keep segments until the block ends well: after an exception they stay for the next run.

    Raises
    ------
    TargetError
        If another process is at work on the same film, or nothing can be written there.
    """
    folder = kept_folder(target.absolute())
    with ExitStack() as held:
        _make(folder)
        held.enter_context(_locked(folder, target))
        journal = Journal(folder, fingerprint, name)
        yield journal
        _remove(folder)


def _make(folder: Path) -> None:
    if not folder.parent.exists():  # as for the pictures of a pattern, one folder is made
        check_target(folder.parent)
    try:
        folder.parent.mkdir(exist_ok=True)
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise TargetError(f"cannot keep segments in {folder}: {error.strerror}; move it away") from error


@contextmanager
def _locked(folder: Path, target: Path) -> Iterator[None]:
    """Keep other processes away from the folder, where the system can; a killed process holds nothing."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    while True:
        handle = os.open(folder, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise TargetError(
                    f"another process is writing {target} with resume; wait for it, or choose another target"
                ) from None
            except OSError:  # some network file systems have no locks
                pass
            if _same(handle, folder):
                yield
                return
        finally:
            os.close(handle)
        folder.mkdir(exist_ok=True)  # the run that held the lock has finished, and removed the folder


def _same(handle: int, folder: Path) -> bool:
    with suppress(OSError):
        return os.path.samestat(os.fstat(handle), folder.stat())
    return False

"""Where a film goes: checks before the first frame, hidden files while it is made, one move at the end."""

from __future__ import annotations

import os
import platform
import re
import secrets
import shutil
import sys
import weakref
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

from gpuanim.errors import TargetError

__all__ = ["Part", "PartFolder", "check_target", "clean_stale", "publish"]

_NAME_MAX = 255
"""Bytes that common file systems allow for a name."""


def check_target(target: str | Path) -> Path:
    """Return the file to write, links followed, or say why nothing can be written there.

    Raises
    ------
    TargetError
        If the target is a folder or a device, or its folder is missing or read-only.
    """
    try:
        return _checked(Path(target))
    except TargetError:
        raise
    except (OSError, ValueError) as error:  # a name too long, a loop of links, a NUL byte
        raise TargetError(f"cannot write {str(target)!r}: {error}; choose another name") from error


def _checked(target: Path) -> Path:
    # The file behind a link is replaced, not the link: people keep "latest.mp4" pointing somewhere.
    real = Path(os.path.realpath(target))
    if "\0" in str(target) or len(os.fsencode(real.name)) > _NAME_MAX:
        raise ValueError("the name is too long or holds a NUL byte")
    if real.is_dir():
        raise TargetError(f"{target} is a folder; give a file in it, such as {target / 'film.mp4'}")
    if real.exists() and not real.is_file():
        raise TargetError(f"{target} is a device or a pipe; films are written to files")
    check_folder(real.parent)
    return real


def check_folder(folder: Path) -> None:
    """Raise `TargetError` unless files can be made in `folder`."""
    if not folder.exists():
        if any(parent.is_file() for parent in folder.parents):
            raise TargetError(f"the folder {folder} cannot exist: a part of its path is a file")
        raise TargetError(f"the folder {folder} does not exist; create it first (mkdir -p)")
    if not folder.is_dir():
        raise TargetError(f"{folder} is a file, not a folder; choose another target")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise TargetError(f"the folder {folder} is not writable; choose another, or change its mode")


class Part:
    """A hidden file beside the target, with the same suffix; a finished film is moved onto the target.

    Parameters
    ----------
    target
        As `check_target` returns it.
    """

    def __init__(self, target: Path) -> None:
        clean_stale(target)
        self.target = target
        self.path = _hidden(target, target.suffix)
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except OSError as error:
            raise TargetError(f"cannot write to {target.parent}: {error.strerror}") from error
        self._remove = weakref.finalize(self, _remove, self.path, os.getpid())

    def commit(self) -> None:
        """Move the file onto the target, in one step."""
        try:
            os.replace(self.path, self.target)
        except OSError as error:
            raise _move_error(self.target, error) from error
        self._remove.detach()

    def discard(self) -> None:
        """Remove the file if it is still there; never raises."""
        self._remove()


class PartFolder:
    """A hidden folder in the target's folder, for films of several files.

    Parameters
    ----------
    target
        Names the film; its folder is made if only that one is missing and `make` is set.
    """

    def __init__(self, target: Path, *, make: bool = False) -> None:
        made = target.parent if make and not target.parent.exists() else None
        check_folder(target.parent if made is None else made.parent)
        try:
            target.parent.mkdir(exist_ok=True)
            clean_stale(target)
            self.path = _hidden(target, "")
            self.path.mkdir()
        except OSError as error:
            raise TargetError(f"cannot write to {target.parent}: {error.strerror}") from error
        self._remove = weakref.finalize(self, _remove, self.path, os.getpid(), made)

    def publish(self, moves: Sequence[tuple[Path, Path]]) -> None:
        """Move all files of `moves` (from, to), or none, and remove the folder."""
        publish(moves)
        self._remove()

    def discard(self) -> None:
        """Remove the folder and what it holds, and the one it was made in if it is empty; never raises."""
        self._remove()


def _remove(path: Path, owner: int, folder: Path | None = None) -> None:
    if os.getpid() != owner:  # a forked child has a copy of everything, but the film is not its own
        return
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if folder is not None:
        with suppress(OSError):  # it is not empty after a success, or when others put files there
            folder.rmdir()


def publish(moves: Sequence[tuple[Path, Path]]) -> None:
    """Move several finished files onto their targets; if one fails, put the old ones back.

    Two films that are published at once come one after the other, so that their files do not mix.

    Raises
    ------
    TargetError
        Naming the file that could not be replaced.
    """
    with _alone({target.parent for _, target in moves}):
        _publish(moves)


def _publish(moves: Sequence[tuple[Path, Path]]) -> None:
    backups: list[tuple[Path, Path | None]] = []
    try:
        for source, target in moves:
            backups.append((target, _back_up(target)))
            os.replace(source, target)
    except BaseException as error:
        _restore(backups)
        if isinstance(error, OSError):
            raise _move_error(backups[-1][0] if backups else moves[0][1], error) from error
        raise
    for _, backup in backups:
        if backup is not None:
            backup.unlink(missing_ok=True)


@contextmanager
def _alone(folders: set[Path]) -> Iterator[None]:
    """Keep other threads and processes out of `_publish` to the same folders, where the system can."""
    with ExitStack() as held:
        if sys.platform != "win32":
            import fcntl

            for folder in sorted(folders):  # in one order, so that no two wait for each other
                with suppress(OSError):  # some network file systems have no locks
                    handle = os.open(folder, os.O_RDONLY)
                    held.callback(os.close, handle)
                    fcntl.flock(handle, fcntl.LOCK_EX)
                    held.callback(fcntl.flock, handle, fcntl.LOCK_UN)  # a forked child has the handle, too
        yield


def _back_up(target: Path) -> Path | None:
    if not target.is_file():
        return None
    backup = _hidden(target, target.suffix)
    try:
        os.link(target, backup)
    except OSError:  # a file system without hard links
        shutil.copy2(target, backup)
    return backup


def _restore(backups: list[tuple[Path, Path | None]]) -> None:
    for target, backup in reversed(backups):
        with suppress(OSError):
            if backup is None:
                target.unlink(missing_ok=True)
            else:
                os.replace(backup, target)
                backup.unlink(missing_ok=True)  # rename does nothing between links of one file


def _move_error(target: Path, error: OSError) -> TargetError:
    return TargetError(
        f"the film is complete but cannot be moved to {target}: {error.strerror}; "
        "close the programs that have the old file open, and try again"
    )


@cache
def _place() -> str:
    """Eight digits for this machine and process namespace: elsewhere a process id means nothing."""
    namespace = ""
    with suppress(OSError):
        namespace = os.readlink("/proc/self/ns/pid")
    return f"{zlib.crc32(f'{platform.node()} {namespace}'.encode()):08x}"


def _hidden(target: Path, suffix: str) -> Path:
    mark = f".{os.getpid()}-{_place()}{secrets.token_hex(4)}.part{suffix}"
    return target.with_name(f".{_short_stem(target)}{mark}")


def _short_stem(target: Path) -> str:
    """Return the stem, cut so that the hidden name still fits the file system."""
    return os.fsdecode(os.fsencode(target.stem)[: _NAME_MAX - 60 - len(os.fsencode(target.suffix))])


def clean_stale(target: Path) -> None:
    """Remove what killed processes of this machine left beside `target`; never raises."""
    if os.name != "posix":  # os.kill(pid, 0) would end a process on Windows
        return
    with suppress(OSError):
        for path in _stale(target):
            _remove(path, os.getpid())


def _stale(target: Path) -> Iterator[Path]:
    stem = re.escape(_short_stem(target))
    name = re.compile(rf"\.{stem}\.(\d+)-{_place()}[0-9a-f]{{8}}\.part(\..*)?", re.DOTALL)
    for path in list(target.parent.iterdir()):
        found = name.fullmatch(path.name)
        if found and not _alive(int(found[1])):
            yield path


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # of another user
        return True
    return True

"""The hidden file in which an output is collected: made safely, locked, and found again by the run that resumes it.

    .scored.jsonl.<digest of the run's key>.<random>.partial

Nobody can plant what a run opens: a new file has a random name and is created by O_EXCL; one that is there is opened
without following links, and only if it is a regular file of this user with one name. Whoever writes holds its lock, so
a second run into the same output is refused with the number of the process that is at work. The start itself is
guarded by a lock on the folder, so that of two runs that start together one sees the other.

On systems without `fcntl` (Windows) nothing is locked.
"""

import contextlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rewardkit.errors import ConfigError

BUFFER_BYTES = 1 << 18

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_PERMISSIONS = 0o777


class Partial(NamedTuple):
    """An open hidden file, at its end."""

    path: Path
    file: BinaryIO
    resumed: bool
    """True where it holds rows of a run that was stopped."""
    stale: tuple[Path, ...]
    """Hidden files that runs with other keys have left for the same output."""


class _Found(NamedTuple):
    path: Path
    digest: str
    file: BinaryIO


def open_partial(target: Path, name: str, digest: str, *, resume: bool) -> Partial:
    """Opens the hidden file of an output: the one that a stopped run has left where `resume` says so, else a new one.

    target  the output, which is no link
    name    how messages call it
    digest  of all that decides the blocks: a run is resumed under the same digest only
    raises  ConfigError where another process writes the output, for a resume under another digest, and for a start
            that would throw away rows; OSError
    """
    with contextlib.ExitStack() as opened, _locked_folder(target.parent):
        left = list(_left(target))
        for found in left:
            opened.enter_context(found.file)
        for found in left:
            if (holder := _lock(found.file)) is not None:
                raise ConfigError(f"{name}: {holder} is writing it; wait until it is done, or name another output")
        ours = [found for found in left if found.digest == digest]
        if resume and left and not ours:
            raise ConfigError(
                f"--resume: {left[0].path} was left by a run with another rubric, plugin or version; "
                "use the same ones, or start again without --resume"
            )
        if not resume and ours and (rows := sum(_complete_lines(found.file) for found in ours)):
            raise ConfigError(
                f"{name}: a run that was killed left {rows:,} rows in {ours[0].path}: add --resume to continue, or "
                "remove that file to start again"
            )
        stale = tuple(found.path for found in left if found.digest != digest)
        if resume and ours:
            kept, *doubled = sorted(ours, key=lambda found: -os.fstat(found.file.fileno()).st_size)
            file = os.fdopen(os.dup(kept.file.fileno()), "r+b", buffering=BUFFER_BYTES)  # shares the lock
            cut_torn_line(file)
            return Partial(kept.path, file, True, (*stale, *(found.path for found in doubled)))
        for found in ours:
            found.path.unlink(missing_ok=True)
        path, file = create_hidden(target, f"{digest}.{secrets.token_hex(4)}.partial")
        _lock(file)
        return Partial(path, file, False, stale)


def create_hidden(target: Path, ending: str) -> tuple[Path, BinaryIO]:
    """A new hidden file beside an output, which will have the permissions of the file that it replaces.

    Where nothing is replaced the umask decides.

    raises  OSError, also where the file is there already
    """
    path = target.with_name(f".{target.name}.{ending}")
    replaced = _permissions(target)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_FOLLOW
    descriptor = os.open(path, flags, 0o666 if replaced is None else 0o600)
    if replaced is not None and hasattr(os, "fchmod"):
        os.fchmod(descriptor, replaced)
    return path, os.fdopen(descriptor, "r+b", buffering=BUFFER_BYTES)


def is_same_file(file: BinaryIO, path: Path) -> bool:
    """True where the open file still has this name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False


def _permissions(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode) & _PERMISSIONS
    except FileNotFoundError:
        return None


def _left(target: Path) -> Iterator[_Found]:
    """The hidden files of an output that stopped or running runs have left; what is not surely ours is passed over."""
    hidden = re.compile(rf"\.{re.escape(target.name)}\.([0-9a-f]{{12}})\.[0-9a-f]{{8}}\.partial")
    for entry in sorted(entry.name for entry in os.scandir(target.parent)):
        if not (match := hidden.fullmatch(entry)):
            continue
        path = target.with_name(entry)
        try:
            descriptor = os.open(path, os.O_RDWR | _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0))
        except OSError:
            continue
        found = os.fstat(descriptor)
        owner = os.geteuid() if hasattr(os, "geteuid") else found.st_uid
        if stat.S_ISREG(found.st_mode) and found.st_uid == owner and found.st_nlink == 1:
            yield _Found(path, match[1], os.fdopen(descriptor, "r+b", buffering=BUFFER_BYTES))
        else:
            os.close(descriptor)


def _lock(file: BinaryIO) -> str | None:
    """Locks an open file until it is closed; returns who holds it where somebody else does."""
    try:
        import fcntl  # noqa: PLC0415 - of POSIX
    except ImportError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(os.fstat(file.fileno()).st_ino)
    except OSError:  # a file system without locks
        return None
    return None


def _holder(inode: int) -> str:
    """The process that locks a file, as messages name it; only Linux tells its number."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            fields = line.split()
            if len(fields) > 5 and fields[1] == "FLOCK" and fields[5].endswith(f":{inode}") and int(fields[4]) > 0:
                return f"process {fields[4]}"
    return "another process"


@contextlib.contextmanager
def _locked_folder(folder: Path) -> Iterator[None]:
    """Waits until no other run starts to write into a folder."""
    try:
        import fcntl  # noqa: PLC0415 - of POSIX

        descriptor = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):  # Windows, and folders that may be written but not read
        yield
        return
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _complete_lines(file: BinaryIO) -> int:
    file.seek(0)
    return sum(piece.count(b"\n") for piece in iter(lambda: file.read(BUFFER_BYTES), b""))


def cut_torn_line(file: BinaryIO) -> None:
    """Drops what follows the last end of line, and leaves the position at the end."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - BUFFER_BYTES)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        end = start
        if newline >= 0:
            end += newline + 1
            break
    file.truncate(end)
    file.seek(end)

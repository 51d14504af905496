"""Files that tests and program share: each side has its own, and changes go with the calls, as bytes.

    tests write in.txt ── call f("in.txt") ──▶ the program's in.txt, which f reads
    tests read out.txt ◀── answer of the call ── the program's out.txt, which f wrote

Only regular files and folders below one folder are carried. The program is given what a value names that the tests
passed to it (a file, or a folder with all that is in it), and it changes nothing in the tests' folder but what it was
given and what it made. So it neither finds nor replaces a file with expected values that the tests keep beside it.
"""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from typing import Any

MOST_FILES = 512
MOST_BYTES = 8 << 20
"""Bytes of all files that are carried at once."""
MOST_STRINGS = 1000
"""Strings in the values of a call that are looked at."""
MODE = 0o777

Changes = dict[str, Any]
"""Text of a path below the folder → [mode, mtime in ns, bytes of a file, or None for a folder]; None: it is gone."""


class SharedFiles:
    """One side's files.

    root      the folder of what is shared
    private   paths that are not, such as of the tests' own text
    """

    def __init__(self, root: str, private: frozenset[str]) -> None:
        self.root = os.path.realpath(root)
        self._private = private
        self._known: Changes = {}

    def changes(self, wanted: Callable[[str], bool] = lambda _: True) -> Changes:
        """Changes since the last call, and since the last of the other side's.

        wanted    True for a path that the other side may have
        """
        now: Changes = {}
        budget = MOST_BYTES
        for path in self._paths():
            if len(now) >= MOST_FILES:
                break
            name = os.path.relpath(path, self.root)
            if path not in self._private and (name in self._known or wanted(path)):
                found = _read(path, budget) or self._known.get(name)  # one that cannot be read stays as it was
                if found is not None:
                    now[name] = found
                    budget -= len(found[2] or b"")
        changed: Changes = {name: entry for name, entry in now.items() if entry != self._known.get(name)}
        changed |= dict.fromkeys(sorted(self._known.keys() - now.keys(), reverse=True))
        self._known = now
        return changed

    def apply(self, changes: Any, *, may_replace: Callable[[str], bool] = lambda _: True) -> None:
        """Makes the other side's changes here. What cannot be made, or is not plain data of this form, is left out.

        may_replace  True for a path of something that this side has made and the other may change
        """
        for name, entry in list(changes.items())[:MOST_FILES] if type(changes) is dict else ():
            path = self._path(name)
            if path is None or (os.path.lexists(path) and not (name in self._known and may_replace(path))):
                continue
            with contextlib.suppress(OSError, ValueError, OverflowError):
                self._apply(name, path, entry)

    def _apply(self, name: str, path: str, entry: Any) -> None:
        match entry:
            case None:
                os.rmdir(path) if os.path.isdir(path) else os.unlink(path)
                self._known.pop(name, None)
            case [int(mode), int(), None]:
                os.makedirs(path, exist_ok=True)
                _describe(path, mode)
                self._known[name] = _read(path, 0) or entry
            case [int(mode), int(changed), bytes(data)]:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
                with open(handle, "wb") as file:
                    file.write(data)
                _describe(path, mode, changed)
                self._known[name] = _read(path, len(data)) or entry

    def _path(self, name: Any) -> str | None:
        """The path that a name stands for; None for one outside, behind a link, or private."""
        if type(name) is not str or "\0" in name or os.path.normpath(name) != name or name[:2] in ("", ".", "..", "//"):
            return None
        path = os.path.join(self.root, name)
        if os.path.isabs(name) or name.startswith("../") or path in self._private:
            return None
        return path if os.path.realpath(os.path.dirname(path)) == os.path.dirname(path) else None

    def _paths(self) -> Iterator[str]:
        """Folders, and what is in them, without what links lead to."""
        for folder, folders, files in os.walk(self.root):
            for name in sorted((*folders, *files)):
                yield os.path.join(folder, name)


def _describe(path: str, mode: int, changed: int | None = None) -> None:
    """Sets mode and time of change, where the sandbox lets anybody do that."""
    with contextlib.suppress(OSError):
        os.chmod(path, mode & MODE)
        if changed is not None:
            os.utime(path, ns=(changed, changed))


def _read(path: str, budget: int) -> list[Any] | None:
    """An entry of `Changes`; None for what is not carried, or has more than `budget` bytes."""
    try:
        found = os.lstat(path)
        if stat.S_ISDIR(found.st_mode):
            return [found.st_mode & MODE, 0, None]
        if not stat.S_ISREG(found.st_mode) or found.st_size > budget:
            return None
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            return [found.st_mode & MODE, found.st_mtime_ns, file.read(budget)]
    except OSError:
        return None

"""Decides which of the tests' files a program is given, and which it may change."""

import os
import sys
from collections.abc import Iterator
from typing import Any

from rewardkit_sandbox.guest.tests.shared_files import SharedFiles

MOST_STRINGS = 1000
"""Strings in the values of a call that are looked at."""
MOST_NAMED = 5000
WORK = "run"
"""The working directory, below the folder for temporary files."""


class TestFiles:
    """The driver's files: below the folder for temporary files, in which the working directory is, too.

    compared    names and texts of the tests that stand for files of which they compare one with another: a program
                may not change these. A file in the working directory then has to be passed to be seen
    own_files   names under which the task's own texts were compiled
    private     paths that are never shared
    """

    def __init__(self, compared: frozenset[str], own_files: set[str], private: frozenset[str]) -> None:
        self._compared = compared
        self._own_files = own_files
        self._files = SharedFiles(os.environ["TMPDIR"], private)
        self.root = self._files.root
        self._sent_cwd = self._first_cwd = os.getcwd()
        self._named: set[str] = set()
        self._above: set[str] = set()
        """Folders that hold what was named."""

    def name(self, values: Any) -> None:
        """Notes the paths that values passed to the program name, whether something is there or not."""
        for path in _paths_in(values, [MOST_STRINGS]):
            if path.startswith(f"{self.root}/") and path != self._first_cwd and len(self._named) < MOST_NAMED:
                self._named.add(path)
                self._above.update(_ancestors(path))

    def changes(self) -> list[Any]:
        """The working directory, below the root, and what changed in the files; empty where nothing did."""
        cwd = os.getcwd()
        if not self._compared or cwd != self._first_cwd:
            self._named.add(cwd)
            self._above.update(_ancestors(cwd))
        changed = self._files.changes(self._wanted)
        if not changed and cwd == self._sent_cwd:
            return []
        self._sent_cwd = cwd
        return [os.path.relpath(cwd, self.root) if cwd.startswith(f"{self.root}/") else WORK, changed]

    def _wanted(self, path: str) -> bool:
        if path in self._named or (path in self._above and os.path.isdir(path)):
            return True
        return not self._named.isdisjoint(_ancestors(path))

    def apply(self, changes: Any) -> None:
        """Makes the program's changes, but for those of files that the tests compare others with."""
        protected = set(self._compared_paths())
        self._files.apply(changes, may_replace=lambda path: path not in protected)

    def _compared_paths(self) -> Iterator[str]:
        """The paths that `compared` stands for in the function that is running."""
        if not self._compared:
            return
        frame = sys._getframe()  # noqa: SLF001 - the way to a caller's names
        while frame is not None and frame.f_code.co_filename not in self._own_files:
            frame = frame.f_back  # type: ignore[assignment]
        names = {**frame.f_globals, **frame.f_locals} if frame is not None else {}
        known: list[str] = []
        for name in self._compared:
            owner, _, attribute = name.partition(".")
            value = names.get(owner)
            value = vars(value).get(attribute) if attribute and hasattr(value, "__dict__") else value
            if isinstance(value, (str, os.PathLike)):
                known.append(str(value))
        texts = [name for name in self._compared if name not in names]
        for path in (*known, *texts, *(os.path.join(folder, text) for folder in known for text in texts)):
            if path and "\0" not in path:
                yield os.path.realpath(path)


def _ancestors(path: str) -> Iterator[str]:
    while len(path) > 1:
        path = os.path.dirname(path)
        yield path


def _paths_in(value: Any, left: list[int]) -> Iterator[str]:
    """Absolute paths that texts and paths in plain data may stand for; `left`: how many more are looked at."""
    if isinstance(value, (str, os.PathLike)):
        left[0] -= 1
        text = os.fspath(value)
        if isinstance(text, str) and 0 < len(text) < 1000 and "\0" not in text:
            yield os.path.realpath(text)
        return
    items = (*value, *value.values()) if isinstance(value, dict) else value
    if isinstance(items, (list, tuple, set, frozenset)):
        for item in items:
            if left[0] <= 0:
                return
            yield from _paths_in(item, left)

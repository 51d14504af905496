"""Redirects /tmp to the run's own folder, where nothing can be mounted there.

A convenience for programs that name such folders explicitly, by Python's own functions. Nothing rests on it:
the folders themselves stay closed, and whatever goes past these functions is refused.
"""

import builtins
import functools
import io
import os
import sys
from typing import Any

FOLDERS = ("/tmp", "/dev/shm")  # noqa: S108 - names that are led elsewhere
ONE_PATH = """
access chdir lchown listdir lstat mkdir open readlink remove rmdir scandir stat statvfs truncate unlink utime chmod
""".split()  # noqa: SIM905 - quoted names would read worse
TWO_PATHS = ("link", "rename", "replace", "symlink")


_led: dict[str, str] = {}
"""The folder that is used, by the one that is named."""


def redirect(folder: str) -> None:
    """From here on `FOLDERS` are `folder`, for this process and those that it forks."""
    _led.update({folder: folder, **dict.fromkeys(FOLDERS, folder)})


def lead(name: str, folder: str) -> None:
    """From here on the folder `name` is `folder`, before those that hold it."""
    if not _led:
        install()
    if "sqlite3" in sys.modules:
        _replace(sys.modules["sqlite3"], "connect", 1)
    others = dict(_led)
    _led.clear()
    _led.update({name: folder, **others})


def install() -> None:
    """Makes Python's functions ask; they go on as they did until `redirect` is called."""
    for name in ONE_PATH:
        _replace(os, name, 1)
    for name in TWO_PATHS:
        _replace(os, name, 2)
    _replace(io, "open", 1)
    builtins.open = io.open


def redirected(path: Any) -> Any:
    """The path that is used instead of `path`."""
    if not _led or not isinstance(path, (str, bytes, os.PathLike)):
        return path  # a descriptor, or what the function refuses by itself
    text = os.fsdecode(path)
    for name, folder in _led.items():
        if text == name or text.startswith(f"{name}/"):
            found = folder + text[len(name) :]
            return os.fsencode(found) if isinstance(os.fspath(path), bytes) else found
    return path


def _replace(module: Any, name: str, paths: int) -> None:
    original = getattr(module, name)

    @functools.wraps(original)
    def function(*args: Any, **kwargs: Any) -> Any:
        return original(*map(redirected, args[:paths]), *args[paths:], **kwargs)

    for kind in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
        if original in kind:
            kind.add(function)
    setattr(module, name, function)

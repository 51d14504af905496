"""Errors of the file system, as an OutputError that names the file and the fix."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from rewardkit.errors import OutputError

STDOUT = "standard output"
"""How messages call it."""


@contextlib.contextmanager
def os_errors_as_output_errors(name: str | Path) -> Iterator[None]:
    """Makes errors of the file system an OutputError about `name`; a pipe whose reader has left goes on as it is."""
    try:
        yield
    except OSError as error:
        raise output_error(name, error) from error


def output_error(name: str | Path, error: OSError) -> OutputError:
    """An error of the file system as the user reads it; raises a pipe whose reader has left as it is."""
    if isinstance(error, BrokenPipeError):
        raise error
    found = error.strerror or str(error)
    if name == STDOUT:
        return OutputError(f"{name}: cannot be written: {found}; send it elsewhere")
    folder = Path(name).parent
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        fix = "free some space, or name a file on another disk with -o"
    elif isinstance(error, FileNotFoundError):
        found, fix = f"there is no folder {str(folder)!r}", f"`mkdir -p {folder}` makes it"
    elif isinstance(error, NotADirectoryError):
        found, fix = f"{str(folder)!r} is not a folder", "name a file elsewhere with -o"
    else:
        fix = f"name a file that you may write with -o, or make {str(folder)!r} writable"
    return OutputError(f"{name}: cannot be written: {found}; {fix}")

"""Finds the Python that runs the programs, and its path inside the sandbox."""

import os
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from rewardkit_sandbox.errors import SandboxUnavailableError

INSIDE = "/opt/python"
OTHERS = ("/usr/bin/python3", "/usr/local/bin/python3")


@dataclass(frozen=True)
class Interpreter:
    """A Python that a sandbox can start."""

    prefix: str
    """Folder outside that holds it."""
    name: str
    """Path of the executable in that folder."""

    @property
    def bound(self) -> bool:
        """True if the prefix must be brought in beside /usr, which always is."""
        return not Path(self.prefix).is_relative_to("/usr")

    @property
    def path(self) -> str:
        """Path outside."""
        return f"{self.prefix}/{self.name}"

    @property
    def executable(self) -> str:
        """Path inside a sandbox that has a file system of its own."""
        return f"{INSIDE if self.bound else self.prefix}/{self.name}"

    @property
    def reachable(self) -> bool:
        """True if every user of the machine can read it: not so in a home of mode 0700."""
        folders = [Path(self.prefix), *Path(self.prefix).parents]
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def find_interpreter() -> Interpreter:
    """The interpreter that this process runs on, without its virtual environment: the standard library alone."""
    prefix = os.path.realpath(sys.base_prefix)
    return Interpreter(prefix, f"bin/python{sys.version_info.major}.{sys.version_info.minor}")


def find_reachable_interpreter() -> Interpreter:
    """Another one, recent enough, that every user can read. Raises SandboxUnavailableError."""
    for candidate in OTHERS:
        path = Path(os.path.realpath(candidate))
        version = re.fullmatch(r"python3\.(\d+)", path.name)
        found = Interpreter(str(path.parent.parent), f"bin/{path.name}")
        if version and int(version[1]) >= 11 and path.exists() and found.reachable:
            return found
    raise SandboxUnavailableError(
        f"only root can read the interpreter in {os.path.realpath(sys.base_prefix)}, and there is no other",
        "install a Python of 3.11 or newer into /usr, or move this one out of a home",
    )

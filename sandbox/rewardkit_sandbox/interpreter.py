"""Which Python runs the programs, and where it appears inside the sandbox."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

INSIDE = "/opt/python"


@dataclass(frozen=True)
class Interpreter:
    """A Python that a sandbox can start."""

    prefix: str
    """Folder outside that holds it."""
    executable: str
    """Path inside the sandbox."""

    @property
    def bound(self) -> bool:
        """Whether the prefix must be brought in beside /usr, which always is."""
        return not self.executable.startswith("/usr/")


def find_interpreter() -> Interpreter:
    """The interpreter that this process runs on, without its virtual environment: the standard library alone."""
    prefix = Path(os.path.realpath(sys.base_prefix))
    name = f"bin/python{sys.version_info.major}.{sys.version_info.minor}"
    if prefix.is_relative_to("/usr"):
        return Interpreter(str(prefix), str(prefix / name))
    return Interpreter(str(prefix), f"{INSIDE}/{name}")

"""Finds the Python that runs the programs, its path inside the sandbox, and the files of it that programs may see."""

import functools
import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rewardkit_sandbox import elf
from rewardkit_sandbox.errors import SandboxUnavailableError

INSIDE = "/opt/python"
OTHERS = ("/usr/bin/python3", "/usr/local/bin/python3")
PACKAGE_FOLDERS = ("site-packages", "dist-packages")


@dataclass(frozen=True)
class Interpreter:
    """A Python that a sandbox can start."""

    prefix: str
    """Folder outside that holds it."""
    name: str
    """Path of the executable in that folder."""

    @property
    def bound(self) -> bool:
        """True if it must be brought in beside /usr, which always is."""
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
    def library(self) -> str:
        """Path of the standard library in its folder."""
        return f"lib/{Path(self.name).name}"

    @property
    def reachable(self) -> bool:
        """True if every user of the machine can read it: not so in a home of mode 0700."""
        return reachable(self.prefix)


def reachable(path: str) -> bool:
    """True if every user of the machine can go into a folder."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (Path(path), *Path(path).parents))


def find_interpreter() -> Interpreter:
    """The interpreter that this process runs on, without its virtual environment: the standard library alone."""
    prefix = os.path.realpath(sys.base_prefix)
    return Interpreter(prefix, f"bin/{Path(os.__file__).resolve().parent.name}")


def interpreter_at(path: str) -> tuple[Interpreter, str]:
    """The interpreter behind an executable, which may be a virtual environment's, and the folder of its packages.

    raises  SandboxUnavailableError for a path that is no Python of 3.11 or newer
    """
    environment = Path(os.path.abspath(path)).parent.parent  # noqa: PTH100 - the links of an environment stay
    executable = Path(os.path.realpath(path))
    settings = environment / "pyvenv.cfg"
    if settings.is_file():
        home = re.search(r"^home *= *(.+)$", settings.read_text("utf-8"), re.MULTILINE)
        names = [folder.name for folder in environment.glob("lib/python3.*")]
        if home and names:
            executable = Path(os.path.realpath(f"{home[1]}/{names[0]}"))
    version = re.fullmatch(r"python3\.(\d+)t?", executable.name)
    if not version or int(version[1]) < 11 or not os.access(executable, os.X_OK):
        raise SandboxUnavailableError(
            f"python: {path} is no Python of 3.11 or newer", "name an executable such as /opt/judge/bin/python"
        )
    found = Interpreter(str(executable.parent.parent), f"bin/{executable.name}")
    return found, str((environment if settings.is_file() else Path(found.prefix)) / found.library / "site-packages")


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


def shown(python: Interpreter) -> list[str]:
    """The visible part of an interpreter: executable, standard library, and the libraries that these load."""
    return [python.name, python.library, *_shared_libraries(python)]


def hidden(python: Interpreter) -> list[str]:
    """Folders inside of the standard library's that are not part of it, such as site-packages."""
    own = {*sys.stdlib_module_names, "lib-dynload", "test"}
    folder = Path(python.prefix, python.library)
    others = (entry for entry in sorted(folder.iterdir()) if entry.is_dir() and entry.name not in own)
    return [f"{python.library}/{entry.name}" for entry in others if not entry.name.startswith(("config-", "__"))]


def system_package_folders() -> Iterator[Path]:
    """Folders in /usr in which packages are installed for the machine's own Pythons."""
    for library in ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"):
        if not Path(library).is_symlink():
            for name in PACKAGE_FOLDERS:
                yield from sorted(folder for folder in Path(library).glob(f"python3*/{name}") if folder.is_dir())


@functools.cache
def _shared_libraries(python: Interpreter) -> tuple[str, ...]:
    """Paths in its folder of the shared libraries that it and the modules of its standard library load."""
    prefix = Path(python.prefix)
    waiting = [prefix / python.name, *Path(prefix, python.library, "lib-dynload").glob("*.so")]
    found: set[str] = set()
    while waiting:
        path = waiting.pop()
        for name in elf.needed(path) if elf.is_elf(path) else ():
            library = prefix / "lib" / name
            if str(library) not in found and library.is_file():
                found.add(str(library))
                waiting.append(library)
    return tuple(sorted(os.path.relpath(path, prefix) for path in found))

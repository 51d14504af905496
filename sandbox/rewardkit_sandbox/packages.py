"""Packages that programs can import beside the standard library: read-only folders, each made once.

`rewardkit sandbox build --local` makes one (`local/build_packages.py`), below the user's cache folder and named after
its content; a rubric's `sandbox: {packages: [numpy, pandas]}` then finds it here. Judging never downloads anything.
"""

import json
import os
import shlex
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rewardkit_sandbox.errors import SandboxUnavailableError
from rewardkit_sandbox.interpreter import Interpreter, find_interpreter, interpreter_at

PACKAGES_INSIDE = "/opt/packages"
DESCRIPTION = "packages.json"
BUILD = "rewardkit sandbox build --local"
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL", "NUMEXPR")}
"""Environment variables that keep numerical libraries to one thread: a process with more cannot be forked from."""


@dataclass(frozen=True)
class Packages:
    """A folder of packages, and what is known of it."""

    folder: str
    requested: tuple[str, ...] = ()
    """Normalized names of the distributions that were asked for; the others are what these need."""
    versions: Mapping[str, str] | None = None
    """Version of each distribution, by its normalized name; None where nobody looked."""
    preload: tuple[str, ...] = ()
    """Modules that a zygote may import before it forks."""

    def __str__(self) -> str:
        """Names and versions, those that were asked for first."""
        versions = dict(self.versions or {})
        asked = ", ".join(f"{name} {versions.pop(name)}" for name in self.requested if name in versions)
        others = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
        return f"{asked} (and {others})" if others else asked

    def satisfies(self, requirements: Sequence[str]) -> bool:
        """True if each requirement is met by what is here."""
        there = self.versions or {}
        wanted = map(parsed, requirements)
        return all(name in there and specifier.contains(there[name], prereleases=True) for name, specifier in wanted)


def parsed(requirement: str) -> tuple[str, Any]:
    """Normalized name and specifier of a requirement such as `numpy` or `pandas>=2`.

    raises  SandboxUnavailableError for what is no requirement
    """
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - only few rubrics need it
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - likewise

    try:
        found = Requirement(requirement)
    except (InvalidRequirement, TypeError) as exc:
        raise SandboxUnavailableError(
            f"packages: {requirement!r} is no requirement", "write names of packages, such as [numpy, 'pandas>=2']"
        ) from exc
    return canonicalize_name(found.name), found.specifier


def cache_folder() -> Path:
    """Where packages are kept: `rewardkit/packages` in the user's cache folder (XDG_CACHE_HOME)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rewardkit" / "packages"


def tag() -> str:
    """Tells apart Pythons that cannot share packages."""
    return f"{sysconfig.get_config_var('SOABI') or sys.implementation.cache_tag}"


def built() -> Iterator[Packages]:
    """The folders that were made for this Python, those that were asked for last first."""
    descriptions = list(cache_folder().glob(f"*/{DESCRIPTION}"))
    for path in sorted(descriptions, key=lambda found: found.stat().st_mtime, reverse=True):
        try:
            found = json.loads(path.read_text("utf-8"))
            if found.pop("tag") == tag():
                yield Packages(
                    str(path.parent / "packages"),
                    tuple(found["requested"]),
                    found["versions"],
                    tuple(found["preload"]),
                )
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it is being removed, or another version of rewardkit wrote it


def find(requirements: Sequence[str]) -> Packages:
    """The packages that satisfy the requirements: those made for exactly these, else the fewest.

    raises  SandboxUnavailableError with the command that makes them
    """
    if isinstance(requirements, str) or not all(isinstance(one, str) for one in requirements):
        raise SandboxUnavailableError(f"packages is a list of requirements, found {requirements!r}")
    names = {parsed(one)[0] for one in requirements}
    there = [one for one in built() if one.satisfies(requirements)]
    if not there:
        found = f"not built for this Python: {', '.join(requirements)}"
        raise SandboxUnavailableError(found, f"{BUILD} {shlex.join(requirements)}")
    return min(there, key=lambda one: (set(one.requested) != names, len(one.versions or ())))


def described(packages: Packages) -> str:
    """The content of the file that `built` reads."""
    found = asdict(packages)
    del found["folder"]
    return json.dumps(found | {"tag": tag()}, indent=1)


def chosen(packages: Sequence[str] | Packages, python: str | None) -> tuple[Interpreter, Packages | None]:
    """The interpreter of a sandbox and the packages that programs can import in it.

    packages  requirements, for which packages were built; or the packages themselves
    python    path of an interpreter that brings its own
    raises    SandboxUnavailableError
    """
    if python is None:
        there = packages if isinstance(packages, Packages) else find(packages) if packages else None
        return find_interpreter(), there
    if packages:
        raise SandboxUnavailableError("python brings its own packages", "name either python or packages")
    interpreter, folder = interpreter_at(python)
    return interpreter, Packages(folder) if Path(folder).is_dir() else None

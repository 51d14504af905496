"""Makes a folder of packages for programs: by pip, apart from any environment, once for the same content.

The folder is made beside its place and renamed, under a lock, so that nobody ever sees half of one. Nothing of what
built it stays in it: no scripts, no paths of this machine. What a zygote may import before it forks is tried in a
sandbox: modules that start no thread and stay small.
"""

import compileall
import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from rewardkit_sandbox.errors import SandboxError, SandboxUnavailableError
from rewardkit_sandbox.local.bubblewrap import Bubblewrap
from rewardkit_sandbox.packages import (
    BUILD,
    DESCRIPTION,
    PACKAGES_INSIDE,
    Packages,
    built,
    cache_folder,
    described,
    parsed,
    tag,
)
from rewardkit_sandbox.pip import install
from rewardkit_sandbox.protocol import MIB, Limits, Script

MOST_PRELOADED_BYTES = 256 * MIB
TRIAL = Limits(cpu_s=60, wall_s=120.0, memory_bytes=2048 * MIB, processes=256)
_IMPORTS_QUIETLY = """
import os, sys
before = os.listdir("/proc/self/fd")
__import__({module!r})
alone = len(os.listdir("/proc/self/task")) == 1 and os.listdir("/proc/self/fd") == before
size = int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
print(alone and size < {most})
"""


@dataclass(frozen=True)
class BuiltPackages:
    """Packages, and `new`: True if they were not there before."""

    packages: Packages
    new: bool


def build_packages(requirements: Sequence[str | Path]) -> BuiltPackages:
    """Makes a folder of packages for this Python.

    requirements  each as pip reads it, such as `numpy` or `pandas>=2`, or a file with a list of them
    raises        SandboxUnavailableError where pip cannot, or this system is not Linux
    """
    if sys.platform != "linux":
        raise SandboxUnavailableError(f"{BUILD} needs Linux, this is {sys.platform}")
    for one in requirements:
        if isinstance(one, str):
            parsed(one)  # no option of pip's
    root = cache_folder()
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root / "lock"), tempfile.TemporaryDirectory(dir=root, prefix="new-") as folder:
        target = Path(folder, "packages")
        install(requirements, target)
        distributions = list(metadata.distributions(path=[str(target)]))
        requested = [one for one in distributions if one.read_text("REQUESTED") is not None]
        modules = sorted({name for one in requested for name in _modules(one)})
        _strip(target)
        names = tuple(sorted(parsed(one.name)[0] for one in requested))
        versions = {parsed(one.name)[0]: one.version for one in distributions}
        place = root / _digest(target, names)
        packages = Packages(str(place / "packages"), names, versions)
        if place.exists():
            (place / DESCRIPTION).touch()  # the last that was asked for
            return BuiltPackages(next(one for one in built() if one.folder == packages.folder), new=False)
        compileall.compile_dir(target, quiet=2, stripdir=str(target), prependdir=PACKAGES_INSIDE)
        os.rename(folder, place)  # noqa: PTH104 - fails where another one is
        Path(folder).mkdir()  # for the context to remove
        place.chmod(0o755)
        packages = replace(packages, preload=tuple(name for name in modules if _imports_quietly(name, packages)))
        _describe(place, packages)
    return BuiltPackages(packages, new=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    import fcntl  # noqa: PLC0415 - not on Windows, where this module must import

    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _strip(target: Path) -> None:
    """Removes what pip leaves besides the packages: scripts, and where it found them."""
    shutil.rmtree(target / "bin", ignore_errors=True)
    for name in ("direct_url.json", "REQUESTED", "INSTALLER", "RECORD"):
        for path in target.glob(f"*.dist-info/{name}"):
            path.unlink()


def _digest(target: Path, names: Sequence[str]) -> str:
    found = hashlib.sha256(repr((tag(), names)).encode())
    for path in sorted(path for path in target.rglob("*") if path.is_file()):
        found.update(f"{path.relative_to(target)}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]


def _describe(place: Path, packages: Packages) -> None:
    unfinished = place / f"{DESCRIPTION}.new"
    unfinished.write_text(described(packages), "utf-8")
    unfinished.rename(place / DESCRIPTION)


def _modules(distribution: metadata.Distribution) -> list[str]:
    """The modules that a distribution brings."""
    folder = Path(str(distribution.locate_file("")))
    listed = (distribution.read_text("top_level.txt") or "").split()
    name = distribution.name.replace("-", "_").lower()
    return [one for one in (listed or [name]) if (folder / one).is_dir() or (folder / f"{one}.py").is_file()]


def _imports_quietly(module: str, packages: Packages) -> bool:
    """True if importing a module starts no thread, opens nothing and takes little memory; tried in a sandbox."""
    try:
        with Bubblewrap(packages=packages) as sandbox:
            source = _IMPORTS_QUIETLY.format(module=module, most=MOST_PRELOADED_BYTES)
            return sandbox.run(Script(source), TRIAL).stdout.strip().endswith(b"True")
    except SandboxError:
        return False  # programs then import it themselves

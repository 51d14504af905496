"""Cgroups for a sandbox, of memory and of processors, where they can be had.

Version 1 or 2, by root, in a hierarchy that can be written to. The first counts what no process's own limit sees:
shared memory, files in the tmpfs, buffers of pipes and sockets. Where there is none, the zygote's watch is all that
adds processes up, and the sandbox says so. The second keeps one sandbox from starving another.

A group is an empty folder once its processes have exited; `close` removes it. One whose owner was killed is removed by
the next sandbox that starts (`sweep`), which knows it by its name.
"""

import contextlib
import itertools
import os
import time
from pathlib import Path

from rewardkit_sandbox.guest import procfs

ROOT = Path("/sys/fs/cgroup")
PREFIX = "rewardkit"
_numbers = itertools.count(1)


class MemoryGroup:
    """One group. The launcher of the sandbox joins it by writing to `join`."""

    def __init__(self, folder: Path, *, version: int) -> None:
        self._folder = folder
        self._version = version
        self._limit: int | None = None
        self._kills = self._killed()

    @property
    def join(self) -> str:
        return str(self._folder / "cgroup.procs")

    def limit(self, memory_bytes: int) -> None:
        """Sets the limit, without swap. Raises OSError."""
        if memory_bytes == self._limit:
            return
        if self._version == 2:
            (self._folder / "memory.max").write_text(str(memory_bytes))
            with contextlib.suppress(FileNotFoundError):  # a kernel without swap accounting
                (self._folder / "memory.swap.max").write_text("0")
        else:
            hard, with_swap = "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"
            # The kernel refuses a limit above the one with swap, which therefore moves first when both grow.
            order = (with_swap, hard) if memory_bytes > (self._limit or memory_bytes) else (hard, with_swap)
            for name in order:
                with contextlib.suppress(FileNotFoundError):
                    (self._folder / name).write_text(str(memory_bytes))
        self._limit = memory_bytes

    def has_killed(self) -> bool:
        """True if the kernel killed a process of the group for memory since this was asked last."""
        before, self._kills = self._kills, self._killed()
        return self._kills > before

    def _killed(self) -> int:
        name = "memory.events" if self._version == 2 else "memory.oom_control"
        try:
            lines = (self._folder / name).read_text().splitlines()
        except OSError:
            return 0
        return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)

    def close(self) -> None:
        """Removes the group; its processes may take a moment to exit."""
        _remove(self._folder)


class CpuGroup:
    """A group that gets one share of the processors, however many processes and sessions are in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def join(self) -> str:
        return str(self._folder / "cgroup.procs")

    def close(self) -> None:
        """Removes the group, as a MemoryGroup does."""
        _remove(self._folder)


def _remove(folder: Path) -> None:
    for _ in range(100):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.01)
        else:
            return


def cpu_group() -> CpuGroup | None:
    """A fresh group of version 1 below this process's own; None where it cannot be had.

    In version 2 a memory group shares processors too, where its parent hands that controller down.
    """
    for version, parent in _parents("cpu"):
        folder = _fresh(parent) if version == 1 else None
        if folder is not None:
            return CpuGroup(folder)
    return None


def _fresh(parent: Path) -> Path | None:
    """A new folder for a group, after those of owners that have exited were removed; None where it cannot be made."""
    sweep(parent)
    folder = parent / f"{PREFIX}-{os.getpid()}-{procfs.started(os.getpid())}-{next(_numbers)}"
    try:
        folder.mkdir()
    except OSError:
        return None
    return folder


def memory_group() -> MemoryGroup | None:
    """A fresh group below this process's own; None where it cannot be had."""
    for version, parent in _parents("memory"):
        folder = _fresh(parent)
        if folder is None:
            continue
        group = MemoryGroup(folder, version=version)
        try:
            group.limit(1 << 40)
        except OSError:  # such as a version 2 whose parent does not hand the controller down
            group.close()
            continue
        return group
    return None


def sweep(parent: Path) -> None:
    """Removes groups whose owners have exited."""
    for folder in parent.glob(f"{PREFIX}-*-*-*"):
        _, pid, started, _ = folder.name.split("-")
        if procfs.started(int(pid)) != started:
            with contextlib.suppress(OSError):
                folder.rmdir()


def _parents(controller: str) -> list[tuple[int, Path]]:
    """Folders in which a group could be made, each with the cgroup version."""
    found: list[tuple[int, Path]] = []
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return found
    for line in lines:
        number, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            found.append((1, ROOT / controller / path.lstrip("/")))
        elif number == "0" and not controllers:
            root = ROOT if (ROOT / "cgroup.controllers").exists() else ROOT / "unified"
            found.append((2, root / path.lstrip("/")))
    return found

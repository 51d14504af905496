"""The number of worker processes that this process should start: the processors that it may really use, shared out.

Three things bound them: the affinity mask, the CPU quota of a control group (a container with half a processor still
sees all of the machine's), and the other processes of a distributed training run on this machine, each of which
starts workers of its own.
"""

import math
import os
from collections.abc import Mapping
from pathlib import Path

LOCAL_WORLD_SIZE = ("LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "SLURM_NTASKS_PER_NODE")
"""Environment variables that name the processes of this run on this machine: torchrun, Open MPI, MPICH, Slurm."""


def default_workers() -> int:
    """One worker for each processor that this process may use, at least one.

    In a distributed run the processors are divided by the local world size, however it was launched.
    """
    return max(1, usable_processors() // local_world_size())


def usable_processors() -> int:
    """Processors in the affinity mask, or fewer where a control group's quota allows less; a part counts as one."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cgroup_quota()
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def local_world_size(environment: Mapping[str, str] = os.environ) -> int:
    """The number of processes of this distributed run on this machine, 1 outside of such a run.

    Slurm may bind each process to processors of its own; they are not divided again.
    """
    for name in LOCAL_WORLD_SIZE:
        size = environment.get(name, "")
        if not (size.isdecimal() and int(size) > 0):
            continue
        bound = name.startswith("SLURM") and environment.get("SLURM_CPUS_PER_TASK") == str(usable_processors())
        return 1 if bound else int(size)
    return 1


def cgroup_quota(root: Path = Path("/")) -> float | None:
    """Processors' worth of time that control groups grant this process; None where nothing limits it.

    Every group from this process's own up to the root may set a limit: the least holds. Version 2 writes it to
    `cpu.max`, version 1 to `cpu.cfs_quota_us` and `cpu.cfs_period_us`.
    """
    limits = []
    for mounted, group in _cpu_groups(root):
        place = Path(os.path.normpath(mounted / group.lstrip("/")))
        for folder in (place, *place.parents):
            if (quota := _quota(folder)) is not None:
                limits.append(quota)
            if folder == mounted:
                break
    return min(limits, default=None)


def _cpu_groups(root: Path) -> list[tuple[Path, str]]:
    """Where each hierarchy that counts CPU time is mounted, and this process's group in it."""
    try:
        groups = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
        mounts = (root / "proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    named: dict[str, str] = {}
    for line in groups:
        number, controllers, group = line.split(":", 2)
        if number == "0" or "cpu" in controllers.split(","):
            named["cgroup2" if number == "0" else "cgroup"] = group
    found = []
    for line in mounts:
        # 30 24 0:26 /docker/1f /sys/fs/cgroup/cpu rw,… - cgroup cgroup rw,cpu: a mount may show only a part, its root
        before, _, after = line.partition(" - ")
        shown, point = before.split()[3:5]
        kind, _, options = after.split()[:3]
        if kind not in named or (kind == "cgroup" and "cpu" not in options.split(",")):
            continue
        group = named[kind]
        if shown != "/":  # a container's own group is at the top of what it sees
            group = group.removeprefix(shown)
        found.append((root / point.lstrip("/"), group))
    return found


def _quota(folder: Path) -> float | None:
    """The limit that one group sets."""
    try:
        if (maximum := folder / "cpu.max").exists():
            quota, period = maximum.read_text(encoding="ascii").split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text(encoding="ascii")
            period = (folder / "cpu.cfs_period_us").read_text(encoding="ascii")
        return int(quota) / int(period) if quota != "max" and int(quota) > 0 else None
    except (OSError, ValueError):
        return None

"""How many workers there are: affinity, control groups of both versions, and the ranks of a distributed run."""

import os
from pathlib import Path

import pytest

import rewardkit
from rewardkit.workers import processors

V1_MOUNT = "30 24 0:26 {root} /sys/fs/cgroup/cpu rw,nosuid - cgroup cgroup rw,cpu,cpuacct\n"
V2_MOUNT = "30 24 0:26 {root} /sys/fs/cgroup rw,nosuid - cgroup2 cgroup rw\n"


def machine(folder: Path, mounts: str, groups: str, files: dict[str, str]) -> Path:
    """A root folder that looks like a machine with these control groups."""
    for name, text in {"proc/self/mountinfo": mounts, "proc/self/cgroup": groups, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def v1(path: str, quota: int) -> dict[str, str]:
    """The two files of a group of version 1."""
    folder = f"sys/fs/cgroup/cpu/{path}"
    return {f"{folder}/cpu.cfs_quota_us": f"{quota}\n", f"{folder}/cpu.cfs_period_us": "100000\n"}


V1, V2 = V1_MOUNT.format(root="/"), V2_MOUNT.format(root="/")


@pytest.mark.parametrize(
    ("mounts", "groups", "files", "quota"),
    [
        (V2, "0::/job\n", {"sys/fs/cgroup/job/cpu.max": "50000 100000\n"}, 0.5),
        (V2, "0::/job\n", {"sys/fs/cgroup/job/cpu.max": "max 100000\n"}, None),
        (V2, "0::/a/b\n", {"sys/fs/cgroup/a/cpu.max": "200000 100000", "sys/fs/cgroup/a/b/cpu.max": "max 100000"}, 2.0),
        (V2, "0::/\n", {"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
        (V1, "2:cpu,cpuacct:/job\n", v1("job", 300_000), 3.0),
        (V1, "2:cpu,cpuacct:/job\n", v1("job", -1), None),
        (V1, "2:cpu,cpuacct:/a/b\n", v1("a", 100_000) | v1("a/b", 200_000), 1.0),
        (V1_MOUNT.format(root="/docker/1f"), "2:cpu,cpuacct:/docker/1f\n", v1("", 400_000), 4.0),
        (V1, "2:memory:/job\n", v1("job", 300_000), None),
        (V1 + V2, "2:cpu:/job\n0::/\n", v1("job", 250_000), 2.5),
        (V2, "0::/job\n", {"sys/fs/cgroup/job/cpu.max": "what?\n"}, None),
        ("", "", {}, None),
    ],
)
def test_the_least_quota_of_all_groups_holds(
    tmp_path: Path, mounts: str, groups: str, files: dict[str, str], quota: float | None
):
    assert processors.cgroup_quota(machine(tmp_path, mounts, groups, files)) == quota


def test_without_control_groups_nothing_is_limited(tmp_path: Path):
    assert processors.cgroup_quota(tmp_path) is None


@pytest.mark.parametrize(("quota", "usable"), [(None, 8), (0.5, 1), (2.5, 3), (4.0, 4), (64.0, 8)])
def test_a_part_of_a_processor_counts_as_one(monkeypatch: pytest.MonkeyPatch, quota: float | None, usable: int):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)), raising=False)
    monkeypatch.setattr(processors, "cgroup_quota", lambda: quota)
    assert processors.usable_processors() == usable


@pytest.mark.parametrize(
    ("environment", "workers"),
    [
        ({}, 8),
        ({"LOCAL_WORLD_SIZE": "4"}, 2),
        ({"LOCAL_WORLD_SIZE": "16"}, 1),
        ({"OMPI_COMM_WORLD_LOCAL_SIZE": "2"}, 4),
        ({"MPI_LOCALNRANKS": "2"}, 4),
        ({"SLURM_NTASKS_PER_NODE": "4"}, 2),
        ({"SLURM_NTASKS_PER_NODE": "4", "SLURM_CPUS_PER_TASK": "8"}, 8),
        ({"SLURM_NTASKS_PER_NODE": "4", "SLURM_CPUS_PER_TASK": "2"}, 2),
        ({"LOCAL_WORLD_SIZE": "2", "SLURM_NTASKS_PER_NODE": "1"}, 4),
        ({"LOCAL_WORLD_SIZE": ""}, 8),
    ],
)
def test_processors_are_divided_among_the_processes_of_a_distributed_run(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], workers: int
):
    for name in (*processors.LOCAL_WORLD_SIZE, "SLURM_CPUS_PER_TASK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(processors, "usable_processors", lambda: 8)
    assert rewardkit.default_workers() == workers

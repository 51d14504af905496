"""A sandbox of root has a memory cgroup of its own where the machine lets it, and leaves none behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rewardkit_sandbox import Limits, SandboxUnavailableError, Script, open_sandbox
from rewardkit_sandbox.local.cgroup import cpu_group, memory_group, sweep

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="cgroups are Linux's")


def own_groups():
    group = memory_group()
    if group is None:
        pytest.skip("no memory cgroup can be made here")
    folder = Path(group.join).parents[1]
    group.close()
    return lambda: {path.name for path in folder.glob(f"rewardkit-{os.getpid()}-*")}


def test_a_group_counts_a_kill_once_and_goes_when_it_is_closed():
    groups = own_groups()
    before = groups()
    group = memory_group()
    assert len(groups()) == len(before) + 1
    group.limit(64 << 20)
    hog = "import os, sys\nwith open(sys.argv[1], 'w') as f: f.write('0')\nx = b'x' * (200 << 20)"
    hogged = subprocess.run([sys.executable, "-c", hog, group.join], capture_output=True, check=False)
    assert hogged.returncode == -9
    assert group.has_killed()
    assert not group.has_killed()
    group.close()
    group.close()
    assert groups() == before


def test_limits_can_grow_and_shrink():
    own_groups()
    group = memory_group()
    try:
        for size in (64 << 20, 256 << 20, 32 << 20, 32 << 20, 1 << 30):
            group.limit(size)
    finally:
        group.close()


def test_a_sandbox_says_how_memory_is_held_and_takes_its_group_with_it():
    groups = own_groups()
    before = groups()
    try:
        sandbox = open_sandbox("bubblewrap")
    except SandboxUnavailableError as exc:
        pytest.skip(str(exc))
    with sandbox:
        assert sandbox.isolation.endswith("memory by cgroup")
        assert len(groups()) == len(before) + 1
        assert sandbox.run(Script("print(1)"), Limits()).stdout == b"1\n"
    assert groups() == before


def test_groups_of_owners_that_are_gone_are_swept(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    started = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19]
    stale = [f"rewardkit-{ended.pid}-123-1", f"rewardkit-{os.getpid()}-1-2"]
    kept = [f"rewardkit-{os.getpid()}-{started}-3", "another"]
    for name in (*stale, *kept):
        (tmp_path / name).mkdir()
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_a_group_of_processors_is_joined_by_a_sandbox_and_goes_with_it(open_one):
    group = cpu_group()
    if group is None:
        pytest.skip("no cgroup of processors can be made here")
    folder = Path(group.join).parent
    before = set(folder.parent.glob("rewardkit-*"))
    with open_one("bubblewrap"):
        (new,) = set(folder.parent.glob("rewardkit-*")) - before
        assert (new / "cgroup.procs").read_text().split()
    assert not new.exists()
    group.close()
    assert not folder.exists()

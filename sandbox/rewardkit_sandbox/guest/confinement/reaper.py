"""Ends processes without a PID namespace: whatever a run leaves returns to its nearest subreaper, which ends it.

All that are seen are killed, again and again, and none is reaped before all are dead: a zombie still counts against
RLIMIT_NPROC, so that whoever forks as fast as he is killed soon can fork no more.
"""

import contextlib
import os
import signal
import time
from collections.abc import Container

from rewardkit_sandbox.guest import procfs
from rewardkit_sandbox.guest.confinement import confinement

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
PAUSE_S = 0.0005


def children() -> list[int]:
    """The processes whose parent is this one, zombies among them."""
    own = os.getpid()
    try:
        with open(f"/proc/{own}/task/{own}/children", "rb") as listed:
            return [int(pid) for pid in listed.read().split()]
    except FileNotFoundError:  # a kernel without that file
        return [pid for pid, parent in procfs.parents().items() if parent == own]


def end_group(group: int) -> None:
    """Kills a process group at once, so that none of it can fork meanwhile; one of its members must be our child."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def end_all(but: Container[int] = ()) -> None:
    """Returns when this process has no descendants any more, except those in `but` and theirs."""
    while True:
        found = [pid for pid in children() if pid not in but]
        if not found:
            return
        parents = procfs.parents()
        lost = procfs.family(found, parents)
        alive = [pid for pid in lost if not _dead(pid)]
        for pid in alive:
            _kill(pid, {os.getpid(), *lost})
        if alive:
            time.sleep(PAUSE_S)
            continue
        for pid in found:
            os.waitpid(pid, os.WNOHANG)


def _kill(pid: int, parents: Container[int]) -> None:
    """Kills a process, unless its number has come to mean one whose parent is none of `parents`."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        fields = procfs.stat_fields(pid)
        if fields and int(fields[procfs.PARENT]) in parents:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        pass
    finally:
        os.close(handle)


def _dead(pid: int) -> bool:
    return procfs.stat_fields(pid)[:1] in ([], [b"Z"])


def adopt() -> None:
    """Makes this process the one to which its orphaned descendants return."""
    confinement.prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number: signal.Signals) -> None:
    confinement.prctl(PR_SET_PDEATHSIG, number)


def guarded() -> bool:
    """Forks. True in the child, which goes on; the parent watches, and gives False when everything has ended.

    The parent ends whatever the child leaves, even where that was killed. SIGTERM, which also comes when the process
    that started this one dies, ends all at once. Should the parent be killed itself, the child gets SIGTERM.
    """
    awaited = {signal.SIGTERM, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    adopt()
    die_with_parent(signal.SIGTERM)
    child = os.fork()
    if child == 0:
        adopt()
        die_with_parent(signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, awaited)
        return True
    while signal.sigwait(awaited) != signal.SIGTERM and child in running():
        pass
    end_all()
    return False


def running() -> list[int]:
    """Those of our children that have not ended; the others stay to be reaped."""
    look = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return [pid for pid in children() if os.waitid(os.P_PID, pid, look) is None]

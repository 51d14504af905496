"""Counts processes and threads of this user as the kernel does for RLIMIT_NPROC.

Without a user namespace that limit is for all that a user runs. A container may share its user with others whose
processes it does not see, so what cannot be seen is found out once, by trying.
"""

import os
import resource
import time

from rewardkit_sandbox.guest import procfs

FRESH_S = 1.0


class ProcessCount:
    """The count, looked at again once it is a second old."""

    def __init__(self) -> None:
        """Forks a few times: make one early, in a small process."""
        self._hidden = max(0, counted() - visible())
        self._seen = visible()
        self._at = time.monotonic()

    def now(self) -> int:
        if time.monotonic() - self._at > FRESH_S:
            self._seen, self._at = visible(), time.monotonic()
        return self._seen + self._hidden


def visible() -> int:
    """Threads of this user in /proc."""
    own, count = os.getuid(), 0
    for pid in procfs.pids():
        try:
            owner = os.stat(f"/proc/{pid}").st_uid
        except OSError:
            continue  # it ended just now
        fields = procfs.stat_fields(pid) if owner == own else []
        count += int(fields[procfs.THREADS]) if fields else 0
    return count


def counted() -> int:
    """Threads of this user as the kernel counts them: one less than the least limit under which a fork succeeds."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    low, high = 0, visible() + 1
    try:
        while not _forks(high, hard):
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            if _forks(middle, hard):
                high = middle
            else:
                low = middle
    finally:
        resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))
    return high - 1


def _forks(limit: int, hard: int) -> bool:
    if hard != resource.RLIM_INFINITY and limit >= hard:
        return True  # no more can be found out
    resource.setrlimit(resource.RLIMIT_NPROC, (limit, hard))
    try:
        child = os.fork()
    except OSError:
        return False
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True

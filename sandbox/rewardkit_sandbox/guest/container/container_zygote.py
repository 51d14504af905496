"""The zygote of a container, and its first process: a user for each run, where there is no namespace for each.

A run is forked as a user that nothing else in the container is. When its first process has ended, or must, one
`kill(-1)` in that user's name reaches all its processes at once: the kernel counts a fork that is under way as one of
them. What they left in the file system is deleted in that user's name too, so nothing that a program leaves there can
make a process with more rights follow it anywhere. This process holds CAP_SETUID, CAP_SETGID and CAP_KILL and no other
capability. While its effective user is a run's, that run's processes might signal it: but the kernel lets no process
of a PID namespace signal the first, which handles none.

Two runs are alive at once where tests drive a program: as two users, that may neither signal nor look into each other,
with a folder each that the other cannot enter.
"""

import contextlib
import errno
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from rewardkit_sandbox.guest import procfs
from rewardkit_sandbox.guest.confinement import confinement
from rewardkit_sandbox.guest.zygote import zygote

DRIVERS = "/driver"
"""A tmpfs of the drivers' own: its group is theirs, and no program's."""
GONE_WITHIN_S = 10.0
LEAST = 19
MOST_SKIPPED = 2000
"""Process numbers that are used up at most before the first run."""
OOM_FILES = (
    "/sys/fs/cgroup/memory.events",
    "/sys/fs/cgroup/memory/memory.oom_control",
)
PROGRAM, DRIVER = confinement.WORK, f"{DRIVERS}/run"


class Found(NamedTuple):
    """A process in /proc."""

    pid: int
    parent: int
    user: int
    zombie: bool


class ContainerZygote(zygote.Zygote):
    """Forks and watches as every zygote does; users are what it keeps runs apart by.

    options    first_user, users: the range of the users of runs; drivers: the group of drivers
    """

    def __init__(self, control: socket.socket, options: dict[str, Any]) -> None:
        super().__init__(control, options)
        self._first, self._users = options["first_user"], options["users"]
        self._drivers = options["drivers"]
        self._count = 0
        self._user_of: dict[int, int] = {}
        self._drive: set[int] = set()
        self._kills_before: dict[int, int] = {}
        self._own_pids = {found.pid for found in processes(set())}
        readable = [path for path in OOM_FILES if os.access(path, os.R_OK)]
        self._oom_events = os.open(readable[0], os.O_RDONLY | os.O_CLOEXEC) if readable else None
        os.setgroups([self._drivers])
        self._skip_pids()

    @staticmethod
    def _skip_pids() -> None:
        """Uses up process numbers, so that no run can know at which the container started."""
        for _ in range(secrets.randbelow(MOST_SKIPPED)):
            thread = threading.Thread(target=int)
            thread.start()
            thread.join()

    def fork(self, request: dict[str, Any]) -> int:
        self._count += 1
        user = self._first + self._count % self._users
        request["user"] = user
        kills = self._kills()
        pid = confinement.fork()
        if pid != 0:
            self._user_of[pid] = user
            self._kills_before[pid] = kills
            if request["mode"].startswith("drive"):
                self._drive.add(user)
        return pid

    def enter(self, request: dict[str, Any], *, address_space: bool) -> None:
        user, drives = request["user"], request["mode"].startswith("drive")
        os.setgroups([self._drivers] if drives else [])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        os.nice(LEAST)  # however many they are, who must end them gets its turn
        confinement.prctl(confinement.PR_SET_DUMPABLE, 1)  # its /proc/self is its own again
        folder = DRIVER if drives else PROGRAM
        os.mkdir(folder, 0o700)
        os.chdir(folder)
        if drives:
            os.environ.update(HOME=folder, TMPDIR=folder)
        confinement.confine(request["limits"], address_space=address_space)

    def members(self) -> list[tuple[zygote.Run, list[int]]]:
        first = {run.pid for run in self._runs.values()}
        pids: dict[int, list[int]] = {self._user_of[pid]: [] for pid in first}
        for found in processes(self._own_pids):
            if found.zombie and found.parent == 1 and found.pid not in first:
                reap(found.pid)
            elif found.user in pids:
                pids[found.user].append(found.pid)
        return [(run, pids[self._user_of[run.pid]]) for run in self._runs.values()]

    def excess(self, run: zygote.Run, pids: list[int]) -> str | None:
        if self._kills() > self._kills_before[run.pid]:
            return "memory"
        with as_user(self._user_of[run.pid]):  # who alone may ask how much of its memory is shared
            return super().excess(run, pids)

    def end(self, run: zygote.Run) -> dict[str, Any]:
        report = run.report()
        user = self._user_of.pop(run.pid)
        with as_user(user):
            kill_all()
            self._await_end_of(user)
            empty("/tmp")  # noqa: S108 - the container's
            if user in self._drive:
                self._drive.remove(user)
                empty(DRIVERS)
        killed = report["end"] == "signal" and report["code"] == signal.SIGKILL
        if self._kills() > self._kills_before.pop(run.pid) and (killed or report["end"] == "exit"):
            report["end"] = "memory"
        # Process numbers count up through all runs: many at once would be a message from one run to the next.
        report["pids"] = max(0, procfs.last_pid() - run.pid - 1)  # a driver beside it is one
        return report

    def _await_end_of(self, user: int) -> None:
        """Returns when the user has no process any more, not even one that is only a number."""
        known = self._own_pids | self._user_of.keys()
        deadline = time.monotonic() + GONE_WITHIN_S
        while True:
            left = [found for found in processes(known) if found.user == user]
            if not left:
                return
            if time.monotonic() > deadline:
                sys.exit("processes of a run cannot be killed")
            for found in left:
                reap(found.pid)
            time.sleep(0.0005)

    def _kills(self) -> int:
        """Number of processes that the kernel killed for this container's memory; always 0 where it is not reported."""
        if self._oom_events is None:
            return 0
        _, found, rest = os.pread(self._oom_events, 4096, 0).partition(b"oom_kill ")
        return int(rest.split(b"\n")[0]) if found else 0


@contextlib.contextmanager
def as_user(user: int) -> Iterator[None]:
    """Acts with the rights of `user`, and no capability."""
    os.setresgid(user, user, 0)
    os.setresuid(user, user, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)


def kill_all() -> None:
    """Kills every process of the user whose rights we have: at once, so that none can fork another in time."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(-1, signal.SIGKILL)


def reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):  # its parent is another one, as yet
        os.waitpid(pid, os.WNOHANG)


def processes(known: set[int]) -> Iterator[Found]:
    """All processes of the container but those that are known."""
    for pid in procfs.pids():
        if pid not in known:
            fields = {}
            try:
                with open(f"/proc/{pid}/status", "rb") as status:
                    for line in status:
                        key, _, value = line.partition(b":")
                        fields[key] = value.split()
                        if key == b"Uid":
                            break
            except OSError:  # it ended just now
                continue
            if b"Uid" in fields:
                user, state = int(fields[b"Uid"][0]), fields[b"State"][0]
                yield Found(pid, int(fields[b"PPid"][0]), user, state in b"ZX")


def empty(folder: str) -> None:
    """Deletes what this user has in `folder`, however deep, odd or shut it is; what belongs to others stays.

    Folders inside folders are moved up before they are emptied, so no depth takes more than two descriptors.
    """
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        mine, number, own = True, 0, os.urandom(8).hex()
        while mine:
            mine = False
            for name in os.listdir(top):
                if os.stat(name, dir_fd=top, follow_symlinks=False).st_uid != os.geteuid():
                    continue
                mine = True
                if unlinked(name, top):
                    continue
                inner = open_folder(name, top)
                for entry in os.listdir(inner):
                    if not unlinked(entry, inner):
                        os.chmod(entry, 0o700, dir_fd=inner)
                        number += 1
                        os.rename(entry, f"{own}-{number}", src_dir_fd=inner, dst_dir_fd=top)
                os.close(inner)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)


def unlinked(name: str, folder: int) -> bool:
    """Deletes `name` unless it is a folder; True if it did."""
    try:
        os.unlink(name, dir_fd=folder)
    except OSError as exc:
        if exc.errno not in (errno.EISDIR, errno.EPERM):
            raise
        return False
    return True


def open_folder(name: str, folder: int) -> int:
    os.chmod(name, 0o700, dir_fd=folder)
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)


make_zygote = ContainerZygote

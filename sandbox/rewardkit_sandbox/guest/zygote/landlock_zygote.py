"""The confinement of a run where no namespace can be made: Landlock, the filter, limits, and a zygote that cleans up.

A run has a folder of its own on the machine's file system, and sees of the rest what `READABLE` and the interpreter's
folder hold. Its processes are kept from others by Landlock and the filter; what they leave returns to the zygote,
which ends it. Size and number of files are looked at, as memory and processes are.
"""

import fcntl
import glob
import os
import signal
import socket
import sys
import time
from typing import Any

from rewardkit_sandbox.guest import procfs
from rewardkit_sandbox.guest.confinement import (
    confinement,
    disk_usage,
    landlock,
    nproc,
    reaper,
    semaphores,
    tmp_redirect,
)
from rewardkit_sandbox.guest.zygote import zygote

READABLE = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/localtime",
)
# Debian's JDK in /usr keeps its settings there.
JAVA = tuple(glob.glob("/etc/java-*-openjdk"))
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
# The rest of /proc/self describes the machine: its mounts, its connections.
OF_ITSELF = ("status", "stat", "statm", "maps", "mem", "cmdline", "environ", "fd", "fdinfo")
# Beyond what is there and what a run may have: what else its user may start while the run lasts.
SLACK = 128
PREFIX = "rewardkit-sandbox-"
SETTLED_S = 60.0


class LandlockZygote(zygote.Zygote):
    """Forks and watches runs that share its user, its processes' numbers and its file system."""

    def __init__(self, control: socket.socket, options: dict[str, Any]) -> None:
        """Leaves a guard behind, which ends and removes what this zygote leaves.

        options   `folders`, of which the first that can be written to holds those of the runs; `abi` of Landlock;
                  `own`, in whose place the filter wants the number of a run's first process; `shown`, what runs may
                  read of the interpreter, and packages; `hidden`, folders of which they may read nothing
        """
        self._abi, self._own_pid = options["abi"], options["own"]
        self._counts = nproc.ProcessCount()
        self._root = make_root(options["folders"])
        self._aside = os.path.join(self._root, "aside")
        os.mkdir(self._aside)
        if not reaper.guarded():
            self._clean()
            os._exit(0)
        signal.signal(signal.SIGTERM, self._stop)  # the guard was killed
        self._restrict(options["shown"], set(options["hidden"]))
        semaphores.install()
        tmp_redirect.install()
        super().__init__(control, options)
        self._device = os.stat(self._root).st_dev
        self._folders: dict[int, str] = {}
        self._drivers: set[int] = set()
        self._made = 0

    def _restrict(self, shown: list[str], hidden: set[str]) -> None:
        """Gives up what no run may read, once for all: the rules for that are too many to make for each run."""
        confinement.prctl(confinement.PR_SET_NO_NEW_PRIVS, 1)
        rules = landlock.Ruleset(self._abi, files_alone=True)
        for path in (*READABLE, *shown):
            rules.allow_but(path, landlock.READ, hidden)
        for path in DEVICES:
            rules.allow(path, landlock.DEVICE)
        for path in ("/proc", self._root):
            rules.allow(path, landlock.EVERYTHING)
        rules.allow(os.path.dirname(self._root), landlock.REMOVE_DIR)  # to clean up in the end; no run may
        rules.enforce()

    def fork(self, request: dict[str, Any]) -> int:
        """Forks a child with a fresh folder."""
        self._made += 1
        folder = os.path.join(self._root, str(self._made))
        os.mkdir(folder, 0o700)
        # Counted here: a child could not see what is not its own any more.
        self._threads = self._counts.now() + request["limits"]["processes"] + SLACK
        pid = confinement.fork()
        self._folders[pid] = folder
        if request["mode"].startswith("drive"):
            self._drivers.add(pid)
        return pid

    def enter(self, request: dict[str, Any], *, address_space: bool) -> None:
        """In a child: makes its world, from which there is no way back."""
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        reaper.die_with_parent(signal.SIGKILL)
        folder = self._folders[0]
        os.chdir(folder)
        os.environ["HOME"] = os.environ["TMPDIR"] = folder
        confinement.hold(request["limits"], address_space=address_space, processes=self._threads)
        confinement.drop_capabilities()
        rules = landlock.Ruleset(self._abi)
        for path in (*READABLE, *JAVA, sys.base_prefix, *filter(None, [os.environ.get("PYTHONPATH")])):
            rules.allow(path, landlock.READ)
        for path in DEVICES:
            rules.allow(path, landlock.DEVICE)
        for name in OF_ITSELF:
            rules.allow(f"/proc/self/{name}", landlock.READ)
        rules.allow(folder, landlock.EVERYTHING)
        rules.enforce()
        confinement.fill(self._own_pid, os.getpid())
        confinement.seal()
        tmp_redirect.redirect(folder)

    def end(self, run: zygote.Run) -> dict[str, Any]:
        reaper.end_group(run.pid)  # before its number is free again
        report = super().end(run)
        reaper.end_all(but={other.pid for other in self.runs()})
        self._drivers.discard(run.pid)
        disk_usage.remove(self._folders.pop(run.pid), self._aside)
        return report

    def members(self) -> list[tuple[zygote.Run, list[int]]]:
        """The processes of each run. One that lost its parent counts as the program's, since tests start none."""
        parents = procfs.parents()
        firsts = {run.pid for run in self.runs()}
        lost = [pid for pid, parent in parents.items() if parent == os.getpid() and pid not in firsts]
        return [
            (run, procfs.family([run.pid] if run.pid in self._drivers else [run.pid, *lost], parents))
            for run in self.runs()
        ]

    def excess(self, run: zygote.Run, pids: list[int]) -> str | None:
        found = super().excess(run, pids)
        if found is None:
            size, count = disk_usage.taken(self._folders[run.pid], run.limits["inodes"])
            if count > run.limits["inodes"]:
                return "disk"
            if size + disk_usage.nameless(pids, self._device) > run.limits["disk_bytes"]:
                return "disk"
        return found

    def _stop(self, *_: object) -> None:
        reaper.end_all()
        self._clean()
        os._exit(0)

    def _clean(self) -> None:
        """Removes the folders of all runs, none of which is alive."""
        for name in os.listdir(self._root):
            if name != "aside":
                disk_usage.remove(os.path.join(self._root, name), self._aside)
        disk_usage.remove(self._aside, self._root)
        os.rmdir(self._root)


def make_root(candidates: list[str]) -> str:
    """A folder of our own in the first of `candidates` that can be written to. Raises OSError.

    It is locked as long as this process, or one that it forks, lives: one that is not was left by a guard and a zygote
    that were killed together, and the next of the same user removes it.
    """
    name = f"{PREFIX}{os.getpid()}-{os.urandom(4).hex()}"
    for candidate in candidates:
        path = os.path.join(candidate, name)
        try:
            os.mkdir(path, 0o700)
        except OSError:
            continue
        fcntl.flock(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), fcntl.LOCK_EX)
        sweep(candidate, path)
        return path
    raise OSError(f"none of the folders {', '.join(candidates)} can be written to")


def sweep(parent: str, own: str) -> None:
    """Removes what this user's ended sandboxes left."""
    for name in os.listdir(parent):
        path = os.path.join(parent, name)
        if not name.startswith(PREFIX) or path == own:
            continue
        try:
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            status = os.fstat(handle)
            # One that was made just now may not be locked yet.
            if status.st_uid == os.getuid() and time.time() - status.st_mtime > SETTLED_S:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                aside = os.path.join(own, "swept")
                os.mkdir(aside)
                disk_usage.remove(path, aside)
                os.rmdir(aside)
        except OSError:
            continue  # it is in use
        finally:
            os.close(handle)


make_zygote = LandlockZygote

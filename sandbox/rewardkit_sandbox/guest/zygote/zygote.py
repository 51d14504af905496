"""The preloaded interpreter that forks one process per run, and the only one that talks to the trusted parent.

It never sees a program, an input or an answer: those travel as descriptors, from the parent to the run. It receives
limits and descriptors, forks, watches, and reports how each run ended, in the messages that `zygote_client` lists.

The parent's end of the channel closing ends the zygote, and with it, as bubblewrap's PID namespace goes, all runs.
"""

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from rewardkit_sandbox.guest import procfs
from rewardkit_sandbox.guest.confinement import confinement

MAX_MESSAGE = 64 * 1024
MAX_DESCRIPTORS = 8
# Between two looks at a run's memory; the first look comes soon, since most runs are over by then.
WATCH_S = 0.05
LEAST_CPU_KILL_S = 0.5
"""Seconds by which the processor time of a process that the kernel ended for it may seem less than the limit."""
WALL_CAP = 10
"""Times its limit of wall time that a run may last on a loaded machine."""
PAGE = os.sysconf("SC_PAGE_SIZE")


class Run:
    """A run under way."""

    def __init__(self, request: dict[str, Any], pid: int, entered: int) -> None:
        self.id = request["id"]
        self.limits = request["limits"]
        self.is_world = bool(request.get("cases"))
        self.pid = pid
        self.pidfd = os.pidfd_open(pid)
        self.started = time.monotonic()
        self.killed: str | None = None
        self.waited_s = 0.0
        self.in_new_test = True
        """True until the first look at the processor time after a test has begun."""
        self._cpu_before_s = 0.0
        self._entered = entered

    def let_go(self) -> None:
        """In a child that was forked beside this run."""
        os.close(self.pidfd)
        os.close(self._entered)

    def kill(self, why: str) -> None:
        self.killed = self.killed or why
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def test_is_late(self, cpu_s: float) -> bool:
        """True if the test under way has used up its processor time; `cpu_s`: of all processes since their start."""
        if self.in_new_test:
            self._cpu_before_s, self.in_new_test = cpu_s, False
        return bool(cpu_s - self._cpu_before_s > self.limits["test_cpu_s"])

    def report(self) -> dict[str, Any]:
        """Waits for the end of the whole run: the kernel reaps a namespace's first process last."""
        waited = self.waited_s if self.killed == "wall" else procfs.run_delay_s(self.pid)
        _, status, usage = os.wait4(self.pid, 0)
        os.close(self.pidfd)
        complete = os.read(self._entered, 1) == b"1"
        os.close(self._entered)
        signaled = os.WIFSIGNALED(status)
        if self.killed == "cancel" and usage.ru_utime + usage.ru_stime > self.limits["cpu_s"] - LEAST_CPU_KILL_S:
            self.killed = "cpu"  # what ended for that made its driver end, which may be reported first
        return {
            "id": self.id,
            "end": self.killed or ("signal" if signaled else "exit") if complete else "setup",
            "code": os.WTERMSIG(status) if signaled else os.WEXITSTATUS(status),
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "wall_s": time.monotonic() - self.started,
            "peak_bytes": usage.ru_maxrss * 1024,
            "waited_s": waited,
        }


class Job(NamedTuple):
    """The work of a forked child, once it has left the zygote's loop."""

    request: dict[str, Any]
    descriptors: dict[str, int]
    entered: int
    """Pipe on which the child reports that its confinement is complete; until then, any failure is the sandbox's."""


class Zygote:
    """Forks and watches. `serve` returns in the parent when the channel closes (None), in a child with its Job."""

    def __init__(self, control: socket.socket, options: dict[str, Any]) -> None:  # noqa: ARG002 - as for `fork`
        self._control = control
        self._own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._runs: dict[int, Run] = {}
        self.load: Callable[..., bool] = lambda *_: False
        """Imports modules that came with the handshake."""
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def serve(self) -> Job | None:
        while True:
            events = dict(self._poll.poll(self._patience_ms()))
            for pidfd in [fd for fd in events if fd in self._runs]:
                self._poll.unregister(pidfd)
                self._tell(self.end(self._runs.pop(pidfd)))
            if self._control.fileno() in events:
                message, descriptors, _, _ = socket.recv_fds(self._control, MAX_MESSAGE, MAX_DESCRIPTORS)
                if not message:
                    return None
                job = self._handle(json.loads(message), descriptors)
                if job:
                    return job
            if self._runs:
                self._watch()

    def _tell(self, report: dict[str, Any]) -> None:
        self._control.send(json.dumps(report).encode())

    def _patience_ms(self) -> int | None:
        return int(WATCH_S * 1000) if self._runs else None

    def _handle(self, request: dict[str, Any], descriptors: list[int]) -> Job | None:
        if "mode" not in request:
            for run in self._runs.values():
                if run.id == request["id"]:
                    self._interrupt(run, request)
            return None
        if request["mode"].endswith("_pytest") and "pytest" not in sys.modules:
            self._load_pytest()
        entered_read, entered = os.pipe()
        pid = self.fork(request)
        if pid == 0:
            return Job(request, dict(zip(request["fds"], descriptors, strict=True)), entered)
        for descriptor in (*descriptors, entered):
            os.close(descriptor)
        run = Run(request, pid, entered_read)
        self._runs[run.pidfd] = run
        self._poll.register(run.pidfd, select.POLLIN)
        return None

    def _interrupt(self, run: Run, request: dict[str, Any]) -> None:
        """Handles a request about a running run: end it, or end it only if its case has used up its time."""
        if request.get("cancel"):
            run.kill("cancel")
        elif request.get("tested"):
            run.in_new_test = True
        else:
            self._end_if_late(run, request["passed"], request["wall_s"], self._waited_s())

    def _waited_s(self) -> float:
        """Seconds in which what can run waited for a processor: nobody's time, neither a program's nor its driver's."""
        return sum(max(map(procfs.run_delay_s, pids), default=0.0) for _, pids in self.members())

    def _end_if_late(self, run: Run, passed: float, wall_s: float, waited: float) -> None:
        if passed - waited > wall_s or passed > WALL_CAP * wall_s:
            run.waited_s = waited
            run.kill("wall")

    def _load_pytest(self) -> None:
        """Imports pytest once, before the first of the runs that use it."""
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        if self.load("_pytest", "rewardkit_sandbox.guest.tests.pytest_plugin"):  # else the driver reports it
            gc.collect()
            gc.freeze()

    def fork(self, request: dict[str, Any]) -> int:  # noqa: ARG002 - for those that derive from this
        """Forks a child that is PID 1 of a namespace of its own."""
        confinement.unshare(confinement.CLONE_NEWPID)
        pid = confinement.fork()
        if pid != 0:
            confinement.setns(self._own, confinement.CLONE_NEWPID)
        return pid

    def enter(self, request: dict[str, Any], *, address_space: bool) -> None:
        """In a child: makes its world, from which there is no way back."""
        confinement.enter(request["limits"], address_space=address_space)

    def end(self, run: Run) -> dict[str, Any]:
        """The report on a run whose first process has ended; nothing of the run is left when this returns."""
        return run.report()

    def runs(self) -> list[Run]:
        """Those under way."""
        return list(self._runs.values())

    def members(self) -> list[tuple[Run, list[int]]]:
        """The processes of each run."""
        return members(self.runs())

    def leave(self) -> None:
        """In a child: lets go of everything that was the zygote's."""
        self._control.close()
        os.close(self._own)
        for run in self._runs.values():
            run.let_go()

    def _watch(self) -> None:
        now = time.monotonic()
        late = [run for run in self._runs.values() if not run.is_world and now - run.started > run.limits["wall_s"]]
        if late:
            waited = self._waited_s()
            for run in late:
                self._end_if_late(run, now - run.started, run.limits["wall_s"], waited)
        if any(now - run.started > WATCH_S / 2 for run in self._runs.values()):
            for run, pids in self.members():
                excess = self.excess(run, pids)
                if excess:
                    run.kill(excess)

    def excess(self, run: Run, pids: list[int]) -> str | None:
        """The limit that the processes of a run exceed together, if any."""
        if len(pids) > run.limits["processes"]:
            return "processes"
        if resident_bytes(pids, run.limits["memory_bytes"]) > run.limits["memory_bytes"]:
            return "memory"
        if run.limits.get("test_cpu_s") and run.test_is_late(sum(map(procfs.cpu_s, pids))):
            return "test_cpu"
        return None


def members(runs: list[Run]) -> list[tuple[Run, list[int]]]:
    """The processes of each run: the descendants of its first process, to which orphans return; a world's is ours."""
    found = procfs.parents()
    families = [(run, procfs.family([run.pid], found)) for run in runs]
    return [(run, [pid for pid in pids if not (run.is_world and pid == run.pid)]) for run, pids in families]


def resident_bytes(pids: list[int], enough: int) -> int:
    """Memory that the processes hold together; pages that they share are counted once, as soon as that matters."""
    total = 0
    for pid in pids:
        total += _read_field(f"/proc/{pid}/statm") * PAGE
    if total <= enough:
        return total
    return sum(_proportional_bytes(pid) for pid in pids)


def _read_field(path: str) -> int:
    try:
        with open(path, "rb") as statm:
            return int(statm.read().split()[1])
    except (OSError, IndexError):
        return 0


def _proportional_bytes(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as rollup:
            return next((int(line.split()[1]) * 1024 for line in rollup if line.startswith(b"Pss:")), 0)
    except PermissionError:  # it shut itself off from us; its own doing, so all that it holds counts
        return _read_field(f"/proc/{pid}/statm") * PAGE
    except OSError:
        return 0


make_zygote = Zygote

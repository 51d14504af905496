"""The time that one question to a reward has used, so that a loaded machine never costs a completion its reward.

Time by the clock on the wall says how busy the machine is, not how long judging takes. On Linux each look at a worker
therefore charges the question with the processor time of the worker's whole tree of processes, and sorts the rest of
the time since the last look:

    run       processor time of all its threads and children
    waiting   a thread wanted a processor and got none: the run queue, or a control group that is throttled
    stopped   every thread is stopped (a debugger, SIGSTOP)
    blocked   every thread waits for something else: a lock, a pipe, the network, a sleep

    limit                   ends as
    run >= deadline         time_limit: the completion used up its time
    blocked >= deadline     timeout: the judge waited for something that is not the completion's doing
    wall >= 20 deadlines    overloaded: judged once more when there is less to do

Elsewhere (macOS, Windows, a /proc that hides its files) the time in which the watchdog could look counts as `run`.
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

CAP = 20.0
"""Deadlines of wall time after which a question is given up, whatever it was doing."""
FIRST_LOOK = 0.25
"""Share of the deadline after which a worker's whole tree is looked at: most questions never get that old."""
LOOKS = 50
"""Looks in one deadline: a question is ended at most this part of its deadline late."""
UNWATCHED_S = 0.1
"""At most this much blocked time is charged for one tick of the watchdog: a parent that was suspended, or that sat in
a long C call, could not look, and may itself be what the worker was waiting for."""
TREE_MOST = 512
"""Processes that are looked at in one tree."""

Limit = Literal["time_limit", "timeout", "overloaded"]


class Usage(NamedTuple):
    """The counters of a worker's tree at one moment."""

    cpu_s: float
    """Processor seconds of all threads, children, and children that have exited and were waited for."""
    waited_s: Mapping[int, float]
    """Seconds that each thread has spent in a run queue, by thread id."""
    states: str
    """The state of each thread as the kernel's letter: R runs or wants to, S and D wait, T and t are stopped."""


class Account:
    """The time that one question was charged with. Pure: it is told the counters and the time that passed."""

    def __init__(self, before: Usage) -> None:
        """Opens the account with the counters at the start of the question."""
        self._last = before
        self._unseen_s = self._watched_s = 0.0
        self.run_s = self.waiting_s = self.stopped_s = self.blocked_s = self.wall_s = 0.0

    def tick(self, passed_s: float, deadline_s: float) -> None:
        """Lets time pass without a look.

        passed_s    seconds since the last tick
        deadline_s  no tick counts for more than one deadline of wall time
        """
        self.wall_s += min(passed_s, deadline_s)
        self._unseen_s += passed_s
        self._watched_s += min(passed_s, UNWATCHED_S)

    def charge(self, now: Usage) -> None:
        """Sorts the time since the last look by the counters as they are now."""
        last, self._last = self._last, now
        # A child that nobody waited for takes its processor time with it: a difference is never negative.
        run = max(0.0, now.cpu_s - last.cpu_s)
        self.run_s += run
        rest, watched = max(0.0, self._unseen_s - run), max(0.0, self._watched_s - run)
        self._unseen_s = self._watched_s = 0.0
        if now.states and set(now.states) <= set("TtZX"):
            self.stopped_s += rest
        elif "R" in now.states or "R" in last.states:
            self.waiting_s += rest
        else:
            in_queue = max((waited - last.waited_s.get(t, 0.0) for t, waited in now.waited_s.items()), default=0.0)
            waiting = min(rest, max(0.0, in_queue))
            self.waiting_s += waiting
            self.blocked_s += max(0.0, watched - waiting)

    def charge_all(self) -> None:
        """Charges all time in which the watchdog could look as `run`, where nothing can be measured."""
        self.run_s += self._watched_s
        self._unseen_s = self._watched_s = 0.0

    def limit(self, deadline_s: float) -> Limit | None:
        """The limit that the question has passed."""
        if self.run_s >= deadline_s:
            return "time_limit"
        if self.blocked_s >= deadline_s:
            return "timeout"
        return "overloaded" if self.wall_s >= CAP * deadline_s else None


class Question:
    """One question to a worker, followed from outside: a cheap tick each time, a full look now and then."""

    def __init__(self, pid: int) -> None:
        """Begins to follow what the worker `pid` is asked now."""
        self._pid = pid
        self._since_look_s = 0.0
        before = own_usage(pid)
        self._measured = before is not None
        self._account = Account(before or Usage(0.0, {}, ""))
        self._children_before_s: float | None = None

    def tick(self, passed_s: float, deadline_s: float) -> Limit | None:
        """The limit that the question has passed, `passed_s` seconds after the last tick."""
        account = self._account
        account.tick(passed_s, deadline_s)
        self._since_look_s += passed_s
        if account.wall_s < FIRST_LOOK * deadline_s or self._since_look_s < deadline_s / LOOKS:
            return None
        self._since_look_s = 0.0
        now = tree_usage(self._pid) if self._measured else None
        if now is None:
            account.charge_all()
        else:
            if self._children_before_s is None:  # what children used before the first look nobody knows: not charged
                own = own_usage(self._pid)
                self._children_before_s = max(0.0, now.cpu_s - own.cpu_s) if own else 0.0
            account.charge(now._replace(cpu_s=now.cpu_s - self._children_before_s))
        return account.limit(deadline_s)


def own_usage(pid: int) -> Usage | None:
    """The counters of a process without its children; None where they cannot be read.

    Two system calls, so that each question can begin with it.
    """
    if sys.platform != "linux":
        return None
    try:
        return Usage(_cpu_s(pid), _waited(f"/proc/{pid}", pid), "")
    except (OSError, ValueError):
        return None


def tree_usage(pid: int) -> Usage | None:
    """The counters of a process and all below it; None where they cannot be read, also where it has exited."""
    cpu_s, waited, states = 0.0, dict[int, float](), ""
    for process in _tree(pid):
        try:
            _, reaped_s = _stat(f"/proc/{process}/stat")
            cpu_s += _cpu_s(process) + reaped_s
            for thread in _threads(process):
                folder = f"/proc/{process}/task/{thread}"
                states += _stat(f"{folder}/stat")[0]
                waited |= _waited(folder, thread)
        except (OSError, ValueError):
            if process == pid:
                return None
    return Usage(cpu_s, waited, states)


def _tree(pid: int) -> Iterator[int]:
    """A process and all below it, parents first."""
    found = [pid]
    for process in found:
        yield process
        if len(found) < TREE_MOST:
            for thread in _threads(process):
                found += map(int, _read(f"/proc/{process}/task/{thread}/children").split())


def _threads(pid: int) -> list[int]:
    try:
        return list(map(int, os.listdir(f"/proc/{pid}/task")))  # noqa: PTH208 - called many times a second
    except OSError:
        return []


def _cpu_s(pid: int) -> float:
    """Processor seconds of all threads of a process, living and gone.

    The clock of a process is a number made of its id (`clock_getcpuclockid`); it counts nanoseconds.
    """
    return time.clock_gettime((~pid << 3) | 2)


def _waited(folder: str, thread: int) -> dict[int, float]:
    """Seconds in a run queue; nothing where the kernel does not count them."""
    fields = _read(f"{folder}/schedstat").split()
    return {thread: int(fields[1]) / 1e9} if len(fields) > 1 else {}


def _stat(path: str) -> tuple[str, float]:
    """The state of a process or thread, and the processor seconds of its children that were waited for."""
    fields = Path(path).read_bytes().rpartition(b")")[2].split()
    return fields[0].decode(), (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except OSError:
        return ""

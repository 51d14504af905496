"""The time that a question is charged with: by counters that a test makes up, and by those of real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from rewardkit.workers.cpu_time import CAP, Account, Question, Usage, own_usage, tree_usage

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

TICK_S = 0.05
DEADLINE_S = 1.0


def usage(cpu_s: float, states: str, waited_s: float = 0.0) -> Usage:
    return Usage(cpu_s, {1: waited_s}, states)


def account_of(*looks: tuple[float, Usage]) -> Account:
    """An account after looks, each (seconds since the last one, counters), with a tick every TICK_S."""
    account = Account(usage(0.0, "S"))
    for passed_s, now in looks:
        for _ in range(round(passed_s / TICK_S)):
            account.tick(TICK_S, DEADLINE_S)
        account.charge(now)
    return account


@pytest.mark.parametrize(
    ("looks", "run", "waiting", "blocked", "stopped"),
    [
        # it computed all the while
        ([(1.0, usage(1.0, "R"))], 1.0, 0.0, 0.0, 0.0),
        # it wanted a processor and got a tenth of one
        ([(1.0, usage(0.1, "R"))], 0.1, 0.9, 0.0, 0.0),
        # it slept
        ([(1.0, usage(0.0, "S"))], 0.0, 0.0, 1.0, 0.0),
        # it waits for a disk
        ([(1.0, usage(0.0, "D"))], 0.0, 0.0, 1.0, 0.0),
        # it sleeps now, but was in the run queue for six tenths of a second
        ([(1.0, usage(0.1, "S", 0.6))], 0.1, 0.6, 0.3, 0.0),
        # one of its threads wants a processor, the others sleep
        ([(1.0, usage(0.2, "SSRS"))], 0.2, 0.8, 0.0, 0.0),
        # somebody stopped it
        ([(1.0, usage(0.0, "TT"))], 0.0, 0.0, 0.0, 1.0),
        # four threads compute: more processor time than time
        ([(1.0, usage(4.0, "RRRR"))], 4.0, 0.0, 0.0, 0.0),
        # a child took its time with it when nobody waited for it
        ([(1.0, usage(0.9, "R")), (1.0, usage(0.2, "R"))], 0.9, 1.1, 0.0, 0.0),
        # it ran at the last look: what came after that is not held against it
        ([(1.0, usage(1.0, "R")), (1.0, usage(1.2, "S"))], 1.2, 0.8, 0.0, 0.0),
    ],
)
def test_time_is_sorted_by_what_the_threads_did(
    looks: list[tuple[float, Usage]], run: float, waiting: float, blocked: float, stopped: float
):
    account = account_of(*looks)
    found = (account.run_s, account.waiting_s, account.blocked_s, account.stopped_s)
    assert found == pytest.approx((run, waiting, blocked, stopped))


@pytest.mark.parametrize(
    ("looks", "limit"),
    [
        ([(0.95, usage(0.95, "R"))], None),
        ([(1.0, usage(1.0, "R"))], "time_limit"),
        ([(1.0, usage(0.0, "S"))], "timeout"),
        ([(0.5, usage(0.5, "R")), (0.4, usage(0.5, "S"))], None),
        ([(10.0, usage(0.3, "R"))], None),
        ([(CAP, usage(0.3, "R"))], "overloaded"),
        ([(CAP, usage(0.0, "T"))], "overloaded"),
    ],
)
def test_a_question_ends_at_the_limit_that_it_passed(looks: list[tuple[float, Usage]], limit: str | None):
    assert account_of(*looks).limit(DEADLINE_S) == limit


def test_time_in_which_nobody_could_look_is_not_held_against_a_question():
    account = Account(usage(0.0, "S"))
    account.tick(3600.0, DEADLINE_S)  # the parent was suspended for an hour
    account.charge(usage(0.0, "S"))
    assert account.limit(DEADLINE_S) is None
    assert account.blocked_s <= 0.2
    account.tick(3600.0, DEADLINE_S)
    account.charge(usage(2.0, "S"))
    assert account.limit(DEADLINE_S) == "time_limit", "what it computed meanwhile is"


def test_where_nothing_can_be_measured_all_watched_time_counts():
    account = Account(usage(0.0, ""))
    for _ in range(20):
        account.tick(TICK_S, DEADLINE_S)
    account.charge_all()
    assert account.limit(DEADLINE_S) == "time_limit"


@pytest.fixture
def python() -> Iterator[Callable[[str], int]]:
    """Starts a program; its process id. It says that it has started by a line."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str) -> int:
        process = subprocess.Popen(
            [sys.executable, "-c", f"print(flush=True)\n{program}"],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        process.stdout.readline()
        return process.pid

    yield start
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def followed(pid: int, deadline_s: float = 0.6) -> tuple[str, float]:
    """The limit that a process passes, and the processor seconds that it had used by then."""
    before, question, last = own_usage(pid).cpu_s, Question(pid), time.monotonic()
    for _ in range(int(CAP * deadline_s / 0.02) + 100):
        time.sleep(0.02)
        now = time.monotonic()
        if limit := question.tick(now - last, deadline_s):
            return limit, (tree_usage(pid).cpu_s - before) / deadline_s
        last = now
    raise AssertionError("no limit ended it")


@linux
@pytest.mark.parametrize(
    ("program", "limit"),
    [
        ("while True: pass", "time_limit"),
        ("10 ** (10 ** 9)", "time_limit"),
        ("import time; time.sleep(600)", "timeout"),
        ("import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()", "timeout"),
        ("import threading\nthreading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()", "time_limit"),
        ("import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])", "time_limit"),
    ],
    ids=["computes", "computes in C", "sleeps", "deadlocks", "computes in a thread", "computes in a child"],
)
def test_a_process_is_ended_for_what_it_does(python: Callable[[str], int], program: str, limit: str):
    found, deadlines = followed(python(program))
    assert found == limit
    if limit == "time_limit":
        assert 1.0 <= deadlines < 2.0, "after its deadline of processor time, and not much later"


@linux
def test_a_process_that_has_exited_cannot_be_measured(python: Callable[[str], int]):
    pid = python("raise SystemExit")
    while tree_usage(pid) and tree_usage(pid).states.strip("Z"):
        time.sleep(0.01)
    assert tree_usage(2**22 + 1) is None
    assert own_usage(2**22 + 1) is None

"""Runs checks in a process of their own, watched from here: a reward that hangs or crashes is a result.

A process goes through the checks in order. Where it dies or passes the deadline, the check that it was at has its
fault, and a new process goes on behind it. A hostile text at which it died is left out from then on.
"""

import json
import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import IO, Any, NamedTuple

from rewardkit.testing.cases import HOSTILE
from rewardkit.testing.checks import CHECKS, START
from rewardkit.testing.child import IMPORTING, Work
from rewardkit.testing.report import CheckResult
from rewardkit.testing.subject import START_S
from rewardkit.workers.cpu_time import Question

WATCH_S = 0.05
HOSTILE_DEATHS = 3
"""Hostile texts after whose deaths the others are not tried."""
NEEDED = (START, "judges")
"""Checks after whose death nothing more can be learnt."""

_BOOTSTRAP = "import sys; sys.path[:] = sys.argv[1:]; from rewardkit.testing.child import main; main()"
_HOSTILE = {name for name, _ in HOSTILE}


class _Death(NamedTuple):
    """Where a process ended before it was through, and how."""

    check: str
    at: str
    how: str


def run_checks(work: Work) -> Iterator[CheckResult]:
    """The result of each check of `work`, in order."""
    names = list(work.checks)
    deaths: dict[str, str] = {}  # of hostile texts
    while names:
        for message in _messages(work._replace(checks=tuple(names), hanging=frozenset(deaths))):
            if isinstance(message, CheckResult):
                names.remove(message.check)
                yield _with_deaths(message, deaths)
                continue
            check = message.check or names[0]
            if check == "keeps_deadline" and message.at in _HOSTILE and len(deaths) < HOSTILE_DEATHS:
                deaths[message.at] = message.how
                continue
            names.remove(check)
            yield _with_deaths(CheckResult(check, CHECKS[check].about, "fault", f"{message.at}: {message.how}"), deaths)
            if not message.check or check in NEEDED:
                for name in names:
                    yield CheckResult(name, CHECKS[name].about, "not checked", "its process died before")
                return


def _with_deaths(result: CheckResult, deaths: Mapping[str, str]) -> CheckResult:
    """The result; of the check that asks for hostile texts, with those at which its process died."""
    if result.check != "keeps_deadline" or not deaths:
        return result
    found = [f"{name}: {how}" for name, how in deaths.items()]
    return result._replace(outcome="fault", found="; ".join([*found, result.found] if result.found else found))


def _messages(work: Work) -> Iterator[CheckResult | _Death]:
    """The results of one process, and at last its death where it was not through."""
    left = len(work.checks)
    check, at, limit_s, how = "", IMPORTING, START_S, ""
    with tempfile.TemporaryFile() as stderr:
        child = _start(work, stderr)
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=_read, args=(child, lines), daemon=True).start()
        question, looked = Question(child.pid), monotonic()
        try:
            while not how:
                try:
                    line = lines.get(timeout=WATCH_S)
                except queue.Empty:
                    passed, looked = monotonic() - looked, monotonic()
                    if past := question.tick(passed, limit_s):
                        how = f"not done within {limit_s:g} s ({past})"
                    continue
                if not line:
                    break
                message = json.loads(line)
                if "result" in message:
                    left -= 1
                    yield CheckResult(*message["result"])
                    check = at = ""
                elif "check" in message:
                    check = at = message["check"]
                else:
                    at, limit_s = message["at"], message["limit_s"]
                    question, looked = Question(child.pid), monotonic()
        finally:
            _end(child, at_once=bool(how))
        if left:
            yield _Death(check, at, how or _exit_of(child.returncode, stderr))


def _start(work: Work, stderr: IO[bytes]) -> "subprocess.Popen[bytes]":
    group: dict[str, Any] = {} if sys.platform == "win32" else {"process_group": 0}
    child = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _BOOTSTRAP, *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=os.environ | {"PYTHONHASHSEED": "0"},  # as in a worker
        cwd=Path.cwd(),
        **group,
    )
    assert child.stdin is not None
    with suppress(BrokenPipeError):  # it died at once: reading says so
        pickle.dump(work, child.stdin)
        child.stdin.close()
    return child


def _read(child: "subprocess.Popen[bytes]", lines: "queue.SimpleQueue[bytes]") -> None:
    """Hands over the lines of a process, and an empty one at its end."""
    assert child.stdout is not None
    for line in child.stdout:
        lines.put(line)
    lines.put(b"")


def _end(child: "subprocess.Popen[bytes]", *, at_once: bool) -> None:
    """Ends a process and all that it started; one that is through gets a second to go by itself."""
    with suppress(subprocess.TimeoutExpired):
        child.wait(0 if at_once else 1)
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            child.kill()
        else:
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _exit_of(code: int, stderr: IO[bytes]) -> str:
    """How a process ended, with the last line that it wrote."""
    stderr.seek(0)
    lines = stderr.read().decode("utf-8", "replace").strip().splitlines()
    how = f"it died of {signal.Signals(-code).name}" if code < 0 else f"it ended its process (exit code {code})"
    return f"{how}: {lines[-1]}" if lines else how

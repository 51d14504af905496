"""One worker process, as its parent sees it: start, judge, watch, kill, end."""

import mmap
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any, BinaryIO, Literal, NamedTuple, cast

from rewardkit.codec import ResultFields
from rewardkit.errors import ConfigError, InputError
from rewardkit.rubrics.rubric import Rubric, Step
from rewardkit.workers.worker import (
    MARK_BYTES,
    PLAIN_DATA,
    UNSENDABLE,
    UnitFields,
    WorkerInit,
    WorkerProgress,
    receive,
    send,
)

START_DEADLINE_S = 600.0
"""A worker that has not loaded its rewards by then, a large model perhaps, does not start."""
END_GRACE_S = 2.0
"""So long may an idle worker close its rewards before it is killed."""
WATCH_S = 0.05
"""How often the watchdog looks."""

_BOOTSTRAP = "import sys; sys.path[:] = sys.argv[1:]; from rewardkit.workers.worker import main; main()"

Cause = Literal["deadline", "memory", "crash"]


class WorkerExit(NamedTuple):
    """How a worker process ended, and at what: `at` is None where it was judging nothing."""

    cause: Cause
    how: str
    at: WorkerProgress | None


class Process:
    """One worker process from its start to its end. All but `watch` and `kill` belong to one thread."""

    def __init__(self, rubric: Rubric, steps: Sequence[Step], folder: str) -> None:
        """Starts the process in a folder. OSError where the system does not let it."""
        self._rubric = rubric
        self._steps = steps
        self._lock = threading.Lock()
        self._ended = False
        self._killed: tuple[Cause, str] | None = None
        self._busy = True
        self._group_sizes: Mapping[int, int] = {}
        self._seen_number = 0
        self._seen_s = 0.0
        self.ready = False
        with tempfile.NamedTemporaryFile(prefix="rewardkit-", delete=False) as file:
            file.write(bytes(MARK_BYTES))
            file.flush()
            self._mark_path = Path(file.name)
            self._shared = mmap.mmap(file.fileno(), MARK_BYTES)
        # A process group of its own: Ctrl-C reaches the parent alone, and killing it ends what a reward has started.
        group: dict[str, Any] = {} if sys.platform == "win32" else {"process_group": 0}
        try:
            self._popen = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-c", _BOOTSTRAP, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONHASHSEED": "0"},  # a set is walked alike in every worker
                cwd=folder,
                **group,
            )
        except OSError:
            self._shared.close()
            self._mark_path.unlink(missing_ok=True)
            raise
        self._requests = cast(BinaryIO, self._popen.stdin)
        self._answers = cast(BinaryIO, self._popen.stdout)

    def start(self, files: tuple[Path, ...], distributions: tuple[str, ...], *, timings: bool) -> WorkerExit | None:
        """Waits until the rewards are loaded; returns how the process died where it did.

        raises  what a reward raised while it was built
        """
        try:
            send(
                self._requests,
                WorkerInit(self._rubric, files, distributions, str(self._mark_path), timings, os.getpid()),
            )
            answer = receive(self._answers)
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            raise ConfigError(f"rubric: it cannot be sent to a worker ({error}); write plain data") from error
        except (EOFError, OSError):
            return self._death(0)
        finally:
            with suppress(OSError):  # Windows keeps what is still open; `end` tries again
                self._mark_path.unlink(missing_ok=True)
            self._busy = False
        if isinstance(answer, Exception):
            raise answer
        self.ready = True
        return None

    def judge(
        self, units: Sequence[UnitFields], weights: Mapping[str, float], done: dict[int, list[ResultFields]]
    ) -> WorkerExit | None:
        """Judges units and adds their results to `done`; returns how the process died where it did.

        raises  InputError for samples that cannot be sent
        """
        before = WorkerProgress.read(self._shared).number
        self._group_sizes = {unit.place: len(unit.samples) for unit in units}
        self._seen_number, self._seen_s = before, 0.0
        self._busy = True
        try:
            send(self._requests, (units, weights))
            while (answer := receive(self._answers)) is not None:
                if answer == "memory":
                    self._killed = ("memory", "out of memory")
                    return self._death(before)
                if isinstance(answer, InputError):
                    raise answer
                done.update(answer)
        except (TypeError, AttributeError, RecursionError, pickle.PicklingError) as error:
            raise InputError(f"{UNSENDABLE} ({type(error).__name__}: {error}); {PLAIN_DATA}") from error
        except (EOFError, OSError):
            return self._death(before)
        finally:
            self._busy = False
        return None

    def watch(self, passed_s: float) -> None:
        """Kills the process when what it is judging has taken too long.

        passed_s  seconds since the last look, at most about WATCH_S: time in which nobody could look (a suspended
                  parent, a long C call that held the interpreter's lock) is not held against the sample
        """
        with self._lock:
            if not self._busy or self._killed or self._ended:
                return
            if self._exited():
                self._kill_group()  # what it has started may hold its pipe open, and nobody would hear of its end
                return
            mark = WorkerProgress.read(self._shared)
        if mark.number != self._seen_number:
            self._seen_number, self._seen_s = mark.number, 0.0
            return
        self._seen_s += passed_s
        if not self.ready:
            if self._seen_s > START_DEADLINE_S:
                self.kill("deadline", f"its rewards were not loaded within {START_DEADLINE_S:g} s")
            return
        together = self._steps[mark.step].installed.reward.sees == "group"
        samples = self._group_sizes.get(mark.unit, 1) if together else 1
        if self._seen_s > self._rubric.limits.deadline_s * samples:
            self.kill("deadline", "out of time")

    def kill(self, cause: Cause, how: str) -> None:
        """Kills the process and all that it started."""
        with self._lock:
            if self._ended:
                return
            self._killed = self._killed or (cause, how)
            self._kill_group()

    def _kill_group(self) -> None:
        if sys.platform == "win32":
            self._popen.kill()
            return
        for kill in (os.killpg, os.kill):  # a process may leave its group
            with suppress(ProcessLookupError, PermissionError):  # Darwin's word for a group of the dead is EPERM
                kill(self._popen.pid, signal.SIGKILL)

    def end(self) -> None:
        """Ends the process, by closing its pipe where it is idle, and gives everything back."""
        if self._ended:
            return
        with suppress(OSError):  # what was still buffered for a process that is gone
            self._requests.close()
        if self.ready:
            self._wait_unreaped(END_GRACE_S)
        self.kill("crash", "ended")
        with self._lock:
            self._ended = True
            self._popen.wait()
            self._answers.close()
            self._shared.close()
            with suppress(OSError):
                self._mark_path.unlink(missing_ok=True)

    def _death(self, before: int) -> WorkerExit:
        """How the process died: it is ended when this returns."""
        mark = WorkerProgress.read(self._shared)
        self.ready = False
        self._wait_unreaped(1.0)  # its pipe closes a moment before it is gone, and it should not die of our signal
        cause, how = self._killed or ("crash", "")
        self.end()
        if not how:
            code = self._popen.returncode
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return WorkerExit(cause, how, mark if mark.number > before else None)

    def _wait_unreaped(self, seconds: float) -> None:
        """Waits for the process to exit but leaves its id taken, so that its group can still be killed safely."""
        until = monotonic() + seconds
        while monotonic() < until and not self._exited():
            sleep(0.002)

    def _exited(self) -> bool:
        if sys.platform == "win32" or not hasattr(os, "waitid"):
            return self._popen.poll() is not None
        try:
            return os.waitid(os.P_PID, self._popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:  # somebody else has reaped it, or SIGCHLD is ignored
            return True

"""One worker process, as its parent sees it: start, judge, watch, kill, end.

the slot's thread    start ─ judge ─ judge ─ … ─ end      writes requests, reads answers
the watchdog thread  watch ─ watch ─ watch ─ …  kill      reads WorkerProgress and the process's counters
"""

import mmap
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any, BinaryIO, cast

from rewardkit.codec import ResultFields
from rewardkit.errors import ConfigError, InputError, RewardkitError
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric
from rewardkit.score import Weight
from rewardkit.shards.part import PartRequest, PartResult
from rewardkit.tracing import timed
from rewardkit.workers.code_pickle import as_code
from rewardkit.workers.cpu_time import UNWATCHED_S, Question
from rewardkit.workers.prints import Printed, PrintLog
from rewardkit.workers.retry import TOGETHER, Cause, Place, UnitFields, WorkerExit
from rewardkit.workers.worker import (
    IDLE,
    MARK_BYTES,
    PLAIN_DATA,
    UNSENDABLE,
    WorkerInit,
    WorkerProgress,
    receive,
    send,
    send_bytes,
)

START_DEADLINE_S = 600.0
"""Seconds that a worker gets to load its rewards, a large model perhaps."""
END_GRACE_S = 2.0
"""Seconds an idle worker gets to close its rewards before it is killed."""
WATCH_S = 0.05
"""Seconds between two looks of the watchdog."""
LAST_WORDS = 5
"""Lines of standard error that are quoted of a worker that died while it started."""

_BOOTSTRAP = "import sys; sys.path[:] = sys.argv[1:]; from rewardkit.workers.worker import main; main()"


class Process:
    """One worker process from its start to its end. All but `watch` and `kill` belong to one thread."""

    def __init__(self, rubric: Rubric, steps: Sequence[Step], folder: str, prints: PrintLog) -> None:
        """Starts the process in a folder.

        raises  OSError where the system does not let it
        """
        self._rubric = rubric
        self._steps = steps
        self._prints = prints
        self._lock = threading.Lock()
        self._ended = False
        self._killed: tuple[Cause, str] | None = None
        self._busy = True
        self._before = 0
        self._question: tuple[int, Question] | None = None
        self._starting_s = 0.0
        self.ready = False
        with tempfile.NamedTemporaryFile(prefix="rewardkit-", delete=False) as file:
            file.write(bytes(MARK_BYTES))
            file.flush()
            self._mark_path = Path(file.name)
            self._shared = mmap.mmap(file.fileno(), MARK_BYTES)
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed once the worker is ready, or in `end`
        # A process group of its own: Ctrl-C reaches the parent alone, and killing it ends what a reward has started.
        group: dict[str, Any] = {} if sys.platform == "win32" else {"process_group": 0}
        try:
            self._popen = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-c", _BOOTSTRAP, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env=os.environ | {"PYTHONHASHSEED": "0"},  # a set is walked alike in every worker
                cwd=folder,
                **group,
            )
        except OSError:
            self._stderr.close()
            self._shared.close()
            self._mark_path.unlink(missing_ok=True)
            raise
        self._requests = cast(BinaryIO, self._popen.stdin)
        self._answers = cast(BinaryIO, self._popen.stdout)

    def start(
        self, files: tuple[Path, ...], distributions: tuple[str, ...], *, timings: bool, nice: int = 0, copy: int = 0
    ) -> str | None:
        """Waits until the rewards are loaded; how the process died, and at which reward, where it did.

        copy    index of this process among those of a service
        raises  what a reward raised while it was built
        """
        try:
            aliases = tuple(step.alias for step in self._steps)
            init = WorkerInit(
                self._rubric, files, distributions, str(self._mark_path), timings, os.getpid(), nice, aliases, copy
            )
            send_bytes(self._requests, _pickled(init))
            with timed(f"worker {self._popen.pid} with {', '.join(step.alias for step in self._steps)}"):
                answer = receive(self._answers)
        except (EOFError, OSError):
            return self._lost_start()
        finally:
            with suppress(OSError):  # Windows keeps what is still open; `end` tries again
                self._mark_path.unlink(missing_ok=True)
            self._busy = False
        if isinstance(answer, Exception):
            raise answer
        self.ready = True
        self._stderr.close()
        return None

    def _lost_start(self) -> str:
        """How the process died while it was starting."""
        mark = WorkerProgress.read(self._shared)
        self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, self._stderr.tell() - 4096))
        lines = self._stderr.read().decode("utf-8", "replace").strip().splitlines()[-LAST_WORDS:]
        at = "before it built a reward"
        if mark.number:
            step = self._steps[mark.step]
            at = f"while it built the reward {step.alias!r} ({step.installed.qualified_name})"
        said = f"; it wrote: {' | '.join(line.strip() for line in lines)}" if lines else ""
        return f"{self._death(0).how} {at}{said}"

    def judge(
        self, units: Sequence[UnitFields], weights: Mapping[str, Weight], done: dict[int, list[ResultFields]]
    ) -> WorkerExit | None:
        """Judges units and adds their results to `done`; returns how the process died where it did.

        raises  InputError for samples that cannot be sent
        """
        before = self._begin()
        try:
            try:
                send(self._requests, (units, weights))
            except RecursionError:  # nothing was sent, and the process goes on
                return WorkerExit("unsendable", f"{UNSENDABLE}: it is nested too deeply; {PLAIN_DATA}", None)
            while (answer := receive(self._answers)) is not None:
                if isinstance(answer, Printed):
                    self._prints.add(answer)
                    continue
                if answer == "memory":
                    self._killed = ("memory_limit", "out of memory")
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

    def judge_part(self, request: PartRequest) -> PartResult | WorkerExit:
        """Judges a part of a file; returns how the process died where it did.

        raises  what is wrong with the part, or with the file that collects its lines
        """
        before = self._begin()
        try:
            send(self._requests, request)
            while isinstance(answer := receive(self._answers), Printed):
                self._prints.add(answer)
        except (EOFError, OSError):
            return self._death(before)
        finally:
            self._busy = False
        if answer == "memory":
            self._killed = ("memory_limit", "out of memory")
            return self._death(before)
        if isinstance(answer, RewardkitError):
            raise answer
        return cast(PartResult, answer)

    def _begin(self) -> int:
        """Lets the watchdog look; returns the number of the last question before."""
        self._before = WorkerProgress.read(self._shared).number
        self._question = None
        self._busy = True
        return self._before

    def watch(self, passed_s: float) -> None:
        """Kills the process when what it is judging is past a limit of `rewardkit.workers.cpu_time`.

        passed_s  seconds since the last look
        """
        with self._lock:
            if not self._busy or self._killed or self._ended:
                return
            if self._exited():
                self._kill_group()  # what it has started may hold its pipe open, and nobody would hear of its end
                return
            mark = WorkerProgress.read(self._shared)
        if not self.ready:
            self._starting_s += min(passed_s, UNWATCHED_S)
            if self._starting_s > START_DEADLINE_S:
                self.kill("timeout", f"not ready within {START_DEADLINE_S:g} s")
            return
        if mark.step == IDLE and mark.number > self._before:  # it sends results: what holds it up is this process
            return
        if self._question is None or self._question[0] != mark.number:
            self._question = mark.number, Question(self._popen.pid)
            return
        deadlines, deadline_s = 1.0, self._rubric.limits.deadline_s
        if mark.step != IDLE:
            step = self._steps[mark.step]
            deadline_s = step.limits.deadline_s
            together = mark.unit == TOGETHER or step.sees != "sample"
            deadlines = mark.size if together else step.installed.reward.deadlines
        if limit := self._question[1].tick(passed_s, deadline_s * deadlines):
            self.kill(limit, f"past its limit: {limit}")

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
            with suppress(ProcessLookupError, PermissionError):  # macOS returns EPERM where all have exited
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
            self._stderr.close()
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
        asked = mark.number > before and mark.step != IDLE
        return WorkerExit(cause, how, Place(mark.unit, mark.sample, mark.step) if asked else None)

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


def _functions(rubric: Rubric) -> list[Callable[..., Any]]:
    """The functions and classes that a rubric holds itself."""
    return [config.reward for config in rubric.rewards.values() if callable(config.reward)]


def _pickled(init: WorkerInit) -> bytes:
    """The first message to a worker.

    raises  ConfigError for what cannot be sent, a function that holds a lock, say
    """
    functions = _functions(init.rubric)
    try:
        return as_code(init, functions) if functions else pickle.dumps(init)
    except (TypeError, AttributeError, RecursionError, pickle.PicklingError) as error:
        raise ConfigError(_unsendable(init.rubric, error)) from error


def _unsendable(rubric: Rubric, error: Exception) -> str:
    """Why a rubric cannot be sent to a worker: a function of it, or a value."""
    for alias, config in rubric.rewards.items():
        if callable(config.reward):
            try:
                as_code(config.reward, [config.reward])
            except (TypeError, AttributeError, pickle.PicklingError) as fault:
                return (
                    f"rewards.{alias}: its function cannot be sent to a worker process ({fault}); make what it holds "
                    "inside the function, or write the function to a file: plugins=['rewards.py']"
                )
    return f"rubric: it cannot be sent to a worker ({error}); write plain data"

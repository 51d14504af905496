"""Judging on this machine: worker processes that stay warm, are killed when a sample hangs, and are replaced.

    Scorer ── Job ──▶ Pool ── TaskQueue ◀── take/report ── thread 1 ── Process 1 ══ two pipes ══ worker 1
                                        ◀── take/report ── thread 2 ── Process 2 ══ two pipes ══ worker 2
                      watchdog thread ── looks at ──▶ each Process: what is it judging, and what has that used?
                                                       past its limit: kill; its thread reads the end of the pipe

One thread here owns one worker process there. It takes a task, has it judged, and when the process dies reports that
and goes on with a new one. No signal handler is used, so all of this works from any thread.
"""

import atexit
import errno
import logging
import os
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic, sleep

from rewardkit.errors import InfrastructureError
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric
from rewardkit.shards.part import PartRequest, PartResult
from rewardkit.workers.engine import Engine, Job, JobResult
from rewardkit.workers.prints import PrintLog
from rewardkit.workers.process import WATCH_S, Process
from rewardkit.workers.retry import WorkerExit
from rewardkit.workers.task_queue import CLOSED, Assignment, PartAssignment, TaskQueue

START_PAUSES_S = (0.5, 2.0)
"""Pauses between attempts to start a worker that was killed while it started: memory may be free again by then."""
_NOT_NOW = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)

FORKED = "this scorer belongs to the process that made it; make one in this process too"

log = logging.getLogger("rewardkit")


class LostStartError(InfrastructureError):
    """A worker died again and again before it was ready."""


@dataclass(frozen=True)
class WorkerConfig:
    """Everything that the workers of a pool are started with."""

    rubric: Rubric
    steps: Sequence[Step]
    files: tuple[Path, ...]
    timings: bool
    folder: str
    """The working directory, in which relative paths keep their meaning."""
    nice: int = 0
    """How much lower than the parent's the priority of the workers is."""


StartEngine = Callable[[WorkerConfig, int], Engine]
"""Starts an engine for the steps of a configuration, with a number of processes; `Pool` does, on this machine."""


class Pool:
    """The engine of this machine: worker processes that judge by one rubric."""

    def __init__(self, config: WorkerConfig, workers: int) -> None:
        """Starts the processes and waits for the first to be ready.

        raises  InfrastructureError where none can start; else what a reward raised while it was built
        """
        self._queue = TaskQueue(config.rubric, config.steps)
        self.prints = PrintLog()
        """Lines that rewards printed."""
        self._lock = threading.Lock()
        self._in_service = workers
        self._workers = workers
        self._started: Future[None] = Future()
        self._slots = [_Slot(self, self._queue, config, number) for number in range(workers)]
        self._closing = threading.Lock()
        self._closed = False
        self._pid = os.getpid()
        self._at_exit = partial(_close, weakref.ref(self))
        atexit.register(self._at_exit)
        for slot in self._slots:
            slot.thread.start()
        threading.Thread(target=_watch, args=(self._slots, self._queue), name="rewardkit-watchdog", daemon=True).start()
        try:
            self._started.result()
        except BaseException:
            self.close()
            raise

    def submit(self, job: Job) -> "Future[JobResult]":
        """Queues a job for the next free worker."""
        if os.getpid() != self._pid:
            raise InfrastructureError(FORKED)
        return self._queue.submit(job)

    def submit_part(self, request: PartRequest) -> "Future[PartResult | WorkerExit]":
        """Queues a part of a file for the next worker that has nothing else to do.

        The future tells how the worker died where it did: what follows is for the caller to decide.
        """
        if os.getpid() != self._pid:
            raise InfrastructureError(FORKED)
        return self._queue.submit_part(request)

    def close(self) -> None:
        """Ends processes and threads; jobs that were not finished get an InfrastructureError."""
        if os.getpid() != self._pid:  # a forked child has neither the threads nor a right to the processes
            return
        with self._closing:
            if self._closed:
                return
            self._closed = True
            atexit.unregister(self._at_exit)
            self._queue.close()
            for slot in self._slots:
                slot.kill()
            for slot in self._slots:
                slot.thread.join()

    def started(self) -> None:
        """Tells that a worker is ready."""
        with self._lock:
            if not self._started.done():
                self._started.set_result(None)

    def not_started(self, error: BaseException) -> bool:
        """Tells that a worker cannot be started; True where its thread must end, because others go on."""
        with self._lock:
            deterministic = not isinstance(error, LostStartError)
            if not self._started.done() and (deterministic or self._in_service == 1):
                self._started.set_exception(error)
                return True
            if self._in_service == 1:
                self._queue.fail_all(error)
                return False
            self._in_service -= 1
            left = self._in_service
        if not self._queue.closing.is_set():
            log.warning("rewardkit goes on with %d of %d workers: %s", left, self._workers, error)
        return True


class _Slot:
    """One thread, and one worker process after the other."""

    def __init__(self, pool: Pool, queue: TaskQueue, config: WorkerConfig, number: int) -> None:
        self._number = number
        self._pool = weakref.proxy(pool)
        self._queue = queue
        self._config = config
        self._process: Process | None = None
        self._assignment: Assignment | PartAssignment | None = None
        self.thread = threading.Thread(target=self._work, name="rewardkit-worker", daemon=True)

    def kill(self) -> None:
        """Kills a process that is at work; an idle one may close its rewards."""
        process = self._process
        if process and (self._assignment or not process.ready):
            process.kill("crash", CLOSED)

    def watch(self, passed_s: float) -> None:
        """Kills a process that judges what nobody waits for, or what is past its limit."""
        process, assignment = self._process, self._assignment
        if process and assignment and not assignment.wanted:
            process.kill("crash", "nobody waits for this any more")
        elif process:
            process.watch(passed_s)

    def _work(self) -> None:
        try:
            if self._has_process():
                self._pool.started()
                while (assignment := self._queue.take()) is not None and self._judge(assignment):
                    pass
        except ReferenceError:  # the pool was forgotten
            pass
        finally:
            if self._process:
                self._process.end()

    def _judge(self, assignment: Assignment | PartAssignment) -> bool:
        """Judges one task or part and reports it; False where this thread must end."""
        started = monotonic()
        if not (self._process and self._process.ready) and not self._has_process():
            self._queue.put_back(assignment)
            return False
        process = self._process
        if process is None or not process.ready:  # the last one of its pool: its jobs have failed, and it goes on
            self._queue.put_back(assignment)
            return True
        self._assignment = assignment
        if isinstance(assignment, PartAssignment):
            self._judge_part(process, assignment)
            return True
        weights = assignment.open_job.job.weights
        try:
            died = process.judge(assignment.units, weights, assignment.done)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the job
            self._assignment = None
            self._queue.fail(assignment, error)
        else:
            self._assignment = None  # first: a job that is done is not wanted, and its process would be killed
            self._queue.report(assignment, died, monotonic() - started)
        return True

    def _judge_part(self, process: Process, assignment: PartAssignment) -> None:
        outcome: PartResult | WorkerExit | Exception
        try:
            outcome = process.judge_part(assignment.request)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the part
            outcome = error
        self._assignment = None  # first: a part that is done is not wanted, and its process would be killed
        self._queue.report_part(assignment, outcome)

    def _has_process(self) -> bool:
        """Starts a worker process; False where that does not work and this thread must end."""
        try:
            self._start()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the pool, or for a job
            return not self._pool.not_started(error)
        return True

    def _start(self) -> None:
        for pause_s in (*START_PAUSES_S, None):
            if self._process:
                self._process.end()
            if self._queue.closing.is_set():
                raise InfrastructureError(CLOSED)
            try:
                self._process = Process(self._config.rubric, self._config.steps, self._config.folder, self._pool.prints)
            except OSError as error:
                found = f"no worker process starts: {error}; see `rewardkit doctor`"
                if error.errno not in _NOT_NOW:
                    raise InfrastructureError(found) from error
            else:
                if self._queue.closing.is_set():  # `kill` may have looked just before there was a process
                    raise InfrastructureError(CLOSED)
                distributions = tuple({step.installed.distribution for step in self._config.steps})
                lost = self._process.start(
                    self._config.files,
                    distributions,
                    timings=self._config.timings,
                    nice=self._config.nice,
                    copy=self._number,
                )
                if lost is None:
                    return
                found = (
                    f"no worker process starts, tried {len(START_PAUSES_S) + 1} times: {lost}; see `rewardkit doctor`"
                )
            if pause_s is None:
                raise LostStartError(found)
            self._queue.closing.wait(pause_s)


def _watch(slots: Sequence[_Slot], queue: TaskQueue) -> None:
    """The watchdog's life: as long as any slot lives."""
    last = monotonic()
    while any(slot.thread.is_alive() for slot in slots):
        sleep(WATCH_S)
        now = monotonic()
        for slot in slots:
            slot.watch(now - last)
        queue.expire()
        last = now


def _close(pool: "weakref.ref[Pool]") -> None:
    if alive := pool():
        alive.close()

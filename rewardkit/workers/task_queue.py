"""The work of a pool: open jobs and their tasks, handed to whichever worker is free.

    submit ──▶ job ── Retry.first ──▶ tasks ── take ──▶ a worker's thread ── report ──▶ Retry.report ──▶ more tasks
                                                                                   └──▶ the job's future, once finished

Tasks of samples that killed a worker go first, since a reader waits for their job. What was overloaded goes last, and
not more of it at a time than there are processors. Only this module knows the lock; the rules are in
`rewardkit.workers.retry`.
"""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

from rewardkit.codec import ResultFields
from rewardkit.errors import InfrastructureError
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric
from rewardkit.score import Score
from rewardkit.shards.part import PartRequest, PartResult
from rewardkit.workers.breaker import Breaker
from rewardkit.workers.cpu_time import CAP
from rewardkit.workers.engine import Job, JobResult
from rewardkit.workers.processors import usable_processors
from rewardkit.workers.retry import Retry, Task, UnitFields, WorkerExit

CLOSED = "this scorer was closed; make a new one"


@dataclass(eq=False)
class OpenJob:
    """A job that has no result yet."""

    job: Job
    retry: Retry
    future: "Future[JobResult]"
    busy_s: float = 0.0


@dataclass(eq=False)
class Assignment:
    """A task in the hands of one worker's thread."""

    open_job: OpenJob
    task: Task
    units: Sequence[UnitFields]
    done: dict[int, list[ResultFields]] = field(default_factory=dict)
    """Filled by the worker's thread as results come in."""

    @property
    def wanted(self) -> bool:
        """False once nobody waits for the job any more: it was cancelled, has failed, or its time was up."""
        return not self.open_job.future.done()


@dataclass(eq=False)
class PartAssignment:
    """A part of a file, waiting for a worker or in the hands of one worker's thread."""

    request: PartRequest
    future: "Future[PartResult | WorkerExit]" = field(default_factory=Future)

    @property
    def wanted(self) -> bool:
        """False once nobody waits for the part any more."""
        return not self.future.done()


class TaskQueue:
    """Jobs in, results out. Every method may be called from any thread."""

    def __init__(self, rubric: Rubric, steps: Sequence[Step]) -> None:
        """A queue of jobs that are judged by one rubric."""
        self._rubric = rubric
        self._steps = steps
        self._breaker = Breaker()
        self._late_most = usable_processors()
        self._changed = threading.Condition()
        self._urgent: deque[tuple[OpenJob, Task]] = deque()
        self._fresh: deque[tuple[OpenJob, Task]] = deque()
        self._late: deque[tuple[OpenJob, Task, float]] = deque()
        self._open: dict[OpenJob, list[Assignment]] = {}
        self._parts: deque[PartAssignment] = deque()
        self._open_parts: set[PartAssignment] = set()
        self._late_in_hand = 0
        self._idle = 0
        self.closing = threading.Event()
        """Set once the queue is closed, so that a thread can wait for that and for time to pass."""

    def submit(self, job: Job) -> "Future[JobResult]":
        """Queues a job for the next free worker."""
        position = {step.alias: index for index, step in enumerate(self._steps)}
        aliases = list(self._rubric.rewards) if job.asks is None else list(job.asks)
        asks = None if job.asks is None else [position[alias] for alias in job.asks]
        retry = Retry(job.units, aliases, self._steps, self._breaker, job.known, asks)
        opened = OpenJob(job, retry, Future())
        with self._changed:
            if self.closing.is_set():
                raise InfrastructureError(CLOSED)
            self._open[opened] = []
            self._fresh.append((opened, retry.first()))
            self._changed.notify()
        return opened.future

    def submit_part(self, request: PartRequest) -> "Future[PartResult | WorkerExit]":
        """Queues a part for the next worker that has no task to do."""
        part = PartAssignment(request)
        with self._changed:
            if self.closing.is_set():
                raise InfrastructureError(CLOSED)
            self._open_parts.add(part)
            self._parts.append(part)
            self._changed.notify()
        return part.future

    def report_part(self, part: PartAssignment, outcome: PartResult | WorkerExit | BaseException) -> None:
        """Takes in how a worker ended a part, or why it could not begin it."""
        with self._changed:
            self._open_parts.discard(part)
        with suppress(InvalidStateError):  # cancelled, or the queue was closed
            if isinstance(outcome, BaseException):
                part.future.set_exception(outcome)
            else:
                part.future.set_result(outcome)

    def take(self) -> Assignment | PartAssignment | None:
        """The next work for a worker, once there is some; None when the queue is closed."""
        with self._changed:
            while not self.closing.is_set():
                if found := self._next():
                    opened, task = found
                    if opened not in self._open:
                        continue
                    if opened.future.cancelled():
                        del self._open[opened]
                        continue
                    assignment = Assignment(opened, task, opened.retry.request(task))
                    self._open[opened].append(assignment)
                    self._late_in_hand += task.late
                    return assignment
                if self._parts:
                    part = self._parts.popleft()
                    if part.wanted:
                        return part
                    self._open_parts.discard(part)
                    continue
                self._idle += 1
                self._changed.wait()
                self._idle -= 1
        return None

    def report(self, assignment: Assignment, died: WorkerExit | None, seconds: float) -> None:
        """Takes in how a worker ended a task, and the seconds that it was busy with it."""
        opened = assignment.open_job
        with self._changed:
            self._let_go(assignment)
            if opened not in self._open:
                return
            if opened.future.cancelled():
                del self._open[opened]
                return
            opened.busy_s += seconds
            for task in opened.retry.report(assignment.task, assignment.done, died, self._idle):
                if task.late:
                    wait_s = CAP * max(step.limits.deadline_s for step in self._steps)
                    self._late.append((opened, task, monotonic() + wait_s))
                else:
                    self._urgent.append((opened, task))
                self._changed.notify()
            if not opened.retry.finished:
                return
            del self._open[opened]
        _resolve(opened)

    def put_back(self, assignment: Assignment | PartAssignment) -> None:
        """Queues work again that no worker has begun."""
        with self._changed:
            if isinstance(assignment, PartAssignment):
                self._parts.appendleft(assignment)
                self._changed.notify()
                return
            self._let_go(assignment)
            if assignment.open_job in self._open:
                self._urgent.appendleft((assignment.open_job, assignment.task))
                self._changed.notify()

    def fail(self, assignment: Assignment, error: BaseException) -> None:
        """Ends the job of a task with an error."""
        with self._changed:
            self._let_go(assignment)
            self._open.pop(assignment.open_job, None)
        _refuse([assignment.open_job], error)

    def fail_all(self, error: BaseException) -> None:
        """Ends every job with an error."""
        with self._changed:
            every = list(self._open)
            parts = list(self._open_parts)
            self._open.clear()
            self._parts.clear()
            self._open_parts.clear()
        _refuse(every, error)
        for part in parts:
            with suppress(InvalidStateError):
                part.future.set_exception(error)

    def expire(self) -> None:
        """Ends the jobs whose time is up: what is judged of them stays, the rest is `failed: timeout`."""
        now = monotonic()
        with self._changed:
            ended = [opened for opened in self._open if opened.job.until is not None and opened.job.until <= now]
            for opened in ended:
                for assignment in self._open.pop(opened):
                    opened.retry.results |= {} if assignment.task.control else assignment.done
                budget = self._rubric.limits.batch_s
                opened.retry.give_up(
                    Score.failed(
                        f"not judged before the batch's {budget:g} s were over (limits.batch_s)", kind="timeout"
                    )
                )
        for opened in ended:
            _resolve(opened)

    def close(self) -> None:
        """Lets every `take` return None, and ends the jobs that are not finished."""
        with self._changed:
            self.closing.set()
            self._changed.notify_all()
        self.fail_all(InfrastructureError(CLOSED))

    def _next(self) -> tuple[OpenJob, Task] | None:
        ready = self._urgent or self._fresh
        may_be_late = self._late and self._late_in_hand < self._late_most
        # A queue that is never empty must not starve what was overloaded.
        if may_be_late and (not ready or self._late[0][2] <= monotonic()):
            return self._late.popleft()[:2]
        return ready.popleft() if ready else None

    def _let_go(self, assignment: Assignment) -> None:
        """Takes a task out of a worker's hands."""
        if assignment.task.late:
            self._late_in_hand -= 1
            self._changed.notify()
        if assignment.open_job in self._open:
            self._open[assignment.open_job].remove(assignment)


def _resolve(opened: OpenJob) -> None:
    results = [opened.retry.results[unit] for unit in range(len(opened.job.units))]
    with suppress(InvalidStateError):  # somebody may have cancelled it just now
        opened.future.set_result(JobResult(results, opened.busy_s))


def _refuse(jobs: Sequence[OpenJob], error: BaseException) -> None:
    for opened in jobs:
        with suppress(InvalidStateError):
            opened.future.set_exception(error)

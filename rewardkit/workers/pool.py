"""Worker processes that stay warm, are killed when a sample hangs, and are replaced when they die.

One thread here owns one worker process there: it takes a job from the queue, has it judged, and when the process dies
goes on with a new one. A watchdog thread kills the processes whose sample is past its deadline. No signal handler is
used, so all of this works from any thread.

What a sample that kills its worker costs: its neighbours are judged on; it is judged again alone, once, in a fresh
process; and where it kills that one too in the same reward, that reward's score is settled: 0.0 where time or memory
ran out, `failed` where the process crashed. So that a reward which hangs by itself trains nobody, it is asked about the
sample with a harmless completion first: where time or memory run out on that too, it has failed.
"""

import atexit
import os
import threading
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from typing import NamedTuple

from rewardkit.codec import ResultFields, sample_fields, score_fields
from rewardkit.errors import InfrastructureError
from rewardkit.rubrics.rubric import Rubric, Step
from rewardkit.sample import Sample
from rewardkit.score import Kind, Score
from rewardkit.workers.process import WATCH_S, Process, WorkerExit
from rewardkit.workers.worker import UnitFields

ATTEMPTS = 3
"""So often a worker that dies before it has judged anything is started again."""

CLOSED = "this scorer was closed; make a new one"
ABANDONED = "nobody waits for this any more"

CONTROL_COMPLETION = "I do not know."
"""A completion that takes nobody's time; what breaks on this is not the completion's doing."""


class JobResult(NamedTuple):
    """What a job came to: the results of each unit, and the seconds that a worker was busy with them."""

    results: list[list[ResultFields]]
    seconds: float


@dataclass(frozen=True)
class Job:
    """Units to judge together, and where what they come to will be."""

    units: Sequence[Sequence[Sample]]
    weights: Mapping[str, float]
    future: Future[JobResult] = field(default_factory=Future)
    abandoned: threading.Event = field(default_factory=threading.Event)

    def abandon(self) -> None:
        """Nobody waits for it any more: it is not begun, or ended at once."""
        if not self.future.cancel():
            self.abandoned.set()


@dataclass(frozen=True)
class WorkerConfig:
    """What every worker of a pool is started with."""

    rubric: Rubric
    steps: Sequence[Step]
    files: tuple[Path, ...]
    timings: bool
    folder: str
    """The working directory, in which relative paths keep their meaning."""


class Pool:
    """Worker processes that judge by one rubric."""

    def __init__(self, config: WorkerConfig, workers: int) -> None:
        """Starts the processes and waits for the first to be ready.

        raises  InfrastructureError where none can start; else what a reward raised while it was built
        """
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._slots = [_Slot(self._jobs, config) for _ in range(workers)]
        self._closing = threading.Lock()
        self._closed = False
        self._pid = os.getpid()
        self._at_exit = partial(_close, weakref.ref(self))
        atexit.register(self._at_exit)
        for slot in self._slots:
            slot.thread.start()
        threading.Thread(target=_watch, args=(self._slots,), name="rewardkit-watchdog", daemon=True).start()
        try:
            self._slots[0].started.result()
        except BaseException:
            self.close()
            raise

    def submit(self, job: Job) -> None:
        """Queues a job for the next free worker."""
        if os.getpid() != self._pid:
            raise InfrastructureError("this scorer belongs to the process that made it; make one in this process too")
        with self._closing:
            if self._closed:
                raise InfrastructureError(CLOSED)
            self._jobs.put(job)

    def close(self) -> None:
        """Ends processes and threads; jobs that were not finished get an InfrastructureError."""
        if os.getpid() != self._pid:  # a forked child has neither the threads nor a right to the processes
            return
        with self._closing:
            if self._closed:
                return
            self._closed = True
            atexit.unregister(self._at_exit)
            for slot in self._slots:
                slot.close()
            for _ in self._slots:
                self._jobs.put(None)
            for slot in self._slots:
                slot.thread.join()
            while True:
                try:
                    job = self._jobs.get_nowait()
                except Empty:
                    return
                if job is not None and job.future.set_running_or_notify_cancel():
                    job.future.set_exception(InfrastructureError(CLOSED))


class _Slot:
    """One thread, and one worker process after the other."""

    def __init__(self, jobs: "SimpleQueue[Job | None]", config: WorkerConfig) -> None:
        self._jobs = jobs
        self._config = config
        self._process: Process | None = None
        self._job: Job | None = None
        self._closing = False
        self.started: Future[None] = Future()
        self.thread = threading.Thread(target=self._work, name="rewardkit-worker", daemon=True)

    def close(self) -> None:
        """Tells the thread to end, and kills a process that is at work."""
        self._closing = True
        process = self._process
        if process and (self._job or not process.ready):
            process.kill("crash", CLOSED)

    def watch(self, passed_s: float) -> None:
        process, job = self._process, self._job
        if process and job and job.abandoned.is_set():
            process.kill("crash", ABANDONED)
        elif process:
            process.watch(passed_s)

    def _work(self) -> None:
        try:
            self._live_process()
            self.started.set_result(None)
        except BaseException as error:  # noqa: BLE001 - whoever made the pool waits for it
            self.started.set_exception(error)
        while (job := self._jobs.get()) is not None:
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                self._job = job
                started = monotonic()
                results = self._judge(job)
                job.future.set_result(JobResult(results, monotonic() - started))
            except Exception as error:  # noqa: BLE001 - handed to whoever waits for the job
                job.future.set_exception(error)
            finally:
                self._job = None
        if self._process:
            self._process.end()

    def _live_process(self) -> Process:
        """The worker process, a new one where the last has died."""
        if self._process and self._process.ready:
            return self._process
        death: WorkerExit | None = None
        for _ in range(ATTEMPTS):
            if self._process:
                self._process.end()
            if self._closing:
                raise InfrastructureError(CLOSED)
            try:
                self._process = Process(self._config.rubric, self._config.steps, self._config.folder)
            except OSError as error:
                raise InfrastructureError(f"no worker process starts: {error}; see `rewardkit doctor`") from error
            distributions = tuple({step.installed.distribution for step in self._config.steps})
            death = self._process.start(self._config.files, distributions, timings=self._config.timings)
            if death is None:
                return self._process
        raise InfrastructureError(f"no worker process starts: {death and death.how}; see `rewardkit doctor`")

    def _judge(self, job: Job) -> list[list[ResultFields]]:
        """The results of a job, whatever its samples do to the worker."""
        done: dict[int, list[ResultFields]] = {}
        known: dict[int, dict[tuple[int, str], Score]] = {}
        killed_once: set[tuple[int, int, int]] = set()
        idle_deaths = 0
        batches = deque([list(range(len(job.units)))])
        while batches:
            self._check_that_somebody_waits(job)
            batch = batches.popleft()
            units = [UnitFields(i, [sample_fields(s) for s in job.units[i]], known.get(i, {})) for i in batch]
            death = self._live_process().judge(units, job.weights, done)
            if death is None:
                continue
            self._check_that_somebody_waits(job)
            left = [index for index in batch if index not in done]
            if death.at is None or death.at.unit not in left:
                idle_deaths += 1
                if idle_deaths >= ATTEMPTS and len(left) == 1:
                    done[left[0]] = self._failures(job.units[left[0]], death)
                    idle_deaths = 0
                else:
                    batches.extendleft([left[half::2] for half in (1, 0) if left[half::2]])
                continue
            unit, sample, step = death.at[1:]
            if (unit, sample, step) in killed_once:
                grouped = self._config.steps[step].installed.reward.sees == "group"
                together = range(len(job.units[unit])) if grouped else (sample,)
                settled = self._settled(death, [job.units[unit][s] for s in together], step, job.weights)
                known.setdefault(unit, {}).update({(s, self._config.steps[step].alias): settled for s in together})
            killed_once.add((unit, sample, step))
            left.remove(unit)
            batches.extendleft([part for part in (left, [unit]) if part])
        return [done[index] for index in range(len(job.units))]

    def _check_that_somebody_waits(self, job: Job) -> None:
        if self._closing:
            raise InfrastructureError(CLOSED)
        if job.abandoned.is_set():
            raise InfrastructureError(ABANDONED)

    def _settled(self, death: WorkerExit, samples: Sequence[Sample], step: int, weights: Mapping[str, float]) -> Score:
        """The score of a reward in which samples killed two workers."""
        limits = self._config.rubric.limits
        if death.cause == "crash":
            return Score.failed(f"the process that judged it died, tried twice: {death.how}", kind="crash")
        kind: Kind = "memory_limit" if death.cause == "memory" else "time_limit"
        found = f"out of time: not judged within {limits.deadline_s:g} s, tried twice"
        if death.cause == "memory":
            found = f"out of memory: judging takes more than {limits.memory_mb} MB, tried twice"
        if self._breaks_on_harmless(samples, step, weights):
            return Score.failed(
                f"{found}; {CONTROL_COMPLETION!r} in its place takes as much, so it is not the completion's doing",
                kind="crash" if death.cause == "memory" else "timeout",
            )
        return Score.scored(0.0, found, kind=kind)

    def _breaks_on_harmless(self, samples: Sequence[Sample], step: int, weights: Mapping[str, float]) -> bool:
        """Whether a reward takes all time or memory for these samples whatever their completions say."""
        harmless = [sample_fields(sample.model_copy(update={"completion": CONTROL_COMPLETION})) for sample in samples]
        others = [other.alias for number, other in enumerate(self._config.steps) if number != step]
        known = {(index, alias): Score.scored(1.0) for index in range(len(samples)) for alias in others}
        death = self._live_process().judge([UnitFields(0, harmless, known)], weights, {})
        return death is not None and death.cause != "crash"

    def _failures(self, samples: Sequence[Sample], death: WorkerExit) -> list[ResultFields]:
        """Results for samples that no worker could even receive."""
        reason = f"the worker process died when it was handed the sample, tried {ATTEMPTS} times: {death.how}"
        failed = score_fields(Score.failed(reason, kind="crash"))
        return [(None, [failed] * len(self._config.rubric.rewards), {}) for _ in samples]


def _watch(slots: Sequence[_Slot]) -> None:
    """The watchdog's life: as long as any slot lives."""
    last = monotonic()
    while any(slot.thread.is_alive() for slot in slots):
        sleep(WATCH_S)
        now = monotonic()
        for slot in slots:
            slot.watch(min(now - last, 2 * WATCH_S))
        last = now


def _close(pool: "weakref.ref[Pool]") -> None:
    if alive := pool():
        alive.close()

"""A reward that has one process for the whole run, or one for each GPU that it asks for.

    jobs of all workers ── ask ──▶ queue ── batches ──▶ Pool of its own ══ two pipes ══ process: the one reward
                                     ▲                        │
                                     └── a batch at a time for each process

The process is a worker like any other: it has a deadline and a memory limit, is killed when it hangs and started again.
What is different is that a batch holds samples of many jobs, and that the run goes on without it: where it does not
start, or dies again and again with no score between, its scores are `failed: unavailable`.

The queue is bounded by whoever asks: a scorer has a few jobs on the way at any time.
"""

import logging
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

from rewardkit.codec import ScoreFields, score_fields
from rewardkit.errors import ConfigError, InfrastructureError, InputError
from rewardkit.rubrics.resolution import Step
from rewardkit.sample import Sample
from rewardkit.score import Score
from rewardkit.workers.engine import Engine, Job, JobResult
from rewardkit.workers.pool import Pool, StartEngine, WorkerConfig
from rewardkit.workers.task_queue import CLOSED

FAULTS_IN_A_ROW = 5
"""Batches that may end in a dead process, with no score between, until the service is not started again."""
LINGER_S = (0.01, 0.25)
"""Least and most seconds that a batch which is not full waits for more."""
LINGER = 0.1
"""The share of the last batch's time that the next one waits for more."""
BATCHES_PER_CALL = 4
"""Samples in a batch, for each call that the reward may have under way at one time."""
_DEATHS = frozenset(("crash", "unavailable"))

log = logging.getLogger("rewardkit")

Answer = tuple[list[ScoreFields], list[Mapping[str, float]]]
"""The fields of the score of each sample, and what each took."""


@dataclass(eq=False)
class Question:
    """Samples to ask the reward about: one, or those of a group."""

    samples: Sequence[Sample]
    known: Mapping[tuple[int, str], Score]
    """Scores of the rewards that it needs, by index of the sample and alias."""
    until: float | None
    answer: "Future[Answer]" = field(default_factory=Future)


class Service:
    """One reward of a rubric in a process of its own. Every method may be called from any thread."""

    def __init__(self, config: WorkerConfig, step: Step, start: StartEngine = Pool) -> None:
        """Starts the process and waits until it is ready; one that does not start is unavailable.

        start   starts the process, or processes
        raises  ConfigError for what the user must correct: a parameter, a package that is missing
        """
        self.alias = step.alias
        self._copies = len(step.installed.reward.copies(step.params))
        concurrency = getattr(step.params, "concurrency", 0)
        calls = BATCHES_PER_CALL * concurrency if isinstance(concurrency, int) else 0
        self.batch_size = max(step.installed.reward.batch_size, calls)
        self._faults = 0
        self._unavailable = ""
        self._changed = threading.Condition()
        self._queue: deque[Question] = deque()
        self._first_s = 0.0
        self._linger_s = LINGER_S[0]
        self._under_way = 0
        self._closed = False
        self._pool: Engine | None = None
        try:
            self._pool = start(replace(config, steps=(step,)), self._copies)
        except ConfigError:
            raise
        except InfrastructureError as error:
            self._give_up(str(error))
        self._thread = threading.Thread(target=self._run, name=f"rewardkit-service-{self.alias}", daemon=True)
        self._thread.start()

    @property
    def capacity(self) -> int:
        """Samples that should be on their way to it, so that it never waits."""
        return 2 * self.batch_size * self._copies

    def ask(self, questions: Sequence[Question]) -> None:
        """Queues questions; their futures get the answers."""
        with self._changed:
            if self._closed:
                raise InfrastructureError(CLOSED)
            if not self._queue:
                self._first_s = monotonic()
            self._queue.extend(questions)
            self._changed.notify_all()

    def close(self) -> None:
        """Ends the process; questions without an answer get an InfrastructureError."""
        with self._changed:
            self._closed = True
            waiting = list(self._queue)
            self._queue.clear()
            self._changed.notify_all()
        if self._pool:
            self._pool.close()
        for question in waiting:
            with suppress(InvalidStateError):
                question.answer.set_exception(InfrastructureError(CLOSED))
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            if self._pool is None or self._unavailable or not batch:
                self._ended()
                self._failed(batch, self._unavailable)
                continue
            try:
                self._pool.submit(self._job(batch)).add_done_callback(partial(self._done, batch, monotonic()))
            except InfrastructureError as error:
                self._ended()
                self._failed(batch, str(error))

    def _job(self, batch: Sequence[Question]) -> Job:
        moments = [question.until for question in batch]
        until = None if None in moments else max(moment for moment in moments if moment is not None)
        known = [question.known for question in batch]
        return Job([question.samples for question in batch], {self.alias: 0.0}, until, (self.alias,), known)

    def _next(self) -> list[Question] | None:
        """The next batch, once a process is free; None when the service is closed."""
        with self._changed:
            while not self._closed:
                wait_s: float | None = None
                if self._queue and self._under_way < self._copies:
                    wait_s = self._first_s + self._linger_s - monotonic()
                    if wait_s <= 0 or sum(len(question.samples) for question in self._queue) >= self.batch_size:
                        self._under_way += 1
                        return self._batch()
                self._changed.wait(wait_s)
        return None

    def _batch(self) -> list[Question]:
        batch: list[Question] = []
        size = 0
        while self._queue and (not batch or size + len(self._queue[0].samples) <= self.batch_size):
            question = self._queue.popleft()
            if not question.answer.cancelled():
                batch.append(question)
                size += len(question.samples)
        return batch

    def _ended(self) -> None:
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def _done(self, batch: Sequence[Question], began_s: float, done: "Future[JobResult]") -> None:
        """Takes in how a batch ended; runs in a thread of the pool."""
        self._linger_s = min(max(LINGER_S[0], LINGER * (monotonic() - began_s)), LINGER_S[1])
        self._ended()
        error = done.exception()
        if isinstance(error, InputError):
            for question in batch:
                with suppress(InvalidStateError):
                    question.answer.set_exception(error)
            return
        if error is not None:
            self._count(died=True, why=str(error))
            self._failed(batch, str(error))
            return
        results = done.result().results
        died = True
        for question, judged in zip(batch, results, strict=True):
            scores = [scores[0] for _, scores, _ in judged]
            died = died and all(fields[_KIND] in _DEATHS for fields in scores)
            with suppress(InvalidStateError):
                question.answer.set_result((scores, [elapsed for _, _, elapsed in judged]))
        if batch:
            self._count(died=died, why="its process died again and again")

    def _count(self, *, died: bool, why: str) -> None:
        self._faults = self._faults + 1 if died else 0
        if self._faults >= FAULTS_IN_A_ROW and not self._closed:
            self._give_up(why)

    def _give_up(self, why: str) -> None:
        if not self._unavailable:
            self._unavailable = why
            log.warning("the reward %r is unavailable from here on: %s", self.alias, why)

    def _failed(self, batch: Sequence[Question], why: str) -> None:
        fields = score_fields(Score.failed(f"the service does not work: {why}"[:1000], kind="unavailable"))
        for question in batch:
            with suppress(InvalidStateError):
                if self._closed:
                    question.answer.set_exception(InfrastructureError(CLOSED))
                else:
                    question.answer.set_result(([fields] * len(question.samples), [{} for _ in question.samples]))


_KIND = list(Score.model_fields).index("kind")

"""The engine of a rubric with services: a job walks through workers and services, phase by phase.

    Scorer ── Job ──▶ _Walk ──▶ Pool (the workers' rewards of phase 0) ──▶ services of phase 0 ──▶ phase 1 … ──▶ compose

Nobody waits in between: the next step of a walk begins when the last future of the step before is done.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from typing import Any

from rewardkit.codec import ResultFields, ScoreFields, score_fields, score_from
from rewardkit.errors import InfrastructureError
from rewardkit.rubrics.compose import compose
from rewardkit.score import Score
from rewardkit.workers.engine import Engine, Job, JobResult
from rewardkit.workers.judge import without_asking
from rewardkit.workers.phases import is_service, phases_of
from rewardkit.workers.pool import Pool, StartEngine, WorkerConfig
from rewardkit.workers.service import Question, Service

Place = tuple[int, int]
"""Indices of a unit in its job and of a sample in its unit."""


class StagedEngine:
    """Worker processes for most rewards, and a process of its own for each service."""

    def __init__(self, config: WorkerConfig, workers: int, start: StartEngine = Pool) -> None:
        """Starts the services, then the workers.

        start   starts the processes of the workers, and those of each service
        raises  as `Pool` does; a service that does not start for another reason than its configuration is unavailable
        """
        self.config = config
        self.steps = {step.alias: step for step in config.steps}
        self.phases = phases_of(config.rubric, config.steps)
        self.services: dict[str, Service] = {}
        self.pool: Engine | None = None
        own = tuple(step for step in config.steps if not is_service(step))
        try:
            for step in config.steps:
                if is_service(step):
                    self.services[step.alias] = Service(config, step, start)
            if own:
                self.pool = start(replace(config, steps=own), workers)
        except BaseException:
            self.close()
            raise

    @property
    def capacity(self) -> int:
        """Samples that should be on their way, so that no service waits."""
        return max(service.capacity for service in self.services.values())

    def submit(self, job: Job) -> "Future[JobResult]":
        """Begins the walk of a job."""
        walk = _Walk(self, job)
        walk.go_on()
        return walk.future

    def close(self) -> None:
        """Ends the workers and the services."""
        for part in (self.pool, *self.services.values()):
            if part:
                part.close()


class _Walk:
    """One job on its way through the phases."""

    def __init__(self, engine: StagedEngine, job: Job) -> None:
        self._engine = engine
        self._job = job
        self._scores: list[list[dict[str, Score]]] = [[{} for _ in unit] for unit in job.units]
        for scores, known in zip(self._scores, job.known, strict=False):
            for (index, alias), score in known.items():
                scores[index][alias] = score
        self._elapsed: list[list[dict[str, float]]] = [[{} for _ in unit] for unit in job.units]
        self._steps: list[Callable[[], list[Future[Any]]]] = []
        for phase in engine.phases:
            if phase.workers:
                self._steps.append(lambda aliases=phase.workers: self._ask_workers(aliases))  # type: ignore[misc]
            if phase.services:
                self._steps.append(lambda aliases=phase.services: self._ask_services(aliases))  # type: ignore[misc]
        self._seconds = 0.0
        self._lock = threading.Lock()
        self._left = 0
        self.future: Future[JobResult] = Future()

    def go_on(self) -> None:
        """Begins the next step, or ends the walk."""
        try:
            while self._steps and not self.future.done():
                futures = self._steps.pop(0)()
                if futures:
                    self._wait_for(futures)
                    return
            if not self.future.done():
                self._end()
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the job
            with suppress(InvalidStateError):
                self.future.set_exception(error)

    def _wait_for(self, futures: Sequence["Future[Any]"]) -> None:
        """Goes on when all of these are done; cancels them where nobody waits for the job."""
        self._left = len(futures)
        self.future.add_done_callback(lambda whole: [one.cancel() for one in futures] if whole.cancelled() else None)
        for one in futures:
            one.add_done_callback(self._one_done)

    def _one_done(self, done: "Future[Any]") -> None:
        error = InfrastructureError("cancelled") if done.cancelled() else done.exception()
        if error is not None:
            with suppress(InvalidStateError):
                self.future.set_exception(error)
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            self.go_on()

    def _ask_workers(self, aliases: Sequence[str]) -> "list[Future[Any]]":
        pool = self._engine.pool
        assert pool is not None
        known = [
            {(index, alias): score for index, scores in enumerate(unit) for alias, score in scores.items()}
            for unit in self._scores
        ]
        job = replace(self._job, asks=tuple(aliases), known=known)
        asked: Future[None] = Future()

        def take(done: "Future[JobResult]") -> None:
            if done.cancelled() or done.exception():
                asked.set_exception(done.exception() if not done.cancelled() else InfrastructureError("cancelled"))
                return
            result = done.result()
            self._seconds += result.seconds
            for unit, judged in enumerate(result.results):
                for sample, (_, scores, elapsed) in enumerate(judged):
                    self._add((unit, sample), dict(zip(aliases, scores, strict=True)), elapsed)
            asked.set_result(None)

        submitted = pool.submit(job)
        submitted.add_done_callback(take)
        self.future.add_done_callback(lambda whole: submitted.cancel() if whole.cancelled() else None)
        return [asked]

    def _ask_services(self, aliases: Sequence[str]) -> "list[Future[Any]]":
        """Asks each service about the samples of which it must be asked."""
        questions: list[Future[Any]] = []
        for alias in aliases:
            step = self._engine.steps[alias]
            together: list[list[Place]] = []
            for unit, samples in enumerate(self._job.units):
                asked = [(unit, index) for index in range(len(samples)) if self._must_ask(alias, (unit, index))]
                grouped = step.sees == "group"
                together += [asked] if grouped and asked else [[place] for place in asked]
            of_service = [self._question(alias, places) for places in together]
            self._engine.services[alias].ask(of_service)
            questions += [question.answer for question in of_service]
        return questions

    def _must_ask(self, alias: str, place: Place) -> bool:
        unit, index = place
        engine, scores = self._engine, self._scores[unit][index]
        if alias in scores:
            return False
        score = without_asking(engine.config.rubric, engine.steps[alias], self._job.units[unit][index], scores)
        if score is not None:
            scores[alias] = score
        return score is None

    def _question(self, alias: str, places: Sequence[Place]) -> Question:
        known = {
            (index, name): score
            for index, (unit, sample) in enumerate(places)
            for name, score in self._scores[unit][sample].items()
        }
        question = Question([self._job.units[unit][sample] for unit, sample in places], known, self._job.until)

        def take(done: "Future[Any]") -> None:
            if not done.cancelled() and not done.exception():
                for place, fields, elapsed in zip(places, *done.result(), strict=True):
                    self._add(place, {alias: fields}, elapsed)

        question.answer.add_done_callback(take)
        return question

    def _add(self, place: Place, scores: Mapping[str, ScoreFields], elapsed: Mapping[str, float]) -> None:
        unit, sample = place
        self._scores[unit][sample] |= {alias: score_from(fields) for alias, fields in scores.items()}
        self._elapsed[unit][sample] |= elapsed

    def _end(self) -> None:
        rubric = self._engine.config.rubric
        results: list[list[ResultFields]] = []
        for unit, of_unit, took in zip(self._job.units, self._scores, self._elapsed, strict=True):
            results.append(
                [
                    (
                        compose(rubric, sample, scores, self._job.weights),
                        [score_fields(scores[alias]) for alias in rubric.rewards],
                        elapsed,
                    )
                    for sample, scores, elapsed in zip(unit, of_unit, took, strict=True)
                ]
            )
        with suppress(InvalidStateError):
            self.future.set_result(JobResult(results, self._seconds))

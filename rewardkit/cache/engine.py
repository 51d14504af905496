"""The engine that knows scores from before: what it finds is not asked again.

    Scorer ── Job ──▶ CachedEngine ── what is not known ──▶ another Engine ──▶ scores, kept for the next time

A sample whose scores are all known is composed here. Of any other the job brings those that are known along.
"""

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import orjson

from rewardkit.cache.keys import question_secret, reward_keys, sample_digest
from rewardkit.cache.store import Entry, Store
from rewardkit.codec import ResultFields, score_fields, score_from
from rewardkit.errors import InfrastructureError
from rewardkit.rubrics.compose import compose
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric
from rewardkit.score import Score
from rewardkit.workers.engine import Engine, Job, JobResult
from rewardkit.workers.judge import needed_scores, without_asking

log = logging.getLogger("rewardkit")

Scores = list[dict[str, Score]]
"""The scores of each sample of a unit, by alias."""


class Question(NamedTuple):
    """The samples that a reward is asked about at once, and the secret under which its scores are kept."""

    unit: int
    samples: list[int]
    secret: bytes


class CachedEngine:
    """Looks scores up before it asks."""

    def __init__(self, inner: Engine, store: Store, rubric: Rubric, steps: Sequence[Step]) -> None:
        """Takes over an engine and an open store, and closes both.

        steps  the rewards of the rubric, in the order in which they are asked
        """
        self.inner = inner
        self.store = store
        self._rubric = rubric
        self._steps = steps
        self._keys = reward_keys(rubric, steps)
        self._never_kept = [alias for alias, key in self._keys.items() if key is None]
        self._lock = threading.Lock()
        self._closed = False
        self.found = 0
        """Scores that were known."""
        self.kept = 0
        """Scores that were not, and are known now."""

    def submit(self, job: Job) -> "Future[JobResult]":
        """Answers what is known, and asks the other engine the rest."""
        looked_up = _LookUp(self._rubric, self._steps, self._keys, job)
        looked_up.walk(self._get)
        with self._lock:
            self.found += looked_up.found
        future: Future[JobResult] = Future()
        left = looked_up.unfinished()
        if not left:
            future.set_result(JobResult([looked_up.composed(unit) for unit in range(len(job.units))], 0.0))
            return future
        known = [
            {
                (index, alias): score
                for index, scores in enumerate(looked_up.scores[unit])
                for alias, score in scores.items()
            }
            for unit in left
        ]
        submitted = self.inner.submit(replace(job, units=[job.units[unit] for unit in left], known=known))

        def take(done: "Future[JobResult]") -> None:
            try:
                result = done.result()
                results = [looked_up.composed(unit) if unit not in left else [] for unit in range(len(job.units))]
                for unit, judged in zip(left, result.results, strict=True):
                    results[unit] = judged
                    looked_up.take(unit, judged)
                self._keep(looked_up)
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the job
                with suppress(InvalidStateError):
                    future.set_exception(InfrastructureError("cancelled") if done.cancelled() else error)
            else:
                with suppress(InvalidStateError):
                    future.set_result(JobResult(results, result.seconds))

        submitted.add_done_callback(take)
        future.add_done_callback(lambda whole: submitted.cancel() if whole.cancelled() else None)
        return future

    def close(self) -> None:
        """Ends the other engine, then closes the store; a second call does nothing."""
        self.inner.close()
        if self._closed:
            return
        self._closed = True
        self.store.close()
        log.info("cache %s: %d scores were known, %d are new", self.store.folder, self.found, self.kept)
        if self._never_kept:
            log.info("cache %s: never kept: %s", self.store.folder, ", ".join(self._never_kept))

    def _get(self, secrets: Sequence[bytes]) -> Mapping[bytes, bytes]:
        try:
            return self.store.get(secrets)
        except sqlite3.Error as error:  # also of a store that was closed meanwhile
            log.debug("cache %s: %s", self.store.folder, error)
            return {}

    def _keep(self, looked_up: "_LookUp") -> None:
        """Keeps the scores that the other engine gave."""
        entries = list(looked_up.entries())
        with self._lock:
            self.kept += looked_up.kept
        try:
            self.store.put(entries)
        except sqlite3.Error as error:
            if self.store.writes:
                self.store.writes = False
                log.warning("cache %s: %s; nothing more is kept in this run", self.store.folder, error)


class _LookUp:
    """One job on its way through the cache."""

    def __init__(self, rubric: Rubric, steps: Sequence[Step], keys: Mapping[str, bytes | None], job: Job) -> None:
        self._rubric = rubric
        self._steps = steps
        self._keys = keys
        self._job = job
        self._digests = [[sample_digest(sample) for sample in unit] for unit in job.units]
        self.scores: list[Scores] = [[{} for _ in unit] for unit in job.units]
        self.found = self.kept = 0
        self._known: set[bytes] = set()

    def walk(self, get: Callable[[Sequence[bytes]], Mapping[bytes, bytes]]) -> None:
        """Fills in each score that is known, in the order of asking."""
        for step in self._steps:
            questions = [one for unit in range(len(self._job.units)) for one in self._questions(step, unit)]
            known = get([question.secret for question in questions]) if questions else {}
            for question in questions:
                if question.secret not in known:
                    continue
                self._known.add(question.secret)
                for index, fields in zip(question.samples, _read(known[question.secret]), strict=True):
                    self.scores[question.unit][index][step.alias] = fields
                    self.found += 1

    def unfinished(self) -> list[int]:
        """Indices of the units in which a score is not known."""
        every = len(self._steps)
        return [unit for unit, scores in enumerate(self.scores) if any(len(known) < every for known in scores)]

    def composed(self, unit: int) -> list[ResultFields]:
        """The results of a unit whose scores are all known."""
        return [
            (
                compose(self._rubric, sample, scores, self._job.weights),
                [score_fields(scores[alias]) for alias in self._rubric.rewards],
                {},
            )
            for sample, scores in zip(self._job.units[unit], self.scores[unit], strict=True)
        ]

    def take(self, unit: int, judged: Sequence[ResultFields]) -> None:
        """Takes the scores that another engine gave."""
        for scores, (_, given, _) in zip(self.scores[unit], judged, strict=True):
            scores |= {alias: score_from(fields) for alias, fields in zip(self._rubric.rewards, given, strict=True)}

    def entries(self) -> Iterator[Entry]:
        """The new scores that may be kept. A question of which one score failed is to be asked again."""
        for step in self._steps:
            key = self._keys[step.alias]
            for unit in range(len(self._job.units)):
                for question in self._questions(step, unit, judged=True):
                    scores = [self.scores[unit][index][step.alias] for index in question.samples]
                    if question.secret in self._known or any(score.status == "failed" for score in scores):
                        continue
                    assert key is not None
                    self.kept += len(scores)
                    yield Entry(step.installed.qualified_name, key, question.secret, _written(scores))

    def _questions(self, step: Step, unit: int, *, judged: bool = False) -> Iterator[Question]:
        """The questions to a reward about a unit. Scores that need no asking are filled in.

        judged  the unit's scores are all there
        """
        samples, scores = self._job.units[unit], self.scores[unit]
        before = {self._rubric.named(name)[0] for name in (*step.config.gate, *step.needs.values())}
        asked = []
        for index, sample in enumerate(samples):
            if not before <= scores[index].keys():
                if step.sees == "group":  # nobody knows yet which of the group it sees
                    return
                continue
            settled = without_asking(self._rubric, step, sample, scores[index])
            if settled is None:
                asked.append(index)
            elif not judged:
                scores[index][step.alias] = settled
        key = self._keys[step.alias]
        if key is None:
            return
        together = [asked] if step.sees == "group" and asked else [[index] for index in asked]
        for indices in together:
            needed = [needed_scores(self._rubric, step, scores[index]) for index in indices]
            secret = question_secret(key, [self._digests[unit][index] for index in indices], needed)
            if secret is not None:
                yield Question(unit, indices, secret)


def _written(scores: Sequence[Score]) -> bytes:
    fields = [score_fields(score) for score in scores]
    try:
        return orjson.dumps(fields)
    except TypeError:  # integers beyond 64 bits
        return json.dumps(fields).encode()


def _read(written: bytes) -> list[Score]:
    try:
        rows = orjson.loads(written)
    except orjson.JSONDecodeError:
        rows = json.loads(written)
    return [Score(**dict(zip(Score.model_fields, row, strict=True))) for row in rows]

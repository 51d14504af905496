"""The engine that judges every job several times and notes where the scores differ."""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any, NamedTuple

from rewardkit.codec import ResultFields
from rewardkit.errors import InfrastructureError
from rewardkit.workers.engine import Engine, Job, JobResult

NOTED = 100
"""Differences that are noted; all are counted."""
_SEEN = slice(0, 3)
"""The fields of a score that must be the same: value, status, kind."""


class Difference(NamedTuple):
    """One sample on which a reward gave different scores."""

    sample: int
    """Its number in the run, from 0."""
    alias: str
    scores: list[tuple[Any, ...]]
    """Value, status and kind of each time."""


class RepeatedEngine:
    """Hands on the first scores of each sample, and compares the others with them."""

    def __init__(self, inner: Engine, times: int, aliases: Iterable[str]) -> None:
        """Takes over an engine, and closes it.

        aliases  of the rewards, in the rubric's order
        """
        self.inner = inner
        self.times = times
        self._aliases = list(aliases)
        self._lock = threading.Lock()
        self._samples = 0
        self.counts: Counter[str] = Counter()
        """Samples with different scores, by alias."""
        self.differences: list[Difference] = []
        """The first of them."""

    def submit(self, job: Job) -> "Future[JobResult]":
        """Judges a job as often as was asked for."""
        with self._lock:
            first = self._samples
            self._samples += sum(map(len, job.units))
        whole: Future[JobResult] = Future()
        submitted = [self.inner.submit(job) for _ in range(self.times)]
        left = len(submitted)

        def take(_: "Future[JobResult]") -> None:
            nonlocal left
            with self._lock:
                left -= 1
                if left:
                    return
            try:
                results = [one.result() for one in submitted]
                self._compare(first, [result.results for result in results])
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the job
                cancelled = any(one.cancelled() for one in submitted)
                with suppress(InvalidStateError):
                    whole.set_exception(InfrastructureError("cancelled") if cancelled else error)
            else:
                seconds = sum(result.seconds for result in results)
                with suppress(InvalidStateError):
                    whole.set_result(JobResult(results[0].results, seconds))

        whole.add_done_callback(lambda done: [one.cancel() for one in submitted] if done.cancelled() else None)
        for one in submitted:
            one.add_done_callback(take)
        return whole

    def close(self) -> None:
        """Ends the engine."""
        self.inner.close()

    def _compare(self, first: int, times: Sequence[list[list[ResultFields]]]) -> None:
        runs = [[fields for unit in results for fields in unit] for results in times]
        for number, of_sample in enumerate(zip(*runs, strict=True), first):
            for alias, *scores in zip(self._aliases, *(scores for _, scores, _ in of_sample), strict=True):
                seen = [tuple(score[_SEEN]) for score in scores]
                if any(one != seen[0] for one in seen):
                    with self._lock:
                        self.counts[alias] += 1
                        if len(self.differences) < NOTED:
                            self.differences.append(Difference(number, alias, seen))

"""One judgement of a batch for all of its reward functions, from any thread; the first caller starts it.

TRL asks each reward function apart, one after the other or at once, and hands all of them the same list of completions.
So the list itself is the key, and the first function to ask has the batch judged while the others wait. A function that
asks again about the same list asks about a new batch (a trainer may refill its list), so nothing is ever answered from
an earlier step.

What goes wrong with our own machinery while training runs stops nothing: every completion of the batch is then without
a reward, and a warning gives the reason. At the first batch, before anything was trained, it is an error.
"""

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Self

from rewardkit import ConfigError, InputError, Result, RewardkitError, Rubric, Sample, Score, Scorer, default_workers
from rewardkit.adapters import RowReader, weights_at
from rewardkit_trainers.samples import reader_of, row_of, sample_of
from rewardkit_trainers.trl.batch import Batch
from rewardkit_trainers.trl.checks import check_batch, check_rows
from rewardkit_trainers.trl.columns import Column, columns_of, values_of
from rewardkit_trainers.trl.failed_rewards import FailedRewards
from rewardkit_trainers.trl.listeners import Listeners
from rewardkit_trainers.trl.logs import log

logger = logging.getLogger(__name__)

DISTRIBUTED_BATCH_S = 300.0
"""Seconds for judging a batch in a run of several processes, where the rubric sets no `limits.batch_s`.

Well below the ten minutes (NCCL) and half an hour (transformers' ddp_timeout) after which the other ranks, which wait
in a collective, give up. Completions that are not judged by then have no reward."""

_SHARED = 16
"""Batches for which some function has not asked yet; where a trainer leaves functions out, older ones are forgotten."""


@dataclass(frozen=True)
class JudgedBatch:
    """A judged batch."""

    batch: Batch
    rows: Sequence[dict[str, Any]]
    """As `rewardkit score` would read them."""
    results: Sequence[Result]
    values: Mapping[str, Sequence[float | None]]
    """For each column what TRL gets of it."""


@dataclass
class _Shared:
    """A batch that some functions have asked about, and where its judgement will be."""

    completions: Sequence[Any]
    future: Future[JudgedBatch] = field(default_factory=Future)
    asked: set[str] = field(default_factory=set)


def with_budget(rubric: Rubric) -> Rubric:
    """The rubric, with a budget for a batch where other processes of the run wait for it."""
    alone = int(os.environ.get("WORLD_SIZE") or 1) == 1
    if alone or rubric.limits.batch_s is not None:
        return rubric
    limits = rubric.limits.model_copy(update={"batch_s": DISTRIBUTED_BATCH_S})
    return rubric.model_copy(update={"limits": limits})


class BatchScorer:
    """Judges batches by a rubric, each once. Can be sent to another process, where it starts workers of its own."""

    def __init__(
        self,
        rubric: Rubric,
        *,
        weighted: bool = False,
        ground_truth: str | None = None,
        plugins: Sequence[str | Path] = (),
        workers: int | None = None,
    ) -> None:
        """As `rewardkit_trainers.trl.reward_funcs`."""
        self.rubric = rubric
        self.columns: list[Column] = columns_of(rubric, weighted=weighted)
        self._weighted = weighted
        self._ground_truth = ground_truth
        self._plugins = tuple(plugins)
        self._workers = workers
        self._begin()

    def _begin(self) -> None:
        self.listeners: Listeners[JudgedBatch] = Listeners()
        """Called with each judged batch; a listener that fails stops nothing."""
        self._failed = FailedRewards(self.rubric)
        self.train_seconds = 0.0
        """Seconds spent judging training completions so far, as waited for by the first caller."""
        self._logs: Listeners[JudgedBatch] = Listeners(lambda judged: log(self.rubric, judged.batch, judged.results))
        self._lock = threading.Lock()
        self._shared: list[_Shared] = []
        self._scorer: Scorer | None = None
        self._pid = os.getpid()
        self._reader: RowReader | None = None
        self._trained = False
        self._last_step: tuple[bool, int] | None = None
        self._groups = 0

    def __getstate__(self) -> dict[str, Any]:
        kept = ("rubric", "columns", "_weighted", "_ground_truth", "_plugins", "_workers")
        return {name: vars(self)[name] for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    @property
    def scorer(self) -> Scorer:
        """The workers, started when they are first wanted in this process.

        raises  ConfigError, InfrastructureError
        """
        with self._lock:
            if self._scorer is None or self._pid != os.getpid():
                self._pid = os.getpid()
                # The processes of a distributed run that stand on one machine share its processors.
                workers = self._workers or default_workers()
                rubric = with_budget(self.rubric)
                self._scorer = Scorer(rubric, workers=workers, plugins=self._plugins, timings=True)
            return self._scorer

    def close(self) -> None:
        """Ends the workers; the next batch starts them anew."""
        with self._lock:
            if self._scorer is not None:
                self._scorer.close()
                self._scorer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, name: str, batch: Batch) -> tuple[Future[JudgedBatch], bool]:
        """The judgement that a column's function shares, and whether it is the first to ask: then it must `judge`."""
        with self._lock:
            first = False
            for shared in self._shared:
                if shared.completions is batch.completions and name not in shared.asked:
                    break
            else:
                first = True
                shared = _Shared(batch.completions)
                shared.future.set_running_or_notify_cancel()  # no waiter's cancellation is everybody's
                self._shared = [*self._shared[1 - _SHARED :], shared]
            shared.asked.add(name)
            if len(shared.asked) == len(self.columns):
                self._shared.remove(shared)
            return shared.future, first

    def judge(self, batch: Batch, future: Future[JudgedBatch]) -> None:
        """Judges the batch into `future`; what this raises the future raises."""
        started = perf_counter()
        try:
            judged = self._judge(batch)
        except BaseException as error:  # noqa: BLE001 - handed to all who ask
            future.set_exception(error)
        else:
            future.set_result(judged)
        finally:
            with self._lock:
                self.train_seconds += (perf_counter() - started) * batch.training

    def check(self, rows: Sequence[Mapping[str, Any]]) -> RowReader:
        """Checks that rows of a data set have the columns that the rubric wants; the first batch is then not checked.

        rows    from all over the data set, with or without completions
        raises  ConfigError that names the column, or the reward that can judge none of the rows; where there are none
        """
        if not rows:
            raise ConfigError("the data set has no rows; name one that has")
        rows = [row_of(row.get("prompt", ""), "", row) for row in rows]
        reader = reader_of(rows, self._ground_truth)
        check_rows(self.scorer, reader, rows)
        self._reader = reader
        return reader

    def _judge(self, batch: Batch) -> JudgedBatch:
        first = not self._trained
        if first:
            check_batch(batch, self.columns, self.scorer)
        rows = batch.rows(self._namer(batch))
        reader = self._reader or self.check(rows)
        samples = [sample_of(reader, row, number) for number, row in enumerate(rows, 1)]
        results = self._results(samples, batch.progress, must_work=first)
        self._failed.count(results, must_work=first)
        self._trained = True
        values: list[list[float | None]] = []
        for row, sample, result in zip(rows, samples, results, strict=True):
            if isinstance(sample, InputError):
                values.append([None] * len(self.columns))
                continue
            values.append(values_of(self.rubric, self.columns, sample, result, weighted=self._weighted))
            if sample.ground_truth is not None:
                row["ground_truth"] = sample.ground_truth
        by_column = {column.name: [row[n] for row in values] for n, column in enumerate(self.columns)}
        judged = JudgedBatch(batch, rows, results, by_column)
        self._logs(judged)
        self.listeners(judged)
        return judged

    def _results(self, samples: Sequence[Sample | InputError], progress: float, *, must_work: bool) -> list[Result]:
        """A result for each sample; for what is no sample, and where nothing can be judged, one that failed."""
        weights = weights_at(self.rubric, progress)
        good = [sample for sample in samples if isinstance(sample, Sample)]
        try:
            judged = iter(self.scorer.score(good, progress=progress))
        except RewardkitError as error:
            if must_work:
                raise
            logger.warning("no completion of this batch gets a reward, because none could be judged: %s", error)
            judged = iter([self._without_reward(str(error), weights)] * len(good))
        return [
            next(judged) if isinstance(sample, Sample) else self._without_reward(str(sample), weights)
            for sample in samples
        ]

    def _without_reward(self, reason: str, weights: Mapping[str, float]) -> Result:
        return Result(reward=None, scores=dict.fromkeys(self.rubric.rewards, Score.failed(reason)), weights=weights)

    def _namer(self, batch: Batch) -> Callable[[int], str]:
        """Names for the groups of a batch that no other group of the run has."""
        mode = "train" if batch.training else "eval"
        with self._lock:
            if self._last_step != (batch.training, batch.step):
                self._last_step, self._groups = (batch.training, batch.step), 0
            before = self._groups
            self._groups += max(batch.groups(), default=-1) + 1
        return lambda number: f"{mode}-{batch.step}-{batch.rank}-{before + number}"

"""One judgement of a batch for all of its reward functions, from any thread; the first caller starts it.

TRL asks each reward function apart, one after the other or at once, and hands all of them the same list of completions.
So the list itself is the key, and the first function to ask has the batch judged while the others wait. A function that
asks again about the same list asks about a new batch (a trainer may refill its list), so nothing is ever answered from
an earlier step.

What goes wrong with our own machinery while training runs stops nothing: every completion of the batch is then without
a reward, and a warning gives the reason. At the first batch, before anything was trained, it is an error.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Self

from rewardkit import InputError, Result, Rubric, Scorer
from rewardkit_trainers.naming import SCORE
from rewardkit_trainers.row_scorer import RowScorer
from rewardkit_trainers.samples import row_of
from rewardkit_trainers.trl.batch import Batch
from rewardkit_trainers.trl.checks import check_batch
from rewardkit_trainers.trl.columns import Column, columns_of, values_of
from rewardkit_trainers.trl.listeners import Listeners
from rewardkit_trainers.trl.logs import log

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


class BatchScorer:
    """Judges batches by a rubric, each once. Can be sent to another process, where it starts workers of its own."""

    def __init__(
        self, row_scorer: RowScorer, *, weighted: bool = False, single: bool = False, imputes: bool = False
    ) -> None:
        """Shares the judgements of a RowScorer.

        weighted, single  as for `rewardkit_trainers.trl.reward_funcs`
        imputes           a completion without a reward gets the number of the row scorer's `on_none`
        """
        self.row_scorer = row_scorer
        """Judges the rows of the batches."""
        self.columns: list[Column] = columns_of(row_scorer.rubric, weighted=weighted, single=single)
        self._weighted = weighted
        self._imputes = imputes
        self._begin()

    def _begin(self) -> None:
        self.listeners: Listeners[JudgedBatch] = Listeners()
        """Called with each judged batch; a listener that fails stops nothing."""
        self.train_seconds = 0.0
        """Seconds spent judging training completions so far, as waited for by the first caller."""
        self._logs: Listeners[JudgedBatch] = Listeners(
            lambda judged: log(self.rubric, self.columns, judged.batch, judged.results)
        )
        self._lock = threading.Lock()
        self._shared: list[_Shared] = []
        self._checked = self._trained = False
        self._last_step: tuple[bool, int] | None = None
        self._groups = 0

    def __getstate__(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in ("row_scorer", "columns", "_weighted", "_imputes")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    @property
    def rubric(self) -> Rubric:
        """The rubric."""
        return self.row_scorer.rubric

    @property
    def scorer(self) -> Scorer:
        """The workers, started when they are first wanted in this process."""
        return self.row_scorer.scorer

    def close(self) -> None:
        """Ends the workers; the next batch starts them anew."""
        self.row_scorer.close()

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

    def check(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Checks that rows of a data set have the columns that the rubric wants; the first batch is then not checked.

        rows    from all over the data set, with or without completions
        raises  ConfigError that names the column, or the reward that can judge none of the rows; where there are none
        """
        self.row_scorer.check([row_of(row.get("prompt", ""), "", row) for row in rows])
        self._checked = True

    def _judge(self, batch: Batch) -> JudgedBatch:
        first = not self._trained
        if first:
            check_batch(batch, self.columns, self.scorer)
        rows = batch.rows(self._namer(batch))
        if not self._checked:
            self.check(rows)
        samples = self.row_scorer.samples(rows)
        results = self.row_scorer.judge_samples(samples, progress=batch.progress, must_work=first)
        self._trained = True
        values: list[list[float | None]] = []
        for row, sample, result in zip(rows, samples, results, strict=True):
            if isinstance(sample, InputError):
                values.append([None] * len(self.columns))
                continue
            values.append(values_of(self.rubric, self.columns, sample, result, weighted=self._weighted))
            if sample.ground_truth is not None:
                row["ground_truth"] = sample.ground_truth
        if self._imputes:
            self._impute(rows, results, values)
        by_column = {column.name: [row[n] for row in values] for n, column in enumerate(self.columns)}
        judged = JudgedBatch(batch, rows, results, by_column)
        self._logs(judged)
        self.listeners(judged)
        return judged

    def _impute(
        self, rows: Sequence[Mapping[str, Any]], results: Sequence[Result], values: Sequence[list[float | None]]
    ) -> None:
        """Puts a number for what has no reward into the first column that counts, so that the trainer's sum is it."""
        counts = next(n for n, column in enumerate(self.columns) if column.weight)
        numbers = self.row_scorer.numbers(results, [row["group"] for row in rows])
        for result, row_values, row_numbers in zip(results, values, numbers, strict=True):
            if result.reward is None:
                row_values[counts] = row_numbers[SCORE] / self.columns[counts].weight

    def _namer(self, batch: Batch) -> Callable[[int], str]:
        """Names for the groups of a batch that no other group of the run has."""
        mode = "train" if batch.training else "eval"
        with self._lock:
            if self._last_step != (batch.training, batch.step):
                self._last_step, self._groups = (batch.training, batch.step), 0
            before = self._groups
            self._groups += max(batch.groups(), default=-1) + 1
        return lambda number: f"{mode}-{batch.step}-{batch.rank}-{before + number}"

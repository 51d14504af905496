"""Rows of a trainer judged while it runs: what every adapter and every recipe stands on.

    rows ─▶ Samples ─▶ Scorer (workers of this process, or of the node) ─▶ Results ─▶ numbers

Nothing that goes wrong here while a model trains is an exception: a row that fits no Sample, a worker that cannot be
had, a batch that is not judged within its budget give `failed` scores, and no reward. What is wrong with the rubric is
an error before the first row. Each reward that fails is reported at its first, second, fourth, … failure.
"""

import logging
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from rewardkit import ConfigError, InputError, Result, RewardkitError, Rubric, Sample, Score, Scorer, default_workers
from rewardkit.adapters import RowReader, weights_at
from rewardkit_trainers.checks import check_alone, check_rows
from rewardkit_trainers.failed_rewards import FailedRewards, distributed
from rewardkit_trainers.imputation import Imputation, OnNone, checked
from rewardkit_trainers.node import node_scorer
from rewardkit_trainers.samples import reader_of, sample_of

logger = logging.getLogger(__name__)

RUBRIC_VARIABLE = "REWARDKIT_RUBRIC"
"""Environment variable: the rubric's file, where a trainer has no place to name it."""
ENGINE_VARIABLE = "REWARDKIT_ENGINE"
"""Environment variable: the engine, where a trainer has no place to name it."""
DISTRIBUTED_BATCH_S = 300.0
"""Seconds for judging a batch in a run of several processes, where neither `batch_s` nor the rubric sets them.

Well below the ten minutes (NCCL) and half an hour (transformers' ddp_timeout) after which the other ranks, which wait
in a collective, give up. Completions that are not judged by then have no reward."""
NICE = 10
"""How much lower than the trainer's the priority of the judging processes is: they must not slow down generation."""

Kind = Literal["plugin_error", "unavailable"]
Workers = int | Literal["node"] | None
"""Number of judging processes; `node`: one set of them for all ranks of a machine; None: this process's share."""


class RowScorer:
    """Judges rows by a rubric, from any thread and for any event loop.

    Can be pickled, and sent to another process: there it starts workers of its own when the first row is judged.
    """

    def __init__(
        self,
        rubric: Rubric | Mapping[str, Any] | str | Path | None = None,
        *,
        on_none: OnNone = "mean",
        ground_truth: str | None = None,
        plugins: Sequence[str | Path] = (),
        workers: Workers = None,
        batch_s: float | None = None,
        trust: bool = False,
        cache: str | Path | None = None,
        engine: str | None = None,
    ) -> None:
        """Starts the workers.

        rubric        a Rubric, its content, its file, its name; None: what the variable REWARDKIT_RUBRIC names
        on_none       what `numbers` makes of a completion without a reward: `mean` (of its group), `raise`, or a number
        ground_truth  the column that holds it, also a dotted path; None: `ground_truth` where rows have that column,
                      else where `rewardkit score` finds it
        plugins       local Python files that bring rewards
        workers       number of processes, on a cluster of each node; `node`: one set for all ranks of a machine; None:
                      one for each processor
        batch_s       seconds for one call of `judge`; what is not judged by then has `failed`
        trust         a rubric file may name plugin files, secrets and weaker sandboxes
        cache         a folder of scores that were given before, for evaluations that come back to the same completions
        engine        `local`, `ray` or the URL of a server, as for Scorer; None: what the variable REWARDKIT_ENGINE
                      names, else `local`
        raises        ConfigError for what is wrong with the rubric, InfrastructureError where no worker starts
        """
        rubric = rubric if isinstance(rubric, Rubric | Mapping) else (rubric or os.environ.get(RUBRIC_VARIABLE))
        if rubric is None or rubric == "":
            raise ConfigError(f"no rubric was named: give rubric='rubric.yaml', or set {RUBRIC_VARIABLE}")
        if isinstance(rubric, str | Path):
            rubric = Rubric.load(rubric, trust=trust)
        elif not isinstance(rubric, Rubric):
            rubric = Rubric.of(rubric)
        self.rubric: Rubric = rubric
        self._on_none = checked(on_none)
        self._ground_truth = ground_truth
        self._plugins = tuple(plugins)
        self._workers = workers
        self._batch_s = batch_s
        self._cache = cache
        self._engine = engine or os.environ.get(ENGINE_VARIABLE) or "local"
        if self._engine != "local" and workers == "node":
            raise ConfigError(f"workers='node' is for the engine local, not for {self._engine}; name one of the two")
        self._begin()
        self.scorer  # noqa: B018 - starts the workers: what is wrong with the rubric shows now

    def _begin(self) -> None:
        self._imputation: Imputation | None = None
        self._failed = FailedRewards(self.rubric)
        self._lock = threading.Lock()
        self._scorer: Scorer | None = None
        self._pid = os.getpid()
        self._reader: RowReader | None = None
        self._readers: dict[frozenset[str], RowReader] = {}

    def __getstate__(self) -> dict[str, Any]:
        kept = ("rubric", "_on_none", "_ground_truth", "_plugins", "_workers", "_batch_s", "_cache", "_engine")
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
                rubric = with_budget(self.rubric, self._batch_s)
                if self._workers == "node":
                    self._scorer = node_scorer(rubric, plugins=self._plugins, nice=NICE)
                else:  # the processes of a distributed run that stand on one machine share its processors
                    share = default_workers() if self._engine == "local" else None
                    self._scorer = Scorer(
                        rubric,
                        workers=self._workers or share,
                        plugins=self._plugins,
                        timings=True,
                        nice=NICE,
                        engine=self._engine,
                        cache=self._cache,
                    )
            return self._scorer

    @property
    def imputation(self) -> Imputation:
        """Numbers for what has no reward; for adapters that wait for a group between its `add` and its `of`."""
        steps = self.scorer.steps
        with self._lock:
            if self._imputation is None:
                several = {step.alias: step.installed.reward.values for step in steps}
                named = [(alias, *(f"{alias}.{value}" for value in several[alias])) for alias in self.rubric.rewards]
                self._imputation = Imputation([name for names in named for name in names], self._on_none)
            return self._imputation

    def close(self) -> None:
        """Ends the workers; the next row starts them anew."""
        with self._lock:
            if self._scorer is not None:
                self._scorer.close()
                self._scorer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Checks that rows of a data set have what the rubric reads; how they are read is then the same for all rows.

        rows    rows of `row_of`, from all over the data set, whose completions may be empty
        raises  ConfigError that names the column, or the reward that can judge none of the rows; where there are none
        """
        if not rows:
            raise ConfigError("the data set has no rows; name one that has")
        reader = reader_of(rows, self._ground_truth)
        check_rows(self.scorer, reader, rows)
        self._reader = reader

    def check_alone(self, why: str) -> None:
        """Checks that the rubric can be judged one completion at a time, at any time of training.

        why     why it must be, for the message: `the trainer asks for one completion at a time`
        raises  ConfigError where a reward judges whole groups, or a weight changes with training
        """
        check_alone(self.scorer, why)

    def judge(self, rows: Sequence[Mapping[str, Any]], *, progress: float = 1.0) -> list[Result]:
        """One Result for each row of `row_of`, in order.

        progress  how far training has come, from 0 to 1: what weight schedules read
        """
        return self.judge_samples(self.samples(rows), progress=progress)

    async def judge_async(self, rows: Sequence[Mapping[str, Any]], *, progress: float = 1.0) -> list[Result]:
        """`judge` for an event loop."""
        samples = self.samples(rows)
        try:
            judged: Sequence[Result] = await self.scorer.score_async(_good(samples), progress=progress)
        except RewardkitError as error:
            judged = self._none_judged(_good(samples), error, progress)
        else:
            self._failed.count(judged, must_work=False)
        return self._in_order(samples, judged, progress)

    def numbers(self, results: Sequence[Result], groups: Sequence[str]) -> list[dict[str, float]]:
        """The values for a trainer that does not accept None, and for its log, always under the same keys.

        groups  the name of each completion's group: the mean that `on_none: mean` gives is the group's
        returns `score`, the reward; `rewardkit/unrewarded`, 1.0 where another number stands for it;
                `rewardkit/ALIAS`, the value of each reward, which is the group's mean where it has none
        raises  UnrewardedError where a completion has no reward and on_none is `raise`
        """
        for result, group in zip(results, groups, strict=True):
            self.imputation.add(result, group)
        return [self.imputation.of(result, group) for result, group in zip(results, groups, strict=True)]

    def samples(self, rows: Sequence[Mapping[str, Any]]) -> list[Sample | InputError]:
        """The Sample of each row, or what is wrong with it."""
        return [self._sample(row, number) for number, row in enumerate(rows, 1)]

    def judge_samples(
        self, samples: Sequence[Sample | InputError], *, progress: float = 1.0, must_work: bool = False
    ) -> list[Result]:
        """One Result for each of `samples`.

        must_work  nothing was trained yet: where no sample can be judged, or a reward fails on all, is an error
        raises     InfrastructureError
        """
        try:
            judged: Sequence[Result] = self.scorer.score(_good(samples), progress=progress)
        except RewardkitError as error:
            if must_work:
                raise
            judged = self._none_judged(_good(samples), error, progress)
        else:
            self._failed.count(judged, must_work=must_work)
        return self._in_order(samples, judged, progress)

    def _sample(self, row: Mapping[str, Any], number: int) -> Sample | InputError:
        reader = self._reader
        if reader is None:  # no data set was checked: each set of columns is read by itself
            columns = frozenset(row)
            try:
                if columns not in self._readers:
                    self._readers[columns] = reader_of([row], self._ground_truth)
                reader = self._readers[columns]
            except ConfigError as error:
                return InputError(str(error))
        return sample_of(reader, row, number)

    def _in_order(
        self, samples: Sequence[Sample | InputError], judged: Sequence[Result], progress: float
    ) -> list[Result]:
        """A result for each sample, and a failed one for each row that could not be read."""
        rest = iter(judged)
        return [next(rest) if isinstance(s, Sample) else self._without_reward(str(s), progress) for s in samples]

    def _none_judged(self, samples: Sequence[Sample], error: RewardkitError, progress: float) -> list[Result]:
        logger.warning("%d completions get no reward, because none could be judged: %s", len(samples), error)
        return [self._without_reward(str(error), progress, "unavailable")] * len(samples)

    def _without_reward(self, reason: str, progress: float, kind: Kind = "plugin_error") -> Result:
        score = Score.failed(reason, kind=kind)
        weights = weights_at(self.rubric, progress)
        return Result(reward=None, scores=dict.fromkeys(self.rubric.rewards, score), weights=weights)


def with_budget(rubric: Rubric, batch_s: float | None = None) -> Rubric:
    """The rubric with a budget for a batch: this one, else its own, else one where other processes wait for it."""
    if batch_s is None and (not distributed() or rubric.limits.batch_s is not None):
        return rubric
    limits = rubric.limits.model_copy(update={"batch_s": batch_s or DISTRIBUTED_BATCH_S})
    return rubric.model_copy(update={"limits": limits})


def _good(samples: Sequence[Sample | InputError]) -> list[Sample]:
    return [sample for sample in samples if isinstance(sample, Sample)]

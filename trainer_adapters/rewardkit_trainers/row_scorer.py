"""Rows of a trainer judged while it runs: a fault of ours becomes `failed` scores, never an exception.

For trainers that hand over completions a few at a time and show nobody their data set. So each row brings all fields
of a Sample under their own names, None where there is nothing, and no row decides how the next is read. What is wrong
with the rubric is an error before the first row.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rewardkit import ConfigError, InputError, Result, RewardkitError, Rubric, Sample, Score, Scorer
from rewardkit.adapters import RowReader, weights_at
from rewardkit_trainers.samples import reader_of, sample_of

logger = logging.getLogger(__name__)

RUBRIC_VARIABLE = "REWARDKIT_RUBRIC"
"""Environment variable: the rubric's file, where a trainer has no place to name it."""


def named_rubric(rubric: Any) -> Any:
    """The rubric that was named, else the one in the environment; ConfigError where there is neither."""
    rubric = rubric or os.environ.get(RUBRIC_VARIABLE)
    if not rubric:
        raise ConfigError(f"no rubric was named: give rubric='rubric.yaml', or set {RUBRIC_VARIABLE}")
    return rubric


class RowScorer:
    """Judges rows by a rubric, from any thread and for any event loop."""

    def __init__(
        self,
        rubric: Rubric | Mapping[str, Any] | str | Path,
        *,
        plugins: Sequence[str | Path] = (),
        workers: int | None = None,
    ) -> None:
        """Starts the workers.

        plugins  local Python files that bring rewards
        workers  number of processes; None: one for each processor
        raises   ConfigError for what is wrong with the rubric, InfrastructureError where no worker starts
        """
        self.scorer = Scorer(rubric, plugins=plugins, workers=workers)
        self.rubric = self.scorer.rubric
        self._reader: RowReader | None = None

    def judge(self, rows: Sequence[Mapping[str, Any]], *, progress: float = 1.0) -> list[Result]:
        """One Result for each row, in order."""
        samples = self._samples(rows)
        try:
            judged = self.scorer.score(_good(samples), progress=progress)
        except RewardkitError as error:
            return self._none_judged(samples, error, progress)
        return self._results(samples, judged, progress)

    async def judge_async(self, rows: Sequence[Mapping[str, Any]], *, progress: float = 1.0) -> list[Result]:
        """`judge` for an event loop."""
        samples = self._samples(rows)
        try:
            judged = await self.scorer.score_async(_good(samples), progress=progress)
        except RewardkitError as error:
            return self._none_judged(samples, error, progress)
        return self._results(samples, judged, progress)

    def _samples(self, rows: Sequence[Mapping[str, Any]]) -> list[Sample | InputError]:
        if self._reader is None:
            self._reader = reader_of(rows, "ground_truth")
        return [sample_of(self._reader, row, number) for number, row in enumerate(rows, 1)]

    def _results(
        self, samples: Sequence[Sample | InputError], judged: Sequence[Result], progress: float
    ) -> list[Result]:
        results = iter(judged)
        return [next(results) if isinstance(s, Sample) else self._failed(str(s), progress) for s in samples]

    def _none_judged(
        self, samples: Sequence[Sample | InputError], error: RewardkitError, progress: float
    ) -> list[Result]:
        logger.warning("%d completions could not be judged: %s", len(samples), error)
        return [self._failed(str(error), progress)] * len(samples)

    def _failed(self, reason: str, progress: float) -> Result:
        weights = weights_at(self.rubric, progress)
        return Result(reward=None, scores=dict.fromkeys(self.rubric.rewards, Score.failed(reason)), weights=weights)


def check_alone(judge: RowScorer, why: str) -> None:
    """Checks that a rubric can be judged one completion at a time, at any time of training.

    why     what the trainer does, for the message
    raises  ConfigError where a reward judges whole groups, or a weight changes with training
    """
    rubric = judge.rubric
    for step in judge.scorer.steps:
        if step.installed.reward.sees == "group":
            raise ConfigError(f"{rubric.where}: rewards.{step.alias} judges whole groups, and {why}; leave it out")
        if isinstance(step.config.weight, tuple):
            raise ConfigError(
                f"{rubric.where}: rewards.{step.alias} has a weight that changes with training, and {why}, without "
                "saying how far training has come; write one number"
            )


def _good(samples: Sequence[Sample | InputError]) -> list[Sample]:
    return [sample for sample in samples if isinstance(sample, Sample)]

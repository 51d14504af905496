"""Rows of trainers judged, and the numbers that stand for missing rewards where a protocol has no place for none."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from rewardkit import ConfigError, InputError, Result, Sample
from rewardkit_server.answers import RequestError
from rewardkit_server.judging import RubricJudge, Rubrics
from rewardkit_server.metrics import Metrics
from rewardkit_trainers.checks import check_alone
from rewardkit_trainers.imputation import Imputation, OnNone, UnrewardedError
from rewardkit_trainers.naming import UNREWARDED
from rewardkit_trainers.samples import reader_of, sample_of


class TrainerJudge:
    """Judges what one rubric is asked by trainers."""

    def __init__(self, judge: RubricJudge, on_none: OnNone, metrics: Metrics) -> None:
        """Takes what becomes of a missing reward: `mean`, `raise`, or a number."""
        self.judge = judge
        several = {step.alias: step.installed.reward.values for step in judge.scorer.steps}
        named = [(alias, *(f"{alias}.{value}" for value in several[alias])) for alias in judge.rubric.rewards]
        self._imputation = Imputation([name for names in named for name in names], on_none)
        self._metrics = metrics

    async def results(self, rows: Sequence[Mapping[str, Any]], *, who: str, deadline_s: float) -> list[Result]:
        """A Result for each row of `row_of`; a row that cannot be read as a sample gets `failed`.

        who     the trainer, for the message where the rubric does not suit it
        raises  RequestError
        """
        try:
            check_alone(self.judge.scorer, f"{who} asks about one completion at a time")
        except ConfigError as error:
            raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
        samples: list[Sample | InputError] = []
        for number, row in enumerate(rows, 1):
            try:
                samples.append(sample_of(reader_of([row], None), row, number))
            except (InputError, ConfigError) as error:
                samples.append(InputError(str(error)))
        good = [sample for sample in samples if isinstance(sample, Sample)]
        judged = iter(await self.judge.judge(good, deadline_s=deadline_s))
        return [
            next(judged) if isinstance(sample, Sample) else self.judge.failed(str(sample), "plugin_error", 1)[0]
            for sample in samples
        ]

    def numbers(self, results: Sequence[Result], groups: Sequence[str]) -> list[dict[str, float]]:
        """`score`, `rewardkit/unrewarded` and `rewardkit/ALIAS` of each result, the same keys for all.

        groups  the prompt of each: `mean` is that of the prompt's completions
        raises  RequestError where a reward is missing and the operator wants no number for it
        """
        for result, group in zip(results, groups, strict=True):
            self._imputation.add(result, group)
        try:
            numbers = [self._imputation.of(result, group) for result, group in zip(results, groups, strict=True)]
        except UnrewardedError as error:
            raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, str(error), retry_after_s=1) from error
        self._metrics.imputed.inc(sum(one[UNREWARDED] for one in numbers))
        return numbers


class TrainerJudges:
    """The judges of a server's rubrics for trainers."""

    def __init__(self, rubrics: Rubrics, on_none: OnNone, metrics: Metrics) -> None:
        """Makes one for each rubric."""
        self._rubrics = rubrics
        self._judges = {judge.name: TrainerJudge(judge, on_none, metrics) for judge in rubrics}

    def get(self, name: str | None) -> TrainerJudge:
        """The judge of a rubric; RequestError as `Rubrics.get`."""
        return self._judges[self._rubrics.get(name).name]

"""Checks of a rubric against the rows of a data set, before anything is trained.

A wrong name of a column would train without a word on what is left of the rubric. That a reward wants a column shows
only when it judges, so rows of the data set are judged with specimens: completions that hold whatever a reward may
look for. A reward that abstains on all of them, where the rows bring no ground truth either, lacks its column.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rewardkit import ConfigError, Result, Sample, Scorer
from rewardkit.adapters import ColumnsFound, RowReader
from rewardkit_trainers.failed_rewards import has_weight
from rewardkit_trainers.samples import columns_found, sample_of

ROWS = 8
"""So many rows of a data set are tried."""

_PROSE = (
    "The first thing to notice is that both sides of the question can be worked out one after the other, "
    "so we begin with the smaller of the two and carry the result over to the larger one."
)
_SPECIMENS = (
    f"<think>\n{_PROSE}\n</think>\n\n{_PROSE} The result is \\boxed{{1}}.",
    f"<think>\n{_PROSE}\n</think>\n<answer>\\boxed{{1}}</answer>",
    f"<think>\n{_PROSE}\n</think>\n\n{_PROSE}\n\n```python\nprint(1)\n```",
)


def check_rows(scorer: Scorer, reader: RowReader, rows: Sequence[Mapping[str, Any]]) -> None:
    """Checks that the rows have the columns that the rubric wants.

    raises  ConfigError that names the reward and what it lacks
    """
    rubric = scorer.rubric
    present = {name for row in rows for name in row}
    for alias, column in _columns_named(scorer):
        if column.partition(".")[0] not in present | Sample.model_fields.keys():
            raise ConfigError(
                f"{rubric.where}: rewards.{alias} reads the column {column!r}, which is not there; "
                f"{columns_found(present)}"
            )
    tried = rows[:: math.ceil(len(rows) / ROWS)]
    if idle := _idle(scorer, reader, tried):
        alias, reason = idle
        column = ColumnsFound(tried).likely_ground_truth() or "COLUMN"
        raise ConfigError(
            f"{rubric.where}: rewards.{alias} can judge none of {len(tried)} rows ({reason}), and no column is known "
            f"to hold the ground truth; {columns_found(present)}; name it with ground_truth={column!r}, or leave "
            "the reward out"
        )


def _idle(scorer: Scorer, reader: RowReader, rows: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """A weighted reward that abstains on every specimen of rows without a ground truth, and why; None if none does."""
    results: list[Result] = []
    idle: list[tuple[str, str]] = []
    for specimen in _SPECIMENS:
        fields = {"completion": specimen, "completion_tokens": len(specimen.split()), "truncated": False}
        made = [sample_of(reader, {**row, **fields}, number) for number, row in enumerate(rows, 1)]
        samples = [sample for sample in made if isinstance(sample, Sample)]
        if any(sample.ground_truth is not None for sample in samples):
            return None
        results += scorer.score(samples)
        weighted = [alias for alias in scorer.rubric.rewards if has_weight(scorer.rubric, alias)]
        idle = [(alias, reason) for alias in weighted if (reason := _only_abstained(alias, results)) is not None]
        if not idle:
            return None
    return idle[0]


def _columns_named(scorer: Scorer) -> Iterator[tuple[str, str]]:
    """The columns that a rubric names: in conditions, and in parameters that end in `_column`, as our own do."""
    for step in scorer.steps:
        yield from ((step.alias, column) for column in step.config.when)
        for name, value in step.params:
            if name.endswith("_column") and isinstance(value, str):
                yield step.alias, value


def _only_abstained(alias: str, results: Sequence[Result]) -> str | None:
    """Why a reward abstained wherever it was asked; None where it ever did anything else, or was never asked."""
    scores = [result.scores[alias] for result in results]
    asked = [score for score in scores if score.kind != "not_asked"]
    return asked[0].reason if asked and all(score.status == "abstained" for score in asked) else None


def check_alone(scorer: Scorer, why: str) -> None:
    """Checks that a rubric can be judged one completion at a time, at any time of training.

    why     why it must be, for the message
    raises  ConfigError where a reward judges whole groups, or a weight changes with training
    """
    rubric = scorer.rubric
    for step in scorer.steps:
        if step.sees == "group":
            raise ConfigError(f"{rubric.where}: rewards.{step.alias} judges whole groups, and {why}; leave it out")
        if isinstance(step.config.weight, tuple):
            raise ConfigError(
                f"{rubric.where}: rewards.{step.alias} has a weight that changes with training, and {why}, without "
                "saying how far training has come; write one number"
            )

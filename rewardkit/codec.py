"""How samples and results are written, wherever they go. No other module knows.

    to a worker's pipe   the values of their fields in order (`sample_fields`, `result_fields`): several times cheaper
                         to pickle than the models, and sent by the million
    to an output row     a `rewardkit` block (`to_block`): plain JSON values
    to anybody else      the same block: HTTP, Ray, a cache

A block says its version. One of another version is refused, not guessed at.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from rewardkit.errors import InputError
from rewardkit.prevalidated import prevalidated
from rewardkit.sample import Sample
from rewardkit.score import Result, Score, Weight

VERSION = 1
"""The version of the block. It rises when a key is renamed, gone or means something else."""

SampleFields = tuple[Any, ...]
"""The values of a Sample's fields, in their order."""
ScoreFields = tuple[Any, ...]
"""The values of a Score's fields, in their order."""
ResultFields = tuple[float | None, list[ScoreFields], Mapping[str, float]]
"""A Result's reward, the fields of each score in the rubric's order, and its elapsed_ms."""

_SAMPLE, _SCORE = tuple(Sample.model_fields), tuple(Score.model_fields)
_REQUIRED = ("value", "status", "kind", "weight")

sample_fields: Callable[[Sample], SampleFields] = attrgetter(*_SAMPLE)
"""The values of a Sample's fields."""
score_fields: Callable[[Score], ScoreFields] = attrgetter(*_SCORE)
"""The values of a Score's fields."""


def sample_from(fields: SampleFields) -> Sample:
    """The Sample with these values, which are those of a Sample."""
    return prevalidated(Sample, dict(zip(_SAMPLE, fields, strict=True)))


def result_fields(reward: float | None, scores: Sequence[Score], elapsed_ms: Mapping[str, float]) -> ResultFields:
    """The values of a Result: `scores` in the rubric's order, their aliases and weights are known at the other end."""
    return reward, [score_fields(score) for score in scores], elapsed_ms


def result_from(fields: ResultFields, weights: Mapping[str, Weight]) -> Result:
    """The Result with these values, which are those of a judgement; `weights` by alias, in the rubric's order."""
    reward, scores, elapsed_ms = fields
    return result_of(reward, [score_from(values) for values in scores], elapsed_ms, weights)


def result_of(
    reward: float | None, scores: Sequence[Score], elapsed_ms: Mapping[str, float], weights: Mapping[str, Weight]
) -> Result:
    """The Result of a judgement: its scores in the rubric's order, as `weights` are."""
    named = dict(zip(weights, scores, strict=True))
    return prevalidated(Result, {"reward": reward, "scores": named, "weights": dict(weights), "elapsed_ms": elapsed_ms})


def score_from(fields: ScoreFields) -> Score:
    """The Score with these values, which are those of a Score."""
    return prevalidated(Score, dict(zip(_SCORE, fields, strict=True)))


def to_block(result: Result, *, timings: bool = True) -> dict[str, Any]:
    """The `rewardkit` block of a result.

    timings  whether `elapsed_ms` stands in it, where it was measured
    """
    scores = {}
    for alias, score in result.scores.items():
        row: dict[str, Any] = {
            "value": score.value,
            "status": score.status,
            "kind": score.kind,
            "weight": result.weights[alias],
            "reason": score.reason,
            "details": score.details,
        }
        if score.turns is not None:
            row["turns"] = list(score.turns)
        if score.values is not None:
            row["values"] = dict(score.values)
        if timings and alias in result.elapsed_ms:
            row["elapsed_ms"] = result.elapsed_ms[alias]
        scores[alias] = row
    return {"version": VERSION, "reward": result.reward, "scores": scores}


def checked_scores(block: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The scores of a block as they stand in it, by alias.

    raises  InputError for a block of another version
    """
    rows = block.get("scores")
    whole = isinstance(rows, Mapping) and all(
        isinstance(row, Mapping) and row.keys() >= {*_REQUIRED} for row in rows.values()
    )
    if block.get("version") != VERSION or "reward" not in block or not isinstance(rows, Mapping) or not whole:
        found = f"version {block['version']!r}" if "version" in block else "no version"
        raise InputError(
            f"a `rewardkit` block with {found}, wanted version {VERSION}: another version of rewardkit wrote it; judge "
            "its rows again (CHANGELOG.md has a table of the keys that were renamed)"
        )
    return rows


def from_block(block: Mapping[str, Any]) -> Result:
    """The Result that a block was written from.

    raises  InputError for a block of another version
    """
    scores, weights, elapsed_ms = {}, {}, {}
    for alias, row in checked_scores(block).items():
        scores[alias] = Score(**{name: row[name] for name in _SCORE if name in row})
        weights[alias] = row["weight"]
        if "elapsed_ms" in row:
            elapsed_ms[alias] = row["elapsed_ms"]
    return Result(reward=block["reward"], scores=scores, weights=weights, elapsed_ms=elapsed_ms)

"""A result under the names by which trainers log it."""

from rewardkit import Result

SCORE = "score"
"""Key of the reward, as verl names it."""
UNREWARDED = "rewardkit/unrewarded"
"""Key of the mark: 1.0 where the rubric gave no reward."""


def key_of(name: str) -> str:
    """The key of a reward's value, by its alias, or of one of its named values, by `alias.name`."""
    return f"rewardkit/{name}"


def values_by_name(result: Result) -> dict[str, float | None]:
    """The value of each reward by its alias, and its named values by `alias.name`."""
    values: dict[str, float | None] = {}
    for alias, score in result.scores.items():
        values[alias] = score.value
        values |= {f"{alias}.{name}": value for name, value in (score.values or {}).items()}
    return values


def named_values(result: Result) -> dict[str, float]:
    """The value of each reward that has one, its named values, and the mark of a result without a reward.

    For trainers whose metrics need not have the same keys in each row; `RowScorer.numbers` always has the same.
    """
    values = {key_of(name): value for name, value in values_by_name(result).items() if value is not None}
    return values | {UNREWARDED: float(result.reward is None)}


def why_no_reward(result: Result) -> str:
    """The reasons of all scores without a value, in one line."""
    return "; ".join(
        f"{alias} {score.status}: {score.reason}" for alias, score in result.scores.items() if score.value is None
    )

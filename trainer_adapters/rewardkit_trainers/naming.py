"""A result under the names by which trainers log it."""

from rewardkit import Result

SCORE = "score"
"""Key of the reward, as verl names it."""
UNREWARDED = "rewardkit/unrewarded"
"""Key of the mark: 1.0 where the rubric gave no reward."""


def key_of(alias: str) -> str:
    """The key of a reward's own value."""
    return f"rewardkit/{alias}"


def named_values(result: Result) -> dict[str, float]:
    """The value of each reward that has one, and the mark of a result without a reward.

    For trainers whose metrics need not have the same keys in each row; `RowScorer.numbers` always has the same.
    """
    values = {key_of(alias): score.value for alias, score in result.scores.items() if score.value is not None}
    return values | {UNREWARDED: float(result.reward is None)}


def why_no_reward(result: Result) -> str:
    """The reasons of all scores without a value, in one line."""
    return "; ".join(
        f"{alias} {score.status}: {score.reason}" for alias, score in result.scores.items() if score.value is None
    )

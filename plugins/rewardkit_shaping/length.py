"""How long a completion is, and whether it is right: what the rewards of length ask of a sample."""

from typing import Literal

from pydantic import Field

from rewardkit import RewardParams, Sample
from rewardkit_shaping.words import words

NO_COUNT = "no token count: name its column by --map completion_tokens=COLUMN, or count words by `unit: words`"


class LengthParams(RewardParams):
    """What all rewards of length have in common."""

    unit: Literal["tokens", "words"] = "tokens"
    """Tokens are those that were counted in the row; words are counted here (see `words`)."""


class RightParams(LengthParams):
    """For rewards that treat right and wrong completions differently."""

    right_column: str | None = Field(default=None, min_length=1)
    """Column that tells whether the completion is right: true, or a number of at least 0.5. Where it is None, every
    completion counts as right: then gate this reward by the one that judges the answer."""


def length(sample: Sample, params: LengthParams) -> int | None:
    """Tokens or words of the completion; None where tokens are asked for and nobody counted."""
    return sample.completion_tokens if params.unit == "tokens" else len(words(sample.completion_text))


def is_right(sample: Sample, params: RightParams) -> bool | None:
    """Whether the completion is right; None where the column does not say."""
    if params.right_column is None:
        return True
    told = sample.column(params.right_column)
    return told >= 0.5 if isinstance(told, bool | int | float) else None

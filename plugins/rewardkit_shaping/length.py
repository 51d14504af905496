"""The length of a completion, or of a part of it, and whether it is right: two questions of every length reward."""

from typing import Literal

from pydantic import Field

from rewardkit import RewardParams, Sample
from rewardkit_shaping.words import words

NO_COUNT = "no token count: name its column by --map completion_tokens=COLUMN, or count words by `unit: words`"
NO_PART_COUNT = (
    "no count of the reasoning's tokens: name its column by `reasoning_tokens_column`, or count words by `unit: words`"
)

REASONING_TOKENS = (
    "reasoning_tokens",  # the adapters for TRL and verl
    "usage.completion_tokens_details.reasoning_tokens",  # OpenAI's chat completions, vLLM, OpenRouter
    "usage.output_tokens_details.reasoning_tokens",  # OpenAI's Responses API
    "response.usage.output_tokens_details.reasoning_tokens",  # NeMo Gym
    "usage.reasoning_tokens",  # SGLang
)
"""Columns that hold the number of tokens in the reasoning, in the order in which they are looked for."""


class LengthParams(RewardParams):
    """Parameters of every length reward."""

    unit: Literal["tokens", "words"] = "tokens"
    """Tokens are those that the row counts; words are counted here (see `words`)."""
    part: Literal["completion", "reasoning", "answer"] = "completion"
    """The part whose length counts."""
    reasoning_tokens_column: str | None = Field(default=None, min_length=1)
    """Column with the number of tokens in the reasoning, also a dotted path; None: where servers and trainers write it.
    Only for `part` and tokens."""


class RightParams(LengthParams):
    """For rewards that treat right and wrong completions differently."""

    right_column: str | None = Field(default=None, min_length=1)
    """Column that tells whether the completion is right: true, or a number of at least 0.5. Where it is None, every
    completion counts as right: then gate this reward by the one that judges the answer."""


def length(sample: Sample, params: LengthParams) -> int | None:
    """Tokens or words of the part; None where tokens are asked for and the row does not tell their number."""
    if params.unit == "words":
        parts = {
            "completion": sample.completion_text,
            "reasoning": sample.parts.reasoning or "",
            "answer": sample.parts.answer,
        }
        return len(words(parts[params.part]))
    every = sample.completion_tokens
    if params.part == "completion":
        return every
    reasoning = _reasoning_tokens(sample, params)
    if params.part == "reasoning" or reasoning is None:
        return reasoning
    return None if every is None else max(0, every - reasoning)


def no_count(params: LengthParams) -> str:
    """The reason for abstaining where the row does not tell the number of tokens."""
    return NO_COUNT if params.part == "completion" else NO_PART_COUNT


def _reasoning_tokens(sample: Sample, params: LengthParams) -> int | None:
    """Tokens of the reasoning: as counted, or none or all where the completion holds only one of the two parts."""
    places = REASONING_TOKENS if params.reasoning_tokens_column is None else (params.reasoning_tokens_column,)
    for place in places:
        found = sample.column(place)
        if isinstance(found, int) and not isinstance(found, bool) and found >= 0:
            return found
    if sample.parts.reasoning is None:
        return 0
    return None if sample.parts.answer else sample.completion_tokens


def is_right(sample: Sample, params: RightParams) -> bool | None:
    """True if the completion is right; None where the column does not tell."""
    if params.right_column is None:
        return True
    found = sample.column(params.right_column)
    return found >= 0.5 if isinstance(found, bool | int | float) else None

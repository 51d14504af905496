"""The reward `truncation`: against running into the token limit."""

from collections.abc import Sequence

from pydantic import Field

from rewardkit import Reward, RewardParams, Sample, Score


class TruncationParams(RewardParams):
    limit: int | None = Field(default=None, gt=0)
    """Token limit of the generation (TRL's `max_completion_length`, verl's `max_response_length`), for rows that say
    how many tokens there are but not whether they were cut off."""


class Truncation(Reward):
    """-1 for a completion that the token limit cut off, 0 for one that ended by itself.

    The row's own word counts first (`truncated`, or a finish reason); else a completion of `limit` tokens or more was
    cut off: one that ends by itself exactly there cannot be told apart. DAPO (arXiv:2503.14476, 3.4) and TRL's
    `mask_truncated_completions` leave such completions out of the loss instead of punishing them.
    """

    name = "truncation"
    Params = TruncationParams
    cost_ms = 0.01
    value_range = (-1.0, 0.0)

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        limit, tokens = self.params.limit, sample.completion_tokens
        cut = sample.truncated
        if cut is None and limit is not None and tokens is not None:
            cut = tokens >= limit
        if cut is None:
            return Score.abstained(
                "nothing says whether the completion was cut off: name a column by --map truncated=COLUMN, or give "
                "`limit` and a token count",
                kind="unsupported",
            )
        return Score.scored(-1.0, "cut off by the token limit") if cut else Score.scored(0.0)

"""The reward `repetition`: against saying the same again."""

from collections.abc import Sequence
from itertools import islice

from pydantic import Field

from rewardkit import Reward, RewardParams, Sample, Score
from rewardkit_shaping.words import words


class RepetitionParams(RewardParams):
    n: int = Field(default=3, ge=1, le=100)
    """Length of the n-grams, in words or tokens. 3 is the usual choice for words, 20 to 40 for tokens."""
    tokens_column: str | None = Field(default=None, min_length=1)
    """Column with the list of token ids, such as TRL's `completion_ids`; None: words of the completion."""


class Repetition(Reward):
    """Minus the share of n-grams that were there before: 0 where none comes twice, nearly -1 for a loop.

    Yeo et al. 2025, arXiv:2502.03373, appendix C.2, as one number for the completion, the way open-r1's
    `get_repetition_penalty_reward` gives it: -(1 - distinct n-grams / n-grams). Fewer than n words repeat nothing.
    """

    name = "repetition"
    Params = RepetitionParams
    cost_ms = 0.5

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        params: RepetitionParams = self.params
        if params.tokens_column is None:
            units: Sequence[object] = words(sample.completion_text)
        else:
            found = sample.column(params.tokens_column)
            if not isinstance(found, list | tuple) or not all(isinstance(token, int) for token in found):
                return Score.abstained(f"column {params.tokens_column!r} holds no list of token ids: {found!r:.80}")
            units = found
        total = len(units) - params.n + 1
        if total <= 0:
            return Score.scored(0.0, f"fewer than {params.n} to compare", ngrams=0, repeated=0)
        distinct = len(set(zip(*(islice(units, start, None) for start in range(params.n)), strict=False)))
        repeated = total - distinct
        reason = f"{repeated} of {total} {params.n}-grams come again" if repeated else ""
        return Score.scored(0.0 - repeated / total, reason, ngrams=total, repeated=repeated)

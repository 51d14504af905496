"""The reward `length_cosine`: right answers better short, wrong ones better long, along half a cosine."""

import math
from collections.abc import Sequence

from pydantic import Field, FiniteFloat

from rewardkit import Reward, Sample, Score
from rewardkit_shaping.length import RightParams, is_right, length, no_count


class LengthCosineParams(RightParams):
    # The values are those of ms-swift (modelscope/ms-swift at 3602360a, swift/rlhf_trainers/args_mixin.py:374-377), the
    # curve is its CosineReward.cosfn (swift/rewards/orm.py:154). The paper's own runs have -10 and 0 for wrong, 2 and 1
    # for right, and -10 at the limit (eddycmu/demystify-long-cot, scripts of section 4.2, …cosine.sh:59-63), of which
    # reward/cosine.py:70 counts the last 16 tokens as reached. ms-swift has no value for the limit: ours is, as in the
    # paper, that of the shortest wrong completion.
    limit: int = Field(gt=0)
    """Length at which the curve ends, such as the token limit."""
    right: tuple[FiniteFloat, FiniteFloat] = (1.0, 0.5)
    """Value of a right completion at length 0 and at the limit."""
    wrong: tuple[FiniteFloat, FiniteFloat] = (-0.5, 0.0)
    """Value of a wrong completion at length 0 and at the limit."""
    exceeded: FiniteFloat = -0.5
    """Value of a completion that reaches the limit or was cut off, right or wrong."""


class LengthCosine(Reward):
    """From `right[0]` at length 0 to `right[1]` at the limit, or so for `wrong`, by (1 + cos(pi * length / limit)) / 2.

    Yeo et al. 2025, arXiv:2502.03373, section 4.2: a wrong completion gains by thinking on, a right one by stopping,
    and one that reaches the limit has `exceeded`.
    """

    name = "length_cosine"
    Params = LengthCosineParams
    cost_ms = 0.05

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        params: LengthCosineParams = self.params
        size, right = length(sample, params), is_right(sample, params)
        if size is None:
            return Score.abstained(no_count(params), kind="unsupported")
        if right is None:
            reason = f"column {params.right_column!r} does not tell whether the completion is right"
            return Score.abstained(reason, kind="unsupported")
        if size >= params.limit or sample.truncated:
            return Score.scored(params.exceeded, f"reaches the limit of {params.limit} {params.unit}", length=size)
        at_zero, at_limit = params.right if right else params.wrong
        share = (1 + math.cos(math.pi * size / params.limit)) / 2
        kind = "right" if right else "wrong"
        reason = f"{kind}, {size} of {params.limit} {params.unit}"
        return Score.scored(at_limit + (at_zero - at_limit) * share, reason, length=size)

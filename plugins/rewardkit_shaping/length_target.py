"""The reward `length_target`: as long as the prompt asked for."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from rewardkit import Reward, Sample, Score
from rewardkit_shaping.length import LengthParams, length, no_count


class LengthTargetParams(LengthParams):
    target: int | None = Field(default=None, gt=0)
    """The length asked for."""
    target_column: str | None = Field(default=None, min_length=1)
    """Column that holds it, where it differs by prompt."""
    mode: Literal["exact", "at_most"] = "exact"
    """`exact`: both directions cost. `at_most`: shorter is better."""
    per_unit: float = Field(default=0.0003, gt=0, allow_inf_nan=False)
    """Cost of one token (or word) off the target: the paper's alpha (cmu-l3/l1 at 93dd3301,
    scripts/train/run_l1_exact.sh:72)."""

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if (self.target is None) == (self.target_column is None):
            raise ValueError("give either `target` or `target_column`")
        return self


class LengthTarget(Reward):
    """How far the length is from the one asked for.

    exact    -per_unit * |target - length|, to be added to the accuracy (L1-Exact)
    at_most  clip(per_unit * (target - length) + 0.5, 0, 1), to be paid where the answer is right: gate it, or combine
             by product (L1-Max; the 0.5 keeps a right answer that is a little too long above a wrong one)

    L1, Aggarwal and Welleck 2025, arXiv:2503.04697: `get_delta_score_linear` (cmu-l3/l1, math_reward.py:94). For L1-Max
    its code halves the slope (`get_delta_score_linear_both`, math_reward.py:102); this is the paper's equation.
    """

    name = "length_target"
    Params = LengthTargetParams
    cost_ms = 0.05

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        params: LengthTargetParams = self.params
        target = params.target if params.target_column is None else sample.column(params.target_column)
        if isinstance(target, bool) or not isinstance(target, int) or target <= 0:
            reason = f"column {params.target_column!r} holds no length: {target!r:.80}"
            return Score.abstained(reason, kind="unsupported")
        size = length(sample, params)
        if size is None:
            return Score.abstained(no_count(params), kind="unsupported")
        left = target - size
        value = 0.0 - params.per_unit * abs(left)
        if params.mode == "at_most":
            value = min(max(params.per_unit * left + 0.5, 0.0), 1.0)
        return Score.scored(value, f"{size} {params.unit}, asked for {target}", length=size, target=target)

"""The reward `length_target`: as long as the prompt asked for."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from rewardkit import Reward, Sample, Score
from rewardkit_shaping.length import NO_COUNT, LengthParams, length


class LengthTargetParams(LengthParams):
    target: int | None = Field(default=None, gt=0)
    """The length asked for."""
    target_column: str | None = Field(default=None, min_length=1)
    """Column that holds it, where it differs by prompt."""
    mode: Literal["exact", "at_most"] = "exact"
    per_unit: float = Field(default=0.0003, gt=0, allow_inf_nan=False)
    """What one token (or word) off the target costs: the paper's alpha."""

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

    L1, Aggarwal and Welleck 2025, arXiv:2503.04697.
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
            return Score.abstained(f"column {params.target_column!r} holds no length: {target!r:.80}")
        size = length(sample, params)
        if size is None:
            return Score.abstained(NO_COUNT)
        left = target - size
        value = 0.0 - params.per_unit * abs(left)
        if params.mode == "at_most":
            value = min(max(params.per_unit * left + 0.5, 0.0), 1.0)
        return Score.scored(value, f"{size} {params.unit}, asked for {target}", length=size, target=target)

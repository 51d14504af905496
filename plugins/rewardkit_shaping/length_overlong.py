"""The reward `length_overlong`: a soft punishment for the last stretch before the limit."""

from collections.abc import Sequence
from typing import Self

from pydantic import Field, model_validator

from rewardkit import Reward, Sample, Score
from rewardkit_shaping.length import LengthParams, length, no_count


class LengthOverlongParams(LengthParams):
    limit: int = Field(gt=0)
    """Length from which the punishment is whole: DAPO's L_max, TRL's max_completion_len."""
    cache: int = Field(gt=0)
    """Length before the limit in which it grows: DAPO's L_cache, TRL's soft_punish_cache."""

    @model_validator(mode="after")
    def _cache_fits(self) -> Self:
        if self.cache > self.limit:
            raise ValueError(f"the cache ({self.cache}) must not exceed the limit ({self.limit})")
        return self


class LengthOverlong(Reward):
    """0 up to limit - cache, then linear to -1 at the limit, -1 beyond.

    DAPO (Yu et al. 2025), arXiv:2503.14476, eq. 13; TRL's `get_soft_overlong_punishment`
    (trl/rewards/other_rewards.py). The paper's run has limit 20480 and cache 4096 (section 4.1; verl at 03150d4f,
    recipe/dapo/run_dapo_qwen2.5_32b.sh: `max_response_length`, `overlong_buffer_len`). verl and ms-swift have no floor
    at -1 (verl/workers/reward_manager/dapo.py, swift/rewards/orm.py:231), where their token limit cannot be passed.
    """

    name = "length_overlong"
    Params = LengthOverlongParams
    cost_ms = 0.05
    value_range = (-1.0, 0.0)

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        params: LengthOverlongParams = self.params
        size = length(sample, params)
        if size is None:
            return Score.abstained(no_count(params), kind="unsupported")
        over = size - (params.limit - params.cache)
        if over <= 0:
            return Score.scored(0.0, length=size)
        return Score.scored(-min(over / params.cache, 1.0), f"{over} {params.unit} too many", length=size)

"""A way to ask for one judgement."""

from collections.abc import Callable
from typing import Any

import pytest

from rewardkit import RewardContext, Sample, Score
from rewardkit_math.params import MathParams
from rewardkit_math.reward import MathReward


@pytest.fixture(scope="session")
def score() -> Callable[..., Score]:
    """`score(completion, gold, **params)`: the Score of one completion."""

    def ask(completion: str, gold: Any, **params: Any) -> Score:
        reward = MathReward(MathParams(**params), RewardContext())
        return reward.score([Sample(completion=completion, ground_truth=gold)])[0]

    return ask


@pytest.fixture(scope="session")
def accepts(score: Callable[..., Score]) -> Callable[..., bool]:
    """`accepts(answer, gold, **params)`: whether an answer in a box scores 1."""
    return lambda answer, gold, **params: score(f"\\boxed{{{answer}}}", gold, **params).value == 1.0

"""A way to ask for one judgement."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rewardkit import RewardContext, Sample, Score
from rewardkit_math.params import MathParams
from rewardkit_math.reward import MathReward


@pytest.fixture(scope="session")
def score() -> Iterator[Callable[..., Score]]:
    """`score(completion, ground_truth, **params)`: the Score of one completion."""
    rewards: dict[MathParams, MathReward] = {}

    def ask(completion: str, ground_truth: Any, **params: Any) -> Score:
        policy = MathParams(**params)
        if policy not in rewards:
            rewards[policy] = MathReward(policy, RewardContext())
        reward = rewards[policy]
        return reward.score([Sample(completion=completion, ground_truth=ground_truth)])[0]

    yield ask
    for reward in rewards.values():
        reward.close()


@pytest.fixture(scope="session")
def accepts(score: Callable[..., Score]) -> Callable[..., bool]:
    """`accepts(answer, ground_truth, **params)`: whether an answer in a box scores 1."""
    return lambda answer, ground_truth, **params: score(f"\\boxed{{{answer}}}", ground_truth, **params).value == 1.0

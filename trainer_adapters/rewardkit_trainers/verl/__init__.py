"""rewardkit in verl 0.9: a reward function, and a reward manager that judges what arrives together.

    reward.custom_reward_function.path=pkg://rewardkit_trainers.verl
    +reward.custom_reward_function.reward_kwargs.rubric=/data/rubric.yaml

    reward.reward_manager.source=importlib
    reward.reward_manager.module.path=pkg://rewardkit_trainers.verl
    reward.reward_manager.name=RewardKitRewardManager
    +reward.reward_kwargs.rubric=/data/rubric.yaml

Nothing of verl's, and no torch, is imported before `RewardKitRewardManager` is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rewardkit_trainers.verl.function import compute_score

if TYPE_CHECKING:
    from rewardkit_trainers.verl.manager import RewardKitRewardManager

__all__ = ["RewardKitRewardManager", "compute_score"]


def __getattr__(name: str) -> Any:
    if name != "RewardKitRewardManager":
        raise AttributeError(f"module 'rewardkit_trainers.verl' has no attribute {name!r}")
    return import_module("rewardkit_trainers.verl.manager").RewardKitRewardManager

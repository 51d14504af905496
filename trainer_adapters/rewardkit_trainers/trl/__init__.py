"""rewardkit in TRL: `reward_funcs` for its online trainers, and a GRPO trainer with everything set up.

Nothing of TRL's, and no torch, is imported before `RewardKitGRPOTrainer` is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rewardkit_trainers.trl.functions import RewardFuncs, reward_funcs

if TYPE_CHECKING:
    from rewardkit_trainers.trl.trainer import RewardKitGRPOTrainer

__all__ = ["RewardFuncs", "RewardKitGRPOTrainer", "reward_funcs"]


def __getattr__(name: str) -> Any:
    if name != "RewardKitGRPOTrainer":
        raise AttributeError(f"module 'rewardkit_trainers.trl' has no attribute {name!r}")
    return import_module("rewardkit_trainers.trl.trainer").RewardKitGRPOTrainer

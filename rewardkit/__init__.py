"""The reward layer for reinforcement learning with verifiable rewards."""

from rewardkit.errors import (
    ConfigError,
    InfrastructureError,
    InputError,
    OutputError,
    PluginError,
    RewardkitError,
    UnknownRewardError,
)
from rewardkit.hooks import Finding, hookimpl
from rewardkit.pipeline import Scorer
from rewardkit.reward import Reward, RewardParams, Setting
from rewardkit.rubric import Limits, RewardConfig, Rubric
from rewardkit.sample import Message, Sample
from rewardkit.score import Result, Score
from rewardkit.thought import Parts, split_thought, strip_end_tokens

__all__ = [
    "ConfigError",
    "Finding",
    "InfrastructureError",
    "InputError",
    "Limits",
    "Message",
    "OutputError",
    "Parts",
    "PluginError",
    "Result",
    "Reward",
    "RewardConfig",
    "RewardParams",
    "RewardkitError",
    "Rubric",
    "Sample",
    "Score",
    "Scorer",
    "Setting",
    "UnknownRewardError",
    "hookimpl",
    "split_thought",
    "strip_end_tokens",
]

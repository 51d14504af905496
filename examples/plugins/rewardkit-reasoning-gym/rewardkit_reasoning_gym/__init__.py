"""Answers judged by reasoning_gym's own verifiers."""

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards():
    """The rewards of this distribution. What takes long to import waits until a reward is built."""
    from rewardkit_reasoning_gym.reward import ReasoningGymReward

    return [ReasoningGymReward]

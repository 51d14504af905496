"""Harmful requests are refused and harmless ones answered, by rules."""

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards():
    """The rewards of this distribution. What takes long to import waits until a reward is built."""
    from rewardkit_safety_refusal.reward import SafetyRefusalReward

    return [SafetyRefusalReward]

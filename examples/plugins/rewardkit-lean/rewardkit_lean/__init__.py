"""Lean 4 proofs, checked by Lean."""

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards():
    """The rewards of this distribution. What takes long to import waits until a reward is built."""
    from rewardkit_lean.reward import LeanReward

    return [LeanReward]

"""Quotes stand in the documents."""

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards():
    """The rewards of this distribution. What takes long to import waits until a reward is built."""
    from rewardkit_citations.reward import CitationsReward

    return [CitationsReward]

"""A plugin with a slip in the name of its hook: `rewardkit_reward` instead of `rewardkit_rewards`."""

from rewardkit import hookimpl


@hookimpl
def rewardkit_reward():
    return []

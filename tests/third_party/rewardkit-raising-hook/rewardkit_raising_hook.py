"""A plugin that imports, and whose hook raises."""

from rewardkit import hookimpl


@hookimpl
def rewardkit_rewards():
    raise RuntimeError("the licence server does not answer")

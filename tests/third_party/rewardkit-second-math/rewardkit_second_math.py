"""A plugin whose reward, and whose entry point, have the name of a built-in one."""

from rewardkit import Reward, Score, hookimpl


class SecondMath(Reward):
    """Says 0.5 of everything."""

    name = "math"

    def score(self, samples):
        return [Score.scored(0.5, "the second math") for _ in samples]


@hookimpl
def rewardkit_rewards():
    return [SecondMath]

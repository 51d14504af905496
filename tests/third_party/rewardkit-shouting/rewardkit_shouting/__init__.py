"""A reward for rewardkit that hears when a model shouts."""

from collections.abc import Sequence

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards() -> Sequence[type[rewardkit.Reward]]:
    from rewardkit_shouting.reward import Shouting

    return [Shouting]


@rewardkit.hookimpl
def rewardkit_findings() -> Sequence[rewardkit.Finding]:
    return [rewardkit.Finding("shouting", "ok", "needs nothing")]

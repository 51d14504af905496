"""The reward `code`: a program is worth what its tests say, run where it can do no harm and tell no lies."""

from collections.abc import Sequence

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards() -> Sequence[type[rewardkit.Reward]]:
    from rewardkit_code.reward import CodeReward  # noqa: PLC0415 - listing plugins must stay light

    return [CodeReward]


@rewardkit.hookimpl
def rewardkit_findings() -> Sequence[rewardkit.Finding]:
    from rewardkit_code.doctor import (  # noqa: PLC0415 - likewise
        auto_finding,
        docker_findings,
        findings,
        landlock_finding,
    )

    return [*findings(), *docker_findings(), landlock_finding(), auto_finding()]

"""The format reward: a grammar of tags, judged in one pass."""

from collections.abc import Sequence

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards() -> Sequence[type[rewardkit.Reward]]:
    from rewardkit_format.reward import Format  # noqa: PLC0415 - imported when asked for

    return [Format]

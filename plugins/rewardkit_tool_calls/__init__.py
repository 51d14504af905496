"""Calls of tools, read from the templates of today's models and compared with a reference."""

from collections.abc import Sequence

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards() -> Sequence[type[rewardkit.Reward]]:
    from rewardkit_tool_calls.reward import ToolCalls  # noqa: PLC0415 - imported when asked for

    return [ToolCalls]

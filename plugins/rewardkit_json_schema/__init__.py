"""JSON that fits a JSON Schema: found in the completion, validated, and credited path by path."""

from collections.abc import Sequence

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards() -> Sequence[type[rewardkit.Reward]]:
    from rewardkit_json_schema.reward import JsonSchema  # noqa: PLC0415 - imported when asked for

    return [JsonSchema]

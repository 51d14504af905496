"""Which answers are preferred: by a reward model from transformers, or by a generative judge behind an endpoint."""

from collections.abc import Sequence

from rewardkit import Finding, Reward, hookimpl


@hookimpl
def rewardkit_rewards() -> Sequence[type[Reward]]:
    from rewardkit_preference.judge_model import JudgeModel  # noqa: PLC0415 - imported when asked for
    from rewardkit_preference.reward_endpoint import RewardEndpoint  # noqa: PLC0415 - imported when asked for
    from rewardkit_preference.reward_model import RewardModel  # noqa: PLC0415 - imported when asked for

    return [RewardModel, RewardEndpoint, JudgeModel]


@hookimpl
def rewardkit_findings() -> Sequence[Finding]:
    from rewardkit_preference.reward_model import finding  # noqa: PLC0415 - only doctor asks

    return [finding()]

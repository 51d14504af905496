"""The `language` reward: reasoning in the language that was asked for."""

from collections.abc import Sequence

from rewardkit import Finding, Reward, hookimpl


@hookimpl
def rewardkit_rewards() -> Sequence[type[Reward]]:
    from rewardkit_language.reward import LanguageReward  # noqa: PLC0415 - listing plugins stays light

    return [LanguageReward]


@hookimpl
def rewardkit_findings() -> Sequence[Finding]:
    from rewardkit_language.detector import finding  # noqa: PLC0415 - only doctor asks

    return [finding()]

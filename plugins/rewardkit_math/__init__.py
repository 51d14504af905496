"""The math reward: rule-based judgement of mathematical answers (docs/math.md)."""

from collections.abc import Sequence

from rewardkit import Reward, hookimpl


@hookimpl
def rewardkit_rewards() -> Sequence[type[Reward]]:
    """The math reward."""
    from rewardkit_math.reward import MathReward  # noqa: PLC0415 - listing the plugins loads nothing more than this

    return [MathReward]

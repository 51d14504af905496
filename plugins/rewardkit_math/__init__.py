"""The math rewards: our own rule-based judgement of mathematical answers, and Math-Verify's (docs/math.md)."""

from collections.abc import Sequence

from rewardkit import Reward, hookimpl


@hookimpl
def rewardkit_rewards() -> Sequence[type[Reward]]:
    """The math rewards."""
    from rewardkit_math.math_verify import MathVerifyReward  # noqa: PLC0415 - listing the plugins loads no more
    from rewardkit_math.reward import MathReward  # noqa: PLC0415 - listing the plugins loads no more

    return [MathReward, MathVerifyReward]

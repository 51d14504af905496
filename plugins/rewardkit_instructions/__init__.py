"""Instructions that a program can check: the constraints of IFEval and IFBench."""

from collections.abc import Sequence

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards() -> Sequence[type[rewardkit.Reward]]:
    from rewardkit_instructions.reward import InstructionFollowing  # noqa: PLC0415 - imported when asked for

    return [InstructionFollowing]

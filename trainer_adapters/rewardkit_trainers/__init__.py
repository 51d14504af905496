"""rewardkit in the trainers of the field: TRL, verl and OpenRLHF."""

from collections.abc import Sequence

import rewardkit


@rewardkit.hookimpl
def rewardkit_commands() -> Sequence[rewardkit.Command]:
    """`rewardkit train` and `rewardkit serve-openrlhf`."""
    from rewardkit_trainers.openrlhf_server import app as serve  # noqa: PLC0415 - typer, where commands are wanted
    from rewardkit_trainers.train.command import app as train  # noqa: PLC0415

    return [rewardkit.Command("train", train), rewardkit.Command("serve-openrlhf", serve)]

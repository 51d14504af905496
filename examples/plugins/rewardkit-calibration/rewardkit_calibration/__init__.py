"""The confidence that an answer states fits how often it is right."""

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards():
    """The rewards of this distribution. What takes long to import waits until a reward is built."""
    from rewardkit_calibration.reward import CalibrationReward

    return [CalibrationReward]

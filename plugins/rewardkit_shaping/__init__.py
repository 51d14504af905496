"""Rewards that shape how a completion is written: its length, its repetitions, its end, its paragraphs.

None of them judges whether an answer is right. Give them small weights, or gate them by a reward that does.
"""

from collections.abc import Sequence

import rewardkit


@rewardkit.hookimpl
def rewardkit_rewards() -> Sequence[type[rewardkit.Reward]]:
    from rewardkit_shaping.length_cosine import LengthCosine  # noqa: PLC0415 - imported when asked for
    from rewardkit_shaping.length_overlong import LengthOverlong  # noqa: PLC0415
    from rewardkit_shaping.length_relative import LengthRelative  # noqa: PLC0415
    from rewardkit_shaping.length_target import LengthTarget  # noqa: PLC0415
    from rewardkit_shaping.paragraphs import Paragraphs  # noqa: PLC0415
    from rewardkit_shaping.reflection import Reflection  # noqa: PLC0415
    from rewardkit_shaping.repetition import Repetition  # noqa: PLC0415
    from rewardkit_shaping.truncation import Truncation  # noqa: PLC0415

    return [LengthCosine, LengthOverlong, LengthRelative, LengthTarget, Paragraphs, Reflection, Repetition, Truncation]

"""The advantages that output rows tell: each reward relative to those of its group."""

import math
from collections.abc import Sequence

from rewardkit.errors import ConfigError


def check_estimator(name: str) -> None:
    """Checks that an estimator needs no more than the rewards of one group.

    raises  ConfigError
    """
    from rewardkit import advantages  # noqa: PLC0415 - numpy, for those who ask for it

    known = sorted(advantages.ESTIMATORS.keys() - advantages.OVER_BATCH)
    if name not in known:
        batch = " needs the whole batch of a training step;" if name in advantages.OVER_BATCH else ""
        raise ConfigError(f"--advantages {name}:{batch} known for files: {', '.join(known)}")


def group_advantages(estimator: str, rewards: Sequence[float | None]) -> list[float | None]:
    """The advantage of each completion of one group; None if it has no reward, or the estimator drops it."""
    from rewardkit import advantages  # noqa: PLC0415 - numpy, for those who ask for it

    values = advantages.ESTIMATORS[estimator](rewards, [0] * len(rewards)).tolist()
    return [
        None if reward is None or math.isnan(value) else value for reward, value in zip(rewards, values, strict=True)
    ]

"""A reward whose module imports what a list of rewards has no time for."""

from collections.abc import Sequence

import numpy as np

import rewardkit
from rewardkit import Reward, Sample, Score


class HeavyImport(Reward):
    """1.0 if the answer says that it is four."""

    name = "heavy_import"

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [Score.scored(float(np.float64("4" in sample.parts.answer))) for sample in samples]


@rewardkit.hookimpl
def rewardkit_rewards() -> Sequence[type[Reward]]:
    return [HeavyImport]

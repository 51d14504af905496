import re
from collections.abc import Sequence

from pydantic import Field

from rewardkit import Reward, RewardParams, Sample, Score

WORD = re.compile(r"[^\W\d_]+")


class ShoutingParams(RewardParams):
    shortest: int = Field(default=2, ge=1)
    """Words of fewer letters do not count: `I` is no shout."""


class Shouting(Reward):
    """The share of the answer's words that are in capitals; pay it with a negative weight."""

    name = "shouting"
    Params = ShoutingParams
    cost_ms = 0.02

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        words = [word for word in WORD.findall(sample.parts.answer) if len(word) >= self.params.shortest]
        if not words:
            return Score.abstained("the answer has no word")
        shouted = [word for word in words if word.isupper()]
        return Score.scored(len(shouted) / len(words), f"{len(shouted)} of {len(words)} words", shouted=shouted[:5])

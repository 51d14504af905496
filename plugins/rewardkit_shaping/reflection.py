"""The reward `reflection`: markers of reflection."""

import re
from collections.abc import Sequence

from pydantic import Field

from rewardkit import Reward, RewardContext, RewardParams, Sample, Score


class ReflectionParams(RewardParams):
    markers: tuple[str, ...] = Field(default=("wait", "recheck", "retry", "alternatively", "however"), min_length=1)
    """Words or phrases, whatever their case."""
    enough: int = Field(default=3, gt=0)
    """Number of sentences with a marker that earns 1."""


class Reflection(Reward):
    """Sentences of the reasoning that hold a marker of reflection, as a share of `enough`, at most 1.

    The markers are those by which Open-Reasoner-Zero (Hu et al. 2025, arXiv:2503.24290) follows reflection
    in training (orz/ppo/utils.py at 176851b2, check_reflection_pattern: the same words, in small letters and some only
    before a comma). Where there is no reasoning the whole completion is read. A sentence counts once, or `wait wait`
    would do. Writing such words is not reflecting: this is a probe (weight 0) rather than a goal.
    """

    name = "reflection"
    Params = ReflectionParams
    cost_ms = 0.1
    value_range = (0.0, 1.0)

    def __init__(self, params: ReflectionParams, context: RewardContext) -> None:
        super().__init__(params, context)
        markers = "|".join(re.escape(marker.strip()) for marker in params.markers)
        self._marker = re.compile(rf"(?<!\w)(?:{markers})(?!\w)", re.IGNORECASE)

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        reasoning = sample.parts.reasoning
        text = sample.completion_text if reasoning is None else reasoning
        sentences = _SENTENCE_END.split(text)
        count = sum(self._marker.search(sentence) is not None for sentence in sentences)
        return Score.scored(min(count / self.params.enough, 1.0), f"{count} sentences with a marker", sentences=count)


_SENTENCE_END = re.compile(r"[.!?。！？\n]+")

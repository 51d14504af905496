"""The reward `paragraphs`: as many paragraphs as were asked for."""

import re
from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from rewardkit import Reward, RewardParams, Sample, Score

_BETWEEN = re.compile(r"\n[ \t]*\n")


class ParagraphsParams(RewardParams):
    least: int = Field(default=1, ge=0)
    """The fewest paragraphs that are right."""
    most: int | None = Field(default=None, ge=0)
    """The most paragraphs that are right; None: no upper bound."""
    part: Literal["reasoning", "answer"] = "answer"
    """Part of the completion whose paragraphs are counted."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.most is not None and self.most < self.least:
            raise ValueError(f"`most` ({self.most}) is below `least` ({self.least})")
        return self


class Paragraphs(Reward):
    """1 where the number of paragraphs lies from `least` to `most`, else 0.

    A paragraph stands between blank lines and holds a letter or a digit: a rule or an unseen character is none. IFEval
    (Zhou et al. 2023, arXiv:2311.07911, "number of paragraphs") asks for one number; set both ends to it.
    """

    name = "paragraphs"
    Params = ParagraphsParams
    cost_ms = 0.05
    value_range = (0.0, 1.0)

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        params: ParagraphsParams = self.params
        text = sample.parts.reasoning if params.part == "reasoning" else sample.parts.answer
        if text is None:
            return Score.scored(0.0, "no reasoning", paragraphs=0)
        blocks = _BETWEEN.split(text.replace("\r\n", "\n"))
        count = sum(any(map(str.isalnum, block)) for block in blocks)
        fits = count >= params.least and (params.most is None or count <= params.most)
        return Score.scored(float(fits), "" if fits else f"{count} paragraphs", paragraphs=count)

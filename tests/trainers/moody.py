"""A reward for models that are made of noise: what a completion's words order it does, and else it counts."""

import ctypes
from collections.abc import Sequence

import rewardkit
from rewardkit import Reward, Sample, Score


class Moody(Reward):
    """The share of the words that are `right`; hangs, crashes, raises or abstains where a word says so."""

    name = "moody"

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        return [self._one(sample.completion_text.split()) for sample in samples]

    def _one(self, words: list[str]) -> Score:
        while "hang" in words:
            pass
        if "crash" in words:
            ctypes.string_at(0)
        if "raise" in words:
            raise ValueError("told to")
        if "abstain" in words:
            return Score.abstained("told to")
        return Score.scored(words.count("right") / max(1, len(words)), f"{words.count('right')} right words")


class Right(Reward):
    """The share of the words that are `right` or `one`, whatever else they say."""

    name = "right"

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        words = [sample.completion_text.split() for sample in samples]
        return [Score.scored(sum(word in {"right", "one"} for word in said) / max(1, len(said))) for said in words]


@rewardkit.hookimpl
def rewardkit_rewards() -> list[type[Reward]]:
    return [Moody, Right]

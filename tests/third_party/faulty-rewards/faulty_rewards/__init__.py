"""Rewards of a kind that people write, each with one fault; `sound` has none."""

import asyncio
import json
import os
import random
import re
import signal
from collections.abc import Sequence
from typing import ClassVar

import pydantic
from pydantic import Field

import rewardkit
from rewardkit import Reward, RewardContext, RewardParams, Sample, Score


class Sound(Reward):
    """1.0 if the answer ends with the ground truth."""

    name = "sound"
    value_range = (0.0, 1.0)
    reads = ("ground_truth",)

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self.judge(sample) for sample in samples]

    def judge(self, sample: Sample) -> Score:
        if sample.ground_truth is None:
            return Score.abstained("no ground truth", kind="no_ground_truth")
        return Score.scored(self.value(sample))

    def value(self, sample: Sample) -> float:
        return float(sample.parts.answer.strip(" .$}\n").endswith(str(sample.ground_truth)))


class NoStart(Sound):
    """Needs a model that nobody has."""

    name = "no_start"

    def __init__(self, params: RewardParams, context: RewardContext) -> None:
        super().__init__(params, context)
        raise FileNotFoundError("model.bin")


class Undocumented(Sound):
    name = "undocumented"
    __doc__ = None

    class Params(RewardParams):
        strictness: float = 1.0


class LooseParams(pydantic.BaseModel):
    words: int = Field(default=3, description="How many words.")


class Misspelt(Sound):
    """Takes any parameter, also a misspelt one."""

    name = "misspelt"
    Params = LooseParams  # type: ignore[assignment]


class NotANumber(Sound):
    """Divides by the length of the reasoning."""

    name = "not_a_number"

    def value(self, sample: Sample) -> float:
        return super().value(sample) if sample.parts.reasoning else float("nan")


class OutOfRange(Sound):
    """Has a bonus that its declared range does not know."""

    name = "out_of_range"

    def value(self, sample: Sample) -> float:
        return super().value(sample) * (1.5 if sample.parts.reasoning else 1.0)


class Generous(Sound):
    """Looks for the ground truth anywhere in the completion."""

    name = "generous"

    def value(self, sample: Sample) -> float:
        return float(str(sample.ground_truth) in sample.completion_text)


class Stingy(Sound):
    """Takes a tenth off everything."""

    name = "stingy"

    def value(self, sample: Sample) -> float:
        return super().value(sample) * 0.9


class PaysTheUnreadable(Sound):
    """Pays what it cannot read."""

    name = "pays_the_unreadable"

    def value(self, sample: Sample) -> float:
        return 1.0 if "{" in sample.parts.answer and "}" not in sample.parts.answer else super().value(sample)


class Halves(Sound):
    """Gives half of the reward for an answer without reasoning."""

    name = "halves"

    def value(self, sample: Sample) -> float:
        return super().value(sample) * (1.0 if sample.parts.reasoning else 0.5)


class Dice(Sound):
    """Adds a little luck, to break ties."""

    name = "dice"

    def value(self, sample: Sample) -> float:
        return super().value(sample) * (1 - random.random() / 1000)


class Remembers(Sound):
    """Judges by the ground truth of the first sample that it sees: it was meant as a cache."""

    name = "remembers"

    def value(self, sample: Sample) -> float:
        self.cached = getattr(self, "cached", None) or sample.ground_truth
        return float(sample.parts.answer.strip(" .$}\n").endswith(str(self.cached)))


class Normalises(Sound):
    """Divides by the greatest value of the call."""

    name = "normalises"

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        lengths = [len(sample.completion_text) for sample in samples]
        return [
            Score.scored(score.value * length / max(*lengths, 1)) if score.value else score
            for score, length in zip(super().score(samples), lengths, strict=True)
        ]


class TextOnly(Sound):
    """Takes the completion for a text."""

    name = "text_only"

    def value(self, sample: Sample) -> float:
        return float(sample.completion.strip(" .$}\n").endswith(str(sample.ground_truth)))  # type: ignore[union-attr]


class Alarm(Sound):
    """Sets itself a deadline by a signal, which only the main thread may."""

    name = "alarm"

    def value(self, sample: Sample) -> float:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        return super().value(sample)


class RunsALoop(Sound):
    """Runs an event loop of its own, which nothing can inside another one."""

    name = "runs_a_loop"

    def value(self, sample: Sample) -> float:
        async def value() -> float:
            return super(RunsALoop, self).value(sample)

        return asyncio.run(value())


class LikesSilence(Sound):
    """Pays for short answers, and most for none."""

    name = "likes_silence"

    def value(self, sample: Sample) -> float:
        return 1.0 if not sample.completion_text else super().value(sample)


class CountsWords(Sound):
    """Pays words of the question that the answer takes up."""

    name = "counts_words"

    def value(self, sample: Sample) -> float:
        shared = set(sample.prompt_text.split()) & set(sample.parts.answer.split())
        return max(super().value(sample), float(len(shared) > 8))


class ReadsCriteria(Sound):
    """Looks for each word that the criteria ask for."""

    name = "reads_criteria"

    def value(self, sample: Sample) -> float:
        wanted = json.loads(sample.ground_truth)["must_have"]
        return float(all(word in sample.completion_text for word in wanted))


class ZeroWithoutTruth(Sound):
    """Takes a missing ground truth for a wrong answer."""

    name = "zero_without_truth"

    def judge(self, sample: Sample) -> Score:
        return Score.scored(0.0) if sample.ground_truth is None else super().judge(sample)


class Backtracks(Sound):
    """Looks for a number by an expression that backtracks for ever."""

    name = "backtracks"
    pattern: ClassVar = re.compile(r"^(\w+\s?)*\d$")

    def value(self, sample: Sample) -> float:
        self.pattern.match(sample.completion_text[:60] + "!")
        return super().value(sample)


class Exits(Sound):
    """Ends the process where the completion has a NUL."""

    name = "exits"

    def value(self, sample: Sample) -> float:
        if "\0" in sample.completion_text:
            os._exit(0)
        return super().value(sample)


class Recurses(Sound):
    """Reads brackets by recursion, and texts as bytes of UTF-8."""

    name = "recurses"

    def value(self, sample: Sample) -> float:
        sample.completion_text.encode()
        return super().value(sample)


@rewardkit.hookimpl
def rewardkit_rewards() -> Sequence[type[Reward]]:
    return [Sound, *Sound.__subclasses__()]

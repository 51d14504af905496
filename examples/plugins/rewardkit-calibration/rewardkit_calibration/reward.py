"""The reward `calibration`: the confidence that an answer states is as high as it is often right."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

from rewardkit import Reward, RewardParams, Sample, Score

_TAG = re.compile(r"<confidence>([^<]{1,40})</confidence>", re.IGNORECASE)
_PHRASE = re.compile(r"\bconfidence\b[*_\s]*(?:is|[:=])[*_\s]*([\d.]{1,12}\s*%?)", re.IGNORECASE)
_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
_BOX = re.compile(r"\\boxed\{([^{}]*)\}")
_PHRASED = re.compile(r"\banswer\s*(?:is|:)\s*([^\n]+)", re.IGNORECASE)


class CalibrationParams(RewardParams):
    formula: Literal["rlcr", "brier"] = "rlcr"
    """`rlcr`: right - (confidence - right)², from -1 to 1 (arXiv:2507.16806). `brier`: 1 - (confidence - right)²."""
    right: str | None = None
    """The column that says if the answer is right, as a number or truth value; left out, the answer is compared with
    the ground truth as a text or number."""


class CalibrationReward(Reward):
    """RLCR's reward, or the Brier score, of the confidence that the answer states.

    The confidence stands in `<confidence>0.8</confidence>`, or behind "Confidence:", as a share or in percent. An
    answer that states none, or several that differ, is as one that is sure and wrong.
    """

    name = "calibration"
    Params = CalibrationParams
    cost_ms = 0.2
    value_range = (-1.0, 1.0)
    reads = ("ground_truth",)

    params: CalibrationParams

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        answer = sample.parts.answer
        if self.params.right is not None:
            told = sample.column(self.params.right)
            if not isinstance(told, bool | int | float):
                return Score.abstained(f"the row does not say at {self.params.right!r} if it is right")
            right = min(1.0, max(0.0, float(told)))
        elif sample.ground_truth is None:
            return Score.abstained("no ground truth in this row", kind="no_ground_truth")
        else:
            right = float(same(stated_answer(answer), sample.ground_truth))
        confidence = stated_confidence(answer)
        if confidence is None:
            worst = -1.0 if self.params.formula == "rlcr" else 0.0
            return Score.scored(worst, "no one confidence is stated", kind="malformed", right=right)
        squared = (confidence - right) ** 2
        value = right - squared if self.params.formula == "rlcr" else 1 - squared
        return Score.scored(value, right=right, confidence=confidence)


def stated_confidence(answer: str) -> float | None:
    """The confidence from 0 to 1 that an answer states; None for none, or for several that differ."""
    written = _TAG.findall(answer) or _PHRASE.findall(answer)
    found = {_share(text) for text in written}
    return found.pop() if len(found) == 1 else None


def stated_answer(answer: str) -> str:
    """The statement of an answer without its confidence: from its tag or box, after "the answer is", else all of it."""
    text = _PHRASE.sub("", _TAG.sub("", answer))
    for pattern in (_ANSWER, _BOX, _PHRASED):
        if found := pattern.findall(text):
            return str(found[-1])
    return text


def same(answer: str, ground_truth: Any) -> bool:
    """True for the same number, or the same words without case and punctuation; a list holds several right answers."""
    if isinstance(ground_truth, list | tuple):
        return any(same(answer, one) for one in ground_truth)
    ours, theirs = _plain(answer), _plain(str(ground_truth))
    if not ours:
        return False
    try:
        return Fraction(ours.replace(",", "")) == Fraction(theirs.replace(",", ""))
    except (ValueError, ZeroDivisionError):
        return ours == theirs


def _plain(text: str) -> str:
    return " ".join(text.split()).strip(" .!*$\"'").casefold()


def _share(text: str) -> float | None:
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError:
        return None
    value = value / 100 if text.strip().endswith("%") or value > 1 else value
    return value if 0 <= value <= 1 else None

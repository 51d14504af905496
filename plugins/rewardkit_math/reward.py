"""The math reward: finds the answer of each completion and compares it with the ground truth."""

from collections.abc import Mapping, Sequence
from numbers import Number
from typing import Any, ClassVar

from rewardkit import Reward, RewardParams, Sample, Score
from rewardkit_math.extract import Found, find_answer, joined_boxes, last_boxes
from rewardkit_math.judge import GroundTruth, Judgement, UnreadableGroundTruthError, judge, read_ground_truth
from rewardkit_math.params import MathParams

_SHOWN_CHARS = 200


class MathReward(Reward):
    """1 for an answer that is equal to the ground truth, 0 for any other."""

    name = "math"
    Params: ClassVar[type[RewardParams]] = MathParams
    cost_ms = 1.0
    reads = ("ground_truth",)

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        texts = ground_truth_texts(sample.ground_truth)
        if texts is None:
            return Score.abstained(f"no mathematical ground truth: {_kind(sample.ground_truth)}")
        ground_truths = []
        for text in texts:
            try:
                ground_truths.append(read_ground_truth(text))
            except UnreadableGroundTruthError as error:
                return Score.abstained(
                    f"{error}: {_short(text)!r}", ground_truth=_short(text), unreadable_ground_truth=True
                )
        text, found = self._find(sample)
        details: dict[str, Any] = {
            "ground_truth": _short(" | ".join(ground_truth.text for ground_truth in ground_truths))
        }
        if found.how == "none":
            return Score.scored(0.0, found.why, verdict="unparsable", stage="extract", **details)
        if self.params.box == "required" and found.how != "box":
            return Score.scored(0.0, "the answer is not in a box", verdict="unparsable", stage="extract", **details)
        offset = sample.completion_text.rfind(text)
        details |= {
            "answer": _short(found.text),
            "span": [offset + found.start, offset + found.end],
            "found_by": found.how,
        }
        judgement = self._judge(text, found, ground_truths)
        details |= {"verdict": judgement.verdict, "stage": judgement.stage}
        if judgement.verdict == "equal":
            return Score.scored(1.0, "equal to the ground truth", **details)
        unread = next((ground_truth for ground_truth in ground_truths if not ground_truth.readable), None)
        if unread is not None:
            return Score.abstained(
                f"the ground truth cannot be read: {_short(unread.text)!r}", **details, unreadable_ground_truth=True
            )
        reason = {
            "different": "not equal to the ground truth",
            "unparsable": "the answer cannot be read",
            "too costly": f"too costly to judge: {judgement.why}",
        }[judgement.verdict]
        return Score.scored(0.0, reason, **details)

    def _find(self, sample: Sample) -> tuple[str, Found]:
        """The text in which the answer was sought, and the answer."""
        parts = sample.parts
        if parts.answer:
            return parts.answer, find_answer(parts.answer)
        # Reasoning that never closes gives no answer, unless a complete answer block ends it.
        reasoning = parts.reasoning or ""
        if "<answer>" in reasoning and reasoning.endswith("</answer>"):
            return reasoning, find_answer(reasoning)
        return "", Found("none", "", 0, 0, "the reasoning never ends" if reasoning else "the completion is empty")

    def _judge(self, text: str, found: Found, ground_truths: list[GroundTruth]) -> Judgement:
        judgement = None
        for ground_truth in ground_truths:
            predictions = [found.text]
            if found.how == "box":
                if ground_truth.several:
                    predictions = [" , ".join(box.text for box in last_boxes(text, found)) or found.text]
                else:
                    # Boxes that are joined are one answer, and right where each of them is.
                    predictions += [box.text for box in joined_boxes(text, found)[:-1]]
            for prediction in predictions:
                judgement = judge(prediction, ground_truth, self.params, last=found.how not in ("phrase", "hash"))
                if judgement.verdict != "equal":
                    break
            assert judgement is not None
            if judgement.verdict == "equal":
                break
        assert judgement is not None
        return judgement


def ground_truth_texts(ground_truth: Any) -> list[str] | None:
    """The ground truths as texts, any of which may be matched; None where there is nothing mathematical."""
    match ground_truth:
        case bool():
            return [str(ground_truth)]
        case str() | Number():
            return [str(ground_truth)]
        case Mapping() | None:
            return None
        case Sequence() if ground_truth:
            each = [ground_truth_texts(item) for item in ground_truth]
            return None if any(item is None for item in each) else [text for item in each if item for text in item]
        case _:
            return None


def _kind(ground_truth: Any) -> str:
    return "there is none" if ground_truth is None else f"an object of type {type(ground_truth).__name__}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"

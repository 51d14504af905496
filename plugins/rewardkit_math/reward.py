"""The math reward: finds the answer of each completion and compares it with the ground truth."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from rewardkit import Reward, RewardContext, RewardParams, Sample, Score
from rewardkit_math.extraction.boxes import joined_boxes, last_boxes
from rewardkit_math.extraction.extract import find_answer
from rewardkit_math.extraction.found import Found
from rewardkit_math.ground_truth import (
    GroundTruth,
    UnreadableGroundTruthError,
    ground_truth_texts,
    read_ground_truth,
    why_unreadable,
)
from rewardkit_math.hedge import second_value_after, second_value_before
from rewardkit_math.judge import Judgement, judge
from rewardkit_math.params import MathParams
from rewardkit_math.sentences.worded import polarity
from rewardkit_math.symbolic.prover import Prover

_SHOWN_CHARS = 200
_PROGRAM = re.compile(r"\bassert\b|^\s*(?:def|class|import|from) \w|^\s*[\[{]\s*\"", re.MULTILINE)
"""Tests of a program, which are some other reward's ground truth."""
_SENTENCE_END = re.compile(r"[.!?;]\s")


class MathReward(Reward):
    """1 for an answer that is equal to the ground truth, 0 for any other."""

    name = "math"
    Params: ClassVar[type[RewardParams]] = MathParams
    cost_ms = 1.0
    value_range = (0.0, 1.0)
    reads = ("ground_truth",)

    def __init__(self, params: Any, context: RewardContext) -> None:
        super().__init__(params, context)
        self._prover = Prover()

    @classmethod
    def check_ground_truth(cls, ground_truth: Any, params: Any) -> str | None:  # noqa: ARG003 - no policy matters
        """Says of a ground truth that it is no mathematics that can be compared; yes and no can."""
        texts = [text for text in ground_truth_texts(ground_truth) or () if not _PROGRAM.search(text)]
        try:
            truths = [read_ground_truth(text) for text in texts]
        except UnreadableGroundTruthError:
            return "cannot be read"
        if any(not truth.readable for truth in truths):
            return "cannot be read as mathematics, and only match the same text"
        in_words = bool(truths) and all(truth.in_words and polarity(truth.text) is None for truth in truths)
        return "can only be compared as words" if in_words else None

    def close(self) -> None:
        self._prover.close()

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        texts = ground_truth_texts(sample.ground_truth)
        if texts is None:
            if sample.ground_truth is None:
                return Score.abstained("no ground truth in this row", kind="no_ground_truth")
            found_type = type(sample.ground_truth).__name__
            return Score.abstained(f"a ground truth of type {found_type} holds no mathematics", kind="not_applicable")
        ground_truths = []
        for text in texts:
            try:
                ground_truths.append(read_ground_truth(text))
            except UnreadableGroundTruthError as error:
                return Score.abstained(
                    f"{error}: {_short(text)!r}", kind="unreadable_ground_truth", ground_truth=_short(text)
                )
        return self._judged(sample, ground_truths)

    def _judged(self, sample: Sample, ground_truths: list[GroundTruth]) -> Score:
        text, found = self._find(sample)
        details: dict[str, Any] = {"ground_truth": _short(" | ".join(truth.text for truth in ground_truths))}
        if found.how == "none":
            details |= {"verdict": "unparsable", "stage": "extract"}
            return Score.scored(0.0, found.why, kind="no_answer", **details)
        if self.params.box == "required" and found.how != "box":
            details |= {"verdict": "unparsable", "stage": "extract"}
            return Score.scored(0.0, "the answer is not in a box", kind="no_answer", **details)
        if all(truth.in_words for truth in ground_truths):
            details["compared_as"] = "words"
        judgement = self._judge(text, found, ground_truths)
        judged = judgement.judged if judgement.judged and judgement.judged in found.text else found.text
        start = sample.completion_text.rfind(text) + found.start + found.text.find(judged)
        details |= {
            "answer": _short(judged),
            "span": [start, start + len(judged)],
            "found_by": found.how,
            "verdict": judgement.verdict,
            "stage": judgement.stage,
        }
        if judgement.proof is not None:
            details["proof"] = judgement.proof
        if judgement.verdict == "undecided":
            return Score.abstained(
                f"not decided with `proof: required`: {judgement.why}", kind="undecidable", **details
            )
        if judgement.verdict == "equal":
            return Score.scored(1.0, "equal to the ground truth", **details)
        unread = next((truth for truth in ground_truths if not truth.readable), None)
        if unread is not None:
            why = why_unreadable(unread.text)
            reason = f"the ground truth cannot be read: {_short(unread.text)!r}{': ' if why else ''}{why}"
            return Score.abstained(reason, kind="unreadable_ground_truth", **details)
        if judgement.verdict == "unparsable":
            return Score.scored(0.0, f"the answer cannot be read: {judgement.why}", kind="malformed", **details)
        if judgement.verdict == "too costly":
            return Score.scored(0.0, f"too costly to judge: {judgement.why}", kind="time_limit", **details)
        return Score.scored(0.0, judgement.why or "not equal to the ground truth", **details)

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
        """The judgement by the ground truth that fits, else by the last one."""
        judgement = None
        for truth in ground_truths:
            judgement = self._judge_by(text, found, truth)
            if judgement.verdict == "equal":
                break
        assert judgement is not None
        return judgement

    def _judge_by(self, text: str, found: Found, truth: GroundTruth) -> Judgement:
        last = found.how not in ("phrase", "hash")
        first = found.text
        others: list[str] = []
        if found.how == "box" and truth.several:
            first = " , ".join(box.text for box in last_boxes(text, found)) or first
        elif found.how == "box":
            # Boxes that are joined are one answer, and right where each of them is.
            others = [box.text for box in joined_boxes(text, found)[:-1]]
        judgement = judge(first, truth, self.params, self._prover, last=last)
        if judgement.verdict != "equal" or self.params.hedge == "last":
            return judgement
        if not truth.several:
            others += _second_values(text, found, judgement.judged)
        for other in others:
            if judge(other, truth, self.params, self._prover, last=last).verdict != "equal":
                return Judgement("different", "hedge", f"it names a second answer: {_short(other)!r}", judgement.judged)
        return judgement


def _second_values(text: str, found: Found, judged: str) -> list[str]:
    """The values that the words around an answer name beside it.

    judged  the part of the answer that was judged; empty for the whole
    """
    values: tuple[str | None, ...]
    if found.how in ("box", "tag", "bold"):
        line = text.rfind("\n", 0, found.start) + 1
        before = text[max(line, found.start - 200) : found.start]
        before = before[: before.rfind("\\")] if found.how == "box" and "\\" in before else before
        after = text[found.end : found.end + 400].removeprefix("}").removeprefix("</answer>")
        values = second_value_before(before), second_value_after(after)
    else:
        end = _SENTENCE_END.search(found.text)
        rest = found.text[end.start() :] if end else ""
        values = None, second_value_after(rest or text[found.end : found.end + 400])
    if judged and judged in found.text:
        values += (second_value_after(found.text.partition(judged)[2]),)
    return [value for value in values if value]


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"

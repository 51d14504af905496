"""The reward `qa`: exact match and F1 with one of the right answers, as SQuAD and Search-R1 count them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from rewardkit import Reward, RewardParams, Sample, Score
from rewardkit_answers.statement import statements
from rewardkit_answers.words import exact, f1

_KEYS = ("target", "aliases", "text", "answers", "answer", "value")
"""Keys that hold the right answers in a ground truth that is an object: Search-R1, TriviaQA, SQuAD, NQ."""

_SENTENCE_END = re.compile(r"(?<=[a-z0-9)\]*\"]{2})[.!?](?:\s|$)")
"""The end of a sentence, and not of an abbreviation of one letter."""


class QuestionAnsweringParams(RewardParams):
    extract: Literal["auto", "whole", "tag"] = "auto"
    """`auto`: the last answer tag, box or "the answer is …", else the last line. `whole`: all of the answer.
    `tag`: only what stands in `<answer>`, as Search-R1 asks for; without one there is no answer."""


class QuestionAnswering(Reward):
    """1 if the answer is one of the references after normalisation.

    exact  1.0 for an exact match
    f1     the best F1 of words with one of the references

    Normalisation and both measures are those of SQuAD 1.1 (Rajpurkar et al. 2016) and of Search-R1: small letters, no
    punctuation, no articles. `yes`, `no` and `noanswer` have no partial credit, as in HotpotQA.
    """

    name = "qa"
    Params = QuestionAnsweringParams
    cost_ms = 0.2
    values = ("exact", "f1")
    value_range = (0.0, 1.0)
    reads = ("ground_truth",)

    params: QuestionAnsweringParams

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        if sample.ground_truth is None:
            return Score.abstained("no ground truth in this row", kind="no_ground_truth")
        references = references_of(sample.ground_truth)
        if references is None:
            return Score.abstained(
                f"the ground truth {sample.ground_truth!r:.60} holds no text", kind="unreadable_ground_truth"
            )
        answer = self._answer(sample.parts.answer)
        if answer is None:
            return Score.scored({"exact": 0.0, "f1": 0.0}, "there is no answer", kind="no_answer")
        values = {
            "exact": max(exact(answer, reference) for reference in references),
            "f1": max(f1(answer, reference) for reference in references),
        }
        return Score.scored(values, answer=answer[:200])

    def _answer(self, text: str) -> str | None:
        """The answer in the part of a completion that follows the reasoning."""
        if self.params.extract == "whole":
            return text.strip() or None
        found = [statement for statement in statements(text) if statement.how != "option"]
        if self.params.extract == "tag":
            found = [statement for statement in found if statement.how == "tag"]
        if not found:
            return None
        last = found[-1]
        sentence = _SENTENCE_END.split(last.text, maxsplit=1)[0] if last.how == "phrase" else last.text
        return sentence or None


def references_of(ground_truth: Any) -> list[str] | None:
    """The right answers in a ground truth: a text, a number, a list of them, or an object that holds one; else None."""
    if hasattr(ground_truth, "tolist"):
        ground_truth = ground_truth.tolist()
    if isinstance(ground_truth, Mapping):
        held = [references_of(ground_truth[key]) for key in _KEYS if ground_truth.get(key) is not None]
        return next((found for found in held if found), None)
    if isinstance(ground_truth, bool):
        return ["yes" if ground_truth else "no", str(ground_truth).lower()]
    if isinstance(ground_truth, str | int | float):
        return [str(ground_truth)] if str(ground_truth).strip() else None
    if isinstance(ground_truth, list | tuple):
        each = [references_of(item) for item in ground_truth]
        texts = [text for found in each if found for text in found]
        return texts if each and all(each) else None
    return None

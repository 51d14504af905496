"""The reward `reasoning_gym`: an answer judged by the verifier of the data set that its question comes from."""

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rewardkit import Reward, RewardContext, RewardParams, Sample, Score

NAMES = ("source_dataset", "dataset", "task", "metadata.source_dataset", "extra_info.source_dataset", "data_source")
"""Columns that name the data set, the first that is there is taken."""

EVALUATED = frozenset(("string_insertion", "spiral_matrix", "binary_matrix", "n_queens"))
"""Data sets whose verifiers call `eval` on the answer."""
PARSED = frozenset(
    ("simple_integration", "intermediate_integration", "polynomial_multiplication", "puzzle24", "countdown")
)
"""Data sets whose verifiers hand the answer to sympy's `parse_expr`, which runs it."""

_EXPRESSION = re.compile(r"[\w\s+\-*/^().,=|√π×÷−·]*")
_FUNCTIONS = frozenset(
    ("pi", "sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "sinh", "cosh", "tanh", "log", "ln", "exp")
) | {"sqrt", "Abs", "Integral"}
"""Names of more than one letter that an expression may hold."""
_TAG = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_BOX = re.compile(r"\\boxed\{([^{}]*)\}")
CONTROL_ANSWERS = ("I do not know.", "?", "0 0 0 0")
"""Answers without any work: what a verifier gives for one of them it gives for anything."""


class ReasoningGymParams(RewardParams):
    dataset: str | None = None
    """The data set of all rows; left out, each row names its own, in `metadata.source_dataset` or another column."""


class ReasoningGymReward(Reward):
    """1.0 if reasoning_gym's own verifier gives the answer its full score.

    right    1.0 for the verifier's full score, else 0.0
    partial  the verifier's score, without what it gives for any answer at all, or for one that contains the right one
    """

    name = "reasoning_gym"
    Params = ReasoningGymParams
    cost_ms = 2.0
    values = ("right", "partial")
    value_range = (0.0, 1.0)
    reads = ("ground_truth",)

    params: ReasoningGymParams

    def __init__(self, params: Any, context: RewardContext) -> None:
        super().__init__(params, context)
        import reasoning_gym

        self._verifier_of = reasoning_gym.get_score_answer_fn
        self._verifiers: dict[str, Callable[..., float]] = {}

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        if sample.ground_truth is None:
            return Score.abstained("no ground truth in this row", kind="no_ground_truth")
        name = self.params.dataset or self._named(sample)
        if name is None:
            return Score.abstained("the row does not name its data set", kind="unreadable_ground_truth")
        try:
            verify = self._verifier(name)
        except (ValueError, AttributeError, TypeError):
            return Score.abstained(f"reasoning_gym has no data set {name!r:.60}", kind="unsupported")
        answer = stated_answer(sample.parts.answer)
        worst = {"right": 0.0, "partial": 0.0}
        if not answer:
            return Score.scored(worst, "there is no answer", kind="no_answer")
        if not harmless(answer, name):
            return Score.scored(worst, "the answer is no literal, and the verifier would run it", kind="malformed")
        entry = self._entry(sample)
        if (full := _verdict(verify, str(sample.ground_truth), entry)) is None:
            return Score.abstained("the verifier cannot read the row", kind="unreadable_ground_truth")
        score = _verdict(verify, answer, entry)
        if score is None:
            return Score.scored(worst, "the verifier cannot read the answer", kind="malformed")
        if contains(answer, str(sample.ground_truth)):
            return Score.scored(worst, "the answer stands among other text", dataset=name, verifier=score)
        idle = max(_verdict(verify, control, entry) or 0.0 for control in CONTROL_ANSWERS)
        partial = 0.0 if score <= idle else min(1.0, max(0.0, score))
        right = float(score >= 1.0)
        if idle >= 1.0:  # the verifier takes any answer for one of two, so only the answer itself is right
            right = partial = float(answer.strip().casefold() == str(sample.ground_truth).strip().casefold())
        return Score.scored({"right": right, "partial": max(right, partial)}, dataset=name, verifier=score, full=full)

    def _named(self, sample: Sample) -> str | None:
        for path in NAMES:
            value = sample.column(path)
            if isinstance(value, str) and value.strip():
                return value.strip().removeprefix("reasoning_gym/")
        return None

    def _verifier(self, name: str) -> Callable[..., float]:
        if name not in self._verifiers:
            self._verifiers[name] = self._verifier_of(name)
        return self._verifiers[name]

    def _entry(self, sample: Sample) -> dict[str, Any]:
        """The row as reasoning_gym made it."""
        metadata = sample.column("metadata")
        if metadata is None:
            metadata = sample.column("extra_info.metadata")
        if isinstance(metadata, str):
            metadata = json.loads(metadata)
        question = sample.column("question") or sample.prompt_text
        held = dict(metadata) if isinstance(metadata, Mapping) else {}
        return {"question": question, "answer": sample.ground_truth, "metadata": held}


def stated_answer(text: str) -> str:
    """The last answer tag of a text, else its last box, else all of it."""
    for pattern in (_TAG, _BOX):
        if found := pattern.findall(text):
            return str(found[-1]).strip()
    return text.strip()


def contains(answer: str, right: str) -> bool:
    """True if an answer holds the right one among other words: reasoning_gym pays for that by the ratio of lengths."""
    ours, theirs = " ".join(answer.casefold().split()), " ".join(right.casefold().split())
    return bool(theirs) and ours.strip(" .") != theirs.strip(" .") and f" {theirs} " in f" {ours} "


def _verdict(verify: Callable[..., float], answer: str, entry: Mapping[str, Any]) -> float | None:
    """The verifier's score; None where it raises, as some do on an answer that they cannot parse."""
    try:
        return float(verify(answer=answer, entry=entry))
    except Exception:
        return None


def harmless(answer: str, dataset: str) -> bool:
    """True if an answer may be handed to the verifier of a data set, which may run it as Python."""
    if dataset in EVALUATED and any(mark in answer for mark in "([{"):
        try:
            ast.literal_eval(answer)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return False
    if dataset in PARSED:
        names = set(re.findall(r"[A-Za-z_]\w*", answer))
        letters = {name for name in names if len(name) == 1}
        return len(answer) <= 2000 and _EXPRESSION.fullmatch(answer) is not None and names - letters <= _FUNCTIONS
    return True

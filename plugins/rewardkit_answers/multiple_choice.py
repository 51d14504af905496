"""The reward `multiple_choice`: the option that was chosen is the right one."""

import string
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import Field

from rewardkit import Reward, RewardParams, Sample, Score, labelled_choice
from rewardkit_answers.choice import chosen
from rewardkit_answers.options import COLUMNS, MOST_OPTIONS, UnreadableOptionsError, normal, read_options


class MultipleChoiceParams(RewardParams):
    options: str | None = None
    """The column that holds the options, by a dotted path; left out: `options`, `choices` or `endings`."""
    first: Literal[0, 1] = 0
    """The number of the first option, where the ground truth is a number: 0 in MMLU and HellaSwag, 1 in WinoGrande."""
    choices: int = Field(default=10, ge=2, le=MOST_OPTIONS)
    """How many letters there are, where the row has no options: 4 for GPQA, 10 for MMLU-Pro."""


class Question(NamedTuple):
    """The options of a row, and those that are right."""

    labels: tuple[str, ...]
    options: Mapping[str, str] | None
    right: frozenset[str]


class UnreadableGroundTruthError(ValueError):
    """A ground truth that names no option."""


class MultipleChoice(Reward):
    """1 if the answer chooses the right option, by its letter or its text; several where several are right.

    What counts is the last answer tag, box, or sentence such as "The answer is (B)", else the last line. An answer that
    names two options, or states two and takes neither back, chooses none.
    """

    name = "multiple_choice"
    Params = MultipleChoiceParams
    cost_ms = 0.2
    value_range = (0.0, 1.0)
    reads = ("ground_truth",)

    params: MultipleChoiceParams

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        if sample.ground_truth is None:
            return Score.abstained("no ground truth in this row", kind="no_ground_truth")
        try:
            question = self._question(sample)
        except (UnreadableOptionsError, UnreadableGroundTruthError) as error:
            return Score.abstained(str(error), kind="unreadable_ground_truth")
        found = chosen(sample.parts.answer, question.labels, question.options)
        if found is None:
            return Score.scored(
                0.0, "the answer chooses no option", kind="no_answer", ground_truth=sorted(question.right)
            )
        details: dict[str, Any] = {"chosen": sorted(found), "ground_truth": sorted(question.right)}
        if found == question.right:
            return Score.scored(1.0, **details)
        return Score.scored(
            0.0, f"chose {', '.join(sorted(found))}, not {', '.join(sorted(question.right))}", **details
        )

    def _question(self, sample: Sample) -> Question:
        """The question of a sample. UnreadableOptionsError or UnreadableGroundTruthError where it has none."""
        paths = COLUMNS if self.params.options is None else (self.params.options,)
        written = next((value for path in paths if (value := _listed(sample.column(path))) is not None), None)
        if written is None:
            if self.params.options is not None:
                raise UnreadableOptionsError(f"the row has no options at {self.params.options!r}")
            labels, options = tuple(string.ascii_uppercase[: self.params.choices]), None
        else:
            options = read_options(written)
            labels = tuple(options)
        truth = _listed(sample.ground_truth)
        given = truth if isinstance(truth, list) else [truth]
        right = frozenset(self._label(value, labels, options) for value in given)
        if not right:
            raise UnreadableGroundTruthError("the ground truth is an empty list")
        return Question(labels, options, right)

    def _label(self, truth: Any, labels: Sequence[str], options: Mapping[str, str] | None) -> str:
        """The label that one right answer of the ground truth means."""
        text = str(truth).strip()
        number = truth if isinstance(truth, int) and not isinstance(truth, bool) else None
        if text in labels and number is None:
            return text
        if text.isdecimal() and (number is not None or (options and _by_text(text, options) is None)):
            at = int(text) - self.params.first
            if 0 <= at < len(labels):
                return labels[at]
        if options is not None and (label := _by_text(text, options)) is not None:
            return label
        letter = labelled_choice(text) or (text.strip("() .").upper() if len(text.strip("() .")) == 1 else None)
        if letter in labels:
            return str(letter)
        raise UnreadableGroundTruthError(f"the ground truth {text!r:.60} names none of the options {', '.join(labels)}")


def _by_text(text: str, options: Mapping[str, str]) -> str | None:
    found = [label for label, option in options.items() if normal(option) == normal(text)]
    return found[0] if len(found) == 1 else None


def _listed(value: Any) -> Any:
    """Arrays of Parquet and tuples as lists."""
    if isinstance(value, tuple):
        return list(value)
    return value.tolist() if hasattr(value, "tolist") else value

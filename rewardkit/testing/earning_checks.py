"""Checks of what pays: right completions do, wrong and unreadable ones do not, and nothing does without the work."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from rewardkit.sample import Sample
from rewardkit.score import Score
from rewardkit.testing.cases import with_fields
from rewardkit.testing.judging_checks import shown
from rewardkit.testing.subject import InapplicableError, Subject, answering

NEAR = 1e-9


def full_earns_most(subject: Subject) -> Iterator[str]:
    """Compares the `full` cases with the upper end of the declared range."""
    declared = subject.instance.value_range
    for name, score in _expecting(subject, "full"):
        if score.value is None or score.value <= 0 or (declared and score.value < declared[1] - NEAR):
            yield f"{name}: {shown(score)}, wanted {f'{declared[1]:g}' if declared else 'more than 0'}"


def zero_earns_nothing(subject: Subject) -> Iterator[str]:
    """Looks at the `zero` cases: abstaining on a wrong completion is no judgement."""
    for name, score in _expecting(subject, "zero"):
        if score.value is None or score.value > subject.idle_reward:
            yield f"{name}: {shown(score)}, wanted scored {subject.idle_reward:g}"


def malformed_earns_nothing(subject: Subject) -> Iterator[str]:
    """Looks at the `malformed` cases, on which a reward may abstain."""
    for name, score in _expecting(subject, "malformed"):
        if score.status == "failed" or (score.value or 0) > subject.idle_reward:
            yield f"{name}: {shown(score)}, wanted no reward and no failure"


def expected_values(subject: Subject) -> Iterator[str]:
    """Compares with the values, bounds and abstentions that cases expect."""
    plain = [
        (case, score)
        for case, score in zip(subject.cases, subject.scores, strict=True)
        if case.expects and not isinstance(case.expected, str)
    ]
    if not plain:
        raise InapplicableError("no sample expects a value")
    for case, score in plain:
        if case.expected is None:
            fits = score.status == "abstained"
        else:
            low, high = case.expected if isinstance(case.expected, list | tuple) else (case.expected, case.expected)
            fits = score.value is not None and low - NEAR <= score.value <= high + NEAR
        if not fits:
            yield f"{case.name}: {shown(score)}, expected {json.dumps(case.expected)}"


def empty_earns_nothing(subject: Subject) -> Iterator[str]:
    """Asks for each case with an empty completion."""
    yield from _idle(subject, subject.changed(lambda sample: answering(sample, "")), "an empty completion")


def echo_earns_nothing(subject: Subject) -> Iterator[str]:
    """Asks for each case with the prompt as its completion."""
    _require_ground_truth(subject)
    yield from _idle(subject, subject.changed(_echo), "the prompt as the completion")


def _echo(sample: Sample) -> Sample | None:
    return answering(sample, sample.prompt_text) if sample.prompt_text else None


def ground_truth_earns_nothing(subject: Subject) -> Iterator[str]:
    """Asks for each case with its ground truth as the completion, where that is not what the task asks for."""
    _require_ground_truth(subject)
    asked = False
    for name, score in subject.changed(_ground_truth):
        asked = True
        yield from _idle(subject, [(name, score)], "the ground truth as the completion")
    if not asked:
        raise InapplicableError("the task is to state the ground truth, or no sample has one")


def _ground_truth(sample: Sample) -> Sample | None:
    """The sample with its ground truth as its completion; None where stating it is the task."""
    truth = sample.ground_truth
    if truth is None or is_answer(truth):
        return None
    return answering(sample, stated(truth))


def stated(truth: Any) -> str:
    """A ground truth as a text that a completion can be."""
    return truth if isinstance(truth, str) else json.dumps(truth, default=str)


def is_answer(truth: Any) -> bool:
    """True for a ground truth that is an answer, or a list of such; tests, criteria and programs are none."""
    if isinstance(truth, list | tuple):
        return all(isinstance(item, str | int | float) and is_answer(item) for item in truth)
    text = str(truth).strip()
    return not isinstance(truth, dict) and "\n" not in text and not text.startswith("assert ") and not _is_data(text)


def _is_data(text: str) -> bool:
    """True for JSON that holds an object."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))


def missing_ground_truth_abstains(subject: Subject) -> Iterator[str]:
    """Asks for each case without its ground truth."""
    _require_ground_truth(subject)
    for name, score in subject.changed(lambda sample: with_fields(sample, ground_truth=None)):
        if score.status != "abstained":
            yield f"{name}: {shown(score)} without a ground truth, wanted Score.abstained"


def _expecting(subject: Subject, word: str) -> list[tuple[str, Score]]:
    found = [
        (case.name, score)
        for case, score in zip(subject.cases, subject.scores, strict=True)
        if case.expects and case.expected == word
    ]
    if not found:
        raise InapplicableError(f"no sample expects {word!r}")
    return found


def _idle(subject: Subject, scores: Iterable[tuple[str, Score]], what: str) -> Iterator[str]:
    """One line for each completion without work that earned something."""
    for name, score in scores:
        if score.value is not None and score.value > subject.idle_reward:
            yield f"{name}: {what} earned {score.value:g}"


def _require_ground_truth(subject: Subject) -> None:
    if not subject.reads_ground_truth:
        raise InapplicableError("does not read the ground truth")

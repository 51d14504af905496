"""Checks of judging: the same sample gets the same score, whatever stands beside it and whoever asks."""

import asyncio
import inspect
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rewardkit.score import Score
from rewardkit.testing.cases import with_fields
from rewardkit.testing.subject import InapplicableError, Question, Subject


def shown(score: Score) -> str:
    """A score in a message."""
    value = "" if score.value is None else f" {score.value:g}"
    return f"{score.status}{value}" + (f" ({score.reason:.200})" if score.reason else "")


def judges(subject: Subject) -> Iterator[str]:
    """Asks for the ordinary samples."""
    for question, score in zip(subject.questions, subject.scores, strict=True):
        if score.status == "failed":
            yield f"{question.name}: {shown(score)}"


def values_in_range(subject: Subject) -> Iterator[str]:
    """Compares all values with the range that the reward declares."""
    if (declared := subject.instance.value_range) is None:
        raise InapplicableError("declares no value_range")
    low, high = declared
    named = [*zip((q.name for q in subject.questions), subject.scores, strict=True), *subject.hostile_scores]
    for name, score in named:
        values = [score.value] if score.values is None else list(score.values.values())
        for value in values:
            if value is not None and not low <= value <= high:
                yield f"{name}: {value:g}, declared {low:g} to {high:g}"


def batch_equals_singles(subject: Subject) -> Iterator[str]:
    """Asks for all cases in one call."""
    if subject.sees_groups:
        raise InapplicableError("sees groups by its nature")
    together = subject.ask("all samples in one call", [case.sample for case in subject.cases])
    yield from _differences(subject, together, "alone", "in one call with others")


def order_is_irrelevant(subject: Subject) -> Iterator[str]:
    """Asks for the cases, or the samples of each group, in reverse order."""
    fresh = subject.build()
    backwards = [
        subject.score(Question(q.name, q.samples[::-1], len(q.samples) - 1 - q.at), fresh)
        for q in reversed(subject.questions)
    ]
    fresh.close()
    yield from _differences(subject, backwards[::-1], "in order", "in reverse order")


def same_twice(subject: Subject) -> Iterator[str]:
    """Asks again, and asks another instance."""
    again = [subject.score(question) for question in subject.questions]
    yield from _differences(subject, again, "at first", "asked again")
    fresh = subject.build()
    of_another = [subject.score(question, fresh) for question in subject.questions]
    fresh.close()
    yield from _differences(subject, of_another, "at first", "from another instance")


def messages_like_text(subject: Subject) -> Iterator[str]:
    """Asks for each completion as one message of the assistant."""
    texts = [isinstance(case.sample.completion, str) for case in subject.cases]
    if not any(texts):
        raise InapplicableError("no sample has a completion in text")
    scores = list(subject.scores)
    for index, question in enumerate(subject.questions):
        sample = question.samples[question.at]
        if texts[index] and sample.reasoning is None:
            message = {"role": "assistant", "content": sample.completion}
            same = question.about(with_fields(sample, completion=[message]))
            scores[index] = subject.score(same)
    yield from _differences(subject, scores, "as text", "as a chat message", details=False)


def thread_safe(subject: Subject) -> Iterator[str]:
    """Asks from a thread that is not the main one."""
    scores: list[Score] = []
    thread = threading.Thread(target=lambda: scores.extend(map(subject.score, subject.questions)))
    thread.start()
    thread.join()
    yield from _differences(subject, scores, "in the main thread", "in another thread")


def event_loop_safe(subject: Subject) -> Iterator[str]:
    """Asks while an event loop runs."""
    if inspect.iscoroutinefunction(subject.reward.score) or getattr(subject.reward, "is_async", False):
        raise InapplicableError("is async itself, and gets a loop of its own")

    async def ask() -> list[Score]:
        return [subject.score(question) for question in subject.questions]

    yield from _differences(subject, asyncio.run(ask()), "without an event loop", "inside a running event loop")


def never_raises(subject: Subject) -> Iterator[str]:
    """Asks for hostile texts."""
    for name, score in subject.hostile_scores:
        if score.status == "failed" and score.kind == "plugin_error":
            yield f"{name}: {shown(score)}"


def keeps_deadline(subject: Subject) -> Iterable[str]:
    """Asks for hostile texts; whoever watches this process ends it at the deadline, and names the text."""
    subject.hostile_scores  # noqa: B018 - asked for the first time
    return ()


def _differences(
    subject: Subject, others: Sequence[Score], before: str, after: str, *, details: bool = True
) -> Iterator[str]:
    """One line for each case that was judged otherwise."""
    for question, score, other in zip(subject.questions, subject.scores, others, strict=True):
        if _facts(score, details=details) != _facts(other, details=details):
            first, second = shown(score), shown(other)
            if first == second:
                first, second = f"{first} with {dict(score.details)!r:.200}", f"with {dict(other.details)!r:.200}"
            yield f"{question.name}: {first} {before}, {second} {after}"


def _facts(score: Score, *, details: bool) -> tuple[Any, ...]:
    facts = (score.value, score.values, score.status, score.kind)
    return (*facts, score.reason, score.turns, score.details) if details else facts

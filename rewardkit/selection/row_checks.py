"""The demands of a selection on a row by itself: a table of checks, each with a measure, a rule and a sentence.

A measure is one number, so that a row that fails is remembered by its check and that number alone. It is None where
nothing is known, which fails no check.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rewardkit.markdown import fenced_blocks
from rewardkit.sample import Sample
from rewardkit.score import Score
from rewardkit.selection.criteria import Criteria
from rewardkit.selection.text import longest_paragraph

FORMAT, LANGUAGE, REPETITION = "format", "language", "repetition"
"""The names under which the checks find the scores that they need."""

_NOT_COUNTED = -1.0


class Looked(NamedTuple):
    """All that a check may look at."""

    sample: Sample
    scores: Mapping[str, Score]
    words: int
    """The number of words in the completion."""


class Check(NamedTuple):
    """One check."""

    step: str
    """Its step in `STEPS`."""
    wanted: Callable[[Criteria], bool]
    """True where the criteria ask for it."""
    measure: Callable[[Looked], float | None]
    passes: Callable[[float, Criteria], bool]
    sentence: Callable[[float, Criteria], str]
    """Why a row with this measure fails."""


def failing(check: Check, looked: Looked, criteria: Criteria) -> float | None:
    """The measure by which a row fails a check; None where it passes, or is not asked."""
    if not check.wanted(criteria):
        return None
    measure = check.measure(looked)
    return None if measure is None or check.passes(measure, criteria) else measure


def _value(name: str, sign: float = 1.0) -> Callable[[Looked], float | None]:
    """The value of a score."""

    def measure(row: Looked) -> float | None:
        value = row.scores[name].value
        return None if value is None else sign * value

    return measure


def _format(row: Looked) -> float:
    return row.scores[FORMAT].value or 0.0


def _main_share(row: Looked) -> float | None:
    """The share of the language that most words are in."""
    counted: Mapping[str, float] = row.scores[LANGUAGE].details.get("words_by_language") or {}
    total = sum(counted.values())
    return max(counted.values()) / total if total else None


def _paragraph(row: Looked) -> float:
    reasoning, answer = row.sample.parts
    return longest_paragraph(reasoning if reasoning is not None else answer)


def _has_code(row: Looked) -> float:
    return float(next(fenced_blocks(row.sample.parts.reasoning or ""), None) is not None)


def _between(value: float, least: int | None, most: int | None) -> bool:
    return value >= (least or 0) and (most is None or value <= most)


def _outside(unit: str, value: float, least: int | None) -> str:
    if value == _NOT_COUNTED:
        return f"the row does not say how many {unit} it has"
    return f"{value:,.0f} {unit}, {'too few' if value < (least or 0) else 'too many'}"


CHECKS: tuple[Check, ...] = (
    Check(
        "format",
        lambda wanted: wanted.format,
        _format,
        lambda value, _: value >= 1,
        lambda value, _: f"format {value:g}",
    ),
    Check(
        "truncated",
        lambda wanted: wanted.not_truncated,
        lambda row: None if row.sample.truncated is None else float(row.sample.truncated),
        lambda value, _: value == 0,
        lambda _, __: "the token limit cut it off",
    ),
    Check(
        "language",
        lambda wanted: wanted.language is not None,
        _value(LANGUAGE),
        lambda value, wanted: value >= wanted.language_share,
        lambda value, wanted: f"{value:.0%} of its words are in {wanted.language}",
    ),
    Check(
        "mixed",
        lambda wanted: wanted.no_mixed_languages,
        _main_share,
        lambda value, wanted: value >= wanted.language_share,
        lambda value, _: f"only {value:.0%} of its words are in one language",
    ),
    Check(
        "paragraphs",
        lambda wanted: wanted.max_paragraph_words is not None,
        _paragraph,
        lambda value, wanted: _between(value, 0, wanted.max_paragraph_words),
        lambda value, _: f"a paragraph of {value:,.0f} words",
    ),
    Check(
        "code",
        lambda wanted: wanted.no_code_in_reasoning,
        _has_code,
        lambda value, _: value == 0,
        lambda _, __: "a code block in the reasoning",
    ),
    Check(
        "repetition",
        lambda wanted: wanted.max_repetition is not None,
        _value(REPETITION, -1.0),
        lambda value, wanted: wanted.max_repetition is None or value <= wanted.max_repetition,
        lambda value, _: f"{value:.0%} of its n-grams come again",
    ),
)
"""Before duplicates are looked for, in their order."""

LAST: tuple[Check, ...] = (
    Check(
        "length",
        lambda wanted: wanted.min_words is not None or wanted.max_words is not None,
        lambda row: row.words,
        lambda value, wanted: _between(value, wanted.min_words, wanted.max_words),
        lambda value, wanted: _outside("words", value, wanted.min_words),
    ),
    Check(
        "length",
        lambda wanted: wanted.min_tokens is not None or wanted.max_tokens is not None,
        lambda row: _NOT_COUNTED if row.sample.completion_tokens is None else row.sample.completion_tokens,
        lambda value, wanted: value != _NOT_COUNTED and _between(value, wanted.min_tokens, wanted.max_tokens),
        lambda value, wanted: _outside("tokens", value, wanted.min_tokens),
    ),
)
"""At the end."""


def probes(criteria: Criteria, *, format_is_scored: bool) -> dict[str, Any]:
    """The rewards that the checks need, as a rubric's `rewards`.

    format_is_scored  the rows have scores of `format` already
    """
    wanted: dict[str, Any] = {}
    if criteria.format and not format_is_scored:
        wanted[FORMAT] = {"reward": "format"}
    if criteria.language is not None or criteria.no_mixed_languages:
        # For mixed languages any target serves: the words of every language are counted.
        wanted[LANGUAGE] = {"reward": "language", "params": {"target": criteria.language or "en"}}
    if criteria.max_repetition is not None:
        wanted[REPETITION] = {"reward": "repetition"}
    return wanted

"""Texts that a regular expression finds hard, made from the expression itself.

Each repeat in a pattern is a place where an engine that goes back may try again and again. A pumped text is what leads
to the repeat, and then what it repeats, many times over. Whatever of our patterns is quadratic in the text that a
reward hands to it shows on one of them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from re import _constants as op
from re import _parser as parser
from typing import Any

import pytest

_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
_OF_CATEGORY = {
    op.CATEGORY_DIGIT: "7",
    op.CATEGORY_NOT_DIGIT: "a",
    op.CATEGORY_SPACE: " ",
    op.CATEGORY_NOT_SPACE: "a",
    op.CATEGORY_WORD: "a",
    op.CATEGORY_NOT_WORD: " ",
}
_SOME = 'a7 \n.({-"'
_LONG = 200
_EXAMPLES = 3


@pytest.fixture
def pumped() -> Callable[[re.Pattern[str]], list[tuple[str, str]]]:
    return _pumped


def _pumped(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """Pairs of what leads to a repeat without a bound, and what it repeats."""
    return sorted(set(_pairs(parser.parse(pattern.pattern, pattern.flags), [""])))


def _pairs(tree: Sequence[Any], before: list[str]) -> Iterator[tuple[str, str]]:
    for code, value in tree:
        if code in _REPEATS:
            _, most, inner = value
            if most >= _LONG:
                yield from ((lead, unit) for lead in before[:1] for unit in _examples(inner) if unit)
            yield from _pairs(inner, before)
        elif code is op.SUBPATTERN:
            yield from _pairs(value[3], before)
        elif code is op.ATOMIC_GROUP:
            yield from _pairs(value, before)
        elif code is op.BRANCH:
            for branch in value[1]:
                yield from _pairs(branch, before)
        elif code in (op.ASSERT, op.ASSERT_NOT):
            yield from _pairs(value[1], before)
        texts = _of(code, value) or [""]
        before = [(lead + text)[-60:] for lead, text in zip(before * len(texts), texts, strict=False)][:_EXAMPLES]


def _examples(tree: Sequence[Any]) -> list[str]:
    """A few short texts that match."""
    found = [""]
    for code, value in tree:
        texts = _of(code, value) or [""]
        found = [begin + text for begin in found for text in texts][:_EXAMPLES]
    return found


def _of(code: Any, value: Any) -> list[str]:
    if code is op.LITERAL:
        return [chr(value)]
    if code is op.NOT_LITERAL:
        return [char for char in _SOME if ord(char) != value][:_EXAMPLES]
    if code is op.ANY:
        return ["a", " ", "7"]
    if code is op.IN:
        return _of_set(value)
    if code in _REPEATS:
        least, _, inner = value
        return [text * max(least, 1) for text in _examples(inner)]
    if code is op.SUBPATTERN:
        return _examples(value[3])
    if code is op.ATOMIC_GROUP:
        return _examples(value)
    if code is op.BRANCH:
        return [text for branch in value[1] for text in _examples(branch)[:1]]
    return [""]


def _of_set(items: Sequence[Any]) -> list[str]:
    found: list[str] = []
    for code, value in items:
        if code is op.LITERAL:
            found.append(chr(value))
        elif code is op.RANGE:
            found.append(chr(value[0]))
        elif code is op.CATEGORY:
            found.append(_OF_CATEGORY.get(value, "a"))
    if items and items[0][0] is op.NEGATE:
        return [char for char in _SOME if char not in found][:_EXAMPLES]
    return found[:_EXAMPLES]

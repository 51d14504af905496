"""Finds the assertions of a test text: the value that each looks at, and what it expects."""

import re
from typing import NamedTuple

from rewardkit_code.typed.scan import closing, code_of, find_top

_JS = re.compile(r"\bassert(?:\.(?:deepEqual|deepStrictEqual|strictEqual|equal))?\s*\(")
OPENS = {
    "c++": re.compile(r"\bassert\s*\("),
    "go": re.compile(r"\{\s*actual\s*:"),
    "java": re.compile(r"\bassert\s*\("),
    "javascript": _JS,
    "rust": re.compile(r"\bassert_eq!\s*\("),
    "typescript": _JS,
}
"""How an assertion begins in each language whose tests can be taken apart."""
_ANY_ASSERTION = re.compile(r"\bassert\w*!?\s*\(|\bassert\.\w+\s*\(|\bpanic!|\bt\.(?:Error|Fatal|Fail)\w*\s*\(")


class OtherFormError(Exception):
    """Tests that cannot be taken apart; the message names the part."""


class Site(NamedTuple):
    """One assertion: its place in the text, what it looks at, and what that must be."""

    start: int
    end: int
    value: str
    expected: str


def find_sites(text: str, language: str) -> list[Site]:
    """The assertions in order.

    raises  OtherFormError where one has another form than `value == expected`
    """
    code = code_of(text, language)
    found: list[Site] = []
    for match in OPENS[language].finditer(code):
        try:
            found.append(_site(text, code, match, language))
        except ValueError as exc:
            shown = " ".join(text[match.start() : match.start() + 80].split())
            raise OtherFormError(f"an assertion whose expected value cannot be told: {shown}") from exc
    if not found:
        raise OtherFormError(f"tests in {language} without an assertion that is known")
    if language != "go":  # whose loop over the table follows
        others = [m for m in _ANY_ASSERTION.finditer(code) if not any(s.start <= m.start() < s.end for s in found)]
        if others:
            raise OtherFormError(f"an assertion of another form: {others[0][0]}…)")
    return found


def _site(text: str, code: str, match: re.Match[str], language: str) -> Site:
    start, opened = match.start(), match.end() - 1
    if language == "go":
        end = closing(code, start)
        comma = find_top(code, ",", match.end(), end)
        expected = re.compile(r",\s*expected\s*:").match(code, comma)
        if comma < 0 or expected is None:
            raise ValueError("no expected value")
        return Site(start, end + 1, text[match.end() : comma], text[expected.end() : end].rstrip().rstrip(","))
    end = closing(code, opened)
    left, right = _sides(code, opened + 1, end, match[0], language)
    return Site(start, end + 1, text[slice(*left)], text[slice(*right)])


def _sides(code: str, start: int, end: int, opening: str, language: str) -> tuple[tuple[int, int], tuple[int, int]]:
    if language == "rust" or "." in opening:
        comma = find_top(code, ",", start, end)
        if comma < 0:
            raise ValueError("one argument")
        return (start, comma), (comma + 1, end)
    for operator in ("===", "=="):
        at = find_top(code, operator, start, end)
        if at >= 0:
            return (start, at), (at + len(operator), end)
    last = len(code[:end].rstrip()) - 1
    equals = find_top(code, ".equals(", start, end)
    if equals >= 0 and closing(code, equals + len(".equals")) == last:
        return (start, equals), (equals + len(".equals("), last)
    raise ValueError("no comparison")

r"""Where a completion states its final answer: the last of what it marks as one, else a text that is short. Pure.

    statements(r"A is wrong. \boxed{B}")         [Statement("box", "B")]
    statements("… so the answer is (C).")        [Statement("phrase", "(C).")]
    statements("<answer>Paris</answer>")         [Statement("tag", "Paris")]

Marks are ranked: an answer tag counts before a box, a box before a phrase, a phrase before lines.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

TAIL_CHARACTERS = 20_000
"""The end of a text that is looked through for marks."""
STATEMENT_CHARACTERS = 2_000
"""The longest text that can be an answer; more than this is an essay."""

_TAG = re.compile(r"<(answer|final_answer|choice)>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
_PHRASE = re.compile(
    r"(?:\b(?:final|correct|right|best|my)\s+)?\b(?:"
    r"(?P<noun>answer|option|choice)s?\b[*_\s]*(?:(?:is|are|would\s+be|must\s+be|should\s+be)\b"
    r"(?:\s+(?:therefore|thus|indeed|clearly))?[:\s]*)"
    r"|(?P<label>answers?|option|choice)\b[*_\s]*[:：=]\s*)[*_\s]*",
    re.IGNORECASE,
)
_OTHER_PHRASE = re.compile(
    r"(?:答案?[^。\n:：]{0,12}?[是为為:：]|réponse[^.\n:]{0,30}?(?:\best\b|:)|respuesta[^.\n:]{0,30}?(?:\bes\b|:)"
    r"|antwort[^.\n:]{0,30}?(?:\bist\b|\blautet\b|:)|risposta[^.\n:]{0,30}?(?:\bè\b|:)|ответ[^.\n:]{0,30}?[:—])\s*",
    re.IGNORECASE,
)
_HASHES = re.compile(r"^####[ \t]*(?=\S)", re.MULTILINE)
_SUPPOSED = re.compile(r"\b(?:if|suppose|assume|whether|unless|says?|claims?|because)\b[^.!?\n]*$", re.IGNORECASE)
_DENIED = re.compile(r"(?:not|never|neither|n't)\b", re.IGNORECASE)


class Statement(NamedTuple):
    """A text that the completion marks as its answer."""

    how: str
    """`tag`, `box`, `phrase` ("the answer is"), `option` ("the right option is"), `first` or `last` line."""
    text: str
    start: int


def statements(answer: str) -> list[Statement]:
    """The statements of the answer, in order, by the highest mark that it uses; empty for an empty answer.

    Without any mark these are its first line, if there are several, and its last.
    """
    tail = answer[-TAIL_CHARACTERS:]
    for marked in (_tags, _boxes, _phrases):
        if found := list(marked(tail)):
            return found
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    if not lines:
        return []
    last = Statement("last", lines[-1], len(tail.rstrip()) - len(lines[-1]))
    return [last] if len(lines) == 1 else [Statement("first", lines[0], 0), last]


def _tags(text: str) -> Iterator[Statement]:
    for match in _TAG.finditer(text):
        inside = match[2].strip()
        boxes = list(_boxes(inside))
        yield Statement("tag", boxes[-1].text if boxes else inside, match.start())


def _boxes(text: str) -> Iterator[Statement]:
    for match in _BOX.finditer(text):
        depth, position = 1, match.end()
        end = min(len(text), position + STATEMENT_CHARACTERS)
        while position < end and depth:
            depth += {"{": 1, "}": -1}.get(text[position], 0)
            position += 1
        if not depth:
            yield Statement("box", text[match.end() : position - 1].strip(), match.start())


def _phrases(text: str) -> Iterator[Statement]:
    for pattern in (_PHRASE, _OTHER_PHRASE, _HASHES):
        matches = list(pattern.finditer(text))
        ends = [*(match.start() for match in matches[1:]), len(text)]
        found = [_phrase(text, match, end) for match, end in zip(matches, ends, strict=False)]
        if any(found):
            yield from (statement for statement in found if statement)
            return


def _phrase(text: str, match: re.Match[str], end: int) -> Statement | None:
    """The rest of the line behind a phrase; None where there is no rest, or the phrase supposes or denies it."""
    if _SUPPOSED.search(text, max(0, match.start() - 200), match.start()):
        return None
    rest = text[match.end() : end].strip().partition("\n")[0].rstrip()
    if not rest or _DENIED.match(rest):
        return None
    noun = next((group for group in match.groupdict().values() if group), "answer").lower()
    return Statement("phrase" if noun.startswith("answer") else "option", rest, match.start())

"""The options that an answer chooses: one label, several, or none where it hedges. Pure.

`stated_choice` of the core reads one letter from a sentence. Added here: labels other than the letters A to J, several
letters, an option named by its text, and what counts when an answer states more than once.
"""

import re
from collections.abc import Mapping, Sequence

from rewardkit import stated_choice
from rewardkit_answers.options import normal
from rewardkit_answers.statement import STATEMENT_CHARACTERS, TAIL_CHARACTERS, statements

_RETRACTED = re.compile(
    r"\b(?:wait|actually|correction|no,|not\s+right|mistake|on\s+(?:second|reflection)|instead|rather|reconsider|recheck"
    r"|revis\w+|therefore|in\s+conclusion|conclud\w+|final(?:ly)?)\b",
    re.IGNORECASE,
)
"""Words between two different statements by which the later one replaces the earlier."""

_DRESS = r"[\s$*_`'\"(\[{]*(?:\\(?:text|textbf|mathrm|mathbf)\s*\{\s*)?[(\[]?"
_UNDRESS = r"[)\]}\s$*_`'\".:!]*"
_SEPARATOR = re.compile(r"\s*(?:,|;|&|\band\b|/|\+)\s*(?:and\b\s*)?", re.IGNORECASE)
_NOUN = re.compile(
    r"\s*(?:(?:so|thus|hence|therefore),?\s+)?(?:(?:it\s+is|it's|i(?:\s+would|'d)?\s+(?:choose|pick|select))\s+)?"
    r"(?:(?:(?:the|my)\s+)?(?:(?:correct|right|best|final)\s+)?"
    r"(?:option|choice|answer|alternative|statement)s?\s*(?:is|are|:)?\s*)?",
    re.IGNORECASE,
)
_REJECTED = re.compile(
    r"\W*(?:(?:option|choice|answer)s?\s+)?\W?[A-Z]\W{0,2}\s+(?:is|are|was|cannot\s+be|can't\s+be)(?:\s+\w+)?\s*"
    r"(?:wrong|incorrect|false|not\b|excluded|impossible|out\b)|[^.]*n't\s+be\b",
    re.IGNORECASE,
)
_IS_WORD = r"|\s+[a-z]"
"""Follows the words `A` and `I`, which then name no option."""
_CJK_MARKS = str.maketrans("。，、；：（）【】", ".,,;:()[]")
LINES = 50
"""Lines behind the first that are looked through for other choices."""
_JOINED_TEXT = re.compile(r"[)\]}.:*$\s]+")


def chosen(answer: str, labels: Sequence[str], options: Mapping[str, str] | None) -> frozenset[str] | None:
    """The labels that an answer chooses; None where it chooses none, or hedges between several statements.

    labels   those that may be chosen
    options  the text of each, where they are known
    """
    decided: frozenset[str] | None = None
    tail = answer[-TAIL_CHARACTERS:]
    stated = statements(answer)
    before = 0
    for statement in stated:
        found = _stated(statement.text, labels, options)
        if found is None:
            if statement.how != "last" and (statement.how in ("tag", "box") or _names_option(statement.text, labels)):
                decided, before = None, statement.start
            continue
        if statement.how == "first" and _others_follow(found, tail, labels, options):
            continue
        if decided is not None and decided != found and not _RETRACTED.search(tail, before, statement.start):
            return None
        decided, before = found, statement.start
    return decided


def _others_follow(found: frozenset[str], tail: str, labels: Sequence[str], options: Mapping[str, str] | None) -> bool:
    """True if a later line chooses something else, so that the first line only begins a list."""
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    return any(_stated(line, labels, options) not in (None, found) for line in lines[1:LINES])


def _stated(text: str, labels: Sequence[str], options: Mapping[str, str] | None) -> frozenset[str] | None:
    """The labels in the text of one statement; in its first sentence, where what follows names no option."""
    text = text.translate(_CJK_MARKS)
    found = _read(text, labels, options)
    first, stop, rest = text.partition(". ")
    if found is None and stop and not _names_option(rest, labels):
        return _read(first, labels, options)
    return found


def _read(text: str, labels: Sequence[str], options: Mapping[str, str] | None) -> frozenset[str] | None:
    if len(text) > STATEMENT_CHARACTERS or _REJECTED.match(text):
        return None
    letter = stated_choice(text)
    if letter is None or letter not in labels:
        letter = _alone(text, labels)
    if letter is not None and letter in labels:
        return None if options and _contradicted(text, letter, options) else frozenset((letter,))
    by_text = _by_text(text, options) if options else None
    return _several(text, labels) if by_text is None else frozenset((by_text,))


def _alone(text: str, labels: Sequence[str]) -> str | None:
    """A label of any kind that is all of the text, or stands before its option's text; small letters count too."""
    text = _NOUN.sub("", text, count=1)
    for label in sorted(labels, key=len, reverse=True):
        if re.fullmatch(_DRESS + re.escape(label) + _UNDRESS, text, re.IGNORECASE):
            return label
    opening = re.match(r"[\s$*]*[(\[]?([A-Z]|\d+)[)\].:](?=[\s*])", text)
    return opening[1] if opening and opening[1] in labels and not _others(text[opening.end() :], labels) else None


def _others(text: str, labels: Sequence[str]) -> bool:
    """True if a text goes on to another label, in brackets or behind a word for an option."""
    others = re.finditer(r"[(\[]([A-Z]|\d+)[)\]]|\boption\s+([A-Z])\b|(?:^|[ \t])([A-Z])[).:](?=\s)", text)
    return any(match[match.lastindex or 1] in labels for match in others)


def _by_text(text: str, options: Mapping[str, str]) -> str | None:
    """The label of the one option whose text this is."""
    wanted = normal(text)
    found = [label for label, option in options.items() if wanted and normal(option) == wanted]
    return found[0] if len(found) == 1 else None


def _contradicted(text: str, letter: str, options: Mapping[str, str]) -> bool:
    """True if behind the letter stands the whole text of another option and not that of its own."""
    match = re.search(rf"(?<![A-Za-z]){re.escape(letter)}(?![A-Za-z])", text)
    rest = normal(_JOINED_TEXT.sub(" ", text[match.end() :], count=1)) if match else ""
    if not rest or normal(options[letter]) == rest:
        return False
    return any(normal(option) == rest for label, option in options.items() if label != letter)


def _several(text: str, labels: Sequence[str]) -> frozenset[str] | None:
    """The labels of a list of them: `A, C and D`, `(A), (C)`, `ACD`."""
    bare = _NOUN.sub("", text, count=1).strip(" \t\n$*_`.:![]")
    parts = [part.strip(" ()[]{}*.$") for part in _SEPARATOR.split(bare)]
    if len(parts) == 1 and len(bare) <= len(labels) and len(bare) > 1 and all(len(label) == 1 for label in labels):
        parts = list(bare)
    known = set(labels)
    if len(parts) < 2 or len(set(parts)) < len(parts) or not set(parts) <= known:
        return None
    return frozenset(parts)


def _names_option(text: str, labels: Sequence[str]) -> bool:
    """True if a statement that chooses nothing speaks of options all the same: `not B`, `A or B`."""
    ends = {label: _IS_WORD if label in ("A", "I") else "" for label in labels}
    return any(re.search(rf"(?<![\w\\]){re.escape(label)}(?![\w']{end})", text) for label, end in ends.items())

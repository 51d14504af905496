r"""Boxes: `\boxed{…}` and its relatives, balanced, nested, side by side, or with their backslash lost.

    last_box      the one that counts
    last_boxes    all on its line, for a ground truth that is a list
    joined_boxes  those that are one answer with it: side by side, or joined by a word such as `or`

Only `str.find` and passes over braces, so that megabytes of boxes cost milliseconds.
"""

import re

from rewardkit_math.complexity_limits import ANSWER_CHARS
from rewardkit_math.extraction.found import Found, found_between

_NAMES = ("\\boxed", "\\fbox", "\\framebox", "\\beginboxed")
_NAME = re.compile(r"\\(?:boxed|fbox|framebox|beginboxed)")
_OPENED = re.compile(r"\s*\{")
_WORD = re.compile(r"\s{0,8}(\w{1,8})")
_MOST_BOXES = 500
_OUTER_TRIES = 12
_MOST_WORDS = 40
"""Places of the word `box` that are looked at one by one, before the names are searched for instead."""
_JOINED = re.compile(
    r"(?:[ \t$,;/&|~]|\\[()\[\],;:! ]|\\q?quad|\\text\s*\{[^{}]{0,20}\}|\band\b|\bet\b|\bund\b|\by\b|[和与及、，])*"
)
_ALTERNATIVE = re.compile(
    r"\b(?:or|either|maybe|perhaps|possibly|alternatively|otherwise|if not|ou|oder|peut-être|vielleicht)\b|或|也可能",
    re.IGNORECASE,
)
_SECOND_THOUGHT = re.compile(
    r"[\s$)*.,;]*(?:alternatively|or|maybe|perhaps|possibly|otherwise|oder|ou)\b", re.IGNORECASE
)
_ENDED = re.compile(r"[.!?]\s|[。！？]|\b(?:wait|actually|wrong|incorrect|correct|instead|rather)\b", re.IGNORECASE)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


def last_boxes(text: str, found: Found) -> list[Found]:
    """All boxes on the line of the last one, in order, for a ground truth that is a list."""
    return _boxes(text, text.rfind("\n", 0, found.start) + 1, found)


def joined_boxes(text: str, found: Found) -> list[Found]:
    """The last box with those before it that it is joined to: side by side on its line, or by a word such as `or`."""
    begin = max(0, found.start - ANSWER_CHARS)
    if text.count("box", begin, found.start) <= 1:
        return [found]  # its own name alone, as in most completions
    boxes = _boxes(text, begin, found)
    first = len(boxes) - 1
    while first > 0:
        between = text[boxes[first - 1].end : boxes[first].start]
        between = between[: _last_name(between, 0, len(between))].lstrip("}")
        ended = _ENDED.search(between) and not _SECOND_THOUGHT.match(between)
        if not _JOINED.fullmatch(between) and (ended or not _ALTERNATIVE.search(between)):
            break
        first -= 1
    return boxes[max(first, 0) :]


def _boxes(text: str, position: int, last: Found) -> list[Found]:
    """The boxes from an index up to the last one."""
    boxes: list[Found] = []
    while position < last.end and len(boxes) < _MOST_BOXES:
        name = _NAME.search(text, position, last.end + 1)
        box = _box_named(text, name, last.end + 1) if name else None
        if box is None:
            break
        boxes.append(box)
        position = box.end
    return boxes


def last_box(text: str, start: int, end: int) -> Found | None:
    """The last box between two indices; an outer box rather than the one inside it."""
    mark = _last_name(text, start, end)
    if mark < 0:
        return _bare_box(text, start, end)
    box = _box_at(text, mark, end)
    if box is None:
        return Found("none", "", mark, end, "the last box does not close")
    for _ in range(_OUTER_TRIES):
        mark = _last_name(text, start, mark)
        if mark < 0:
            break
        outer = _box_at(text, mark, end)
        if outer is not None and outer.end > box.end and "\n\n" not in outer.text:
            box = outer
    return box


def _last_name(text: str, start: int, end: int) -> int:
    """The index of the last name of a box between two indices; -1 where there is none."""
    stop = end
    for _ in range(_MOST_WORDS):
        word = text.rfind("box", start, stop)
        if word < 0:
            return -1
        backslash = text.rfind("\\", max(start, word - len("\\begin")), word)
        if backslash >= 0 and _NAME.match(text, backslash, end):
            return backslash
        stop = word
    return max(text.rfind(name, start, stop) for name in _NAMES)


def _bare_box(text: str, start: int, end: int) -> Found | None:
    """The last `boxed{…}` whose backslash was lost."""
    mark = text.rfind("boxed{", start, end)
    if mark < 0 or (mark and (text[mark - 1].isalnum() or text[mark - 1] == "\\")):
        return None
    close = _closing(text, mark + 5, end)
    return None if close < 0 else found_between("box", text, mark + 6, close)


def _box_at(text: str, mark: int, end: int) -> Found | None:
    """The box whose name stands at an index; None where it does not close."""
    name = _NAME.match(text, mark, end)
    assert name is not None
    return _box_named(text, name, end)


def _box_named(text: str, name: "re.Match[str]", end: int) -> Found | None:
    """The box with a name that was found; None where it does not close."""
    opened = _OPENED.match(text, name.end(), end)
    if opened is None:
        # `\boxed 5`: TeX takes one character, people mean the word.
        word = _WORD.match(text, name.end(), end)
        return Found("box", word[1], word.start(1), word.end(1)) if word else None
    position = opened.end() - 1
    close = _closing(text, position, end)
    if close < 0:
        return None
    found = found_between("box", text, position + 1, close)
    return found._replace(end=max(found.end, close)) if found.how == "none" else found


def _closing(text: str, position: int, end: int) -> int:
    """The index of the brace that closes the one at a position; -1 where none does."""
    stop = min(end, position + ANSWER_CHARS + 50_000)
    first = text.find("}", position, stop)
    if first < 0 or (text[first - 1] != "\\" and text.find("{", position + 1, first) < 0):
        return first
    depth = 0
    for brace in _BRACE.finditer(text, position, stop):
        if brace[0] == "{":
            depth += 1
        elif brace[0] == "}":
            depth -= 1
            if depth == 0:
                return brace.start()
    return -1

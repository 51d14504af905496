"""Where the answer stands in a completion: one place, never all places.

In this order: the last `<answer>` block narrows the text to itself; the last balanced box; `####`; "the answer is" in
several languages; the whole text where it is short; the last bold words; the last line. A later mark of the same kind
wins. Only `str.find` and bounded look-ahead, so that megabytes of marks cost milliseconds.
"""

import re
from typing import NamedTuple

from rewardkit_math.complexity_limits import ANSWER_CHARS, TAIL_CHARS


class Found(NamedTuple):
    """An answer in a text."""

    how: str
    """`box`, `boxes`, `tag`, `hash`, `phrase`, `whole`, `bold` or `line`; `none` where there is nothing to judge."""
    text: str
    start: int
    end: int
    why: str = ""
    """Why there is nothing to judge."""


_BOX = ("\\boxed", "\\fbox")
_SPECIAL = re.compile(
    r"<\|(?:im_start|im_end|endoftext|end_of_text|eot_id|end|assistant|user)\|>|</s>|<｜end▁of▁sentence｜>"
)
_BOX_TAGS = re.compile(r"<\|(?:begin|end)_of_box\|>")
_MARKERS = (
    "nswer",
    "NSWER",
    "ption is",
    "hoice is",
    "答案",
    "éponse",
    "espuesta",
    "esposta",
    "ntwort",
    "isposta",
    "твет",
    "\nA:",
    "结论",
    "答：",
    "答:",
)
_TRIES = 40
_PHRASE = re.compile(
    r"""(?:nswers?\b[^.\n:=?!]{0,60}?(?:\bis\b|\bare\b|\bbe\b|[:=：])
       | nswers?\b\**\s*(?=\$|\\\(|\\\[|-?\d)
       | (?:ption|hoice)\s+is\b
       | 答案?[^。\n:：]{0,12}?(?:[是为為:：])
       | 结论\**[:：]
       | éponse[^.\n:=]{0,30}?(?:\best\b|[:=])
       | espuesta[^.\n:=]{0,30}?(?:\bes\b|[:=])
       | esposta[^.\n:=]{0,30}?(?:\bé\b|[:=])
       | ntwort[^.\n:=]{0,30}?(?:\bist\b|\blautet\b|[:=])
       | isposta[^.\n:=]{0,30}?(?:\bè\b|[:=])
       | твет[^.\n:=]{0,30}?(?:[:=—-])
       | \nA:)\s*(?:\bis\b)?\s*[:：]?""",
    re.VERBOSE | re.IGNORECASE,
)
_WHOLE_CHARS = 400
_MOST_BOXES = 500
_OUTER_TRIES = 12
_JOINED = re.compile(
    r"(?:[ \t$,;/&|~]|\\[()\[\],;:! ]|\\q?quad|\\text\s*\{[^{}]{0,20}\}|\band\b|\bet\b|\bund\b|\by\b|[和与及、，])*"
)
_ALTERNATIVE = re.compile(
    r"\b(?:or|either|maybe|perhaps|possibly|alternatively|ou|oder|peut-être|vielleicht)\b|或|也可能", re.IGNORECASE
)
_ENDED = re.compile(r"[.!?]\s|[。！？]|\b(?:wait|actually|wrong|incorrect|correct|instead|rather)\b", re.IGNORECASE)


def find_answer(text: str) -> Found:
    """The place of the answer in the part of a completion that follows the reasoning."""
    special = _SPECIAL.search(text, max(0, len(text) - TAIL_CHARS)) if "<" in text else None
    end = special.start() if special else len(text)
    start, tagged = 0, False
    close = text.rfind("</answer>", 0, end)
    opened = text.rfind("<answer>", 0, close if close >= 0 else end)
    if opened >= 0:
        box = _last_box(text, close, end) if close >= 0 else None
        if box is None:
            start, end, tagged = opened + 8, close if close >= 0 else end, True
    box = _last_box(text, start, end)
    if box is not None:
        return box
    if tagged:
        return _found("tag", text, start, end)
    mark = text.rfind("####", max(0, end - TAIL_CHARS), end)
    if mark >= 0:
        stop = text.find("\n", mark)
        stop = end if stop < 0 or stop > end else stop
        rest = text[mark + 4 : stop].strip()
        if rest and (rest[0] in "-+$\\(.{[" or rest[0].isdigit() or not text[stop:end].strip()):
            return _found("hash", text, mark + 4, stop)
    phrase = _phrase(text, end)
    if phrase is not None:
        return phrase
    if end - start <= _WHOLE_CHARS:
        return _found("whole", text, start, end)
    return last_line(text, end)


def last_boxes(text: str, found: Found) -> list[Found]:
    """All boxes on the line of the last one, in order, for a ground truth that is a list."""
    return _boxes(text, text.rfind("\n", 0, found.start) + 1, found)


def joined_boxes(text: str, found: Found) -> list[Found]:
    """The last box with those before it that it is joined to: side by side on its line, or by a word such as `or`."""
    boxes = _boxes(text, max(0, found.start - ANSWER_CHARS), found)
    first = len(boxes) - 1
    while first > 0:
        between = text[boxes[first - 1].end : boxes[first].start]
        between = between[: max(between.rfind(name) for name in _BOX)].lstrip("}")
        if not _JOINED.fullmatch(between) and (_ENDED.search(between) or not _ALTERNATIVE.search(between)):
            break
        first -= 1
    return boxes[max(first, 0) :]


def _boxes(text: str, position: int, last: Found) -> list[Found]:
    """The boxes from an index up to the last one."""
    boxes: list[Found] = []
    while position < last.end and len(boxes) < _MOST_BOXES:
        box = _box_at(text, position, last.end + 1)
        if box is None:
            break
        boxes.append(box)
        position = box.end
    return boxes


def last_line(text: str, end: int | None = None) -> Found:
    """The last bold words of the last line, or that line itself."""
    end = len(text.rstrip()) if end is None else len(text[:end].rstrip())
    start = max(text.rfind("\n", 0, end) + 1, end - ANSWER_CHARS)
    if text[start:end].strip() in ("$$", "\\]", "```") or text.startswith("\\end", start):
        opener = max(text.rfind(mark, 0, start) for mark in ("$$", "\\[", "```", "\\begin"))
        if opener >= 0 and end - opener <= ANSWER_CHARS:
            return _found("line", text, opener, end)
    close = text.rfind("**", start, end)
    opened = text.rfind("**", start, close) if close > start else -1
    if (
        opened >= start
        and text[opened + 2 : close].strip()
        and not text[opened + 2 : close].rstrip().endswith((":", "："))
    ):
        return _found("bold", text, opened + 2, close)
    return _found("line", text, start, end)


def _found(how: str, text: str, start: int, end: int) -> Found:
    piece = text[start:end]
    inner = piece.strip()
    if not inner:
        return Found(
            "none", "", start, end, "the completion holds no answer" if how == "whole" else f"the {how} is empty"
        )
    start += len(piece) - len(piece.lstrip())
    if "<|" in inner:
        inner = _BOX_TAGS.sub("", inner).strip()
    return Found(how, inner, start, start + len(inner))


def _last_box(text: str, start: int, end: int) -> Found | None:
    """The last box between two indices; an outer box rather than the one inside it."""
    mark = max(text.rfind(name, start, end) for name in _BOX)
    if mark < 0:
        return None
    box = _box_at(text, mark, end)
    if box is None:
        return Found("none", "", mark, end, "the last box does not close")
    for _ in range(_OUTER_TRIES):
        mark = max(text.rfind(name, start, mark) for name in _BOX)
        if mark < 0:
            break
        outer = _box_at(text, mark, end)
        if outer is not None and outer.end > box.end:
            box = outer
    return box


def _box_at(text: str, start: int, end: int) -> Found | None:
    """The first box that opens at `start` or after; None where it does not close."""
    marks = [mark for mark in (text.find(name, start, end) for name in _BOX) if mark >= 0]
    if not marks:
        return None
    position = text.find("{", min(marks), end)
    head = text[min(marks) : position if position >= 0 else end]
    if position < 0 or head.strip() not in _BOX:
        # `\boxed 5`: TeX takes one character.
        position = min(marks) + len("\\boxed" if text.startswith("\\boxed", min(marks)) else "\\fbox")
        rest = text[position : position + 8].lstrip()
        if not rest or not rest[0].isalnum():
            return None
        inner = re.match(r"\w+", rest)
        at = text.index(rest[0], position)
        return Found("box", inner[0] if inner else rest[0], at, at + 1)
    depth = 0
    index = position
    limit = min(end, position + ANSWER_CHARS + 50_000)
    while index < limit:
        char = text[index]
        if char == "\\":
            index += 2
            continue
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                found = _found("box", text, position + 1, index)
                return found._replace(end=max(found.end, index)) if found.how == "none" else found
        index += 1
    return None


def _phrase(text: str, end: int) -> Found | None:
    """The text after the last phrase that announces an answer."""
    begin = max(0, end - TAIL_CHARS)
    position = end
    for _ in range(_TRIES):
        position = max(text.rfind(marker, begin, position) for marker in _MARKERS)
        if position < 0:
            break
        phrase = _PHRASE.match(text, position, end)
        if phrase:
            found = _after(text, phrase.end(), end)
            if found is not None:
                return found
    if text.startswith("A:"):
        return _after(text, 2, end)
    return None


def _after(text: str, start: int, end: int) -> Found | None:
    """The rest of the line, or the next line that is not empty; a display formula whole."""
    while start < end and (text[start].isspace() or text[start] in "*:_"):
        start += 1
    if start >= end:
        return None
    for opener, closer in (("$$", "$$"), ("\\[", "\\]")):
        if text.startswith(opener, start):
            close = text.find(closer, start + 2, end)
            if close >= 0:
                return _found("phrase", text, start + 2, close)
    stop = text.find("\n", start, end)
    stop = end if stop < 0 else stop
    found = _found("phrase", text, start, min(stop, start + ANSWER_CHARS))
    return found if any(char.isalnum() for char in found.text) else None

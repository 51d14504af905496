"""Where the answer stands in a completion: one place, never all places.

In this order: the last answer tag (`<answer>`, `<final_answer>`, `<choice>`) narrows the text to itself; the last
balanced box or the last "final answer", whichever comes later; `####`; "the answer is" in several languages; the whole
text where it is short; the last bold words; the last line. A later mark of the same kind wins. Only `str.find` and
bounded look-ahead, so that megabytes of marks cost milliseconds.
"""

import re
from typing import NamedTuple

from rewardkit_math.complexity_limits import ANSWER_CHARS, TAIL_CHARS
from rewardkit_math.words import denied


class Found(NamedTuple):
    """An answer in a text."""

    how: str
    """`box`, `boxes`, `tag`, `hash`, `phrase`, `whole`, `bold` or `line`; `none` where there is nothing to judge."""
    text: str
    start: int
    end: int
    why: str = ""
    """Why there is nothing to judge."""


_BOX = ("\\boxed", "\\fbox", "\\framebox", "\\beginboxed")
_TAGS = ("answer", "final_answer", "choice")
_SPECIAL = re.compile(
    r"<\|(?:im_start|im_end|endoftext|end_of_text|eot_id|end|assistant|user)\|>|</s>|<｜end▁of▁sentence｜>"
)
_BOX_TAGS = re.compile(r"<\|(?:begin|end)_of_box\|>")
_MARKERS = (
    "nswer",
    "NSWER",
    "ption is",
    "ption:",
    "ption selected",
    "ption Selected",
    "hoice is",
    "hoice:",
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
_BOLD_END = re.compile(r"\*\*([^*\n]{1,60})\*\*[\s.。!]*\Z")
_ENGLISH = re.compile(
    r"\b(?:the|is|are|was|be|of|and|so|not|answer|equals?|gives?|we|it|that|this|for)\b|n't", re.IGNORECASE
)
_TRIES = 40
_PHRASE = re.compile(
    r"""(?:nswers?\b[^.\n:=?!]{0,60}?(?:\bis\b|\bare\b|\bbe\b|[:=：])
       | nswers?\b\**\s*(?=\$|\\\(|\\\[|-?\d)
       | (?:ption|hoice)(?:\s+(?:selected|chosen))?\**(?:\s+is\b|\s*[:=：])
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
_DOUBTED = re.compile(
    r"\b(?:(?:don't|don’t|do not|doesn't|does not|never)\s+(?:think|believe|say|mean|claim|know)|"
    r"if|suppose|assume|assuming|says?|said|claims?|let|doubt|unlikely|whether|unsure|not\s+sure)\b[^.!?\n,;]*$",
    re.IGNORECASE,
)
_MODAL = re.compile(r"\b(?:could|might|may|cannot|can't|not|would)\b|n't\b", re.IGNORECASE)
_STARTS_AS_VALUE = re.compile(r"[-+$\\(\[{√π∞±]*[\d\\√π∞(]|\$|[A-Za-z](?:\W|$)")
_WHOLE_CHARS = 400
_SHORT_LINE = 40
_BARE_LINES = re.compile(r"(?:\n[^\S\n]*(?:[-+\d.,/ ]+|\w))+\s*")
"""Lines of numbers or of single letters, which go on with the line before them."""
_MOST_BOXES = 500
_OUTER_TRIES = 12
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


def find_answer(text: str) -> Found:
    """The place of the answer in the part of a completion that follows the reasoning."""
    special = _SPECIAL.search(text, max(0, len(text) - TAIL_CHARS)) if "<" in text else None
    end = special.start() if special else len(text)
    start, end, tagged = _inside_tag(text, end)
    box = _last_box(text, start, end)
    if box is not None:
        return _final_answer_after(text, box, end) or box
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
    bold = _bold_end(text, start, end)
    if bold is not None:
        return bold
    if end - start <= _WHOLE_CHARS:
        return _found("whole", text, start, end)
    return last_line(text, end)


def _bold_end(text: str, start: int, end: int) -> Found | None:
    """The one bold value that ends a text in a language of which no marker is known; English sentences are read."""
    bold = _BOLD_END.search(text, max(start, end - TAIL_CHARS), end) if text.count("**", start, end) == 2 else None
    if bold is None or _ENGLISH.search(text, start, bold.start()) or denied(text[start : bold.start()]):
        return None
    return _found("phrase", text, bold.start(1), bold.end(1))


def _inside_tag(text: str, end: int) -> tuple[int, int, bool]:
    """The inside of the last answer tag, if no box follows it; else the whole text and False."""
    if "<" not in text:
        return 0, end, False
    closed = {name: text.rfind(f"</{name}>", 0, end) for name in _TAGS}
    last = max(closed, key=lambda name: (closed[name], text.rfind(f"<{name}>", 0, end)))
    close, opening = closed[last], f"<{last}>"
    opened = text.rfind(opening, 0, close if close >= 0 else end)
    if opened < 0 or (close >= 0 and _last_box(text, close, end) is not None):
        return 0, end, False
    return opened + len(opening), close if close >= 0 else end, True


def _final_answer_after(text: str, box: Found, end: int) -> Found | None:
    """The value that a "final answer" behind the last box gives, where it is a value and no box was meant."""
    begin = max(box.end, end - TAIL_CHARS)
    for mark in ("inal answer", "inal Answer", "INAL ANSWER"):
        position = text.rfind(mark, begin, end)
        phrase = _PHRASE.match(text, position + 6, end) if position >= 0 else None
        found = _after(text, phrase.end(), end) if phrase else None
        if found is not None and _STARTS_AS_VALUE.match(found.text):
            return found
    return None


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
        ended = _ENDED.search(between) and not _SECOND_THOUGHT.match(between)
        if not _JOINED.fullmatch(between) and (ended or not _ALTERNATIVE.search(between)):
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
        return _bare_box(text, start, end)
    box = _box_at(text, mark, end)
    if box is None:
        return Found("none", "", mark, end, "the last box does not close")
    for _ in range(_OUTER_TRIES):
        if text.find("box", start, mark) < 0:
            break
        mark = max(text.rfind(name, start, mark) for name in _BOX)
        if mark < 0:
            break
        outer = _box_at(text, mark, end)
        if outer is not None and outer.end > box.end and "\n\n" not in outer.text:
            box = outer
    return box


def _bare_box(text: str, start: int, end: int) -> Found | None:
    """The last `boxed{…}` whose backslash was lost."""
    mark = text.rfind("boxed{", start, end)
    if mark < 0 or (mark and (text[mark - 1].isalnum() or text[mark - 1] == "\\")):
        return None
    close = _closing(text, mark + 5, end)
    return None if close < 0 else _found("box", text, mark + 6, close)


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
    close = _closing(text, position, end)
    if close < 0:
        return None
    found = _found("box", text, position + 1, close)
    return found._replace(end=max(found.end, close)) if found.how == "none" else found


def _closing(text: str, position: int, end: int) -> int:
    """The index of the brace that closes the one at a position; -1 where none does."""
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
                return index
        index += 1
    return -1


def _phrase(text: str, end: int) -> Found | None:
    """The text after the last phrase that announces an answer."""
    begin = max(0, end - TAIL_CHARS)
    position = end
    for _ in range(_TRIES):
        position = max(text.rfind(marker, begin, position) for marker in _MARKERS)
        if position < 0:
            break
        phrase = _PHRASE.match(text, position, end)
        if (
            phrase
            and not _MODAL.search(phrase[0])
            and not denied(phrase[0])
            and not _DOUBTED.search(text, max(0, position - 60), position)
        ):
            found = _after(text, phrase.end(), end)
            if found is not None:
                return found
    if text.startswith("A:"):
        return _after(text, 2, end)
    return None


def _after(text: str, start: int, end: int) -> Found | None:
    """The rest of the line, or the next line that is not empty; a display formula whole."""
    while start < end and (text[start].isspace() or text[start] in "*:_}"):
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
    rest = text[stop:end]
    if stop - start <= _SHORT_LINE and len(rest) <= _WHOLE_CHARS and _BARE_LINES.fullmatch(rest) and rest.strip():
        stop = end
    found = _found("phrase", text, start, min(stop, start + ANSWER_CHARS))
    return found if any(char.isalnum() for char in found.text) else None

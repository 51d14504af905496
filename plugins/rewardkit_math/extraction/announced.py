"""Answers that words announce ("the answer is"), in several languages: the last that is neither doubted nor denied."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from rewardkit_math.complexity_limits import ANSWER_CHARS, TAIL_CHARS
from rewardkit_math.extraction.found import Found, found_between
from rewardkit_math.words.denials import denied

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
_MARKER = re.compile("|".join(map(re.escape, _MARKERS)))
_LONGEST_MARKER = max(map(len, _MARKERS))
_WINDOW = 64
"""Characters at the end that are searched first, where most answers stand; each next window is twice as long."""
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
       | твет[^.\n:=]{0,30}?(?:\bравен\b|\bравна\b|\bравно\b|[:=—-])
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
_SHORT_LINE = 40
_SHORT_REST = 400
_BARE_LINES = re.compile(r"(?:\n[^\S\n]*(?:[-+\d.,/ ]+|\w))+\s*")
"""Lines of numbers or of single letters, which go on with the line before them."""


def final_answer_after(text: str, box: Found, end: int) -> Found | None:
    """The value that a "final answer" behind the last box gives, where it is a value and no box was meant."""
    begin = max(box.end, end - TAIL_CHARS)
    if text.find("nswer", begin, end) < 0 and text.find("NSWER", begin, end) < 0:
        return None
    for mark in ("inal answer", "inal Answer", "INAL ANSWER"):
        position = text.rfind(mark, begin, end)
        phrase = _PHRASE.match(text, position + 6, end) if position >= 0 else None
        found = _after(text, phrase.end(), end) if phrase else None
        if found is not None and _STARTS_AS_VALUE.match(found.text):
            return found
    return None


def announced_answer(text: str, end: int) -> Found | None:
    """The text after the last phrase that announces an answer."""
    for position in islice(_markers_backwards(text, max(0, end - TAIL_CHARS), end), _TRIES):
        phrase = _PHRASE.match(text, position, end)
        if phrase and _states(phrase[0]) and not _DOUBTED.search(text, _clause(text, position), position):
            found = _after(text, phrase.end(), end)
            if found is not None:
                return found
    if text.startswith("A:"):
        return _after(text, 2, end)
    return None


def _clause(text: str, position: int) -> int:
    """The index at which the clause before a position begins, at most 60 characters back."""
    begin = max(0, position - 60)
    for sign in ".!?\n,;":
        begin = max(begin, text.rfind(sign, begin, position) + 1)
    return begin


@lru_cache(maxsize=512)
def _states(phrase: str) -> bool:
    """True where a phrase neither denies its answer nor leaves it open. Completions share few phrases."""
    return not _MODAL.search(phrase) and not denied(phrase)


def _markers_backwards(text: str, begin: int, end: int) -> Iterator[int]:
    """The places of words that may announce an answer, from the last to the first."""
    stop, window = end, _WINDOW
    while stop > begin:
        start = max(begin, stop - window)
        markers = _MARKER.finditer(text, start, min(end, stop + _LONGEST_MARKER - 1))
        yield from reversed([found.start() for found in markers if found.start() < stop])
        stop, window = start, 2 * window


def _without_json(found: Found) -> Found:
    """The value of `{"answer": 42}` without the end of the object."""
    inner = found.text
    while inner.endswith("}") and inner.count("}") > inner.count("{"):
        inner = inner[:-1].rstrip(' "')
    lead = len(inner) - len(inner.lstrip('"')) if inner != found.text else 0
    return found._replace(text=inner[lead:], start=found.start + lead, end=found.start + len(inner))


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
                return found_between("phrase", text, start + 2, close)
    stop = text.find("\n", start, end)
    stop = end if stop < 0 else stop
    if stop - start <= _SHORT_LINE and 0 < end - stop <= _SHORT_REST and _BARE_LINES.fullmatch(text, stop, end):
        stop = end
    found = found_between("phrase", text, start, min(stop, start + ANSWER_CHARS))
    if found.text.endswith("}"):
        found = _without_json(found)
    return found if found.text.isalnum() or any(char.isalnum() for char in found.text) else None

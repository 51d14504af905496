"""Where the answer stands in a completion: one place, never all places.

In this order: the last answer tag (`<answer>`, `<final_answer>`, `<choice>`) narrows the text to itself; the last
balanced box or the last "final answer", whichever comes later; `####`; "the answer is" in several languages; the whole
text where it is short; the last bold words; the last line. A later mark of the same kind wins. Only `str.find` and
bounded look-ahead, so that megabytes of marks cost milliseconds.
"""

import re

from rewardkit_math.complexity_limits import ANSWER_CHARS, TAIL_CHARS
from rewardkit_math.extraction.announced import announced_answer, final_answer_after
from rewardkit_math.extraction.boxes import last_box
from rewardkit_math.extraction.found import Found, found_between
from rewardkit_math.words.denials import denied

_TAGS = ("answer", "final_answer", "choice")
_SPECIAL = re.compile(
    r"<\|(?:im_start|im_end|endoftext|end_of_text|eot_id|end|assistant|user)\|>|</s>|<｜end▁of▁sentence｜>"
)
_BOLD_END = re.compile(r"\*\*([^*\n]{1,60})\*\*[\s.。!]*\Z")
_ENGLISH = re.compile(
    r"\b(?:the|is|are|was|be|of|and|so|not|answer|equals?|gives?|we|it|that|this|for)\b|n't", re.IGNORECASE
)
_WHOLE_CHARS = 400


def find_answer(text: str) -> Found:
    """The place of the answer in the part of a completion that follows the reasoning."""
    special = _SPECIAL.search(text, max(0, len(text) - TAIL_CHARS)) if _may_hold_tokens(text) else None
    end = special.start() if special else len(text)
    start, end, tagged = _inside_tag(text, end)
    box = last_box(text, start, end)
    if box is not None:
        return final_answer_after(text, box, end) or box
    if tagged:
        return found_between("tag", text, start, end)
    mark = text.rfind("####", max(0, end - TAIL_CHARS), end)
    if mark >= 0:
        stop = text.find("\n", mark)
        stop = end if stop < 0 or stop > end else stop
        rest = text[mark + 4 : stop].strip()
        if rest and (rest[0] in "-+$\\(.{[" or rest[0].isdigit() or not text[stop:end].strip()):
            return found_between("hash", text, mark + 4, stop)
    phrase = announced_answer(text, end)
    if phrase is not None:
        return phrase
    bold = _bold_end(text, start, end)
    if bold is not None:
        return bold
    if end - start <= _WHOLE_CHARS:
        return found_between("whole", text, start, end)
    return last_line(text, end)


def _may_hold_tokens(text: str) -> bool:
    return "<|" in text or "</s>" in text or "<｜" in text


def _bold_end(text: str, start: int, end: int) -> Found | None:
    """The one bold value that ends a text in a language of which no marker is known; English sentences are read."""
    bold = _BOLD_END.search(text, max(start, end - TAIL_CHARS), end) if text.count("**", start, end) == 2 else None
    if bold is None or _ENGLISH.search(text, start, bold.start()) or denied(text[start : bold.start()]):
        return None
    return found_between("phrase", text, bold.start(1), bold.end(1))


def _inside_tag(text: str, end: int) -> tuple[int, int, bool]:
    """The inside of the last answer tag, if no box follows it; else the whole text and False."""
    if "answer>" not in text and "choice>" not in text:
        return 0, end, False
    closed = {name: text.rfind(f"</{name}>", 0, end) for name in _TAGS}
    last = max(closed, key=lambda name: (closed[name], text.rfind(f"<{name}>", 0, end)))
    close, opening = closed[last], f"<{last}>"
    opened = text.rfind(opening, 0, close if close >= 0 else end)
    if opened < 0 or (close >= 0 and last_box(text, close, end) is not None):
        return 0, end, False
    return opened + len(opening), close if close >= 0 else end, True


def last_line(text: str, end: int | None = None) -> Found:
    """The last bold words of the last line, or that line itself."""
    end = len(text.rstrip()) if end is None else len(text[:end].rstrip())
    start = max(text.rfind("\n", 0, end) + 1, end - ANSWER_CHARS)
    if text[start:end].strip() in ("$$", "\\]", "```") or text.startswith("\\end", start):
        opener = max(text.rfind(mark, 0, start) for mark in ("$$", "\\[", "```", "\\begin"))
        if opener >= 0 and end - opener <= ANSWER_CHARS:
            return found_between("line", text, opener, end)
    close = text.rfind("**", start, end)
    opened = text.rfind("**", start, close) if close > start else -1
    if (
        opened >= start
        and text[opened + 2 : close].strip()
        and not text[opened + 2 : close].rstrip().endswith((":", "："))
    ):
        return found_between("bold", text, opened + 2, close)
    return found_between("line", text, start, end)

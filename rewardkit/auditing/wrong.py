"""A wrong answer that looks like a right one."""

import math
import re
from collections.abc import Sequence

_DIGIT = re.compile(r"\d")
_OPPOSITES = (("yes", "no"), ("true", "false"), ("positive", "negative"), ("valid", "invalid"))


def wrong_answer(answer: str, others: Sequence[str] = ()) -> str:
    """An answer that is certainly another one, of the same kind.

    A number moves by 5 %, and by 1 at least: wrong under any tolerance that somebody would defend, and close enough to
    show one that is too wide. A letter becomes another letter. Otherwise another row's answer serves, then another
    digit, then another last word; words in another order may be the same answer.

    others  answers of other rows, which differ from this one
    """
    text = answer.strip()
    if (number := _moved(text)) is not None:
        return number
    if re.fullmatch(r"[A-Za-z]", text):
        first = "A" if text.isupper() else "a"
        return chr(ord(first) + (ord(text) - ord(first) + 1) % 4)
    for pair in _OPPOSITES:
        if text.lower() in pair:
            other = pair[1 - pair.index(text.lower())]
            return other.title() if text[:1].isupper() else other
    if others:
        return min(others, key=lambda other: abs(len(other) - len(text)))
    if digits := list(_DIGIT.finditer(text)):
        last = digits[-1]
        return f"{text[: last.start()]}{(int(last.group()) + 1) % 10}{text[last.end() :]}"
    words = text.split()
    return " ".join([*words[:-1], "quorvex"]) if len(words) > 1 else f"{text or 'something'}quor"


def _moved(text: str) -> str | None:
    """A number 5 % further away from 0, written as it was; None for what is not a number."""
    if not re.fullmatch(r"[-+]?(\d[\d,]*)?\.?\d+", text):
        return None
    value = float(text.replace(",", ""))
    if "." not in text:
        step = max(1, round(abs(value) * 0.05)) if math.isfinite(value) else 1
        return str(int(text.replace(",", "")) + step)
    places = len(text.partition(".")[2])
    moved = f"{value * 1.05 if value else 0.05:.{places}f}"
    return moved if float(moved) != value else f"{value + 10**-places:.{places}f}"

"""Sentences that count: `There are 15 ways …`, `All 50 terms …`, `Exactly one …`."""

import re
from fractions import Fraction

from rewardkit_math.notation.parse import parse
from rewardkit_math.sentences.patterns import AFTER, COUNT, COUNTED, DENIED, EXACTLY, NEEDED, THERE
from rewardkit_math.sentences.phrase import Reading, words_from
from rewardkit_math.tree import Num, Text, UnknownFunction

_AT_LEAST = re.compile(r"at\s+least\s+")
_NOUN = re.compile(r"\s+[^\W\d_]{2,}|\s*$|[\s,]")
_OPERATOR = re.compile(r"\s*[-+*/^=(]")
_AND_MORE = re.compile(r"[^.]*?\band\s+(?:\d|\x01)")
_OF_WHICH = re.compile(r"\bof which\b")
_AFTER_NOUN = re.compile(r"\b(?:for|in|of|to|with|over|that|such|from|on|at|where|which)\b|[,({]")


def counted_number(sentence: str, masked: str) -> Reading | None:
    """`There are 15 ways …`, `All 50 terms … are even`, `Exactly one …`: the number."""
    there, how = THERE.match(masked), COUNTED.match(masked)
    if there:
        start, bound = there.end(), ""
        exactly = EXACTLY.match(masked[start:]) or (NEEDED.match(there[0]) and _AT_LEAST.match(masked[start:]))
        start += exactly.end() if exactly else 0
    elif how:
        start, bound = how.end(), (how["how"] or "").casefold()
        if masked[start:].startswith(("the ", "of ")):
            start = masked.index(" ", start) + 1
    else:
        return None
    count = COUNT.match(masked, start)
    if count is None or (there and DENIED.search(masked[: count.start()])):
        return None
    end = count.end()
    written = sentence[start:end]
    if masked[start].isalpha():
        number = words_from(masked[start:])
        if number is None or (there and not exactly and number[0] == 1):
            return None
        written, end = str(number[0]), start + number[1]
    rest = masked[end:]
    if not _NOUN.match(rest) or AFTER.match(masked, start) or _OPERATOR.match(rest):
        return None
    if _AND_MORE.match(_first_words(rest)) or _OF_WHICH.search(rest):
        return None
    value = parse(written)
    if isinstance(value, Text):
        return None
    if bound.startswith("at") and value != Num(value.value if isinstance(value, Num) else Fraction(0)):
        return None
    if bound.startswith("at least") or (bound == "at most" and isinstance(value, Num) and value.value):
        return Reading(UnknownFunction(bound.replace(" ", "_"), (value,)), written)
    return Reading(value, sentence[start:end])


def _first_words(rest: str) -> str:
    """The noun that is counted: the words up to a remark."""
    cut = _AFTER_NOUN.search(rest)
    return rest[: cut.start()] if cut else rest

"""An answer inside a sentence: which part of the words is the answer.

The whole if it reads as mathematics; else what follows the last verb; else the only formula; else the only number.
Where a sentence names several numbers and nothing says which one is meant, none is picked.
"""

import re

from rewardkit_math.notation.parse import parse, plain
from rewardkit_math.tree import Node, Text

_HOPE = re.compile(r"\.?\s*I hope (?:it is|this is|this helps).{0,40}$", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[^\d\s])[.!?]\s+(?=\S)|(?<=\d)[.!?]\s+(?=[A-Z\\$*])|[。！？]|\n+")
_VERB = re.compile(r"\b(?:is|are|equals|be|est|es|ist|was|gives|to|of)\b\s*:?|[:：]|是|为|為|共有|等于")
_FORMULA = re.compile(r"\$\$?([^$]{1,2000})\$\$?|\\\((.{1,2000}?)\\\)|\\\[(.{1,2000}?)\\\]", re.DOTALL)
_NUMBER = re.compile(
    r"(?<![A-Za-z\d._])[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:/\d+)?(?:\s*\\?%)?)(?![A-Z\d_]|\.\d)"
)
_TRAILING = re.compile(r"[-+*/=().,\d\s×÷$€£]{1,200}$")
_RESULT = re.compile(
    r"(?:^|[\s:=])[$€£(]*\d(?:[\d.,$€£%()\s+\-*/×÷·]| x ){0,200}=\s*"
    r"([$€£]?\s?-?\d[\d,]*(?:\.\d+)?)[^\d=<>\\^_{}]{0,200}$"
)
"""The result of a computation in numbers, with words after it: `9 * $2 = $18 every day`."""
_DENIED = re.compile(r"\b(?:not|isn't|either|or|maybe|perhaps|between|nor)\b|\bou\b|或", re.IGNORECASE)
_MARKUP = re.compile(r"\\[a-zA-Z(\[]|[\^_{}]")
_POWER = re.compile(r"[\w)\]}]\*\*[\w({-]")
_THEREFORE = re.compile(
    r"\b(?:therefore|thus|hence|so|donc|ainsi|daher|also)\b|所以|因此|[，,](?=\s*\D)", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_MOST_VERBS = 6


_SAID = re.compile(
    r"(?:so |thus |therefore |hence )?(?:it|this|that|he|she|they|the(?: \w+){1,4}) "
    r"(?:is|are|was|will be|would be) (?:the |an? )?"
)
_MONTH = re.compile(r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\b")
_DAY = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b|,|\b(?:of|the)\b")


def same_words(text: str, ground_truth: str) -> bool:
    """True if a text says the ground truth's words: alone, after `it is …`, or as a date in another order."""
    one, other = plain(text), plain(ground_truth)
    if one == other or _SAID.sub("", one, count=1) == other:
        return True
    if _MONTH.search(other) and any(char.isdigit() for char in other):
        return sorted(_DAY.sub(" ", one).split()) == sorted(_DAY.sub(" ", other).split())
    return False


def read(text: str, *, last: bool) -> Node:
    """The tree of the answer in a text; Text where no part of it reads as mathematics.

    last  the answer is sought in the last sentence that could hold one, not in the first
    """
    text = text.replace("**", " ") if "**" in text and not _POWER.search(text) else text
    text = text.strip().strip("*`#").strip()
    node = parse(text)
    if not isinstance(node, Text):
        return node
    whole = node
    if not whole.words:
        return whole
    text = _HOPE.sub("", text)
    formulas = _formulas(text)
    if len(formulas) == 1 and not any(char.isdigit() for char in _FORMULA.sub("", text)) and not _DENIED.search(text):
        found = _known(formulas[0])
        if found is not None:
            return found
    sentences = [piece.strip() for piece in _SENTENCE.split(text) if piece and piece.strip()]
    if last:
        sentences = [piece for piece in sentences if any(char.isdigit() or char in "$\\" for char in piece)][-1:]
    found = _in_sentence(sentences[0]) if sentences else None
    return whole if found is None else found


def _in_sentence(sentence: str) -> Node | None:
    sentence = sentence.rstrip(".!?;,: *")
    found = _known(sentence)
    if found is not None:
        return found
    verbs = [match.end() for match in _VERB.finditer(sentence)][-_MOST_VERBS:]
    for start in reversed(verbs):
        rest = sentence[start:].strip()
        if any(char.isdigit() or char in "$\\" for char in rest) and not _DENIED.search(rest):
            found = _known(rest)
            if found is not None:
                return found
    formulas = _formulas(sentence)
    if len(set(formulas)) == 1 or (
        formulas and sentence.endswith(("$", "\\)", "\\]")) and not _DENIED.search(sentence)
    ):
        return _known(formulas[-1])
    if _MARKUP.search(sentence) or not _WORD.search(sentence):
        # A number is never picked out of a formula that could not be read.
        return None
    sentence = _THEREFORE.split(sentence)[-1]
    numbers = {match[0] for match in _NUMBER.finditer(sentence)}
    if len(numbers) == 1 and not _DENIED.search(sentence):
        return _known(numbers.pop())
    result = _RESULT.search(sentence)
    if result and not _DENIED.search(sentence):
        return _known(result[1])
    trailing = _TRAILING.search(sentence)
    if trailing and any(char.isdigit() for char in trailing[0]) and "=" in trailing[0] and not _DENIED.search(sentence):
        return _known(trailing[0].strip(" ,."))
    return None


def _formulas(text: str) -> list[str]:
    """The formulas in a text; what stands between the dollar signs of two amounts of money is none."""
    found = [next(group for group in match.groups() if group) for match in _FORMULA.finditer(text)]
    return [formula for formula in found if not formula[-1].isspace() or formula[0].isspace()]


def _known(text: str) -> Node | None:
    node = parse(text.strip())
    return None if isinstance(node, Text) else node

"""Exact match and F1 of words, as the official script of SQuAD 1.1 counts them. Pure.

Beyond ASCII, where that script says nothing: every punctuation mark of Unicode is left out, and each letter of Chinese,
Japanese and Thai is a word, as the script of MLQA (Lewis et al. 2020) does it.
"""

import re
import string
import unicodedata
from collections import Counter

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)
_UNSPACED = re.compile(r"([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff])")
_ALL_OR_NOTHING = frozenset(("yes", "no", "noanswer"))


def normalise(text: str) -> str:
    """A text in small letters, without punctuation and English articles, one space between words.

    Where nothing would be left, as of the grade "A", the text stays as it is: else a full stop would match it.
    """
    lowered = text.lower().translate(_ASCII_PUNCTUATION)
    if not lowered.isascii():
        lowered = unicodedata.normalize("NFKC", lowered)
        lowered = "".join(letter for letter in lowered if unicodedata.category(letter)[0] != "P")
        lowered = _UNSPACED.sub(r" \1 ", lowered)
    return " ".join(_ARTICLES.sub(" ", lowered).split()) or " ".join(text.lower().split())


def exact(answer: str, reference: str) -> float:
    """1.0 if both are the same after normalisation."""
    return float(normalise(answer) == normalise(reference))


def f1(answer: str, reference: str) -> float:
    """The harmonic mean of the shares of words that both have, from 0.0 to 1.0."""
    given, wanted = normalise(answer), normalise(reference)
    if given == wanted:
        return 1.0
    if given in _ALL_OR_NOTHING or wanted in _ALL_OR_NOTHING:
        return 0.0
    given_words, wanted_words = given.split(), wanted.split()
    same = sum((Counter(given_words) & Counter(wanted_words)).values())
    if not same:
        return 0.0
    return 2 * same / (len(given_words) + len(wanted_words))

"""Texts as a selection compares them: words, runs of words as numbers, equations."""

import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

from rewardkit.judgements.digest import digest

# Scripts that put no space between words: each letter counts as a word. Han, kana, Thai, Lao, Burmese, Khmer.
_UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u109f\u1780-\u17d3\u3041-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_EQUATION = re.compile(r"[\d.,()+\-*/×÷%$\s^]{3,120}=[\s$]{0,4}[\d.,+\-*/%]+")
_NOISE = re.compile(r"[\s,$]")
_PRIME = np.uint64((1 << 61) - 1)


def words(text: str) -> list[str]:
    """The words of a text in lower case, one form for each letter (NFKC); punctuation falls away."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def word_count(text: str) -> int:
    """How many words a text has."""
    return sum(1 for _ in _WORD.finditer(text))


def longest_paragraph(text: str) -> int:
    """The number of words in the longest paragraph, which ends at a line without text."""
    return max((word_count(block) for block in re.split(r"\n\s*\n", text)), default=0)


def folded(text: str) -> str:
    """The text with capitals and white space made alike."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def equations(text: str) -> str:
    """The equations of numbers in a text, in order, one a line: those in GSM8K's `<<48/2=24>>` if there are any.

    Empty where there is none.
    """
    marked = re.findall(r"<<([^<>\n]{1,200})>>", text)
    found = marked or [match for match in _EQUATION.findall(text) if re.search(r"\d\s*[+\-*/×÷^]", match)]
    plain = (_NOISE.sub("", one).replace("×", "*").replace("÷", "/").strip(".+-*/(") for one in found)
    return "\n".join(one for one in plain if one)


def runs(found: list[str], length: int) -> NDArray[np.uint64]:
    """A number for each run of so many words, in order; one for all of them where there are fewer."""
    if not found:
        return np.zeros(0, dtype=np.uint64)
    numbers = {word: digest(word) & 0x1FFFFFFFFFFFFFFF for word in set(found)}
    one = np.array([numbers[word] for word in found], dtype=np.uint64)
    length = min(length, len(one))
    total = len(one) - length + 1
    made = np.zeros(total, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for start in range(length):
            made = made * np.uint64(0x9E3779B97F4A7C15) + one[start : start + total]
            made ^= made >> np.uint64(29)
    return made

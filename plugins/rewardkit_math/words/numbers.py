"""Numbers in words: `thirty-two`, `two hundred and five`."""

import re
from collections.abc import Callable
from fractions import Fraction

NUMBERS = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
"""Numbers in words; the tens also take a digit behind a hyphen or a blank (`thirty-two`)."""

SCALES = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 1_000_000,
}
"""Words by which a number in words may be multiplied."""


PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "thirds": 3,
    "quarter": 4,
    "quarters": 4,
    "fourth": 4,
    "fourths": 4,
    "fifth": 5,
    "fifths": 5,
    "sixth": 6,
    "sixths": 6,
    "seventh": 7,
    "sevenths": 7,
    "eighth": 8,
    "eighths": 8,
    "ninth": 9,
    "ninths": 9,
    "tenth": 10,
    "tenths": 10,
}
"""Words that make a number in words a fraction (`three quarters`)."""


COMPUTED: dict[str, tuple[Callable[[Fraction], Fraction], str, int]] = {
    "dozen": (lambda count: 12 * count, "a dozen eggs", 12),
    "dozens": (lambda count: 12 * count, "three dozens", 36),
    "squared": (lambda base: base**2, "12 squared", 144),
    "cubed": (lambda base: base**3, "five cubed", 125),
}
"""Words that make another number of the one before them, with an example and its value."""

_COMPUTED = re.compile(
    r"(?P<count>half\s+an?|an?|\d{1,9}(?:\.\d{1,9})?|[a-z]+(?:-[a-z]+)?)\s+"
    rf"(?P<how>{'|'.join(sorted(COMPUTED, key=len, reverse=True))})(?P<rest>(?:\s+[a-z]+){{0,2}})",
    re.IGNORECASE,
)
_FEW = {"a": Fraction(1), "an": Fraction(1), "half": Fraction(1, 2)}


def computed_in_words(words: str) -> tuple[Fraction, str] | None:
    """`a dozen eggs` as 12 and the words behind it, `12 squared` as 144; None for anything else."""
    found = _COMPUTED.fullmatch(words)
    if found is None:
        return None
    how, rest, first = found["how"].casefold(), found["rest"].strip(), found["count"].casefold().split()[0]
    powers = not how.startswith("dozen")
    if powers and (rest or first in _FEW):
        return None
    count = Fraction(first) if first[0].isdigit() else _FEW.get(first, number_in_words(first))
    return None if count is None else (COMPUTED[how][0](Fraction(count)), rest)


def fraction_in_words(words: str) -> Fraction | None:
    """`three quarters` as 3/4; None for what is not a fraction in words."""
    count, _, part = words.casefold().replace("-", " ").strip().rpartition(" ")
    over = 1 if count in ("a", "an") else number_in_words(count)
    return Fraction(over, PARTS[part]) if over and part in PARTS else None


def number_in_words(words: str) -> int | None:
    """`thirty-two` as 32; None for what is not a number in words."""
    total, part, seen = 0, 0, False
    for word in words.casefold().replace("-", " ").split():
        if word in NUMBERS:
            value = NUMBERS[word]
            if seen and (value >= 10 if part % 100 else False):
                return None
            if seen and part % 10:
                return None
            part += value
        elif word in SCALES and seen:
            if SCALES[word] == 100:
                part *= 100
            else:
                total, part = total + part * SCALES[word], 0
        elif not (word == "and" and seen):
            return None
        seen = True
    return total + part if seen else None

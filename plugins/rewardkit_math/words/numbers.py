"""Numbers in words: `thirty-two`, `two hundred and five`."""

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

"""Words around an answer: which of them change a number, end an answer, announce it, or say that there is none.

Each table has one entry a line; tests run every one of them.
"""

import re
from collections.abc import Mapping

BEFORE_NUMBER: dict[str, str] = {
    "minus": "minus 7",
    "half of": "half of 7",
    "half": "half 7",
    "a third of": "a third of 7",
    "a quarter of": "a quarter of 7",
    "twice": "twice 7",
    "thrice": "thrice 7",
    "double": "double 7",
    "triple": "triple 7",
    "at least": "at least 7",
    "at most": "at most 7",
    "more than": "more than 7",
    "less than": "less than 7",
    "fewer than": "fewer than 7",
    "greater than": "greater than 7",
    "larger than": "larger than 7",
    "smaller than": "smaller than 7",
    "bigger than": "bigger than 7",
    "no more than": "no more than 7",
    "up to": "up to 7",
    "below": "below 7",
    "above": "above 7",
    "under": "under 7",
    "over": "over 7",
    "other than": "anything other than 7",
    "but": "everything but 7",
    "except": "everything except 7",
    "without": "without 7",
    "besides": "all besides 7",
    "not": "not 7",
    "never": "never 7",
    "neither": "neither 7",
    "square root of": "the square root of 7",
    "cube root of": "the cube root of 7",
    "root of": "the root of 7",
    "square of": "the square of 7",
    "cube of": "the cube of 7",
    "reciprocal of": "the reciprocal of 7",
    "inverse of": "the inverse of 7",
    "negative of": "the negative of 7",
    "opposite of": "the opposite of 7",
    "factorial of": "the factorial of 7",
    "logarithm of": "the logarithm of 7",
    "log of": "the log of 7",
    "multiple of": "a multiple of 7",
    "divisor of": "a divisor of 7",
    "factor of": "a factor of 7",
    "power of": "a power of 7",
    "divisible by": "divisible by 7",
    "plus": "one plus 7",
    "times": "three times 7",
    "off by": "off by 7",
    "close to": "close to 7",
    "near": "near 7",
    "between": "between 7",
    "either": "either 7",
    "maybe": "maybe 7",
    "perhaps": "perhaps 7",
    "possibly": "possibly 7",
    "probably not": "probably not 7",
    "like": "some number like 7",
    "such as": "a number such as 7",
    "instead of": "instead of 7",
    "rather than": "rather than 7",
}
"""Words right before a number after which it is another number, a bound, or denied; each with an example."""

AFTER_NUMBER: dict[str, str] = {
    "plus": "7 plus one",
    "minus": "7 minus one",
    "times": "7 times two",
    "over": "7 over two",
    "squared": "7 squared",
    "cubed": "7 cubed",
    "factorial": "7 factorial",
    "choose": "7 choose two",
    "point": "7 point five",
    "and a half": "7 and a half",
    "and a third": "7 and a third",
    "and a quarter": "7 and a quarter",
    "and a bit": "7 and a bit",
    "and more": "7 and more",
    "and up": "7 and up",
    "or more": "7 or more",
    "or so": "7 or so",
    "percent more": "7 percent more",
    "percent less": "7 percent less",
    "percent of": "7 percent of",
    "percent off": "7 percent off",
    "or less": "7 or less",
    "or fewer": "7 or fewer",
    "or greater": "7 or greater",
    "or higher": "7 or higher",
    "at least": "7 at least",
    "at most": "7 at most",
    "at the least": "7 at the least",
    "halves": "7 halves",
    "thirds": "7 thirds",
    "quarters of": "7 quarters of",
    "fourths": "7 fourths",
    "fifths": "7 fifths",
    "sixths": "7 sixths",
    "sevenths": "7 sevenths",
    "eighths": "7 eighths",
    "ninths": "7 ninths",
    "tenths": "7 tenths",
    "hundredths": "7 hundredths",
    "thousandths": "7 thousandths",
    "dozen": "7 dozen",
    "score": "7 score",
    "dozens": "7 dozens",
    "divided by": "7 divided by two",
    "multiplied by": "7 multiplied by two",
    "to the": "7 to the fourth",
    "modulo": "7 modulo five",
    "too many": "7 too many",
    "too few": "7 too few",
    "more than": "7 more than x",
    "less than": "7 less than x",
    "fewer than": "7 fewer than x",
    "is wrong": "7 is wrong",
    "is incorrect": "7 is incorrect",
    "is false": "7 is false",
    "is not": "7 is not it",
    "off": "7 off",
    "should be": "7 should be two",
}
"""Words right after a number after which it is another number, a bound, or denied; each with an example."""

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

REMARKS = (
    "which",
    "where",
    "when",
    "whenever",
    "because",
    "since",
    "as",
    "for",
    "if",
    "with",
    "attained",
    "achieved",
    "reached",
    "obtained",
    "occurring",
    "assuming",
    "provided",
    "given",
    "such that",
    "so that",
    "under",
    "by",
    "using",
    "regardless",
    "depending",
    "after",
    "once",
    "in",
    "on",
    "at",
    "up to",
    "without",
    "while",
    "whereas",
    "after",
    "that",
    "who",
    "whose",
    "namely",
    "i.e.",
    "rounded",
    "making",
    "meaning",
    "showing",
    "including",
    "counting",
    "unless",
    "until",
    "due to",
    "per",
    "inclusive",
    "respectively",
    "only",
    "via",
    "from",
    "according to",
    "instead of",
    "rather than",
)
"""Words that open a remark after an answer."""

OPENERS = (
    "if",
    "when",
    "whenever",
    "since",
    "because",
    "as",
    "for",
    "given",
    "with",
    "where",
    "under",
    "in",
    "on",
    "using",
    "by",
    "from",
    "let",
    "suppose",
    "assuming",
    "after",
    "at",
    "to",
    "among",
    "while",
    "although",
    "though",
    "out of",
    "of",
)
"""Words that open a clause before the statement, up to its comma."""

OPEN_QUESTIONS = (
    "how many",
    "how much",
    "whether",
    "what",
    "why",
)
"""Words after which a sentence asks and says nothing."""

OPEN_ENDS = (
    "to be computed",
    "to be checked",
    "to be determined",
    "to be found",
    "to be shown",
    "to be seen",
    "to be proved",
    "unknown",
    "unclear",
    "undetermined",
    "don't know",
    "do not know",
    "not sure",
    "cannot tell",
    "don't think",
    "do not think",
    "doubt",
    "cannot be the answer",
    "but that is wrong",
    "but this is wrong",
    "but that is incorrect",
    "but that is not",
    "can't be the answer",
    "cannot be determined",
    "not possible to determine",
    "impossible to determine",
    "difficult to determine",
    "not possible to find",
    "not possible to say",
    "not enough information",
    "where it should",
    "but it should",
    "cannot be computed",
    "cannot be found",
)
"""Words with which a sentence leaves its question open or takes its number back."""


def alternatives(words: "tuple[str, ...] | Mapping[str, object]") -> str:
    """A pattern of the words, the longest first."""
    return "|".join(re.escape(word).replace("\\ ", r"\s+") for word in sorted(words, key=len, reverse=True))


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


NEGATIONS: dict[str, str] = {
    r"\bnot\b": "It is not",
    r"\bnicht\b": "Das ist nicht",
    r"\bkeine?\b": "Das ist keine",
    r"\bnie\b": "Wynik to nie",
    r"\bno es\b": "La respuesta no es",
    r"\bno son\b": "Las raíces no son",
    r"\bnon è\b": "La risposta non è",
    r"\bn[ãa]o [ée]\b": "A resposta não é",
    r"\bn'est pas\b|\bpas\b": "La réponse n'est pas",
    r"\bikke\b": "Svaret er ikke",
    r"\binte\b": "Svaret är inte",
    r"\bniet\b|\bgeen\b": "Het antwoord is niet",
    r"\bnem\b": "A válasz nem",
    r"\bnení\b": "Výsledek není",
    r"\bnu este\b": "Rezultatul nu este",
    r"\bkhông phải(?: là)?\b": "Đáp án không phải là",
    r"\bbukan\b|\btidak\b": "Jawabannya bukan",
    r"\bне\b": "Ответ не",
    r"不是|并非|不等于|不為|不为": "答案不是",
    r"(?<!\w)(?:ليس|ليست)(?!\w)": "الجواب ليس",
    r"\bδεν είναι\b": "Η απάντηση δεν είναι",
}
"""Words of denial right before a value, as patterns, each with the beginning of a sentence that it denies."""

_DENIED = re.compile(rf"(?:{'|'.join(NEGATIONS)})[\s*:$\\(]{{0,8}}(?:\w+\s+)?[\s*:$\\(]{{0,4}}\Z", re.IGNORECASE)


def denied(before: str) -> bool:
    """True if the text before a value denies it: `Das ist nicht`."""
    return _DENIED.search(before[-60:]) is not None

"""The value of a phrase: numbers in words, residues, and words that change a number.

Formulas are hidden while words are looked at (`mask`), so that no word is ever found inside of one.
"""

import re
from fractions import Fraction
from typing import NamedTuple

from rewardkit_math.notation.parse import parse
from rewardkit_math.sentences.patterns import (
    AFTER,
    ANY_VERB,
    ASIDE,
    BEFORE,
    COMMAND,
    COMMAND_MARK,
    CONGRUENT,
    FILLER,
    FORMULA,
    HIDDEN,
    JOY,
    LED,
    MOD_EQUALS,
    MODULUS,
    NEGATIVE,
    WORD,
    WORDS_THAT_CHANGE,
)
from rewardkit_math.tree import Conditioned, Node, Num, Ratio, Text
from rewardkit_math.words.numbers import computed_in_words, fraction_in_words, number_in_words


class Reading(NamedTuple):
    """The answer that a text states."""

    node: Node
    """Text where no part of it reads as mathematics."""
    text: str
    """The part that was read."""
    why: str = ""
    """Why nothing was read."""


_OUT_OF = re.compile(r"(\d{1,15}) (out of|to) (\d{1,15})")
_LATIN_WORD = re.compile(r"[a-zA-Z-]+")
_FEW_WORDS = re.compile(r"\s*(?:[a-zA-Z]{2,}\s*){0,3}")


def mask(text: str) -> str:
    """The text with its formulas and LaTeX commands hidden, of the same length."""
    for match in reversed(list(FORMULA.finditer(text))):
        inner = next(group for group in match.groups() if group)
        if inner[-1].isspace() and not inner[0].isspace():
            continue  # what stands between the dollar signs of two amounts of money
        text = text[: match.start()] + HIDDEN * (match.end() - match.start()) + text[match.end() :]
    if "\\" in text:
        text = COMMAND.sub(lambda match: (" " if match[1] else COMMAND_MARK) * len(match[0]), text)
    return text


_A_WORD = re.compile(r"(?<![\\A-Za-z])[^\W\d_]{2}|\\\\[A-Za-z]{2}")


def has_words(text: str) -> bool:
    """False for a text that is nothing but a formula: without any word or name of two letters but LaTeX commands."""
    return _A_WORD.search(text) is not None


def holds_value(text: str) -> bool:
    """True where a text has a digit, a formula or a number in words."""
    return any(char.isdigit() or char in "$\\√π∞=" for char in text) or any(
        number_in_words(word) is not None for word in WORD.findall(text)
    )


def changes_number(masked: str) -> bool:
    """True where words change the number that they stand beside."""
    bare = masked.replace("{", " ").replace("}", " ")
    return bool(BEFORE.search(bare) or AFTER.search(bare))


def words_from(text: str) -> tuple[int, int] | None:
    """The number in words at the start of a text, and where it ends."""
    best = None
    for match in list(_LATIN_WORD.finditer(text))[:5]:
        value = number_in_words(text[: match.end()])
        if value is None:
            break
        best = value, match.end()
    return best


def value_of(phrase: str) -> Reading | None:
    """The value that a phrase without a verb stands for; None where it is none, or words change it."""
    phrase = phrase.strip().strip("*").strip(" ,;:.")
    phrase = JOY.sub("", phrase)
    phrase = ASIDE.sub(" ", phrase).strip()
    filler = FILLER.match(mask(phrase))
    if filler and filler.end() < len(phrase):
        phrase = phrase[filler.end() :].strip()
    phrase = NEGATIVE.sub("-", phrase)
    if not phrase:
        return None
    masked = mask(phrase)
    computed = computed_in_words(phrase)
    if computed is not None and not (ANY_VERB.search(masked) or WORDS_THAT_CHANGE.search(computed[1])):
        return Reading(Num(computed[0]), phrase)
    if changes_number(masked) or ANY_VERB.search(masked) or LED.match(masked.strip()):
        return None
    part = fraction_in_words(phrase) if masked[:1].isalpha() else None
    if part is not None:
        return Reading(Num(part), phrase)
    of = _OUT_OF.fullmatch(phrase)
    if of and int(of[3]):
        over, under = Fraction(int(of[1])), Fraction(int(of[3]))
        return Reading(Ratio((Num(over), Num(under))) if of[2] == "to" else Num(over / under), phrase)
    number = words_from(masked) if masked[:1].isalpha() else None
    if (
        number is not None
        and not WORDS_THAT_CHANGE.search(masked, number[1])
        and _FEW_WORDS.fullmatch(masked[number[1] :])
    ):
        return Reading(Num(Fraction(number[0])), phrase)
    residue = residue_of(phrase)
    if residue is not None:
        return residue
    node = parse(phrase)
    if isinstance(node, Text) or (isinstance(node, Conditioned) and _states(node.condition)):
        return None
    return Reading(node, phrase)


def _states(condition: str) -> bool:
    """True where a condition holds a verb, and so a statement of its own."""
    return bool(ANY_VERB.search(condition))


def residue_of(phrase: str) -> Reading | None:
    """`0 mod 9` and `m ≡ 3 (mod 17)` as the residue, where it is smaller than the modulus."""
    bare = phrase.replace("$", "").replace("\\(", "").replace("\\)", "") if "mod" in phrase else ""
    modulus = MODULUS.search(bare)
    if modulus is None:
        equals = MOD_EQUALS.search(bare)
        residue = parse(equals[2]) if equals else None
        return Reading(residue, phrase) if equals and isinstance(residue, Num) else None
    residue = parse(CONGRUENT.split(bare[: modulus.start()])[-1].strip())
    if isinstance(residue, Num) and 0 <= residue.value < int(modulus[1]):
        return Reading(residue, phrase)
    return None

"""Sentences without a verb that a value follows: their only formula or number, where no words change or deny it."""

import re

from rewardkit_math.sentences.patterns import (
    BUT,
    DENIED,
    HIDDEN,
    MARKUP,
    MOST_VERBS,
    NOT_AN_ANSWER,
    NUMBER,
    REMARK,
    RESULT,
    TOTALS,
    TRAILING,
    VALUE,
    WEAK_VERB,
    WORD,
)
from rewardkit_math.sentences.phrase import Reading, changes_number, holds_value, mask, value_of

_REASON = re.compile(r"\b(?:which|where|when|because|since|if|such that|as an?)\b")
_HIDDEN_FORMULA = re.compile(f"{HIDDEN}+")
_ENDS_WITH_VALUE = re.compile(rf"{VALUE}\s*$")
_WORDS = re.compile(r"[\w']+")
_ARGUMENT = re.compile(r"[A-Za-z]\($")


def only_value(sentence: str, masked: str) -> Reading | None:
    """The only formula or the only number of a sentence, where no words change or deny it."""
    if BUT.search(masked):
        return None
    strong = _REASON.search(masked)
    if strong and strong.start() > 0:
        sentence, masked = sentence[: strong.start()].rstrip(" ,"), masked[: strong.start()].rstrip(" ,")
    if changes_number(masked) or DENIED.search(masked):
        return None
    if not WORD.search(masked):
        return value_of(sentence)
    formulas = list(_HIDDEN_FORMULA.finditer(masked))
    digits = any(char.isdigit() for char in masked)
    texts = {sentence[match.start() : match.end()] for match in formulas}
    if len(texts) == 1 and not digits:
        return value_of(texts.pop())
    if formulas and formulas[-1].end() == len(masked.rstrip()) and "=" in sentence[formulas[-1].start() :]:
        return value_of(sentence[formulas[-1].start() : formulas[-1].end()])
    for match in reversed(list(WEAK_VERB.finditer(masked))[-MOST_VERBS:]):
        rest = sentence[match.end() :].strip()
        before = masked[: match.start()].split()
        if match[0].strip() == "of" and not (before and before[-1].casefold() in TOTALS):
            continue
        if match[0].strip() == "to" and _ENDS_WITH_VALUE.search(masked[: match.start()]):
            return None
        remark = REMARK.search(mask(rest))
        if holds_value(rest):
            found = value_of(rest) or (value_of(rest[: remark.start()]) if remark else None)
            if found is not None:
                return found
    if MARKUP.search(sentence) or not WORD.search(sentence):
        # A number is never picked out of a formula that could not be read.
        return None
    numbers = list(NUMBER.finditer(sentence))
    if len({match[0] for match in numbers}) == 1:
        before = _WORDS.findall(sentence[: numbers[0].start()])
        if (before and before[-1].casefold() in NOT_AN_ANSWER) or _beside_operator(sentence, numbers[0]):
            return None
        return value_of(numbers[0][0])
    result = RESULT.search(sentence)
    if result:
        return value_of(result[1])
    ending = TRAILING.match(sentence[::-1])
    trailing = sentence[-ending.end() :] if ending else ""
    named = sentence.removesuffix(trailing).rstrip()[-1:].isalpha()
    if not named and "=" in trailing and any(char.isdigit() for char in trailing):
        return value_of(trailing.strip(" ,."))
    return None


def _beside_operator(sentence: str, number: "re.Match[str]") -> bool:
    """True where a number is part of a formula such as `0 <= r < k`."""
    before, after = sentence[: number.start()].rstrip(), sentence[number.end() :].lstrip()
    if _ARGUMENT.search(before):
        return True
    return before.endswith(("<", ">", "≤", "≥", "^", "*", "≠")) or after.startswith(
        ("<", ">", "≤", "≥", "^", "*", "=", "≠")
    )

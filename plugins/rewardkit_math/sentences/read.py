"""An answer inside a sentence: which part of the words is the answer.

A text without a statement is read whole. Of a sentence the claim is read:

    there are N …, all N …        the number
    N is the only …               what stands before the verb
    … is A, which occurs when …   what follows the first verb after which a value can be read, without the remark
    no verb with a value          the only formula, or the only number

    read       the text, its sentences, and which of them counts
    claim      the readers of one sentence, in their order
    counted    there are N …
    only_value no verb with a value
    phrase     the value of a phrase; formulas are hidden while words are looked at
    worded     answers that are words: yes, none, infinitely many

A number that the words change (`half of 7`, `at least 7`, `7 dozen`), deny or leave open is not picked, and neither is
one of several values when nothing says which one is meant.
"""

import re

from rewardkit_math.notation.parse import parse, parse_or_why, why_unread
from rewardkit_math.sentences.claim import claim
from rewardkit_math.sentences.patterns import (
    ANY_VERB,
    ARROW,
    BLANKS,
    CASES,
    HOPE,
    INSTEAD,
    LAST_VALUE,
    MOD,
    POWER,
    REMARK_SENTENCE,
    SENTENCE,
    SPELLED,
)
from rewardkit_math.sentences.phrase import Reading, changes_number, has_words, holds_value, mask, value_of
from rewardkit_math.tree import Text
from rewardkit_math.words.denials import denied
from rewardkit_math.words.numbers import computed_in_words

_TEXT = re.compile(r"\A\\text\s*\{([^{}]*)\}\Z")


def read(text: str, *, last: bool) -> Reading:
    """The answer that a text states.

    last  the answer is sought in the last sentence that could hold one, not in the first
    """
    text = BLANKS.sub(" ", text)
    text = text.replace("**", " ") if "**" in text and not POWER.search(text) else text
    if not has_words(text) and not ARROW.search(text) and not text.endswith("?"):
        text = text.strip().strip("*`#").strip()
        node = parse(text)
        if not isinstance(node, Text):
            return Reading(node, text)
    text = INSTEAD.sub("", HOPE.sub("", text.strip().strip("*`#").strip()))
    masked = mask(text)
    if text.endswith("?"):
        return Reading(Text(""), text, "it asks and states nothing")
    if CASES.search(masked) and "cases" not in text:
        return Reading(Text(""), text, "a value for each of several cases")
    value = LAST_VALUE.search(text)
    if value and denied(text[: value.start()]):
        return Reading(Text(""), text, "it is denied")
    if ARROW.search(text):
        return Reading(Text(""), text, "it goes from one value to another")
    bare = _TEXT.sub(r"\1", text).rstrip(" .")
    if computed_in_words(bare) is not None:
        return value_of(bare) or Reading(Text(""), text, "words change the number")
    if not ANY_VERB.search(masked) and not changes_number(masked) and not MOD.search(masked):
        spelled = value_of(text) if SPELLED.match(text) else None
        if spelled is not None:
            return spelled
        node = parse(text)
        if not isinstance(node, Text) or not node.words:
            return Reading(node, text, "" if not isinstance(node, Text) else why_unread(text))
    sentences = _sentences(text, masked)
    if last:
        claims = [piece for piece in sentences if not REMARK_SENTENCE.match(piece)]
        sentences = [piece for piece in claims if holds_value(piece)][-1:] or claims[-1:]
    found = claim(sentences[0].rstrip(".?;,: *"), 0) if sentences else None
    if found is not None and (found.why or not isinstance(found.node, Text)):
        return found
    whole, why = parse_or_why(text)
    if has_words(text) or not why:
        why = f"no part of it reads as one value{': ' if why else ''}{why}"
    return Reading(whole if isinstance(whole, Text) else Text(""), text, why)


def _sentences(text: str, masked: str) -> list[str]:
    """The sentences of a text; a formula is never split."""
    ends = [(match.start(), match.end()) for match in SENTENCE.finditer(masked)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    pieces = [text[start:stop].strip() for start, stop in zip(starts, stops, strict=True)]
    return [piece for piece in pieces if piece]


def is_sentence(text: str) -> bool:
    """True where a text has a verb outside of its formulas, or words that change a number."""
    if not has_words(text):
        return False
    masked = mask(text)
    return bool(ANY_VERB.search(masked)) or changes_number(masked)

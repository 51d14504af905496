"""Words around an answer: what leads to it, what follows it, what changes it, what takes it back."""

import re

CONDITIONS = re.compile(
    r"(?:where|for|when|if|with|such|provided|assuming|as|whenever|given|on|over|unless|because|since|otherwise)\b"
)
"""Words that begin a condition."""
CASES = re.compile(r"(?:if|when|otherwise|else|for)\b")
"""Words that begin one of several cases."""
QUANTIFIERS = re.compile(r"for (?:all|any|every|each)\b|\\forall")
"""Words that restrict nothing."""
REMARKS = re.compile(
    r"\((?:about|approx|roughly|approximately|nearly|exactly)\b|(?:which is |or )?(?:about|approximately|roughly)\b"
)
"""Words that begin a remark, which ends the answer."""
ROUGHLY = frozenset(("approximately", "about", "roughly", "around", "exactly", "only", "answer", "answer:"))
"""Words before an answer that say nothing about it."""
ASIDES = frozenset(("which", "namely", "which is"))
"""Words that begin an aside after the last item."""
COINS = frozenset(("$", "€", "£", "¥", "₹"))
DISCOURSE = frozenset(
    (
        "因此",
        "所以",
        "于是",
        "故",
        "综上",
        "则",
        "therefore",
        "thus",
        "hence",
        "so",
        "then",
        "finally",
        "donc",
        "ainsi",
        "also",
        "daher",
        "luego",
        "entonces",
        "por lo tanto",
        "so we get",
        "we get",
        "we have",
        "that is",
    )
)
"""Words between answers that belong to the talk."""

_VERB = re.compile(r"\A.*(?:\b(?:is|are|equals|be|equal to|gives|get|means|est|es|ist)\b|[:=])")
_LEAD = re.compile(
    r"(?:.*\b(?:is|are|equals|be|equal to|as|by|gives|get|means|so|thus|hence|therefore|either|x|of|est|de|es|ist)"
    r"|[^a-z]*)[\s:,]*$"
)
_CHANGES = re.compile(
    r"\b(?:half|halves|third|thirds|quarter|quarters|fourth|fifth|tenth|tenths|hundredth|hundredths|thousandths?"
    r"|twice|thrice|double|triple|square root|cube root|root|reciprocal|inverse|negative|minus|plus|times|opposite"
    r"|least|most|more|less|fewer|but|except|without|under|above|below|between|exceeds?|multiples?|factorial"
    r"|divided|multiplied|added|subtracted|squared|cubed|power|logarithm|complement|everything|anything"
    r"|demi|moitié|moins|fois|halbe?|minus|mal)\b"
)
_UNIT_AFTER = re.compile(r"^(?:square |cubic |sq |cu )?\S+ (?:squared|cubed)$|\bper\b|/")
_DENIES = re.compile(r"\b(?:not|wrong|incorrect|false|isn't|perhaps|maybe|or|nor|never|except)\b")


def leads_to_value(words: str) -> bool:
    """True for words after which a value stands as it is: `the answer is`, but not `half of`."""
    return bool(_LEAD.match(words)) and not _CHANGES.search(_VERB.sub("", words))


def changes_value(words: str) -> bool:
    """True for words after a value that make it another: `plus one`, `and a half`, `or more`."""
    return bool(_CHANGES.search(words)) and not _UNIT_AFTER.search(words)


def denies(words: str) -> bool:
    """True for words after a value that take it back: `is wrong`, `or maybe`."""
    return bool(_DENIES.search(words))

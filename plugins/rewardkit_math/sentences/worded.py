"""Answers in words: yes and no, none, infinitely many, or the same words.

A ground truth in words asks for a prediction that says the same: `No` is said by "No, there is no such graph", `No
integer solutions` by "The equation has no integer solutions". Words that make the statement weaker ("no other
solutions", "no positive solutions") say something else.
"""

import re

from rewardkit_math.notation.parse import plain

_POLARITY = re.compile(
    r"^(?:the (?:final )?answer (?:is|to .{1,80}? is)[: ]+)?(yes|no|true|false)"
    r"(?=$|[.,;:!—–-](?:\s|$)|\s+[(,—–-]|\s+because\b|\s+since\b)"
)
_EXISTENCE = re.compile(
    r"^(?:\w+,\s+)?(?:(?:therefore|thus|hence|so),?\s+)?"
    r"(?:there (?:is|are|exists?) no\b(?! (?:doubt|question|problem|need|reason))|"
    r"there (?:do|does) not exist\b|no such \w+|"
    r"such (?:an? )?\w+ (?:cannot|can't|does not|doesn't|do not|don't) exist\b)"
)
_YES = frozenset(("yes", "true"))
_POLARITY_AGAIN = re.compile(r"\W*(?:(?:or|and|but|maybe|perhaps)\s+)?(yes|no|true|false)(?=$|\s*[^\w\s])")
"""The opposite at once: `Yes, no`."""
_POSSIBLE = re.compile(
    r"^(?:(?:therefore|thus|hence|so|indeed),?\s+)?(?:"
    r"(?P<no>(?:(?:it|this|that) (?:is|was) )?(?:not possible|impossible)\b|"
    r"(?:it|this|that) (?:cannot|can't|can not) be done\b)"
    r"|(?:(?:it|this|that) is possible|possible|(?:it|this|that) can be done)(?=$|[.,;:!]|\s(?:to|for)\b))"
    r"(?!\s(?:to|for \w+ to) (?:say|tell|determine|know|decide|conclude|answer|give|judge|find|compute)\b)"
)
"""`It is possible to …`: yes; `This cannot be done`: no."""
_STATEMENT = re.compile(
    r"^(?:(?:therefore|thus|hence|so),?\s+)?"
    r"(?:the|this|that) (?:given )?(?:statement|claim|conjecture|assertion|proposition) "
    r"is (?P<not>not )?(?:always )?(?P<how>true|false|correct|incorrect)(?=$|[.,;:!])"
)
_UNDEFINED = re.compile(r"dne|does not exist|doesn't exist|(?:the )?limit does not exist")
_NOT_THERE = re.compile(
    r"(?:dne|(?:(?:so|thus|hence|therefore),? )?(?:(?:the|this) (?:\w+ ){0,4})?"
    r"(?:does not exist|doesn't exist|diverges(?: to infinity)?))"
    r"(?:,? (?:because|since|as|for) .*)?"
)
_OPEN = re.compile(r"\b(?:if|only|unless|but|except|maybe|perhaps|or|whether)\b")
_AGAIN = re.compile(r"\b(?:not|no|cannot|isn't|don't|doesn't|without|counterexamples?|exceptions?|other than|except)\b")
_NONE = re.compile(
    r"\bthere\s+(?:is|are|were|exists?|will be|can be)\s+(?:no\b(?! more| other)|not any\b)"
    r"|\bthere (?:is|are) (?:not|none)\b|\b(?:has|have|had|having)\s+(?:no\b|zero\b)|^none\b"
    r"|\bno (?:such )?(?P<head>[\w -]{0,60}?)\s*\b"
    r"(?:exists?|is possible|are possible|works?|satisf(?:y|ies))\b"
    r"|\b(?:do|does|did)\s+not\s+(?:exist|converge|have)\b|\b(?:can|could)\s?not\s+(?:exist|be)\b|\b(?:is|are)\s+(?:not\s+possible|impossible|no)\b"
    r"|^(?:no|not)\b|\bdiverges\b|\b(?:is|are) none\b|\bempty set\b"
)
_BUT = re.compile(r"\b(?:but|except|unless|other than|apart from|besides)\b")
_WEAKER = frozenset(["other", "more", "further", "additional"])
_QUALIFIERS = frozenset(
    [
        "positive",
        "negative",
        "non-negative",
        "nonnegative",
        "real",
        "rational",
        "irrational",
        "complex",
        "nonzero",
        "non-zero",
        "non-trivial",
        "nontrivial",
        "even",
        "odd",
        "prime",
        "finite",
        "infinite",
        "distinct",
        "two",
        "three",
    ]
)
_OPEN_NOUN = re.compile(r"\bsuch\b|\bpossible\b|^none$")
_REMARK = re.compile(r",?\s+(?:because|since|as|which|so|due to|for which|such that|that|where|when|with|to the|for)\b")
_COUNTED_NONE = re.compile(r"^(?:(?:so|thus|hence|therefore),? )?(?:there (?:is|are) none\b|none\b(?! of the above))")
_NO_THINGS = re.compile(
    r"\b(?:there (?:is|are) (?:none|no)\b(?! (?:\w+ ){0,2}bound)|(?:has|have) no\b"
    r"|(?:does|do) not have any\b|none of (?:the|them)\b|no such [\w ]{1,40} exists?\b)|^none\b"
)
_REASON = re.compile(r",?\s+(?:because|since|as|so|due to|given that)\b|;")
_INFINITE = re.compile(r"\binfinitely many\b|\binfinite number of\b|\ban infinity of\b|\binfinitely often\b")
_SAID = re.compile(
    r"(?:so |thus |therefore |hence )?(?:it|this|that|he|she|they|the(?: \w+){1,4}) "
    r"(?:is|are|was|will be|would be) (?:the |an? )?"
)
_MONTH = re.compile(r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\b")
_DAY = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b|,|\b(?:of|the)\b")

_MARKUP = re.compile(r"\\(?:text|textbf|mathrm|mbox|textit)\s*\{|[*{}$`]|\\boxed")


def polarity(text: str) -> bool | None:
    """True for an answer that begins with yes or true, False for no or false; None for any other."""
    folded = _folded(text)
    match = _POLARITY.match(folded)
    if match is None:
        return None
    again = _POLARITY_AGAIN.match(folded, match.end())
    said = match[1] in _YES
    return None if again and (again[1] in _YES) is not said else said


def denial(text: str) -> str | None:
    """The things that a text says there are none of (`integer solutions`); None where it does not say so."""
    words = _REMARK.split(_folded(text), maxsplit=1)[0]
    match = _NONE.search(words)
    if match is None:
        return None
    rest = match.groupdict().get("head") or (words[: match.start()] + " " + words[match.end() :])
    return " ".join(rest.split())


def is_infinite(text: str) -> bool:
    """True where a text says that there are infinitely many."""
    folded = _folded(text)
    found = _INFINITE.search(folded)
    return found is not None and not _AGAIN.search(folded[: found.start()])


def says_none(text: str, *, counted: bool) -> bool:
    """True where a text counts to zero: "There are none".

    counted  the ground truth counts something (`0 roots`), so that "It has no roots" says the same
    """
    words = _REASON.split(_folded(text), maxsplit=1)[0]
    match = (_NO_THINGS if counted else _COUNTED_NONE).search(words)
    if match is None or _BUT.search(words):
        return False
    return not _WEAKER & set(words.split()) and not _AGAIN.search(words[match.end() :])


def agree(text: str, ground_truth: str) -> bool:
    """True where a text says what a ground truth in words says."""
    if same_words(text, ground_truth):
        return True
    wanted = polarity(ground_truth)
    if wanted is not None:
        stated = polarity(text)
        if stated is None:
            stated = _implied_polarity(text)
        if stated is None and not wanted:
            return _denies_existence(text)
        return stated is wanted
    if is_infinite(ground_truth):
        return is_infinite(text)
    if _UNDEFINED.fullmatch(_folded(ground_truth)):
        return _NOT_THERE.fullmatch(_folded(text)) is not None
    none = denial(ground_truth)
    return none is not None and not _BUT.search(_REASON.split(_folded(text))[0]) and _denies_as_much(text, none)


def _implied_polarity(text: str) -> bool | None:
    """Yes or no, said without these words: `It is possible to …`, `The statement is false`; None where unsaid."""
    words = _REASON.split(_folded(text), maxsplit=1)[0]
    found = _POSSIBLE.match(words) or _STATEMENT.match(words)
    if found is None or _AGAIN.search(words[found.end() :]) or _OPEN.search(words[found.end() :]):
        return None
    said = found.groupdict()
    if said.get("how"):
        return (said["how"] in ("true", "correct")) is not bool(said["not"])
    return not said.get("no")


def _denies_existence(text: str) -> bool:
    """`It is not possible …`, `There are no …`: no, without the word."""
    words = _REASON.split(_folded(text), maxsplit=1)[0]
    match = _EXISTENCE.match(words)
    return match is not None and not _AGAIN.search(words[match.end() :])


def _denies_as_much(text: str, none: str) -> bool:
    """True where a text denies what a ground truth denies, or more than that."""
    stated = denial(text)
    if stated is None:
        return False
    words, wanted = set(stated.split()), set(none.split())
    if words & _WEAKER:
        return False
    if not _OPEN_NOUN.search(none) and (words & _QUALIFIERS) - wanted:
        return False
    nouns = {word.rstrip("s") for word in wanted if word.isalpha() and len(word) > 3} - {
        "integer",
        "such",
        "possible",
        "value",
        "exist",
    }
    nouns -= _QUALIFIERS
    specific = nouns - {"solution", "number", "value", "pair", "way", "root", "zero", "sequence"}
    return not specific or bool(specific & {word.rstrip("s,.") for word in _folded(text).split()})


def same_words(text: str, ground_truth: str) -> bool:
    """True where a text has the ground truth's words: alone, at the end of `it is …`, or as a date in any order."""
    one, other = plain(text), plain(ground_truth)
    if one == other or _SAID.sub("", one, count=1) == other:
        return True
    if one.rpartition(" is ")[2] == other.rpartition(" is ")[2]:
        return True
    if _MONTH.search(other) and any(char.isdigit() for char in other):
        return sorted(_DAY.sub(" ", one).split()) == sorted(_DAY.sub(" ", other).split())
    return False


def _folded(text: str) -> str:
    """The words in lower case, without markup."""
    words = _MARKUP.sub(" ", text)
    return " ".join(words.casefold().replace("’", "'").split()).strip(" .!")

r"""Multiple choice: the letter that an answer states, and the letter of a ground truth.

    stated_choice(r"\textbf{(B)} 12")            'B'
    stated_choice("The correct option is (C).")  'C'
    stated_choice("B or D")                      None: an answer that names two options states none
    labelled_choice("(B) 12 apples")             'B'

Each form of an answer is one entry of `FORMS`, with an example.
"""

import re
from typing import NamedTuple

LETTERS = "ABCDEFGHIJ"
"""The letters of options that are known."""

_OPENING = r"[\s$*>]*(?:\\(?:text|textbf|mathrm|mathbf|textit)\s*\{\s*)*"
_END = r"[\s)\]}.$*:!]*$"
_NOUN = r"(?:option|choice|answer|alternative|statement)"


class Form(NamedTuple):
    """One way in which an answer states an option."""

    name: str
    pattern: re.Pattern[str]
    example: str
    """An answer in this form that states B."""


FORMS = (
    Form("alone", re.compile(rf"{_OPENING}[(\[]?([A-Ja-j]){_END}"), r"$\text{(B)}$"),
    Form(
        "before its text", re.compile(rf"{_OPENING}(?:[(\[]([A-J])[)\]]|([A-J])[).:])(?=[\s}}$\\*]|$)"), "(B) 12 apples"
    ),
    Form(
        "before a reason",
        re.compile(rf"{_OPENING}[(\[]?([A-J])[)\]]?,?\s+(?:because|since|as|which|for|it|this|that|is|no|the)\b"),
        "B, because no other fits",
    ),
    Form("after a comma", re.compile(rf"{_OPENING}[(\[]?([A-J])[)\]]?, [a-z]+ \w+"), "B, since it is even"),
    Form(
        "named",
        re.compile(
            rf"{_OPENING}(?:(?:so|thus|therefore|hence),?\s+)?(?:(?:the|my)\s+)?(?:(?:correct|right|best|final|selected|chosen)\s+)?"
            rf"{_NOUN}(?:\s+(?:selected|chosen))?(?:\s+is|\s*[:=])?[:\s]*(?:{_NOUN}\s+)?[\s$*]*(?:\\text(?:bf)?\s*\{{\s*)?[(\[]?([A-Ja-j])"
            rf"(?:[)\]}}.$*:\s]*(?:is\s+(?:correct|right|true|the\s+(?:correct|right)\s+(?:one|{_NOUN})))?{_END}|(?=[)\].:]\s))",
            re.IGNORECASE,
        ),
        "The correct option is (B).",
    ),
    Form(
        "chosen",
        re.compile(
            rf"{_OPENING}I(?:\s+would|'d)?\s+(?:choose|pick|select|go\s+with)\s+(?:{_NOUN}\s+)?[(\[]?([A-J]){_END}",
            re.IGNORECASE,
        ),
        "I choose B",
    ),
)
"""The forms in which an answer states one option, in the order in which they are tried."""  # fmt: skip

_HEDGE = re.compile(r"\b(?:or|either|nor|otherwise)\b", re.IGNORECASE)
_DOUBT = re.compile(r"\b(?:maybe|perhaps|possibly|guess|alternatively|could\s+be|might\s+be)\b", re.IGNORECASE)
_OTHER = re.compile(r"(?<![\w\\])[(\[]?([B-HJ]|A(?!\s+[a-z]))[)\]]?(?![\w'^_+*/=-])")
_REASON = re.compile(r"[)\]}.$*\s]*,?\s*(?:because|since|it\s|this\s|as\s+(?:it|the|this)\b)")
_DENIAL = re.compile(r"[^.!?]*\b(?:wrong|incorrect|false|not|isn't|aren't|cannot|excluded)\b[^.!?]*", re.IGNORECASE)
"""A sentence that says of an option that it is none."""
_LABEL = re.compile(
    rf"{_OPENING}\(?([A-J])(?!\)?[\s}}]*(?:,|and\b|or\b|&)\s*\(?[A-J]\b)"
    r"(?:\)|\.(?!\d)|:|\}(?=[\s$.]*$|\s+[A-Za-z])|(?=\s+[A-Za-z(]{2})|[\s$*.)}]*$)"
)


def stated_choice(text: str) -> str | None:
    """The capital letter of the one option that an answer states; None where it states none, or names several."""
    for form in FORMS:
        match = form.pattern.match(text)
        if match is None:
            continue
        group = next(index for index, found in enumerate(match.groups(), 1) if found)
        letter, rest = match[group].upper(), text[match.end(group) :]
        rest = _DENIAL.sub("", rest)
        others = {other[1] for other in _OTHER.finditer(rest)} - {letter}
        if _REASON.match(rest):
            return None if _DOUBT.search(rest) else letter
        if others or _HEDGE.search(rest) or _DOUBT.search(rest):
            return None
        return letter
    return None


def labelled_choice(ground_truth: str) -> str | None:
    """The letter of a ground truth that is an option, alone or before its text; None for any other ground truth."""
    match = _LABEL.match(ground_truth)
    return None if match is None else match[1]

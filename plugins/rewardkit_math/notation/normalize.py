r"""One spelling for many: Unicode as LaTeX, full-width letters as plain ones, doubled or eaten backslashes as one.

Text in, text out, before anything is a token.
"""

import re
import unicodedata
from fractions import Fraction

from rewardkit_math.complexity_limits import ANSWER_CHARS, TooCostlyError
from rewardkit_math.notation.vocabulary.characters import CHARACTERS
from rewardkit_math.notation.vocabulary.commands import COMMANDS

_SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ", "0123456789+-ni")
_SUB = str.maketrans("₀₁₂₃₄₅₆₇₈₉ₙ", "0123456789n")
_DOUBLED = re.compile(r"(?<!\\)\\\\(?=([a-zA-Z]+))")
_GLUED_WORD = re.compile(r"(?<=[\d)\]}$])(or|and)(?=[A-Z(\d\\$-])")
_HALF_DAY = re.compile(r"(?<![A-Za-z\\])([AaPp])\.?[mM]\b\.?")
_HOUR = re.compile(r"\d(?:\s|~|\\text\s*\{)+(?:[AP]M|[ap]\.\s?m\.)")
"""`4 PM`, `4 p.m.`; `4pm` may be a product of names."""
_EITHER = re.compile(r"\)\s*\|\s*\(")
_ESCAPES = {"\x08": "\\b", "\x0c": "\\f", "\t": "\\t", "\r": "\\r"}
# Backslashes that a string literal or a JSON reader has eaten: a tab and `ext{`, a form feed and `rac`.
_EATEN = re.compile(r"[\x08\x0c](?=[a-z])|\t(?=ext|frac|heta|imes|an\b|riangle)|\r(?=ight|ceil|floor)")
_MEMBERSHIP = re.compile(
    r"[,;]?(?:\\[ ,;]|\\q?quad|\s){0,6}\(\s*([a-zA-Z](?:\s*,\s*[a-zA-Z])*)\s*\\in\b([^()]{1,40})\)[\s$]*$"
)
_DEGREES = re.compile(r"(?:\{\})?\s*\^\s*(?:\{\s*\\circ\s*\}|\\circ(?![a-zA-Z]))|\^\s*\{?\s*°\s*\}?")
_VULGAR = re.compile("[¼-¾⅐-⅞]")
_SUPERS = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ]+")
_SUBS = re.compile("[₀₁₂₃₄₅₆₇₈₉ₙ]+")
_CIRCLED = re.compile("[\u2460-\u2473]+")
_INDEX = r"(?:[\dnkm]|\{[^{}]{1,8}\})"
_COMBINATIONS = re.compile(
    r"(?<![A-Za-z\\])(?:\\(?:mathrm|text|rm)\s*)?(?:\{?(?P<letter>[CA])\}?"
    rf"(?:_(?P<n>{_INDEX})\^(?P<k>{_INDEX})|\^(?P<k2>{_INDEX})_(?P<n2>{_INDEX}))"
    rf"|(?:\{{\}})?[_^](?P<n3>{_INDEX})\s*C_(?P<k3>{_INDEX}))(?![\w^{{])"
)
_DERIVATIVE = re.compile(r"^[\s$]*\\[dt]?frac\s*\{d([a-z])\}\s*\{d([a-z])\}\s*=")
_MODULO = re.compile(
    r"\(\s*(?:\\(?:mathrm|text|operatorname)\s*\{\s*mod\s*\}|\\?mod\b)(?:\s|\\ )*\{?(\d{1,9}|[a-z])\}?\s*\)"
)
_BRACED_PERCENT = re.compile(r"\{\s*\\?%\s*\}")
_OR_AGAIN = re.compile(r"\\text\s*\{\s*\(\s*(or|=)\s*\}")
_TIMES = re.compile(r"(?<=\d) x (?=[$€£]?\d)")


def clean(text: str) -> str:
    """The text in one alphabet: Unicode as LaTeX, full-width letters as plain ones, doubled backslashes as one."""
    if len(text) > ANSWER_CHARS:
        raise TooCostlyError(f"an answer of {len(text)} characters")
    if _EATEN.search(text):
        text = _EATEN.sub(lambda found: _ESCAPES[found[0]], text)
    if not text.isascii():
        text = _CIRCLED.sub(_circled, text)
        text = _SUPERS.sub(lambda found: "^{" + found[0].translate(_SUPER) + "}", text)
        text = _SUBS.sub(lambda found: "_{" + found[0].translate(_SUB) + "}", text)
        text = _VULGAR.sub(_vulgar_fraction, text)
        text = unicodedata.normalize("NFKC", text.translate(CHARACTERS)).translate(CHARACTERS)
    if "\\\\" in text and "\\begin" not in text:
        text = _DOUBLED.sub(lambda found: "\\" if found[1] in COMMANDS else found[0], text)
    if "C" in text or "A" in text:
        text = _COMBINATIONS.sub(_combinations, text)
    if "d}" not in text and "{d" in text:
        text = _DERIVATIVE.sub(_derivative, text)
    if "mod" in text:
        text = _MODULO.sub(r"\\pmod{\1}", text)
    if "%" in text:
        text = _BRACED_PERCENT.sub(r"\%", text)
    if "\\text" in text:
        text = _OR_AGAIN.sub(r" (\1 ", text)
    if " x " in text:
        text = _TIMES.sub(" * ", text)
    if ":" in text or _HOUR.search(text):
        text = _HALF_DAY.sub(lambda found: found[1].lower() + "m", text)
    if "Interval." in text:
        text = text.replace("Interval.", "Interval")
    if ")" in text:
        text = _MEMBERSHIP.sub(r", \1 \\in \2", text)
        text = _EITHER.sub(") or (", text)
    if "circ" in text or "°" in text:
        text = _DEGREES.sub("°", text)
    return _GLUED_WORD.sub(r" \1 ", text) if "or" in text or "and" in text else text


def _combinations(found: re.Match[str]) -> str:
    """`C_5^2`, `C^2_5`, `{}_5C_2` as a binomial, `A_5^2` as the number of arrangements."""
    letter = found["letter"] or "C"
    below = (found["n"] or found["n2"] or found["n3"]).strip("{}")
    above = (found["k"] or found["k2"] or found["k3"]).strip("{}")
    if letter == "C":
        return f"\\binom{{{below}}}{{{above}}}"
    return f"\\frac{{({below})!}}{{({below}-({above}))!}}"


def _derivative(found: re.Match[str]) -> str:
    r"""`\frac{dy}{dx} =` as the name `y'`, `\frac{df}{dx} =` as `f'(x)`."""
    return f"{found[1]}'({found[2]}) =" if found[1] in "fgh" else f"{found[1]}' ="


def _circled(found: re.Match[str]) -> str:
    """Circled numbers are labels: words, with a comma between two that touch."""
    letters = (f"\\text{{circled{chr(96 + int(unicodedata.numeric(char)))}}}" for char in found[0])
    return ",".join(letters)


def _vulgar_fraction(found: re.Match[str]) -> str:
    value = Fraction(unicodedata.numeric(found[0])).limit_denominator(10)
    return f"\\frac{{{value.numerator}}}{{{value.denominator}}}"

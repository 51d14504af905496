r"""Mathematics, units, chemistry and program text that stand in a sentence without any marks around them.

`AB = DE`, `sin x`, `60 km / h`, `H2SO4`, `for i in range(n)`, `np.array` and a commit's hash are words of no language.
Each pattern of PATTERNS is one kind of notation with an example, and finds the same in text of every language.
`mask.py` treats what is found like code between backticks: if prose hides in it, the prose still counts.
"""

import re
from typing import NamedTuple

from rewardkit_language.vocabulary import FUNCTIONS, UNITS

KEYWORDS = ("if", "elif", "while", "return", "def", "print", "lambda")
"""Words of programming languages that belong to the program text that follows them."""

# Atoms of a formula; every repetition is bounded, so that matching is linear in the text.
_FUNCTION = "(?:" + "|".join(sorted(FUNCTIONS, key=len, reverse=True)) + r")(?![\w])"
_UNIT = "(?:" + "|".join(sorted(UNITS, key=len, reverse=True)) + r")(?:\^?-?\d|[²³])?(?![\w])"
_ATOM = (
    rf"(?:{_FUNCTION}|[A-Z]{{1,5}}(?![\w])|(?<![\w'’])[A-Za-zα-ωΑ-Ω]'{{0,2}}(?:_?\d{{1,3}})?(?![\w'’])"
    rf"|\d(?:[.,]?\d){{0,20}}(?:[a-z]{{1,3}}(?!\w)|[°%]|(?!\w))|{_UNIT}"
    r"|\([^()\n\w]{0,3}[\w.]{1,8}(?:[ ,+*/^=-]{1,3}[\w.]{1,8}){0,6}\)|[∞∅](?!\w))"
)
_TERM = rf"[-+√∠△]?{_ATOM}(?:(?:[ ^·]|\^-?)?{_ATOM}){{0,5}}+"
_OPERATOR = r"(?:[=≠≈≡<>≤≥+*/^·×÷±∓→⇒⇔∈∉⊂⊆∪∩∥⊥~≅|-]|==|!=|<=|>=|\+=|-=|->|=>|\|\||//|\*\*|:=|(?<= ):(?= ))"
_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,40}"
_ARGUMENTS = r"(?![^()\n]{0,80}[A-Za-z]{3,20} [A-Za-z]{2,20} [A-Za-z])[^()\n]{0,80}"
_CALL = rf"\((?:{_ARGUMENTS})(?:\({_ARGUMENTS}\)[^()\n]{{0,20}}){{0,2}}\)"
_INDEX = r"\[[^\[\]\n]{1,30}\]"
_NO_PLURAL = r"(?!\((?:s|es|e|en|er|in|innen|a|as|os|r|ne)\))"
_ELEMENT = (
    "(?:A[cglrstu]|B[aeikr]?|C[adelorsu]?|F[er]?|G[ae]|H[efgo]?|I[nr]?|Kr?|L[aiu]|M[gno]|N[abei]?|O|P[bdtu]?|R[abhnu]"
    "|S[bceimnr]?|T[aeilh]|U|V|W|Xe|Yb?|Z[nr])"
)


class Pattern(NamedTuple):
    """One kind of notation."""

    name: str
    expression: str
    example: str


PATTERNS = (
    Pattern(
        "import",
        r"(?:from [\w.]{1,40} )?import [\w.]{1,40}(?:, ?[\w.]{1,40}){0,4}(?: as \w{1,12}\b)?",
        "import numpy as np",
    ),
    Pattern("loop", rf"for \w{{1,12}}(?:, ?\w{{1,12}})? in {_NAME}(?:{_CALL}|\[|:)", "for i in range(n)"),
    Pattern(
        "query",
        r"SELECT [^.;。\n]{1,100}? FROM \w{1,40}"
        r"(?: (?:WHERE|AND|OR) \w{1,40} ?[=<>]{1,2} ?['\w]{1,20}| (?:ORDER|GROUP) BY \w{1,40}(?: DESC| ASC)?){0,5}",
        "SELECT name FROM users WHERE age > 18 ORDER BY name",
    ),
    Pattern(
        "hash",
        r"(?=[0-9a-f]{0,63}\d)(?=[0-9a-f]{0,63}[a-f])[0-9a-f]{7,64}(?!\w)",
        "9fceb02d0ae598e95dc970b74767f19372d61af8",
    ),
    Pattern(
        "call",
        rf"{_NAME}(?:\.[A-Za-z_]\w{{0,40}}){{0,4}}{_NO_PLURAL}{_CALL}(?:\.[A-Za-z_]\w{{0,40}}(?:{_CALL})?){{0,3}}:?",
        "sorted(d, key=lambda x: x[1])",
    ),
    Pattern(
        "index",
        rf"{_NAME}(?:{_INDEX}){{1,3}}(?: {{0,2}}{_OPERATOR} {{0,2}}[\w.]{{1,20}}(?:{_INDEX}){{0,2}}){{0,4}}",
        "arr[i + 1] > arr[i]",
    ),
    Pattern("attribute", r"[A-Za-z_]\w{0,40}(?:\.[a-z_]\w{1,40}){1,5}(?![\w@])", "np.array"),
    Pattern("snake case", r"(?:[A-Za-z0-9]{1,40}_|_)[A-Za-z0-9_]{1,80}", "parse_args"),
    Pattern("camel case", r"[a-z]{1,20}(?:[A-Z][a-z0-9]{1,20}){1,4}(?![\w'’-])", "maxValue"),
    Pattern("equation", rf"{_TERM}(?: {{0,2}}{_OPERATOR} {{0,2}}{_TERM}){{1,12}}", "2x + 4y = 60"),
    Pattern(
        "function",
        rf"(?:[A-Za-z\d] )?{_FUNCTION}(?:\^-?\d)? ?(?:[A-Za-zα-ωΑ-Ω](?![\w'’])|\d(?:[.,]?\d){{0,20}})",
        "sin x",
    ),
    Pattern("measure", rf"\d(?:[.,]?\d){{0,20}} ?{_UNIT}(?: ?[/·*] ?{_UNIT}){{0,3}}", "60 km / h"),
    Pattern(
        "substance",
        r"(?:\d{1,2} ?)?(?=[A-Za-z()]{0,12}(?:\d|[a-z][A-Z]|[A-Z][A-Z][a-z]))"
        rf"(?:\(?{_ELEMENT}\d{{0,3}}\)?\d{{0,2}}){{1,12}}[+-]?(?!\w)",
        "Na2SO4",
    ),
    Pattern("numbered name", r"(?:[A-Za-z]{1,8}\d{1,6}[A-Za-z]?|\d{1,9}[A-Za-z]{1,3})(?!\w)", "x1"),
)
"""The kinds, in the order in which they are looked for."""

# Notation begins where a word or a sign begins: the look-ahead spares the patterns all other positions.
_NOTATION = re.compile(
    r"(?<![\w@#'’-])(?=[√∠△-]?[A-Za-zα-ωΑ-Ω0-9_(])(?:" + "|".join(pattern.expression for pattern in PATTERNS) + ")"
)
_KEYWORD = re.compile(r"(?<!\w)(?:" + "|".join(sorted(KEYWORDS)) + r") ?\Z")


def notation(text: str) -> list[tuple[int, int]]:
    """Start and end of each piece of notation in the text, in order; keywords before a piece belong to it."""
    found: list[tuple[int, int]] = []
    for piece in _NOTATION.finditer(text):
        start = piece.start()
        floor = found[-1][1] if found else 0
        while (keyword := _KEYWORD.search(text, max(floor, start - 10), start)) is not None:
            start = keyword.start()
        found.append((start, piece.end()))
    return found

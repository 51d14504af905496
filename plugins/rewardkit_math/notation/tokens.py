r"""From the text of an answer to tokens: LaTeX, plain ASCII, sympy's notation and Unicode meet here.

One pass; each kind of text has its own function. Layout (`\left`, spaces, dollar signs) falls away; words become `text`
tokens, which the parser reads as units, conditions or prose. What would hide, define or run something (`\phantom`,
`\def`) makes the answer unreadable.
"""

import re
from collections.abc import Callable
from fractions import Fraction
from string import ascii_uppercase
from typing import NamedTuple

from rewardkit_math.complexity_limits import TOKENS, TooCostlyError
from rewardkit_math.notation.numbers import read_number
from rewardkit_math.notation.vocabulary.functions import CONSTANTS, FUNCTIONS
from rewardkit_math.notation.vocabulary.layout import DROPPED, LAYOUT, MARKS, TEXTUAL
from rewardkit_math.notation.vocabulary.letters import LETTERS, SPELLED
from rewardkit_math.notation.vocabulary.operators import CONNECTIVES, DOTS, PLAIN, RELATIONS, SIGNS
from rewardkit_math.notation.vocabulary.refused import REFUSED
from rewardkit_math.notation.vocabulary.words import SHORT_WORDS, SYMPY
from rewardkit_math.units import find_unit, is_unit


class UnreadableError(Exception):
    """The text is not an answer in any notation that is known here."""


class RefusedError(UnreadableError):
    """The text holds a command that hides, defines or runs something."""


class Token(NamedTuple):
    """kind is one of `num sym const func text op cmd`; an op or a cmd is known by its text."""

    kind: str
    text: str
    value: Fraction | None = None
    places: int | None = None
    no_space_before: bool = False


class Scan:
    """The text, how far it is read, and the tokens so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.tokens: list[Token] = []
        self.depth = 0
        """Open brackets."""
        self.no_space_before = False

    def add(self, kind: str, text: str, value: Fraction | None = None, places: int | None = None) -> None:
        """Appends a token."""
        self.tokens.append(Token(kind, text, value, places, self.no_space_before))
        if kind == "op":
            self.depth += _DEPTH.get(text, 0)

    def argument(self) -> str:
        """The braced argument at the position, which moves behind it; one character where there are no braces."""
        text, start = self.text, self.position
        while start < len(text) and text[start].isspace():
            start += 1
        if text[start : start + 1] != "{":
            self.position = start + 1
            return text[start : start + 1]
        depth = 0
        for index in range(start, len(text)):
            if text[index] in "{}" and text[index - 1] != "\\":
                depth += 1 if text[index] == "{" else -1
                if depth == 0:
                    self.position = index + 1
                    return text[start + 1 : index]
        self.position = len(text)
        return text[start + 1 :]


_DEPTH = {"(": 1, "[": 1, "{": 1, "\\{": 1, ")": -1, "]": -1, "}": -1, "\\}": -1}
_TOKEN = re.compile(
    r"""(?P<space>(?:\s|~|\\[,;:!\ >/]|\\\n|\$)+)
      | (?P<num>\.?\d)
      | (?P<cmd>\\[a-zA-Z]+\*?)
      | (?P<esc>\\.)
      | (?P<word>log(?:10|2)(?=\()|[A-Za-z]+)
      | (?P<op>\*\*|<=|>=|!=|==|:=|=>|=<|->|\.\.\.|\+/?-|[-+*/^_=<>(){}\[\]|,;:!%'&.°])
      | (?P<other>[^\W\d_A-Za-z]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


def tokenize(text: str, starts: list[int] | None = None) -> list[Token]:
    """The tokens of a cleaned text. Raises UnreadableError or TooCostlyError.

    starts  a list that is filled with the index in the text at which each token begins
    """
    scan = Scan(text)
    while scan.position < len(text):
        if len(scan.tokens) > TOKENS:
            raise TooCostlyError(f"more than {TOKENS} tokens")
        found = _TOKEN.match(text, scan.position)
        assert found is not None
        assert found.lastgroup is not None
        begin = scan.position
        _SCANNERS[found.lastgroup](scan, found)
        scan.no_space_before = found.lastgroup != "space"
        if starts is not None:
            starts += [begin] * (len(scan.tokens) - len(starts))
    return scan.tokens


def _space(scan: Scan, found: re.Match[str]) -> None:
    scan.position = found.end()
    if scan.depth or not scan.tokens or "\n" not in found[0]:
        return
    number_on_each_line = scan.tokens[-1].kind == "num" and scan.text[scan.position : scan.position + 1].isdigit()
    if number_on_each_line or _BLANK_LINE.search(found[0]):
        scan.tokens.append(Token("op", ";"))


def _number(scan: Scan, found: re.Match[str]) -> None:
    start = scan.position
    after_comma = scan.depth > 0 and scan.text[start - 1 : start] == ","
    written = read_number(scan.text, start, grouped=not after_comma, outside=scan.depth == 0)
    if written is None:
        # A single dot before a digit that begins no number.
        scan.position = found.end()
        scan.add("op", ".")
        return
    scan.position = written.end
    scan.add("num", scan.text[start : written.end], written.value, written.places)


def _escape(scan: Scan, found: re.Match[str]) -> None:
    if found[0] in _ESCAPES:
        scan.position = found.end()
        scan.add("op", _ESCAPES[found[0]])
    else:
        scan.position += 1


_ESCAPES = {
    "\\%": "%", "\\|": "‖", "\\$": "$", "\\&": "and", "\\_": "_", "\\'": "'", "\\{": "\\{", "\\}": "\\}",
    "\\\\": "\\\\", "\\#": "\\#",
}  # fmt: skip


def _operator(scan: Scan, found: re.Match[str]) -> None:
    scan.position = found.end()
    sign = PLAIN.get(found[0], found[0])
    scan.add("op", RELATIONS.get(sign, sign))


def _other(scan: Scan, found: re.Match[str]) -> None:
    scan.position = found.end()
    if found[0] == '"':
        return
    connective = CONNECTIVES.get(found[0])
    scan.add("op", connective) if connective else scan.add("text", found[0].casefold())


# -- words of plain text


def _word(scan: Scan, found: re.Match[str]) -> None:
    scan.position = found.end()
    run, low = found[0], found[0].casefold()
    following = scan.text[scan.position :].lstrip(" ")[:1]
    if run == "in" and not scan.text[scan.position :].strip(" .$}"):
        scan.add("text", "inches")
    elif low in SHORT_WORDS and following == "^":
        _letters(scan, run)
    else:
        counted = bool(scan.tokens) and scan.tokens[-1].kind == "num" and not scan.no_space_before
        _run(scan, run, following, counted=counted)


def _run(scan: Scan, run: str, following: str, *, counted: bool = False) -> None:
    """The tokens of a run of letters: a function, a constant, a word, or a product of one-letter names."""
    low = run.casefold()
    function = _function_named(run, following)
    if len(run) == 1:
        scan.add("sym", run)
    elif (
        run in _ORDINALS and scan.tokens and (scan.tokens[-1].kind == "num" or scan.tokens[-1].text in ("^", "{"))
    ) or (counted and find_unit(run)):
        scan.add("text", run)
    elif function is not None:
        scan.add("func" if function != "sqrt" else "cmd", function)
    elif run in CONSTANTS:
        scan.add("const", CONSTANTS[run])
    elif run == "Union" and following == "(":
        scan.add("func", "∪")
    elif run in ("And", "Or") and following == "(":
        scan.add("cmd", run)
    elif low in _WORD_SIGNS and (low not in _SIGNS_BEFORE_A_NUMBER or _begins_value(following)):
        scan.add("op", _WORD_SIGNS[low])
    elif low in CONNECTIVES and following and low not in SHORT_WORDS:
        scan.add("op", CONNECTIVES[low])
    elif run in SYMPY or (low in ("sum", "prod", "int", "lim") and following == "_"):
        scan.add("cmd", run if run in SYMPY else low)
    elif run in SPELLED:
        scan.add("sym", LETTERS[run])
    elif counted and _THING.fullmatch(run):
        scan.add("text", low)
    elif (
        low not in SHORT_WORDS
        and run not in _PREFIXES
        and (prefix := next((p for p in _PREFIXES if run.startswith(p)), None))
        and (len(run) - len(prefix) <= 2)
    ):
        _run(scan, prefix, run[len(prefix) :])
        scan.no_space_before = True
        _run(scan, run[len(prefix) :], following)
    elif len(run) > 3 or low in SHORT_WORDS or (run in _SHORT_UNITS and _after_value(scan)):
        scan.add("text", run if find_unit(run) else low)
    else:
        _letters(scan, run)


def _after_value(scan: Scan) -> bool:
    """True where a unit may stand: not right behind an opening bracket."""
    return not scan.tokens or scan.tokens[-1].text not in ("{", "(", "[", "\\{")


def _letters(scan: Scan, run: str) -> None:
    for char in run:
        scan.add("sym", char)
        scan.no_space_before = True


def _function_named(run: str, following: str) -> str | None:
    r"""The function that a word names; None for letters that only look like one, as in `\sqrt{Lg}`."""
    if (run in SPELLED and following != "(") or (run.isalpha() and following == "_"):
        return None
    name = run if run in FUNCTIONS else run.casefold() if len(run) > 2 else run
    if name not in FUNCTIONS or (len(run) <= 3 and following in _ENDS) or (len(run) == 2 and name not in _SHORT_NAMES):
        return None
    return FUNCTIONS[name]


def _begins_value(following: str) -> bool:
    return following.isdigit() or following in tuple("$\\(.{")


_ORDINALS = frozenset(("st", "nd", "rd", "th"))
_ENDS = frozenset(("", "}", ")", "]", "+", "*", "/", "=", ",", "|", ";"))
"""Signs that no argument of a function begins with."""
_SHORT_NAMES = frozenset(("ln", "lg", "re", "im", "Re", "Im", "tg"))
_WORD_SIGNS = {
    "and": "and", "or": "or", "in": "in", "union": "∪", "percent": "%", "percentage": "%", "pct": "%", "plus": "+",
    "minus": "-", "negative": "-", "times": "*",
}  # fmt: skip
_SIGNS_BEFORE_A_NUMBER = frozenset(("plus", "minus", "negative", "times"))
_THING = re.compile(
    r"(?=[a-z]{3}$)(?:[a-z]*[eio][a-z]*|bag|bat|cat|car|day|hat|man|can|cap|jar|map|pan|bus|cup|mug|nut)|pies|pints"
)
"""A short word after a number, which is no product of names: `5 men`, `2 cup`."""
_SHORT_UNITS = frozenset((
    "km", "cm", "mm", "kg", "mg", "ml", "cl", "mL", "ft", "yd", "mi", "lb", "lbs", "oz", "hr", "hrs", "min", "mins",
    "sec", "secs", "rad", "mph", "kph", "USD", "EUR", "usd", "inch", "feet", "foot", "deg", "am", "pm", "day",
))  # fmt: skip
"""Units of two and three letters that are units wherever they stand."""
_PREFIXES = ("sqrt", "sin", "cos", "tan", "ln", "log", "pi")


# -- LaTeX commands


def _command(scan: Scan, found: re.Match[str]) -> None:
    scan.position = found.end()
    name = found[0][1:].rstrip("*")
    if name in LAYOUT:
        if name in ("left", "right") and scan.text[scan.position : scan.position + 1] == ".":
            scan.position += 1
        elif sign := _BRACED_SIGN.match(scan.text, scan.position):
            scan.position = sign.end()
            scan.add("op", RELATIONS.get(sign[1], sign[1]))
    elif name in REFUSED:
        raise RefusedError(f"\\{name} has no place in an answer")
    elif name in TEXTUAL:
        _textual(scan, scan.argument())
    elif name in DROPPED:
        scan.argument()
    elif name in ("mathbb", "Bbb", "mathds"):
        letter = scan.argument().strip()[:1]
        scan.add("const", letter) if letter in tuple("RZNQC") else scan.add("sym", letter or "?")
    elif name in MARKS:
        scan.add("sym", f"{MARKS[name]}({''.join(scan.argument().split())[:40]})")
    elif name in ("begin", "end"):
        environment = scan.argument().strip().rstrip("*")
        if (name, environment) == ("begin", "array"):
            scan.argument()
        scan.add("cmd", f"{name} {environment}")
    else:
        _plain_command(scan, name)


def _plain_command(scan: Scan, name: str) -> None:
    """The token of a command without arguments of its own."""
    if name in DOTS:
        scan.add("op", "dots")
    elif name == "circ":
        scan.add("op", "*")
    elif name in RELATIONS:
        scan.add("op", RELATIONS[name])
    elif name in SIGNS:
        scan.add("op", SIGNS[name])
    elif name in CONSTANTS:
        scan.add("const", CONSTANTS[name])
    elif name in _LETTER_FUNCTIONS and scan.text[scan.position :].lstrip().removeprefix("\\left").startswith("("):
        scan.add("func", _LETTER_FUNCTIONS[name])
    elif name in FUNCTIONS and name not in LETTERS and name not in ("sqrt", "root"):
        scan.add("func", FUNCTIONS[name])
    elif name in LETTERS:
        scan.add("sym", LETTERS[name])
    elif name == "not":
        if not scan.text[scan.position :].lstrip().startswith("="):
            raise UnreadableError("\\not before something else than =")
        scan.position = scan.text.index("=", scan.position) + 1
        scan.add("op", "!=")
    elif name in _COINS:
        scan.add("text", _COINS[name])
    else:
        scan.add("cmd", name)


_BRACED_SIGN = re.compile(r"\s*\{([-+*/=<>|])\}")
_LETTER_FUNCTIONS = {"Gamma": "gamma", "zeta": "zeta"}
"""Letters that are functions of what stands in brackets."""
_COINS = {"pounds": "£", "euro": "€", "yen": "¥"}
_OPTIONS = re.compile(r"[A-J]{2,5}|\(?[A-J]\)?(?:\s*(?:,|and)\s*\(?[A-J]\)?)+")


def _textual(scan: Scan, inner: str) -> None:
    r"""The tokens of `\text{…}`: a function or a constant, a bracketed letter, a number, or words."""
    words = inner.replace("$", " ").replace("~", " ").replace("\\ ", " ").replace("\\,", " ").strip()
    bare = words.strip(",.; ")
    after_value = bool(scan.tokens) and (scan.tokens[-1].kind == "num" or scan.tokens[-1].text in ("}", ")", "°", "*"))
    if bare == "to" and after_value:
        scan.add("op", ":")
    elif bare in ("and", "or"):
        scan.add("op", bare)
    elif bare in ("minus", "negative", "plus"):
        scan.add("op", _WORD_SIGNS[bare])
    elif words in ("e", "i", "d") or (len(words) == 1 and words in ascii_uppercase and not after_value):
        scan.add("sym", words)
    elif _OPTIONS.fullmatch(words):
        _nested(scan, words)
    elif words in FUNCTIONS and not (after_value and find_unit(words)):
        scan.add("func", FUNCTIONS[words])
    elif words in CONSTANTS:
        scan.add("const", CONSTANTS[words])
    elif words in ("%", "percent", "pct"):
        scan.add("op", "%")
    elif words == ",":
        scan.add("op", ",")
    elif after_value and _UNIT_POWERS.fullmatch(words) and is_unit(words):
        scan.add("text", _UNIT_SPACE.sub(" ", words).replace("{", "").replace("}", ""))
    elif words.startswith("if ") or not any(char.isdigit() or char in "\\=<>" for char in words):
        if words:
            low = words if is_unit(words) else words.casefold()
            scan.add("text", " ".join(low.split()))
    else:
        _nested(scan, words)


_UNIT_POWERS = re.compile(r"(?=.{0,60}$)[A-Za-zµμΩ°](?:[A-Za-zµμΩ°]|\^\{?-?\d\}?|\s|\\[,;:! ]|\\cdot|[*·/.])*")
"""A unit with powers: `m\\,s^{-1}`, `km/h`."""
_UNIT_SPACE = re.compile(r"\s*(?:\\[,;:! ]|\\cdot|\s)\s*")


def _nested(scan: Scan, text: str) -> None:
    inner = tokenize(text)
    for token in inner:
        scan.add(*token[:4])


_SCANNERS: dict[str, Callable[[Scan, re.Match[str]], None]] = {
    "space": _space,
    "num": _number,
    "cmd": _command,
    "esc": _escape,
    "word": _word,
    "op": _operator,
    "other": _other,
}

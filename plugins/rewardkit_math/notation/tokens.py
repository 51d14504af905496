r"""From the text of an answer to tokens: LaTeX, plain ASCII, sympy's notation and Unicode meet here.

One pass of one compiled pattern. Layout (`\left`, spaces, dollar signs) falls away; words become `text` tokens, which
the parser reads as units, conditions or prose. What would hide, define or run something (`\phantom`, `\def`) makes the
answer unreadable.
"""

import re
from fractions import Fraction
from string import ascii_uppercase
from typing import NamedTuple

from rewardkit_math.complexity_limits import BITS, TOKENS, TooCostlyError
from rewardkit_math.notation.vocabulary import (
    CONNECTIVES,
    CONSTANTS,
    FUNCTIONS,
    GREEK,
    MARKS,
    NOTHING,
    REFUSED,
    RELATIONS,
    SAME_AS,
    SHORT_WORDS,
    SYMPY_WORDS,
    TEXTUAL,
    UNITS_BARE,
    WITH_DROPPED,
)


class UnreadableError(Exception):
    """The text is not an answer in any notation that is known here."""


class RefusedError(UnreadableError):
    """The text holds a command that hides, defines or runs something."""


class Token(NamedTuple):
    """kind is one of `num sym name const func text op cmd`; an op or a cmd is told by its text."""

    kind: str
    text: str
    value: Fraction | None = None
    places: int | None = None
    no_space_before: bool = False
    """No white space before it."""


_DOTS = re.compile(r"\.\.\.|\\(?:ldots|dots|cdots)(?![a-z])")
_CYCLE = re.compile(r"\d*?(\d{1,3}?)\1{2,}")
_TOKEN = re.compile(
    r"""(?P<space>(?:\s|~|\\[,;:!\ >]|\\\n|\$)+)
      | (?P<hex>0x[0-9a-fA-F]+\b|0b[01]+\b)
      | (?P<num>\d+\.\d+[eE][+-]?\d+(?!\w)|(?:\d+E|1e)[+-]?\d+(?!\w)
        |\d+(?:\{,\}\d{3}(?!\d))+(?:\.\d+)?|\d+\{,\}\d+|\d+(?:\.\d+)?|\.\d+)
      | (?P<cmd>\\[a-zA-Z]+\*?)
      | (?P<esc>\\.)
      | (?P<word>[A-Za-z]+)
      | (?P<op>\*\*|<=|>=|!=|==|:=|=>|=<|->|\.\.\.|[-+*/^_=<>(){}\[\]|,;:!%'&.°])
      | (?P<other>[^\W\d_A-Za-z]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_THOUSANDS = re.compile(
    r"[1-9]\d{0,2}(?:(?:,|,\\!|,\\,|, ?\\! ?)\d{3})+(?![\d,])(?:\.\d+)?"
    r"|[1-9]\d{0,2}(?:(?:\\,|\\ |\\!|~|[ \u00a0\u202f])\d{3})+(?![\d,])(?:\.\d+)?"
)
_THREES = re.compile(r"[1-9]\d{0,2}(?:\{,\}\d{3})+(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"0,\d{2,}(?![\d,])|\d+,\d{2}(?=\s*(?:€|\\euro))")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_SEPARATOR = re.compile(r"\{,\}|\\[,! ]|[,~ \u00a0\u202f]")
_REPEATING = re.compile(r"\\(?:overline|bar|dot)\{(\d{1,40})\}")


def number(text: str) -> tuple[Fraction, int | None]:
    """The exact value of a plain decimal, and the decimal places that it prints (None for an integer)."""
    mantissa, _, power = text.replace("e", "E").partition("E")
    if len(mantissa) * 4 > BITS or len(power) > 5:
        raise TooCostlyError(f"a number of {len(text)} characters")
    exponent = int(power or 0)
    if abs(exponent) * 4 > BITS:
        raise TooCostlyError(f"the exponent {exponent}")
    whole, dot, decimals = mantissa.partition(".")
    digits = int((whole + decimals) or 0)
    scale = len(decimals) - exponent
    value = Fraction(digits, 10**scale) if scale >= 0 else Fraction(digits * 10**-scale)
    return value, (scale if dot or power else None)


def _group(text: str, start: int) -> int:
    """The index after the balanced `{…}` that opens at `start`; -1 where it does not close."""
    depth = 0
    for index in range(start, len(text)):
        char = text[index]
        if char == "{" and text[index - 1] != "\\":
            depth += 1
        elif char == "}" and text[index - 1] != "\\":
            depth -= 1
            if depth == 0:
                return index + 1
    return -1


def _argument(text: str, position: int) -> tuple[str, int]:
    """The braced argument after a command, and the index after it; one character where there are no braces."""
    while position < len(text) and text[position].isspace():
        position += 1
    if position < len(text) and text[position] == "{":
        end = _group(text, position)
        if end < 0:
            return text[position + 1 :], len(text)
        return text[position + 1 : end - 1], end
    return text[position : position + 1], position + 1


def tokenize(text: str) -> list[Token]:
    """The tokens of a cleaned text. Raises UnreadableError or TooCostlyError."""
    tokens: list[Token] = []
    position, depth, no_space_before = 0, 0, False
    while position < len(text):
        if len(tokens) > TOKENS:
            raise TooCostlyError(f"more than {TOKENS} tokens")
        found = None
        if text[position].isdigit() and (depth == 0 or text[position - 1 : position] != ","):
            if depth == 0:
                found = _DECIMAL_COMMA.match(text, position)
                if found:
                    value, places = number(found[0].replace(",", "."))
                    tokens.append(Token("num", found[0], value, places, no_space_before))
                    position, no_space_before = found.end(), True
                    continue
            found = _THOUSANDS.match(text, position)
            if found and depth and "," in found[0]:
                found = None
            if found:
                value, places = number(_SEPARATOR.sub("", found[0]))
                tokens.append(Token("num", found[0], value, places, no_space_before))
                position, no_space_before = found.end(), True
                continue
        found = _TOKEN.match(text, position)
        assert found is not None
        kind, piece, position = found.lastgroup, found[0], found.end()
        if kind == "space":
            no_space_before = False
            if depth == 0 and _BLANK_LINE.search(piece) and tokens:
                tokens.append(Token("op", ";"))
            continue
        if kind == "hex":
            tokens.append(Token("num", piece, Fraction(int(piece, 0)), None, no_space_before))
        elif kind == "num":
            thousands = _THREES.fullmatch(piece)
            value, places = number(piece.replace("{,}", "" if thousands else "."))
            if text.startswith(".\\", position):
                position, places = position + 1, 0
            repeat = _REPEATING.match(text, position) if places is not None and places >= 0 else None
            if repeat and places is not None:
                value += Fraction(int(repeat[1]), (10 ** len(repeat[1]) - 1) * 10**places)
                places, position = None, repeat.end()
            dots = _DOTS.match(text, position)
            cycle = _CYCLE.fullmatch(piece.partition(".")[2]) if dots and places else None
            if dots and cycle and places is not None:
                # `0.1666…` goes on as it began.
                value += Fraction(int(cycle[1]), (10 ** len(cycle[1]) - 1) * 10**places)
                places, position = None, dots.end()
            tokens.append(Token("num", piece, value, places, no_space_before))
        elif kind == "word":
            if piece == "in" and not text[position:].strip(" .$}"):
                piece = "inches"
            counted = bool(tokens) and tokens[-1].kind == "num" and not no_space_before
            if piece.casefold() in SHORT_WORDS and text[position : position + 1] == "^":
                tokens.extend(Token("sym", char, no_space_before=no_space_before) for char in piece)
            else:
                tokens.extend(_word(piece, no_space_before, counted=counted))
        elif kind == "cmd":
            position = _command(piece[1:].rstrip("*"), text, position, tokens, no_space_before=no_space_before)
        elif kind == "esc":
            if piece in ("\\{", "\\}", "\\\\", "\\|", "\\%", "\\$", "\\&", "\\#", "\\_", "\\'"):
                op = {"\\%": "%", "\\|": "‖", "\\$": "$", "\\&": "and", "\\_": "_", "\\'": "'"}.get(piece, piece)
                tokens.append(Token("op", op, no_space_before=no_space_before))
            else:
                position -= 1
        elif kind == "op":
            piece = {"**": "^", "=>": "to", "=<": "<=", "->": "to", "...": "dots"}.get(piece, piece)
            tokens.append(Token("op", RELATIONS.get(piece, piece), no_space_before=no_space_before))
        else:
            assert kind == "other"
            connective = CONNECTIVES.get(piece)
            tokens.append(
                Token("op", connective, no_space_before=no_space_before)
                if connective
                else Token("text", piece.casefold(), no_space_before=no_space_before)
            )
        if tokens and tokens[-1].kind == "op":
            depth += {"(": 1, "[": 1, "{": 1, "\\{": 1, ")": -1, "]": -1, "}": -1, "\\}": -1}.get(tokens[-1].text, 0)
        no_space_before = True
    return tokens


def _command(name: str, text: str, position: int, tokens: list[Token], *, no_space_before: bool) -> int:
    """Appends the tokens of one LaTeX command; returns the index after it and after the arguments that it swallowed."""

    def add(kind: str, value: str) -> int:
        tokens.append(Token(kind, value, no_space_before=no_space_before))
        return position

    if name in NOTHING:
        if name in ("left", "right") and text[position : position + 1] == ".":
            position += 1
        return position
    if name in REFUSED:
        raise RefusedError(f"\\{name} has no place in an answer")
    if name in TEXTUAL:
        inner, position = _argument(text, position)
        _textual(inner, tokens, no_space_before=no_space_before)
        return position
    if name in WITH_DROPPED:
        return _argument(text, position)[1]
    if name in ("mathbb", "Bbb", "mathds"):
        inner, position = _argument(text, position)
        return add("const", inner.strip()[:1] if inner.strip()[:1] in "RZNQC" else "?")
    if name in MARKS:
        inner, position = _argument(text, position)
        name = _ARROWS.get(name, name)
        return add("sym", f"{name}({''.join(inner.split())[:40]})")
    if name in ("begin", "end"):
        inner, position = _argument(text, position)
        if name == "begin" and inner.strip() == "array":
            position = _argument(text, position)[1]
        return add("cmd", f"{name} {inner.strip().rstrip('*')}")
    if name in ("ldots", "dots", "cdots", "dotsc", "dotsb", "dotsm", "vdots", "ddots"):
        return add("op", "dots")
    if name == "circ":
        return add("op", "*")
    if name in RELATIONS:
        return add("op", RELATIONS[name])
    if name in SAME_AS:
        return add("op", SAME_AS[name])
    if name in CONSTANTS:
        return add("const", CONSTANTS[name])
    if name in FUNCTIONS and name not in ("sqrt", "root"):
        return add("func", FUNCTIONS[name])
    if name in GREEK:
        return add("sym", name)
    if name == "not":
        while position < len(text) and text[position].isspace():
            position += 1
        if text[position : position + 1] == "=":
            position += 1
            return add("op", "!=")
        raise UnreadableError("\\not")
    if name in ("pounds", "euro", "yen"):
        return add("text", name)
    return add("cmd", name)


def _textual(inner: str, tokens: list[Token], *, no_space_before: bool) -> None:
    r"""The tokens of `\text{…}`: a function or a constant, a bracketed letter, a number, or words."""
    words = inner.replace("$", " ").replace("~", " ").replace("\\ ", " ").replace("\\,", " ").strip()
    bare = words.strip(",.; ")
    after_number = bool(tokens) and tokens[-1].kind == "num"
    if bare == "to" and after_number:
        tokens.append(Token("op", ":", no_space_before=no_space_before))
    elif bare in ("and", "or"):
        tokens.append(Token("op", bare, no_space_before=no_space_before))
    elif words in ("e", "i", "d") or (len(words) == 1 and words in ascii_uppercase and not after_number):
        tokens.append(Token("sym", words, no_space_before=no_space_before))
    elif _LETTERS.fullmatch(words):
        tokens.extend(tokenize(words))
    elif words in FUNCTIONS:
        tokens.append(Token("func", FUNCTIONS[words], no_space_before=no_space_before))
    elif words in CONSTANTS:
        tokens.append(Token("const", CONSTANTS[words], no_space_before=no_space_before))
    elif words.startswith("if ") or not any(char.isdigit() or char in "\\=<>" for char in words):
        if words in ("%", "percent"):
            tokens.append(Token("op", "%", no_space_before=no_space_before))
        elif words == ",":
            tokens.append(Token("op", ",", no_space_before=no_space_before))
        elif words:
            tokens.append(Token("text", " ".join(words.casefold().split()), no_space_before=no_space_before))
    else:
        tokens.extend(tokenize(words))


_ARROWS = {"overrightarrow": "vec", "hat": "hat", "widehat": "hat", "widetilde": "tilde", "overline": "bar"}
_THING = re.compile(
    r"(?=[a-z]{3}$)(?:[a-z]*[eio][a-z]*|bag|bat|cat|car|day|hat|man|can|cap|jar|map|pan|bus|cup|mug|nut)|pies|pints"
)
"""A short word after a number, which is no product of names: `5 men`, `2 cup`."""
_LETTERS = re.compile(r"[A-J]{2,5}|\(?[A-J]\)?(?:\s*(?:,|and)\s*\(?[A-J]\)?)+")
_PREFIXES = ("sqrt", "sin", "cos", "tan", "ln", "log", "pi")


def _word(run: str, no_space_before: bool, *, counted: bool = False) -> list[Token]:  # noqa: FBT001
    """The tokens of a bare run of letters: a function, a constant, a word, or a product of one-letter names."""
    if len(run) == 1:
        return [Token("sym", run, no_space_before=no_space_before)]
    low = run.casefold()
    if run in FUNCTIONS or low in FUNCTIONS:
        return [
            Token(
                "func" if low != "sqrt" else "cmd",
                FUNCTIONS.get(run) or FUNCTIONS[low],
                no_space_before=no_space_before,
            )
        ]
    if run in CONSTANTS:
        return [Token("const", CONSTANTS[run], no_space_before=no_space_before)]
    if low in ("and", "or"):
        return [Token("op", low, no_space_before=no_space_before)]
    if low == "in":
        return [Token("op", "in", no_space_before=no_space_before)]
    if run in ("union", "Union"):
        return [Token("op" if run != "Union" else "func", "∪", no_space_before=no_space_before)]
    if low in ("percent", "percentage"):
        return [Token("op", "%", no_space_before=no_space_before)]
    if run in SYMPY_WORDS:
        return [Token("cmd", run, no_space_before=no_space_before)]
    if counted and _THING.fullmatch(run):
        return [Token("text", low, no_space_before=no_space_before)]
    for prefix in _PREFIXES if low not in SHORT_WORDS else ():
        if run.startswith(prefix) and len(run) - len(prefix) <= 2:
            return [*_word(prefix, no_space_before), *_word(run[len(prefix) :], True)]
    if len(run) > 3 or low in SHORT_WORDS or run in UNITS_BARE:
        return [Token("text", low, no_space_before=no_space_before)]
    return [
        Token("sym", char, no_space_before=no_space_before if index == 0 else True) for index, char in enumerate(run)
    ]

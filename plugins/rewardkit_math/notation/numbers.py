"""Numbers as they are written: decimals, thousands in groups, powers of ten, decimals that repeat."""

import re
from fractions import Fraction
from typing import NamedTuple

from rewardkit_math.complexity_limits import BITS, TooCostlyError


class Written(NamedTuple):
    """A number in a text."""

    value: Fraction
    places: int | None
    """Decimal places printed; None where it was not written as a decimal."""
    end: int
    """The index after it."""


_PLAIN = re.compile(r"\d{1,18}(?=[-+*/^_=<>)\]|!;&]|\}|\Z)")
"""An integer that nothing goes on with; most numbers are such."""
_NUMBER = re.compile(
    r"\d+\.\d+[eE][+-]?\d+(?!\w)|(?:\d+E|1e)[+-]?\d+(?!\w)"
    r"|\d+(?:\{,\}\d{3}(?!\d))+(?:\.\d+)?|\d+\{,\}\d+|\d+(?:\.\d+)?|\.\d+"
)
_BASED = re.compile(r"0x[0-9a-fA-F]+\b|0b[01]+\b")
_GROUPED = re.compile(
    r"[1-9]\d{0,2}(?:(?:,|,\\!|,\\,|, ?\\! ?)\d{3})+(?![\d,])(?:\.\d+)?"
    r"|[1-9]\d{0,2}(?:(?:\\,|\\ |\\!|~|[ \u00a0\u202f])\d{3})+(?![\d,])(?:\.\d+)?"
)
_THREES = re.compile(r"[1-9]\d{0,2}(?:\{,\}\d{3})+(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"0,\d{2,}(?![\d,])|\d+,\d{2}(?=\s*(?:€|\\euro))")
_SEPARATOR = re.compile(r"\{,\}|\\[,! ]|[,~ \u00a0\u202f]")
_REPEATING = re.compile(r"\\(?:overline|bar|dot)\s*\{(\d{1,40})\}|\((\d{1,40})\)(?![\d(!^])")
_DOTS = re.compile(r"\.\.\.|\\(?:ldots|dots|cdots)(?![a-z])|\s*\(?(?:repeating|recurring)\b\)?")
_CYCLE = re.compile(r"\d*?(\d{1,3}?)\1{2,}")


def read_number(text: str, position: int, *, grouped: bool, outside: bool) -> Written | None:
    """The number that begins at a position; None where there is none.

    grouped  thousands may be separated here (not inside of a list)
    outside  no bracket is open: a comma may separate thousands or decimals
    raises   TooCostlyError for a number of too many digits
    """
    if found := _PLAIN.match(text, position):
        return Written(Fraction(int(found[0])), None, found.end())
    if outside and grouped and (found := _DECIMAL_COMMA.match(text, position)):
        return Written(*decimal(found[0].replace(",", ".")), found.end())
    if grouped and (found := _GROUPED.match(text, position)) and (outside or "," not in found[0]):
        return Written(*decimal(_SEPARATOR.sub("", found[0])), found.end())
    if found := _BASED.match(text, position):
        return Written(Fraction(int(found[0], 0)), None, found.end())
    found = _NUMBER.match(text, position)
    if found is None:
        return None
    value, places = decimal(found[0].replace("{,}", "" if _THREES.fullmatch(found[0]) else "."))
    if text.startswith(".\\", found.end()):
        # `0.\overline{3}`: the decimals begin with the part that repeats.
        return _repeated(text, found[0] + ".", value, 0, found.end() + 1)
    if text.startswith(".(", found.end()):
        return _repeated(text, found[0] + ".", value, 0, found.end() + 1)
    return _repeated(text, found[0], value, places, found.end())


def _repeated(text: str, written: str, value: Fraction, places: int | None, end: int) -> Written:
    r"""The number with the decimals that repeat after it: `0.1\overline{6}`, `0.1(6)`, `0.1666…`."""
    if places is None or places < 0:
        return Written(value, places, end)
    if again := _REPEATING.match(text, end):
        cycle = again[1] or again[2]
        return Written(value + Fraction(int(cycle), (10 ** len(cycle) - 1) * 10**places), None, again.end())
    dots = _DOTS.match(text, end)
    cycled = _CYCLE.fullmatch(written.partition(".")[2]) if dots and places else None
    if dots and cycled:
        cycle = cycled[1]
        return Written(value + Fraction(int(cycle), (10 ** len(cycle) - 1) * 10**places), None, dots.end())
    return Written(value, places, end)


def decimal(text: str) -> tuple[Fraction, int | None]:
    """The exact value of a plain decimal, and the decimal places that it prints (None for an integer).

    raises  TooCostlyError for a number of too many digits
    """
    mantissa, _, power = text.replace("e", "E").partition("E")
    if len(mantissa) * 4 > BITS or len(power) > 5:
        raise TooCostlyError(f"a number of {len(text)} characters")
    exponent = int(power or 0)
    if abs(exponent) * 4 > BITS:
        raise TooCostlyError(f"the exponent {exponent}")
    integer, dot, decimals = mantissa.partition(".")
    digits = int((integer + decimals) or 0)
    scale = len(decimals) - exponent
    value = Fraction(digits, 10**scale) if scale >= 0 else Fraction(digits * 10**-scale)
    return value, (scale if dot or power else None)

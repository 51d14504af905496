"""Compares an answer with the expected one: pure, on plain data, in the trusted process. Nothing runs a program's code.

Numbers are compared without the traps of floating point: NaN equals nothing (unless the task allows it), and
infinity only itself.
"""

import math
import re
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from rewardkit_sandbox import Iterated, Opaque

# Plain ASCII, as printf writes them: int() and Decimal() also take full-width digits, underscores and blanks.
_NUMBER = re.compile(rb"[+-]?(?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d{1,4}+)?")
_MOST_UNORDERED = 1000
"""Items that are compared in any order within a tolerance; more are compared as they are written."""
T = TypeVar("T")
_NUMBER_CHARACTERS = 400
"""The longest number that is compared within a tolerance; a longer one is compared as it is written."""


def close(found: float, expected: float, rel: float, absolute: float) -> bool:
    """Within tolerance; infinities only if equal; never for NaN."""
    if found == expected:
        return True
    try:
        if not (math.isfinite(found) and math.isfinite(expected)):
            return False
        return abs(found - expected) <= max(absolute, rel * abs(expected))
    except OverflowError:  # an integer beyond the range of floats
        return False


def same_tokens(found: str, expected: str, float_tol: float | None, *, integers_exact: bool = False) -> bool:
    """The same words between ASCII white space; numbers within `float_tol`, absolute or relative, where it is given.

    integers_exact  the tolerance is for expected numbers that are written as fractions only
    """
    got, wanted = _bytes(found).split(), _bytes(expected).split()
    if got == wanted:
        return True
    if len(got) != len(wanted) or float_tol is None:
        return False
    return all(_same_token(a, b, float_tol, integers_exact) for a, b in zip(got, wanted, strict=True))


def _bytes(text: str) -> bytes:
    """The text's bytes; a byte that was no text stays what no text encodes to."""
    return text.encode("utf-8", "surrogatepass")


def _same_token(found: bytes, expected: bytes, tolerance: float, integers_exact: bool) -> bool:  # noqa: FBT001
    if found == expected:
        return True
    if max(len(found), len(expected)) > _NUMBER_CHARACTERS:
        return False
    if not _NUMBER.fullmatch(found) or not _NUMBER.fullmatch(expected):
        return False
    if integers_exact and expected.lstrip(b"+-").isdigit():
        return False
    return close(float(found), float(expected), tolerance, tolerance)


def same_in_any_order(found: Sequence[T], expected: Sequence[T], same: Callable[[T, T], bool]) -> bool:
    """The same items, whatever their order; of very many, those that are written alike."""
    if len(found) != len(expected):
        return False
    if len(found) > _MOST_UNORDERED:
        return Counter(map(repr, found)) == Counter(map(repr, expected))
    left = list(found)
    for item in expected:
        at = next((at for at, other in enumerate(left) if same(other, item)), None)
        if at is None:
            return False
        del left[at]
    return True


def same_text(found: str, expected: str) -> bool:
    """The same lines; blanks at the end of a line and empty lines at the end of the text do not count."""
    return lines_of(found) == lines_of(expected)


def lines_of(text: str) -> list[str]:
    """The lines of a text without blanks at their ends, and without empty ones at its end."""
    lines = [line.rstrip(" \t\r\f\v") for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


class Rules:
    """Rules for the comparison of two values.

    rel, absolute   tolerance of floats; both 0 for Python's own `==`
    nan_ok          NaN equals NaN, and the sign of zero counts: for tasks where these are answers
    any_order       the items of a list that is the result may come in any order
    loose           data that went through JSON: a tuple or an iterator's items equal a list, and keys of
                    dictionaries equal their text
    """

    def __init__(
        self,
        *,
        rel: float = 0.0,
        absolute: float = 0.0,
        nan_ok: bool = False,
        loose: bool = False,
        any_order: bool = False,
    ) -> None:
        self.rel = rel
        self.absolute = absolute
        self.nan_ok = nan_ok
        self.loose = loose
        self.any_order = any_order

    def same(self, found: Any, expected: Any) -> bool:
        """True if `found`, decoded from the program, is `expected`. Never raises, whatever it holds."""
        try:
            kinds = (list, tuple, deque)
            if self.any_order and isinstance(expected, kinds) and (isinstance(found, kinds) and self._kind_fits(found)):
                return same_in_any_order(list(found), list(expected), self._same)
            return self._same(found, expected)
        except (TypeError, ValueError, ArithmeticError, RecursionError):
            return False

    def _kind_fits(self, found: Any) -> bool:
        return self.loose or not isinstance(found, Iterated)

    def _same(self, found: Any, expected: Any) -> bool:
        if isinstance(found, Opaque):
            return False
        if isinstance(expected, (bool, str, bytes, type(None))) or isinstance(found, (bool, str, bytes, type(None))):
            return self._same_atom(found, expected)
        if isinstance(expected, float) or isinstance(found, float):
            return self._same_float(found, expected)
        if isinstance(expected, Mapping):
            return self._same_mapping(found, expected)
        if isinstance(expected, (list, tuple, deque)):
            return self._same_sequence(found, expected)
        if isinstance(expected, (set, frozenset)) and self.loose and isinstance(found, (list, tuple)):
            return len(found) == len(expected) and set(found) == expected
        return bool(found == expected)

    @staticmethod
    def _same_atom(found: Any, expected: Any) -> bool:
        if isinstance(found, bool) or isinstance(expected, bool):
            return (
                isinstance(found, (bool, int, float)) and isinstance(expected, (bool, int, float)) and found == expected
            )
        return type(found) is type(expected) and bool(found == expected)

    def _same_float(self, found: Any, expected: Any) -> bool:
        if not all(isinstance(item, (int, float)) for item in (found, expected)):
            return bool(found == expected)  # Fraction, Decimal, complex
        if self.nan_ok:
            if math.isnan(found) or math.isnan(expected):
                return math.isnan(found) and math.isnan(expected)
            if found == expected == 0:
                return math.copysign(1, found) == math.copysign(1, expected)
        return close(found, expected, self.rel, self.absolute)

    def _same_sequence(self, found: Any, expected: Any) -> bool:
        if self.loose:
            if not isinstance(found, (list, tuple, deque)):
                return False
        else:
            kinds = (list, tuple, deque)
            if isinstance(found, Iterated) or not any(isinstance(found, k) and isinstance(expected, k) for k in kinds):
                return False
        return len(found) == len(expected) and all(map(self._same, found, expected))

    def _same_mapping(self, found: Any, expected: Any) -> bool:
        if not isinstance(found, Mapping) or len(found) != len(expected):
            return False
        if self.loose:
            found = {_key(key): value for key, value in found.items()}
            expected = {_key(key): value for key, value in expected.items()}
        return found.keys() == expected.keys() and all(self._same(found[key], expected[key]) for key in expected)


def _key(key: Any) -> Any:
    """A key as JSON would have written it."""
    if isinstance(key, bool):
        return "true" if key else "false"
    if key is None:
        return "null"
    return str(key) if isinstance(key, (int, float)) else key

"""The types that go over the wire, as a table: tag, type, what a value is made of, how it is made again, an example.

Nothing here knows of frames or bounds of a whole value: see `wire`.
"""

import base64
import collections
import datetime  # noqa: ICN001 - its own name reads best beside collections and decimal
import decimal
import fractions
import itertools
import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

MAX_DECIMAL_CHARS = 20_000
MAX_FIELDS = 255
# Of the values that a set or a dictionary is made of; they are equal, or were chosen.
MAX_COLLISIONS = 64


class WireError(Exception):
    """Data that does not go over the wire: too large, too deep, or bytes that are no frame."""


class Iterated(tuple[Any, ...]):  # noqa: SLOT001 - a marker, told apart by its type
    """Items that an iterator gave, in order: equal to no list, so a comparison decides whether iterators will do."""


class WireType(NamedTuple):
    """How values of one type travel: as a JSON object of their tag and their parts."""

    tag: str
    kind: type
    parts: Callable[[Any], Iterable[Any] | str]
    """The values that a value is made of, or one text."""
    build: Callable[[Any], Any]
    """The value again, from the list of its parts or the text, whatever is in these. Raises any error."""
    example: Any


def _itself(value: Any) -> Any:
    return value


def _pairs(value: Any) -> Iterable[Any]:
    return itertools.chain.from_iterable(dict.items(value))


def _spread(items: list[Any]) -> list[Any]:
    """The items, if a hash table of them is one: numbers can be chosen so that building it takes hours."""
    if len(items) > MAX_COLLISIONS:
        _, most = collections.Counter(map(hash, items)).most_common(1)[0]
        if most > MAX_COLLISIONS:
            raise WireError(f"more than {MAX_COLLISIONS} keys of the same hash")
    return items


def _dict(flat: list[Any]) -> dict[Any, Any]:
    return dict(zip(_spread(flat[::2]), flat[1::2], strict=True))


def _text_of_bytes(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _decimal(text: str) -> decimal.Decimal:
    if len(text) > MAX_DECIMAL_CHARS:
        raise WireError("a Decimal of too many digits")
    return decimal.Decimal(text)


def _fraction(body: list[Any]) -> fractions.Fraction:
    if any(type(part) is not int or part.bit_length() > 4 * MAX_DECIMAL_CHARS for part in body):
        raise WireError("a Fraction of too many digits")
    return fractions.Fraction(*body)


_MOMENTS: dict[str, Any] = {"datetime": datetime.datetime, "date": datetime.date, "time": datetime.time}


def _moment(body: list[Any]) -> Any:
    name, *rest = body
    return datetime.timedelta(*rest) if name == "timedelta" else _MOMENTS[name].fromisoformat(*rest)


def _of_moment(value: Any) -> list[str]:
    return [type(value).__name__, value.isoformat()]


WIRE_TYPES = (
    WireType("t", tuple, _itself, tuple, (1, (2.5, None))),
    WireType("d", dict, _pairs, _dict, {(1, 2): [3], "a": {}}),
    WireType("s", set, _itself, lambda items: set(_spread(items)), {1, "a"}),
    WireType("fs", frozenset, _itself, lambda items: frozenset(_spread(items)), frozenset({1, "a"})),
    WireType("c", complex, lambda v: [v.real, v.imag], lambda body: complex(*body), 1 - 2j),
    WireType("b", bytes, _text_of_bytes, base64.b64decode, b"\x00\xff"),
    WireType("ba", bytearray, _text_of_bytes, lambda text: bytearray(base64.b64decode(text)), bytearray(b"ab")),
    WireType("r", range, lambda v: [v.start, v.stop, v.step], lambda body: range(*body), range(9, 1, -2)),
    WireType(
        "C", collections.Counter, _pairs, lambda flat: collections.Counter(_dict(flat)), collections.Counter("aab")
    ),
    WireType(
        "O",
        collections.OrderedDict,
        _pairs,
        lambda flat: collections.OrderedDict(_dict(flat)),
        collections.OrderedDict(b=1, a=2),
    ),
    WireType(
        "D",
        collections.defaultdict,
        _pairs,
        lambda flat: collections.defaultdict(None, _dict(flat)),
        collections.defaultdict(None, a=[1]),
    ),
    WireType("q", collections.deque, _itself, collections.deque, collections.deque([1, 2])),
    WireType("M", decimal.Decimal, str, _decimal, decimal.Decimal("1.10")),
    WireType("F", fractions.Fraction, lambda v: [v.numerator, v.denominator], _fraction, fractions.Fraction(1, 3)),
    WireType("T", datetime.datetime, _of_moment, _moment, datetime.datetime(2024, 2, 29, 23, 59)),  # noqa: DTZ001 - naive
    WireType("T", datetime.date, _of_moment, _moment, datetime.date(2024, 2, 29)),
    WireType("T", datetime.time, _of_moment, _moment, datetime.time(23, 59)),
    WireType(
        "T",
        datetime.timedelta,
        lambda v: ["timedelta", v.days, v.seconds, v.microseconds],
        _moment,
        datetime.timedelta(1, 2, 3),
    ),
    WireType("it", Iterated, _itself, Iterated, Iterated([1, 2])),
)
"""One entry for each type that has a tag; lists, texts, truth values, None and most numbers are JSON's own."""


def hexadecimal(text: str) -> int:
    """An integer beyond what JSON carries exactly."""
    if not isinstance(text, str) or not text.startswith(("0x", "-0x")):
        raise WireError("an integer that is not hexadecimal")
    return int(text, 16)


def nonfinite(text: str) -> float:
    """A float that JSON does not know."""
    return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[text]


def named(body: list[Any]) -> Any:
    """A namedtuple of a name, field names and values."""
    name, fields, values = body
    # A namedtuple's class is made from text, where two spellings of a letter are one.
    if type(fields) is not list or len(fields) > MAX_FIELDS or not all(map(str.isascii, [name, *fields])):
        raise WireError("a namedtuple of too many fields, or of names that are not ASCII")
    return collections.namedtuple(name, fields)(*values)  # noqa: PYI024 - both come at run time

"""Compares results: rows of values, in order where the reference asks for one. Pure."""

from collections import Counter
from collections.abc import Sequence
from itertools import permutations
from typing import Any

Row = tuple[Any, ...]
MAX_PERMUTED = 7
"""Columns up to which their order may be any."""


def canonical(value: Any) -> Any:
    """A value so that equal ones are the same: a number is one whatever its type, to nine digits."""
    if isinstance(value, dict):
        return ("bytes", value["bytes"])
    if isinstance(value, float):
        if value == value and abs(value) < 1e15 and value == int(value):  # noqa: PLR0124 - NaN
            return ("number", str(int(value)))
        return ("number", f"{value:.9g}")
    if isinstance(value, int):
        return ("number", str(value))
    return value


def rows_of(rows: Sequence[Sequence[Any]]) -> list[Row]:
    """The rows of a result in canonical form."""
    return [tuple(map(canonical, row)) for row in rows]


def same(found: list[Row], wanted: Sequence[list[Row]], *, ordered: bool, any_columns: bool) -> bool:
    """True if a result is the wanted one.

    wanted       results of the reference that are equally right: the first and the last break its ties in opposite ways
    ordered      the order of rows counts, but for ties
    any_columns  columns may be in another order
    """
    return any(_same(found, one, wanted, ordered, any_columns) for one in wanted)


def _same(found: list[Row], one: list[Row], wanted: Sequence[list[Row]], ordered: bool, any_columns: bool) -> bool:  # noqa: FBT001
    if len(found) != len(one) or (one and len(found[0]) != len(one[0])):
        return False
    for order in _orders(found, one) if any_columns else [None]:
        rows = found if order is None else [tuple(row[at] for at in order) for row in found]
        if Counter(rows) == Counter(one) and (not ordered or _in_order(rows, wanted)):
            return True
    return False


def _in_order(rows: list[Row], wanted: Sequence[list[Row]]) -> bool:
    """True if rows stand in an order that the reference's allows: within a tie, any.

    A tie is a stretch that two results hold in different orders; it ends where both have seen the same rows.
    """
    first, last = wanted[0], wanted[-1]
    ahead: Counter[Row] = Counter()
    start = 0
    for at, (one, other) in enumerate(zip(first, last, strict=False), 1):
        ahead[one] += 1
        ahead[other] -= 1
        if not any(ahead.values()):
            if Counter(rows[start:at]) != Counter(first[start:at]):
                return False
            start = at
    return True


def _orders(found: list[Row], one: list[Row]) -> list[tuple[int, ...] | None]:
    """Orders of columns that may make two results equal: those whose columns hold the same values."""
    if not found or len(found[0]) > MAX_PERMUTED:
        return [None]
    columns = [Counter(column) for column in zip(*found, strict=True)]
    wanted = [Counter(column) for column in zip(*one, strict=True)]
    return [
        order
        for order in permutations(range(len(columns)))
        if all(columns[at] == there for at, there in zip(order, wanted, strict=True))
    ]

"""Matrices and vectors: arithmetic, transposes, determinants, and equality entry by entry."""

from fractions import Fraction

from rewardkit_math.complexity_limits import ITEMS, TooCostlyError
from rewardkit_math.tree import (
    EXPRESSION,
    MINUS_ONE,
    Add,
    Call,
    Interval,
    Matrix,
    Mul,
    Node,
    Num,
    Pow,
    Rel,
    Seq,
    Sym,
    children,
    rebuild,
)

Rows = tuple[tuple[Node, ...], ...]
_TRANSPOSED = frozenset(("T", "t", "\\top", "\\intercal", "\\prime", "'"))
_MOST_TO_EXPAND = 5
_MOST_POWER = 12


def holds_matrix(node: Node) -> bool:
    """True if a matrix, or a tuple in a sum, a product or a power, stands anywhere in a node."""
    if isinstance(node, Matrix):
        return True
    if isinstance(node, Add | Mul | Pow) and any(isinstance(child, Seq) for child in children(node)):
        return True
    return isinstance(node, (*EXPRESSION, Rel, Seq)) and any(map(holds_matrix, children(node)))


def rows_of(node: Node) -> Rows | None:
    """The rows of a matrix, once its sums and products are carried out; None for what is no matrix.

    A tuple is a column, and a row is a column too where it stands alone.
    """
    rows = _rows(node)
    return tuple((entry,) for entry in rows[0]) if rows is not None and len(rows) == 1 else rows


def _rows(node: Node) -> Rows | None:
    match node:
        case Rel(("=",), (_, inner)):
            return _rows(inner)
        case Matrix(rows):
            return rows
        case Interval(low, high, True, True):
            return ((low,), (high,))
        case Seq("tuple", items) if items and all(isinstance(item, Seq) and item.kind == "tuple" for item in items):
            return tuple(item.items for item in items if isinstance(item, Seq))
        case Seq("tuple", items):
            return tuple((item,) for item in items)
        case Pow(base, Sym(mark)) if mark in _TRANSPOSED:
            turned = _rows(base)
            return None if turned is None else tuple(zip(*turned, strict=True))
        case Pow(base, Num(Fraction(numerator=power, denominator=1))) if 0 < power <= _MOST_POWER:
            factor = _rows(base)
            total = factor
            for _ in range(power - 1):
                total = None if total is None or factor is None else _times(total, factor)
            return total
        case Add(args):
            return _summed(args)
        case Mul(args):
            return _multiplied(args)
        case _:
            return None


def _summed(args: tuple[Node, ...]) -> Rows | None:
    total: Rows | None = None
    for arg in args:
        rows = _rows(arg)
        if rows is None or (total is not None and [len(row) for row in rows] != [len(row) for row in total]):
            return None
        total = (
            rows
            if total is None
            else tuple(tuple(Add(pair) for pair in zip(*both, strict=True)) for both in zip(total, rows, strict=True))
        )
    return total


def _multiplied(args: tuple[Node, ...]) -> Rows | None:
    scalars = tuple(arg for arg in args if _rows(arg) is None)
    total: Rows | None = None
    if any(holds_matrix(arg) and not isinstance(arg, Call) for arg in scalars):
        return None
    for arg in args:
        rows = _rows(arg)
        if rows is not None:
            total = rows if total is None else _times(total, rows)
            if total is None:
                return None
    if total is None or not scalars:
        return total
    return tuple(tuple(Mul((*scalars, entry)) for entry in row) for row in total)


def _times(one: Rows, other: Rows) -> Rows | None:
    if len(one[0]) != len(other):
        return None
    if len(one) * len(other) * len(other[0]) > ITEMS:
        raise TooCostlyError("a product of large matrices")
    columns = tuple(zip(*other, strict=True))
    return tuple(
        tuple(Add(tuple(Mul(pair) for pair in zip(row, column, strict=True))) for column in columns) for row in one
    )


def with_determinants(node: Node) -> Node:
    """The node with each determinant expanded."""
    match node:
        case Call("det", (inner,)) | Call("abs", (Matrix() as inner,)):
            rows = _rows(inner)
            square = rows is not None and len(rows) <= _MOST_TO_EXPAND and all(len(row) == len(rows) for row in rows)
            return _determinant(rows) if rows is not None and square else node
        case _ if isinstance(node, (*EXPRESSION, Rel)) and children(node):
            return rebuild(node, {child: with_determinants(child) for child in children(node)})
        case _:
            return node


def _determinant(rows: Rows) -> Node:
    """The determinant by its first row."""
    if len(rows) == 1:
        return rows[0][0]
    terms: list[Node] = []
    for place, entry in enumerate(rows[0]):
        minor = _determinant(tuple(row[:place] + row[place + 1 :] for row in rows[1:]))
        terms.append(Mul((MINUS_ONE, entry, minor)) if place % 2 else Mul((entry, minor)))
    return Add(tuple(terms))

r"""Sets of real numbers: inequalities, intervals, unions and set builders as one canonical list of intervals.

A region is a sorted list of disjoint pieces between real bounds; infinities are bounds that are never closed. Bounds
are compared as values with 45 digits, so that `1 - \sqrt{3}` and `-\sqrt{3} + 1` bound the same interval.
"""

from fractions import Fraction
from typing import Any, NamedTuple

from rewardkit_math.numeric.evaluation_state import Budget
from rewardkit_math.numeric.exact import exact
from rewardkit_math.numeric.numeric_equality import real_value
from rewardkit_math.tree import (
    EXPRESSION,
    MINUS_ONE,
    Add,
    Builder,
    Call,
    Const,
    Interval,
    Logic,
    Mul,
    Node,
    Rel,
    Seq,
    SetOp,
    Sym,
    names,
)


class NoRegionError(Exception):
    """The statement does not describe a set of real numbers that can be listed."""


class Piece(NamedTuple):
    """An interval between two real bounds, which may be infinite or, for one point, the same."""

    low: Any
    low_closed: bool
    high: Any
    high_closed: bool


Region = tuple[Piece, ...]
_INF = float("inf")
_NEAR = Fraction(1, 10**45)
"""Relative difference below which two bounds are the same."""
_FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!=", "~": "="}


def region_of(node: Node, budget: Budget) -> tuple[Region, str | None]:
    """The region, and the name of the variable that it was stated for (None for a bare set)."""
    match node:
        case Interval(low, high, low_closed, high_closed):
            return _normal([_piece(low, high, budget, low_closed=low_closed, high_closed=high_closed)]), None
        case Seq("tuple", (low, high)):
            return _normal([_piece(low, high, budget, low_closed=False, high_closed=False)]), None
        case Seq("set", items):
            points = [_bound(item, budget) for item in items]
            return _normal([Piece(value, True, value, True) for value in points]), None
        case Const("R"):
            return (_everything(),), None
        case Const("empty"):
            return (), None
        case SetOp(op, args):
            regions = [region_of(arg, budget)[0] for arg in args]
            total = regions[0]
            for other in regions[1:]:
                total = {"union": _union, "intersection": _intersection, "difference": _difference}[op](total, other)
            return total, None
        case Builder(Sym(name), condition):
            region, stated = region_of(condition, budget)
            if stated not in (None, name):
                raise NoRegionError("a condition on another name")
            return region, None
        case Builder(Rel(("in",), (Sym(name), Const("R"))), condition):
            return region_of(Builder(Sym(name), condition), budget)
        case Logic(op, items) | Seq("list" | "or" as op, items):
            parts = [region_of(item, budget) for item in items]
            variables = {variable for _, variable in parts if variable is not None}
            if len(variables) > 1:
                raise NoRegionError("several variables")
            if isinstance(node, Seq) and any(not isinstance(item, Rel | Interval | SetOp) for item in items):
                raise NoRegionError("a list")
            # Statements beside each other hold together, unless nothing is left: `x < 1, x > 2` lists two solutions.
            joint = op == "and" or (op == "list" and any(isinstance(item, Rel) for item in items))
            together = _intersection if joint and _overlap([part for part, _ in parts]) else _union
            total = parts[0][0]
            for other, _ in parts[1:]:
                total = together(total, other)
            return total, next(iter(variables), None)
        case Rel(ops, sides):
            return _relation(ops, sides, budget)
        case _:
            raise NoRegionError(type(node).__name__)


def same_region(one: Region, other: Region, tolerance: float = 0.0) -> bool:
    """True if two regions have the same pieces."""
    if len(one) != len(other):
        return False
    return all(
        a.low_closed == b.low_closed
        and a.high_closed == b.high_closed
        and _same(a.low, b.low, tolerance)
        and _same(a.high, b.high, tolerance)
        for a, b in zip(one, other, strict=True)
    )


def _everything() -> Piece:
    return Piece(-_INF, False, _INF, False)


def _same(one: Any, other: Any, tolerance: float = 0.0) -> bool:
    if one == other:
        return True
    if _INF in (abs(one), abs(other)):
        return False
    allowed = max(_NEAR, Fraction(tolerance))
    return bool(abs(one - other) <= max(abs(one), abs(other), Fraction(1, 10**6)) * allowed)


def _bound(node: Node, budget: Budget) -> Any:
    if node == Const("oo"):
        return _INF
    if isinstance(node, Mul) and node.args == (MINUS_ONE, Const("oo")):
        return -_INF
    if not isinstance(node, EXPRESSION):
        raise NoRegionError("a bound that is not a number")
    value = real_value(node, budget)
    if value is None:
        raise NoRegionError("a bound that is not a number")
    return value


def _piece(low: Node, high: Node, budget: Budget, *, low_closed: bool, high_closed: bool) -> Piece:
    below, above = _bound(low, budget), _bound(high, budget)
    if below > above or (below == above and not (low_closed and high_closed)):
        raise NoRegionError("the bounds are the wrong way round")
    return Piece(below, low_closed and below != -_INF, above, high_closed and above != _INF)


def _normal(pieces: list[Piece]) -> Region:
    """Sorted, without empty pieces, and with pieces that touch joined."""
    kept = [
        piece
        for piece in pieces
        if (piece.low < piece.high and not _same(piece.low, piece.high))
        or (_same(piece.low, piece.high) and piece.low_closed and piece.high_closed)
    ]
    kept.sort(key=lambda piece: (piece.low, not piece.low_closed))
    joined: list[Piece] = []
    for piece in kept:
        if joined:
            last = joined[-1]
            touching = _same(piece.low, last.high)
            if (piece.low < last.high and not touching) or (touching and (piece.low_closed or last.high_closed)):
                if _same(piece.high, last.high):
                    last = last._replace(high_closed=last.high_closed or piece.high_closed)
                elif piece.high > last.high:
                    last = last._replace(high=piece.high, high_closed=piece.high_closed)
                if _same(piece.low, last.low):
                    last = last._replace(low_closed=last.low_closed or piece.low_closed)
                joined[-1] = last
                continue
        joined.append(piece)
    return tuple(joined)


def _union(one: Region, other: Region) -> Region:
    return _normal([*one, *other])


def _intersection(one: Region, other: Region) -> Region:
    found = []
    for a in one:
        for b in other:
            if _same(a.low, b.low):
                low, low_closed = a.low, a.low_closed and b.low_closed
            else:
                low, low_closed = (a.low, a.low_closed) if a.low > b.low else (b.low, b.low_closed)
            if _same(a.high, b.high):
                high, high_closed = a.high, a.high_closed and b.high_closed
            else:
                high, high_closed = (a.high, a.high_closed) if a.high < b.high else (b.high, b.high_closed)
            found.append(Piece(low, low_closed, high, high_closed))
    return _normal(found)


def _difference(one: Region, other: Region) -> Region:
    return _intersection(one, _complement(other))


def _complement(region: Region) -> Region:
    whole = _everything()
    pieces, low, low_closed = [], whole.low, False
    for piece in region:
        pieces.append(Piece(low, low_closed, piece.low, not piece.low_closed and piece.low not in (-_INF, _INF)))
        low, low_closed = piece.high, not piece.high_closed and piece.high not in (-_INF, _INF)
    pieces.append(Piece(low, low_closed, whole.high, False))
    return _normal(pieces)


def _overlap(regions: list[Region]) -> bool:
    total = regions[0]
    for other in regions[1:]:
        total = _intersection(total, other)
    return bool(total)


def _relation(ops: tuple[str, ...], sides: tuple[Node, ...], budget: Budget) -> tuple[Region, str]:
    total: Region | None = None
    variable: str | None = None
    for op, left, right in zip(ops, sides, sides[1:], strict=False):
        piece, name = _single(op, left, right, budget)
        if variable not in (None, name):
            raise NoRegionError("several variables")
        variable = name
        total = piece if total is None else _intersection(total, piece)
    assert total is not None
    assert variable is not None
    return total, variable


def _single(op: str, left: Node, right: Node, budget: Budget) -> tuple[Region, str]:
    """One relation in one variable: the variable alone, in absolute value, or linear."""
    if op == "in":
        if not isinstance(left, Sym):
            raise NoRegionError("membership of no variable")
        return region_of(right, budget)[0], left.name
    if names(right) and not names(left):
        left, right, op = right, left, _FLIP[op]
    free = names(left)
    if len(free) != 1 or names(right):
        raise NoRegionError("not one variable against a bound")
    (name,) = free
    bound = _bound(right, budget)
    if isinstance(left, Sym):
        return _ray(op, bound), name
    if isinstance(left, Call) and left.name == "abs" and isinstance(left.args[0], Sym):
        return _absolute(op, bound), name
    slope, offset = linear(left, name) or (None, None)
    if slope is None or offset is None:
        raise NoRegionError("not linear")
    return _ray(op if slope > 0 else _FLIP[op], (bound - offset) / slope), name


def linear(node: Node, name: str) -> tuple[Any, Any] | None:
    """Slope and offset of a linear expression with rational coefficients; None for any other. The slope is not 0."""

    def go(part: Node) -> tuple[Any, Any] | None:
        if name not in names(part):
            value = exact(part)
            return None if value is None else (0, value)
        match part:
            case Sym():
                return 1, 0
            case Add(args):
                pairs = [go(arg) for arg in args]
                if any(pair is None for pair in pairs):
                    return None
                return sum(p[0] for p in pairs if p), sum(p[1] for p in pairs if p)
            case Mul(args):
                scale: Any = 1
                found: tuple[Any, Any] | None = None
                for arg in args:
                    pair = go(arg)
                    if pair is None or (pair[0] and found is not None):
                        return None
                    if pair[0]:
                        found = pair
                    else:
                        scale *= pair[1]
                return None if found is None else (found[0] * scale, found[1] * scale)
            case _:
                return None

    pair = go(node)
    return pair if pair is not None and pair[0] else None


def _ray(op: str, bound: Any) -> Region:
    match op:
        case "<" | "<=":
            pieces = [Piece(-_INF, False, bound, op == "<=")]
        case ">" | ">=":
            pieces = [Piece(bound, op == ">=", _INF, False)]
        case "!=":
            pieces = [Piece(-_INF, False, bound, False), Piece(bound, False, _INF, False)]
        case "=" | "~":
            pieces = [Piece(bound, True, bound, True)]
        case _:
            raise NoRegionError(op)
    return _normal(pieces)


def _absolute(op: str, bound: Any) -> Region:
    if op in ("<", "<="):
        return _normal([Piece(-bound, op == "<=", bound, op == "<=")])
    if bound < 0:
        return (_everything(),)
    if op in (">", ">="):
        return _normal([Piece(-_INF, False, -bound, op == ">="), Piece(bound, op == ">=", _INF, False)])
    if op == "=":
        return _normal([Piece(-bound, True, -bound, True), Piece(bound, True, bound, True)])
    raise NoRegionError(op)

"""Sets of real numbers as sympy sets (intervals, unions, solutions of inequalities), and whether two are the same."""

from itertools import pairwise
from typing import Any

import sympy

from rewardkit_math.symbolic.assumptions import Names
from rewardkit_math.symbolic.identities import Verdict, identical
from rewardkit_math.symbolic.to_sympy import UnsupportedError, number
from rewardkit_math.tree import (
    Builder,
    Conditioned,
    Const,
    Interval,
    Logic,
    Node,
    Rel,
    Seq,
    SetOp,
    Sym,
    names,
)

_SETS = {
    "R": sympy.S.Reals,
    "Z": sympy.S.Integers,
    "N": sympy.S.Naturals0,
    "Q": sympy.S.Rationals,
    "C": sympy.S.Complexes,
    "empty": sympy.S.EmptySet,
}
_INEQUALITIES = {"<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge}


def as_set(node: Node, known: Names) -> Any:
    """The real numbers that a set, an inequality or several of them describe. Raises UnsupportedError."""
    match node:
        case Const(name) if name in _SETS:
            return _SETS[name]
        case Interval(low, high, low_closed, high_closed):
            return sympy.Interval(number(low, known), number(high, known), not low_closed, not high_closed)
        case SetOp(op, args):
            parts = [as_set(arg, known) for arg in args]
            if op == "difference":
                return sympy.Complement(parts[0], parts[1])
            return (sympy.Union if op == "union" else sympy.Intersection)(*parts)
        case Seq("tuple", (low, high)):
            return sympy.Interval.open(number(low, known), number(high, known))
        case Seq("set", items):
            return sympy.FiniteSet(*[number(item, known) for item in items])
        case Seq("list", items) if all(isinstance(item, Rel) for item in items):
            strict = any(set(item.ops) - {"=", "~"} for item in items if isinstance(item, Rel))
            return (sympy.Intersection if strict else sympy.Union)(*[as_set(item, known) for item in items])
        case Seq("list", items):
            return sympy.Union(*[_member(item, known) for item in items])
        case Builder(Sym() | Rel(("in",), _), condition):
            return as_set(condition, known)
        case Logic(op, items):
            return (sympy.Intersection if op == "and" else sympy.Union)(*[as_set(item, known) for item in items])
        case Rel(("in",), (Sym(), region)):
            return as_set(region, known)
        case Rel():
            return _solved(node, known)
        case Conditioned(body, _, _):
            return as_set(body, known)
        case _:
            raise UnsupportedError(f"no set of real numbers: {type(node).__name__}")


def _member(node: Node, known: Names) -> Any:
    if isinstance(node, Interval | SetOp | Rel):
        return as_set(node, known)
    return sympy.FiniteSet(number(node, known))


def _solved(node: Rel, known: Names) -> Any:
    """The solutions of a chain of relations in one name."""
    free = names(node)
    if len(free) != 1:
        raise UnsupportedError("several unknowns")
    unknown = known.symbol(next(iter(free)))
    sides = [number(side, known) for side in node.sides]
    parts = []
    for op, (left, right) in zip(node.ops, pairwise(sides), strict=True):
        if op in ("=", "~", "!="):
            roots = sympy.solveset(left - right, unknown, sympy.S.Reals)
            parts.append(roots if op != "!=" else sympy.Complement(sympy.S.Reals, roots))
            continue
        relation = _INEQUALITIES[op](left, right)
        if relation in (sympy.true, sympy.false):
            parts.append(sympy.S.Reals if relation == sympy.true else sympy.S.EmptySet)
        else:
            parts.append(sympy.solve_univariate_inequality(relation, unknown, relational=False))
    return sympy.Intersection(*parts)


def same_sets(one: Any, other: Any, deadline: float) -> Verdict:
    """The verdict on two sets of real numbers."""
    if one == other or sympy.SymmetricDifference(one, other) == sympy.S.EmptySet:
        return Verdict("proved", "the same set")
    first, second = _pieces(one), _pieces(other)
    if first is None or second is None:
        return Verdict("not settled", "a set that cannot be listed")
    if len(first) != len(second) or any(piece[2:] != match[2:] for piece, match in zip(first, second, strict=True)):
        return Verdict("refuted", "other pieces")
    for piece, match in zip(first, second, strict=True):
        for end, wanted in zip(piece[:2], match[:2], strict=True):
            verdict = Verdict("proved", "") if end == wanted else identical(end, wanted, deadline)
            if verdict.outcome != "proved":
                return verdict
    return Verdict("proved", "the same bounds")


def _pieces(region: Any) -> list[tuple[Any, Any, bool, bool]] | None:
    """The intervals and points of a set from left to right; None where it has others."""
    found: list[tuple[Any, Any, bool, bool]] = []
    for part in region.args if isinstance(region, sympy.Union) else (region,):
        if isinstance(part, sympy.Interval):
            found.append((part.start, part.end, bool(part.left_open), bool(part.right_open)))
        elif isinstance(part, sympy.FiniteSet):
            found += [(point, point, False, False) for point in part]
        elif part != sympy.S.EmptySet:
            return None
    return sorted(found, key=lambda piece: (sympy.N(piece[0]), sympy.N(piece[1])))

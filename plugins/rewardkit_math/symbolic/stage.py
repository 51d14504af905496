"""One question to sympy: are two trees the same answer? Asked by kind; runs in the helper process."""

import time
from typing import Any

import sympy

from rewardkit_math.complexity_limits import TooCostlyError
from rewardkit_math.symbolic.as_set import as_set, same_sets
from rewardkit_math.symbolic.assumptions import Names, names_of
from rewardkit_math.symbolic.identities import TOTAL_S, SlowError, Verdict, evaluated, identical, slice_of
from rewardkit_math.symbolic.shapes import holds_matrix, is_equation, is_region, is_solved
from rewardkit_math.symbolic.to_sympy import UnsupportedError, is_matrix, number, to_sympy
from rewardkit_math.tree import (
    EXPRESSION,
    Conditioned,
    Node,
    Quantity,
    Rel,
    Seq,
    Sym,
    UnknownFunction,
    names,
)

_UNSETTLED = Verdict("not settled", "")
_MOST_MEMBERS = 12


def ask(found: Node, wanted: Node) -> list[str]:
    """`[outcome, how]` for a prediction and a ground truth; the outcome is `proved`, `refuted` or `not settled`."""
    integers = frozenset().union(*(side.integers for side in (found, wanted) if isinstance(side, Conditioned)))
    found, wanted = _body(found), _body(wanted)
    try:
        return list(settle(found, wanted, names_of(found, wanted, integers=integers), time.process_time() + TOTAL_S))
    except (UnsupportedError, TooCostlyError, RecursionError) as error:
        return ["not settled", str(error)]


def settle(found: Node, wanted: Node, known: Names, deadline: float) -> Verdict:
    """The verdict for two trees, by their kind. Raises UnsupportedError."""
    found, wanted = _named_value(found, wanted), _named_value(wanted, found)
    if holds_matrix(found) or holds_matrix(wanted):
        return _matrices(to_sympy(found, known), to_sympy(wanted, known), deadline)
    if isinstance(found, Seq) and isinstance(wanted, Seq) and not is_region(found) and not is_region(wanted):
        return _sequences(found, wanted, known, deadline)
    if is_region(found) or is_region(wanted):
        return _regions(found, wanted, known, deadline)
    if is_equation(found) and is_equation(wanted):
        return _equations(found, wanted, known, deadline)
    if isinstance(found, Quantity) and isinstance(wanted, Quantity) and found.unit != wanted.unit:
        return Verdict("not settled", "units")
    if isinstance(_value(found), EXPRESSION) and isinstance(_value(wanted), EXPRESSION):
        return _expressions(found, wanted, known, deadline)
    return Verdict("not settled", "kinds")


def _body(node: Node) -> Node:
    return node.body if isinstance(node, Conditioned) else node


def _value(node: Node) -> Node:
    return node.value if isinstance(node, Quantity) else node


def _named_value(node: Node, other: Node) -> Node:
    """`x = 3` beside a value as that value."""
    match node:
        case Rel(ops, (Sym() | UnknownFunction(), *_, value)) if set(ops) <= {"=", "~"} and not isinstance(other, Rel):
            return value
        case _:
            return node


def _expressions(found: Node, wanted: Node, known: Names, deadline: float) -> Verdict:
    mine, theirs = names(found), names(wanted)
    if not (mine <= theirs or theirs <= mine):
        return Verdict("not settled", "names")
    return identical(number(found, known), number(wanted, known), deadline)


def _matrices(found: Any, wanted: Any, deadline: float) -> Verdict:
    found, wanted = (
        sympy.ImmutableMatrix(list(side)) if isinstance(side, sympy.Tuple) else side for side in (found, wanted)
    )
    if is_matrix(found) and is_matrix(wanted):
        if found.shape != wanted.shape:
            return Verdict("refuted", "other shape")
        return _all([identical(one, other, deadline) for one, other in zip(found, wanted, strict=True)])
    if isinstance(found, sympy.Expr) and isinstance(wanted, sympy.Expr):
        return identical(found, wanted, deadline)
    return Verdict("not settled", "kinds")


def _sequences(found: Seq, wanted: Seq, known: Names, deadline: float) -> Verdict:
    if found.kind == wanted.kind == "tuple":
        if len(found.items) != len(wanted.items):
            return Verdict("refuted", "other length")
        return _all([settle(one, other, known, deadline) for one, other in zip(found.items, wanted.items, strict=True)])
    if "tuple" in (found.kind, wanted.kind) or not len(found.items) == len(wanted.items) <= _MOST_MEMBERS:
        return Verdict("not settled", "kinds")
    left = list(wanted.items)
    for item in found.items:
        partner = next((other for other in left if settle(item, other, known, deadline).outcome == "proved"), None)
        if partner is None:
            return Verdict("not settled", "members")
        left.remove(partner)
    return Verdict("proved", "member by member")


def _regions(found: Node, wanted: Node, known: Names, deadline: float) -> Verdict:
    if is_solved(wanted) and not is_solved(found):
        return Verdict("not settled", "the prediction is not solved")
    mine, theirs = names(found), names(wanted)
    if len(mine) == len(theirs) == 1 and mine != theirs:
        return Verdict("not settled", "names")
    try:
        with slice_of(deadline):
            one, other = as_set(found, known), as_set(wanted, known)
            return same_sets(one, other, deadline)
    except (SlowError, NotImplementedError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        return Verdict("not settled", type(error).__name__)


def _equations(found: Node, wanted: Node, known: Names, deadline: float) -> Verdict:
    """Two equations are the same curve where their numerators have the same irreducible factors."""
    if not names(found) or names(found) != names(wanted):
        return Verdict("not settled", "names")
    if len(names(wanted)) == 1 and is_solved(wanted) and not is_solved(found):
        return Verdict("not settled", "the prediction is not solved")
    assert isinstance(found, Rel)
    assert isinstance(wanted, Rel)
    one, other = (number(side.sides[0], known) - number(side.sides[1], known) for side in (found, wanted))
    try:
        with slice_of(deadline):
            one, other = evaluated(one), evaluated(other)
            quotient = sympy.cancel(sympy.together(one) / other) if other != 0 else sympy.nan
            if quotient.is_number and quotient.is_finite and quotient != 0:
                return Verdict("proved", "proportional")
            mine, theirs = _factors(one), _factors(other)
            if mine and mine == theirs:
                return Verdict("proved", "the same factors")
    except (SlowError, NotImplementedError, ValueError, TypeError, AttributeError, sympy.PolynomialError) as error:
        return Verdict("not settled", type(error).__name__)
    if one.is_rational_function() and other.is_rational_function():
        return Verdict("refuted", "other factors")
    return _UNSETTLED


def _factors(value: Any) -> set[tuple[Any, int]]:
    """The irreducible factors of the numerator that hold a name, with their multiplicity."""
    return {
        (factor, power)
        for factor, power in sympy.factor_list(sympy.numer(sympy.together(value)))[1]
        if factor.free_symbols
    }


def _all(verdicts: list[Verdict]) -> Verdict:
    """Refuted where one part is, proved where all are."""
    refuted = next((verdict for verdict in verdicts if verdict.outcome == "refuted"), None)
    if refuted is not None:
        return refuted
    return next((verdict for verdict in verdicts if verdict.outcome != "proved"), Verdict("proved", "part by part"))

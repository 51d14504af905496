"""Equations and inequalities that are not solved: chains, multiples of each other, equations of one curve."""

from fractions import Fraction
from functools import partial

from rewardkit_math.equality.outcome import DIFFERENT, Outcome, Terms, every, first_equal
from rewardkit_math.equality.values import same_value
from rewardkit_math.numeric.evaluation_state import UndefinedError
from rewardkit_math.numeric.numeric_equality import equal_values
from rewardkit_math.numeric.rational_functions import same_zeros
from rewardkit_math.tree import (
    EXPRESSION,
    MINUS_ONE,
    Add,
    Call,
    Mul,
    Node,
    Num,
    Rel,
    Sym,
    UnknownFunction,
    names,
    rebuild,
)

_ZERO = Num(Fraction(0))
_ANCHORS = ((7, 3, 5), (11, 4, 7), (13, 2, 11), (17, 5, 3))
"""Points at which two equations are weighed against each other: several, for a point may lie on the curve itself."""
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def same_relation(found: Node, ground_truth: Node, terms: Terms) -> Outcome:
    """Equality of two relations: side by side, or as one condition on the same names."""
    if not (isinstance(found, Rel) and isinstance(ground_truth, Rel)):
        return DIFFERENT
    chain = _same_chain(found, ground_truth, terms)
    if chain or (_solved(ground_truth) and not _solved(found)):
        # An equation that is still to be solved only repeats the question.
        return chain
    one, other = _equation(found), _equation(ground_truth)
    if one is None or other is None:
        return DIFFERENT
    try:
        return Outcome(_same_condition(one, other, terms), "numeric")
    except UndefinedError:
        return Outcome(equal=False, stage="numeric")


def _same_condition(one: tuple[str, Node], other: tuple[str, Node], terms: Terms) -> bool:
    (op, left), (wanted, right) = one, other
    if op == wanted and _proportional(left, right, terms, positive=op not in ("=", "!=")):
        return True
    if op == _FLIPPED.get(wanted):
        return _proportional(Mul((MINUS_ONE, left)), right, terms, positive=True)
    return op == wanted and op in ("=", "!=") and names(left) == names(right) and same_zeros(left, right)


def _solved(node: Rel) -> bool:
    """True for `x = 3`: a name with a value."""
    return len(node.sides) == 2 and isinstance(node.sides[0], Sym | UnknownFunction) and not names(node.sides[1])


def _same_chain(found: Rel, ground_truth: Rel, terms: Terms) -> Outcome:
    """`f(2) < f(1) < f(4)`: side by side, in either direction."""
    if len(found.ops) != len(ground_truth.ops):
        return DIFFERENT
    versions = [rel for rel in (found, _turned(found)) if rel.ops == ground_truth.ops]

    def side_by_side(version: Rel) -> Outcome:
        return every(same_value(a, b, terms) for a, b in zip(version.sides, ground_truth.sides, strict=True))

    return first_equal(*(partial(side_by_side, version) for version in versions))


def _turned(node: Rel) -> Rel:
    return Rel(tuple(_FLIPPED.get(op, op) for op in reversed(node.ops)), tuple(reversed(node.sides)))


def _equation(node: Rel) -> tuple[str, Node] | None:
    """A relation as `expression op 0`."""
    match node:
        case Rel((op,), (left, right)) if op != "in" and isinstance(left, EXPRESSION) and isinstance(right, EXPRESSION):
            return ("=" if op == "~" else op), Add((left, Mul((MINUS_ONE, right))))
        case _:
            return None


def _proportional(left: Node, right: Node, terms: Terms, *, positive: bool) -> bool:
    """True if `left = c right` with a constant c other than 0 (above 0 where `positive`)."""
    free = names(left) | names(right)
    if not free or names(left) != names(right):
        return False
    for step, start, under in _ANCHORS:
        at = {Sym(name): Num(Fraction(index * step + start, under)) for index, name in enumerate(sorted(free))}
        here, there = rebuild(left, at), rebuild(right, at)
        on_left, on_right = (equal_values(value, _ZERO, terms.budget) for value in (here, there))
        if on_left != on_right:
            return False
        if not on_left:
            break
    else:
        return equal_values(left, right, terms.budget)
    if positive and not equal_values(Call("sign", (here,)), Call("sign", (there,)), terms.budget):
        return False
    return equal_values(Mul((left, there)), Mul((right, here)), terms.budget)

"""Two expressions are compared as numbers: with proof where they differ, to 50 digits where they agree.

Different at one point means different. Equal at every point means equal: no two different short expressions agree so
far by chance. The points (`points`) depend on the names and numbers in the expressions alone, so that a judgement never
depends on the process, the seed or the order.

A point at which a step is not real or not defined says nothing, unless all points are such. Functions with branches
(`|x|`, `floor`, `max`) must be defined at the same points.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from flint import acb

from rewardkit_math.complexity_limits import TooCostlyError
from rewardkit_math.numeric.evaluate import value_of
from rewardkit_math.numeric.evaluation_state import (
    Budget,
    Evaluation,
    Field,
    NotRealError,
    UndefinedError,
    magnitude,
    precision,
)
from rewardkit_math.numeric.exact import exact
from rewardkit_math.numeric.points import (
    Point,
    branches,
    break_points,
    holds_limit,
    integer_names,
    integer_points,
    ordered_names,
    positive_names,
    real_point,
)
from rewardkit_math.tree import Const, Node, children, names

_VALUE_BITS = 256
"""Bits of a value that is computed once, for bounds and offsets."""
_FIRST_BITS = 256
_MOST_BITS = 20_000
_AGREED_BITS = 166
"""Two numbers are equal if they agree to so many bits (50 digits) beyond the smallest number on the way."""
_ESTIMATE_BITS = 45
"""Bits that an estimate of a sum, an integral or a limit holds; it settles no finer difference."""
_REAL_POINTS = 12
_POINTS_TO_AGREE = 4
_FEWEST_POINTS = 2


def equal_values(left: Node, right: Node, budget: Budget) -> bool:
    """True if two expressions are the same number, or the same function of their names.

    raises  TooCostlyError; UndefinedError where they have no value at any point
    """
    free = ordered_names(left, right)
    if not free:
        return _equal_constants(left, right, budget)
    field: Field = "complex" if _holds_i(left) or _holds_i(right) else "real"
    whole = integer_names(left, right)
    if whole:
        chosen = [name for name in free if name in whole]
        seen = _agreeing(left, right, integer_points(chosen, free), budget, field)
        if seen is None or seen >= 1:
            return seen is not None
        return _equal_in_principal_values(left, right, integer_points(chosen, free), budget)
    if branches(left) or branches(right):
        return _equal_in_branches(left, right, free, budget, field)
    positive = positive_names(left, right)
    points = [real_point(free, index, positive) for index in range(_REAL_POINTS)]
    enough = _POINTS_TO_AGREE
    if holds_limit(left) or holds_limit(right):
        # Power series converge near zero, and each point costs much.
        points.sort(key=lambda point: max(map(abs, point.values())))
        enough = _FEWEST_POINTS
    seen = _agreeing(left, right, points, budget, field, enough=enough)
    if seen is not None and seen < _FEWEST_POINTS:
        return _equal_in_principal_values(left, right, points[:3], budget)
    return seen is not None


def _equal_constants(left: Node, right: Node, budget: Budget) -> bool:
    try:
        return _agree(left, right, {}, budget, "real")
    except NotRealError:
        return _agree(left, right, {}, budget, "principal")


def _agreeing(
    left: Node, right: Node, points: Iterable[Point], budget: Budget, field: Field, enough: int = 1 << 30
) -> int | None:
    """The number of points that say something, if both sides agree at all of them; None if they differ at one."""
    seen = 0
    for point in points:
        try:
            if not _agree(left, right, point, budget, field):
                return None
        except UndefinedError:
            continue
        seen += 1
        if seen == enough:
            break
    return seen


def _equal_in_principal_values(left: Node, right: Node, points: Iterable[Point], budget: Budget) -> bool:
    """True if two expressions that are real at no point agree as complex numbers. Raises UndefinedError."""
    seen = _agreeing(left, right, points, budget, "principal")
    if seen == 0:
        raise UndefinedError("no value at any point")
    return seen is not None


def _equal_in_branches(left: Node, right: Node, free: list[str], budget: Budget, field: Field) -> bool:
    """True if two expressions, of which one has branches, agree at every point at which either has a value."""
    seen = 0
    points = [real_point(free, index) for index in range(_REAL_POINTS // 2)]
    for index, point in enumerate((*points, *break_points(left, right, free, budget))):
        try:
            if not _agree(left, right, point, budget, field):
                return False
            seen += 1
        except UndefinedError:
            if _defined(left, point, budget, field) != _defined(right, point, budget, field):
                return False
        except TooCostlyError:
            if index < len(points) or budget.left < 0:
                raise
    if seen:
        return True
    raise UndefinedError("not real at any point")


def _defined(node: Node, point: Point, budget: Budget, field: Field) -> bool:
    with precision(_FIRST_BITS):
        try:
            value_of(Evaluation(budget, point, field), node)
        except UndefinedError:
            return False
        return True


def _agree(left: Node, right: Node, point: Point, budget: Budget, field: Field) -> bool:
    """True if both sides have the same value at one point. Raises UndefinedError where the point says nothing."""
    bits = _FIRST_BITS
    while True:
        with precision(bits):
            one, other = Evaluation(budget, point, field), Evaluation(budget, point, field)
            first, second = value_of(one, left), value_of(other, right)
            difference = first - second
            largest, smallest = max(one.largest, other.largest), min(one.smallest, other.smallest)
            needed = _AGREED_BITS + largest - smallest
            sure = needed <= bits or not (one.snapped or other.snapped)
            if 0 not in difference and sure:
                return False
            if one.rough or other.rough:
                return _agree_roughly(first, second, difference, smallest)
            radius = magnitude(_radius(difference))
            if needed <= bits and (radius is None or radius < smallest - _AGREED_BITS // 2):
                return True
        if bits >= _MOST_BITS:
            raise TooCostlyError("numbers too far apart to be told from nothing")
        bits = min(max(needed + 64, 2 * bits), _MOST_BITS)


def _agree_roughly(first: Any, second: Any, difference: Any, smallest: int) -> bool:
    """True if two values, of which one is an estimate, agree, and nothing finer than the estimate was written."""
    if 0 not in difference:
        return False
    size = max(magnitude(first) or 0, magnitude(second) or 0)
    radius = magnitude(_radius(difference))
    if smallest < min(size, 0) - _ESTIMATE_BITS or (radius is not None and radius > size - _ESTIMATE_BITS + 8):
        raise TooCostlyError("finer than an estimate of a sum, an integral or a limit")
    return True


def _radius(found: Any) -> Any:
    return found.real.rad() + found.imag.rad() if isinstance(found, acb) else found.rad()


def _holds_i(node: Node) -> bool:
    return node == Const("i") or any(map(_holds_i, children(node)))


def rough_value(node: Node) -> complex:
    """Some 15 digits of a value at the first point, to sort by; 0 where there is none."""
    with precision(64):
        try:
            found = complex(acb(value_of(Evaluation(Budget(2_000), real_point(ordered_names(node), 0)), node)))
        except (UndefinedError, TooCostlyError, OverflowError):
            return 0j
    return found if abs(found) < float("inf") else 0j


def real_value(node: Node, budget: Budget) -> Fraction | None:
    """The real value of an expression without names, exact or to 70 digits; None where there is none."""
    found = exact(node)
    if found is not None or names(node):
        return found
    fields: tuple[Field, ...] = ("real", "principal")
    for field in fields:
        with precision(_VALUE_BITS):
            at = Evaluation(budget, {}, field)
            try:
                return _rational(at.real(value_of(at, node)))
            except NotRealError:
                continue
            except UndefinedError:
                return None
    return None


def _rational(found: Any) -> Fraction | None:
    """The rational number in the middle of a ball; None for one of too many digits."""
    mantissa, exponent = found.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent) if abs(int(exponent)) <= _MOST_BITS else None

"""The value of an expression at a point, as a ball that is proven to hold it.

A ball that leaves out zero proves a difference. A ball that holds zero proves nothing: `numeric_equality` decides how
fine a difference could be and asks again with more bits.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flint import acb, arb

from rewardkit_math.complexity_limits import TERMS, TooCostlyError
from rewardkit_math.numeric.convergence import infinite_sum, integral, limit
from rewardkit_math.numeric.evaluation_state import (
    Budget,
    Evaluation,
    NotRealError,
    UndefinedError,
    ball,
    magnitude,
    seed_of,
)
from rewardkit_math.numeric.exact import exact
from rewardkit_math.numeric.functions import (
    ANALYTIC,
    FUNCTIONS,
    ON_AN_INTERVAL,
    ON_INTEGERS,
    in_plane,
    logarithm,
    rational_power,
)
from rewardkit_math.tree import Add, BigOperator, Call, Const, Mul, Node, Num, Pow, Sym, UnknownFunction, names

_LIMIT_STEPS = 6_000
"""Steps that a sum, an integral or a limit is charged beside those of its terms."""


def value_of(at: Evaluation, node: Node) -> Any:
    """The value of an expression, a ball.

    raises  UndefinedError, NotRealError, TooCostlyError
    """
    at.budget.spend(at.weight)
    try:
        found = _READERS[type(node)](at, node)
    except KeyError:
        raise UndefinedError(type(node).__name__) from None
    except (ValueError, OverflowError, ZeroDivisionError, TypeError) as error:
        raise UndefinedError(str(error)) from None
    if not found.is_finite():
        raise UndefinedError("not finite")
    if not at.hidden:
        size = magnitude(found)
        if size is not None:
            at.largest, at.smallest = max(at.largest, size), min(at.smallest, size)
    return found


def _number(at: Evaluation, node: Num) -> Any:
    number = node.value
    if not at.hidden:
        # The last digit of a long literal counts as much as its first.
        at.largest = max(at.largest, number.numerator.bit_length())
        at.smallest = min(at.smallest, -number.denominator.bit_length())
    return at.number(ball(number))


def _name(at: Evaluation, node: Sym) -> Any:
    if node.name not in at.point:
        raise UndefinedError(node.name)
    return at.point[node.name]


def _constant(at: Evaluation, node: Const) -> Any:
    match node.name:
        case "pi":
            return at.number(arb.pi())
        case "e":
            return at.number(arb.const_e())
        case "i":
            if at.field == "real":
                raise NotRealError("the imaginary unit")
            return acb(0, 1)
        case _:
            raise UndefinedError(node.name)


def _sum(at: Evaluation, node: Add) -> Any:
    total = value_of(at, node.args[0])
    for arg in node.args[1:]:
        total = total + value_of(at, arg)
    return total


def _product(at: Evaluation, node: Mul) -> Any:
    product = value_of(at, node.args[0])
    for arg in node.args[1:]:
        product = product * value_of(at, arg)
    return product


def _power(at: Evaluation, node: Pow) -> Any:
    if node.base == Const("e"):
        return value_of(at, node.exponent).exp()
    power = exact(node.exponent)
    below = value_of(at, node.base)
    if power is not None:
        if abs(power.numerator) > 1 < power.denominator and isinstance(node.base, Num | Mul) and not names(node.base):
            # `(-8)^{2/3}` of a constant is no real number for computer algebra; `x^{2/3}` is one everywhere.
            at.beyond_cut(below)
            return below.pow(at.number(ball(power))) if at.field == "principal" else rational_power(at, below, power)
        return rational_power(at, below, power)
    above = value_of(at, node.exponent)
    whole = at.integer(above)
    if whole is not None:
        return rational_power(at, below, Fraction(whole))
    if below.is_zero():
        if at.real(above) > 0:
            return below
        raise UndefinedError("a power of zero")
    return (above * logarithm(at, below)).exp()


def _call(at: Evaluation, node: Call) -> Any:
    if node.name in ON_INTEGERS:
        whole = exact(node)
        if whole is not None:
            return at.number(ball(whole))
    if node.name not in FUNCTIONS:
        raise UndefinedError(node.name)
    values = [value_of(at, arg) for arg in node.args]
    if at.analytic is not None and node.name not in ANALYTIC:
        return in_plane(node.name, values, analytic=at.analytic)
    found = FUNCTIONS[node.name](at, *values)
    if at.field == "real" and not found.is_finite() and node.name in ON_AN_INTERVAL:
        raise NotRealError(node.name)
    return found


def _unknown(at: Evaluation, node: UnknownFunction) -> Any:
    """The value of a function that nobody defined: some smooth function of its own name and arguments."""
    phase = at.number(seed_of(node.name) % 10**9) / 10**8
    for index, arg in enumerate(node.args):
        phase += value_of(at, arg) * (1 + ball(Fraction(seed_of(f"{node.name} {index}") % 10**6, 10**6)))
    return 3 + phase.sin()


def _big_operator(at: Evaluation, node: BigOperator) -> Any:
    outer = at.point.get(node.var)

    def term(index: Any) -> Any:
        at.point[node.var] = at.number(index)
        at.hidden += 1
        try:
            return value_of(at, node.body)
        finally:
            at.hidden -= 1

    if not at.hidden and node in at.budget.limits:
        at.rough = True
        return _known_limit(at, node)
    try:
        if node.kind in ("sum", "prod") and node.low is not None and node.high not in (None, Const("oo")):
            return _finite(at, node, term)
        if at.hidden:
            raise TooCostlyError("a limit inside a limit")
        at.rough = True
        at.budget.spend(_LIMIT_STEPS)
        if not names(node):
            at.budget.limits[node] = None
            at.budget.limits[node] = _approach(at, node, term)
            return _known_limit(at, node)
        return _approach(at, node, term)
    finally:
        if outer is None:
            at.point.pop(node.var, None)
        else:
            at.point[node.var] = outer


def _known_limit(at: Evaluation, node: BigOperator) -> Any:
    found = at.budget.limits[node]
    if found is None:
        raise UndefinedError("no limit")
    return at.number(found)


def _approach(at: Evaluation, node: BigOperator, term: Callable[[Any], Any]) -> Any:
    if node.kind == "sum" and node.low is not None and node.high == Const("oo"):
        return at.number(infinite_sum(term, _whole(at, value_of(at, node.low))))
    if node.kind == "int" and node.low is not None and node.high is not None:
        return at.number(integral(_in_plane(at, node), term, _bound(at, node.low), _bound(at, node.high)))
    if node.kind == "lim" and node.high is not None:
        return at.number(limit(term, _bound(at, node.high)))
    raise UndefinedError(f"{node.kind} without bounds")


def _finite(at: Evaluation, node: BigOperator, term: Callable[[Any], Any]) -> Any:
    assert node.low is not None
    assert node.high is not None
    low, high = _whole(at, value_of(at, node.low)), _whole(at, value_of(at, node.high))
    if high - low > TERMS:
        raise TooCostlyError("a sum of too many terms")
    total = at.number(0 if node.kind == "sum" else 1)
    for index in range(low, high + 1):
        total = total + term(index) if node.kind == "sum" else total * term(index)
    return total


def _in_plane(at: Evaluation, node: BigOperator) -> Callable[[Any, bool], Any]:
    """The integrand as a function on the complex plane, as rigorous integration asks for it."""
    inner = Evaluation(Budget(), {}, "principal")
    inner.point = {name: acb(value) for name, value in at.point.items()}
    inner.hidden = 1

    def integrand(place: Any, analytic: bool) -> Any:  # noqa: FBT001 - the signature that Arb calls
        inner.point[node.var], inner.analytic = place, analytic
        try:
            return acb(value_of(inner, node.body))
        except Exception:  # noqa: BLE001 - Arb calls this from C, where an exception ends the process
            return acb("nan")

    return integrand


def _whole(at: Evaluation, found: Any) -> int:
    whole = at.integer(found)
    if whole is None:
        raise UndefinedError("a sum between bounds that are not integers")
    return whole


def _bound(at: Evaluation, node: Node) -> Any:
    if node == Const("oo"):
        return arb.pos_inf()
    if isinstance(node, Mul) and node.args[-1] == Const("oo") and len(node.args) == 2:
        return arb.neg_inf() if exact(node.args[0]) == -1 else arb.pos_inf()
    return at.real(value_of(at, node))


_READERS: dict[type, Callable[[Evaluation, Any], Any]] = {
    Num: _number,
    Sym: _name,
    Const: _constant,
    Add: _sum,
    Mul: _product,
    Pow: _power,
    Call: _call,
    UnknownFunction: _unknown,
    BigOperator: _big_operator,
}

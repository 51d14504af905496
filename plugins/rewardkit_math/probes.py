"""Numeric probes: two expressions are compared at fixed points with 40 digits or more.

Different at one point means different. Equal at every point means equal: with 30 digits to spare beyond the span
between the largest and the smallest number that came up, no two different short expressions agree by chance. The
points are derived from the names alone, so that a judgement never depends on the process, the seed or the order.

Names stand for real numbers; a point where either side is not real or not defined says nothing, unless all points are
such. Where `n!` or `(-1)^n` make sense for whole numbers only, whole numbers are tried.
"""

from collections.abc import Mapping
from typing import Any

from rewardkit_math.evaluate import DIGITS, Budget, Evaluation, UndefinedError, context, seed_of
from rewardkit_math.exact import exact
from rewardkit_math.limits import TooCostlyError
from rewardkit_math.tree import Big, Call, Const, Node, Pow, children, names

MOST_DIGITS = 700
_WHOLE_NAMES = frozenset("jklmnpqrstKMN")
"""Names that stand for whole numbers where an expression asks for them, as in `(-1)^n`."""


def point(free: frozenset[str], index: int, ctx: Any) -> dict[str, Any]:
    """The index-th probe: a number between 0.1 and 4.1 for each name; in odd probes about half are negative."""
    found = {}
    for name in free:
        seed = seed_of(f"{name} {index}")
        size = ctx.mpf(seed % 1_000_003) / 250_000 + ctx.mpf(1) / 10
        found[name] = -size if index % 2 and (index == 1 or seed & 1) else size
    return found


def whole_point(free: frozenset[str], index: int, ctx: Any) -> dict[str, Any]:
    """The index-th probe where whole numbers are asked for."""
    return {name: ctx.mpf((9 if name in "nN" else 2) + (seed_of(name) + 3 * index) % 5 + index) for name in free}


def equal_values(left: Node, right: Node, budget: Budget) -> bool:
    """Whether two expressions are the same number, or the same function of their names.

    raises  TooCostlyError; UndefinedError where they have no value at any point
    """
    free = names(left) | names(right)
    ctx = context()
    if not free:
        return _agree(left, right, {}, ctx, budget, complex_too=True)
    seen = 0
    for index in range(8):
        try:
            if not _agree(left, right, point(free, index, _at(ctx, DIGITS)), ctx, budget, complex_too=False):
                return (
                    _equal_at_whole_numbers(left, right, free, ctx, budget)
                    if _for_whole_numbers(left, right)
                    else False
                )
        except UndefinedError:
            continue
        seen += 1
        if seen == 4:
            return True
    if seen >= 2:
        return True
    if _for_whole_numbers(left, right):
        return _equal_at_whole_numbers(left, right, free, ctx, budget)
    return all(
        _agree(left, right, point(free, index, _at(ctx, DIGITS)), ctx, budget, complex_too=True)
        for index in range(0, 6, 2)
    )


def _at(ctx: Any, digits: int) -> Any:
    ctx.dps = digits
    return ctx


def _for_whole_numbers(*nodes: Node) -> bool:
    """Whether a factorial, a binomial, a sum, or a power of a negative number hangs on a name."""
    for node in nodes:
        match node:
            case Call("factorial" | "binomial", _) | Big():
                if names(node):
                    return True
            case Pow(base, exponent) if names(exponent) and names(exponent) <= _WHOLE_NAMES:
                below = exact(base)
                if below is not None and below < 0:
                    return True
            case Call("sin" | "cos", (arg,)) if names(arg) and names(arg) <= _WHOLE_NAMES and _holds_pi(arg):
                return True
            case _:
                pass
        if _for_whole_numbers(*children(node)):
            return True
    return False


def _holds_pi(node: Node) -> bool:
    return node == Const("pi") or any(map(_holds_pi, children(node)))


def _equal_at_whole_numbers(left: Node, right: Node, free: frozenset[str], ctx: Any, budget: Budget) -> bool:
    return all(
        _agree(left, right, whole_point(free, index, _at(ctx, DIGITS)), ctx, budget, complex_too=True)
        for index in range(5)
    )


def _agree(left: Node, right: Node, probe: Mapping[str, Any], ctx: Any, budget: Budget, *, complex_too: bool) -> bool:
    """Whether both sides have the same value at one point. Raises UndefinedError where the point says nothing."""
    digits = DIGITS
    while True:
        one, other = Evaluation(ctx, digits, budget, probe), Evaluation(ctx, digits, budget, probe)
        first, second = one.value(left), other.value(right)
        largest, smallest = max(one.largest, other.largest), min(one.smallest, other.smallest)
        rough = one.rough or other.rough
        needed = DIGITS + int(0.30103 * (largest - smallest))
        if rough or needed <= digits + 10 or digits >= MOST_DIGITS:
            break
        digits = min(needed, MOST_DIGITS)
    allowed = ctx.ldexp(ctx.mpf(10) ** (-14 if rough else 12 - digits), largest)
    if digits >= MOST_DIGITS and needed > digits:
        allowed = max(abs(first), abs(second)) * ctx.mpf(10) ** (12 - digits)
    if not complex_too and (abs(ctx.im(first)) > allowed or abs(ctx.im(second)) > allowed):
        raise UndefinedError("not real here")
    return bool(abs(first - second) <= allowed)


def rough_value(node: Node) -> complex:
    """Some 15 digits of a value at the first probe, to sort by; 0 where there is none."""
    ctx = context()
    try:
        return complex(Evaluation(ctx, 15, Budget(2_000), point(names(node), 0, ctx)).value(node))
    except (UndefinedError, TooCostlyError, OverflowError):
        return 0j


def real_value(node: Node, budget: Budget) -> Any | None:
    """The real value of an expression without names; None where there is none."""
    found = exact(node)
    ctx = context()
    if found is not None:
        ctx.dps = DIGITS
        return ctx.mpf(found.numerator) / found.denominator
    if names(node):
        return None
    try:
        value = Evaluation(ctx, DIGITS, budget, {}).value(node)
    except UndefinedError:
        return None
    return ctx.re(value) if abs(ctx.im(value)) <= abs(value) * ctx.mpf(10) ** -30 else None

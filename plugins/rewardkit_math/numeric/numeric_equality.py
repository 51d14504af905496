"""Numeric probes: two expressions are compared at fixed points, to 40 digits beyond the smallest number that came up.

Different at one point means different. Equal at every point means equal: no two different short expressions agree so
far by chance. The points are derived from the names and the numbers in the expressions alone, so that a judgement never
depends on the process, the seed or the order.

Names stand for real numbers; a point where either side is not real or not defined says nothing, unless all points are
such. Where `n!` or `(-1)^n` make sense for integers only, integers are tried. Functions that have branches
(`|x|`, `floor`, `max`) are asked far out and around the numbers in them too, and must be defined at the same points.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from rewardkit_math.complexity_limits import TooCostlyError
from rewardkit_math.numeric.evaluate import DIGITS, Budget, Evaluation, UndefinedError, context, seed_of
from rewardkit_math.numeric.exact import exact
from rewardkit_math.tree import BigOperator, Call, Const, Node, Num, Pow, children, names

MOST_DIGITS = 700
_DECIMAL = 0.30103
"""Digits in a bit."""
_SPARE = 10
"""Digits that rounding may cost."""
_BRANCHING = frozenset(("abs", "norm", "floor", "ceil", "max", "min", "sign", "arg", "gcd", "lcm"))
_FAR = (-3, 2, 5, 9)
"""Where functions with branches are asked too: powers of ten."""
_MOST_NUMBERS = 6
_INTEGER_NAMES = frozenset("jklmnpqrstKMN")
"""Names that stand for integers where an expression asks for them, as in `(-1)^n`."""


def point(free: frozenset[str], index: int, ctx: Any) -> dict[str, Any]:
    """The index-th probe: a number between 0.1 and 4.1 for each name; in odd probes about half are negative."""
    found = {}
    for name in free:
        seed = seed_of(f"{name} {index}")
        size = ctx.mpf(seed % 1_000_003) / 250_000 + ctx.mpf(1) / 10
        found[name] = -size if index % 2 and (index == 1 or seed & 1) else size
    return found


def integer_point(free: frozenset[str], index: int, ctx: Any) -> dict[str, Any]:
    """The index-th probe where integers are asked for."""
    return {name: ctx.mpf((9 if name in "nN" else 2) + (seed_of(name) + 3 * index) % 5 + index) for name in free}


def equal_values(left: Node, right: Node, budget: Budget) -> bool:
    """True if two expressions are the same number, or the same function of their names.

    raises  TooCostlyError; UndefinedError where they have no value at any point
    """
    free = names(left) | names(right)
    ctx = context()
    if not free:
        return _agree(left, right, {}, ctx, budget, complex_too=True)
    if _branches(left) or _branches(right):
        return _equal_in_branches(left, right, free, ctx, budget)
    seen = 0
    for index in range(8):
        try:
            if not _agree(left, right, point(free, index, _at(ctx, DIGITS)), ctx, budget, complex_too=False):
                return _equal_at_integers(left, right, free, ctx, budget) if _for_integers(left, right) else False
        except UndefinedError:
            continue
        seen += 1
        if seen == 4:
            return True
    if seen >= 2:
        return True
    if _for_integers(left, right):
        return _equal_at_integers(left, right, free, ctx, budget)
    return all(
        _agree(left, right, point(free, index, _at(ctx, DIGITS)), ctx, budget, complex_too=True)
        for index in range(0, 6, 2)
    )


def _equal_in_branches(left: Node, right: Node, free: frozenset[str], ctx: Any, budget: Budget) -> bool:
    """True if two expressions, of which one has branches, agree at every point at which either has a real value."""
    probes = [point(free, index, _at(ctx, DIGITS)) for index in range(6)]
    scales = [ctx.mpf(10) ** power for power in _FAR]
    numbers = sorted(_numbers(left) | _numbers(right))[:_MOST_NUMBERS]
    for index, scale in enumerate(scales):
        probes += [{name: value * scale * sign for name, value in probes[index % 2].items()} for sign in (1, -1)]
    for number in numbers:
        near = ctx.mpf(number.numerator) / number.denominator
        probes += [{name: sign * near + value / 9 for name, value in probes[1].items()} for sign in (1, -1)]
    seen = 0
    for index, probe in enumerate(probes):
        try:
            if not _agree(left, right, probe, ctx, budget, complex_too=False):
                return _for_integers(left, right) and _equal_at_integers(left, right, free, ctx, budget)
            seen += 1
        except UndefinedError:
            if _is_real(left, probe, ctx, budget) != _is_real(right, probe, ctx, budget):
                return False
        except TooCostlyError:
            if index < 6 or budget.left < 0:
                raise
    if seen:
        return True
    raise UndefinedError("not real at any point")


def _is_real(node: Node, probe: Mapping[str, Any], ctx: Any, budget: Budget) -> bool:
    try:
        value = Evaluation(ctx, DIGITS, budget, probe).value(node)
    except UndefinedError:
        return False
    return bool(abs(ctx.im(value)) <= abs(value) * ctx.mpf(10) ** (_SPARE - DIGITS))


def _branches(node: Node) -> bool:
    """True if a function with branches, or the root of an even power, hangs on a name."""
    match node:
        case Call(name, _) if name in _BRANCHING and names(node):
            return True
        case Call("sqrt", (inner,)) | Pow(inner, Num(Fraction(denominator=2))) if _even_power(inner):
            return True
        case _:
            return any(map(_branches, children(node)))


def _even_power(node: Node) -> bool:
    match node:
        case Pow(base, Num(Fraction(numerator=power, denominator=1))):
            return power % 2 == 0 and bool(names(base))
        case _:
            return any(map(_even_power, children(node)))


def _numbers(node: Node) -> set[Fraction]:
    """The sizes of the numbers in an expression, but for exponents."""
    match node:
        case Num(value, _):
            return {abs(value)}
        case Pow(base, _):
            return _numbers(base)
        case _:
            return {value for child in children(node) for value in _numbers(child)}


def _at(ctx: Any, digits: int) -> Any:
    ctx.dps = digits
    return ctx


def _for_integers(*nodes: Node) -> bool:
    """True if a factorial, a binomial, a sum, or a power of a negative number hangs on a name."""
    for node in nodes:
        match node:
            case Call("factorial" | "binomial", _) | BigOperator():
                if names(node):
                    return True
            case Pow(base, exponent) if names(exponent) and names(exponent) <= _INTEGER_NAMES:
                below = exact(base)
                if below is not None and below < 0:
                    return True
            case Call("sin" | "cos", (arg,)) if names(arg) and names(arg) <= _INTEGER_NAMES and _holds_pi(arg):
                return True
            case _:
                pass
        if _for_integers(*children(node)):
            return True
    return False


def _holds_pi(node: Node) -> bool:
    return node == Const("pi") or any(map(_holds_pi, children(node)))


def _equal_at_integers(left: Node, right: Node, free: frozenset[str], ctx: Any, budget: Budget) -> bool:
    return all(
        _agree(left, right, integer_point(free, index, _at(ctx, DIGITS)), ctx, budget, complex_too=True)
        for index in range(5)
    )


def _agree(left: Node, right: Node, probe: Mapping[str, Any], ctx: Any, budget: Budget, *, complex_too: bool) -> bool:
    """True if both sides have the same value at one point. Raises UndefinedError where the point says nothing."""
    digits, before = DIGITS, (0, 0)
    settled = False
    while True:
        one, other = Evaluation(ctx, digits, budget, probe), Evaluation(ctx, digits, budget, probe)
        first, second = one.value(left), other.value(right)
        largest, smallest = max(one.largest, other.largest), min(one.smallest, other.smallest)
        rough = one.rough or other.rough
        needed = DIGITS - _SPARE + int(_DECIMAL * (largest - smallest))
        # What shrinks as fast as the precision grows, as sin(pi) does, is zero.
        zero = before[0] and _DECIMAL * (before[1] - smallest) >= 0.9 * (digits - before[0])
        settled = rough or needed <= digits or bool(zero)
        if settled or digits >= MOST_DIGITS:
            break
        digits, before = min(needed + _SPARE, MOST_DIGITS), (digits, smallest)
    allowed = ctx.ldexp(ctx.mpf(10) ** (_SPARE - digits), largest)
    if rough:
        # Sums and integrals hold some 14 digits. Large numbers on the way, as in `10^{99} - 10^{99}`, allow no more.
        allowed = ctx.mpf(10) ** -14 * max(abs(first), abs(second)) if first and second else ctx.mpf(10) ** -22
    elif not settled:
        allowed = max(abs(first), abs(second)) * ctx.mpf(10) ** (_SPARE - digits)
    if not complex_too and (abs(ctx.im(first)) > allowed or abs(ctx.im(second)) > allowed):
        raise UndefinedError("not real here")
    same = bool(abs(first - second) <= allowed)
    if same and not settled and first and ctx.mag(first) - smallest > digits:
        raise TooCostlyError("numbers too far apart to be told from nothing")
    return same


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

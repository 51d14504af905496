"""Numeric probes: two expressions are compared at fixed points with 40 digits or more.

Different at one point means different. Equal at every point means equal: with 30 digits to spare beyond the span between
the largest and the smallest number that came up, no two different short expressions agree by chance. The points are
derived from the names alone, so that a judgement never depends on the process, the seed or the order.

Names stand for real numbers; a point where either side is not real or not defined says nothing, unless all points are
such. Where `n!` or `(-1)^n` make sense for whole numbers only, whole numbers are tried.
"""

import hashlib
import threading
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from rewardkit_math.exact import exact
from rewardkit_math.limits import EXPONENT, STEPS, TERMS, TooCostlyError
from rewardkit_math.tree import Add, Apply, Big, Call, Const, Mul, Node, Num, Pow, Sym, children, names

DIGITS = 40
MOST_DIGITS = 700
_LARGEST_LOG10 = 10**7
_WHOLE_NAMES = frozenset("jklmnpqrstKMN")
"""Names that stand for whole numbers where an expression asks for them, as in `(-1)^n`."""
_local = threading.local()


class UndefinedError(Exception):
    """The expression has no value at this point."""


class Budget:
    """Steps left to one comparison."""

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooCostlyError("the comparison takes too many steps")


def context() -> Any:
    """This thread's own mpmath context: mpmath's global one is shared by all threads."""
    ctx = getattr(_local, "ctx", None)
    if ctx is None:
        import mpmath  # noqa: PLC0415 - most answers never need it

        ctx = _local.ctx = mpmath.MPContext()
    return ctx


class Evaluation:
    """One expression at one point."""

    def __init__(self, ctx: Any, digits: int, budget: Budget, point: Mapping[str, Any]) -> None:
        ctx.dps = digits
        self.ctx, self.budget, self.point = ctx, budget, dict(point)
        self.weight = 1 + (digits // 120)
        self.largest, self.smallest = 0, 0
        """Binary exponents of the largest and the smallest number on the way."""
        self.in_limit = False
        self.rough = False
        """True where a limit process was cut off: only some 15 digits hold."""

    def value(self, node: Node) -> Any:
        """The value, real or complex. Raises UndefinedError or TooCostlyError."""
        self.budget.spend(self.weight)
        try:
            found = self._value(node)
        except (ZeroDivisionError, ValueError, OverflowError, TypeError, ArithmeticError) as error:
            raise UndefinedError(str(error)) from None
        if not self.ctx.isfinite(found):
            raise UndefinedError("not finite")
        if found:
            size = int(self.ctx.mag(found))
            if abs(size) > _LARGEST_LOG10:
                raise TooCostlyError("a number of too many digits")
            self.largest, self.smallest = max(self.largest, size), min(self.smallest, size)
        return found

    def _value(self, node: Node) -> Any:
        ctx = self.ctx
        match node:
            case Num(value, _):
                return (
                    ctx.mpf(value.numerator) / value.denominator if value.denominator != 1 else ctx.mpf(value.numerator)
                )
            case Sym(name):
                if name not in self.point:
                    raise UndefinedError(name)
                return self.point[name]
            case Const("pi"):
                return +ctx.pi
            case Const("e"):
                return +ctx.e
            case Const("i"):
                return ctx.mpc(0, 1)
            case Add(args):
                total = ctx.mpf(0)
                for arg in args:
                    total = total + self.value(arg)
                return total
            case Mul(args):
                product = ctx.mpf(1)
                for arg in args:
                    product = product * self.value(arg)
                return product
            case Pow(base, exponent):
                return self._power(base, exponent)
            case Call(name, args):
                return self._call(name, args)
            case Apply(name, args):
                return _unknown(ctx, name, [self.value(arg) for arg in args])
            case Big():
                return self._big(node)
            case _:
                raise UndefinedError(type(node).__name__)

    def _power(self, base: Node, exponent: Node) -> Any:
        ctx = self.ctx
        if base == Const("e"):
            return ctx.exp(self._modest(self.value(exponent)))
        power = exact(exponent)
        below = self.value(base)
        if power is None:
            above = self._modest(self.value(exponent))
            if not below:
                raise UndefinedError("a power of zero")
            return below**above
        if power.denominator == 1:
            if not below and power <= 0:
                raise UndefinedError("a power of zero")
            if below == -1:
                return ctx.mpf(-1 if power.numerator % 2 else 1)
            if abs(power.numerator) > EXPONENT:
                raise TooCostlyError("a power with a huge exponent")
            return below**power.numerator
        return self._real_power(below, power)

    def _real_power(self, below: Any, power: Fraction) -> Any:
        """A rational power; of a negative number with an odd root the real one."""
        ctx = self.ctx
        above = ctx.mpf(power.numerator) / power.denominator
        if abs(power) > EXPONENT:
            raise TooCostlyError("a power with a huge exponent")
        if not below:
            if power <= 0:
                raise UndefinedError("a power of zero")
            return below
        if not ctx.im(below) and ctx.re(below) < 0 and power.denominator % 2:
            return (-ctx.re(below)) ** above * (-1 if power.numerator % 2 else 1)
        return below**above

    def _modest(self, exponent: Any) -> Any:
        if exponent and self.ctx.mag(exponent) > 24:
            raise TooCostlyError("a power with a huge exponent")
        return exponent

    def _real(self, value: Any) -> Any:
        if self.ctx.im(value):
            raise UndefinedError("not real")
        return self.ctx.re(value)

    def _call(self, name: str, args: tuple[Node, ...]) -> Any:
        ctx = self.ctx
        if name in ("factorial", "binomial", "floor", "ceil", "gcd", "lcm"):
            whole = exact(Call(name, args))
            if whole is not None:
                return ctx.mpf(whole.numerator) / whole.denominator
        values = [self.value(arg) for arg in args]
        first = values[0]
        self.budget.spend(self.weight)
        match name, values:
            case "sqrt", [_]:
                return ctx.sqrt(first)
            case "cbrt", [_]:
                return self._real_power(first, Fraction(1, 3))
            case "root", [_, _]:
                index = exact(args[1])
                return self._real_power(first, 1 / index) if index else first ** (1 / values[1])
            case (("ln" | "log"), [_]):
                return ctx.log(first)
            case "log", [_, base]:
                return ctx.log(first) / ctx.log(base)
            case "lg", [_]:
                return ctx.log(first) / ctx.log(10)
            case "log2", [_]:
                return ctx.log(first) / ctx.log(2)
            case "exp", [_]:
                return ctx.exp(self._modest(first))
            case (("abs" | "norm"), [_]):
                return abs(first)
            case "deg", [_]:
                return first * ctx.pi / 180
            case "percent", [_]:
                return first / 100
            case "divide", [_, under]:
                return first / under
            case (("max" | "min"), _):
                return (max if name == "max" else min)(self._real(value) for value in values)
            case "factorial", [_]:
                if abs(first) > 10**6:
                    raise TooCostlyError("the factorial of a large number")
                if not ctx.isint(first):
                    raise UndefinedError("the factorial of a broken number")
                self.budget.spend(20 * self.weight)
                return ctx.factorial(first)
            case "binomial", [_, below]:
                if abs(first) > 10**6 or abs(below) > 10**6:
                    raise TooCostlyError("a binomial of large numbers")
                if not ctx.isint(first):
                    raise UndefinedError("a binomial of a broken number")
                self.budget.spend(60 * self.weight)
                return ctx.binomial(first, below)
            case "sign", [_]:
                return ctx.sign(self._real(first))
            case "re", [_]:
                return ctx.re(first)
            case "im", [_]:
                return ctx.im(first)
            case "conjugate", [_]:
                return ctx.conj(first)
            case "floor", [_]:
                return ctx.floor(self._real(first))
            case "ceil", [_]:
                return ctx.ceil(self._real(first))
            case _ if name in _ELEMENTARY and len(values) == 1:
                if first and ctx.mag(first) > 2_000:
                    raise TooCostlyError(f"{name} of a huge number")
                return getattr(ctx, name)(first)
            case _:
                raise UndefinedError(name)

    def _big(self, node: Big) -> Any:
        ctx = self.ctx

        def term(point: Any) -> Any:
            hidden = self.point.get(node.var)
            self.point[node.var] = point
            try:
                return self.value(node.body)
            finally:
                if hidden is None:
                    del self.point[node.var]
                else:
                    self.point[node.var] = hidden

        if node.low is not None and node.high is not None and node.kind in ("sum", "prod") and node.high != Const("oo"):
            low, high = self._real(self.value(node.low)), self._real(self.value(node.high))
            if not ctx.isint(low) or not ctx.isint(high):
                raise UndefinedError("a sum between broken bounds")
            if high - low > TERMS:
                raise TooCostlyError("a sum of too many terms")
            total = ctx.mpf(0 if node.kind == "sum" else 1)
            for index in range(int(low), int(high) + 1):
                total = total + term(ctx.mpf(index)) if node.kind == "sum" else total * term(ctx.mpf(index))
            return total
        if self.in_limit:
            raise TooCostlyError("a limit inside a limit")
        self.rough = self.in_limit = True
        digits, ctx.dps = ctx.dps, 25
        try:
            if node.kind == "sum" and node.low is not None and node.high == Const("oo"):
                return ctx.nsum(term, [int(self._real(self.value(node.low))), ctx.inf])
            if node.kind == "int" and node.low is not None and node.high is not None:
                return ctx.quad(term, [self._bound(node.low), self._bound(node.high)], maxdegree=6)
            if node.kind == "lim" and node.high is not None:
                return ctx.limit(term, self._bound(node.high))
        except UndefinedError:
            raise
        except (ctx.NoConvergence, IndexError) as error:
            raise UndefinedError(str(error)) from None
        finally:
            ctx.dps = digits
            self.in_limit = False
        raise UndefinedError(f"{node.kind} without bounds")

    def _bound(self, node: Node) -> Any:
        if node == Const("oo"):
            return self.ctx.inf
        if isinstance(node, Mul) and node.args[-1] == Const("oo") and len(node.args) == 2:
            return -self.ctx.inf if exact(node.args[0]) == -1 else self.ctx.inf
        return self._real(self.value(node))


_ELEMENTARY = frozenset(
    "sin cos tan cot sec csc sinh cosh tanh coth sech csch asin acos atan acot asec acsc asinh acosh atanh arg".split()
)


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big")


def _unknown(ctx: Any, name: str, args: list[Any]) -> Any:
    """The value of a function that nobody defined: some smooth function of its own name and arguments."""
    phase = ctx.mpf(_seed(name) % 10**9) / 10**8
    for index, arg in enumerate(args):
        if arg and ctx.mag(arg) > 2_000:
            raise TooCostlyError("an argument of too many digits")
        phase += arg * (1 + ctx.mpf(_seed(f"{name} {index}") % 10**6) / 10**6)
    return 3 + ctx.sin(phase)


def point(free: frozenset[str], index: int, ctx: Any) -> dict[str, Any]:
    """The index-th probe: a number between 0.1 and 4.1 for each name; odd probes are negative for about half of them."""
    found = {}
    for name in free:
        seed = _seed(f"{name} {index}")
        size = ctx.mpf(seed % 1_000_003) / 250_000 + ctx.mpf(1) / 10
        found[name] = -size if index % 2 and (index == 1 or seed & 1) else size
    return found


def whole_point(free: frozenset[str], index: int, ctx: Any) -> dict[str, Any]:
    """The index-th probe where whole numbers are asked for."""
    return {name: ctx.mpf(2 + (_seed(name) + 3 * index) % 5 + index) for name in free}


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

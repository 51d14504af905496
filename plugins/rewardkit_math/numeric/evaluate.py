"""The value of an expression at a point, with mpmath: real or complex, to as many digits as asked for.

Every step is paid from a budget, and every operation looks at the size of its operands first. mpmath is loaded when the
first number is needed.
"""

import hashlib
import threading
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from rewardkit_math.complexity_limits import EXPONENT, STEPS, TERMS, TooCostlyError, bits
from rewardkit_math.numeric.exact import exact
from rewardkit_math.tree import Add, BigOperator, Call, Const, Mul, Node, Num, Pow, Sym, UnknownFunction

DIGITS = 60
_LARGEST_LOG10 = 10**7
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
    """The own mpmath context of this thread: mpmath's global one is shared by all threads."""
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
                size = bits(value)
                if size > ctx.prec - 64:
                    # A long literal: its last digit counts as much as its first.
                    self.smallest = min(self.smallest, -size)
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
            case UnknownFunction(name, args):
                return _unknown(ctx, name, [self.value(arg) for arg in args])
            case BigOperator():
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
        above = self.value(Num(power))
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
                    raise UndefinedError("the factorial of a non-integer")
                self.budget.spend(20 * self.weight)
                return ctx.factorial(first)
            case "binomial", [_, below]:
                if abs(first) > 10**6 or abs(below) > 10**6:
                    raise TooCostlyError("a binomial of large numbers")
                if not ctx.isint(first):
                    raise UndefinedError("a binomial of a non-integer")
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

    def _big(self, node: BigOperator) -> Any:
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
                raise UndefinedError("a sum between bounds that are not integers")
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
    ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch", "arg")
) | frozenset(("asin", "acos", "atan", "acot", "asec", "acsc", "asinh", "acosh", "atanh"))


def seed_of(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big")


def _unknown(ctx: Any, name: str, args: list[Any]) -> Any:
    """The value of a function that nobody defined: some smooth function of its own name and arguments."""
    phase = ctx.mpf(seed_of(name) % 10**9) / 10**8
    for index, arg in enumerate(args):
        if arg and ctx.mag(arg) > 2_000:
            raise TooCostlyError("an argument of too many digits")
        phase += arg * (1 + ctx.mpf(seed_of(f"{name} {index}") % 10**6) / 10**6)
    return 3 + ctx.sin(phase)

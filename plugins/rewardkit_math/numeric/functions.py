"""Functions of balls: each function with a meaning, by the name that the tree gives it."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flint import acb, arb, fmpq

from rewardkit_math.complexity_limits import BINOMIAL, EXPONENT, TooCostlyError
from rewardkit_math.numeric.evaluation_state import Evaluation, UndefinedError, magnitude


def rational_power(at: Evaluation, below: Any, power: Fraction) -> Any:
    """A rational power; of a negative number with an odd root the real one."""
    if below.is_zero() and power <= 0:
        raise UndefinedError("a power of zero")
    if max(abs(power.numerator), power.denominator) > EXPONENT:
        if at.integer(below) == -1 and power.denominator == 1:
            return at.number(-1 if power.numerator % 2 else 1)
        raise TooCostlyError("a power with a huge exponent")
    if power.denominator == 1:
        return below**power.numerator
    if power.denominator % 2 and at.negative(below):
        return (-root_of(at, -below, power.denominator)) ** power.numerator
    return root_of(at, below, power.denominator) ** power.numerator


def root_of(at: Evaluation, value: Any, index: int) -> Any:
    at.beyond_cut(value)
    if at.analytic:
        return value.pow(acb(fmpq(1, index)), analytic=True)
    if at.field == "real":
        if 0 in value:
            # A ball around zero: what lies below is an error of rounding.
            value = value.nonnegative_part()
        return value.sqrt() if index == 2 else value.root(index)
    if value.imag.is_zero() and not value.real < 0:
        inner = value.real.nonnegative_part() if 0 in value.real else value.real
        return acb(inner.root(index))
    return value.root(index)


def logarithm(at: Evaluation, value: Any) -> Any:
    at.beyond_cut(value)
    return value.log(analytic=True) if at.analytic else value.log()


def _floor(at: Evaluation, value: Any) -> Any:
    whole = at.integer(value)
    return at.number(at.real(value).floor() if whole is None else whole)


def _sign(at: Evaluation, value: Any) -> Any:
    value = at.real(value)
    if 0 in value and not value.is_zero():
        return at.number(at.integer(value) if at.integer(value) is not None else value.sgn())
    return at.number(value.sgn())


def _factorial(at: Evaluation, value: Any) -> Any:
    whole = at.integer(value)
    if whole is None or whole < 0:
        raise UndefinedError("the factorial of a non-integer")
    if whole > 10**6:
        raise TooCostlyError("the factorial of a large number")
    return at.number(arb(whole + 1).gamma())


def _binomial(at: Evaluation, above: Any, below: Any) -> Any:
    first, second = at.integer(above), at.integer(below)
    if first is None or second is None or first < 0:
        raise UndefinedError("a binomial of a non-integer")
    if not 0 <= second <= first:
        return at.number(0)
    if first <= BINOMIAL // 10:
        return at.number(math.comb(first, second))
    if first > 10**6:
        raise TooCostlyError("a binomial of large numbers")
    return at.number((arb(first + 1).gamma() / arb(second + 1).gamma()) / arb(first - second + 1).gamma())


def _of_integers(function: Callable[..., int]) -> Callable[..., Any]:
    def found(at: Evaluation, *values: Any) -> Any:
        whole = [at.integer(value) for value in values]
        if None in whole:
            raise UndefinedError("not integers")
        return at.number(function(*whole))

    return found


def _chosen(name: str) -> Callable[..., Any]:
    def found(at: Evaluation, *values: Any) -> Any:
        best = at.real(values[0])
        for value in values[1:]:
            best = getattr(best, name)(at.real(value))
        return at.number(best)

    return found


def _method(name: str) -> Callable[..., Any]:
    return lambda _, value: getattr(value, name)()


def _of_inverse(name: str) -> Callable[..., Any]:
    return lambda _, value: getattr(1 / value, name)()


def _odd_root(at: Evaluation, value: Any) -> Any:
    return rational_power(at, value, Fraction(1, 3))


def _indexed_root(at: Evaluation, value: Any, index: Any) -> Any:
    whole = at.integer(index)
    if not whole:
        return (logarithm(at, value) / index).exp()
    return rational_power(at, value, Fraction(1, whole))


def _part(name: str) -> Callable[..., Any]:
    return lambda at, value: at.number(getattr(acb(value), name))


def _saturated(name: str, exponent: Callable[[Any], Any]) -> Callable[..., Any]:
    """A function that nears a constant as fast as `exp(-exponent)` falls: that distance counts as a number."""

    def found(at: Evaluation, value: Any) -> Any:
        size = magnitude(abs(exponent(value)).exp())
        if size is not None and not at.hidden:
            at.largest = max(at.largest, size)
        return getattr(value, name)()

    return found


def in_plane(name: str, values: list[Any], *, analytic: bool) -> Any:
    """A function of real numbers as Arb extends it to the complex plane, piece by piece."""
    match name, values:
        case (("abs" | "norm"), [value]):
            return value.real_abs(analytic=analytic)
        case "sign", [value]:
            return value.real_sgn(analytic=analytic)
        case (("floor" | "ceil"), [value]):
            return value.real_floor(analytic=analytic) if name == "floor" else value.real_ceil(analytic=analytic)
        case (("max" | "min"), [value, *others]):
            for other in others:
                value = getattr(value, f"real_{name}")(other, analytic=analytic)
            return value
        case _:
            return acb("nan")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: _method(name) for name in ("sin", "cos", "tan", "cot", "sec", "csc", "exp")},
    **{name: _method(name) for name in ("sinh", "cosh", "sech", "csch")},
    **{name: _method(name) for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
    **{name: _method(name) for name in ("gamma", "digamma")},
    "loggamma": _method("lgamma"),
    "tanh": _saturated("tanh", lambda value: 2 * value),
    "coth": _saturated("coth", lambda value: 2 * value),
    "erf": _saturated("erf", lambda value: value * value),
    "erfc": _saturated("erfc", lambda value: value * value),
    "zeta": _saturated("zeta", lambda value: value),
    "acot": _of_inverse("atan"),
    "asec": _of_inverse("acos"),
    "acsc": _of_inverse("asin"),
    "acoth": _of_inverse("atanh"),
    "asech": _of_inverse("acosh"),
    "acsch": _of_inverse("asinh"),
    "sqrt": lambda at, value: root_of(at, value, 2),
    "cbrt": _odd_root,
    "root": _indexed_root,
    "ln": logarithm,
    "log": lambda at, value, base=None: (
        logarithm(at, value) if base is None else logarithm(at, value) / logarithm(at, base)
    ),
    "lg": lambda at, value: logarithm(at, value) / arb(10).log(),
    "log2": lambda at, value: logarithm(at, value) / arb(2).log(),
    "abs": lambda at, value: at.number(abs(value)),
    "norm": lambda at, value: at.number(abs(value)),
    "arg": lambda at, value: at.number(acb(value).arg()),
    "re": _part("real"),
    "im": _part("imag"),
    "conjugate": lambda at, value: at.number(value.conjugate() if isinstance(value, acb) else value),
    "deg": lambda _, value: value * arb.pi() / 180,
    "percent": lambda _, value: value / 100,
    "divide": lambda _, value, under: value / under,
    "max": _chosen("max"),
    "min": _chosen("min"),
    "sign": _sign,
    "floor": _floor,
    "ceil": lambda at, value: -_floor(at, -value),
    "factorial": _factorial,
    "binomial": _binomial,
    "gcd": _of_integers(math.gcd),
    "lcm": _of_integers(math.lcm),
    "mod": lambda at, value, by: value - by * _floor(at, value / by),
}
"""Each function with a meaning, by the name that the tree gives it."""

ON_INTEGERS = frozenset(("factorial", "binomial", "floor", "ceil", "gcd", "lcm", "mod"))
ON_AN_INTERVAL = frozenset(("asin", "acos", "acosh", "atanh", "asec", "acsc", "acoth", "asech"))
ANALYTIC = frozenset(
    ("sin", "cos", "tan", "cot", "sec", "csc", "exp", "sinh", "cosh", "tanh", "coth", "sech", "csch", "gamma", "zeta")
) | frozenset(("erf", "erfc", "sqrt", "ln", "log", "lg", "log2", "root", "deg", "percent", "divide", "digamma"))

"""Proofs that two sympy expressions are identical: strategies, each under a limit of processor time.

`nsimplify` is not among them (it turns `tanh(100) - 1` into 0), and nothing is assumed positive.
"""

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import sympy

STRATEGY_S = 0.35
"""Seconds of processor time for one strategy."""
TOTAL_S = 2.0
"""Seconds of processor time for one question."""

_NO = sympy.Symbol("not_settled")
_POINTS, _POINTS_OF_INTEGERS = 10, 12
_BRANCHING = (sympy.Abs, sympy.Max, sympy.Min, sympy.sign, sympy.Heaviside)
_JUMPING = (*_BRANCHING, sympy.atan, sympy.acot, sympy.asec, sympy.acsc, sympy.log, sympy.arg)
_FAILURES = (
    NotImplementedError, ValueError, TypeError, AttributeError, KeyError, ZeroDivisionError, IndexError, RecursionError,
    sympy.PolynomialError, AssertionError,
)  # fmt: skip
"""Errors that sympy raises where a strategy does not apply."""


class Verdict(NamedTuple):
    """The outcome of a question, and what settled it."""

    outcome: Literal["proved", "refuted", "not settled"]
    how: str


class SlowError(Exception):
    """A strategy took too long."""


def _stop(*_: object) -> None:
    raise SlowError


@contextmanager
def slice_of(deadline: float) -> Iterator[None]:
    """Limits the processor time of a block to a strategy's share of what is left. Raises SlowError."""
    left = min(STRATEGY_S, deadline - time.process_time())
    if left <= 0:
        raise SlowError
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, left)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def evaluated(value: Any) -> Any:
    """The value with its sums, products, integrals and limits worked out."""
    if value.has(sympy.Sum, sympy.Product, sympy.Integral, sympy.Limit):
        value = value.doit()
        value = value.replace(
            lambda term: isinstance(term, sympy.Sum), lambda term: sympy.summation(term.function, *term.limits)
        )
    return value


def identical(one: Any, other: Any, deadline: float) -> Verdict:
    """The verdict on two expressions for all values of their names."""
    infinite = (sympy.oo, -sympy.oo)
    if any(side.has(sympy.zoo, sympy.nan) or side in infinite for side in (one, other)):
        return Verdict("not settled", "undefined")
    if one == other:
        return Verdict("proved", "auto")
    try:
        with slice_of(deadline + STRATEGY_S):
            one, other = evaluated(one), evaluated(other)
    except (SlowError, *_FAILURES):
        return Verdict("not settled", "not evaluated")
    difference = one - other
    if difference.has(sympy.nan, sympy.zoo):
        return Verdict("not settled", "undefined")
    if difference == 0:
        return Verdict("proved", "auto")
    if difference.is_Rational:
        return Verdict("refuted", "exact")
    try:
        with slice_of(deadline):
            seen, differ = differ_somewhere(one, other)
    except (SlowError, *_FAILURES):
        seen, differ = 0, False
    if differ:
        return Verdict("refuted", "a value")
    for name, strategy in STRATEGIES.items():
        try:
            with slice_of(deadline):
                found = strategy(difference)
        except (SlowError, *_FAILURES):
            continue
        if name == "derivative" and seen < 2:
            continue
        if found == 0:
            return Verdict("proved", name)
        if getattr(found, "is_Rational", False):
            return Verdict("refuted", name)
    return Verdict("not settled", "")


def differ_somewhere(one: Any, other: Any) -> tuple[int, bool]:
    """The number of exact points at which both have a value, and whether they differ at one of them.

    Integers run through 1 to 12; other names lie on both sides of the places where `abs`, `max` and `sign` break.
    """
    free = sorted(one.free_symbols | other.free_symbols, key=str)
    complex_too = one.has(sympy.I) or other.has(sympy.I)
    breaks = _breaks(one, other)
    count = (
        1
        if not free
        else _POINTS_OF_INTEGERS
        if any(name.is_integer for name in free)
        else max(_POINTS, 2 * len(breaks))
    )
    draw = random.Random(5)  # noqa: S311 - points, not secrets
    seen = 0
    for index in range(count):
        point = {
            name: _coordinate(name, index, place, breaks if len(free) == 1 else [], draw)
            for place, name in enumerate(free)
        }
        first, second = one.xreplace(point), other.xreplace(point)
        if any(side.has(sympy.nan, sympy.zoo, sympy.oo) for side in (first, second)):
            continue
        values = sympy.N(first, 20, maxn=400), sympy.N(second, 20, maxn=400)
        gap = sympy.N(first - second, 20, maxn=2000)
        if (
            not gap.is_number
            or gap.has(sympy.nan)
            or (not complex_too and any(abs(sympy.im(value)) > 1e-12 for value in values))
        ):
            continue
        seen += 1
        size = abs(gap)
        # Less than a relative 1e-12 may be rounding where names have values; constants are separated to 2,000 digits.
        if size > sympy.Float("1e-300") and size > sympy.Float("1e-12") * (abs(values[1]) if free else 0):
            return seen, True
    return seen, False


def _coordinate(name: Any, index: int, place: int, breaks: list[Any], draw: random.Random) -> Any:
    """The value of a name at the index-th point."""
    if name.is_integer:
        return sympy.Integer(1 + index % 12 if place == 0 else draw.randint(1, 9))
    value = sympy.Rational(draw.randint(30, 400), 97) * (1 if index % 2 == 0 or name.is_positive else -1)
    if len(breaks) > 1:
        return breaks[(index // 2) % len(breaks)] + value
    if index in (1, 3, 4):
        return value / 7
    return value * 3 + index if index in (5, 6, 7) else value


def _breaks(*sides: Any) -> list[Any]:
    """Where the arguments of `abs`, `max` and `sign` vanish, for arguments that are linear in one name; and 0."""
    found = [sympy.Integer(0)]
    for side in sides:
        for function in side.atoms(*_BRANCHING):
            for arg in function.args if len(function.args) == 1 else [function.args[0] - function.args[1]]:
                free = list(arg.free_symbols)
                if len(free) == 1 and arg.is_polynomial(free[0]) and sympy.degree(arg, free[0]) == 1:
                    found.append(-arg.coeff(free[0], 0) / arg.coeff(free[0], 1))
    return found


def _numerator(value: Any) -> Any:
    return sympy.expand(sympy.numer(sympy.together(value)))


def _minimal_polynomial(value: Any) -> Any:
    name = sympy.Symbol("_t")
    return 0 if not value.free_symbols and value.is_algebraic and sympy.minimal_polynomial(value, name) == name else _NO


def _small_angle(value: Any) -> Any:
    """A constant of inverse functions is 0 if its sine is 0 and it is smaller than one half."""
    if value.free_symbols or not value.has(sympy.atan, sympy.asin, sympy.acos, sympy.acot):
        return _NO
    if not abs(sympy.N(value, 20, maxn=200)) < sympy.Rational(1, 2) or sympy.count_ops(value) >= 60:
        return _NO
    sine = sympy.expand(sympy.sin(value), trig=True)
    return 0 if sine == 0 or sympy.simplify(sine) == 0 else _NO


def _factored_roots(value: Any) -> Any:
    """With factors under roots and logarithms; what `|u|` stands for is positive under a logarithm."""
    value = value.replace(
        lambda term: (
            isinstance(term, sympy.Pow) and term.exp.is_Rational and not term.exp.is_Integer and term.base.is_Add
        ),
        lambda term: sympy.Pow(sympy.factor(term.base), term.exp),
    )
    return sympy.simplify(sympy.expand(sympy.expand_log(value)))


def _derivative(value: Any) -> Any:
    """A function is 0 if its derivatives are 0 and it vanished at points on both sides of its breaks (the caller's)."""
    free = [name for name in value.free_symbols if not name.is_integer]
    if not 1 <= len(free) <= 3 or len(free) < len(value.free_symbols):
        return _NO
    if value.has(sympy.floor, sympy.ceiling, sympy.factorial, sympy.Sum) or value.atoms(
        sympy.core.function.AppliedUndef
    ):
        return _NO
    if any(not function.args[0].is_polynomial(*free) for function in value.atoms(*_JUMPING)):
        return _NO  # it may jump where its argument has a pole
    for name in free:
        slope = sympy.diff(value, name)
        if slope != 0 and sympy.simplify(slope) != 0 and _numerator(sympy.radsimp(slope)) != 0:
            return _NO
    return 0


STRATEGIES: dict[str, Callable[[Any], Any]] = {
    "expand": sympy.expand,
    "logarithms": lambda value: sympy.expand(sympy.expand_log(value)),
    "together": _numerator,
    "trigonometry": lambda value: sympy.expand(sympy.expand_trig(value)),
    "gamma": lambda value: _numerator(sympy.expand_func(value.rewrite(sympy.gamma))),
    "exponentials": lambda value: _numerator(value.rewrite(sympy.exp)),
    "minimal polynomial": _minimal_polynomial,
    "small angle": _small_angle,
    "cancel": sympy.cancel,
    "factored roots": _factored_roots,
    "simplify": sympy.simplify,
    "piecewise": lambda value: sympy.piecewise_fold(sympy.expand(value.rewrite(sympy.Piecewise))),
    "derivative": _derivative,
    "equals": lambda value: 0 if value.equals(0) else _NO,
}
"""Each returns 0 where it proves that its argument is 0, and another rational number where it refutes it."""

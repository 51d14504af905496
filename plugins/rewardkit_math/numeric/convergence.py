"""Infinite sums, integrals and limits: numbers that are approached, with an estimate of the error as their radius.

A proper integral of an analytic function is enclosed by Arb, with proof. All others come from the extrapolation of
mpmath and hold some 14 digits.
"""

import math
from collections.abc import Callable
from typing import Any

from flint import acb, arb, ctx

from rewardkit_math.complexity_limits import TooCostlyError

_ATTEMPTS = ((18, 100), (25, 141))
"""Digits and terms of two extrapolations: what has not converged differs between them."""
_AGREED = 1e-12
_WORKING_BITS = 160
_SPARE_BITS = 40
_RELATIVE = 1e-15
_EVALUATIONS = 8_000
_MOST_BITS = 1 << 20
Term = Callable[[Any], Any]


def infinite_sum(term: Term, low: int) -> Any:
    """The sum of `term(k)` from `low` to infinity."""
    return _settled(
        lambda numbers, terms: numbers.nsum(
            _for_mpmath(numbers, term), [low, numbers.inf], method="r+s", maxterms=terms
        )
    )


def integral(in_plane: Callable[[Any, bool], Any], term: Term, low: Any, high: Any) -> Any:
    """The integral between two bounds, of which either may be infinite.

    in_plane  the integrand at a complex ball; with True a ball without value where it is not analytic
    term      the integrand at a real number
    """
    if low.is_finite() and high.is_finite():
        with ctx.workprec(_WORKING_BITS):
            found = acb.integral(
                in_plane, acb(low), acb(high), rel_tol=arb(2) ** -100, abs_tol=arb(2) ** -100, eval_limit=_EVALUATIONS
            )
        if found.is_finite() and found.rad() < arb(2) ** -60 * (1 + abs(found)):
            return found.real if found.imag.is_zero() or 0 in found.imag else found
    return _settled(
        lambda numbers, _: numbers.quad(
            _for_mpmath(numbers, term), [_bound(numbers, low), _bound(numbers, high)], maxdegree=6
        )
    )


def limit(term: Term, towards: Any) -> Any:
    """The limit of `term` towards a number or infinity."""
    return _settled(
        lambda numbers, terms: numbers.limit(_for_mpmath(numbers, term), _bound(numbers, towards), maxterms=terms)
    )


def _settled(approach: Callable[[Any, int], Any]) -> Any:
    """The limit on which two extrapolations at different precision agree. Raises ValueError where they do not."""
    import mpmath  # noqa: PLC0415 - few answers need it

    found = []
    for digits, terms in _ATTEMPTS:
        # A context of mpmath of this call's own: precision is never shared.
        numbers = mpmath.MPContext()
        numbers.dps = digits
        try:
            found.append(approach(numbers, terms))
        except (numbers.NoConvergence, IndexError) as failed:
            raise ValueError(str(failed)) from None
    (rough, value), size = found, float(abs(found[1]))
    error = float(abs(value - rough))
    if not math.isfinite(size) or error > _AGREED * max(size, 1e-6):
        raise ValueError("no limit")
    radius = max(error, _RELATIVE * size, 1e-24)
    parts = [arb(_ball(part), radius) for part in (numbers.re(value), numbers.im(value))]
    return acb(*parts) if numbers.im(value) else parts[0]


def _ball(value: Any) -> Any:
    sign, mantissa, exponent, _ = value._mpf_
    return arb((-1) ** sign * int(mantissa)) * arb(2) ** exponent


def _for_mpmath(numbers: Any, term: Term) -> Callable[[Any], Any]:
    def found(point: Any) -> Any:
        with ctx.workprec(numbers.prec + _SPARE_BITS):
            value = term(_ball(numbers.mpf(point)))
        if isinstance(value, acb):
            return numbers.mpc(_number(numbers, value.real), _number(numbers, value.imag))
        return _number(numbers, value)

    return found


def _number(numbers: Any, value: Any) -> Any:
    mantissa, exponent = value.mid().man_exp()
    if exponent < -_MOST_BITS:
        return numbers.mpf(0)
    if exponent > _MOST_BITS:
        raise TooCostlyError("a number of too many digits")
    return numbers.ldexp(int(mantissa), int(exponent))


def _bound(numbers: Any, value: Any) -> Any:
    return _number(numbers, value) if value.is_finite() else (numbers.inf if value > 0 else -numbers.inf)

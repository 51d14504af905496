"""Rational functions, exactly (python-flint): where two of them are zero.

What is no rational function of its parts (a root, a sine, pi) counts as a name of its own, so that what is found equal
is proven, and what is not may still be equal.
"""

from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from rewardkit_math.tree import Add, Mul, Node, Num, Pow

_MOST_TERMS = 400
_MOST_POWER = 30
_MOST_ATOMS = 8


class _TooLargeError(Exception):
    """The polynomials have too many terms."""


def same_zeros(left: Node, right: Node) -> bool:
    """True if two rational functions are zero at the same places, with the same multiplicity."""
    atoms: dict[Node, int] = {}
    for node in (left, right):
        _collect(node, atoms)
    if not atoms or len(atoms) > _MOST_ATOMS:
        return False
    ring = fmpq_mpoly_ctx.get([f"x{index}" for index in range(len(atoms))], Ordering.lex)
    variables = dict(zip(atoms, ring.gens(), strict=True))
    try:
        factors = [_factors(_fraction(node, ring, variables)[0]) for node in (left, right)]
    except (_TooLargeError, ZeroDivisionError):
        return False
    return factors[0] == factors[1] != frozenset()


def _collect(node: Node, atoms: dict[Node, int]) -> None:
    match node:
        case Num():
            pass
        case Add(args) | Mul(args):
            for arg in args:
                _collect(arg, atoms)
        case Pow(base, Num(Fraction(denominator=1))):
            _collect(base, atoms)
        case _:
            atoms.setdefault(node, len(atoms))


def _fraction(node: Node, ring: Any, variables: dict[Node, Any]) -> tuple[Any, Any]:
    """Numerator and denominator, without a common factor."""
    one = ring.constant(1)
    match node:
        case Num(value, _):
            return ring.constant(fmpq(value.numerator, value.denominator)), one
        case Add(args):
            over, under = ring.constant(0), one
            for arg in args:
                up, down = _fraction(arg, ring, variables)
                over, under = _reduced(over * down + up * under, under * down)
            return over, under
        case Mul(args):
            over, under = one, one
            for arg in args:
                up, down = _fraction(arg, ring, variables)
                over, under = _reduced(over * up, under * down)
            return over, under
        case Pow(base, Num(Fraction(numerator=power, denominator=1))):
            over, under = _fraction(base, ring, variables)
            if abs(power) > _MOST_POWER or len(over) ** min(abs(power), 4) > _MOST_TERMS:
                raise _TooLargeError
            return _reduced(over**power, under**power) if power >= 0 else _reduced(under**-power, over**-power)
        case _:
            return variables[node], one


def _reduced(over: Any, under: Any) -> tuple[Any, Any]:
    if not under:
        raise ZeroDivisionError
    if len(over) + len(under) > _MOST_TERMS:
        raise _TooLargeError
    common = over.gcd(under)
    return over // common, under // common


def _factors(polynomial: Any) -> frozenset[tuple[str, int]]:
    """The irreducible factors, each with leading coefficient 1, and how often each occurs."""
    if not polynomial:
        return frozenset()
    _, found = polynomial.factor()
    return frozenset((str(factor / factor.leading_coefficient()), count) for factor, count in found)

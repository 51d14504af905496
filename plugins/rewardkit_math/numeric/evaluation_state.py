"""The state of one evaluation: its point, its field of numbers, its budget, and what it learns on the way.

Values are balls that are proven to hold them (python-flint's Arb). python-flint's precision is one setting for the
process: `precision` sets it for a block, one thread at a time.
"""

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, Literal

from flint import acb, arb, ctx, fmpq

from rewardkit_math.complexity_limits import STEPS, TooCostlyError

Field = Literal["real", "complex", "principal"]
"""`real`: every step must be real, so that a point outside of the domain of a root or a logarithm says nothing;
`complex`: complex numbers, but no root or logarithm of a negative number; `principal`: principal values."""
_TURN = threading.RLock()
_SNAP_BITS = 100
"""A ball of a radius below 2^-100 around an integer is that integer for `floor` and its like."""


class UndefinedError(Exception):
    """The expression has no value at this point."""


class NotRealError(UndefinedError):
    """A step to the value is not real."""


class Budget:
    """Steps left to one comparison."""

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps
        self.limits: dict[Any, Any] = {}
        """Values of sums, integrals and limits without names; None where there is none."""

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooCostlyError("the comparison takes too many steps")


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """A block in which numbers have this many bits."""
    with _TURN, ctx.workprec(bits):
        yield


def ball(value: Fraction | int) -> Any:
    """A rational number at the precision of the block."""
    if isinstance(value, Fraction):
        return arb(fmpq(value.numerator, value.denominator)) if value.denominator != 1 else arb(value.numerator)
    return arb(value)


def magnitude(value: Any) -> int | None:
    """The binary exponent of a number; None where its ball holds zero."""
    if isinstance(value, acb):
        parts = [size for part in (value.real, value.imag) if (size := magnitude(part)) is not None]
        return max(parts, default=None)
    if 0 in value:
        return None
    mantissa, exponent = value.mid().man_exp()
    return int(mantissa.bit_length() + exponent)


def seed_of(text: str) -> int:
    """A number that depends on the text alone."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big")


class Evaluation:
    """The state of one evaluation at one point, at the precision of the block in which it is made.

    point  a rational number for each name
    """

    def __init__(self, budget: Budget, point: Mapping[str, Fraction], field: Field = "real") -> None:
        self.budget, self.field = budget, field
        self.number: type = arb if field == "real" else acb
        self.point = {name: self.number(ball(value)) for name, value in point.items()}
        self.weight = 1 + ctx.prec // 512
        self.largest, self.smallest = 0, 0
        """Binary exponents of the largest and the smallest number on the way: how fine a difference could be."""
        self.rough = False
        """A limit process was cut off: its ball is an estimate."""
        self.snapped = False
        """A number very near to an integer was taken for it."""
        self.analytic: bool | None = None
        """Set while an integral is enclosed over the complex plane: True where branch cuts must give no value."""
        self.hidden = 0
        """Depth of sums, integrals and limits around the current step."""

    def integer(self, value: Any) -> int | None:
        """The integer that a value is, or is so near to that it cannot be told from it; None for any other."""
        if isinstance(value, acb):
            if 0 not in value.imag:
                return None
            value = value.real
        if value.is_integer():
            return int(value.unique_fmpz())
        whole = value.unique_fmpz()
        if whole is None or value.rad() > arb(2) ** -_SNAP_BITS:
            return None
        self.snapped = True
        return int(whole)

    def real(self, value: Any) -> Any:
        """A real value as such."""
        if not isinstance(value, acb):
            return value
        if not value.imag.is_zero() and not (0 in value.imag and value.imag.rad() < arb(2) ** -_SNAP_BITS):
            raise UndefinedError("not real")
        return value.real

    def negative(self, value: Any) -> bool:
        """True for a negative real number, whose roots and logarithms lie on a branch cut."""
        if isinstance(value, acb):
            return bool(value.imag.is_zero() and value.real < 0)
        return bool(value < 0)

    def beyond_cut(self, value: Any) -> Any:
        """The argument of a root or a logarithm. Raises NotRealError where the field allows no negative one."""
        if self.field != "principal" and self.negative(value):
            raise NotRealError("a root or a logarithm of a negative number")
        return value

"""Exact rational arithmetic: the value of an expression as a Fraction, or None where it has none that is rational.

Sizes are checked before each operation, so that `9^{9^{9}}` or `(10^{10})!` cost nothing.
"""

import math
from fractions import Fraction

from rewardkit_math.complexity_limits import BINOMIAL, BITS, FACTORIAL, TooCostlyError, bits
from rewardkit_math.tree import Add, Call, Mul, Node, Num, Pow


def exact(node: Node) -> Fraction | None:
    """The rational value of an expression; None where it has names, irrational parts or no value.

    raises  TooCostlyError where the value, or a step to it, is larger than `complexity_limits.BITS`
    """
    match node:
        case Num(value, _):
            return value
        case Add(args):
            total = Fraction(0)
            for arg in args:
                term = exact(arg)
                if term is None:
                    return None
                total = _sized(total + term)
            return total
        case Mul(args):
            product = Fraction(1)
            for arg in args:
                factor = exact(arg)
                if factor is None:
                    return None
                product = _sized(product * factor)
            return product
        case Pow(base, exponent):
            below, above = exact(base), exact(exponent)
            return None if below is None or above is None else power(below, above)
        case Call(name, args):
            values = [exact(arg) for arg in args]
            if any(value is None for value in values):
                return None
            return _call(name, [value for value in values if value is not None])
        case _:
            return None


def power(base: Fraction, exponent: Fraction) -> Fraction | None:
    """`base ** exponent` where it is rational: integer exponents, and roots of perfect powers."""
    if base in (0, 1):
        if base == 0 and exponent <= 0:
            return None
        return base
    if exponent.denominator == 1:
        count = exponent.numerator
        if base == -1:
            return Fraction(-1 if count % 2 else 1)
        if abs(count) > BITS or bits(base) * abs(count) > BITS:
            raise TooCostlyError(f"a power with the exponent {_short(count)}")
        return base**count
    index = exponent.denominator
    if index > 64 or (base < 0 and index % 2 == 0):
        return None
    over, under = _root(abs(base.numerator), index), _root(base.denominator, index)
    if over is None or under is None:
        return None
    root = Fraction(over, under) * (-1 if base < 0 else 1)
    return power(root, Fraction(exponent.numerator))


def _root(value: int, index: int) -> int | None:
    """The exact integer root, or None."""
    if index == 2:
        root = math.isqrt(value)
        return root if root * root == value else None
    low, high = 0, 1 << (value.bit_length() // index + 1)
    while low < high:
        middle = (low + high + 1) // 2
        if middle**index <= value:
            low = middle
        else:
            high = middle - 1
    return low if low**index == value else None


def _call(name: str, values: list[Fraction]) -> Fraction | None:
    first = values[0]
    match name, values:
        case "abs", [_]:
            return abs(first)
        case "percent", [_]:
            return first / 100
        case "sqrt", [_]:
            return power(first, Fraction(1, 2)) if first >= 0 else None
        case "cbrt", [_]:
            return power(first, Fraction(1, 3))
        case "root", [_, index] if index.denominator == 1 and index > 0:
            return power(first, 1 / index)
        case "floor", [_]:
            return Fraction(math.floor(first))
        case "ceil", [_]:
            return Fraction(math.ceil(first))
        case "divide", [_, under] if under:
            return first / under
        case "max", _:
            return max(values)
        case "min", _:
            return min(values)
        case "factorial", [_] if first.denominator == 1 and first >= 0:
            if first > FACTORIAL:
                raise TooCostlyError(f"the factorial of {_short(first.numerator)}")
            return Fraction(math.factorial(first.numerator))
        case "binomial", [_, below] if first.denominator == below.denominator == 1 and first >= 0:
            if first > BINOMIAL:
                raise TooCostlyError(f"a binomial of {_short(first.numerator)}")
            return Fraction(math.comb(first.numerator, below.numerator)) if below >= 0 else Fraction(0)
        case (("gcd" | "lcm"), _) if all(value.denominator == 1 for value in values):
            return Fraction((math.gcd if name == "gcd" else math.lcm)(*(value.numerator for value in values)))
        case _:
            return None


def _sized(value: Fraction) -> Fraction:
    if bits(value) > 2 * BITS:
        raise TooCostlyError("a number of too many digits")
    return value


def _short(count: int) -> str:
    return str(count) if count.bit_length() < 64 else f"about 2^{count.bit_length()}"

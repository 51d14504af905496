"""Solution sets with an integer parameter: `x = pi/4 + k pi, k in Z` and its other spellings.

Each solution that is linear in one parameter is a family: an offset and a period. Families are laid out over one common
period and compared as sets of offsets.
"""

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

from rewardkit_math.numeric.evaluation_state import Budget
from rewardkit_math.numeric.numeric_equality import real_value
from rewardkit_math.tree import (
    MINUS_ONE,
    Call,
    Conditioned,
    Mul,
    Node,
    Num,
    Pow,
    Rel,
    Seq,
    Sym,
    children,
    names,
    rebuild,
)

_MOST = 48
_NEAR = Fraction(1, 10**20)


def same_families(one: Conditioned, other: Conditioned, budget: Budget) -> bool | None:
    """True if two families of solutions are the same set; None where they are no families of real numbers."""
    first, second = _families(one, budget), _families(other, budget)
    if first is None or second is None:
        return None
    unit = first[0][1]
    periods = [period for _, period in first + second]
    common = Fraction(1)
    for period in periods:
        ratio = _rational(period / unit)
        if ratio is None:
            return None
        common = Fraction(
            math.lcm(common.numerator * ratio.denominator, ratio.numerator * common.denominator),
            common.denominator * ratio.denominator,
        )
    whole = unit * common.numerator / common.denominator
    sets = []
    for families in (first, second):
        offsets: list[Any] = []
        for offset, period in families:
            count = round(whole / period)
            if count > _MOST:
                return None
            for index in range(count):
                place = (offset + index * period) / whole
                place -= math.floor(place + _NEAR)
                if not any(abs(place - known) < _NEAR for known in offsets):
                    offsets.append(place)
        sets.append(sorted(offsets))
    return len(sets[0]) == len(sets[1]) and all(abs(a - b) < _NEAR for a, b in zip(*sets, strict=True))


def _rational(value: Any) -> Fraction | None:
    for below in range(1, _MOST + 1):
        scaled = value * below
        if abs(scaled - round(scaled)) < _NEAR and scaled >= 1:
            return Fraction(round(scaled), below)
    return None


def _families(given: Conditioned, budget: Budget) -> list[tuple[Any, Any]] | None:
    """Offset and positive period of each solution."""
    found = []
    for value in _items(given.body):
        free = names(value)
        if len(free) != 1 or not (free <= given.integers or (not given.integers and free <= frozenset("knmlz"))):
            return None
        (name,) = free
        places = (real_value(rebuild(value, {Sym(name): Num(Fraction(point))}), budget) for point in range(5))
        at = [place for place in places if place is not None]
        if len(at) < 5:
            return None
        if _spaced(at):
            found.append((at[0], abs(at[1] - at[0])))
        elif _alternates(value) and _spaced(at[::2]) and abs(at[3] - at[1] - at[2] + at[0]) < _NEAR:
            # `(-1)^k pi/6 + k pi` is two families, one for even and one for odd numbers.
            found += [(at[0], abs(at[2] - at[0])), (at[1], abs(at[2] - at[0]))]
        else:
            return None
    return found or None


def _alternates(node: Node) -> bool:
    """True if it has a power such as `(-1)^k`."""
    return any(isinstance(part, Pow) and part.base == MINUS_ONE and names(part.exponent) for part in _walk(node))


def _spaced(places: list[Any]) -> bool:
    """True if numbers follow each other in equal steps, other than 0."""
    steps = [after - before for before, after in pairwise(places)]
    return bool(steps[0]) and all(abs(step - steps[0]) < _NEAR for step in steps)


def _items(node: Node) -> list[Node]:
    match node:
        case Seq(_, items):
            return [value for item in items for value in _items(item)]
        case Rel(("=",), (Sym(), value)):
            return _items(value)
        case Rel(("in",), (Sym(), value)):
            return _items(value)
        case _:
            signs = [child for child in _walk(node) if isinstance(child, Call) and child.name == "pm"]
            if signs:
                plus = rebuild(node, {sign: sign.args[0] for sign in signs})
                minus = rebuild(node, {sign: Mul((MINUS_ONE, sign.args[0])) for sign in signs})
                return [plus, minus]
            return [node]


def _walk(node: Node) -> list[Node]:
    return [node, *(inner for child in children(node) for inner in _walk(child))]

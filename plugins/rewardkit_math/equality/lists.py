"""Equality of several values: as multisets, in order, by name, with repeated members left out."""

from collections.abc import Callable, Sequence

from rewardkit_math.equality.outcome import DIFFERENT, SAME, Outcome
from rewardkit_math.equality.solutions import Value
from rewardkit_math.numeric.numeric_equality import rough_value
from rewardkit_math.tree import EXPRESSION, Interval, Node, Quantity, Seq, Sym, children

Same = Callable[[Value, Value], Outcome]
_SHORT_LIST = 6
_COORDINATES = frozenset("xyz")


def match_any_order(one: Sequence[Value], other: Sequence[Value], same: Same) -> Outcome:
    """A multiset comparison: sameness is transitive, so that the first partner found is as good as any.

    In a long list the numerically nearest partners are tried first.
    """
    left = list(other)
    if len(one) != len(left):
        return DIFFERENT
    keys = {} if len(left) <= _SHORT_LIST else {value: _key(value.value) for value in {*one, *left}}
    last = SAME
    for value in one:
        if keys:
            left.sort(key=lambda candidate: _distance(keys[candidate], keys[value]))
        for index, candidate in enumerate(left):
            outcome = same(value, candidate)
            if outcome:
                last = outcome if outcome.stage != "structure" else last
                del left[index]
                break
        else:
            return outcome
    return last


def _key(node: Node) -> tuple[complex, ...]:
    """Rough numbers to sort by: one for a value, one for each member of a tuple."""
    if isinstance(node, EXPRESSION):
        return (rough_value(node),)
    if isinstance(node, Quantity):
        return _key(node.value)
    if isinstance(node, Seq | Interval):
        return tuple(number for child in children(node) for number in _key(child))
    return ()


def _distance(one: tuple[complex, ...], other: tuple[complex, ...]) -> float:
    if len(one) != len(other):
        return float("inf")
    return max((abs(a - b) for a, b in zip(one, other, strict=True)), default=0.0)


def in_order(values: list[Value]) -> list[Value]:
    """`y = 2, x = 1` as the point (1, 2) that it names; other names keep the order in which they were written."""
    letters = [value.name.name for value in values if isinstance(value.name, Sym)]
    if len(letters) < len(values) or not set(letters) <= _COORDINATES:
        return values
    return [value for _, value in sorted(zip(letters, values, strict=True), key=lambda pair: pair[0])]


def distinct(values: list[Value], same: Same) -> list[Value]:
    """The values without those that are said again."""
    kept: list[Value] = []
    for value in values:
        if not any(value == known or same(value, known) for known in kept):
            kept.append(value)
    return kept

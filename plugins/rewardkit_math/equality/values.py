"""Equality of two single values under the policy: units, percent, rounding, ratios, names of constants."""

from abc import abstractmethod
from fractions import Fraction
from itertools import permutations

from rewardkit_math.equality.coerce import unmarked
from rewardkit_math.equality.quantity import rounds_to, split_letter, split_unit, within
from rewardkit_math.numeric.evaluation import Budget, UndefinedError
from rewardkit_math.numeric.exact import exact
from rewardkit_math.numeric.numeric_equality import equal_values
from rewardkit_math.params import MathParams
from rewardkit_math.tree import (
    EXPRESSION,
    MINUS_ONE,
    ONE,
    Add,
    Call,
    Const,
    Mul,
    Node,
    Num,
    Pow,
    Quantity,
    Ratio,
    Sym,
    Text,
    names,
    rebuild,
)
from rewardkit_math.units import count_word, same_unit

_MOST_NAMES_TO_FIT = 4
_SYMPY = {"I": Const("i"), "E": Const("e")}
_CONSTANTS = frozenset(("C", "c", "K", "A", "B", "C_1", "c_1", "C_2", "c_2", "C_3", "c_3", "const"))
_MOST_CONSTANTS = 3


class ValueComparison:
    """One comparison of values. `stage` says what settled it; `Comparison` adds the shapes that values stand in."""

    def __init__(self, policy: MathParams, budget: Budget | None = None) -> None:
        self.policy = policy
        self.budget = budget or Budget()
        self.stage = "structure"

    @abstractmethod
    def same(self, found: Node, ground_truth: Node) -> bool:
        """True if both are the same answer, whatever their kinds. Raises TooCostlyError."""

    def same_value(self, found: Node, ground_truth: Node) -> bool:
        """True if two single values are the same under the policy for units, percent, rounding and names."""
        if found == ground_truth:
            return True
        if isinstance(found, Text) or isinstance(ground_truth, Text):
            return self.same_text(found, ground_truth)
        if not isinstance(found, (*EXPRESSION, Quantity, Ratio)) or not isinstance(
            ground_truth, (*EXPRESSION, Quantity, Ratio)
        ):
            return self.same(found, ground_truth) if type(found) is not Ratio else False
        (found, found_unit), (ground_truth, ground_truth_unit) = split_unit(found), split_unit(ground_truth)
        if isinstance(found, Ratio) or isinstance(ground_truth, Ratio):
            return not (found_unit and ground_truth_unit and found_unit != ground_truth_unit) and self._same_ratio(
                found, ground_truth
            )
        counts = count_word(found_unit), count_word(ground_truth_unit)
        if (counts[0] is None) != (counts[1] is None):
            # `3 million` beside 3000000, and beside 3 where the question asks for millions.
            one, other = _counted(found, found_unit), _counted(ground_truth, ground_truth_unit)
            if self.same_value(one, other):
                return True
        if found_unit and not ground_truth_unit:
            ground_truth, ground_truth_unit = split_letter(ground_truth)
        elif ground_truth_unit or (
            isinstance(ground_truth, Num) and isinstance(found, Mul) and isinstance(found.args[-1], Pow)
        ):
            found, found_unit = (found, found_unit) if found_unit else split_letter(found)
        if found_unit and ground_truth_unit:
            scale = same_unit(found_unit, ground_truth_unit)
            if scale is None:
                return False
            if scale != 1:
                return self.close(Mul((Num(scale), found)), ground_truth)
        elif found_unit != ground_truth_unit and self.policy.units == "required":
            return False
        return any(self.close(one, other) for one, other in self._readings(found, ground_truth))

    def _readings(self, found: Node, ground_truth: Node) -> list[tuple[Node, Node]]:
        """The pairs of values to compare: percent signs and degree signs may be read in two ways."""
        pairs = [(found, ground_truth)]
        marks = [node.name if isinstance(node, Call) else "" for node in (found, ground_truth)]
        for mark in ("percent", "deg"):
            if (marks[0] == mark) == (marks[1] == mark):
                continue
            if mark == "percent" and self.policy.percent == "strict":
                continue
            inner = (found, ground_truth)[marks.index(mark)]
            assert isinstance(inner, Call)
            bare = inner.args[0]
            pairs.append((bare, ground_truth) if marks[0] == mark else (found, bare))
        if self.policy.percent == "any" and exact(found) is not None:
            pairs += [
                (Mul((found, Num(ONE.value * 100))), ground_truth),
                (Mul((found, Num(ONE.value / 100))), ground_truth),
            ]
        return pairs

    def close(self, found: Node, ground_truth: Node) -> bool:
        """True if two expressions are equal, or as near as the policy on rounding and tolerance allows."""
        one, other = exact(found), exact(ground_truth)
        if one is not None and other is not None:
            self.stage = "exact"
            if one == other:
                return True
        else:
            self.stage = "numeric"
            try:
                if equal_values(found, ground_truth, self.budget):
                    return True
            except UndefinedError:
                return False
            if self.policy.names == "free" and self._fits_renamed(found, ground_truth):
                return True
            if self._fits_constant(found, ground_truth):
                return True
            if names(found) != names(ground_truth):
                for change in (_spelled, unmarked):
                    mine, theirs = change(found), change(ground_truth)
                    if (mine, theirs) != (found, ground_truth) and names(mine) == names(theirs):
                        return self.close(mine, theirs)
        if names(found) or names(ground_truth):
            return False
        if self.policy.rounding != "off" and rounds_to(
            found, ground_truth, self.budget, decimals_too=self.policy.rounding == "digits"
        ):
            self.stage = "rounding"
            return True
        if self.policy.tolerance and within(found, ground_truth, self.policy.tolerance, self.budget):
            self.stage = "tolerance"
            return True
        return False

    def _fits_constant(self, found: Node, ground_truth: Node) -> bool:
        """True if they differ only in the names of the constants of integration."""
        mine, theirs = names(found) & _CONSTANTS, names(ground_truth) & _CONSTANTS
        if not isinstance(ground_truth, Add) or mine == theirs or not len(mine) == len(theirs) <= _MOST_CONSTANTS:
            return False
        if names(found) - mine != names(ground_truth) - theirs:
            return False
        return self._fits(found, ground_truth, sorted(mine), sorted(theirs))

    def _fits_renamed(self, found: Node, ground_truth: Node) -> bool:
        mine, theirs = sorted(names(found)), sorted(names(ground_truth))
        if len(mine) != len(theirs) or len(mine) > _MOST_NAMES_TO_FIT:
            return False
        return self._fits(found, ground_truth, mine, theirs)

    def _fits(self, found: Node, ground_truth: Node, mine: list[str], theirs: list[str]) -> bool:
        """True if the names of one, in some order, may be those of the other."""
        for order in permutations(theirs):
            renamed = rebuild(found, {Sym(a): Sym(b) for a, b in zip(mine, order, strict=True)})
            try:
                if equal_values(renamed, ground_truth, self.budget):
                    return True
            except UndefinedError:
                continue
        return False

    def _same_ratio(self, found: Node, ground_truth: Node) -> bool:
        one = found.items if isinstance(found, Ratio) else None
        other = ground_truth.items if isinstance(ground_truth, Ratio) else None
        if one is None or other is None:
            items = one or other
            assert items is not None
            if len(items) != 2:
                return False
            quotient = Mul((items[0], Pow(items[1], MINUS_ONE)))
            return self.close(quotient, ground_truth) if one else self.close(found, quotient)
        if len(one) != len(other):
            return False
        return all(self.close(Mul((a, other[0])), Mul((b, one[0]))) for a, b in zip(one[1:], other[1:], strict=True))

    def same_text(self, found: Node, ground_truth: Node) -> bool:
        self.stage = "text"
        return isinstance(found, Text) and isinstance(ground_truth, Text) and found.words == ground_truth.words != ""


def _counted(value: Node, unit: str) -> Node:
    """`3 million dollars` as 3000000 dollars."""
    count = count_word(unit)
    if count is None:
        return Quantity(value, unit) if unit else value
    number = Mul((Num(Fraction(count[0])), value))
    return Quantity(number, count[1]) if count[1] else number


def _spelled(node: Node) -> Node:
    """The names `I` and `E` of sympy as the constants that they are."""
    return rebuild(node, {Sym(name): value for name, value in _SYMPY.items()})

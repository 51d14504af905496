"""Equality of two single values under the policy: units, percent, rounding, ratios, names of constants."""

from fractions import Fraction
from functools import partial
from itertools import permutations

from rewardkit_math.equality.coerce import without_degrees, without_marks
from rewardkit_math.equality.outcome import DIFFERENT, Outcome, Terms, every, first_equal
from rewardkit_math.equality.quantity import rounds_to, split_letters, split_unit, within
from rewardkit_math.numeric.evaluation_state import UndefinedError
from rewardkit_math.numeric.exact import exact
from rewardkit_math.numeric.numeric_equality import equal_values
from rewardkit_math.tree import (
    EXPRESSION,
    MINUS_ONE,
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
from rewardkit_math.units import SCORES, count_word, same_unit, singular

_VALUES = (*EXPRESSION, Quantity, Ratio)
_MOST_NAMES_TO_FIT = 4
_SYMPY = {"I": Const("i"), "E": Const("e")}
_CONSTANTS = frozenset(("C", "c", "K", "A", "B", "C_1", "c_1", "C_2", "c_2", "C_3", "c_3", "const"))
_MOST_CONSTANTS = 3
_HUNDRED = Num(Fraction(100))
_NOON = 12
_NO_MINUTES = (Num(Fraction(0)), Num(Fraction(0)))


def is_value(node: Node) -> bool:
    """True for what stands for one value: an expression, a quantity, a ratio."""
    return isinstance(node, _VALUES)


def same_text(found: Node, ground_truth: Node) -> Outcome:
    """Equality of words."""
    equal = isinstance(found, Text) and isinstance(ground_truth, Text) and found.words == ground_truth.words != ""
    return Outcome(equal, "text")


def same_value(found: Node, ground_truth: Node, terms: Terms) -> Outcome:
    """Equality of two values under the policy for units, percent, rounding and names."""
    if found == ground_truth:
        return Outcome(equal=True, stage="structure")
    if not (is_value(found) and is_value(ground_truth)):
        return same_text(found, ground_truth)
    if _is_clock(found) or _is_clock(ground_truth) or _in_half_days(found, ground_truth):
        return _same_time(found, ground_truth, terms)
    (found, unit), (ground_truth, wanted) = split_unit(found), split_unit(ground_truth)
    if unit.startswith("base ") and not wanted:
        # The question may tell the base, the answer may not choose one.
        return DIFFERENT
    if isinstance(found, Ratio) or isinstance(ground_truth, Ratio):
        return DIFFERENT if unit and wanted and unit != wanted else _same_ratio(found, ground_truth, terms)
    if _is_count(unit) != _is_count(wanted):
        # `3 million` beside 3000000, and beside 3 where the question asks for millions; a dozen always counts.
        outcome = same_value(_counted(found, unit), _counted(ground_truth, wanted), terms)
        if outcome or _is_score(unit) or _is_score(wanted):
            return outcome
    if unit and not wanted:
        ground_truth, wanted = split_letters(ground_truth)
    elif not unit and (wanted or isinstance(ground_truth, Num)):
        bare, letters = split_letters(found)
        if wanted or "^" in letters:
            found, unit = bare, letters
    if unit and wanted:
        scale = same_unit(unit, wanted)
        if scale is None:
            return DIFFERENT
        return _close(found if scale == 1 else Mul((Num(scale), found)), ground_truth, terms)
    if unit != wanted and terms.policy.units == "required":
        return DIFFERENT
    pairs = _readings(found, ground_truth, terms)
    return first_equal(*(partial(_close, one, other, terms) for one, other in pairs))


def _is_count(unit: str) -> bool:
    return count_word(unit) is not None


def _is_score(unit: str) -> bool:
    word = unit.partition(" ")[0]
    return word in SCORES or singular(word) in SCORES


def _counted(value: Node, unit: str) -> Node:
    """`3 million dollars` as 3000000 dollars."""
    count = count_word(unit)
    if count is None:
        return Quantity(value, unit) if unit else value
    number = Mul((Num(Fraction(count[0])), value))
    return Quantity(number, count[1]) if count[1] else number


def _readings(found: Node, ground_truth: Node, terms: Terms) -> list[tuple[Node, Node]]:
    """The pairs of values to compare: percent signs and degree signs may be read in two ways."""
    pairs = [(found, ground_truth)]
    percents = [isinstance(node, Call) and node.name == "percent" for node in (found, ground_truth)]
    if percents[0] != percents[1] and terms.policy.percent != "strict":
        marked = found if percents[0] else ground_truth
        assert isinstance(marked, Call)
        pairs.append((marked.args[0], ground_truth) if percents[0] else (found, marked.args[0]))
    if terms.policy.percent == "any" and exact(found) is not None:
        pairs += [(Mul((found, _HUNDRED)), ground_truth), (Mul((found, Pow(_HUNDRED, MINUS_ONE))), ground_truth)]
    bare, wanted = without_degrees(found), without_degrees(ground_truth)
    if (bare == found) != (wanted == ground_truth):
        pairs.append((bare, wanted))
    return pairs


def _close(found: Node, ground_truth: Node, terms: Terms) -> Outcome:
    """Equality of two expressions, or nearness as the policy on rounding and tolerance allows."""
    one, other = exact(found), exact(ground_truth)
    stage = "exact"
    if one is None or other is None:
        stage = "numeric"
        try:
            if _same_function(found, ground_truth, terms):
                return Outcome(equal=True, stage=stage)
        except UndefinedError:
            return Outcome(equal=False, stage=stage)
    elif one == other:
        return Outcome(equal=True, stage=stage)
    if names(found) or names(ground_truth):
        return Outcome(equal=False, stage=stage)
    policy = terms.policy
    longer = policy.rounding == "digits"
    if policy.rounding != "off" and rounds_to(found, ground_truth, terms.budget, decimals_too=longer):
        return Outcome(equal=True, stage="rounding")
    if policy.tolerance and within(found, ground_truth, policy.tolerance, terms.budget):
        return Outcome(equal=True, stage="tolerance")
    return Outcome(equal=False, stage=stage)


def _same_function(found: Node, ground_truth: Node, terms: Terms) -> bool:
    """True for two expressions that agree, as they are or after one of the renamings that are allowed."""
    if equal_values(found, ground_truth, terms.budget):
        return True
    if terms.policy.names == "free" and _fits_renamed(found, ground_truth, terms):
        return True
    if _fits_constant(found, ground_truth, terms):
        return True
    for change in (_spelled, without_marks):
        mine, theirs = change(found), change(ground_truth)
        if (mine, theirs) != (found, ground_truth) and names(mine) == names(theirs):
            return equal_values(mine, theirs, terms.budget)
    return False


def _spelled(node: Node) -> Node:
    """The names `I` and `E` of sympy as the constants that they are."""
    return rebuild(node, {Sym(name): value for name, value in _SYMPY.items()})


def _fits_constant(found: Node, ground_truth: Node, terms: Terms) -> bool:
    """True if they differ only in the names of the constants of integration."""
    mine, theirs = names(found) & _CONSTANTS, names(ground_truth) & _CONSTANTS
    if not isinstance(ground_truth, Add) or mine == theirs or not len(mine) == len(theirs) <= _MOST_CONSTANTS:
        return False
    if names(found) - mine != names(ground_truth) - theirs:
        return False
    return _fits(found, ground_truth, (sorted(mine), sorted(theirs)), terms)


def _fits_renamed(found: Node, ground_truth: Node, terms: Terms) -> bool:
    mine, theirs = sorted(names(found)), sorted(names(ground_truth))
    if len(mine) != len(theirs) or len(mine) > _MOST_NAMES_TO_FIT:
        return False
    return _fits(found, ground_truth, (mine, theirs), terms)


def _fits(found: Node, ground_truth: Node, renamed: tuple[list[str], list[str]], terms: Terms) -> bool:
    """True if the names of one, in some order, may be those of the other."""
    mine, theirs = renamed
    for order in permutations(theirs):
        version = rebuild(found, {Sym(a): Sym(b) for a, b in zip(mine, order, strict=True)})
        try:
            if equal_values(version, ground_truth, terms.budget):
                return True
        except UndefinedError:
            continue
    return False


def _is_clock(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "clock"


def _in_half_days(found: Node, ground_truth: Node) -> bool:
    """True for two times of day of which one says `am` or `pm`."""
    if not (_half_day(found) or _half_day(ground_truth)):
        return False
    return _parts_of_time(found) is not None and _parts_of_time(ground_truth) is not None


def _half_day(node: Node) -> str:
    """`am` or `pm`; empty where a time says neither."""
    if not isinstance(node, Quantity):
        return ""
    unit = node.unit.casefold().replace(".", "").replace(" ", "")
    return unit if unit in ("am", "pm") else ""


def _same_time(found: Node, ground_truth: Node, terms: Terms) -> Outcome:
    """`9:15` and `9:15:00` are one time of day, and so are `4:05 PM` and `16:05`."""
    one, other = (_parts_of_time(node) for node in (found, ground_truth))
    if one is None or other is None:
        return DIFFERENT
    half, wanted = _half_day(found), _half_day(ground_truth)
    if half and wanted and half != wanted:
        return DIFFERENT

    def at(a: tuple[Node, ...], b: tuple[Node, ...]) -> Outcome:
        return every(_close(x, y, terms) for x, y in zip(a, b, strict=True))

    if bool(half) == bool(wanted):
        return at(one, other)
    return first_equal(lambda: at(one, other), lambda: at(_of_24_hours(one, half), _of_24_hours(other, wanted)))


def _of_24_hours(parts: tuple[Node, ...], half: str) -> tuple[Node, ...]:
    """The parts of a time with its hour counted from midnight."""
    hour = exact(parts[0]) if half else None
    if hour is None or not 1 <= hour <= _NOON:
        return parts
    return (Num(hour % _NOON + (_NOON if half == "pm" else 0)), *parts[1:])


def _parts_of_time(node: Node) -> tuple[Node, ...] | None:
    """Hours, minutes and seconds; None for what is no time of day."""
    value = node.value if isinstance(node, Quantity) else node
    if isinstance(value, Ratio):
        parts = value.items
    elif isinstance(value, Call) and value.name == "clock":
        parts = value.args
    elif isinstance(value, Num) and _half_day(node):
        parts = (value,)
    else:
        return None
    return (*parts, *_NO_MINUTES)[:3]


def _same_ratio(found: Node, ground_truth: Node, terms: Terms) -> Outcome:
    one = found.items if isinstance(found, Ratio) else None
    other = ground_truth.items if isinstance(ground_truth, Ratio) else None
    if one is None or other is None:
        items = one or other
        assert items is not None
        if len(items) != 2:
            return DIFFERENT
        quotient = Mul((items[0], Pow(items[1], MINUS_ONE)))
        return _close(quotient, ground_truth, terms) if one else _close(found, quotient, terms)
    if len(one) != len(other):
        return DIFFERENT
    pairs = zip(one[1:], other[1:], strict=True)
    return every(_close(Mul((a, other[0])), Mul((b, one[0])), terms) for a, b in pairs)

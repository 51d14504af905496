"""Units, percent, rounding and tolerance: what may stand around a number, and how near is near enough."""

from fractions import Fraction

from rewardkit_math.numeric.evaluation import Budget
from rewardkit_math.numeric.exact import exact
from rewardkit_math.numeric.numeric_equality import real_value
from rewardkit_math.tree import MINUS_ONE, Add, Call, Const, Mul, Node, Num, Pow, Quantity, Sym
from rewardkit_math.units import scale_of, unit_name

_SIGNIFICANT = 3
_PROGRAM_DIGITS = 10


def split_unit(node: Node) -> tuple[Node, str]:
    """The value and its unit, `""` where it has none."""
    if isinstance(node, Quantity):
        return node.value, unit_name(node.unit)
    if isinstance(node, Call) and node.name == "base":
        index = node.args[1]
        assert isinstance(index, Num)
        return node.args[0], f"base {index.value}"
    return node, ""


def split_letter(node: Node) -> tuple[Node, str]:
    """`5 m` or `5 m^2` beside a quantity or a bare number: the one-letter name after the number is a unit."""
    match node:
        case Mul((Num() as value, Sym(name))) if scale_of(name):
            return value, name
        case Mul((Num() as value, Pow(Sym("m"), Num(power)))) if power in (2, 3):
            return value, f"m^{power}"
        case _:
            return node, ""


def compound(items: tuple[Node, ...]) -> Node | None:
    """`3 hours 20 minutes` as minutes; None for what is no number of ever smaller units of one kind."""
    terms: list[Node] = []
    before: tuple[str, Fraction] | None = None
    last = unit_name(items[-1].unit) if isinstance(items[-1], Quantity) else ""
    smallest = scale_of(last)
    for item in items:
        kind = scale_of(unit_name(item.unit)) if isinstance(item, Quantity) else None
        if kind is None or smallest is None or (before and (kind[0] != before[0] or kind[1] >= before[1])):
            return None
        assert isinstance(item, Quantity)
        terms.append(Mul((Num(kind[1] / smallest[1]), item.value)))
        before = kind
    return Quantity(Add(tuple(terms)), last) if len(terms) > 1 else None


def _decimal(node: Node) -> Num | None:
    """The decimal that is printed, through a percent sign or a degree sign; None for anything else."""
    if isinstance(node, Call) and node.name in ("percent", "deg"):
        node = node.args[0]
    if isinstance(node, Mul) and len(node.args) == 2 and node.args[0] == MINUS_ONE:
        node = node.args[1]
    return node if isinstance(node, Num) and node.places is not None else None


def _significant(number: Num) -> int:
    """Significant digits printed."""
    assert number.places is not None
    return len(str(abs(int(number.value * Fraction(10) ** number.places))))


def rounds_to(found: Node, ground_truth: Node, budget: Budget, *, decimals_too: bool) -> bool:
    """True if one value, rounded at the digits that the other prints, is the other.

    The ground truth is a decimal with three significant digits or more, and the found value a fraction, a root or the
    like; with `decimals_too` also a decimal with more digits. A found decimal of ten significant digits or more is a
    number that a program printed: it may stand for the ground truth's exact value.
    """
    printed, shown = _decimal(ground_truth), _decimal(found)
    if printed is not None and _significant(printed) >= _SIGNIFICANT:
        assert printed.places is not None
        plain_integer = isinstance(found, Num) and shown is None and printed.places >= 0
        longer = shown is not None and shown.places is not None and shown.places > printed.places
        if (shown is None and not plain_integer) or (longer and decimals_too):
            return _rounds(found, ground_truth, printed, budget)
        return False
    if printed is None and shown is not None and _significant(shown) >= _PROGRAM_DIGITS:
        return _rounds(ground_truth, found, shown, budget)
    return False


def _rounds(value: Node, decimal: Node, printed: Num, budget: Budget) -> bool:
    """True if a value, in the unit of the decimal (percent, degrees), rounds to it."""
    assert printed.places is not None
    if isinstance(decimal, Call):
        scale = (
            Num(Fraction(100)) if decimal.name == "percent" else Mul((Num(Fraction(180)), Pow(Const("pi"), MINUS_ONE)))
        )
        value = Mul((value, scale))
    exactly = real_value(value, budget)
    if exactly is None:
        return False
    sign = -1 if isinstance(decimal, Mul) else 1
    return _rounded(exactly, printed.places) == sign * printed.value


def _rounded(value: Fraction, places: int) -> Fraction:
    scaled = value * Fraction(10) ** places
    whole = int(abs(scaled) + Fraction(1, 2))
    return Fraction(whole if scaled >= 0 else -whole) / Fraction(10) ** places


def within(found: Node, ground_truth: Node, tolerance: float, budget: Budget) -> bool:
    """True if two numbers differ by at most the tolerance times the ground truth; two integers never do."""
    whole = (exact(found), exact(ground_truth))
    if all(value is not None and value.denominator == 1 for value in whole):
        return False
    one, other = real_value(found, budget), real_value(ground_truth, budget)
    return one is not None and other is not None and bool(abs(one - other) <= abs(other) * tolerance)

"""Units, percent, rounding and tolerance: what may stand around a number, and how near is near enough."""

from fractions import Fraction

from rewardkit_math.numeric.evaluation_state import Budget
from rewardkit_math.numeric.exact import exact
from rewardkit_math.numeric.numeric_equality import real_value
from rewardkit_math.tree import MINUS_ONE, Add, Call, Const, Mul, Node, Num, Pow, Quantity, Sym
from rewardkit_math.units import Measure, find_unit, is_unit, measure

_SIGNIFICANT = 3
_PROGRAM_DIGITS = 10
_DOUBLE_DIGITS = 15
_DOUBLE_ERROR = Fraction(1, 2**51)


def split_unit(node: Node) -> tuple[Node, str]:
    """The value and its unit, `""` where it has none."""
    if isinstance(node, Quantity):
        return node.value, node.unit
    if isinstance(node, Call) and node.name == "base":
        index = node.args[1]
        assert isinstance(index, Num)
        return node.args[0], f"base {index.value}"
    return node, ""


def split_letters(node: Node) -> tuple[Node, str]:
    """`5m`, `5m^2`, `3kg` beside a quantity or a bare number: the letters behind the number as a unit."""
    if not isinstance(node, Mul):
        return node, ""
    count = next((at for at, arg in enumerate(node.args) if not isinstance(arg, Num | Call)), len(node.args))
    letters = [_unit_letter(arg) for arg in node.args[count:]]
    if not count or not letters or None in letters:
        return node, ""
    value = node.args[0] if count == 1 else Mul(node.args[:count])
    plain = [letter.partition("^") for letter in letters if letter]
    joined = "".join(stem for stem, _, _ in plain) + "".join(plain[-1][1:])
    if all(not caret for _, caret, _ in plain[:-1]) and find_unit(joined.partition("^")[0]):
        return value, joined
    spaced = " ".join(letter for letter in letters if letter)
    return (value, spaced) if is_unit(spaced) else (node, "")


def _unit_letter(node: Node) -> str | None:
    """A name of one letter, with its power, as the text of a unit; None for anything else."""
    match node:
        case Sym("Omega"):
            return "Ω"
        case Sym("mu"):
            return "μ"
        case Sym(name) if len(name) == 1:
            return name
        case Pow(Sym(name), Num(power)) if len(name) == 1 and power.denominator == 1 and abs(power) < 5:
            return f"{name}^{power}"
        case _:
            return None


def compound(items: tuple[Node, ...]) -> Node | None:
    """`3 hours 20 minutes` as minutes; None if the units are not of one kind, each smaller than the one before."""
    terms: list[Node] = []
    before: Measure | None = None
    last = items[-1].unit if isinstance(items[-1], Quantity) else ""
    smallest = measure(last) if is_unit(last) else None
    for item in items:
        kind = measure(item.unit) if isinstance(item, Quantity) and is_unit(item.unit) else None
        if kind is None or smallest is None or (before and (kind[1] != before[1] or kind[0] >= before[0])):
            return None
        assert isinstance(item, Quantity)
        terms.append(Mul((Num(kind.size / smallest.size), item.value)))
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
        return _rounds(ground_truth, found, shown, budget) or _is_double(ground_truth, found, shown, budget)
    return False


def _is_double(value: Node, decimal: Node, printed: Num, budget: Budget) -> bool:
    """True if a decimal is a double printed in full, which stands for the value up to its last two bits."""
    if _significant(printed) < _DOUBLE_DIGITS or isinstance(decimal, Call):
        return False
    exactly, shown = real_value(value, budget), exact(decimal)
    return exactly is not None and shown is not None and abs(exactly - shown) <= abs(exactly) * _DOUBLE_ERROR


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

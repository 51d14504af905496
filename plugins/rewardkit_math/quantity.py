"""Units, percent, rounding and tolerance: what may stand around a number, and how near is near enough."""

from fractions import Fraction

from rewardkit_math.evaluate import Budget, context
from rewardkit_math.exact import exact
from rewardkit_math.probes import real_value
from rewardkit_math.tree import MINUS_ONE, Add, Call, Const, Mul, Node, Num, Pow, Quantity, Sym

_SCALES = {
    "length": {"m": "1", "km": "1000", "dm": "0.1", "cm": "0.01", "mm": "0.001", "in": "0.0254", "ft": "0.3048",
               "yd": "0.9144", "mi": "1609.344"},
    "mass": {"g": "1", "kg": "1000", "mg": "0.001", "t": "1000000", "lb": "453.59237", "oz": "28.349523125"},
    "time": {"s": "1", "min": "60", "h": "3600", "day": "86400", "week": "604800"},
    "volume": {"l": "1", "ml": "0.001", "cl": "0.01", "dl": "0.1"},
    "angle": {"rad": "1"},
    "money": {"dollar": "1", "cent": "0.01"},
    "euro": {"euro": "1"}, "pound": {"pounds": "1"}, "yen": {"yen": "1"},
}  # fmt: skip
_NAMES = {
    **dict.fromkeys(("meter", "metre"), "m"), **dict.fromkeys(("kilometer", "kilometre"), "km"),
    **dict.fromkeys(("centimeter", "centimetre"), "cm"), **dict.fromkeys(("millimeter", "millimetre"), "mm"),
    "inch": "in", "inche": "in", "foot": "ft", "feet": "ft", "yard": "yd", "mile": "mi", "gram": "g", "kilogram": "kg",
    "ton": "t", "tonne": "t", "ounce": "oz", "lbs": "lb", "sec": "s", "second": "s", "minute": "min", "mins": "min",
    "hr": "h", "hour": "h", "hrs": "h", "liter": "l", "litre": "l", "milliliter": "ml", "millilitre": "ml",
    "L": "l", "mL": "ml",
    "radian": "rad", "usd": "dollar", "$": "dollar", "eur": "euro", "€": "euro", "£": "pounds", "¥": "yen",
    "square units": "unit^2", "sq units": "unit^2", "cubic units": "unit^3",
}  # fmt: skip
_TABLE = {unit: (kind, Fraction(scale)) for kind, units in _SCALES.items() for unit, scale in units.items()}
_RATES = {"mph": "mi/h", "kph": "km/h", "kmph": "km/h", "kmh": "km/h", "mps": "m/s"}
_MONEY = frozenset(("money", "euro", "pound", "yen"))
_COUNTS = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
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
        case Mul((Num() as value, Sym(name))) if name in _TABLE:
            return value, name
        case Mul((Num() as value, Pow(Sym("m"), Num(power)))) if power in (2, 3):
            return value, f"m^{power}"
        case _:
            return node, ""


def count_word(unit: str) -> tuple[int, str] | None:
    """The number in a unit such as `million dollars`, and the unit that is left; None where there is none."""
    word, _, rest = unit.partition(" ")
    return (_COUNTS[word], rest) if word in _COUNTS else None


def unit_name(words: str) -> str:
    """One name for a unit: singular, short, powers as `^2`."""
    words = " ".join(words.replace("\\", " ").split()).strip(" .")
    words = _RATES.get(words, words).replace(" per ", "/").replace(" an hour", "/h")
    if "/" in words:
        return "/".join(unit_name(part) for part in words.split("/"))
    power = ""
    for prefix, exponent in (("square ", "^2"), ("sq ", "^2"), ("sq. ", "^2"), ("cubic ", "^3")):
        if words.startswith(prefix):
            words, power = words.removeprefix(prefix), exponent
    stem, caret, exponent = words.partition("^")
    if caret:
        power = "^" + exponent.strip(" {}")
    stem = stem.strip()
    if stem not in _TABLE:
        singular = stem.removesuffix("s") if len(stem) > 2 else stem
        stem = _NAMES.get(stem) or _NAMES.get(singular) or singular
    return stem + power


def is_measure(unit: str) -> bool:
    """Whether a unit is one of a measure that is known here, such as hours or inches."""
    return unit_name(unit) in _TABLE


def compound(items: tuple[Node, ...]) -> Node | None:
    """`3 hours 20 minutes` as minutes; None for what is no number of ever smaller units of one kind."""
    terms: list[Node] = []
    before: tuple[str, Fraction] | None = None
    last = unit_name(items[-1].unit) if isinstance(items[-1], Quantity) else ""
    for item in items:
        kind = _TABLE.get(unit_name(item.unit)) if isinstance(item, Quantity) else None
        if kind is None or last not in _TABLE or (before and (kind[0] != before[0] or kind[1] >= before[1])):
            return None
        assert isinstance(item, Quantity)
        terms.append(Mul((Num(kind[1] / _TABLE[last][1]), item.value)))
        before = kind
    return Quantity(Add(tuple(terms)), last) if len(terms) > 1 else None


def same_unit(one: str, other: str) -> Fraction | None:
    """What the first unit is in the second, 1 for the same; None where they measure different things."""
    if one == other:
        return Fraction(1)
    if one.startswith("base ") or other.startswith("base "):
        return None
    if "/" in one or "/" in other:
        (over, _, under), (other_over, _, other_under) = one.partition("/"), other.partition("/")
        if not under or not other_under:
            # `$15` and `$15 per hour` are one price.
            return same_unit(over, other_over) if _TABLE.get(over, ("",))[0] in _MONEY else None
        scale, divisor = same_unit(over, other_over), same_unit(under, other_under)
        return None if scale is None or divisor is None else scale / divisor
    stem, _, power = one.partition("^")
    other_stem, _, other_power = other.partition("^")
    if power != other_power or stem not in _TABLE or other_stem not in _TABLE:
        # Words of no known unit: `5 apples` and `5 red apples` are one count of apples.
        if (
            stem not in _TABLE
            and other_stem not in _TABLE
            and (set(one.split()) <= set(other.split()) or set(other.split()) <= set(one.split()))
        ):
            return Fraction(1)
        return None
    (kind, scale), (other_kind, other_scale) = _TABLE[stem], _TABLE[other_stem]
    return (
        (scale / other_scale) ** int(power or 1)
        if kind == other_kind and (power or "1").isdigit() and int(power or 1) < 4
        else None
    )


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


def rounds_to(found: Node, gold: Node, budget: Budget, *, decimals_too: bool) -> bool:
    """Whether one value, rounded at the digits that the other prints, is the other.

    The gold is a decimal with three significant digits or more, and the found value a fraction, a root or the like;
    with `decimals_too` also a decimal with more digits. A found decimal of ten significant digits or more is a
    number that a program printed: it may stand for the gold's exact value.
    """
    printed, shown = _decimal(gold), _decimal(found)
    if printed is not None and _significant(printed) >= _SIGNIFICANT:
        assert printed.places is not None
        plain_integer = isinstance(found, Num) and shown is None and printed.places >= 0
        longer = shown is not None and shown.places is not None and shown.places > printed.places
        if (shown is None and not plain_integer) or (longer and decimals_too):
            return _rounds(found, gold, printed, budget)
        return False
    if printed is None and shown is not None and _significant(shown) >= _PROGRAM_DIGITS:
        return _rounds(gold, found, shown, budget)
    return False


def _rounds(value: Node, decimal: Node, printed: Num, budget: Budget) -> bool:
    """Whether a value, in the unit of the decimal (percent, degrees), rounds to it."""
    assert printed.places is not None
    if isinstance(decimal, Call):
        scale = (
            Num(Fraction(100)) if decimal.name == "percent" else Mul((Num(Fraction(180)), Pow(Const("pi"), MINUS_ONE)))
        )
        value = Mul((value, scale))
    exactly = exact(value)
    if exactly is None:
        real = real_value(value, budget)
        if real is None or context().mag(real) > 200:
            return False
        exactly = Fraction(context().nstr(real, 35))
    sign = -1 if isinstance(decimal, Mul) else 1
    return _rounded(exactly, printed.places) == sign * printed.value


def _rounded(value: Fraction, places: int) -> Fraction:
    scaled = value * Fraction(10) ** places
    whole = int(abs(scaled) + Fraction(1, 2))
    return Fraction(whole if scaled >= 0 else -whole) / Fraction(10) ** places


def within(found: Node, gold: Node, tolerance: float, budget: Budget) -> bool:
    """Whether two numbers differ by at most the tolerance times the gold. Two whole numbers are counts, never near."""
    whole = (exact(found), exact(gold))
    if all(value is not None and value.denominator == 1 for value in whole):
        return False
    one, other = real_value(found, budget), real_value(gold, budget)
    return one is not None and other is not None and bool(abs(one - other) <= abs(other) * tolerance)

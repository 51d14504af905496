"""Units of measure: their names, their sizes, and what one is in another."""

from fractions import Fraction

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
    """True if a unit is one of a measure that is known here, such as hours or inches."""
    return unit_name(unit) in _TABLE


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


def scale_of(unit: str) -> tuple[str, Fraction] | None:
    """What a unit measures, and its size in the base unit of that; None where it is not known."""
    return _TABLE.get(unit)

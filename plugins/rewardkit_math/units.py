"""Units of measure: their names, what they measure, and what one is in another.

A unit is read from words such as `km/h`, `kg m s^-2`, `square feet`, `meters per second squared`. A noun that is no
unit (`apples`) measures itself.
"""

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple


class Unit(NamedTuple):
    """A unit by its symbols and names."""

    symbols: str
    """Short forms, as they are written."""
    names: str
    """Long forms in the singular, `_` for a space."""
    size: str
    """Its size in base units: `1000`, `1609.344`, `1/60`."""
    measures: str
    """Base dimensions with powers: `length time^-1`."""
    prefixes: bool = False
    """SI prefixes go with it: `km`, `kilometer`."""


UNIT_TABLE = (
    Unit("m", "meter metre", "1", "length", prefixes=True),
    Unit("in inch inches", "inch", "0.0254", "length"),
    Unit("ft", "foot feet", "0.3048", "length"),
    Unit("yd yds", "yard", "0.9144", "length"),
    Unit("mi", "mile", "1609.344", "length"),
    Unit("nmi", "nautical_mile", "1852", "length"),
    Unit("Å", "angstrom ångström", "1e-10", "length"),
    Unit("ly", "light_year light-year lightyear", "9460730472580800", "length"),
    Unit("au AU", "astronomical_unit", "149597870700", "length"),
    Unit("", "micron", "1e-6", "length"),
    Unit("g", "gram gramme", "0.001", "mass", prefixes=True),
    Unit("t", "tonne metric_ton ton", "1000", "mass"),
    Unit("lb lbs", "pound", "0.45359237", "mass"),
    Unit("oz", "ounce", "0.028349523125", "mass"),
    Unit("s sec secs", "second", "1", "time", prefixes=True),
    Unit("min mins", "minute", "60", "time"),
    Unit("h hr hrs", "hour", "3600", "time"),
    Unit("", "day", "86400", "time"),
    Unit("wk", "week", "604800", "time"),
    Unit("", "month", "1", "month"),
    Unit("yr yrs", "year", "1", "year"),
    Unit("A", "ampere amp", "1", "current", prefixes=True),
    Unit("K", "kelvin", "1", "temperature", prefixes=True),
    Unit("°C", "degree_celsius degrees_celsius celsius", "1", "celsius"),
    Unit("°F", "degree_fahrenheit degrees_fahrenheit fahrenheit", "1", "fahrenheit"),
    Unit("mol", "mole", "1", "amount", prefixes=True),
    Unit("cd", "candela", "1", "luminosity", prefixes=True),
    Unit("rad", "radian", "1", "angle", prefixes=True),
    Unit("sr", "steradian", "1", "angle^2"),
    Unit("rev", "revolution", "1", "revolution"),
    Unit("rpm", "", "1/60", "revolution time^-1"),
    Unit("Hz", "hertz", "1", "time^-1", prefixes=True),
    Unit("N", "newton", "1", "mass length time^-2", prefixes=True),
    Unit("lbf", "", "4.4482216152605", "mass length time^-2"),
    Unit("dyn", "dyne", "1e-5", "mass length time^-2"),
    Unit("Pa", "pascal", "1", "mass length^-1 time^-2", prefixes=True),
    Unit("bar", "bar", "100000", "mass length^-1 time^-2", prefixes=True),
    Unit("atm", "atmosphere", "101325", "mass length^-1 time^-2"),
    Unit("psi", "", "6894.757293168", "mass length^-1 time^-2"),
    Unit("mmHg torr", "torr", "133.322387415", "mass length^-1 time^-2"),
    Unit("J", "joule", "1", "mass length^2 time^-2", prefixes=True),
    Unit("cal", "calorie", "4.184", "mass length^2 time^-2", prefixes=True),
    Unit("Cal", "", "4184", "mass length^2 time^-2"),
    Unit("eV", "electronvolt electron_volt", "1.602176634e-19", "mass length^2 time^-2", prefixes=True),
    Unit("erg", "erg", "1e-7", "mass length^2 time^-2"),
    Unit("Wh", "watt_hour watt-hour", "3600", "mass length^2 time^-2", prefixes=True),
    Unit("W", "watt", "1", "mass length^2 time^-3", prefixes=True),
    Unit("hp", "horsepower", "745.69987158227022", "mass length^2 time^-3"),
    Unit("C", "coulomb", "1", "current time", prefixes=True),
    Unit("V", "volt", "1", "mass length^2 time^-3 current^-1", prefixes=True),
    Unit("F", "farad", "1", "mass^-1 length^-2 time^4 current^2", prefixes=True),
    Unit("Ω Ohm", "ohm", "1", "mass length^2 time^-3 current^-2", prefixes=True),
    Unit("S", "siemens", "1", "mass^-1 length^-2 time^3 current^2", prefixes=True),
    Unit("Wb", "weber", "1", "mass length^2 time^-2 current^-1", prefixes=True),
    Unit("T", "tesla", "1", "mass time^-2 current^-1", prefixes=True),
    Unit("H", "henry henries", "1", "mass length^2 time^-2 current^-2", prefixes=True),
    Unit("lm", "lumen", "1", "luminosity angle^2", prefixes=True),
    Unit("lx", "lux", "1", "luminosity angle^2 length^-2", prefixes=True),
    Unit("Bq", "becquerel", "1", "decay time^-1", prefixes=True),
    Unit("Gy", "gray", "1", "dose", prefixes=True),
    Unit("Sv", "sievert", "1", "dose_equivalent", prefixes=True),
    Unit("dB", "decibel", "1", "decibel"),
    Unit("L l", "liter litre", "0.001", "length^3", prefixes=True),
    Unit("cc", "", "1e-6", "length^3"),
    Unit("gal", "gallon", "0.003785411784", "length^3"),
    Unit("qt", "quart", "0.000946352946", "length^3"),
    Unit("pt", "pint", "0.000473176473", "length^3"),
    Unit("", "cup", "0.0002365882365", "length^3"),
    Unit("fl_oz", "fluid_ounce", "0.0000295735295625", "length^3"),
    Unit("tbsp", "tablespoon", "0.00001478676478125", "length^3"),
    Unit("tsp", "teaspoon", "0.00000492892159375", "length^3"),
    Unit("ha", "hectare", "10000", "length^2"),
    Unit("", "acre", "4046.8564224", "length^2"),
    Unit("mph", "", "0.44704", "length time^-1"),
    Unit("kph kmh kmph", "", "5/18", "length time^-1"),
    Unit("mps", "", "1", "length time^-1"),
    Unit("kn", "knot", "1852/3600", "length time^-1"),
    Unit("b", "bit", "1", "information", prefixes=True),
    Unit("B", "byte", "8", "information", prefixes=True),
    Unit("$ USD usd US$", "dollar", "1", "dollar"),
    Unit("¢", "cent", "0.01", "dollar"),
    Unit("€ EUR eur", "euro", "1", "euro"),
    Unit("£ GBP", "", "1", "pound_sterling"),
    Unit("p", "penny pence", "0.01", "pound_sterling"),
    Unit("¥ yen", "yen", "1", "yen"),
    Unit("₹ Rs", "rupee", "1", "rupee"),
)
"""Units, one a line. A month and a year have no fixed number of days."""

PREFIX_TABLE = (
    ("Q", "quetta", 30), ("R", "ronna", 27), ("Y", "yotta", 24), ("Z", "zetta", 21), ("E", "exa", 18),
    ("P", "peta", 15), ("T", "tera", 12), ("G", "giga", 9), ("M", "mega", 6), ("k", "kilo", 3), ("h", "hecto", 2),
    ("da", "deca", 1), ("da", "deka", 1), ("d", "deci", -1), ("c", "centi", -2), ("m", "milli", -3), ("µ", "micro", -6),
    ("μ", "micro", -6), ("u", "micro", -6), ("n", "nano", -9), ("p", "pico", -12), ("f", "femto", -15),
    ("a", "atto", -18), ("z", "zepto", -21), ("y", "yocto", -24),
)  # fmt: skip
"""SI prefixes: symbol, name, power of ten."""

COUNT_WORDS = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
"""Words that a question may already hold: `3 million` is 3000000, and 3 where the question asks for millions."""
SCORES = {"dozen": 12, "score": 20, "gross": 144, "pair": 2}
"""Words that always count."""
_POUNDS = frozenset(("£", "GBP", "pound", "pounds"))
"""Pounds are of money beside its sign, and else of mass."""
_MONEY = frozenset(("dollar", "euro", "pound_sterling", "yen", "rupee"))
_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_AFTER = {"squared": 2, "cubed": 3}
_PART = re.compile(r"\^\s*\{?\s*([+-]?\d{1,2})\s*\}?|(/|\bper\b|\ba(?:n)?\b(?=\s))|([*·]|\s+)|([^\s*·/^{}]+)")
_PLURALS = (("ies", "y"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("ses", "s"), ("s", ""))

Dimensions = tuple[tuple[str, int], ...]


class Measure(NamedTuple):
    """The quantity that a unit measures, and its size in base units."""

    size: Fraction
    dimensions: Dimensions


def _dimensions(text: str) -> dict[str, int]:
    found = {}
    for part in text.split():
        name, _, power = part.partition("^")
        found[name] = int(power or 1)
    return found


_SYMBOLS = {symbol.replace("_", " "): unit for unit in UNIT_TABLE for symbol in unit.symbols.split()}
_NAMES = {name.replace("_", " ").casefold(): unit for unit in UNIT_TABLE for name in unit.names.split()}
_SPACED = tuple(name for name in (*_SYMBOLS, *_NAMES) if " " in name)


def singular(word: str) -> str:
    """A noun without its plural ending."""
    for ending, instead in _PLURALS:
        if len(word) > len(ending) + 2 and word.endswith(ending) and not word.endswith("ss"):
            return word.removesuffix(ending) + instead
    return word


@lru_cache(maxsize=1024)
def find_unit(word: str) -> tuple[Unit, int] | None:
    """A unit by one of its symbols or names, and the power of ten of its prefix; None where there is none."""
    low = word.casefold()
    found = _SYMBOLS.get(word) or _NAMES.get(low) or _NAMES.get(low.removesuffix("s")) or _NAMES.get(singular(low))
    if found is not None:
        return found, 0
    for symbol, name, power in PREFIX_TABLE:
        rest = _SYMBOLS.get(word.removeprefix(symbol)) if word.startswith(symbol) else None
        if rest is not None and rest.prefixes:
            return rest, power
        long = low.removeprefix(name)
        rest = (_NAMES.get(long) or _NAMES.get(long.removesuffix("s"))) if low.startswith(name) else None
        if rest is not None and rest.prefixes:
            return rest, power
    return None


@lru_cache(maxsize=1024)
def measure(text: str) -> Measure | None:
    """The quantity that the words of a unit measure; None where a word is neither a unit nor stands alone."""
    text = " ".join(text.replace("\\", " ").split()).strip(" .")
    for name in _SPACED:
        text = re.sub(rf"\b{re.escape(name)}(s?)\b", name.replace(" ", "_") + r"\1", text, flags=re.IGNORECASE)
    size, dimensions = Fraction(1), dict[str, int]()
    sign, power, last, nouns = 1, 1, dict[str, int](), 0
    last_size = Fraction(1)
    for found in _PART.finditer(text):
        exponent, slash, _, word = found.groups()
        if exponent or word in _AFTER:
            times = (int(exponent) if exponent else _AFTER[word]) - 1
            size *= last_size**times
            for name, count in last.items():
                dimensions[name] = dimensions.get(name, 0) + count * times
        elif slash:
            sign = -1
        elif word in _POWERS or (word or "").strip(".") in _POWERS:
            power = _POWERS[word.strip(".")]
        elif word:
            unit = find_unit(word.replace("_", " ").strip(".,"))
            if unit is None:
                nouns += 1
                if nouns > 1 or not word.replace("-", "").replace("'", "").isalpha():
                    return None
            own = _dimensions(unit[0].measures) if unit else {singular(word.casefold()): 1}
            last = {name: count * power * sign for name, count in own.items()}
            last_size = (Fraction(unit[0].size) * Fraction(10) ** unit[1] if unit else Fraction(1)) ** (power * sign)
            size *= last_size
            for name, count in last.items():
                dimensions[name] = dimensions.get(name, 0) + count
            sign = power = 1
    kept = tuple(sorted((name, count) for name, count in dimensions.items() if count))
    return Measure(size, kept) if kept or text else None


def is_unit(text: str) -> bool:
    """True for words that are units and nothing else."""
    words = [found[4] for found in _PART.finditer(text) if found[4]]
    return bool(words) and all(find_unit(word.strip(".,")) or word in _POWERS or word in _AFTER for word in words)


def count_word(unit: str) -> tuple[int, str] | None:
    """The number in a unit such as `million dollars`, and the unit that is left; None where there is none."""
    word, _, rest = unit.partition(" ")
    count = COUNT_WORDS.get(word) or SCORES.get(word) or SCORES.get(singular(word))
    return (count, rest.removeprefix("of ")) if count else None


def same_unit(one: str, other: str) -> Fraction | None:
    """The size of the first unit in the second; None where they measure different quantities."""
    if one == other:
        return Fraction(1)
    if one.startswith("base ") or other.startswith("base "):
        return None
    first, second = measure(one), measure(other)
    if {one, other} <= _POUNDS:
        return Fraction(1)
    if first is not None and second is not None:
        if first.dimensions == second.dimensions:
            return first.size / second.size
        return _price(first, second)
    # Words of no known unit: `5 apples` and `5 red apples` are one count of apples.
    words = [frozenset(singular(word) for word in text.casefold().split()) for text in (one, other)]
    if any(is_unit(text) for text in (one, other)):
        return None
    return Fraction(1) if words[0] <= words[1] or words[1] <= words[0] else None


def _price(one: Measure, other: Measure) -> Fraction | None:
    """`$15` and `$15 per hour` are one price."""
    money = [name for name, count in one.dimensions if name in _MONEY and count == 1]
    bare = min((one, other), key=lambda found: len(found.dimensions)).dimensions
    if len(money) == 1 and bare == ((money[0], 1),) and (money[0], 1) in other.dimensions:
        rest = [count for name, count in (*one.dimensions, *other.dimensions) if name != money[0]]
        return one.size / other.size if all(count < 0 for count in rest) and one.size == other.size else Fraction(1)
    return None

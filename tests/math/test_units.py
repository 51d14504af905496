"""Units by name: each entry of the table, prefixes, powers, and what never is the same."""

from fractions import Fraction

import pytest

from rewardkit_math.units import PREFIX_TABLE, UNIT_TABLE, count_word, find_unit, is_unit, measure, same_unit

NAMES = [(word, unit) for unit in UNIT_TABLE for word in f"{unit.symbols} {unit.names}".split()]


@pytest.mark.parametrize(("word", "unit"), NAMES)
def test_each_symbol_and_name_is_its_unit(word, unit):
    assert find_unit(word.replace("_", " ")) == (unit, 0)
    assert is_unit(word.replace("_", " ")) or "_" in word


@pytest.mark.parametrize("unit", [unit for unit in UNIT_TABLE if unit.prefixes], ids=lambda unit: unit.names)
@pytest.mark.parametrize(("symbol", "name", "power"), PREFIX_TABLE)
def test_each_prefix_goes_with_the_name_of_each_unit_that_takes_prefixes(unit, symbol, name, power):
    assert symbol
    long = unit.names.split()[0]
    found = measure(f"{name}{long}s")
    base = measure(long)
    assert found is not None
    assert base is not None
    assert found.size == base.size * Fraction(10) ** power
    assert found.dimensions == base.dimensions


SAME = [
    ("km/h", "m/s", "5/18"), ("kJ", "J", "1000"), ("m s^-1", "m/s", "1"), ("meters per second squared", "m/s^2", "1"),
    ("square feet", "ft^2", "1"), ("sq. ft", "square foot", "1"), ("kWh", "J", "3600000"), ("N m", "J", "1"),
    ("mph", "miles per hour", "1"), ("kΩ", "Ω", "1000"), ("μm", "m", "1/1000000"), ("$", "cents", "100"),
    ("hours", "minutes", "60"), ("degrees Celsius", "°C", "1"), ("mL", "cm^3", "1"), ("mA", "A", "1/1000"),
    ("kg m/s^2", "N", "1"), ("people/km^2", "people per square kilometer", "1"), ("books", "book", "1"),
    ("apples", "red apples", "1"), ("£", "pounds", "1"), ("$", "dollars per hour", "1"), ("nm", "m", "1/1000000000"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "scale"), SAME)
def test_one_unit_is_so_much_in_the_other(one, other, scale):
    assert same_unit(one, other) == Fraction(scale)
    assert same_unit(other, one) == (1 if {one, other} & {"£", "dollars per hour"} else 1 / Fraction(scale))


@pytest.mark.parametrize(
    ("one", "other"),
    [("kg", "km"), ("m", "m^2"), ("m", "s"), ("apples", "oranges"), ("J", "W"), ("°C", "K"), ("N", "Pa"), ("$", "€"),
     ("m/s", "m/s^2"), ("base 2", "base 3"), ("hours", "dollars"), ("mg", "Mg m"), ("month", "day")],
)  # fmt: skip
def test_two_units_that_measure_different_things_are_never_the_same(one, other):
    assert same_unit(one, other) is None


def test_words_that_count_are_no_units():
    assert count_word("million dollars") == (10**6, "dollars")
    assert count_word("dozen") == (12, "")
    assert count_word("dozens of eggs") == (12, "eggs")
    assert count_word("apples") is None


def test_pint_agrees_on_names_and_sizes():
    import pint

    registry = pint.UnitRegistry()
    for word in ("mile", "pound", "ounce", "gallon", "atm", "psi", "eV", "acre", "knot", "hour", "light_year", "torr"):
        found = measure(word.replace("_", " "))
        assert found is not None
        exact = registry.Quantity(1, word).to_base_units()
        scale = 1000 if "gram" in str(exact.units) and "kilogram" not in str(exact.units) else 1
        # Within 1e-5: pint's acre is that of the US survey.
        assert float(found.size) == pytest.approx(exact.magnitude / scale, rel=1e-5)

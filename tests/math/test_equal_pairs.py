"""Rewritings of one value are equal; the same value with one digit, sign, bound or unit changed is different."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit_math.ground_truth import read_ground_truth
from rewardkit_math.judge import judge
from rewardkit_math.numeric.evaluation_state import Budget
from rewardkit_math.params import MathParams

POLICY = MathParams()
integers = st.integers(-10_000_000, 10_000_000)
small = st.integers(1, 40)


def same(one: str, other: str) -> bool:
    return judge(one, read_ground_truth(other), POLICY).verdict == "equal"


def written(value: int) -> list[str]:
    """Ways to write an integer."""
    plain, grouped = str(value), f"{value:,}"
    ways = [
        plain,
        f"${plain}$",
        f"{plain}.0",
        f"{plain}.00",
        f"x = {plain}",
        f"{plain} \\text{{ apples}}",
        f"({plain})",
    ]
    if abs(value) >= 1000:
        ways += [grouped, grouped.replace(",", "{,}"), grouped.replace(",", "\\,"), grouped.replace(",", ",\\!")]
        ways += [grouped.replace(",", " ")]
    if value >= 0:
        ways += [f"+{plain}", f"00{plain}", f"\\${plain}"]
    return [*ways, f"\\frac{{{value * 3}}}{{3}}", f"{value * 2}/2", f"{value - 7} + 7", f"\\left({plain}\\right)"]


@given(integers, st.data())
def test_an_integer_in_any_two_writings_is_one_number(value, data):
    ways = written(value)
    assert same(data.draw(st.sampled_from(ways)), data.draw(st.sampled_from(ways[:4])))


@given(integers, integers, st.data())
def test_two_integers_are_different_in_any_writing(value, other, data):
    if value != other:
        assert not same(data.draw(st.sampled_from(written(value))), data.draw(st.sampled_from(written(other))))


@given(st.integers(0, 10**30), st.integers(0, 40))
def test_one_more_in_the_last_place_is_different_however_long_the_number(value, places):
    one, other = f"{value}.{value:0>{places or 1}}", f"{value}.{value + 1:0>{places or 1}}"
    assert same(one, one)
    assert not same(one, other)


@given(st.integers(-500, 500).filter(bool), st.integers(2, 500), st.data())
def test_a_fraction_in_any_two_writings_is_one_number(over, under, data):
    value = Fraction(over, under)
    ways = [
        f"\\frac{{{over}}}{{{under}}}", f"\\dfrac{{{over}}}{{{under}}}", f"{over}/{under}",
        f"\\tfrac{{{-over}}}{{{-under}}}",
        f"\\frac{{{value.numerator}}}{{{value.denominator}}}", f"{over} \\cdot {under}^{{-1}}", f"{over}:{under}",
        f"Rational({over}, {under})", f"{over} \\div {under}",
    ]  # fmt: skip
    one, other = data.draw(st.sampled_from(ways)), data.draw(st.sampled_from(ways))
    assert same(one, other)
    assert not same(one, f"\\frac{{{over + 1}}}{{{under}}}")
    assert not same(one, f"\\frac{{{over * 1000 + 1}}}{{{under * 1000}}}")
    assert not same(one, f"-({other})")


@given(small, small, small)
@settings(deadline=None)
def test_radicals_are_equal_to_their_simplified_form_only(outside, inside, add):
    one = f"{add} + {outside}\\sqrt{{{inside}}}"
    assert same(one, f"\\sqrt{{{outside**2 * inside}}} + {add}")
    assert same(f"{add}+{outside}*sqrt({inside})", one)
    assert not same(one, f"{add} - {outside}\\sqrt{{{inside}}}")
    assert not same(one, f"{add} + {outside}\\sqrt{{{inside + 1}}}")


@given(st.lists(st.integers(-30, 30), min_size=2, max_size=4, unique=True), st.integers(1, 9))
@settings(deadline=None)
def test_a_polynomial_is_equal_to_its_factors_only(roots, scale):
    coefficients = [scale]
    for root in roots:
        coefficients = [a - root * b for a, b in zip([*coefficients, 0], [0, *coefficients], strict=True)]
    expanded = " + ".join(f"({c})x^{{{len(roots) - i}}}" for i, c in enumerate(coefficients))
    factors = "".join(f"(x - ({root}))" for root in roots)
    assert same(f"{scale}{factors}", expanded)
    assert same(expanded.replace("^{", "**(").replace("}", ")").replace(")x", ")*x"), f"{scale}{factors}")
    assert not same(f"{scale}{factors}", f"{expanded} + 1")
    assert not same(f"{scale + 1}{factors}", expanded)


@given(st.integers(-50, 50), st.integers(1, 50), st.booleans(), st.booleans())
@settings(deadline=None)
def test_an_interval_is_its_inequality_with_the_same_bounds_only(low, length, low_closed, high_closed):
    high = low + length
    opened, closed = "[" if low_closed else "(", "]" if high_closed else ")"
    interval = f"{opened}{low}, {high}{closed}"
    less = ("\\leq" if low_closed else "<"), ("\\leq" if high_closed else "<")
    chain = f"{low} {less[0]} t {less[1]} {high}"
    builder = f"\\{{t \\mid {chain}\\}}"
    turned = f"{high} {'≥' if high_closed else '>'} t {'>=' if low_closed else '>'} {low}"
    halves = f"{opened}{low}, {low + 1}) \\cup [{low + 1}, {high}{closed}" if length > 1 else interval
    for one in (interval, chain, builder, turned, f"t \\in {interval}", halves):
        assert same(one, interval)
        assert same(interval, one)
        assert not same(one, f"{opened}{low}, {high + 1}{closed}")
        assert not same(one, f"{'(' if low_closed else '['}{low}, {high}{closed}")
        assert not same(one, str(low))


@given(st.lists(st.integers(-99, 99), min_size=2, max_size=6, unique=True), st.randoms())
def test_lists_and_sets_have_no_order_and_tuples_have_one(values, random):
    other = list(values)
    random.shuffle(other)
    listed = ", ".join(map(str, values))
    shuffled = ", ".join(map(str, other))
    assert same(shuffled, listed)
    assert same(f"\\{{{shuffled}\\}}", listed)
    assert same(" \\text{ or } ".join(f"x = {value}" for value in other), listed)
    assert same(f"({shuffled})", f"({listed})") is (other == values)
    assert not same(", ".join(map(str, values[:-1])), listed)
    assert not same(f"{listed}, 100", listed)
    assert not same(str(values[0]), listed)


@given(small, small)
def test_plus_minus_is_both_values_and_no_single_one(centre, off):
    both = f"{centre} \\pm {off}"
    assert same(both, f"{centre + off}, {centre - off}")
    assert same(f"x = {centre} + {off} or x = {centre} - {off}", both)
    assert not same(both, str(centre + off))
    assert not same(str(centre + off), both)


@given(st.integers(1, 359))
@settings(deadline=None)
def test_degrees_are_radians(angle):
    radians = f"\\frac{{{angle}\\pi}}{{180}}"
    assert same(f"{angle}^\\circ", radians)
    assert same(radians, f"{angle}°")
    assert not same(f"{angle}^\\circ", f"{angle + 1}^\\circ")
    assert not same(f"{angle + 1}^\\circ", radians)


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(-9, 9), st.integers(2, 7))
@settings(deadline=None)
def test_a_linear_equation_may_be_scaled_and_turned(a, b, c, scale):
    if a and b:
        line = f"{a}x + {b}y = {c}"
        assert same(f"{a * scale}x + {b * scale}y = {c * scale}".replace("+ -", "- "), line)
        assert same(f"0 = {-a}x - {b}y + {c}".replace("- -", "+ "), line)
        assert not same(f"{a}x + {b}y = {c + 1}", line)
        assert not same(f"{a + 1}x + {b}y = {c}", line)


@given(st.integers(1, 11), st.integers(1, 3))
@settings(deadline=None)
def test_a_family_of_solutions_may_be_split(offset, period):
    family = f"x = \\frac{{{offset}\\pi}}{{12}} + {period}k\\pi, k \\in \\mathbb{{Z}}"
    start, next_start, step = offset, offset + 12 * period, 2 * period
    split = f"\\frac{{{start}\\pi}}{{12}} + {step}n\\pi, \\frac{{{next_start}\\pi}}{{12}} + {step}n\\pi"
    assert same(f"{split}, n \\in \\mathbb{{Z}}", family)
    assert not same(f"x = \\frac{{{offset}\\pi}}{{12}} + {2 * period}k\\pi, k \\in \\mathbb{{Z}}", family)


@given(st.lists(integers, min_size=4, max_size=4))
def test_matrices_are_equal_entry_by_entry(entries):
    a, b, c, d = entries
    matrix = f"\\begin{{pmatrix}} {a} & {b} \\\\ {c} & {d} \\end{{pmatrix}}"
    assert same(f"\\begin{{bmatrix}}{a}&{b}\\\\{c}&{d}\\\\\\end{{bmatrix}}", matrix)
    assert same(f"Matrix([[{a}, {b}], [{c}, {d}]])", matrix)
    assert not same(f"\\begin{{pmatrix}} {a} & {b} \\\\ {c} & {d + 1} \\end{{pmatrix}}", matrix)


UNITS = [("5 \\text{ km}", "5000 \\text{ m}"), ("2 hours", "120 minutes"), ("3 kg", "3000 g"), ("1 m", "100 cm")]


@pytest.mark.parametrize(("one", "other"), UNITS)
def test_known_units_convert(one, other):
    assert same(one, other)
    assert not same(one, other.replace("0 ", "1 "))


@given(st.integers(20, 400))
@settings(deadline=None)
def test_differences_far_below_a_float_are_seen(power):
    assert not same(f"\\sqrt{{2}} + 10^{{-{power}}}", "\\sqrt{2}")
    assert not same(f"x + 10^{{-{power}}}", "x")
    assert not same(f"10^{{{power}}} + 1", f"10^{{{power}}}")
    assert not same(f"\\pi \\cdot 2^{{-{power}}}", f"\\pi \\cdot 2^{{-{power + 1}}}")


def test_a_budget_that_is_spent_ends_the_comparison():
    budget = Budget(3)
    budget.spend(3)
    with pytest.raises(Exception, match="too many steps"):
        budget.spend(1)

"""Each option changes what its documentation says, and nothing is lenient by accident."""

import pytest
from pydantic import ValidationError

from rewardkit_math.params import MathParams


@pytest.mark.parametrize(
    ("answer", "ground_truth", "accepted_by"),
    [
        ("28\\%", "0.28", {"either", "strict", "any"}),
        ("28\\%", "28", {"either", "any"}),
        ("28", "28\\%", {"either", "any"}),
        ("0.28", "28", {"any"}),
        ("2800", "28", {"any"}),
        ("0.28", "2.8", set()),
    ],
)
def test_percent(accepts, answer, ground_truth, accepted_by):
    assert {
        choice for choice in ("either", "strict", "any") if accepts(answer, ground_truth, percent=choice)
    } == accepted_by


@pytest.mark.parametrize(
    ("answer", "ground_truth", "accepted_by"),
    [
        ("\\frac{1}{3}", "0.333", {"exact", "digits"}),
        ("\\sqrt{17}", "4.123105625617661", {"exact", "digits"}),
        ("0.083333333333", "\\frac{1}{12}", {"exact", "digits"}),
        ("\\sqrt{2} - 1", "41.4\\%", {"exact", "digits"}),
        ("4^{20}", "1.09951162778E+12", {"exact", "digits"}),
        ("0.33333", "0.333", {"digits"}),
        ("\\frac{1}{3}", "0.33", set()),
        ("\\frac{1}{3}", "0.334", set()),
        ("0.333", "\\frac{1}{3}", set()),
        ("0.33", "0.333", set()),
        ("5", "5.001", set()),
    ],
)
def test_rounding(accepts, answer, ground_truth, accepted_by):
    assert {
        choice for choice in ("off", "exact", "digits") if accepts(answer, ground_truth, rounding=choice)
    } == accepted_by


def test_tolerance_is_relative_and_off_by_default(accepts):
    assert not accepts("3.14", "\\pi")
    assert accepts("3.14", "\\pi", tolerance=0.001)
    assert not accepts("3.1", "\\pi", tolerance=0.001)
    assert accepts("(0.6, 2.6667]", "(\\frac{3}{5}, \\frac{8}{3}]", tolerance=0.0001)


def test_tolerance_never_joins_two_integers(accepts):
    assert not accepts("1000", "1001", tolerance=0.01)


def test_units(accepts):
    assert accepts("5", "5\\text{ cm}")
    assert not accepts("5", "5\\text{ cm}", units="required")
    assert accepts("5\\text{ cm}", "5\\text{ centimeters}", units="required")
    assert not accepts("5\\text{ m}", "5\\text{ cm}")


def test_order(accepts):
    assert accepts("2, 1", "1, 2")
    assert not accepts("2, 1", "1, 2", order="given")
    assert accepts("\\{2, 1\\}", "\\{1, 2\\}", order="given")


def test_choices(accepts):
    assert accepts("b", "B")
    assert accepts("(B) 12", "B")
    assert accepts("B", "(B) 12 apples")
    assert not accepts("b", "B", choices="exact")
    assert not accepts("C", "(B) 12 apples")


def test_names(accepts):
    assert not accepts("ax + b", "cx + d")
    assert accepts("ax + b", "cx + d", names="free")
    assert not accepts("ax + b", "c + d", names="free")
    assert not accepts("y = 3", "x = 3")
    assert accepts("y = 3", "x = 3", names="free")


def test_box(score):
    assert score("The answer is 5", "5").value == 1.0
    assert score("The answer is 5", "5", box="required").value == 0.0
    assert score("\\boxed{5}", "5", box="required").value == 1.0


def test_an_option_that_is_not_there_is_refused():
    with pytest.raises(ValidationError):
        MathParams(percents="any")

"""Expected values leave the tests before these enter the program's process, or the tests are not run so."""

import pytest

from rewardkit_code.taken_out import Expected, NotTakenOutError, holds, take_out

FORMS = [
    ("assert f(2) == 41", Expected("==", 41), 41, 40),
    ("assert 41 == f(2)", Expected("==", 41), 41, "41"),
    ("assert f(2) is None", Expected("==", None), None, 0),
    ("assert f(2) != 41", Expected("!=", 41), 40, 41),
    ("assert f(2) > 41", Expected(">", 41), 42, 41),
    ("assert 41 > f(2)", Expected("<", 41), 40, 41),
    ("assert f(2) in (41, 43)", Expected("in", (41, 43)), 43, 42),
    ("assert 41 in f(2)", Expected("contains", 41), [40, 41], [40]),
    ("assert f(2)", Expected("true"), True, 0),
    ("assert not f(2)", Expected("false"), [], [0]),
    ("assert isinstance(f(2), int)", Expected("is a", (int,)), 1, "1"),
    ("assert abs(f(2) - 4.125) < 0.01", Expected("close", 4.125, absolute=0.01), 4.13, 4.2),
    ("assert math.isclose(f(2), 4.125)", Expected("close", 4.125, 1e-9), 4.125, 4.126),
    ("assert f(2) == pytest.approx(4.125)", Expected("close", 4.125, 1e-6, 1e-12), 4.125, 4.2),
    ("expected = 41\nassert f(2) == expected", Expected("==", 41), 41, 0),
    ("self.assertEqual(f(2), 41)", Expected("==", 41), 41, 42),
    ("self.assertAlmostEqual(f(2), 4.125, places=2)", Expected("close", 4.125, absolute=0.005), 4.126, 4.2),
    ("self.assertIn(41, f(2))", Expected("contains", 41), [41], []),
    ("self.assertTrue(f(2))", Expected("true"), 1, 0),
]


@pytest.mark.parametrize(("text", "expected", "right", "wrong"), FORMS, ids=[form[0] for form in FORMS])
def test_an_assertion_becomes_a_report_and_an_expectation(text, expected, right, wrong):
    taken = take_out([text], is_test=lambda _: False)
    assert list(taken.expected.values()) == [expected]
    assert "41" not in taken.texts[0]
    assert "4.125" not in taken.texts[0]
    assert "assert" not in taken.texts[0]
    assert holds(expected, ("value", right))
    assert not holds(expected, ("value", wrong))


ERRORS = [
    ("with pytest.raises(ValueError, match='neg'):\n    f(-1)", "neg"),
    ("with self.assertRaises(ValueError):\n    f(-1)", ""),
    ("self.assertRaises(ValueError, f, -1)", ""),
]


@pytest.mark.parametrize(("text", "word"), ERRORS)
def test_an_expected_error_looks_like_any_other_site(text, word):
    taken = take_out([text], is_test=lambda _: False)
    assert taken.texts == ["with rewardkit_site(0):\n    f(-1)"]
    (expected,) = taken.expected.values()
    assert holds(expected, ("raised", (["UnicodeError", "ValueError", "Exception"], "negative")))
    assert holds(expected, ("raised", (["Own", "ValueError", "Exception"], "neg")))
    assert not holds(expected, ("raised", (["TypeError", "ValueError"], "negative")))
    assert not holds(expected, ("value", None))
    assert not word or not holds(expected, ("raised", (["ValueError"], "other")))


REFUSED = [
    "assert f(2) == g(3)",
    "assert all(x > 0 for x in f(2))",
    "assert math.isnan(f(2))",
    "assert (f(2) == 3) == True",
    "if f(1):\n    assert f(2) == 3",
    "for x in [1]:\n    assert f(x) == 3",
    "def helper(x, y): assert f(x) == y\nhelper(1, 2)",
    "m.assert_called_once_with(3)",
    "pytest.fail('x')",
    "assert f(2) or True",
    "x = 1",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_could_be_passed_without_the_value_is_refused(text):
    with pytest.raises(NotTakenOutError):
        take_out([text], is_test=lambda name: name.startswith("test"))


def test_docstrings_messages_and_comments_do_not_travel():
    text = 'def test_a():\n    "it is 41"\n    # 41\n    assert f(2) == 41, "not 41"'
    assert "41" not in take_out([text], is_test=lambda name: name.startswith("test")).texts[0]

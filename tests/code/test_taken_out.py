"""Expected values leave the tests before these enter the program's process, or the tests are not run so."""

import pytest

from rewardkit_code.taken_out import Expected, NotTakenOutError, closed_of, evaluated, holds, take_out

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
    ("assert not f(2) == 41", Expected("!=", 41), 40, 41),
    ("assert 40 < f(2) < 41", Expected("all", (Expected(">", 40), Expected("<", 41))), 40.5, 41),
    ("assert f(2) == 41 or f(2) == 43", Expected("any", (Expected("==", 41), Expected("==", 43))), 43, 42),
    ("assert type(f(2)) == list41", Expected("first", "list41"), ["list41", "object"], ["object", "list41"]),
    ("assert f(2) == pytest.approx([4.125, 1.0])", Expected("close", [4.125, 1.0], 1e-6, 1e-12), [4.125, 1], [4.2, 1]),
    ("assert np.allclose(f(2), [4.125])", Expected("close", [4.125], 1e-5, 1e-8), [4.125], [4.2]),
    ("np.testing.assert_allclose(f(2), [4.125], rtol=0.1)", Expected("close", [4.125], 0.1), [4.2], [5.0]),
    ("self.assertCountEqual(f(2), [41, 1])", Expected("same items", [41, 1]), [1, 41], [1, 1]),
    ("self.assertRegex(f(2), '41$')", Expected("matches", "41$"), "is 41", "41 is"),
    ("self.assertNotAlmostEqual(f(2), 4.125, delta=0.1)", Expected("far", 4.125, absolute=0.1), 4.5, 4.2),
    ("self.assertFalse(f(2) == 41)", Expected("!=", 41), 40, 41),
    ("assert 'x41' not in f(2)", Expected("lacks", "x41"), "x", "x41"),
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


WRITTEN_OUT = [
    "for x, want in [(1, 41), (2, 43)]: assert f(x) == want",
    "CASES = [(1, 41), (2, 43)]\nfor x, want in CASES:\n    assert f(x) == want",
    "CASES = {1: 41, 2: 43}\nfor x, want in CASES.items():\n    assert f(x) == want",
    "for x, want in zip([1, 2], [41, 43]): assert f(x) == want",
    "for number, want in enumerate([41, 43]): assert f(number) == want",
    "assert all(f(x) == want for x, want in [(1, 41), (2, 43)])",
    "@pytest.mark.parametrize('x, want', [(1, 41), (2, 43)])\ndef test_a(x, want): assert f(x) == want",
    (
        "@pytest.mark.parametrize(['x', 'want'], [pytest.param(1, 41, id='41'), (2, 43)])\n"
        "def test_a(x, want): assert f(x) == want"
    ),
    (
        "ROWS = [(1, 41), (2, 43)]\n@pytest.mark.parametrize(('x', 'want'), ROWS)\n"
        "def test_a(x, want):\n    assert f(x) == want"
    ),
    (
        "@pytest.mark.parametrize('x', [1, 2])\n@pytest.mark.parametrize('want', [41])\n"
        "def test_a(x, want): assert f(x) == want"
    ),
    (
        "class TestA:\n    @pytest.mark.parametrize('x, want', [(1, 41), (2, 43)])\n"
        "    def test_a(self, x, want): assert f(x) == want"
    ),
    "def check(x, want):\n    assert f(x) == want\ncheck(1, 41)\ncheck(2, want=43)",
    (
        "class T(TestCase):\n    def same(self, x, want=41): self.assertEqual(f(x), want)\n"
        "    def test_a(self):\n        self.same(1)\n        self.same(2, 43)"
    ),
    (
        "class T(TestCase):\n    def test_a(self):\n        for x, want in [(1, 41), (2, 43)]:\n"
        "            with self.subTest(x=x, want=want): self.assertEqual(f(x), want)"
    ),
]


@pytest.mark.parametrize("text", WRITTEN_OUT)
def test_what_runs_several_times_is_written_out(text):
    taken = take_out([text], is_test=lambda name: name.startswith("test"))
    assert [expected.how for expected in taken.expected.values()] == ["==", "=="]
    assert {expected.value for expected in taken.expected.values()} <= {41, 43}
    assert "41" not in taken.texts[0]
    assert "43" not in taken.texts[0]


CLOSED = [
    ("assert f(2) == sorted([41, 3])", "sorted([41, 3])"),
    ("expected = ''.join(['41'])\nassert f(2) == expected", "''.join(['41'])"),
    ("base = 41\nwant = [base]\nwant2 = want + [1]\nassert f(2) == want2", "[41] + [1]"),
    ("from decimal import Decimal as D\nassert f(2) == D('41')", "D('41')"),
    ("import numpy as np\nassert np.array_equal(f(2), np.array([41]))", "np.array([41])"),
    ("assert f(2) == [x + 41 for x in range(3)]", "[x + 41 for x in range(3)]"),
]


@pytest.mark.parametrize(("text", "expression"), CLOSED)
def test_a_closed_expression_is_evaluated_without_the_program(text, expression):
    taken = take_out([text], is_test=lambda _: False)
    (expected,) = taken.expected.values()
    (closed,) = closed_of(expected)
    assert closed.text == expression
    assert "41" not in taken.texts[0]
    assert holds(evaluated(expected, {closed: 5}), ("value", 5))


def test_an_argument_may_be_what_is_expected():
    taken = take_out(["x = [41]\nassert f(x) == x"], is_test=lambda _: False)
    assert [expected.value for expected in taken.expected.values()] == [[41]]


def test_what_an_expectation_is_computed_from_may_be_used_elsewhere():
    text = "n = 5\nwant = n * 2\nfor i in range(n): f(i)\nassert f(n) == want"
    taken = take_out([text], is_test=lambda _: False)
    assert "want" not in taken.texts[0]


def test_what_a_call_changed_is_looked_at():
    text = "a = [3, 1]\nwant = [1, 3]\nf(a)\nassert a == want"
    taken = take_out([text], is_test=lambda _: False)
    assert [expected.value for expected in taken.expected.values()] == [[1, 3]]
    assert "[1, 3]" not in taken.texts[0]


def test_a_refusal_counts_the_assertions():
    with pytest.raises(NotTakenOutError, match="2 of 3"):
        take_out(["assert f(1) == 2", "assert f(1) == g(1)", "assert f(2) == 3"], is_test=lambda _: False)


def test_names_of_tests_do_not_travel():
    taken = take_out(["def test_gives_41(): assert f(2) == 41"], is_test=lambda name: name.startswith("test"))
    assert "41" not in taken.texts[0]


ERRORS = [
    ("with pytest.raises(ValueError, match='neg'):\n    f(-1)", "neg"),
    ("with self.assertRaises(ValueError):\n    f(-1)", ""),
    ("self.assertRaises(ValueError, f, -1)", ""),
    ("try:\n    f(-1)\n    assert False, 'no error'\nexcept ValueError:\n    pass", ""),
    ("try:\n    f(-1)\n    self.fail()\nexcept (KeyError, ValueError):\n    pass", ""),
]


@pytest.mark.parametrize(("text", "word"), ERRORS)
def test_an_expected_error_looks_like_any_other_site(text, word):
    taken = take_out([text], is_test=lambda _: False)
    assert taken.texts[0].startswith("with rewardkit_site(0):\n    f(-1)")
    assert "Error" not in taken.texts[0]
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
    "while f(1):\n    assert f(2) == 3",
    "for x in f(1):\n    assert f(x) == 3",
    "for x in [1, 2]:\n    if x: break\n    assert f(x) == 3",
    "def helper(x):\n    if x: helper(x - 1)\n    assert f(x) == x\nhelper(3)",
    "import time\nassert f(2) == time.time()",
    "import random\nfor i in range(3):\n    x = random.random()\n    assert f(x) == x + 1",
    "want = 3\nprint(want)\nassert f(2) == want",
    "xs = [1]\nassert f(xs) is xs",
    "assert f(2) == 3 or g(2) == 4",
    "import unittest\n@unittest.expectedFailure\ndef test_a(): assert f(2) == 3",
    "@pytest.mark.parametrize('x', rows())\ndef test_a(x): assert f(x) == 3",
    "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.xfail)])\ndef test_a(x): assert f(x) == 3",
    "try:\n    f(1)\n    assert False\nexcept Exception:\n    pass",
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

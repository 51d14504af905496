"""Comparison is strict about data and lenient only where a task says so."""

import collections
import decimal
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit_code.compare import Rules, same_text, same_tokens
from rewardkit_sandbox import Iterated, Opaque

STRICT = Rules()
LOOSE = Rules(rel=1e-6, absolute=1e-6, loose=True)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(PLAIN)
def test_a_value_is_the_same_as_itself(value):
    assert STRICT.same(value, value)
    assert LOOSE.same(value, value)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("3", 3),
        ([1], 1),
        ((1, 2), [1, 2]),
        ([1, 2], (1, 2)),
        ([1, 2], {1, 2}),
        (Iterated((1, 2)), [1, 2]),
        (Opaque({"type": "X"}), 3),
        (Opaque(None), None),
        (math.nan, 2.0),
        (math.nan, math.nan),
        (math.inf, 2.0),
        (None, 0),
        (0, None),
        (False, None),
        ([], 2.5),
        (b"a", "a"),
        ({1: 2}, {"1": 2}),
        (2.5000001, 2.5),
        ([[1]], [[1, 2]]),
    ],
)
def test_other_data_is_not_the_same(found, expected):
    assert not STRICT.same(found, expected)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (1.0, 1),
        (True, 1),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (collections.defaultdict(int, a=1), {"a": 1}),
        (collections.deque([1]), collections.deque([1])),
        ((1, [2, {3}]), (1, [2, {3}])),
        (frozenset({1}), {1}),
        (decimal.Decimal("2.5"), 2.5),
    ],
)
def test_what_python_holds_equal_is_the_same(found, expected):
    assert STRICT.same(found, expected)


@pytest.mark.parametrize(
    ("found", "expected"),
    [((1, 2), [1, 2]), (Iterated((1, 2)), [1, 2]), (2.5000001, 2.5), ({1: 2.0}, {"1": 2})],
)
def test_loose_data_went_through_json(found, expected):
    assert LOOSE.same(found, expected)
    assert not STRICT.same(found, expected)


def test_a_tolerance_reaches_into_containers_and_never_lets_nan_or_infinity_pass():
    rules = Rules(rel=1e-9, absolute=1e-9)
    assert rules.same([0.1 + 0.2, {"a": 1e-12}], [0.3, {"a": 0.0}])
    for wrong in (math.nan, math.inf, -math.inf, 10**400, "0.3", [], None, Opaque(None)):
        assert not rules.same(wrong, 0.3), wrong


def test_nan_and_the_sign_of_zero_count_where_they_are_answers():
    rules = Rules(nan_ok=True)
    assert rules.same(math.nan, math.nan)
    assert not rules.same(0.0, -0.0)
    assert not rules.same(0.0, math.nan)


def test_tokens_ignore_white_space_alone():
    assert same_tokens("1  2\n\n3 \n", "1 2 3", None)
    for wrong in ("1 2", "1 2 3 4", "2 1 3", "1\u20032 3", "\ufeff1 2 3", "1 2 3\x00", "１ 2 3", "1 2 3.0"):
        assert not same_tokens(wrong, "1 2 3", None), wrong


def test_numbers_in_tokens_are_plain_ascii():
    assert same_tokens("0.3333333", "0.33333333333", 1e-6)
    for wrong in ("nan", "inf", "０.3333333", "0_0.3333333", "0.34", "", "1e99999"):
        assert not same_tokens(wrong, "0.33333333333", 1e-6), wrong


def test_expected_integers_can_be_held_exact():
    big = "975461057789971041"
    assert not same_tokens("975461057789971042", big, 1e-6, integers_exact=True)
    assert same_tokens("0.5000000001", "0.5", 1e-6, integers_exact=True)


def test_text_ignores_blanks_at_line_ends_and_empty_lines_at_the_end():
    assert same_text("a  \nb\r\n\n", "a\nb")
    for wrong in ("a b", " a\nb", "a\n\nb", "a\nb\nc", "a\nb\u2003"):
        assert not same_text(wrong, "a\nb"), wrong


def test_an_integer_of_many_digits_is_compared_without_being_written_out():
    assert STRICT.same(7**100_000, 7**100_000)
    assert not STRICT.same(7**100_000 + 1, 7**100_000)


def test_long_numbers_cost_no_more_than_their_length():
    digits = "1" * 200_000
    assert not same_tokens(digits + "2", digits + "!", 1e-6)
    assert not same_tokens("1", digits + "!", 1e-6)
    assert same_tokens(digits, digits, 1e-6)

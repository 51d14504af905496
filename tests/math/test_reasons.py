"""A refusal says what could not be read, and where."""

import pytest

from rewardkit_math.notation.parse import parse, why_unread
from rewardkit_math.tree import Text

TABLE = [
    # answer, what could not be read, the place
    ("3 + )", "unexpected )", "character 5: '3 + >>)'"),
    ("(1, 2]] + 3", "unexpected ]", "character 7: '(1, 2]>>] + 3'"),
    ("2 3", "two numbers side by side", "character 3"),
    (r"\sqrt", "unexpected end", "at the end"),
    ("1 +", "unexpected end", "at the end"),
    (r"x + \begin{foo} 1 \end{foo}", r"\begin{foo}", ""),
    (r"\def\x{5}", r"\def has no place", ""),
    ("half of 7", "words before the answer", "character 9: 'half of >>7'"),
    (r"\not 5", "\\not before something else", ""),
    (r"\sum_{k=1}^n", "unexpected end", "at the end"),
]


@pytest.mark.parametrize(("answer", "what", "where"), TABLE)
def test_the_parser_says_what_it_could_not_read_and_where(answer, what, where):
    why = why_unread(answer)
    assert what in why
    assert where in why


@pytest.mark.parametrize("answer", [row[0] for row in TABLE])
def test_what_cannot_be_read_has_a_reason(answer):
    assert isinstance(parse(answer), Text)


@pytest.mark.parametrize("answer", ["5", r"\frac12", "x > 2", "(1, 2]"])
def test_what_can_be_read_has_none(answer):
    assert why_unread(answer) == ""


def test_the_score_of_an_unreadable_answer_says_so(score):
    judged = score(r"\boxed{(1, 2]] + 3}", "5")
    assert (judged.value, judged.kind) == (0.0, "malformed")
    assert "unexpected ], at character 7" in judged.reason


@pytest.mark.parametrize(
    ("ground_truth", "why"),
    [
        ("(1, 2]] + 3", "unexpected ], at character 7: '(1, 2]>>] + 3'"),
        ("$1:2:3:\\ldots$", "unexpected :, at character 7"),
        ("12 \\text{ if } n=1, 13 \\text{ if } n=2", "a value for each of several cases, at the end"),
        ("\\def\\x{5}", "\\def has no place in an answer"),
        ("(" * 99 + "5" + ")" * 99, "nested"),
        ("1" * 5000, "an answer of 5000 characters"),
    ],
)
def test_the_score_of_an_unreadable_ground_truth_says_why_and_where(score, ground_truth, why):
    judged = score("\\boxed{7}", ground_truth)
    assert (judged.value, judged.kind) == (None, "unreadable_ground_truth")
    assert why in judged.reason


@pytest.mark.parametrize(
    "flood", ["(" * 20 + "5" + ")" * 19, "\x1b[31m)" * 90, "x" * 3000 + " ) ", "\\" * 999, "] " * 900]
)
def test_reasons_are_short_and_clean(flood):
    why = why_unread(flood)
    assert len(why) < 140
    assert why.isprintable()

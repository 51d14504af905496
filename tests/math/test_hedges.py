"""An answer that names a second value is none, unless both are right."""

import pytest

from rewardkit_math.hedge import second_value_after, second_value_before

HEDGED = [
    (r"\boxed{5}. Alternatively, \boxed{7}", "7"),
    (r"\boxed{5}. Alternatively, \boxed{7}", "5"),
    ("The answer is 7. Or 5.", "7"),
    (r"\boxed{7} or 5", "7"),
    (r"It is 5 or \boxed{7}", "7"),
    (r"\boxed{7}. Maybe it is 5.", "7"),
    (r"\boxed{7} (perhaps 5)", "7"),
    (r"\boxed{B, as a guess D}", "B"),
    (r"\boxed{B} or possibly D", "B"),
    ("The answer is B. It could also be D.", "B"),
    ("<answer>7</answer> or 5", "7"),
    ("The answer is 7. Possibly 9.", "7"),
    (r"\boxed{3}. Otherwise, \boxed{4}", "4"),
    (r"\boxed{3}. If not, \boxed{4}", "3"),
    ("The answer is 3/4 or 1/4", "3/4"),
    ("My answer is 4; my second guess is 5.", "4"),
    ("The answer is 7. If that is wrong, then 8.", "7"),
    ("The answer is 3 (or 4).", "3"),
    (r"\boxed{7, possibly 8}", "7"),
    ("**7** or **8**", "8"),
    ("A (B is also possible)", "A"),
    (r"\boxed{A, or B}", "A"),
]
NO_HEDGE = [
    (r"not \boxed{1} but \boxed{2}", "2"),
    (r"\boxed{1}. Wait, that is wrong: \boxed{2}", "2"),
    (r"$x=\boxed{2}$ or $x=\boxed{-2}$", "x=2 or x=-2"),
    ("The answer is x = 2 or x = -2.", "2, -2"),
    (r"\boxed{\frac12} or 0.5", r"\frac12"),
    (r"\boxed{1/2 or 0.5}", "1/2"),
    ("The answer is 1/2. Or 0.5.", "1/2"),
    (r"\boxed{7} or the seventh of them", "7"),
    (r"Either way, \boxed{7}.", "7"),
    ("The answer is 7, not 5.", "7"),
    ("The answer is 7 (not 5).", "7"),
    ("The answer is B. Option D is wrong.", "B"),
    (r"\boxed{4}. Wait, actually \boxed{5}.", "5"),
    ("The answer is 4. Wait, no. The answer is 5.", "5"),
    ("We may pick 5 or 6 first. The answer is 7.", "7"),
]


@pytest.mark.parametrize(("completion", "ground_truth"), HEDGED)
def test_a_hedge_is_refused(score, completion, ground_truth):
    assert score(completion, ground_truth).value == 0.0


@pytest.mark.parametrize(("completion", "ground_truth"), NO_HEDGE)
def test_what_is_no_hedge_is_accepted(score, completion, ground_truth):
    judged = score(completion, ground_truth)
    assert judged.value == 1.0, judged


def test_the_reason_names_the_second_answer(score):
    judged = score("The answer is 7. Or 5.", "7")
    assert (judged.details["stage"], judged.reason) == ("hedge", "it names a second answer: '5'")


def test_a_rubric_may_take_the_value_that_counts(score):
    assert score("The answer is 7. Or 5.", "7", hedge="last").value == 1.0


@pytest.mark.parametrize(
    ("after", "value"),
    [
        (". Or 5.", "5"),
        (" or maybe $x^2$", "$x^2"),
        (". Alternatively, it is 9", "9"),
        (" or so", None),
        (". Then 5", None),
    ],
)
def test_the_second_value_is_found_behind(after, value):
    found = second_value_after(after)
    assert (found.strip("$") if found else None) == (value.strip("$") if value else None)


@pytest.mark.parametrize(
    ("before", "value"), [("It is 5 or ", "5"), ("either $x$ or $", "$x$"), ("one or ", None), ("so ", None)]
)
def test_the_second_value_is_found_before(before, value):
    found = second_value_before(before)
    assert (found or "").strip("$") == (value or "").strip("$")

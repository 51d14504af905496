"""The steps of a judgement: which one settles which pair, and what each leaves to the next."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit_math import judge as module
from rewardkit_math.ground_truth import read_ground_truth
from rewardkit_math.judge import STEPS, Question, judge, same_meaning, same_number
from rewardkit_math.params import MathParams

TABLE = [
    # prediction, ground truth, params, the step that settles it, verdict, stage
    ("12", "12.0", {}, "same_number", "equal", "exact"),
    ("1,200", "1200", {}, "same_number", "equal", "exact"),
    ("13", "12", {}, "same_number", "different", "exact"),
    ("75", "0.75", {"percent": "any"}, "same_meaning", "equal", "exact"),
    (r"\left(1,2\right)", "(1, 2)", {}, "same_text", "equal", "identical"),
    ("9^{9^{9^9}}", "$9^{9^{9^9}}$", {}, "same_text", "equal", "identical"),
    ("(B) 12", "B", {}, "same_option", "equal", "choice"),
    ("C", "(B) 12", {}, "same_option", "different", "choice"),
    ("B, maybe C", "B", {}, "same_option", "different", "choice"),
    ("C", "(B) 12", {"choices": "exact"}, "same_meaning", "different", "numeric"),
    ("Yes, it is.", "Yes", {}, "same_words", "equal", "text"),
    ("There are none.", "0", {}, "same_words", "equal", "text"),
    ("Tuesday", "tuesday", {}, "same_words", "equal", "text"),
    (r"\frac{2}{4}", "1/2", {}, "same_number", "equal", "exact"),
    ("3/4", r"\dfrac{4}{3}", {}, "same_number", "different", "exact"),
    (r"\frac12", "0.5", {}, "same_meaning", "equal", "exact"),
    (r"\sin^2 x", r"1-\cos^2 x", {}, "same_meaning", "equal", "numeric"),
    ("x > 2", r"(2, \infty)", {}, "same_meaning", "equal", "region"),
    ("0,25", "1/4", {}, "same_meaning", "equal", "exact"),
    ("12_7", "12", {}, "same_meaning", "different", "text"),
    ("half of 12", "12", {}, "same_meaning", "unparsable", "parse"),
    ("(10^{10})!", "1", {}, "same_meaning", "too costly", "limits"),
]


@pytest.mark.parametrize(("prediction", "ground_truth", "params", "step", "verdict", "stage"), TABLE)
def test_each_pair_is_settled_by_its_step(prediction, ground_truth, params, step, verdict, stage):
    policy, truth = MathParams(**params), read_ground_truth(ground_truth)
    judgement = judge(prediction, truth, policy)
    assert (judgement.verdict, judgement.stage) == (verdict, stage)
    question = Question(prediction, truth, policy, last=False)
    before = STEPS[: STEPS.index(getattr(module, step))]
    assert all(earlier(question) is None for earlier in before)


NUMBERS = st.builds(
    lambda form, sign, one, two: sign + form.format(one, two),
    st.sampled_from(["{}", "{}/{}", r"\frac{{{}}}{{{}}}", r"\dfrac{{{}}}{{{}}}", "${}/{}$", "{}.{}", "{},{:03}"]),
    st.sampled_from(["", "-", "+"]),
    st.integers(1, 24),
    st.integers(1, 24),
)


@given(NUMBERS, NUMBERS)
@settings(max_examples=400, deadline=None)
def test_comparing_plain_numbers_gives_what_comparing_trees_gives(prediction, ground_truth):
    question = Question(prediction, read_ground_truth(ground_truth), MathParams(), last=False)
    fast, slow = same_number(question), same_meaning(question)
    assert slow is not None
    assert fast is None or fast.verdict == slow.verdict


def test_each_step_settles_a_row_of_the_table():
    assert {row[3] for row in TABLE} == {step.__name__ for step in STEPS}


@pytest.mark.parametrize(
    ("ground_truth", "several", "letter"),
    [("2, 3", True, None), ("5", False, None), ("(B) 12", False, "B"), (r"\boxed{1} and \boxed{2}", True, None)],
)
def test_a_ground_truth_is_read_once_for_all(ground_truth, several, letter):
    truth = read_ground_truth(ground_truth)
    assert (truth.several, truth.letter) == (several, letter)


def test_a_refusal_says_the_reason_of_the_reader():
    truth = read_ground_truth("7")
    assert judge("half of 7", truth, MathParams()).why
    assert judge("5 \\to 7", truth, MathParams()).why == "it goes from one value to another"

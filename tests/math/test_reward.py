"""The reward as a rubric sees it: three ways to end, reasons, and details that explain."""

import json
from decimal import Decimal

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_math import rewardkit_rewards
from rewardkit_math.params import MathParams
from rewardkit_math.reward import MathReward


def test_the_plugin_brings_both_rewards():
    assert MathReward in rewardkit_rewards()
    assert [found.name for found in rewardkit_rewards()] == ["math", "math_verify"]


@pytest.mark.parametrize("ground_truth", [None, {"tests": []}, [], [{"a": 1}], object()])
def test_a_ground_truth_that_is_no_mathematical_ground_truth_abstains(score, ground_truth):
    assert score("\\boxed{1}", ground_truth).status == "abstained"


@pytest.mark.parametrize("ground_truth", ["", "  ", "\\boxed{}", "$$"])
def test_an_unreadable_ground_truth_abstains_and_names_itself(score, ground_truth):
    judged = score("\\boxed{1}", ground_truth)
    assert judged.status == "abstained"
    assert judged.kind == "unreadable_ground_truth"
    assert repr(ground_truth)[1:-1] in judged.reason


@pytest.mark.parametrize(
    "ground_truth", [12, 12.0, "12", "#### 12", "So $x = 12$. \\boxed{12}", ["13", "12"], [13, 12.0], Decimal(12)]
)
def test_ground_truths_come_as_numbers_texts_and_lists_of_which_any_will_do(score, ground_truth):
    assert score("\\boxed{12}", ground_truth).value == 1.0
    assert score("\\boxed{14}", ground_truth).value == 0.0


def test_a_boolean_ground_truth_is_a_word_and_no_number(score):
    assert score("\\boxed{True}", True).value == 1.0
    assert score("\\boxed{1}", True).value == 0.0


def test_an_answer_inside_the_reasoning_does_not_count(score):
    assert score("<think>\\boxed{5}</think>\\boxed{6}", "5").value == 0.0
    assert score("<think>\\boxed{5}</think>\\boxed{6}", "6").value == 1.0


def test_reasoning_that_never_ends_gives_no_answer(score):
    judged = score("<think>the answer is \\boxed{42}", "42")
    assert judged.value == 0.0
    assert "never ends" in judged.reason


def test_an_answer_block_ends_the_reasoning(score):
    assert score("<think>10 - 5 = 5\n<answer>5</answer>", "5").value == 1.0


def test_details_say_what_was_read_where_and_how_it_was_judged(score):
    completion = "<think>hm</think> So it is $\\boxed{\\frac{1}{2}}$. <|im_end|>"
    details = score(completion, "0.5").details
    start, end = details["span"]
    assert completion[start:end] == details["answer"] == "\\frac{1}{2}"
    assert details["ground_truth"] == "0.5"
    assert (details["verdict"], details["stage"], details["found_by"]) == ("equal", "exact", "box")


@pytest.mark.parametrize(
    ("answer", "ground_truth", "verdict"),
    [
        ("2", "2", "equal"),
        ("3", "2", "different"),
        ("\\frac{1}{", "2", "unparsable"),
        ("9^{9^{9^9}}", "2", "too costly"),
    ],
)
def test_each_verdict_is_reached(score, answer, ground_truth, verdict):
    assert score(f"<answer>{answer}</answer>", ground_truth).details["verdict"] == verdict


def test_details_are_small_json_values(score):
    judged = score("\\boxed{" + "x+" * 1500 + "x}", "y" * 3000)
    assert len(json.dumps(judged.details, ensure_ascii=False)) < 1000


def test_scores_follow_their_samples():
    reward = MathReward(MathParams(), RewardContext())
    samples = [Sample(completion=f"\\boxed{{{n}}}", ground_truth=str(n % 3)) for n in range(9)]
    assert [score.value for score in reward.score(samples)] == [1.0] * 3 + [0.0] * 6

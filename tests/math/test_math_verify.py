"""The reward `math_verify` is Math-Verify's verdict, in a process that can be killed."""

import itertools
import threading

import pytest
from math_verify import parse, verify

from rewardkit import RewardContext, Sample
from rewardkit_math.helper_process import Helper, HelperError, HelperTimeoutError
from rewardkit_math.math_verify import MathVerifyParams, MathVerifyReward

PAIRS = [
    ("\\boxed{\\frac{1}{2}}", "0.5"),
    ("The answer is $x^2 + 1$.", "1 + x^2"),
    ("\\boxed{7}", "8"),
    ("\\boxed{\\{1, 2\\}}", "\\{2, 1\\}"),
    ("so 12", "12"),
    ("\\boxed{x > 2}", "(2, \\infty)"),
    ("nothing", "3"),
]


@pytest.fixture(scope="module")
def reward():
    reward = MathVerifyReward(MathVerifyParams(), RewardContext())
    yield reward
    reward.close()


def ask(reward, completion, ground_truth):
    return reward.score([Sample(completion=completion, ground_truth=ground_truth)])[0]


@pytest.mark.parametrize(("completion", "ground_truth"), PAIRS)
def test_it_says_what_math_verify_says(reward, completion, ground_truth):
    wanted = verify(parse(f"\\boxed{{{ground_truth}}}"), parse(completion))
    assert ask(reward, completion, ground_truth).value == float(wanted)


def test_it_judges_from_any_thread(reward):
    found = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(ask(reward, f"\\boxed{{{n}}}", str(n)).value))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1.0] * 4


def test_its_parameters_reach_math_verify():
    lenient = MathVerifyReward(MathVerifyParams(float_rounding=1), RewardContext())
    try:
        assert ask(lenient, "\\boxed{0.333}", "0.3333").value == 1.0
    finally:
        lenient.close()


def test_each_kind_of_end(reward):
    assert ask(reward, "\\boxed{1}", None).kind == "no_ground_truth"
    assert ask(reward, "\\boxed{1}", {"tests": []}).kind == "not_applicable"
    assert ask(reward, "no words of any use", "3").kind == "no_answer"


def test_an_answer_that_takes_too_long_is_given_up_and_the_next_one_is_judged():
    reward = MathVerifyReward(MathVerifyParams(parsing_timeout=0.2, timeout_seconds=0.2), RewardContext())
    try:
        judged = ask(reward, "\\boxed{\\int_0^1 x^{x^{x^x}} dx + \\frac{(10^9)!}{(10^8)!}}", "1")
        assert judged.kind == "time_limit"
        assert judged.value == 0.0
        assert ask(reward, "\\boxed{2}", "2").value == 1.0
    finally:
        reward.close()


@pytest.fixture
def helper():
    """A helper that builds deques: it never ends on an endless argument, and fails on one that is not iterable."""
    helper = Helper("collections:deque")
    yield helper
    helper.close()


def test_a_helper_reports_errors_and_goes_on(helper):
    with pytest.raises(HelperError, match="TypeError"):
        helper.ask(1, cpu_s=1)
    with pytest.raises(HelperError, match="not JSON serializable"):
        helper.ask([1], cpu_s=1)


def test_a_helper_that_spins_is_ended_and_replaced(helper):
    with pytest.raises(HelperTimeoutError, match="processor time"):
        helper.ask(itertools.count(), 0, cpu_s=0.2)
    with pytest.raises(HelperError, match="TypeError"):
        helper.ask(1, cpu_s=1)


def test_a_helper_that_was_killed_starts_again(helper):
    with pytest.raises(HelperError, match="TypeError"):
        helper.ask(1, cpu_s=1)
    helper._process.kill()
    helper._process.wait()
    with pytest.raises(HelperError, match="TypeError"):
        helper.ask(1, cpu_s=1)


def test_memory_is_limited():
    helper = Helper("builtins:list")
    try:
        with pytest.raises(HelperTimeoutError, match="memory"):
            helper.ask(range(10**9), cpu_s=20)
        assert helper.ask((1, 2), cpu_s=1) == [1, 2]
    finally:
        helper.close()

"""A slow program is out of time; one whose many tests are each quick is not to blame for the rubric's deadline."""

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward

BURN = """
import time
def f(x):
    end = time.process_time() + {}
    while time.process_time() < end: pass
    return x
"""


def asserts(count):
    return {"kind": "asserts", "asserts": [f"assert f({n}) == {n}" for n in range(count)]}


def calls(count):
    return {"kind": "function", "fn_name": "f", "cases": [{"args": [n], "expected": n} for n in range(count)]}


def lines(count):
    return {"kind": "stdin", "cases": [{"input": str(n), "output": str(n)} for n in range(count)]}


CASES = {
    "many quick asserts": (
        BURN.format(0.05),
        asserts(30),
        20.0,
        ("scored", "judged", 1.0),
    ),
    "many quick calls likewise": (BURN.format(0.05), calls(30), 20.0, ("scored", "judged", 1.0)),
    "many quick runs likewise": (BURN.format(0.05) + "print(f(input()))", lines(30), 20.0, ("scored", "judged", 1.0)),
    "more quick calls than the deadline allows": (BURN.format(0.05), calls(200), 3.0, ("failed", "timeout", None)),
    "more quick runs than the deadline allows": (
        BURN.format(0.1) + "print(f(input()))",
        lines(100),
        3.0,
        ("failed", "timeout", None),
    ),
    "a loop without end": ("def f(x):\n    while True: pass", calls(3), 4.0, ("scored", "time_limit", 0.0)),
    "a loop without end in a later test": (
        "def f(x):\n    while x: pass\n    return x",
        asserts(3),
        4.0,
        ("scored", "time_limit", 0.0),
    ),
    "a sleep without end": ("import time\ndef f(x): time.sleep(100)", asserts(3), 4.0, ("scored", "time_limit", 0.0)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("_works")
def test_time_runs_out_through_a_test_or_through_the_deadline(name):
    program, tests, deadline_s, expected = CASES[name]
    reward = CodeReward(CodeParams(cpu_s=1), RewardContext(deadline_s=deadline_s))
    try:
        (score,) = reward.score([Sample(completion=f"```python\n{program}\n```", ground_truth=tests)])
    finally:
        reward.close()
    assert (score.status, score.kind, score.value) == expected, score.reason

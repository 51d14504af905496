"""A slow program is out of time; one whose many tests are each quick is not to blame for the rubric's deadline."""

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.layouts import read_tests
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
    "as many quick calls as six deadlines allow": (BURN.format(0.05), calls(60), 1.0, ("scored", "judged", 1.0)),
    "slow tests, each within its limit": (BURN.format(0.5), asserts(8), 4.0, ("scored", "judged", 1.0)),
    "more quick calls than the deadline allows": (BURN.format(0.05), calls(200), 1.0, ("failed", "timeout", None)),
    "more quick runs than the deadline allows": (
        BURN.format(0.1) + "print(f(input()))",
        lines(100),
        1.0,
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


def file_of(kind, head, test):
    return {"kind": kind, "module": "solution", "test_file": head + "".join(test.format(n) for n in range(4))}


ONE_SLOW = {
    "asserts": asserts(4),
    "calls": calls(4),
    "unittest": file_of(
        "unittest",
        "import unittest\nfrom solution import f\nclass T(unittest.TestCase):\n",
        "    def test_{0}(self): self.assertEqual(f({0}), {0})\n",
    ),
    "pytest": file_of("pytest", "from solution import f\n", "def test_{0}(): assert f({0}) == {0}\n"),
}


@pytest.mark.parametrize("form", ONE_SLOW)
@pytest.mark.usefixtures("_works")
def test_a_slow_test_takes_the_time_of_one_and_the_others_are_judged(form):
    # More time than a deadline allows would be the end of all, if the first test could take it.
    reward = CodeReward(CodeParams(cpu_s=1, score="share"), RewardContext(deadline_s=60.0))
    program = "def f(x):\n    while x == 1: pass\n    return x"
    try:
        (score,) = reward.score([Sample(completion=f"```python\n{program}\n```", ground_truth=ONE_SLOW[form])])
    finally:
        reward.close()
    assert (score.kind, score.value) == ("time_limit", 0.75), score.reason


LIMITS = [
    ({"time_limit": 0.5}, 0.5, None),
    ({"time_limit": "2.5 seconds"}, 2.5, None),
    ({"time_limit": {"seconds": 3, "nanos": 500_000_000}}, 3.5, None),
    ({"time_limit": 2000}, 2.0, None),
    ({"metadata": {"time_limit": 4}}, 4.0, None),
    ({"memory_limit": 256.0}, None, 256.0),
    ({"memory_limit": "256.0 megabytes"}, None, 256.0),
    ({"memory_limit_bytes": 268435456}, None, 256.0),
    ({"time_limit": None, "memory_limit": ""}, None, None),
    ({"time_limit": -1, "memory_limit": "much"}, None, None),
]


@pytest.mark.parametrize(("columns", "time_limit_s", "memory_limit_mb"), LIMITS, ids=[str(row[0]) for row in LIMITS])
def test_a_row_gives_its_limits(columns, time_limit_s, memory_limit_mb):
    tests = read_tests(Sample(completion="", ground_truth={"inputs": ["1"], "outputs": ["1"]}, columns=columns))
    assert (tests.time_limit_s, tests.memory_limit_mb) == (time_limit_s, memory_limit_mb)


@pytest.mark.usefixtures("_works")
@pytest.mark.parametrize(
    ("program", "columns", "expected"),
    [
        (BURN.format(1.6) + "print(f(input()))", {"time_limit": 1}, "judged"),
        (BURN.format(3.5) + "print(f(input()))", {"time_limit": 1}, "time_limit"),
        (BURN.format(1.6) + "print(f(input()))", {"time_limit": 60}, "judged"),
        (BURN.format(9) + "print(f(input()))", {"time_limit": 60}, "time_limit"),
        ("x = bytearray(50 << 20)\nprint(input())", {"memory_limit": 64}, "judged"),
        ("x = bytearray(200 << 20)\nprint(input())", {"memory_limit": 64}, "memory_limit"),
    ],
)
def test_the_limits_of_a_row_hold_below_those_of_the_rubric(program, columns, expected):
    reward = CodeReward(CodeParams(cpu_s=4), RewardContext(deadline_s=20.0))
    try:
        tests = {"inputs": ["1"], "outputs": ["1"]}
        (score,) = reward.score([Sample(completion=f"```python\n{program}\n```", ground_truth=tests, columns=columns)])
    finally:
        reward.close()
    assert (score.status, score.kind, score.value) == ("scored", expected, float(expected == "judged")), score.reason

"""The details of a score show each test and each group of tests, within bounds."""

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward

FILE = """
import pytest
from solution import f
@pytest.mark.parametrize("x, y", [(1, 1), (2, 2), (3, 9)])
def test_square(x, y): assert f(x) == y
class TestMore:
    def test_a(self): assert f(5) == 5
    def test_b(self): assert f(6) == 7
def test_alone(): assert f(0) == 0
"""


@pytest.fixture(scope="module")
def share(_works):
    reward = CodeReward(CodeParams(cpu_s=2, score="share"), RewardContext(deadline_s=8.0))
    yield reward
    reward.close()


def judged(reward, program, tests):
    (score,) = reward.score([Sample(completion=f"```python\n{program}\n```", ground_truth=tests)])
    return score


def test_each_test_and_each_group_is_counted(share):
    score = judged(share, "def f(x): return x", {"kind": "pytest", "module": "solution", "test_file": FILE})
    assert score.value == pytest.approx(4 / 6)
    assert [result["verdict"] for result in score.details["results"]] == [
        *("passed", "passed", "wrong", "passed", "wrong", "passed")
    ]
    assert score.details["results"][2]["name"].startswith("test_square[")
    assert score.details["groups"] == {"test_square": {"passed": 2, "tests": 3}, "TestMore": {"passed": 1, "tests": 2}}


def test_a_row_names_the_groups_of_its_cases(share):
    cases = [{"input": str(n), "output": str(n), "group": "small" if n < 2 else "large"} for n in range(4)]
    score = judged(share, "n = int(input())\nprint(n if n < 3 else 0)", {"kind": "stdin", "cases": cases})
    assert score.details["groups"] == {"small": {"passed": 2, "tests": 2}, "large": {"passed": 1, "tests": 2}}
    calls = [{"args": [n], "expected": n, "group": "a" if n else "b"} for n in range(3)]
    score = judged(share, "def f(x): return 0", {"kind": "function", "fn_name": "f", "cases": calls})
    assert score.details["groups"] == {"b": {"passed": 1, "tests": 1}, "a": {"passed": 0, "tests": 2}}


def test_details_are_bounded(share):
    cases = [{"input": str(n), "output": "secret " * 1000} for n in range(60)]
    score = judged(share, "print('x' * 100_000)", {"kind": "stdin", "cases": cases})
    assert len(score.details["results"]) == 50
    assert max(len(result["message"]) for result in score.details["results"]) <= 200
    assert len(str(score.details["results"])) < 20_000


@pytest.mark.usefixtures("_works")
def test_a_score_names_the_isolation_and_the_assertions_taken_out():
    reward = CodeReward(CodeParams(isolation="taken_out"), RewardContext())
    try:
        score = judged(reward, "def f(x): return x", "for x in [1, 2]:\n    assert f(x) == x\nassert f(3) == 3")
        assert (score.value, score.details["tests_isolation"]) == (1.0, "taken_out")
        assert score.details["assertions"] == "3 of 3"
        score = judged(reward, "def f(x): return x", "assert f(1) == 1\nassert f(1) == f(1)")
        assert (score.status, score.kind) == ("abstained", "unsupported")
        assert "1 of 2" in score.reason
    finally:
        reward.close()


ORDER = [
    ({"any_order": "lines"}, "b\na", "a\nb\n", True),
    ({"any_order": "lines"}, "b a", "a b", False),
    ({"any_order": "lines"}, "a\na", "a\nb", False),
    ({"any_order": "lines", "float_tol": 1e-3}, "2.00001\n1.0", "1\n2", True),
    ({"any_order": "lines", "compare": "text"}, "b  \na", "a\nb", True),
    ({"any_order": "tokens"}, "3 2\n1", "1 2 3", True),
    ({"any_order": "tokens"}, "3 2", "1 2 3", False),
    ({}, "b\na", "a\nb", False),
]


@pytest.mark.parametrize(("options", "printed", "expected", "right"), ORDER)
def test_lines_and_tokens_may_come_in_any_order(share, options, printed, expected, right):
    tests = {"kind": "stdin", "cases": [{"input": "", "output": expected}], **options}
    assert judged(share, f"print({printed!r})", tests).value == float(right)


VALUES = [
    ("[2, 1]", [1, 2], True),
    ("[2, 2]", [1, 2], False),
    ("[[2], [1]]", [[1], [2]], True),
    ("(2, 1)", [1, 2], True),
    ("iter([2, 1])", [1, 2], True),
    ("2", 2, True),
]


@pytest.mark.parametrize(("given", "expected", "right"), VALUES)
def test_items_of_a_list_may_come_in_any_order(share, given, expected, right):
    case = {"args": [], "expected": expected}
    tests = {"kind": "function", "fn_name": "f", "cases": [case], "compare": "json_eq", "any_order": True}
    assert judged(share, f"def f(): return {given}", tests).value == float(right)


@pytest.mark.parametrize(("printed", "right"), [("1 2", True), ("2 1", True), ("1", False)])
def test_several_outputs_may_be_right(share, printed, right):
    tests = {"kind": "stdin", "cases": [{"input": "", "outputs": ["1 2", "2 1"]}]}
    assert judged(share, f"print({printed!r})", tests).value == float(right)
    calls = {"kind": "function", "fn_name": "f", "cases": [{"args": [], "expected": "1 2", "also": ["2 1"]}]}
    assert judged(share, f"def f(): return {printed!r}", calls).value == float(right)

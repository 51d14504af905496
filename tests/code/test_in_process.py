# ruff: noqa: E501 - programs and tests on one line each
"""Tests that run in the program's own process are asked for, say so, and are confined like any program."""

import runpy
from pathlib import Path

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.altered import halves
from rewardkit_code.reward import RISK_OF_READERS, CodeParams, CodeReward

ATTACKS = runpy.run_path(str(Path(__file__).with_name("attacks.py")))["ATTACKS"]
READERS = ("reads its own memory",)


@pytest.fixture(scope="module")
def judge(_works):
    reward = CodeReward(CodeParams(cpu_s=2, isolation="in_process"), RewardContext(deadline_s=8.0))

    def run(program, tests):
        (score,) = reward.score([Sample(completion=f"```python\n{program}\n```", ground_truth=tests)])
        return score

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RK_SECRET_TOKEN", "1")  # before the sandbox starts, with the first program
        yield run
    reward.close()


def file(text, kind="pytest"):
    return {"kind": kind, "module": "solution", "test_file": text}


SHAPE = "class Shape:\n    def double(self): return self.area() * 2"
DERIVED = file(
    "from solution import Shape\nclass Square(Shape):\n    def area(self): return 4\n"
    "def test_double(): assert Square().double() == Square().area() * 2"
)
ADD = {"kind": "asserts", "asserts": ["assert add(1, 2) == 3", "assert add(123, 456) == 579"]}
FORMS = {
    "asserts": ADD,
    "check": {
        "kind": "check",
        "entry_point": "add",
        "check": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(123, 456) == 579\n",
    },
    "unittest": file(
        "import unittest\nfrom solution import add\nclass T(unittest.TestCase):\n    def test_a(self):\n"
        "        self.assertEqual(add(1, 2), 3)\n        self.assertEqual(add(123, 456), 579)",
        "unittest",
    ),
    "pytest": file("from solution import add\ndef test_a():\n    assert add(1, 2) == 3 and add(123, 456) == 579"),
}


def test_tests_that_nothing_else_carries_are_judged_and_the_risk_is_stated(judge):
    right, wrong = judge(SHAPE, DERIVED), judge(SHAPE.replace("* 2", "* 3"), DERIVED)
    assert (right.value, wrong.value) == (1.0, 0.0), (right.reason, wrong.reason)
    for score in (right, wrong):
        assert (score.details["tests_isolation"], score.details["risk"]) == ("in_process", RISK_OF_READERS)
    assert RISK_OF_READERS in right.reason


def test_it_is_never_chosen_by_itself(reward):
    (score,) = reward.score([Sample(completion=f"```python\n{SHAPE}\n```", ground_truth=DERIVED)])
    assert (score.status, score.kind) == ("abstained", "unsupported")


@pytest.mark.parametrize("form", FORMS)
def test_right_and_wrong_programs_in_each_form(judge, form):
    scores = [
        judge(f"def add(a, b): return {result}", FORMS[form]) for result in ("a + b", "a + b + (a > 100)", "None")
    ]
    assert [score.value for score in scores] == [1.0, 0.0, 0.0], [score.reason for score in scores]


@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in READERS])
def test_a_program_that_does_not_read_its_tests_fails(judge, name):
    assert judge(ATTACKS[name], FORMS["asserts"]).value == 0.0


ESCAPES = {
    "sees the machine's files": "import os\nescaped = any(map(os.path.exists, ('/home', '/root', '/var/tmp', '/work')))",
    "sees the caller's environment": "import os\nescaped = 'RK_SECRET_TOKEN' in os.environ",
    "sees other processes": "import os\nescaped = len([p for p in os.listdir('/proc') if p.isdigit()]) > 1",
    "reaches the network": "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 9), 1)\n    escaped = True\nexcept ConnectionRefusedError: escaped = True\nexcept OSError: escaped = False",
    "writes to the interpreter": "import os\ntry:\n    open(os.__file__, 'ab')\n    escaped = True\nexcept OSError: escaped = False",
    "makes a namespace": "import ctypes\nescaped = ctypes.CDLL(None).unshare(0x10000000) == 0",
    "finds what the first run left": "import os\nescaped = os.path.exists('/tmp/seen')\nopen('/tmp/seen', 'w').close()",
}


@pytest.mark.parametrize("name", ESCAPES)
def test_a_program_there_stays_in_the_sandbox(judge, name):
    score = judge(ESCAPES[name], {"kind": "asserts", "asserts": ["assert escaped is False"]})
    assert score.value == 1.0, score.reason


ALTERED = [
    "assert f(2) == 4",
    "assert f(2)",
    "assert f(1) == 1 and f(2) == 4",
    "assert f(2) != 4",
    "assert 4 == f(2)",
    "self.assertEqual(f(2), 4)",
    "self.assertEqual([4], f(2))",
    "for x in xs:\n    assert f(x) == 1e300",
    "if xs:\n    pass\nelse:\n    assert f(2) == 1e999",
    "assert f(2) is None",
]
KEPT = [
    "assert True",
    "with pytest.raises(AssertionError):\n    assert f(2) == 4",
    "try:\n    assert f(2) == 4\nexcept AssertionError:\n    pass",
    "@pytest.mark.xfail\ndef test_a():\n    assert f(2) == 4",
    "self.assertEqual(f(2), g(2))",
]


@pytest.mark.parametrize("text", ALTERED)
def test_each_assertion_is_altered_in_one_of_two_runs(text):
    one, other = halves([text])
    assert sorted([len(one.must_fail), len(other.must_fail)]) == [0, 1]
    altered, plain = (one.texts[0], other.texts[0]) if one.must_fail else (other.texts[0], one.texts[0])
    assert altered != plain
    for written in (altered, plain):
        compile(written, "tests", "exec")
        assert "rewardkit_site(0)" in written


@pytest.mark.parametrize("text", KEPT)
def test_assertions_whose_failure_is_part_of_the_tests_stay(text):
    one, other = halves([text])
    assert one == other

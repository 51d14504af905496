# ruff: noqa: E501 - programs and tests on one line each
"""Programs that once got 1 without being right, each of a class of its own; and tests that no program could fail."""

import pytest

FILE = "import unittest\n{imports}\nclass T(unittest.TestCase):\n    def test_a(self): {body}"


def asserts(*texts):
    return {"kind": "asserts", "asserts": list(texts)}


def file(text):
    return {"kind": "pytest", "module": "solution", "test_file": text}


EVIL = "class Evil:\n    def __contains__(s, o): return True\n    def __sub__(s, o): return 0\n    def __eq__(s, o): return True\n    __hash__ = None\n"
WRONG = {
    "ends map and zip": (
        "def f(x): raise StopIteration",
        asserts(
            "assert all(a == b for a, b in [(1, 1)]) and list(zip(map(f, [1, 2]), [2, 3])) == list(zip(map(f, [1, 2]), [2, 3]))\nassert all(map(f, [1, 2]))"
        ),
    ),
    "ends asynchronous loops": (
        "async def f(x): raise StopAsyncIteration",
        asserts(
            "import asyncio\nasync def each():\n    for x in [1]: yield await f(x) == 2\nasync def main(): return all([ok async for ok in each()])\nassert asyncio.run(main())"
        ),
    ),
    "gives a container of everything from a method": (
        EVIL + "class Solution:\n    def f(self, x): return Evil()",
        asserts("assert 5 in Solution().f(1)"),
    ),
    "gives a number of every difference from a method": (
        EVIL + "class Solution:\n    def f(self, x): return Evil()",
        asserts("assert abs(Solution().f(1) - 2.5) < 1e-6"),
    ),
    "is a container of everything": (
        "class S:\n    def __init__(s, e): pass\n    def __contains__(s, o): return True",
        asserts("assert 3 in S([1, 3])"),
    ),
    "equals every tuple": (
        "class V:\n    def __init__(s, *a): pass\n    def __eq__(s, o): return True",
        asserts("assert V(1, 2) == (1, 2)"),
    ),
    "equals objects of another class": (
        EVIL
        + "class P:\n    def __init__(s, x): s.x = x\n    def __eq__(s, o): return s.x == o.x\ndef f(): return Evil()",
        asserts("assert f() == P(1)"),
    ),
    "suppresses failures in its context": (
        "class C:\n    def __enter__(s): return 0\n    def __exit__(s, *a): return True",
        asserts("with C() as x: assert x == 5"),
    ),
    "suppresses errors in its context": (
        "class C:\n    def __enter__(s): return []\n    def __exit__(s, *a): return True",
        asserts("with C() as x:\n    assert x[0] == 5"),
    ),
    "takes the place of every builtin": (
        "def filter(xs): return []\ndef len(x): return 1",
        asserts("assert len(filter([1, -1])) == 1"),
    ),
    "leaves the builtin in its place": ("pass", asserts("assert pow(2, 3) == 8")),
    "replaces a tool by import *": (
        "def isclose(*a): return True\ndef f(x): return 0",
        file("from math import isclose\nfrom solution import *\ndef test_a(): assert isclose(f(2), 4)"),
    ),
    "replaces a constant by import *": (
        "EXPECTED = 0\ndef f(x): return 0",
        file("EXPECTED = 4\nfrom solution import *\ndef test_a(): assert f(2) == EXPECTED"),
    ),
    "returns its own expectation": (
        "class R(float):\n    pass\ndef sqrt(x): return f(x)\ndef f(x): return R(9)",
        asserts("assert f(4) == sqrt(4)"),
    ),
    "empties its argument": (
        "def f(xs):\n    xs.clear()\n    return []",
        asserts("xs = [2, 1]\nr = f(xs)\nassert r == sorted(xs)"),
    ),
    "sets a mock's assertions": (
        "def f(m):\n    m.assert_called_once_with = lambda *a: None",
        file(
            "from unittest.mock import Mock\nfrom solution import f\ndef test_a():\n    m = Mock()\n    f(m)\n    m.assert_called_once_with(3)"
        ),
    ),
    "resets a mock": (
        "def f(m):\n    m(1)\n    m.reset_mock()\n    m(3)",
        file(
            "from unittest.mock import Mock\nfrom solution import f\ndef test_a():\n    m = Mock()\n    f(m)\n    m.assert_called_once_with(3)"
        ),
    ),
    "reads a callback's globals": (
        "def f(g): return g.__globals__['EXPECTED']",
        asserts("EXPECTED = 41\ndef g(): pass\nassert f(g) == 41"),
    ),
    "is an asynchronous check's failure": (
        "def f(x): return 0",
        {"kind": "check", "entry_point": "f", "check": "async def check(candidate):\n    assert candidate(1) == 2\n"},
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_program_gets_0(judge, name):
    program, tests = WRONG[name]
    score = judge(program, tests)
    assert (score.status, score.value) == ("scored", 0.0), score.reason


def test_a_byte_that_is_no_text_equals_no_question_mark(judge):
    tests = {"kind": "stdin", "cases": [{"input": "", "output": "?"}]}
    assert judge("import os\nos.write(1, b'\\xff')", tests).value == 0.0
    assert judge("print('?')", tests).value == 1.0


UNSUPPORTED = {
    "do not parse": asserts("assert f(1) ="),
    "need a package": asserts("import nowhere_to_be_found\nassert f(1) == 2"),
    "yield": file("from solution import f\ndef test_a():\n    yield f(1) == 3"),
    "never run a coroutine": {
        "kind": "unittest",
        "module": "solution",
        "test_file": FILE.format(imports="from solution import f", body="pass").replace(
            "    def test_a(self): pass", "    async def test_a(self): self.assertEqual(f(1), 2)"
        ),
    },
    "assert a tuple": asserts("assert (f(1) == 2, 'wrong')"),
    "only define functions": asserts("def test_a():\n    assert f(1) == 2"),
    "use a fixture that is not there": file("from solution import f\ndef test_a(database): assert f(1) == 2"),
    "hold no test": file("from solution import f\ndef a(): assert f(1) == 2"),
    "skip all tests": file("import pytest\nfrom solution import f\n@pytest.mark.skip\ndef test_a(): assert f(1) == 2"),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_tests_that_judge_nobody_abstain(judge, name):
    for program in ("def f(x): return x + 1", "def f(x): return None"):
        score = judge(program, UNSUPPORTED[name])
        assert (score.status, score.kind) == ("abstained", "unsupported"), score.reason
        assert score.reason

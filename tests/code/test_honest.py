"""Right programs pass, by each way to test, in the many ways that right programs are written."""

# ruff: noqa: E501

import pytest

ADD = {
    "kind": "function",
    "fn_name": "add",
    "cases": [{"args": [1, 2], "expected": 3}, {"args": [-5, 5], "expected": 0}],
}
SQUARE = {"kind": "stdin", "cases": [{"input": "3\n", "output": "9\n"}, {"input": "-7\n", "output": "49\n"}]}


def function(name, *cases, **more):
    rows = [{"args": list(args), "expected": expected} for args, expected in cases]
    return {"kind": "function", "fn_name": name, "cases": rows, **more}


def asserts(*texts, setup=""):
    return {"kind": "asserts", "setup": setup, "asserts": list(texts)}


def unittest_file(body, *names):
    imports = f"from solution import {', '.join(names)}" if names else "import solution"
    lines = "\n".join(f"        {line}" for line in body.strip("\n").split("\n"))
    text = f"import unittest\n{imports}\n\nclass T(unittest.TestCase):\n    def test_it(self):\n{lines}\n"
    return {"kind": "unittest", "module": "solution", "test_file": text}


@pytest.mark.parametrize(
    "program",
    [
        "print(int(input()) ** 2)",
        "import sys\nn = int(sys.stdin.readline())\nsys.stdout.write(str(n * n))",
        "import os\nn = int(open(0).read())\nos.write(1, b'%d\\n' % (n * n))\nos._exit(0)",
        "import atexit\nout = []\natexit.register(lambda: print(*out))\nout.append(int(input()) ** 2)",
        "import threading\nthreading.Thread(target=lambda: print(int(input()) ** 2)).start()",
        "import subprocess, sys\nprint(int(subprocess.check_output(['cat'], stdin=0)) ** 2)",
        "if __name__ == '__main__':\n    print(int(input()) ** 2, end='  \\n\\n')\n    exit(0)",
        "import asyncio\nasync def main(): print(int(input()) ** 2)\nasyncio.run(main())",
        "n = int(input())\nprint('debug', file=__import__('sys').stderr)\nprint(n * n)\nraise SystemExit",
    ],
)
def test_programs_on_standard_input(judge, program):
    assert judge(program, SQUARE).value == 1.0


@pytest.mark.parametrize(
    "program",
    [
        "def add(a, b): return a + b",
        "add = lambda a, b: a + b",
        "from operator import add",
        "import functools\n@functools.cache\ndef add(a, b): return a + b",
        "class Adder:\n    def __call__(self, a, b): return a + b\nadd = Adder()",
        "def add(a, b):\n    print('working')\n    return a + b",
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    a: int\n    b: int\ndef add(a, b): p = P(a, b); return p.a + p.b",
        "class N(int):\n    pass\ndef add(a, b): return N(a + b)",
        "import multiprocessing as m\ndef add(a, b):\n    with m.Pool(1) as p: return sum(p.map(abs, [])) + a + b",
        "x = 5\ndef add(a, b):\n    global x\n    x += 1\n    return a + b",
    ],
)
@pytest.mark.parametrize("way", ["function", "asserts", "check", "unittest", "pytest"])
def test_programs_that_define_a_function(judge, program, way):
    tests = {
        "function": ADD,
        "asserts": asserts("assert add(1, 2) == 3", "assert add(-5, 5) == 0"),
        "check": {
            "kind": "check",
            "entry_point": "add",
            "check": "def check(f):\n    assert f(1, 2) == 3\n    assert f(-5, 5) == 0",
        },
        "unittest": unittest_file("self.assertEqual(add(1, 2), 3)\nself.assertEqual(add(-5, 5), 0)", "add"),
        "pytest": {
            "kind": "pytest",
            "module": "solution",
            "test_file": "import solution\ndef test_it():\n    assert solution.add(1, 2) == 3",
        },
    }[way]
    score = judge(program, tests)
    assert score.value == 1.0, score.reason


def test_calls_look_into_class_solution(judge):
    program = "class Solution:\n    def add(self, a: int, b: int) -> int:\n        return a + b"
    score = judge(program, ADD)
    assert score.value == 1.0, score.reason


def test_containers_of_every_plain_type(judge):
    expected = "(1, 2.5, 'x', None, [True], {'k': (1,)}, {1, 2}, float('inf'))"
    tests = {"kind": "function", "fn_name": "f", "cases": [{"args": [], "expected_py": expected}]}
    assert judge("def f(): return (1, 2.5, 'x', None, [True], {'k': (1,)}, {1, 2}, 1e999)", tests).value == 1.0


def test_arguments_that_are_changed_in_place(judge):
    tests = function("f", ([[3, 1, 2]], None), check_args=True, args_after=[[[1, 2, 3]]])
    assert judge("def f(xs): xs.sort()", tests).value == 1.0
    assert judge("def f(xs): pass", tests).value == 0.0
    assert judge("def f(xs): return None", asserts("xs = [2, 1]\nf(xs)\nassert xs == [1, 2]")).value == 0.0
    assert judge("def f(xs): xs.sort()", asserts("xs = [2, 1]\nf(xs)\nassert xs == [1, 2]")).value == 1.0


def test_deep_recursion_and_much_memory(judge):
    program = (
        "import sys, threading\nsys.setrecursionlimit(30000)\nthreading.stack_size(64 << 20)\n"
        "def f(n):\n    b = bytearray(150 << 20)\n    del b\n    out = []\n"
        "    def go(k): return 0 if k == 0 else 1 + go(k - 1)\n"
        "    t = threading.Thread(target=lambda: out.append(go(n)))\n    t.start()\n    t.join()\n    return out[0]"
    )
    assert judge(program, function("f", ([20000], 20000))).value == 1.0


def test_iterators_count_where_the_task_lists_them(judge):
    tests = function("f", ([3], [0, 1, 2]))
    program = "def f(n): yield from range(n)"
    assert judge(program, tests).value == 0.0
    assert judge(program, tests | {"compare": "json_eq"}).value == 1.0
    assert judge(program, asserts("assert list(f(3)) == [0, 1, 2]")).value == 1.0


def test_expressions_see_the_prelude_and_the_program(judge):
    tests = {"kind": "expr", "prelude": "from math import tau", "cases": [{"expr": "f(1) + int(tau)", "output": "8"}]}
    assert judge("def f(x): return x + 1", tests).value == 1.0


def test_classes_with_operators(judge):
    program = """
class V:
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, o): return V(self.x + o.x, self.y + o.y)
    def __mul__(self, k): return V(self.x * k, self.y * k)
    __rmul__ = __mul__
    def __eq__(self, o): return isinstance(o, V) and (self.x, self.y) == (o.x, o.y)
    def __abs__(self): return (self.x ** 2 + self.y ** 2) ** 0.5
    def __lt__(self, o): return abs(self) < abs(o)
    def __len__(self): return 2
    def __iter__(self): return iter((self.x, self.y))
    def __getitem__(self, i): return (self.x, self.y)[i]
    def __str__(self): return f'<{self.x} {self.y}>'
    def __hash__(self): return hash((self.x, self.y))
    @property
    def sum(self): return self.x + self.y
    @classmethod
    def zero(cls): return cls(0, 0)
class W(V):
    pass
"""
    body = """
a, b = V(3, 4), V(1, 1)
self.assertEqual(a + b, V(4, 5))
self.assertNotEqual(a, b)
self.assertEqual(2 * b * 2, V(4, 4))
self.assertEqual(abs(a), 5)
self.assertLess(b, a)
self.assertEqual(sorted([a, b]), [b, a])
self.assertEqual(len(a), 2)
self.assertEqual(list(a), [3, 4])
self.assertIn(3, a)
self.assertNotIn(5, a)
self.assertEqual(a[1], 4)
self.assertEqual(str(a), '<3 4>')
self.assertEqual({a: 1}[V(3, 4)], 1)
self.assertEqual(a.sum, 7)
a.x = 0
self.assertEqual(a.sum, 4)
self.assertIsInstance(V.zero(), V)
self.assertIsInstance(W(1, 2), V)
self.assertIs(type(W(1, 2)), W)
self.assertFalse(hasattr(a, 'nothing'))
"""
    score = judge(program, unittest_file(body, "V", "W"))
    assert score.value == 1.0, score.reason


def test_exceptions_of_every_kind(judge):
    program = """
import json
class Own(ValueError):
    def __init__(self, message, code):
        super().__init__(message)
        self.code = code
def f(kind):
    if kind == 'own': raise Own('mine', 7)
    if kind == 'json': json.loads('{')
    raise KeyError('k')
"""
    body = """
import json
with self.assertRaises(Own) as caught:
    f('own')
self.assertEqual(caught.exception.args[0], 'mine')
self.assertEqual(caught.exception.code, 7)
self.assertEqual(type(caught.exception), Own)
with self.assertRaises(ValueError):
    f('own')
with self.assertRaises(json.JSONDecodeError):
    f('json')
with self.assertRaisesRegex(KeyError, 'k'):
    f('')
"""
    score = judge(program, unittest_file(body, "f", "Own"))
    assert score.value == 1.0, score.reason


def test_callbacks_files_and_patches(judge):
    program = "def f(read, items): return [read(item) for item in items]\ndef g(name):\n    with open(name) as file: return file.read()"
    body = """
import io
from unittest import mock
self.assertEqual(f(lambda x: x * 2, [1, 2]), [2, 4])
self.assertEqual(f(str.upper, ['a']), ['A'])
def fail(x): raise KeyError('mine')
with self.assertRaises(KeyError):
    f(fail, [1])
with mock.patch('solution.open', create=True, side_effect=lambda name: io.StringIO('<' + name + '>')):
    self.assertEqual(g('x'), '<x>')
"""
    score = judge(program, unittest_file(body, "f", "g"))
    assert score.value == 1.0, score.reason


def test_pytest_parametrize_fixtures_raises_and_approx(judge):
    text = """
import pytest
from solution import half, Box

@pytest.fixture
def box():
    yield Box(4)

@pytest.fixture(params=[1, 3])
def odd(request):
    return request.param

@pytest.mark.parametrize("x, y", [(2, 1), pytest.param(5, 2.5), (0.3, pytest.approx(0.15))])
def test_half(x, y):
    assert half(x) == y

def test_odd(odd):
    assert half(odd) * 2 == odd

def test_box(box):
    assert box.value == 4

@pytest.mark.skip(reason="later")
def test_later():
    assert False

class TestErrors:
    def setup_method(self):
        self.bad = "x"

    def test_raises(self):
        with pytest.raises(TypeError, match="str"):
            half(self.bad)
"""
    program = "def half(x): return x / 2\nclass Box:\n    def __init__(self, v): self.value = v"
    score = judge(program, {"kind": "pytest", "module": "solution", "test_file": text})
    assert (score.value, score.details["tests"]) == (1.0, 7), score.reason
    wrong = judge(program.replace("x / 2", "x / 3"), {"kind": "pytest", "module": "solution", "test_file": text})
    assert wrong.value == 0.0


def test_a_function_that_is_called_as_a_builtin(judge):
    assert judge("def sum(a, b): return a + b", asserts("assert sum(10, 15) == 25")).value == 1.0


def test_a_humaneval_completion_that_continues_its_prompt(reward):
    from rewardkit import Sample

    columns = {"test": "def check(candidate):\n    assert candidate(2) == 5\n", "entry_point": "f"}
    prompt = "def helper(x):\n    return 2 * x\n\ndef f(x):\n    '''Twice x and one.'''\n"
    for completion in (
        "    return helper(x) + 1\n",
        f"```python\n{prompt}    return helper(x) + 1\n```",
        "    return 2",
    ):
        (score,) = reward.score([Sample(prompt=prompt, completion=completion, columns=columns)])
        assert score.value == (0.0 if completion.endswith("2") else 1.0), score.reason


def test_apps_answers_in_lists_of_one_all_or_none(judge):
    tests = {"fn_name": "f", "inputs": [[1], [2]], "outputs": [[2], [4]]}
    assert judge("def f(x): return 2 * x", tests).value == 1.0
    assert judge("def f(x): return [2 * x]", tests).value == 1.0
    assert judge("def f(x): return 2 * x if x == 1 else [2 * x]", tests).value == 0.0
    assert judge("def f(x): return min(x)", {"fn_name": "f", "inputs": [[[2, 1]]], "outputs": [[1, 2]]}).value == 0.0

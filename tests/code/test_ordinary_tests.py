# ruff: noqa: E501 - programs and tests on one line each
"""Ordinary tests of every shape: a right program gets 1, a wrong one and one whose objects equal everything get 0."""

import ast
import runpy
from pathlib import Path

import pytest

LIAR = """
class Liar:
    def __init__(self, *a, **k): pass
    def __eq__(self, o): return True
    def __ne__(self, o): return False
    def __lt__(self, o): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __hash__(self): return 0
    def __iter__(self): return iter(())
    def __len__(self): return 1
    def __call__(self, *a, **k): return Liar()
    def __getitem__(self, k): return Liar()
    def __enter__(self): return self
    def __exit__(self, *a): return True
    def __abs__(self): return 0
    def __sub__(self, o): return Liar()
    __add__ = __radd__ = __rsub__ = __mul__ = __rmul__ = __sub__
    def __getattr__(self, n):
        if n.startswith("__"): raise AttributeError(n)
        return Liar()
"""

ASSERTS = {
    "an enum member by ==": (
        "import enum\nclass C(enum.Enum):\n    R = 1\n    G = 2\ndef f(x): return C.R if x else C.G",
        "assert f(1) == C.R and f(0) != C.R",
    ),
    "an enum member by identity": (
        "import enum\nclass C(enum.Enum):\n    R = 1\n    G = 2\ndef f(x): return C.R if x else C.G",
        "assert f(1) is C.R and f(0) is not C.R",
    ),
    "an IntEnum as an int": (
        "import enum\nclass C(enum.IntEnum):\n    R = 7\ndef f(): return C.R",
        "assert f() == 7 and isinstance(f(), int)",
    ),
    "one object, one identity": (
        "class N:\n    def __init__(s, v): s.v, s.next = v, None",
        "m = N(2)\nn = N(1)\nn.next = m\nassert n.next is m and n.next.v == 2",
    ),
    "a change in place by keyword": ("def f(nums): nums.sort()", "a = [3, 1, 2]\nf(nums=a)\nassert a == [1, 2, 3]"),
    "a change in place beside a result": (
        "def f(a, v):\n    a[:] = [x for x in a if x != v]\n    return len(a)",
        "a = [3, 2, 2, 3]\nk = f(a, 3)\nassert k == 2 and sorted(a[:k]) == [2, 2]",
    ),
    "a change in place of inner rows": (
        "def f(m):\n    for row in m: row.reverse()",
        "row = [1, 2]\nm = [row]\nf(m)\nassert m == [[2, 1]] and row == [2, 1]",
    ),
    "the argument as the result": (
        "def f(d):\n    d['a'] = 1\n    return d",
        "d = {}\ne = f(d)\nassert e is d and d == {'a': 1}",
    ),
    "a coroutine": ("async def f(x): return x * x", "import asyncio\nassert asyncio.run(f(2)) == 4"),
    "coroutines together": (
        "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x * 2",
        "import asyncio\nasync def main(): return await asyncio.gather(f(1), f(2))\nassert asyncio.run(main()) == [2, 4]",
    ),
    "a generator that is sent to": (
        "def f():\n    x = 0\n    while True: x = (yield x * 2)",
        "g = f()\nnext(g)\nassert g.send(5) == 10",
    ),
    "iterators as arguments": ("def f(it): return sum(it)", "assert f(iter([1, 2])) == 3 and f(x for x in [4]) == 4"),
    "a decorated function of the test": (
        "import functools\ndef memo(fn):\n    seen = {}\n    @functools.wraps(fn)\n    def w(x):\n        if x not in seen: seen[x] = fn(x)\n        return seen[x]\n    return w",
        "calls = []\n@memo\ndef g(x):\n    calls.append(x)\n    return x + 1\nassert g(1) == 2 and g(1) == 2 and calls == [1] and g.__name__ == 'g'",
    ),
    "a callback that calls the program": (
        "def f(xs, fn): return [fn(x) for x in xs]",
        "assert f(['a', 'b'], lambda x: ''.join(f(['1', '2'], lambda y: x + y))) == ['a1a2', 'b1b2']",
    ),
    "objects of the test's own class": (
        "def f(h):\n    back = None\n    while h: h.next, back, h = back, h, h.next\n    return back",
        "class Node:\n    def __init__(s, val, next=None): s.val, s.next = val, next\nr = f(Node(1, Node(2)))\nassert r.val == 2 and r.next.val == 1 and r.next.next is None",
    ),
    "a file of the test's own": (
        "def f(h): h.write('x')",
        "import io\nb = io.StringIO()\nf(b)\nassert b.getvalue() == 'x'",
    ),
    "a path": ("def f(p): return p.name", "import pathlib\nassert f(pathlib.Path('a/b.txt')) == 'b.txt'"),
    "a signature": (
        "def f(a, b=2, *, c): pass",
        "import inspect\np = inspect.signature(f).parameters\nassert list(p) == ['a', 'b', 'c'] and p['b'].default == 2",
    ),
    "names and docstrings": (
        "def f():\n    'd'\nclass K:\n    'k'\n    def m(self): pass",
        "assert f.__name__ == 'f' and f.__doc__ == 'd' and K.__name__ == 'K' and hasattr(K, 'm') and isinstance(K(), K)",
    ),
    "a dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    y: int",
        "import dataclasses\np = P(1, 2)\nassert repr(p) == 'P(x=1, y=2)' and p == P(1, 2) and dataclasses.asdict(p) == {'x': 1, 'y': 2}",
    ),
    "operators of its own": (
        "class V:\n    def __init__(s, x, y): s.x, s.y = x, y\n    def __mul__(s, k): return V(s.x * k, s.y * k)\n    __rmul__ = __mul__\n    def __add__(s, o): return V(s.x + o.x, s.y + o.y)\n    def __eq__(s, o): return (s.x, s.y) == (o.x, o.y)",
        "assert V(1, 2) * 3 == V(3, 6) and 3 * V(1, 2) == V(3, 6) and (V(1, 2) + V(1, 1)).x == 2",
    ),
    "equality with plain data of its own": (
        "class V:\n    def __init__(s, x, y): s.x, s.y = x, y\n    def __eq__(s, o): return (s.x, s.y) == tuple(o)",
        "assert V(1, 2) == (1, 2)",
    ),
    "a container of its own": (
        "class S:\n    def __init__(s, e): s.e = list(e)\n    def __contains__(s, x): return x in s.e\n    def union(s, o): return S(s.e + o.e)",
        "assert 3 in S([1, 2, 3]) and 4 not in S([1]) and 4 in S([1]).union(S([4]))",
    ),
    "a context manager": (
        "class C:\n    def __enter__(s): return 5\n    def __exit__(s, *a): return False",
        "with C() as x: assert x == 5",
    ),
    "an error of its own": (
        "class E(ValueError):\n    def __str__(s): return 'code %d' % s.args\ndef f(): raise E(3)",
        "try:\n    f()\nexcept E as e:\n    text = str(e)\nassert text == 'code 3'",
    ),
    "a subclass of its class": (
        "class Shape:\n    def area(self): raise NotImplementedError\n    def describe(self): return f'area {self.area()}'",
        "class Square(Shape):\n    def area(self): return 4\nassert Square().describe() == 'area 4'",
    ),
    "a warning": (
        "import warnings\ndef f(): warnings.warn('old', DeprecationWarning)",
        "import warnings\nwith warnings.catch_warnings(record=True) as seen:\n    warnings.simplefilter('always')\n    f()\nassert [str(w.message) for w in seen] == ['old'] and seen[0].category is DeprecationWarning",
    ),
    "a seed": (
        "import random\ndef f(): return random.randint(1, 10**9)",
        "import random\nexpected = random.Random(3).randint(1, 10**9)\nrandom.seed(3)\nassert f() == expected",
    ),
    "a deep list": (
        "def f(n):\n    r = []\n    for _ in range(n): r = [r]\n    return r",
        "x, n = f(200), 0\nwhile x: x, n = x[0], n + 1\nassert n == 200",
    ),
    "a function that is named like a builtin": (
        "def filter(xs): return [x for x in xs if x > 0]",
        "assert filter([1, -1]) == [1]",
    ),
}
FILES = {
    "patched standard output": (
        "def f(): print('hi')",
        "import io, unittest\nfrom unittest.mock import patch\nfrom solution import f\nclass T(unittest.TestCase):\n    @patch('sys.stdout', new_callable=io.StringIO)\n    def test_a(self, out):\n        f()\n        self.assertEqual(out.getvalue(), 'hi\\n')",
    ),
    "captured logging": (
        "import logging\ndef f(): logging.info('hi')",
        "import unittest\nfrom solution import f\nclass T(unittest.TestCase):\n    def test_a(self):\n        with self.assertLogs(level='INFO') as c: f()\n        self.assertIn('hi', c.output[0])",
    ),
    "a patched module": (
        "import time\ndef f(): return time.time()",
        "import unittest\nfrom unittest.mock import patch\nimport solution\nclass T(unittest.TestCase):\n    @patch('solution.time.time', return_value=5.0)\n    def test_a(self, m): self.assertEqual(solution.f(), 5.0)",
    ),
    "a temporary file": (
        "def f(p):\n    with open(p) as h: return len(h.read())",
        "import tempfile, unittest\nfrom solution import f\nclass T(unittest.TestCase):\n    def test_a(self):\n        with tempfile.NamedTemporaryFile('w', delete=False) as h: h.write('abc')\n        self.assertEqual(f(h.name), 3)",
    ),
    "asynchronous unittest": (
        "async def f(x): return x + 1",
        "import unittest\nfrom solution import f\nclass T(unittest.IsolatedAsyncioTestCase):\n    async def test_a(self): self.assertEqual(await f(1), 2)",
    ),
    "a mock": (
        "def f(cb): return cb(3) + 1",
        "from unittest.mock import Mock\nfrom solution import f\ndef test_a():\n    m = Mock(return_value=4)\n    assert f(m) == 5\n    m.assert_called_once_with(3)",
    ),
    "capsys": (
        "def f(): print('hi')",
        "from solution import f\ndef test_a(capsys):\n    f()\n    assert capsys.readouterr().out == 'hi\\n'",
    ),
    "tmp_path": (
        "def f(p):\n    with open(p, 'w') as h: h.write('abc')",
        "from solution import f\ndef test_a(tmp_path):\n    f(str(tmp_path / 'o.txt'))\n    assert (tmp_path / 'o.txt').read_text() == 'abc'",
    ),
    "an environment variable": (
        "import os\ndef f(): return os.environ['K']",
        "from solution import f\ndef test_a(monkeypatch):\n    monkeypatch.setenv('K', 'v')\n    assert f() == 'v'",
    ),
    "patched input": (
        "def f(): return int(input()) * 2",
        "from unittest.mock import patch\nfrom solution import f\ndef test_a():\n    with patch('builtins.input', return_value='21'): assert f() == 42",
    ),
    "standard input of the test": (
        "def f(): return int(input()) * 2",
        "import io\nfrom solution import f\ndef test_a(monkeypatch):\n    monkeypatch.setattr('sys.stdin', io.StringIO('21\\n'))\n    assert f() == 42",
    ),
    "a patched open": (
        "def f():\n    with open('x') as h: return h.read()",
        "from unittest.mock import mock_open, patch\nfrom solution import f\ndef test_a():\n    with patch('builtins.open', mock_open(read_data='hey')): assert f() == 'hey'",
    ),
    "parameters, fixtures and classes": (
        "def f(x): return x * 2",
        "import pytest\nfrom solution import f\n@pytest.fixture\ndef three(): yield 3\n@pytest.mark.parametrize('x, y', [(1, 2), pytest.param(2, 4, id='two')])\ndef test_a(x, y): assert f(x) == y\nclass TestB:\n    def test_b(self, three): assert f(three) == 6",
    ),
    "an expected error": (
        "def f(x):\n    if x < 0: raise ValueError('negative x')\n    return x",
        "import pytest\nfrom solution import f\ndef test_a():\n    with pytest.raises(ValueError, match='negative'): f(-1)\n    assert f(3) == 3",
    ),
    "an asynchronous test": (
        "async def f(x): return x + 1",
        "import pytest\nfrom solution import f\n@pytest.mark.asyncio\nasync def test_a(): assert await f(1) == 2",
    ),
}
MORE = runpy.run_path(str(Path(__file__).with_name("more_shapes.py")))
ASSERTS |= MORE["ASSERTS"]
FILES |= MORE["FILES"]
NONE_PASSES = {"singleton by __new__"}
"""Tests that plain Python lets pass with methods that return None."""
TASKS = {
    **{name: (program, {"kind": "asserts", "asserts": [text]}) for name, (program, text) in ASSERTS.items()},
    **{
        name: (program, {"kind": "pytest", "module": "solution", "test_file": text})
        for name, (program, text) in FILES.items()
    },
}


def twin(program, body):
    """The program with `body` in the place of each function, and of each method."""
    tree = ast.parse(program)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = ast.parse(body).body
            node.args = ast.parse("def f(*a, **k): pass").body[0].args
    return ast.unparse(tree)


@pytest.mark.parametrize("name", TASKS)
def test_a_right_program_gets_1(judge, name):
    program, tests = TASKS[name]
    score = judge(program, tests)
    assert score.value == 1.0, score.reason


@pytest.mark.parametrize("name", FILES)
def test_a_right_program_gets_1_without_namespaces(judge_without_namespaces, name):
    program, tests = TASKS[name]
    score = judge_without_namespaces(program, tests)
    assert score.value == 1.0, score.reason


def has_functions(program):
    return twin(program, "return None") != ast.unparse(ast.parse(program))


# A class that passes without its methods, or a test that a constant satisfies, says nothing of the judge.
WRONG = [
    (name, body)
    for name, (program, _) in TASKS.items()
    for body in ("return None", "return Liar()", "raise StopIteration")
    if has_functions(program) and not (body == "return None" and name in NONE_PASSES)
]


@pytest.mark.parametrize(("name", "body"), WRONG)
def test_a_wrong_program_does_not(judge, name, body):
    program, tests = TASKS[name]
    source = LIAR + twin(program, body)
    score = judge(source, tests)
    assert score.value in (0.0, None), score.reason
    if not any(isinstance(node, ast.ClassDef) for node in ast.walk(ast.parse(program))):
        assert (score.status, score.value) == ("scored", 0.0), score.reason

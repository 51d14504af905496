"""Programs that attack their judge score 0, as wrong answers, and the next right program passes.

Each stands for a class of attack; where the attack would make the program right, a pass proves a hole.
"""

# ruff: noqa: E501

import runpy
from pathlib import Path

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward

RIGHT = "def add(a, b): return a + b"
ADD = {
    "kind": "function",
    "fn_name": "add",
    "cases": [{"args": [1, 2], "expected": 3}, {"args": [123, 456], "expected": 579}],
}
WAYS = {
    "function": ADD,
    "asserts": {"kind": "asserts", "setup": "", "asserts": ["assert add(1, 2) == 3", "assert add(123, 456) == 579"]},
    "check": {
        "kind": "check",
        "entry_point": "add",
        "check": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(123, 456) == 579\n",
    },
    "unittest": {
        "kind": "unittest",
        "module": "solution",
        "test_file": "import unittest\nfrom solution import add\nclass T(unittest.TestCase):\n"
        "    def test_add(self):\n        self.assertEqual(add(1, 2), 3)\n        self.assertEqual(add(123, 456), 579)\n",
    },
    "pytest": {
        "kind": "pytest",
        "module": "solution",
        "test_file": "from solution import add\ndef test_add():\n    assert add(1, 2) == 3\n    assert add(123, 456) == 579\n",
    },
}

LIAR = """
class X:
    def __eq__(self, o): return True
    def __ne__(self, o): return False
    def __lt__(self, o): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __sub__(self, o): return 0
    __rsub__ = __add__ = __radd__ = __mod__ = __truediv__ = __floordiv__ = __xor__ = __sub__
    def __abs__(self): return 0
    def __bool__(self): return True
    def __float__(self): return 0.0
    def __int__(self): return 0
    def __round__(self, n=0): return 0
    def __contains__(self, o): return True
    def __len__(self): return 0
    def __iter__(self): return iter(())
    def __hash__(self): return 0
    def __getattr__(self, n): return lambda *a, **k: True
"""

FORGE = """
import gc, os
server = next((o for o in gc.get_objects() if type(o).__name__ == 'Server'), None)
def say(*parts):
    global server
    server = next((o for o in gc.get_objects() if type(o).__name__ == 'Server'), None)
    if server: server._send(*parts)
    os._exit(0)
def raw(body):
    # bytes of its own as the answer, over whichever way there is
    server = next((o for o in gc.get_objects() if type(o).__name__ == 'Server'), None)
    text = (b'[%d,"ok",' % server._nonce if server else b'["ok",') + body + b']'
    text = len(text).to_bytes(4, 'big') + text
    while text: text = text[os.write(4 if server else 3, text):]
    os._exit(0)
"""

PROGRAMS = {
    "exits in the call": "import os\ndef add(a, b): os._exit(0)",
    "raises SystemExit": "def add(a, b): raise SystemExit(0)",
    "raises GeneratorExit": "def add(a, b): raise GeneratorExit",
    "raises KeyboardInterrupt": "def add(a, b): raise KeyboardInterrupt",
    "exits while loading": "import os\nos._exit(0)\ndef add(a, b): return a + b",
    "exits with the status of broken set-ups": "import os\ndef add(a, b): os._exit(65)",
    "becomes another program": "import os\ndef add(a, b): os.execv('/bin/true', ['true'])",
    "skips by unittest": "import unittest\ndef add(a, b): raise unittest.SkipTest('x')",
    "skips under a borrowed name": "class Skipped(Exception): pass\nSkipped.__module__ = '_pytest.outcomes'\ndef add(a, b): raise Skipped",
    "claims to be unittest's": "class SkipTest(Exception): pass\nSkipTest.__module__ = 'unittest.case'\ndef add(a, b): raise SkipTest",
    "equals everything": LIAR + "def add(a, b): return X()",
    "is a class that equals everything": LIAR + "class add(X):\n    def __init__(self, a, b): pass",
    "int that equals everything": "class X(int):\n    def __eq__(s, o): return True\n    __hash__ = int.__hash__\ndef add(a, b): return X(-9)",
    "says that it is a number": LIAR + "X.__class__ = property(lambda s: int)\ndef add(a, b): return X()",
    "returns mock.ANY": "from unittest.mock import ANY\ndef add(a, b): return ANY",
    "names a builtin as its type": LIAR
    + "X.__module__ = 'builtins'\nX.__qualname__ = X.__name__ = 'int'\ndef add(a, b): return X()",
    "patches the tools of tests": "import unittest, builtins, operator, math\nunittest.TestCase.assertEqual = lambda *a: None\nbuiltins.abs = lambda x: 0\noperator.eq = lambda a, b: True\ndef add(a, b): return None",
    "reads its callers": """
import re, sys, gc
def add(a, b):
    rule = re.compile(r'%d, %d[^0-9]{1,20}([0-9]+)' % (a, b))
    texts = [repr(o) for o in gc.get_objects() if type(o) in (list, dict, tuple) and len(o) < 50]
    frame = sys._getframe(1)
    while frame:
        texts += [repr(value) for value in [*frame.f_locals.values(), *frame.f_code.co_consts]]
        frame = frame.f_back
    return next((int(m[1]) for m in map(rule.search, texts) if m), None)
""",
    "answers before it is asked": "import os\nfor fd in range(3, 16):\n    try:\n        os.set_blocking(fd, False)\n        for _ in range(9): os.write(fd, b'\\x00\\x00\\x00\\x08[\"ok\",3]')\n    except OSError: pass\ndef add(a, b): return 0",
    "answers twice": "import os\ndef add(a, b):\n    return a - b if os.fork() else a + b",
    "rewrites the harness": """
import sys
for name, module in list(sys.modules.items()):
    if 'rewardkit' in name:
        for attribute, value in list(vars(module).items()):
            if callable(value):
                try: setattr(module, attribute, lambda *a, **k: True)
                except Exception: pass
def add(a, b): return 0
""",
    "ends its parent": "import os, signal\nfor p in (os.getppid(), 1, -1):\n    try: os.kill(p, signal.SIGKILL)\n    except OSError: pass\ndef add(a, b): return 0",
    "forges a skip": FORGE
    + "def add(a, b): say('error', {'lineage': [[9, 'SkipTest', 'unittest.case'], [8, 'Exception', 'builtins']], 'args': [], 'self': None, 'text': ''})",
    "forges the death of its judge": FORGE
    + "def add(a, b): say('error', {'lineage': [[9, 'ProgramGone', 'rewardkit_sandbox.guest.tests.rpc_client'], [8, 'BaseException', 'builtins']], 'args': [], 'self': None, 'text': ''})",
    "offers the driver a builtin to call": FORGE
    + 'def add(a, b):\n    server = next((o for o in gc.get_objects() if type(o).__name__ == \'Server\'), None)\n    os.write(4, (lambda t: len(t).to_bytes(4, \'big\') + t)(b\'[%d,"ok",{"o":{"std":"builtins.eval"}}]\' % server._nonce))',
    "calls back what it was never given": FORGE + "def add(a, b): say('callback', -1, [], {})",
    "answers with nothing": FORGE + "def add(a, b): say('ok')",
    "spells one field twice": FORGE
    + """
def add(a, b): raw('{"n":["P",["\\ufb01","fi"],[3,3]]}'.encode())
""",
    "chooses keys of one hash": FORGE
    + """
def add(a, b): raw(b'{"s":[' + b','.join(b'{"i":"%s"}' % hex(n * (2**61 - 1)).encode() for n in range(1, 60000)) + b']}')
""",
    "calls its type a builtin's": FORGE
    + """
def add(a, b): raw(b'{"o":{"h":0,"class":[[0,"bool","builtins"]],"kind":"object"}}')
""",
    "answers in depth": FORGE + "def add(a, b): raw(b'[' * 100000 + b']' * 100000)",
    "starts a frame without end": "import os\nfor fd in (3, 4):\n    try: os.write(fd, b'\\xff\\xff\\xff\\xff')\n    except OSError: pass\ndef add(a, b): return 3",
    "speaks at its end": "class D:\n    def __del__(self):\n        import os\n        os.write(3, b'\\0\\0\\0\\x08[\"ok\",3]')\nd = D()\ndef add(a, b): return None",
    "speaks later from a thread": "import threading, time, os\ndef late():\n    time.sleep(0.05)\n    os.write(3, b'\\0\\0\\0\\x08[\"ok\",3]')\n    os._exit(0)\nthreading.Thread(target=late, daemon=True).start()\ndef add(a, b): return 0",
    "plants modules for later": "for name in ('conftest', 'sitecustomize', 'usercustomize', 'unittest', 'json'):\n    with open(name + '.py', 'w') as f: f.write('import os; os._exit(0)')\nwith open('x.pth', 'w') as f: f.write('import os; os._exit(0)')\ndef add(a, b): return None",
    "kills itself as if from outside": "import os, time\ndef add(a, b):\n    if os.fork() == 0: os.kill(os.getppid(), 9)\n    os.kill(os.getpid(), 9)\n    return 0",
    "passes its descriptors to itself": "import socket, os\na, b = socket.socketpair()\ntry:\n    for fd in range(3, 64): socket.send_fds(a, [b'x'], [fd] * 10)\nexcept OSError: pass\ndef add(a, b): return 0",
    "raises what cannot be shown": "class E(Exception):\n    args = property(lambda s: [3])\n    def __str__(s): raise SystemExit\nE.__name__ = '\\ud800'\ndef add(a, b): raise E",
    "is a class that equals all": "class M(type):\n    def __eq__(c, o): return True\n    def __ne__(c, o): return False\n    __hash__ = type.__hash__\nclass X(metaclass=M): pass\ndef add(a, b): return X",
    "is NaN that equals all": "class F(float):\n    def __eq__(s, o): return True\n    def __ne__(s, o): return False\n    __hash__ = float.__hash__\ndef add(a, b): return F('nan')",
    "closes its descriptors": "import os, time\nos.closerange(0, 4096)\ntime.sleep(0.2)\ndef add(a, b): return a + b",
    "returns itself in a list": "def add(a, b):\n    x = [3]\n    x.append(x)\n    return x",
    "returns something deep": "def add(a, b):\n    x = 3\n    for _ in range(100000): x = [x]\n    return x",
    "returns something endless": "import itertools\ndef add(a, b): return itertools.count()",
    "returns something huge": "def add(a, b): return 'x' * (100 << 20)",
    "returns text for a number": "def add(a, b): return str(a + b)",
    "returns None": "def add(a, b): pass",
    "defines nothing": "x = 1",
    "is no Python": "def add(a, b) return a + b",
    "holds a NUL": "def add(a, b): return a + b + 0\x00",
    "nests without end": "def add(a, b): return " + "(" * 3000 + "a+b" + ")" * 3000,
    "wants all memory": "x = []\nwhile True: x.append(bytearray(1 << 24))",
    "forks for ever": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "fills the disk": "with open('x', 'wb') as f:\n    while True: f.write(b'x' * 65536)",
}


STARVES = "forks for ever"
"""Its processes wait for each other: on a busy machine, that may look like waiting for others."""


def lost(name, score):
    """True for a score of 0, or for none where a busy machine is to blame."""
    excused = name == STARVES and score.status == "failed" and score.kind in ("timeout", "overloaded")
    return (score.status, score.value) == ("scored", 0.0) or excused


PROGRAMS |= runpy.run_path(str(Path(__file__).with_name("attacks.py")))["ATTACKS"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_scores_zero_and_the_next_one_is_judged(judge, name):
    for way, tests in WAYS.items():
        score = judge(PROGRAMS[name], tests)
        assert lost(name, score), (way, score.reason)
        assert "the sandbox" not in score.reason, (way, score.reason)
    assert judge(RIGHT, WAYS["function"]).value == 1.0


@pytest.fixture(scope="module")
def beside_the_tests(_works):
    """Judges a program in the process of its tests, without their expected values."""
    reward = CodeReward(CodeParams(cpu_s=2, isolation="taken_out"), RewardContext(deadline_s=8.0))

    def judge(program, tests):
        (score,) = reward.score([Sample(completion=f"```python\n{program}\n```", ground_truth=tests)])
        return score

    yield judge
    reward.close()


@pytest.mark.parametrize("name", PROGRAMS)
def test_beside_tests_without_their_expected_values_it_scores_zero(beside_the_tests, name):
    for way in ("asserts", "check", "unittest", "pytest"):
        score = beside_the_tests(PROGRAMS[name], WAYS[way])
        assert lost(name, score), (way, score.reason)
    assert beside_the_tests(RIGHT, WAYS["asserts"]).value == 1.0


@pytest.mark.parametrize("name", PROGRAMS)
def test_without_namespaces_it_scores_zero_too(judge_without_namespaces, name):
    for way in ("function", "asserts"):
        score = judge_without_namespaces(PROGRAMS[name], WAYS[way])
        assert lost(name, score), (way, score.reason)
        assert "the sandbox" not in score.reason, (way, score.reason)
    assert judge_without_namespaces(RIGHT, WAYS["function"]).value == 1.0


def test_a_difference_with_the_expected_value_is_never_the_programs(judge):
    for text in (
        "assert abs(f(1) - 2.5) < 1e-6",
        "assert abs(2.5 - f(1)) < 1e-6",
        "assert round(f(1) - 2.5, 3) == 0",
        "assert not f(1) - 2.5",
        "assert f(1) <= 2.5 and f(1) >= 2.5",
        "import math\nassert math.isclose(f(1), 2.5)",
        "assert 2.5 in f(1)",
        "assert f(1) in [2.5]",
        "assert str(f(1) - 2.5) == '0'",
    ):
        for program in (LIAR + "def f(x): return X()", LIAR + "class f(X):\n    def __init__(self, x): pass"):
            assert judge(program, {"kind": "asserts", "setup": "", "asserts": [text]}).value == 0.0, text


def test_unittest_comparisons_take_no_lying_object(judge):
    for line in (
        "assertAlmostEqual(f(1), 2.5)",
        "assertEqual(f(1), 2.5)",
        "assertIn(2.5, f(1))",
        "assertGreaterEqual(f(1), 2.5)",
    ):
        text = (
            f"import unittest\nfrom m import f\nclass T(unittest.TestCase):\n    def test(self):\n        self.{line}\n"
        )
        for program in (LIAR + "def f(x): return X()", LIAR + "class f(X):\n    def __init__(self, x): pass"):
            assert judge(program, {"kind": "unittest", "module": "m", "test_file": text}).value == 0.0, line


def test_builtins_that_the_program_redefines_do_not_judge_it(judge):
    program = "def abs(x): return 0\ndef set(x): return 0\ndef isclose(*a): return True\ndef area(r): return -1"
    tests = {"kind": "asserts", "setup": "", "asserts": ["assert abs(area(1) - 3.14) < 0.01"]}
    assert judge(program, tests).value == 0.0


def test_tools_that_tests_borrow_from_the_program_are_pythons_own(judge):
    program = (
        "class math:\n    isclose = staticmethod(lambda *a, **k: True)\n"
        "isclose = fabs = lambda *a, **k: 0 or True\nclass Counter:\n    def __init__(s, x): pass\n    def __eq__(s, o): return True\n"
        "def f(x): return [-1]\ndef area(r): return -1"
    )
    for text in (
        "assert math.isclose(area(1), 3.14)",
        "assert isclose(area(1), 3.14)",
        "assert fabs(area(1) - 3.14) < 2",
        "assert Counter(f(1)) == Counter([2, 3])",
    ):
        assert judge(program, {"kind": "asserts", "setup": "", "asserts": [text]}).value == 0.0, text
    for text in ("assert math.isclose(area(1), -1)", "assert Counter(f(1)) == Counter([-1])"):
        assert judge(program, {"kind": "asserts", "setup": "", "asserts": [text]}).value == 1.0, text


def test_a_star_import_does_not_replace_the_tests_tools(judge):
    program = "abs = len = sorted = lambda *a: 0\nclass unittest:\n    TestCase = object\ndef f(x): return 7"
    text = "import unittest\nfrom m import *\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertTrue({})\n"
    for line, value in (("abs(f(1) - 2.5) < 1e-6", 0.0), ("len([f(1)]) == 0", 0.0), ("abs(f(1) - 7) == 0", 1.0)):
        tests = {"kind": "unittest", "module": "m", "test_file": text.format(line)}
        assert judge(program, tests).value == value, line


def test_a_number_class_of_the_programs_own_cannot_choose_its_distance(judge):
    program = "class N(float):\n    def __sub__(s, o): return N(0)\n    __rsub__ = __sub__\n    def __abs__(s): return s\n    def __round__(s, n=0): return s\n    __hash__ = float.__hash__\n    def __eq__(s, o): return True"
    for line in ("assertAlmostEqual(N(9), 2.5)", "assertEqual(N(9), 2.5)", "assertEqual(round(abs(N(9) - 2.5), 7), 0)"):
        text = (
            f"import unittest\nfrom m import N\nclass T(unittest.TestCase):\n    def test(self):\n        self.{line}\n"
        )
        assert judge(program, {"kind": "unittest", "module": "m", "test_file": text}).value == 0.0, line


def test_modules_that_the_program_imports_are_the_drivers_own(judge):
    program = "import math\nmath.isclose = lambda *a, **k: True\ndef area(r): return -1"
    tests = {"kind": "asserts", "setup": "", "asserts": ["assert math.isclose(area(1), 3.14)"]}
    assert judge(program, tests).value == 0.0


def test_helpers_of_the_prompt_cannot_be_replaced(reward):
    from rewardkit import Sample

    prompt = "def poly(xs, x):\n    return xs[0] + xs[1] * x\n\ndef root(xs):\n    '''A root of poly.'''\n"
    test = "def check(candidate):\n    assert abs(poly([2, 1], candidate([2, 1]))) < 1e-6\n"
    columns = {"test": test, "entry_point": "root"}
    for program, value in (
        ("def root(xs): return -xs[0] / xs[1]", 1.0),
        ("def poly(xs, x): return 0\ndef root(xs): return 7", 0.0),
    ):
        (score,) = reward.score([Sample(prompt=prompt, completion=f"```python\n{program}\n```", columns=columns)])
        assert score.value == value, score.reason


def test_arguments_that_are_emptied_do_not_meet_an_expectation_made_of_them(judge):
    tests = {"kind": "asserts", "setup": "", "asserts": ["xs = [2, 1]\nassert f(xs) == sorted(xs)"]}
    assert judge("def f(xs):\n    xs[:] = []\n    return xs", tests).value == 0.0


STDIN = {"kind": "stdin", "cases": [{"input": "3\n", "output": "9\n"}], "compare": "text"}


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        ("print(9)\nprint('and more')", "wrong"),
        ("import sys\nsys.stderr.write('9\\n')", "wrong"),
        ("print('\\uff19')", "wrong"),
        (
            "import os\nprint('8', flush=True)\nif os.fork() == 0:\n    os.setsid()\n    import time\n    time.sleep(1)\n    print('9')",
            "wrong",
        ),
        ("import os\nos.write(1, b'9\\n')\nraise ValueError", "runtime error"),
        ("print(9)\nimport sys\nsys.exit(1)", "runtime error"),
        ("import ctypes\nctypes.string_at(0)", "runtime error"),
        ("while True: pass", "time"),
        (
            "import signal, os, time\nfor s in (15, 24, 14):\n    signal.signal(s, lambda *a: os.write(1, b'9\\n'))\nwhile True: pass",
            "time",
        ),
        ("x = bytearray(1 << 30)", "memory"),
        ("while True: print('x' * 100000)", "output"),
        ("print(9", "compile error"),
    ],
)
def test_verdicts_of_programs_on_standard_input(judge, program, verdict):
    score = judge(program, STDIN)
    assert (score.value, score.details["verdict"]) == (0.0, verdict), score.reason

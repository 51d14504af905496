# ruff: noqa: E501 - programs and tests on one line each
"""Ordinary tests of further shapes, as people and models write them: a right program for each."""

ASSERTS = {
    "dataclass with order": (
        "from dataclasses import dataclass\n@dataclass(order=True)\nclass V:\n    major: int\n    minor: int\ndef newest(vs): return max(vs)",
        "a, b = V(1, 2), V(1, 10)\nassert newest([a, b]) == b and a < b and newest([a, b]).minor == 10",
    ),
    "frozen dataclass": (
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass P:\n    x: int",
        "import dataclasses\np = P(3)\ntry:\n    p.x = 4\nexcept dataclasses.FrozenInstanceError:\n    ok = True\nelse:\n    ok = False\nassert ok and p.x == 3 and hash(P(3)) == hash(p) and {p: 1}[P(3)] == 1",
    ),
    "dataclass replace and fields": (
        "from dataclasses import dataclass, field\n@dataclass\nclass C:\n    name: str\n    tags: list = field(default_factory=list)",
        "import dataclasses\nc = C('a')\nassert [f.name for f in dataclasses.fields(c)] == ['name', 'tags'] and c.tags == []\nc.tags.append(1)\nassert c.tags == [1] and C('b').tags == []",
    ),
    "flag enum": (
        "import enum\nclass Perm(enum.Flag):\n    R = 1\n    W = 2\ndef both(): return Perm.R | Perm.W",
        "assert both() == Perm.R | Perm.W and Perm.R in both() and both().value == 3",
    ),
    "enum iteration and lookup": (
        "import enum\nclass C(enum.Enum):\n    A = 'a'\n    B = 'b'\ndef parse(s): return C(s)",
        "assert [c.name for c in C] == ['A', 'B'] and parse('b') is C.B and C['A'].value == 'a' and len(C) == 2",
    ),
    "str enum": (
        "import enum\nclass S(str, enum.Enum):\n    ON = 'on'\ndef f(): return S.ON",
        "assert f() == 'on' and isinstance(f(), str) and f().upper() == 'ON'",
    ),
    "namedtuple": (
        "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(a, b): return P(a, b)",
        "p = f(1, 2)\nassert p == (1, 2) and p.x == 1 and p._asdict() == {'x': 1, 'y': 2} and p._replace(y=5).y == 5",
    ),
    "typing NamedTuple": (
        "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int\n    def double(self): return self.x * 2\ndef f(): return P(4)",
        "x, = f()\nassert x == 4 and f().x == 4",
    ),
    "iterator class": (
        "class Count:\n    def __init__(s, n): s.n, s.i = n, 0\n    def __iter__(s): return s\n    def __next__(s):\n        if s.i >= s.n: raise StopIteration\n        s.i += 1\n        return s.i",
        "c = Count(3)\nassert next(c) == 1 and list(c) == [2, 3] and sum(Count(4)) == 10",
    ),
    "StopIteration at the end": (
        "def f(xs): return iter(xs)",
        "it = f([1])\nassert next(it) == 1\ntry:\n    next(it)\n    assert False\nexcept StopIteration:\n    pass\nassert next(it, 'end') == 'end'",
    ),
    "endless generator": (
        "def fib():\n    a, b = 0, 1\n    while True:\n        yield a\n        a, b = b, a + b",
        "from itertools import islice\nassert list(islice(fib(), 6)) == [0, 1, 1, 2, 3, 5]",
    ),
    "generator closed": (
        "log = []\ndef g():\n    try:\n        yield 1\n        yield 2\n    finally:\n        log.append('closed')",
        "x = g()\nassert next(x) == 1\nx.close()\nassert log == ['closed']",
    ),
    "generator return by yield from": (
        "def inner():\n    yield 1\n    return 5\ndef outer():\n    r = yield from inner()\n    yield r",
        "assert list(outer()) == [1, 5]",
    ),
    "generator throw": (
        "def g():\n    while True:\n        try: x = yield 'ok'\n        except ValueError: yield 'caught'",
        "x = g()\nassert next(x) == 'ok' and x.throw(ValueError('a')) == 'caught'",
    ),
    "async generator": (
        "async def ticks(n):\n    for i in range(n): yield i",
        "import asyncio\nasync def main(): return [i async for i in ticks(3)]\nassert asyncio.run(main()) == [0, 1, 2]",
    ),
    "async context manager": (
        "class R:\n    async def __aenter__(s): return 7\n    async def __aexit__(s, *a): return None",
        "import asyncio\nasync def main():\n    async with R() as r: return r\nassert asyncio.run(main()) == 7",
    ),
    "async timeout": (
        "import asyncio\nasync def slow():\n    await asyncio.sleep(10)\n    return 1\nasync def quick(): return await asyncio.wait_for(asyncio.sleep(0, 'x'), 1)",
        "import asyncio\nassert asyncio.run(quick()) == 'x'",
    ),
    "async callback": (
        "async def apply(fn, x): return await fn(x)",
        "import asyncio\nasync def double(x): return x * 2\nassert asyncio.run(apply(double, 4)) == 8",
    ),
    "callback with keywords": (
        "def run(fn, **kw): return fn(1, **kw)",
        "seen = []\ndef cb(a, b=0):\n    seen.append((a, b))\n    return a + b\nassert run(cb, b=5) == 6 and seen == [(1, 5)]",
    ),
    "callback raises": (
        "def safe(fn):\n    try: return fn()\n    except ValueError as e: return 'error: ' + str(e)",
        "def bad(): raise ValueError('no')\nassert safe(bad) == 'error: no' and safe(lambda: 3) == 3",
    ),
    "callback that raises through": (
        "def twice(fn): return fn() + fn()",
        "def bad(): raise KeyError('k')\ntry:\n    twice(bad)\n    ok = False\nexcept KeyError:\n    ok = True\nassert ok and twice(lambda: 2) == 4",
    ),
    "compose functions": (
        "def compose(*fs):\n    def h(x):\n        for f in reversed(fs): x = f(x)\n        return x\n    return h",
        "assert compose(lambda x: x + 1, lambda x: x * 2)(5) == 11 and compose(str, len)([1, 2]) == '2'",
    ),
    "partial and method as argument": (
        "def apply(fn, xs): return list(map(fn, xs))",
        "from functools import partial\nfrom operator import add\nassert apply(partial(add, 2), [1, 2]) == [3, 4] and apply('a'.__add__, ['b']) == ['ab'] and apply(str.upper, ['x']) == ['X']",
    ),
    "sort key and cmp": (
        "def order(xs, key=None, reverse=False): return sorted(xs, key=key, reverse=reverse)",
        "assert order(['bb', 'a', 'ccc'], key=len) == ['a', 'bb', 'ccc'] and order([1, 3, 2], reverse=True) == [3, 2, 1]",
    ),
    "decorator with arguments": (
        "import functools\ndef repeat(n):\n    def deco(fn):\n        @functools.wraps(fn)\n        def w(*a, **k): return [fn(*a, **k) for _ in range(n)]\n        return w\n    return deco",
        "@repeat(3)\ndef hi(name):\n    'doc'\n    return 'hi ' + name\nassert hi('x') == ['hi x'] * 3 and hi.__name__ == 'hi' and hi.__doc__ == 'doc'",
    ),
    "decorator that counts": (
        "def counted(fn):\n    def w(*a):\n        w.calls += 1\n        return fn(*a)\n    w.calls = 0\n    return w",
        "@counted\ndef f(x): return x\nf(1)\nf(2)\nassert f.calls == 2 and f(3) == 3",
    ),
    "class decorator": (
        "def singleton(cls):\n    made = {}\n    def get(*a, **k):\n        if cls not in made: made[cls] = cls(*a, **k)\n        return made[cls]\n    return get",
        "@singleton\nclass A:\n    def __init__(self): self.v = 1\na, b = A(), A()\na.v = 9\nassert a is b and b.v == 9",
    ),
    "singleton by __new__": (
        "class S:\n    _i = None\n    def __new__(c):\n        if c._i is None: c._i = super().__new__(c)\n        return c._i",
        "assert S() is S() and id(S()) == id(S())",
    ),
    "property and setter": (
        "class T:\n    def __init__(s, c): s._c = c\n    @property\n    def f(s): return s._c * 9 / 5 + 32\n    @f.setter\n    def f(s, v):\n        if v < -459.67: raise ValueError('too cold')\n        s._c = (v - 32) * 5 / 9",
        "t = T(100)\nassert t.f == 212\nt.f = 32\nassert t._c == 0\ntry:\n    t.f = -500\n    ok = False\nexcept ValueError as e:\n    ok = 'cold' in str(e)\nassert ok",
    ),
    "class and static methods": (
        "class D:\n    def __init__(s, y): s.y = y\n    @classmethod\n    def parse(c, t): return c(int(t))\n    @staticmethod\n    def leap(y): return y % 4 == 0",
        "assert D.parse('2020').y == 2020 and D.leap(2020) is True and isinstance(D.parse('1'), D)",
    ),
    "inheritance and super": (
        "class Animal:\n    def __init__(s, n): s.name = n\n    def speak(s): return '...'\nclass Dog(Animal):\n    def speak(s): return s.name + ' barks'",
        "d = Dog('Rex')\nassert d.speak() == 'Rex barks' and isinstance(d, Animal) and issubclass(Dog, Animal) and [c.__name__ for c in Dog.__mro__[:2]] == ['Dog', 'Animal']",
    ),
    "abstract class": (
        "from abc import ABC, abstractmethod\nclass Shape(ABC):\n    @abstractmethod\n    def area(s): ...\nclass Sq(Shape):\n    def __init__(s, a): s.a = a\n    def area(s): return s.a ** 2",
        "try:\n    Shape()\n    ok = False\nexcept TypeError:\n    ok = True\nassert ok and Sq(3).area() == 9",
    ),
    "stack class": (
        "class Stack:\n    def __init__(s): s.i = []\n    def push(s, x): s.i.append(x)\n    def pop(s):\n        if not s.i: raise IndexError('empty')\n        return s.i.pop()\n    def __len__(s): return len(s.i)\n    def __bool__(s): return bool(s.i)",
        "s = Stack()\nassert not s\ns.push(1)\ns.push([2])\nassert len(s) == 2 and s.pop() == [2] and s\ntry:\n    s.pop(); s.pop()\n    ok = False\nexcept IndexError as e:\n    ok = str(e) == 'empty'\nassert ok",
    ),
    "linked list walk": (
        "class Node:\n    def __init__(s, v, n=None): s.val, s.next = v, n\ndef build(xs):\n    h = None\n    for x in reversed(xs): h = Node(x, h)\n    return h",
        "n, out = build([1, 2, 3]), []\nwhile n is not None:\n    out.append(n.val)\n    n = n.next\nassert out == [1, 2, 3] and build([]) is None",
    ),
    "tree of its own, recursion in the test": (
        "class T:\n    def __init__(s, v): s.v, s.l, s.r = v, None, None\n    def insert(s, v):\n        side = 'l' if v < s.v else 'r'\n        c = getattr(s, side)\n        c.insert(v) if c else setattr(s, side, T(v))",
        "def walk(t): return walk(t.l) + [t.v] + walk(t.r) if t else []\nt = T(5)\nfor v in (3, 8, 1): t.insert(v)\nassert walk(t) == [1, 3, 5, 8]",
    ),
    "mapping class": (
        "class LRU:\n    def __init__(s, n): s.n, s.d = n, {}\n    def get(s, k):\n        if k not in s.d: return -1\n        s.d[k] = s.d.pop(k)\n        return s.d[k]\n    def put(s, k, v):\n        s.d.pop(k, None)\n        s.d[k] = v\n        if len(s.d) > s.n: s.d.pop(next(iter(s.d)))",
        "c = LRU(2)\nc.put(1, 1)\nc.put(2, 2)\nassert c.get(1) == 1\nc.put(3, 3)\nassert c.get(2) == -1 and c.get(3) == 3",
    ),
    "getitem, setitem, slices": (
        "class L:\n    def __init__(s, xs): s.xs = list(xs)\n    def __getitem__(s, i): return s.xs[i]\n    def __setitem__(s, i, v): s.xs[i] = v\n    def __delitem__(s, i): del s.xs[i]\n    def __len__(s): return len(s.xs)",
        "l = L([1, 2, 3, 4])\nl[0] = 9\ndel l[1]\nassert l[0] == 9 and l[1:] == [3, 4] and len(l) == 3 and list(l) == [9, 3, 4] and 3 in l",
    ),
    "money with operators": (
        "class M:\n    def __init__(s, c): s.c = c\n    def __add__(s, o): return M(s.c + o.c)\n    def __sub__(s, o): return M(s.c - o.c)\n    def __eq__(s, o): return isinstance(o, M) and s.c == o.c\n    def __lt__(s, o): return s.c < o.c\n    def __repr__(s): return f'M({s.c})'\n    def __hash__(s): return hash(s.c)",
        "assert M(1) + M(2) == M(3) and M(5) - M(2) == M(3) and M(1) < M(2) and sorted([M(2), M(1)]) == [M(1), M(2)] and repr(M(1)) == 'M(1)' and len({M(1), M(1)}) == 1 and M(1) != M(2)",
    ),
    "str and format": (
        "class P:\n    def __init__(s, x): s.x = x\n    def __str__(s): return f'<{s.x}>'\n    def __format__(s, spec): return format(s.x, spec)",
        "assert str(P(1)) == '<1>' and f'{P(3.14159):.2f}' == '3.14' and '%s' % P(2) == '<2>'",
    ),
    "callable object": (
        "class Adder:\n    def __init__(s, n): s.n = n\n    def __call__(s, x): return s.n + x",
        "a = Adder(3)\nassert a(4) == 7 and callable(a) and list(map(a, [1, 2])) == [4, 5]",
    ),
    "own exception with attributes": (
        "class ApiError(Exception):\n    def __init__(s, code, msg):\n        super().__init__(msg)\n        s.code = code\ndef f(): raise ApiError(404, 'not found')",
        "try:\n    f()\n    ok = False\nexcept ApiError as e:\n    ok = e.code == 404 and str(e) == 'not found' and isinstance(e, Exception)\nassert ok",
    ),
    "exception chain": (
        "def f(x):\n    try: return int(x)\n    except ValueError as e: raise RuntimeError('bad input') from e",
        "try:\n    f('x')\n    ok = False\nexcept RuntimeError as e:\n    ok = str(e) == 'bad input'\nassert ok and f('3') == 3",
    ),
    "exit stack of contexts": (
        "from contextlib import contextmanager\nlog = []\n@contextmanager\ndef tag(n):\n    log.append('<' + n)\n    try: yield n\n    finally: log.append('>' + n)",
        "with tag('a') as a, tag('b') as b:\n    assert (a, b) == ('a', 'b')\nassert log == ['<a', '<b', '>b', '>a']",
    ),
    "context that suppresses its error": (
        "class Ignore:\n    def __init__(s, *k): s.k = k\n    def __enter__(s): return s\n    def __exit__(s, t, v, tb): return t is not None and issubclass(t, s.k)",
        "with Ignore(ValueError):\n    raise ValueError('x')\nassert True\ndef go():\n    with Ignore(ValueError): raise KeyError('k')\ntry:\n    go()\n    ok = False\nexcept KeyError:\n    ok = True\nassert ok",
    ),
    "global state of the program": (
        "total = 0\ndef add(x):\n    global total\n    total += x\n    return total",
        "assert add(2) == 2 and add(3) == 5 and total == 5",
    ),
    "closures with state": (
        "def counter(start=0):\n    n = start\n    def inc(by=1):\n        nonlocal n\n        n += by\n        return n\n    return inc",
        "c, d = counter(), counter(10)\nassert (c(), c(5), d()) == (1, 6, 11)",
    ),
    "datetime values": (
        "from datetime import date, timedelta\ndef f(d, n): return d + timedelta(days=n)",
        "from datetime import date, datetime\nassert f(date(2024, 2, 28), 2) == date(2024, 3, 1) and f(date(2020, 1, 1), 0).isoformat() == '2020-01-01'",
    ),
    "decimal and fraction": (
        "from decimal import Decimal\nfrom fractions import Fraction\ndef f(s): return Decimal(s) * 2\ndef g(a, b): return Fraction(a, b)",
        "from decimal import Decimal\nfrom fractions import Fraction\nassert f('1.10') == Decimal('2.20') and str(f('1.10')) == '2.20' and g(2, 4) == Fraction(1, 2)",
    ),
    "sets, bytes, ranges": (
        "def f(x): return {1: set(x), 2: bytes(x), 3: range(len(x)), 4: frozenset(x), 5: bytearray(x)}",
        "r = f([1, 2])\nassert r[1] == {1, 2} and r[2] == b'\\x01\\x02' and r[3] == range(2) and r[4] == frozenset({2, 1}) and r[5] == bytearray(b'\\x01\\x02')",
    ),
    "counter and defaultdict": (
        "from collections import Counter, defaultdict\ndef f(s): return Counter(s)\ndef g(ps):\n    d = defaultdict(list)\n    for k, v in ps: d[k].append(v)\n    return d",
        "assert f('aab') == {'a': 2, 'b': 1} and f('aab').most_common(1) == [('a', 2)] and g([(1, 2), (1, 3)]) == {1: [2, 3]}",
    ),
    "nan, inf and tolerance": (
        "def f(x): return {'n': float('nan'), 'i': float('inf'), 't': 0.1 + 0.2}[x]",
        "import math\nassert math.isnan(f('n')) and f('i') == math.inf and math.isclose(f('t'), 0.3) and abs(f('t') - 0.3) < 1e-9",
    ),
    "arguments of every kind": (
        "def f(a, /, b, *args, c=3, **kw): return (a, b, args, c, kw)",
        "assert f(1, 2) == (1, 2, (), 3, {}) and f(1, b=2, c=4, d=5) == (1, 2, (), 4, {'d': 5}) and f(1, 2, 3, *[4], **{'e': 6}) == (1, 2, (3, 4), 3, {'e': 6})",
    ),
    "type hints": (
        "from typing import Optional\ndef f(a: int, b: str = 'x') -> Optional[str]: return b * a",
        "assert f.__annotations__['a'] is int and f(2) == 'xx' and f.__defaults__ == ('x',)",
    ),
    "comparison of many results": (
        "def fizz(n): return 'FizzBuzz' if n % 15 == 0 else 'Fizz' if n % 3 == 0 else 'Buzz' if n % 5 == 0 else str(n)",
        "expected = ['1', '2', 'Fizz', '4', 'Buzz']\nfor i, e in enumerate(expected, start=1):\n    assert fizz(i) == e, f'at {i}'\nassert [fizz(i) for i in range(14, 17)] == ['14', 'FizzBuzz', '16']",
    ),
    "threads of the program": (
        "import threading\ndef total(xs):\n    out, lock = [0], threading.Lock()\n    def work(x):\n        with lock: out[0] += x\n    ts = [threading.Thread(target=work, args=(x,)) for x in xs]\n    [t.start() for t in ts]\n    [t.join() for t in ts]\n    return out[0]",
        "assert total(range(20)) == 190",
    ),
    "round trip of json": (
        "import json\ndef dumps(o): return json.dumps(o, sort_keys=True)\ndef loads(s): return json.loads(s)",
        "import json\no = {'b': [1, 2.5, None, True], 'a': 'é'}\nassert loads(dumps(o)) == o and json.loads(dumps(o)) == o and dumps({'b': 1, 'a': 2}) == '{\"a\": 2, \"b\": 1}'",
    ),
    "regular expressions": (
        "import re\ndef find(s): return re.search(r'(?P<y>\\d{4})-(\\d\\d)', s)",
        "m = find('on 2024-05')\nassert m.group('y') == '2024' and m.groups() == ('2024', '05') and find('x') is None",
    ),
    "random within bounds": (
        "import random\ndef roll(n): return [random.randint(1, 6) for _ in range(n)]",
        "r = roll(50)\nassert len(r) == 50 and all(1 <= x <= 6 for x in r) and len(set(r)) > 1",
    ),
    "printed output": (
        "def greet(n): print(f'Hello, {n}!')",
        "import io, contextlib\nb = io.StringIO()\nwith contextlib.redirect_stdout(b): greet('Bo')\nassert b.getvalue() == 'Hello, Bo!\\n'",
    ),
    "patched input": (
        "def ask(): return int(input('? ')) + 1",
        "from unittest.mock import patch\nwith patch('builtins.input', return_value='41'):\n    assert ask() == 42\nwith patch('builtins.input', side_effect=['1', '2']): assert [ask(), ask()] == [2, 3]",
    ),
    "standard input of the program": (
        "import sys\ndef read(): return sum(int(l) for l in sys.stdin)",
        "import io, sys\nsys.stdin = io.StringIO('1\\n2\\n')\nassert read() == 3",
    ),
    "memoized function": (
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)",
        "assert fib(50) == 12586269025 and fib.cache_info().misses == 51",
    ),
    "single dispatch": (
        "from functools import singledispatch\n@singledispatch\ndef show(x): return 'other'\n@show.register\ndef _(x: int): return 'int'\n@show.register(list)\ndef _(x): return 'list'",
        "assert (show(1), show([1]), show('a')) == ('int', 'list', 'other')",
    ),
    "a pool of threads": (
        "def sq(x): return x*x",
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as ex: assert list(ex.map(sq,range(6)))==[0,1,4,9,16,25]",
    ),
    "a protocol that is checked at run time": (
        "from typing import Protocol, runtime_checkable\n@runtime_checkable\nclass Sized2(Protocol):\n    def size(self)->int: ...\nclass Box:\n    def size(self): return 3",
        "assert isinstance(Box(),Sized2)\nassert Box().size()==3",
    ),
    "an object that can be awaited": (
        "class Later:\n    def __init__(s, v): s.v = v\n    def __await__(s):\n        return s.v\n        yield\ndef f(x): return Later(x + 1)",
        "import asyncio, inspect\nasync def main(): return await f(1)\nassert asyncio.run(main()) == 2 and inspect.isawaitable(f(1)) and not inspect.isawaitable(f)",
    ),
}

FILES = {
    "unittest with setUp": (
        "class Acc:\n    def __init__(s): s.b = 0\n    def put(s, x):\n        if x <= 0: raise ValueError('amount must be positive')\n        s.b += x",
        "import unittest\nfrom solution import Acc\nclass T(unittest.TestCase):\n    def setUp(self): self.a = Acc()\n    def test_put(self):\n        self.a.put(5)\n        self.assertEqual(self.a.b, 5)\n    def test_bad(self):\n        with self.assertRaisesRegex(ValueError, 'positive'): self.a.put(0)\n        self.assertEqual(self.a.b, 0)\nif __name__ == '__main__': unittest.main()",
    ),
    "subTest table": (
        "def roman(n):\n    out = ''\n    for v, s in ((10, 'X'), (9, 'IX'), (5, 'V'), (4, 'IV'), (1, 'I')):\n        while n >= v: out, n = out + s, n - v\n    return out",
        "import unittest\nimport solution\nclass T(unittest.TestCase):\n    CASES = {1: 'I', 4: 'IV', 9: 'IX', 14: 'XIV'}\n    def test_all(self):\n        for n, want in self.CASES.items():\n            with self.subTest(n=n): self.assertEqual(solution.roman(n), want)",
    ),
    "setUpClass and assertions": (
        "def stats(xs): return {'mean': sum(xs) / len(xs), 'max': max(xs), 'names': sorted(map(str, xs))}",
        "import unittest\nfrom solution import stats\nclass T(unittest.TestCase):\n    @classmethod\n    def setUpClass(cls): cls.r = stats([1, 2, 4])\n    def test_mean(self): self.assertAlmostEqual(self.r['mean'], 2.3333, places=3)\n    def test_rest(self):\n        self.assertIn('max', self.r)\n        self.assertDictEqual({'max': self.r['max']}, {'max': 4})\n        self.assertCountEqual(self.r['names'], ['4', '1', '2'])\n        self.assertIsInstance(self.r, dict)\n        self.assertGreater(self.r['max'], 3)\n        self.assertRegex(self.r['names'][0], r'^\\d$')",
    ),
    "patched time and sleep": (
        "import time\ndef retry(fn, n):\n    for i in range(n):\n        try: return fn()\n        except ValueError: time.sleep(2 ** i)\n    raise RuntimeError('gave up')",
        "import pytest\nfrom unittest.mock import patch, Mock, call\nfrom solution import retry\ndef test_retry():\n    fn = Mock(side_effect=[ValueError(), ValueError(), 'ok'])\n    with patch('time.sleep') as sleep:\n        assert retry(fn, 5) == 'ok'\n    assert sleep.call_args_list == [call(1), call(2)] and fn.call_count == 3\ndef test_gives_up():\n    with patch('solution.time.sleep'), pytest.raises(RuntimeError, match='gave up'):\n        retry(Mock(side_effect=ValueError), 2)",
    ),
    "mock of a client": (
        "class Service:\n    def __init__(s, client): s.client = client\n    def name(s, i):\n        r = s.client.get(f'/users/{i}')\n        return r.json()['name'].title() if r.status_code == 200 else None",
        "from unittest.mock import MagicMock\nfrom solution import Service\ndef test_name():\n    c = MagicMock()\n    c.get.return_value.status_code = 200\n    c.get.return_value.json.return_value = {'name': 'ann lee'}\n    assert Service(c).name(7) == 'Ann Lee'\n    c.get.assert_called_once_with('/users/7')\ndef test_missing():\n    c = MagicMock()\n    c.get.return_value.status_code = 404\n    assert Service(c).name(1) is None",
    ),
    "monkeypatch attribute of the program": (
        "LIMIT = 10\ndef fetch(): return 3\ndef over(): return fetch() > LIMIT",
        "import solution\ndef test_over(monkeypatch):\n    assert solution.over() is False\n    monkeypatch.setattr(solution, 'fetch', lambda: 11)\n    assert solution.over() is True\n    monkeypatch.setattr('solution.LIMIT', 20)\n    assert solution.over() is False",
    ),
    "temporary files read and written": (
        "import csv, json\ndef convert(src, dst):\n    with open(src) as f: rows = list(csv.DictReader(f))\n    with open(dst, 'w') as f: json.dump(rows, f)\n    return len(rows)",
        "import json\nfrom solution import convert\ndef test_convert(tmp_path):\n    src = tmp_path / 'a.csv'\n    src.write_text('x,y\\n1,2\\n3,4\\n')\n    dst = tmp_path / 'b.json'\n    assert convert(src, dst) == 2\n    assert json.loads(dst.read_text()) == [{'x': '1', 'y': '2'}, {'x': '3', 'y': '4'}]",
    ),
    "temporary directory walked": (
        "from pathlib import Path\ndef sizes(root): return {p.name: p.stat().st_size for p in sorted(Path(root).rglob('*')) if p.is_file()}",
        "import tempfile, os, unittest\nfrom solution import sizes\nclass T(unittest.TestCase):\n    def test_sizes(self):\n        with tempfile.TemporaryDirectory() as d:\n            os.makedirs(os.path.join(d, 'sub'))\n            with open(os.path.join(d, 'sub', 'a.txt'), 'w') as f: f.write('hello')\n            self.assertEqual(sizes(d), {'a.txt': 5})",
    ),
    "mock_open": (
        "def count(path):\n    with open(path) as f: return len(f.read().splitlines())",
        "import unittest\nfrom unittest.mock import patch, mock_open\nfrom solution import count\nclass T(unittest.TestCase):\n    def test_count(self):\n        with patch('builtins.open', mock_open(read_data='a\\nb\\n')) as m:\n            self.assertEqual(count('x.txt'), 2)\n            m.assert_called_once_with('x.txt')",
    ),
    "fixtures that yield objects": (
        "class Cart:\n    def __init__(s): s.items = {}\n    def add(s, n, q=1): s.items[n] = s.items.get(n, 0) + q\n    @property\n    def count(s): return sum(s.items.values())",
        "import pytest\nfrom solution import Cart\n@pytest.fixture\ndef cart():\n    c = Cart()\n    c.add('a')\n    yield c\n    c.items.clear()\ndef test_add(cart):\n    cart.add('b', 3)\n    assert cart.count == 4 and cart.items == {'a': 1, 'b': 3}\ndef test_fresh(cart): assert cart.count == 1",
    ),
    "parametrized errors and ids": (
        "def div(a, b):\n    if not isinstance(a, (int, float)): raise TypeError('number expected')\n    return a / b",
        "import pytest\nfrom solution import div\n@pytest.mark.parametrize('a, b, error', [('x', 1, TypeError), (1, 0, ZeroDivisionError)], ids=['type', 'zero'])\ndef test_errors(a, b, error):\n    with pytest.raises(error): div(a, b)\n@pytest.mark.parametrize('a', [1, 2.5])\n@pytest.mark.parametrize('b', [2, 4])\ndef test_values(a, b): assert div(a, b) == pytest.approx(a / b)",
    ),
    "caplog and warnings": (
        "import logging, warnings\nlog = logging.getLogger('shop')\ndef buy(n):\n    if n > 10: log.warning('large order: %d', n)\n    if n < 0: warnings.warn('negative', UserWarning)\n    return n",
        "import logging, pytest\nfrom solution import buy\ndef test_log(caplog):\n    with caplog.at_level(logging.WARNING): assert buy(20) == 20\n    assert 'large order: 20' in caplog.text and caplog.records[0].levelname == 'WARNING'\ndef test_warn():\n    with pytest.warns(UserWarning, match='neg'): buy(-1)",
    ),
    "exit and argv": (
        "import sys\ndef main(argv=None):\n    argv = argv if argv is not None else sys.argv[1:]\n    if not argv:\n        print('usage', file=sys.stderr)\n        sys.exit(2)\n    print(' '.join(reversed(argv)))\n    return 0",
        "import pytest, sys\nfrom solution import main\ndef test_usage(capsys):\n    with pytest.raises(SystemExit) as e: main([])\n    assert e.value.code == 2 and 'usage' in capsys.readouterr().err\ndef test_argv(monkeypatch, capsys):\n    monkeypatch.setattr(sys, 'argv', ['prog', 'a', 'b'])\n    assert main() == 0\n    assert capsys.readouterr().out == 'b a\\n'",
    ),
    "doctest of the program": (
        "def double(x):\n    '''\n    >>> double(2)\n    4\n    '''\n    return x * 2",
        "import unittest\nimport solution\nclass T(unittest.TestCase):\n    def test_double(self): self.assertEqual([solution.double(x) for x in (2, 0, -1)], [4, 0, -2])",
    ),
    "async unittest with mocks": (
        "async def load(client, ids): return [await client.get(i) for i in ids]",
        "import unittest\nfrom unittest.mock import AsyncMock\nfrom solution import load\nclass T(unittest.IsolatedAsyncioTestCase):\n    async def test_load(self):\n        c = AsyncMock()\n        c.get.side_effect = lambda i: i * 10\n        self.assertEqual(await load(c, [1, 2]), [10, 20])\n        self.assertEqual(c.get.await_count, 2)",
    ),
    "a subclass in the tests": (
        "class Plugin:\n    name = 'base'\n    def run(s, x): return f'{s.name}:{s.transform(x)}'\n    def transform(s, x): return x",
        "from solution import Plugin\nclass Upper(Plugin):\n    name = 'upper'\n    def transform(self, x): return x.upper()\ndef test_run():\n    assert Upper().run('a') == 'upper:A' and Plugin().run('a') == 'base:a'",
    ),
    "an exception with a cause": (
        "def load(d,k):\n    try: return d[k]\n    except KeyError as e: raise ValueError(f'no {k}') from e",
        "import pytest\nfrom solution import load\ndef test_chain():\n    with pytest.raises(ValueError, match='no x') as e: load({}, 'x')\n    assert isinstance(e.value.__cause__, KeyError)",
    ),
    "a method that is patched": (
        "class Api:\n    def fetch(self,u): raise RuntimeError('net')\ndef title(u): return Api().fetch(u).upper()",
        "from unittest.mock import patch\nimport solution\ndef test_t():\n    with patch.object(solution.Api,'fetch',return_value='abc') as m:\n        assert solution.title('u')=='ABC'\n        assert m.called",
    ),
    "a patched function of a rarer module": (
        "import json,urllib.request\ndef get(u):\n    with urllib.request.urlopen(u) as r: return json.loads(r.read())['n']",
        "import io\nfrom unittest.mock import patch, MagicMock\nfrom solution import get\n@patch('urllib.request.urlopen')\ndef test_get(m):\n    m.return_value.__enter__.return_value.read.return_value=b'{\"n\": 5}'\n    assert get('http://x')==5\n    m.assert_called_once_with('http://x')",
    ),
    "threads of the tests": (
        "import threading\nclass Counter:\n    def __init__(s): s.n=0; s.l=threading.Lock()\n    def inc(s):\n        with s.l: s.n+=1",
        "import threading\nfrom solution import Counter\ndef test_c():\n    c=Counter()\n    ts=[threading.Thread(target=c.inc) for _ in range(8)]\n    [t.start() for t in ts]\n    [t.join() for t in ts]\n    assert c.n==8",
    ),
}

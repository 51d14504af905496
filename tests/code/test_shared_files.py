# ruff: noqa: E501 - programs and tests on one line each
"""Files that tests and program share: ordinary tests pass, and no program finds, replaces or plants one."""

import ast

import pytest

from rewardkit_sandbox.guest.tests.test_files import compared_files, shares_files, why_not_shared


def file(text, kind="pytest"):
    return {"kind": kind, "module": "solution", "test_file": text}


def asserts(*texts):
    return {"kind": "asserts", "asserts": list(texts)}


SHAPES = {
    "a file that the program makes": (
        "def f(p):\n    with open(p,'w') as h: h.write('abc')",
        file(
            "from solution import f\ndef test_a(tmp_path):\n    f(str(tmp_path/'o.txt'))\n    assert (tmp_path/'o.txt').read_text()=='abc'"
        ),
    ),
    "a file that the tests make and change": (
        "def f(p): return len(open(p).read().split())",
        file(
            "from solution import f\ndef test_a(tmp_path):\n    p=tmp_path/'i.txt'\n    p.write_text('a b c')\n    assert f(p)==3\n    p.write_text('a')\n    assert f(p)==1"
        ),
    ),
    "a copy of a file": (
        "import shutil\ndef f(a,b): shutil.copy(a,b)",
        file(
            "import filecmp\nfrom solution import f\ndef test_a(tmp_path):\n    p=tmp_path/'i.txt'\n    p.write_text('a b c')\n    f(p,tmp_path/'o')\n    assert filecmp.cmp(p,tmp_path/'o')\n    assert p.read_text()==(tmp_path/'o').read_text()"
        ),
    ),
    "a file in the working directory": (
        "def f(p):\n    with open(p,'w') as h: h.write('abc')",
        asserts("f('x.txt')\nassert open('x.txt').read()=='abc'"),
    ),
    "a file that the program knows by name": (
        "import json\ndef load():\n    with open('c.json') as h: return json.load(h)",
        asserts("import json\nwith open('c.json','w') as h: json.dump({'a':1},h)\nassert load()=={'a':1}"),
    ),
    "a file that the program removes": (
        "import os\ndef f(p): os.remove(p)",
        file(
            "import os\nfrom solution import f\ndef test_a(tmp_path):\n    p=tmp_path/'x'\n    p.write_text('1')\n    f(str(p))\n    assert not p.exists() and not os.path.exists(p)"
        ),
    ),
    "a folder that the program sorts": (
        "import os\ndef f(d):\n    for n in os.listdir(d):\n        e=n.split('.')[-1]\n        os.makedirs(os.path.join(d,e),exist_ok=True)\n        os.rename(os.path.join(d,n),os.path.join(d,e,n))",
        file(
            "from solution import f\ndef test_a(tmp_path):\n    for n in ('a.txt','b.py'): (tmp_path/n).write_text(n)\n    f(tmp_path)\n    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob('*') if p.is_file())==['py/b.py','txt/a.txt']"
        ),
    ),
    "a table made by setUp": (
        "import csv\ndef total(p):\n    with open(p,newline='') as h: return sum(int(r['n']) for r in csv.DictReader(h))",
        file(
            "import os,tempfile,unittest,shutil\nfrom solution import total\nclass T(unittest.TestCase):\n    def setUp(self):\n        self.d=tempfile.mkdtemp()\n        self.p=os.path.join(self.d,'x.csv')\n        with open(self.p,'w') as h: h.write('n\\n1\\n2\\n')\n    def tearDown(self): shutil.rmtree(self.d)\n    def test_a(self): self.assertEqual(total(self.p),3)",
            "unittest",
        ),
    ),
    "another working directory": (
        "def f():\n    with open('out.txt','a') as h: h.write('x')",
        file(
            "from solution import f\ndef test_a(tmp_path,monkeypatch):\n    monkeypatch.chdir(tmp_path)\n    f()\n    f()\n    assert (tmp_path/'out.txt').read_text()=='xx'"
        ),
    ),
    "an object that keeps a path": (
        "import json,os\nclass Store:\n    def __init__(s,p): s.p=p\n    def save(s,d):\n        with open(s.p,'w') as h: json.dump(d,h)\n    def load(s):\n        if not os.path.exists(s.p): return {}\n        with open(s.p) as h: return json.load(h)",
        file(
            "import json\nfrom solution import Store\ndef test_a(tmp_path):\n    s=Store(tmp_path/'s.json')\n    assert s.load()=={}\n    s.save({'a':1})\n    assert json.loads((tmp_path/'s.json').read_text())=={'a':1}\n    (tmp_path/'s.json').write_text('{\"b\": 2}')\n    assert s.load()=={'b':2}"
        ),
    ),
    "a named temporary file that is open": (
        "def f(p):\n    with open(p,'a') as h: h.write('z')",
        asserts(
            "import tempfile\nwith tempfile.NamedTemporaryFile('w+',suffix='.txt') as h:\n    h.write('y')\n    h.flush()\n    f(h.name)\n    h.seek(0)\n    assert h.read()=='yz'"
        ),
    ),
    "a compressed file": (
        "import gzip\ndef f(a,b):\n    with open(a,'rb') as i, gzip.open(b,'wb') as o: o.write(i.read())",
        file(
            "import gzip\nfrom solution import f\ndef test_a(tmp_path):\n    a,b=tmp_path/'a',tmp_path/'b.gz'\n    a.write_bytes(b'hello'*99)\n    f(a,b)\n    with gzip.open(b) as h: assert h.read()==a.read_bytes()"
        ),
    ),
    "a database": (
        "import sqlite3\ndef f(p):\n    c=sqlite3.connect(p)\n    c.execute('create table t(x)')\n    c.execute('insert into t values (3)')\n    c.commit()\n    c.close()",
        file(
            "import sqlite3\nfrom solution import f\ndef test_a(tmp_path):\n    f(str(tmp_path/'d.db'))\n    assert sqlite3.connect(tmp_path/'d.db').execute('select x from t').fetchall()==[(3,)]\ndef test_open(tmp_path): assert list(tmp_path.iterdir())==[]"
        ),
    ),
    "the path of a new file as the result": (
        "import os\ndef f(d):\n    p=os.path.join(d,'n.txt')\n    open(p,'w').write('1')\n    return p",
        file(
            "import os\nfrom solution import f\ndef test_a(tmp_path):\n    p=f(str(tmp_path))\n    assert os.path.isfile(p) and p==str(tmp_path/'n.txt') and os.path.getsize(p)==1"
        ),
    ),
    "a log that each test removes": (
        "import os\nLOG='app.log'\ndef log(m):\n    with open(LOG,'a') as h: h.write(m+'\\n')",
        file(
            "import os,unittest,solution\nclass T(unittest.TestCase):\n    def tearDown(self): os.remove('app.log')\n    def test_a(self):\n        solution.log('a')\n        self.assertEqual(open('app.log').read(),'a\\n')\n    def test_b(self):\n        solution.log('b')\n        with open('app.log') as h: self.assertEqual(h.read(),'b\\n')",
            "unittest",
        ),
    ),
    "a path that the tests set in the program": (
        "DATA='data.txt'\ndef f():\n    with open(DATA) as h: return h.read()",
        file(
            "import solution\ndef test_a(tmp_path,monkeypatch):\n    p=tmp_path/'q'\n    p.write_text('hi')\n    monkeypatch.setattr(solution,'DATA',str(p))\n    assert solution.f()=='hi'"
        ),
    ),
    "a log file of logging": (
        "import logging\ndef setup(p):\n    l=logging.getLogger('app')\n    l.setLevel('INFO')\n    l.addHandler(logging.FileHandler(p))\n    return l",
        file(
            "from solution import setup\ndef test_a(tmp_path):\n    l=setup(str(tmp_path/'l.log'))\n    l.info('hello')\n    assert 'hello' in (tmp_path/'l.log').read_text()"
        ),
    ),
}
TASKS = {
    "text in capitals": file(
        "from solution import f\ndef test_a(tmp_path):\n    i,o=tmp_path/'in.txt',tmp_path/'out.txt'\n    i.write_text('secret words')\n    f(str(i),str(o))\n    assert o.read_text()=='SECRET WORDS'"
    ),
    "compared by filecmp with a file of the tests": file(
        "import filecmp\nfrom solution import f\ndef test_a(tmp_path):\n    i,o,e=tmp_path/'in.txt',tmp_path/'out.txt',tmp_path/'expected.txt'\n    i.write_text('secret words')\n    e.write_text('SECRET WORDS')\n    f(str(i),str(o))\n    assert filecmp.cmp(o,e,shallow=False)"
    ),
    "compared with a file of the tests": file(
        "from solution import f\ndef test_a(tmp_path):\n    i,o,e=tmp_path/'in.txt',tmp_path/'out.txt',tmp_path/'expected.txt'\n    i.write_text('secret words')\n    e.write_text('SECRET WORDS')\n    f(str(i),str(o))\n    got=o.read_text()\n    with open(e) as h: want=h.read()\n    assert got==want"
    ),
    "files in the working directory": asserts(
        "open('in.txt','w').write('secret words')\nopen('expected.txt','w').write('SECRET WORDS')\nf('in.txt','out.txt')\nassert open('out.txt').read()==open('expected.txt').read()"
    ),
    "a copy": file(
        "from solution import f\ndef test_a(tmp_path):\n    i,o=tmp_path/'in.txt',tmp_path/'out.txt'\n    i.write_text('secret words')\n    f(str(i),str(o))\n    assert o.read_text()==i.read_text()"
    ),
    "a copy, by unittest": file(
        "import unittest,tempfile,os\nfrom solution import f\nclass T(unittest.TestCase):\n    def setUp(self):\n        d=tempfile.mkdtemp()\n        self.i,self.o=os.path.join(d,'a'),os.path.join(d,'b')\n        with open(self.i,'w') as h: h.write('secret')\n    def test_a(self):\n        f(self.i,self.o)\n        with open(self.i) as a, open(self.o) as b: self.assertEqual(a.read(),b.read())",
        "unittest",
    ),
    "modules that the tests import late": file(
        "from solution import f\ndef test_a(tmp_path, monkeypatch):\n    monkeypatch.chdir(tmp_path)\n    f('in','out')\n    import colorsys, sched, filecmp\n    assert open('out').read()=='SECRET'\ndef test_b():\n    f('in','out')\n    import wave\n    assert open('out').read()=='SECRET'"
    ),
    "a pickle": file(
        "import pickle\nfrom solution import f\ndef test_a(tmp_path):\n    o=tmp_path/'out'\n    f('x',str(o))\n    with open(o,'rb') as h: assert pickle.load(h)=='SECRET'"
    ),
    "a context manager of the program": file(
        "import pytest\nfrom solution import f, C\ndef test_a(tmp_path):\n    o=tmp_path/'out'\n    with C(): f('x',str(o)) + 5\n    assert o.read_text()=='SECRET'"
    ),
}
ATTACKS = {
    "looks for what is expected": "import os,glob\ndef f(i,o):\n    d=os.path.dirname(os.path.abspath(i)) or '.'\n    for root in (d,'.','/tmp','/driver'):\n        for b,_,ns in os.walk(root):\n            for n in ns:\n                try: t=open(os.path.join(b,n)).read()\n                except OSError: continue\n                if 'expected' in n or 'test_' in n or 'SECRET' in t:\n                    open(o,'w').write('SECRET WORDS' if 'SECRET WORDS' in t and 'def f' not in t else t); return\n",
    "replaces what is expected": "import os\ndef f(i,o):\n    for n in (os.path.join(os.path.dirname(i),'expected.txt'),'expected.txt'):\n        try: open(n,'w').write('x')\n        except OSError: pass\n    open(o,'w').write('x')\n",
    "empties what it is compared with": "def f(i,o):\n    open(i,'w').close()\n    open(o,'w').close()\n",
    "leaves a link for its output": "import os\ndef f(i,o):\n    d=os.path.dirname(i)\n    for t in ('expected.txt','in.txt','in','/proc/self/environ'):\n        try: os.symlink(os.path.join(d,t),o); return\n        except OSError: pass\n",
    "leaves a link for its input": "import os\ndef f(i,o):\n    os.remove(i); os.symlink(o,i); open(o,'w').close()\n",
    "leaves a pipe": "import os\ndef f(i,o): os.mkfifo(o)\n",
    "plants modules": "import os\nX='import os\\nfor fd in (1,3):\\n    pass\\nimport gc\\nfor o in gc.get_objects():\\n    if type(o).__name__==\"Report\":\\n        o.send(\"test\",\"test_a\",True,\"\"); o.send(\"test\",\"test_b\",True,\"\"); o.send(\"done\",2); os._exit(0)\\n'\ndef f(i,o):\n    for d in ('.','..','/tmp','/tmp/run',os.path.dirname(os.path.abspath(o))):\n        for n in ('colorsys','sched','filecmp','wave','json','conftest','sitecustomize','chunk'):\n            try: open(os.path.join(d,n+'.py'),'w').write(X)\n            except OSError: pass\n    open(o,'w').write('no')\n",
    "leaves a pickle that runs code": "import pickle\nclass E:\n    def __reduce__(s): return (exec,(\"import gc,os\\nfor o in gc.get_objects():\\n    if type(o).__name__=='Report':\\n        o.send('test','test_a',True,''); o.send('done',1); os._exit(0)\",))\ndef f(i,o):\n    with open(o,'wb') as h: pickle.dump(E(),h)\n",
    "writes paths of its own into frames": "import gc,os\ndef srv(): return next(o for o in gc.get_objects() if type(o).__name__=='Server')\ndef f(i,o):\n    s=srv()\n    t=b'import os,gc\\nfor o in gc.get_objects():\\n    if type(o).__name__==\"Report\": o.send(\"test\",\"test_a\",True,\"\");o.send(\"done\",1);os._exit(0)\\n'\n    for n in ('../x.py','/tmp/colorsys.py','run/test_of_solution.py','run/../../etc/x','a/../colorsys.py','./colorsys.py','run/sched.py','','.','..','/','//tmp/x','x\\0y','run','../driver/run/test_of_solution.py','proc/self/mem'):\n        s._write(['files',{n:[0o777,0,t]}])\n        s._write(['files',{n:[0o777,0,None]}])\n        s._write(['files',{n:None}])\n        s._write(['files',{n:[1,2]}]); s._write(['files',{n:'x'}])\n    s._write(['files',{5:[0o777,0,t]}]); s._write(['files',[1]]); s._write(['files',None])\n    open(o,'w').write('no')\n",
    "gives the driver lines of its own": "import os\nclass C:\n    def __enter__(s): return s\n    def __exit__(s,*a): return True\nclass L:\n    def __add__(s,o): return 1\n    def __eq__(s,o): return True\nR='raise x\\n'*2000\ndef f(i,o):\n    for n in ('rewardkit_sandbox/guest/tests/operators.py','rewardkit_sandbox/guest/tests/proxy.py','operators.py'):\n        for d in ('.','/','/tmp','/tmp/run'):\n            try:\n                p=os.path.join(d,n); os.makedirs(os.path.dirname(p),exist_ok=True); open(p,'w').write(R)\n            except OSError: pass\n    open(o,'w').write('no')\n    return L()\n",
}
RIGHT = {
    **dict.fromkeys(list(TASKS)[:4], "def f(i, o): open(o, 'w').write(open(i).read().upper())"),
    **dict.fromkeys(list(TASKS)[4:6], "def f(i, o):\n    with open(i) as a, open(o, 'w') as b: b.write(a.read())"),
    "modules that the tests import late": "def f(i, o):\n    with open(o, 'w') as b: b.write('SECRET')",
    "a pickle": "import pickle\ndef f(i, o):\n    with open(o, 'wb') as b: pickle.dump('SECRET', b)",
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_right_program_gets_1(judge, name):
    score = judge(*SHAPES[name])
    assert score.value == 1.0, score.reason
    assert score.details["tests_isolation"] == "separate"


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "a copy of a file"])  # which sets metadata
def test_a_right_program_gets_1_without_namespaces(judge_without_namespaces, name):
    score = judge_without_namespaces(*SHAPES[name])
    assert score.value == 1.0, score.reason


@pytest.mark.parametrize("name", SHAPES)
def test_a_program_that_does_nothing_does_not(judge, name):
    program, tests = SHAPES[name]
    tree = ast.parse(program)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = ast.parse("return None").body
    assert judge(ast.unparse(tree), tests).value == 0.0


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_attacked_below_can_be_passed(judge, name):
    score = judge(RIGHT[name], TASKS[name])
    assert score.value == 1.0, score.reason


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_program_passes_by_files(judge, attack):
    for name, tests in TASKS.items():
        score = judge(ATTACKS[attack], tests)
        assert score.value == 0.0, (name, score.reason)


@pytest.mark.parametrize(
    ("text", "shared", "why"),
    [
        ("assert f('x') == 1", False, ""),
        ("assert open('x').read() == ''", True, ""),
        ("def test_a(tmp_path): f(tmp_path)", True, ""),
        ("with patch('builtins.open'): assert f() == 1", False, ""),
        ("import pickle\nassert pickle.load(open('x', 'rb')) == 1", True, "run what they read"),
        ("sys.path.insert(0, tmp_path)", True, "run what they read"),
        ("exec(open('x').read())", True, "run what they read"),
        ("sys.stdout, os.path.exists('x')", True, ""),
        ("os.symlink('a', tempfile.mkdtemp())", True, "links"),
    ],
)
def test_which_tests_share_files(text, shared, why):
    assert shares_files([ast.parse(text)]) is shared
    found = why_not_shared([ast.parse(text)])
    assert (why in found) if why else not found


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("assert a.read_text() == b.read_text()", {"a", "b"}),
        ("assert open('one.txt').read() == open('two.txt').read()", {"one.txt", "two.txt"}),
        ("with open(a) as f: x = f.read()\nwith open(b) as f2: y = f2.read()\nassert x == y", {"a", "b"}),
        ("self.assertEqual(open(self.a).read(), open(self.b).read())", {"self.a", "self.b"}),
        ("assert filecmp.cmp(a, b)", {"a", "b"}),
        ("assert (d / 'one').read_bytes() == (d / 'two').read_bytes()", {"d", "one", "two"}),
        ("before = a.read_text()\nf(a)\nassert a.read_text() == before.upper()", set()),
        ("assert a.read_text() == 'text'", set()),
        ("assert a.read_text() == f(a)", set()),
    ],
)
def test_files_that_tests_compare_with_each_other_are_found(text, files):
    assert compared_files([ast.parse(text)]) == files

"""The cases of one program run in one world, and nothing passes from one to the next."""

# ruff: noqa: E501

import shutil
import sys

import pytest

from rewardkit_sandbox import Compile, Image, Limits, Script

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="worlds for cases are bubblewrap's")
LIMITS = Limits(cpu_s=2, wall_s=10.0)
MANY = 99


def runs(sandbox, source, inputs, limits=LIMITS):
    """The results of a program for each input in one world; the first case is run alone."""
    with sandbox.cases(Script(source), limits, MANY) as cases:
        cases.run(b"", limits.wall_s)
        return [cases.run(one, limits.wall_s) for one in inputs]


def said(sandbox, source, inputs, limits=LIMITS):
    return [(result.stdout + result.stderr[-300:]).decode() for result in runs(sandbox, source, inputs, limits)]


def test_every_case_gets_its_own_input_and_output(shared):
    source = "import sys\nfor line in sys.stdin: print(int(line) ** 2)\nsys.stderr.write('e')"
    assert said(shared("bubblewrap"), source, [b"1\n2\n", b"", b"3\n", b"-4"]) == ["1\n4\ne", "e", "9\ne", "16\ne"]


def test_cases_end_as_runs_do(shared):
    source = """
import os, sys
word = sys.stdin.read()
if word == "exit": sys.exit(3)
if word == "error": raise ValueError("no")
if word == "signal": os.kill(os.getpid(), 15)
if word == "crash": import ctypes; ctypes.string_at(0)
if word == "atexit": import atexit; atexit.register(print, "bye")
if word == "thread":
    import threading, time
    threading.Thread(target=lambda: (time.sleep(0.1), print("late"))).start()
print(word)
"""
    words = ["exit", "error", "signal", "crash", "atexit", "thread", "fine"]
    ended = dict(zip(words, runs(shared("bubblewrap"), source, [word.encode() for word in words]), strict=True))
    assert {word: (one.end, one.code) for word, one in ended.items()} == {
        "exit": ("exit", 3),
        "error": ("exit", 1),
        "signal": ("signal", 15),
        "crash": ("signal", 11),
        "atexit": ("exit", 0),
        "thread": ("exit", 0),
        "fine": ("exit", 0),
    }
    assert ended["error"].stderr.endswith(b"ValueError: no\n")
    assert (ended["atexit"].stdout, ended["thread"].stdout) == (b"atexit\nbye\n", b"thread\nlate\n")


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ("while True: pass", "cpu"),
        ("import time; time.sleep(60)", "wall"),
        ("x = []\n    while True: x.append(bytearray(1 << 22))", "memory"),
        ("import os\n    while True: os.write(1, b'x' * 65536)", "output"),
        ("import os, time\n    for _ in range(8):\n        if os.fork() == 0: x = bytearray(200 << 20); time.sleep(60)\n    time.sleep(60)", "memory"),
    ],
    ids=["cpu", "wall", "memory", "output", "memory of many"],
)  # fmt: skip
def test_a_case_that_uses_up_a_limit_costs_the_next_one_nothing(shared, body, end):
    source = f"import sys\nif sys.stdin.read() == 'bad':\n    {body}\nprint('good')"
    limits = Limits(cpu_s=1, wall_s=1.5, memory_bytes=256 << 20, output_bytes=1 << 20)
    before, bad, after = runs(shared("bubblewrap"), source, [b"good", b"bad", b"good"], limits)
    assert (before.stdout, after.stdout) == (b"good\n", b"good\n")
    assert bad.end == end or (end == "memory" and b"MemoryError" in bad.stderr)


def test_a_program_that_kills_itself_has_the_end_that_it_has_alone(shared):
    source = "import os\nos.kill(os.getpid(), 9)\nprint('alive')"
    assert [one.stdout for one in runs(shared("bubblewrap"), source, [b"", b""])] == [b"alive\n", b"alive\n"]


@pytest.mark.parametrize("source", ["print(1", "x = '\ud800'\nprint(1)", "\0", "(" * 5000])
def test_a_text_that_is_no_program_is_none_in_every_case(shared, source):
    alone = shared("bubblewrap").run(Script(source), LIMITS)
    for case in runs(shared("bubblewrap"), source, [b"", b"", b""]):
        assert (case.end, case.code, case.stdout, case.stderr) == (alone.end, alone.code, alone.stdout, alone.stderr)


def test_other_jobs_may_run_in_between(shared):
    sandbox = shared("bubblewrap")
    with sandbox.cases(Script("print(input())"), LIMITS, MANY) as cases:
        for number in range(4):
            assert cases.run(b"%d" % number, 5.0).stdout == b"%d\n" % number
            assert sandbox.run(Script("print('other')"), Limits(memory_bytes=128 << 20)).stdout == b"other\n"


def test_compiled_programs_and_other_languages_have_cases_too(shared):
    sandbox = shared("bubblewrap")
    jobs = []
    if shutil.which("gcc", path="/usr/bin"):
        text = '#include <stdio.h>\nint main(void) { long n; scanf("%ld", &n); printf("%ld\\n", n * n); return 0; }'
        jobs.append(Image(sandbox.run(Compile(text, "c"), Limits()).channel, "c"))
    if shutil.which("node", path="/usr/bin"):
        text = "console.log(Number(require('fs').readFileSync(0, 'utf8')) ** 2)"
        jobs.append(Image(text.encode(), "javascript"))
    for job in jobs:
        with sandbox.cases(job, Limits(memory_bytes=1 << 30), MANY) as cases:
            assert [cases.run(b"%d" % n, 5.0).stdout for n in range(4)] == [b"0\n", b"1\n", b"4\n", b"9\n"]


LEAVES_AND_LOOKS = {
    "files": ("open('/tmp/x', 'w').write('word'); open('y', 'w').write('word'); os.mkdir('/dev/shm/z')",
              "print(os.listdir('/tmp'), os.listdir('.'), os.listdir('/dev/shm'))"),
    "a changed program file": ("open('main.py', 'w').write('word')", "print(len(open('main.py').read()) > 9)"),
    "another file in its place": ("os.remove('main.py'); os.symlink('/usr', 'main.py')", "print(os.path.islink('main.py'))"),
    "no folder to work in": ("os.chdir('/'); import shutil; shutil.rmtree('/tmp/run')", "print(os.getcwd(), os.listdir('.'))"),
    "file numbers": ("[open(f'/tmp/{n}', 'w').close() for n in range(500)]",
                     "print(os.stat('/tmp').st_ino, os.stat('.').st_ino, os.stat('main.py').st_ino)"),
    "space and inodes": ("open('/tmp/x', 'wb').write(b'x' * (60 << 20))",
                         "s = os.statvfs('/tmp'); print(s.f_files - s.f_ffree, (s.f_blocks - s.f_bfree) < 9)"),
    "children": ("[os.fork() or (os.setsid(), time.sleep(60)) for _ in range(3)]",
                 "print([p for p in os.listdir('/proc') if p.isdigit()])"),
    "children that hear no signal": ("[signal.signal(n, signal.SIG_IGN) for n in range(1, 32) if n not in (9, 19)]; os.fork() or time.sleep(60)",
                 "print([p for p in os.listdir('/proc') if p.isdigit()])"),
    "stopped children": ("p = os.fork() or time.sleep(60); os.kill(p, 19)", "print([p for p in os.listdir('/proc') if p.isdigit()])"),
    "zombies": ("[os.fork() or os._exit(0) for _ in range(9)]", "print([p for p in os.listdir('/proc') if p.isdigit()])"),
    "process numbers": ("[os.fork() or os._exit(0) for _ in range(40)]",
                        "p = os.fork() or os._exit(0); print(os.getpid(), os.getppid(), p)"),
    "the last number": ("[os.fork() or os._exit(0) for _ in range(40)]", "print(open('/proc/loadavg').read().split()[4])"),
    "the number that sysctl shows": ("[os.fork() or os._exit(0) for _ in range(40)]",
                                     "print(open('/proc/sys/kernel/ns_last_pid').read())"),
    "a number that it chooses": ("open('/proc/sys/kernel/ns_last_pid', 'w').write('500')", "print(os.fork() or os._exit(0))"),
    "time and memory of children": ("p = os.fork() or (bytearray(50 << 20), os._exit(0)); os.wait()",
                 "import resource; r = resource.getrusage(resource.RUSAGE_CHILDREN); print(r.ru_maxrss, r.ru_utime, r.ru_minflt)"),
    "what process 1 used": ("sum(range(3_000_000)); bytearray(80 << 20)",
                 "print([n for n in ('stat', 'status', 'statm', 'io', 'sched', 'schedstat', 'smaps', 'mem') if os.access(f'/proc/1/{n}', os.R_OK)])"),
    "standing of process 1": ("open('/proc/1/oom_score_adj', 'w').write('7')", "print(os.path.exists('/proc/1'))"),
    "limits of process 1": ("import resource; resource.prlimit(1, resource.RLIMIT_STACK, (4096 * 77, 4096 * 99))",
                            "import resource; print(resource.prlimit(1, resource.RLIMIT_STACK), resource.getrlimit(resource.RLIMIT_STACK))"),
    "priority of process 1": ("os.setpriority(os.PRIO_PROCESS, 1, 7)", "print(os.getpriority(os.PRIO_PROCESS, 1), os.nice(0))"),
    "processors of process 1": ("os.sched_setaffinity(1, {0})", "print(len(os.sched_getaffinity(1)) == len(os.sched_getaffinity(0)))"),
    "name of process 1": ("open('/proc/1/comm', 'w').write('word')", "print(open('/proc/self/comm').read())"),
    "signals to process 1": ("[os.kill(1, n) for n in range(1, 32) if n != 9 or True]", "print('there')"),
    "an interrupt of process 1": ("os.kill(1, signal.SIGINT); os.killpg(0, signal.SIGINT)", "print('there')"),
    "its own group and session": ("os.kill(0, 18)", "print(os.getpgid(0), os.getsid(0))"),
    "semaphores": ("import multiprocessing as m; s = m.Semaphore(3); s.acquire()", "print(os.listdir('/dev/shm'))"),
    "shared memory with a name": ("from multiprocessing import shared_memory as s; s.SharedMemory('word', True, 4096)",
                 "from multiprocessing import shared_memory as s\ntry: print(s.SharedMemory('word').name)\nexcept OSError: print('none')"),
    "System V memory": ("import ctypes; print(ctypes.CDLL(None).shmget(77, 4096, 0o1777))", "import ctypes; print(ctypes.CDLL(None).shmget(77, 4096, 0))"),
    "message queues": ("import ctypes; ctypes.CDLL(None).mq_open(b'/word', 0o102, 0o600, None)", "import ctypes; print(ctypes.CDLL(None).mq_open(b'/word', 0))"),
    "keys": ("import ctypes; ctypes.CDLL(None).syscall(248, b'user', b'word', b'x', 1, -3)", "import ctypes; print(ctypes.CDLL(None).syscall(249, b'user', b'word', 0, 0))"),
    "abstract sockets": ("s = socket.socket(socket.AF_UNIX); s.bind('\\0word'); s.listen(); os.fork() or time.sleep(60)",
                 "s = socket.socket(socket.AF_UNIX)\ntry: s.connect('\\0word'); print('there')\nexcept OSError as e: print(e.errno)"),
    "sockets with a path": ("s = socket.socket(socket.AF_UNIX); s.bind('/tmp/s'); s.listen(); os.fork() or time.sleep(60)",
                 "print(os.path.exists('/tmp/s'), open('/proc/net/unix').read().count('\\n'))"),
    "locks of shared files": ("import fcntl; f = open(os.__file__); fcntl.flock(f, fcntl.LOCK_EX); os.fork() or time.sleep(60)",
                 "import fcntl; print(fcntl.flock(open(os.__file__), fcntl.LOCK_EX | fcntl.LOCK_NB))"),
    "leases of shared files": ("import fcntl\nfcntl.fcntl(os.open(os.__file__, os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK)",
                 "import fcntl; print(fcntl.fcntl(os.open(os.__file__, os.O_RDONLY), fcntl.F_GETLEASE))"),
    "its modules": ("import json, collections; json.dumps = collections.Counter = None; os.word = 1; sys.path.append('word')",
                 "import json, collections; print(json.dumps([1]), collections.Counter, hasattr(os, 'word'), 'word' in sys.path)"),
    "the environment": ("os.environ['WORD'] = '1'; os.putenv('WORD', '1')", "print(os.environ.get('WORD'), b'WORD' in open('/proc/self/environ', 'rb').read())"),
    "its numbers at random": ("random.seed(5)", "print(random.random() == random.Random(5).random())"),
    "descriptors": ("os.dup2(os.open('/tmp/x', os.O_CREAT | os.O_RDWR), 77)", "print(sorted(map(int, os.listdir('/proc/self/fd'))))"),
    "the descriptor of its input": ("os.lseek(0, 0, 2); os.set_blocking(0, False)", "import fcntl; print(os.lseek(0, 0, 1), fcntl.fcntl(0, fcntl.F_GETFL))"),
    "mounts": ("import ctypes; ctypes.CDLL(None).mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None)", "print(sum(' /tmp ' in line for line in open('/proc/self/mountinfo')))"),
    "the file creation mask": ("os.umask(0o777)", "print(os.umask(0))"),
    "signal masks and handlers": ("signal.pthread_sigmask(0, range(1, 32)); signal.signal(signal.SIGALRM, signal.SIG_IGN)",
                 "print(signal.pthread_sigmask(0, []), signal.getsignal(signal.SIGALRM), signal.getsignal(signal.SIGINT))"),
    "timers": ("signal.setitimer(signal.ITIMER_REAL, 0.2)", "time.sleep(0.4); print(signal.getitimer(signal.ITIMER_REAL))"),
    "limits of its own": ("import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (9, 9)); r.setrlimit(r.RLIMIT_STACK, (9 << 20, 9 << 20))",
                 "import resource as r; print(r.getrlimit(r.RLIMIT_NOFILE), r.getrlimit(r.RLIMIT_STACK))"),
}  # fmt: skip
START = "import os, sys, time, signal, socket, random\n"


@pytest.mark.parametrize("name", LEAVES_AND_LOOKS)
def test_nothing_that_a_case_leaves_is_there_in_the_next(shared, name):
    leave, look = LEAVES_AND_LOOKS[name]
    body = "\n".join(f"    {line}" for line in leave.splitlines())
    looked = "\n".join(f"    {line}" for line in look.splitlines())
    source = f"{START}word = sys.stdin.read()\nif word == 'leave':\n  try:\n{body}\n  except OSError: pass\nelse:\n{looked}\n"
    before, _, after, later = said(shared("bubblewrap"), source, [b"look", b"leave", b"look", b"look"])
    assert before == after == later
    assert "Traceback" not in before


def test_a_case_is_a_copy_of_a_memory_that_holds_nothing_of_the_case_before(shared):
    """Neither its input, its output, nor how it ended: not in any object, and not in memory that is free again."""
    source = """
import re, sys
word = sys.stdin.read()
if word != "look":
    print("answer:" + word)
    sys.exit(77)
found = set()
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        start, end = (int(x, 16) for x in line.split()[0].split("-"))
        if "rw" in line and end - start < 1 << 28:
            try:
                memory.seek(start)
                data = memory.read(end - start)
            except (OSError, ValueError):
                continue
            # Patterns that do not match themselves, which are in memory too.
            found |= {one[0] for one in re.finditer(rb"secret-of-a-cas[e]-17|answe[r]:secret", data)}
print(found)
"""
    first, looked, *_ = said(shared("bubblewrap"), source, [b"secret-of-a-case-17", b"look"])
    assert first == "answer:secret-of-a-case-17\n"
    assert looked == "set()\n"


def test_the_world_ends_with_its_cases_and_with_the_sandbox(open_one):
    source = Script("print(input())")
    with open_one("bubblewrap") as sandbox:
        with sandbox.cases(source, LIMITS, MANY) as cases:
            cases.run(b"1", 5.0)
            cases.run(b"2", 5.0)
        numbers = "import os\nprint(len([p for p in os.listdir('/proc') if p.isdigit()]))"
        assert sandbox.run(Script(numbers), LIMITS).stdout == b"1\n"
        unfinished = sandbox.cases(source, LIMITS, MANY)
        unfinished.run(b"1", 5.0)
        unfinished.run(b"2", 5.0)
    unfinished.close()


def test_where_a_kernel_gives_no_process_numbers_every_case_has_a_world(open_one, monkeypatch):
    from rewardkit_sandbox import jobs

    texts = jobs.guest_modules()
    name = "rewardkit_sandbox.guest.zygote.case_world"
    spoiled = texts | {name: texts[name].replace("ns_last_pid", "no_such_file")}
    monkeypatch.setattr(jobs, "guest_modules", lambda: spoiled)
    with open_one("bubblewrap") as sandbox:
        source = "import os\nprint(os.getpid(), input())"
        assert said(sandbox, source, [b"1", b"2", b"3"]) == ["1 1\n", "1 2\n", "1 3\n"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import math", {"math"}),
        ("import sys, heapq as h, os.path", {"sys", "heapq", "os"}),
        ("from collections import Counter, deque", {"collections"}),
        ("from os.path import join", {"os"}),
        ("    import re\nx = 1\nfrom bisect import *", {"re", "bisect"}),
        ("print('import')", set()),
    ],
)
def test_what_a_program_imports_is_seen(text, names):
    from rewardkit_sandbox.local.world_cases import imported

    assert imported(text) - {""} == names


def test_what_a_program_imports_is_loaded_before_its_cases(shared):
    source = "import sys\nprint('heapq' in sys.modules, 'csv' in sys.modules)\nimport heapq"
    assert said(shared("bubblewrap"), source, [b"", b""]) == ["True False\n"] * 2


def test_a_thousand_cases_end_as_few_do(shared):
    """Whoever makes them all is limited too, and is replaced before that costs a case its verdict."""
    with shared("bubblewrap").cases(Script("print(input())"), Limits(cpu_s=1, wall_s=10.0), 1000) as cases:
        for number in range(1000):
            result = cases.run(b"%d" % number, 10.0)
            assert (result.end, result.stdout) == ("exit", b"%d\n" % number), result

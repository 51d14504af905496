"""Programs that try to outlive their run, to reach what is not theirs, or to break who cleans up after them.

Each is followed by a look at the container: nothing of it is left, and the next program finds what the first one found.
"""

# ruff: noqa: E501

import pytest

from rewardkit_sandbox import Driven, Limits, Script, decode, split_frames

LIMITS = Limits(cpu_s=2, wall_s=10.0)
LOOK = """
import os
s = os.statvfs('/tmp')
used = (s.f_blocks - s.f_bfree) * s.f_bsize
print(os.listdir('/tmp'), os.listdir('.'), used < 100_000, s.f_files - s.f_ffree < 10,
      len([p for p in os.listdir('/proc') if p.isdigit()]))
"""
CLEAN = b"['run'] ['main.py'] True True 3\n"

LEAVES = {
    "folders as deep as inodes allow": "import os\ntry:\n  while True: os.mkdir('d'); os.chdir('d')\nexcept OSError: print('full')",
    "paths longer than any limit": "import os\ntry:\n  while True: os.mkdir('d' * 255); os.chdir('d' * 255)\nexcept OSError: print('full')",
    "folders that are shut": """
import os
for n in range(30):
    os.makedirs(f'a{n}/b/c')
    open(f'a{n}/b/c/f', 'w').close()
    for path in (f'a{n}/b/c', f'a{n}/b', f'a{n}'): os.chmod(path, 0)
os.chmod('.', 0)
os.chmod('/tmp/run', 0)
""",
    "odd names": r"""
import os
for name in [b'\xff\xfe', b'-rf', b'x' * 255, b'a\nb', b' ', b'*', b'\x01', b'..x', '\U0001F600'.encode()]:
    os.mkdir(name)
    open(name + b'/' + name, 'wb').close()
    open(b'/tmp/' + name, 'wb').close()
""",
    "many names of one file": "import os\nopen('f', 'w').write('x' * 9999)\nfor n in range(3000): os.link('f', f'/tmp/l{n}')",
    "links to everywhere": "import os\nfor n, to in enumerate(['/', '/driver', '/tmp', '.', '/proc/1/root', 'l5']): os.symlink(to, f'l{n}')",
    "another folder in place of its own": "import os\nos.rename('/tmp/run', '/tmp/ran')\nos.symlink('/usr', '/tmp/run')",
    "a file in place of its folder": "import os\nos.unlink('main.py')\nos.rmdir('/tmp/run')\nopen('/tmp/run', 'w').close()",
    "sockets and sticky folders": "import os, socket\nos.mkdir('s')\nos.chmod('s', 0o3777)\nsocket.socket(socket.AF_UNIX).bind('s/x')",
    "a full disk": "f = open('/tmp/f', 'wb')\ntry:\n  while True: f.write(b'x' * 65536); f.flush()\nexcept OSError: print('full')",
    "no inodes": "import itertools\ntry:\n  for n in itertools.count(): open(f'/tmp/{n}', 'w').close()\nexcept OSError: print('full')",
    "setuid files": "import os, shutil\nshutil.copy('/bin/sh', '/tmp/s')\nos.chmod('/tmp/s', 0o6777)\nos.system('/tmp/s -pc true')",
    "sessions": "import os, time\ntry:\n  while True:\n    if os.fork() == 0: os.setsid(); time.sleep(99); os._exit(0)\nexcept OSError: os._exit(0)",
    "grandchildren that hold its output": """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(99)
    os._exit(0)
""",
    "a fork bomb that hears no signal": """
import os, signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True:
    try: os.fork()
    except OSError: pass
""",
    "a chain of forks, each the end of the last": "import os\nwhile True:\n  if os.fork(): os._exit(0)",
    "vforks and a shell's own bomb": "import os\nos.execv('/bin/sh', ['sh', '-c', 'f() { f | f & }; f; wait'])",
    "memory of many": "import os, time\nfor _ in range(8):\n  if os.fork() == 0: x = bytearray(300 << 20); time.sleep(60)\ntime.sleep(60)",
    "memory and disk": "f = open('/tmp/f', 'wb', 0)\nf.write(b'x' * (60 << 20))\nx = []\nwhile True: x.append(bytearray(1 << 22))",
    "memory of one that shut itself off": """
import ctypes, os, time
ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
for _ in range(8):
    if os.fork() == 0: x = bytearray(300 << 20); time.sleep(60)
time.sleep(60)
""",
    "pipes and sockets that are full": """
import os, socket
kept = []
try:
    while True:
        a, b = socket.socketpair()
        a.setblocking(False)
        kept.append((a, b))
        try:
            while True: a.send(b'x' * 65536)
        except BlockingIOError: pass
except OSError: pass
""",
    "its own end": "import os\nos.kill(os.getpid(), 9)",
    "everybody's end": "import os\nfor number in (15, 9): os.kill(-1, number)",
}


@pytest.mark.parametrize("what", LEAVES)
def test_nothing_is_left_of(shared, what):
    sandbox = shared("docker")
    assert sandbox.run(Script(LOOK), LIMITS).stdout == CLEAN
    sandbox.run(Script(LEAVES[what]), LIMITS)
    assert sandbox.run(Script(LOOK), LIMITS).stdout == CLEAN


NOTHING = "assert f() == []"
REACHES = {
    "signals": """
import os
def f():
    done = []
    for pid in [int(p) for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()]:
        for number in (9, 15, 19, 10):
            try: os.kill(pid, number); done.append(pid)
            except PermissionError: pass
    return done
""",
    "memory, descriptors and environment": """
import os
def f():
    done = []
    for pid in [p for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()]:
        for name in ('mem', 'environ', 'maps', 'smaps', 'auxv', 'stack', 'syscall', 'pagemap', 'cwd', 'root', 'exe', 'fd',
                     *(f'fd/{n}' for n in range(12)), f'task/{pid}/mem', 'clear_refs', 'oom_score_adj', 'comm'):
            path = f'/proc/{pid}/{name}'
            for reach in (os.listdir, os.readlink, lambda p: os.open(p, os.O_RDWR), lambda p: os.open(p, os.O_WRONLY)):
                try: reach(path); done.append(path)
                except OSError: pass
    return done
""",
    "the folder of the tests": """
import os
def f():
    done = []
    for path in ('/driver', '/driver/run', '/tmp/../driver/run'):
        for reach in (os.listdir, os.chdir, lambda p: open(p + '/x', 'w'), lambda p: os.rename(p, '/tmp/x')):
            try: reach(path); done.append(path)
            except OSError: pass
    return done
""",
    "limits and priorities": """
import os, resource
def f():
    done = []
    for pid in [int(p) for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()]:
        for reach in (lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3)), lambda: os.setpriority(0, pid, 19),
                      lambda: os.sched_setaffinity(pid, {0}), lambda: os.pidfd_open(pid) and None or 1 / 0):
            try: reach(); done.append(pid)
            except (OSError, ZeroDivisionError): pass
    return done
""",
    "a descriptor of another process": """
import ctypes, os
def f():
    done, call = [], ctypes.CDLL(None).syscall
    for pid in [int(p) for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()]:
        for fd in range(12):
            if call(438, os.pidfd_open(pid), fd, 0) >= 0: done.append((pid, fd))
    return done
""",
}


@pytest.mark.parametrize("what", REACHES)
def test_a_program_does_not_reach_its_driver_or_its_supervisor_by(shared, what):
    """The function answers with what it reached; the supervisor, the relay and the driver are there to be reached."""
    tests = {"kind": "code", "setup": "", "tests": [NOTHING], "entry_point": None, "trusted": "", "stop": False}
    sandbox = shared("docker")
    result = sandbox.run(Driven(REACHES[what], tests), LIMITS)
    frames = [decode(frame) for frame in split_frames(result.channel)[0]]
    assert ["test", "test 1", True, ""] in frames, frames
    assert sandbox.run(Script(LOOK), LIMITS).stdout == CLEAN


def test_the_tests_see_no_folder_of_the_program_as_their_own(shared):
    tests = [
        "import os, tempfile\nassert os.getcwd().startswith('/driver/run')",
        "with open(tempfile.gettempdir() + '/x', 'w') as file: file.write('expected')",
        "assert tempfile.gettempdir() == '/driver/run'",
        "assert f() == ['main.py'], f()",
    ]
    request = {"kind": "code", "setup": "", "tests": tests, "entry_point": None, "trusted": "", "stop": False}
    sandbox = shared("docker")
    result = sandbox.run(Driven("import os\ndef f(): return os.listdir('.')", request), LIMITS)
    frames = [decode(frame) for frame in split_frames(result.channel)[0]]
    assert [frame[2] for frame in frames[1:5]] == [True] * 4, frames


def test_only_its_own_file_system_can_be_written_to(shared):
    source = """
import os
found = []
for root, folders, names in os.walk('/'):
    folders[:] = [] if root.startswith(('/proc', '/tmp')) else folders
    for name in folders + names:
        path = os.path.join(root, name)
        if not os.path.islink(path) and not path.startswith('/proc') and os.access(path, os.W_OK): found.append(path)
print(sorted(set(found) - {'/tmp', *('/dev/' + name for name in ('null', 'zero', 'full', 'random', 'urandom', 'tty'))}))
"""
    assert shared("docker").run(Script(source), LIMITS).stdout == b"[]\n"


def test_nothing_that_tests_expect_stays_where_a_later_program_is_forked(shared):
    """The relay alone sees tests, and is never forked: a secret of one run is in no memory of the next."""
    sandbox = shared("docker")
    tests = {"kind": "code", "setup": "", "tests": ["assert f() != 'secret-' + '12345-67890'"], "entry_point": None}
    tests |= {"trusted": "expected = 'secret-12345-67890'", "stop": False}
    sandbox.run(Driven("def f(): return 1", tests), LIMITS)
    source = """
import re
found, needle = 0, re.compile(b'[1]2345-6789[0]')
for line in open('/proc/self/maps'):
    span, mode = line.split()[:2]
    low, high = (int(part, 16) for part in span.split('-'))
    if 'r' in mode and high - low < 1 << 28:
        try:
            with open('/proc/self/mem', 'rb', 0) as memory:
                memory.seek(low)
                found += len(needle.findall(memory.read(high - low)))
        except (OSError, ValueError): pass
print(found)
"""
    assert sandbox.run(Script(source), LIMITS).stdout == b"0\n"

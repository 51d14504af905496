"""What a backend must do, as named checks that it can prove itself by.

    for check in CHECKS:
        check(sandbox)          # raises AssertionError, naming what the program could do

Each check runs programs that try one thing. A backend of a third party passes all of them on one sandbox, in any
order, one after the other: what one run leaves behind is what the next one looks for.

A backend that cannot separate everything says what it does not separate in `Sandbox.reduced`; `claims` tells whether
it means to pass a check. One that does not claim a check and passes it says too little of itself.
"""

import time
from collections.abc import Callable
from typing import Any

from rewardkit_sandbox.guest.wire import decode, split_frames
from rewardkit_sandbox.protocol import MIB, Answers, Driven, Limits, RunResult, Sandbox, Script

QUICK = Limits(cpu_s=2, wall_s=20.0)
Check = Callable[[Sandbox], None]
CHECKS: list[Check] = []
SEPARATES: dict[Check, str] = {}
"""What a backend of reduced isolation may leave together, by the check that then fails."""


def check(function: Check) -> Check:
    CHECKS.append(function)
    return function


def separates(what: str) -> Callable[[Check], Check]:
    """Marks a check that a backend need not pass if it names `what` in `Sandbox.reduced`."""

    def mark(function: Check) -> Check:
        SEPARATES[function] = what
        return check(function)

    return mark


def claims(sandbox: Sandbox, check: Check) -> bool:
    """Whether this backend means to pass this check."""
    return SEPARATES.get(check) not in sandbox.reduced


def _ask(sandbox: Sandbox, source: str, limits: Limits = QUICK, stdin: bytes = b"") -> RunResult:
    return sandbox.run(Script(source, stdin), limits)


def _says(sandbox: Sandbox, source: str, expected: str, limits: Limits = QUICK) -> None:
    result = _ask(sandbox, source, limits)
    found = result.stdout.decode(errors="replace").strip()
    assert found == expected, f"the program said {found!r}, not {expected!r}; {result.end} {result.stderr[-300:]!r}"


def _tried(body: str) -> str:
    """A program that says whether `body` worked: it sets `ok`."""
    indented = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"ok = False\ntry:\n{indented}\nexcept Exception:\n    pass\nprint(ok)"


def _tests(*texts: str) -> dict[str, Any]:
    return {"kind": "code", "setup": "", "tests": list(texts), "entry_point": None, "trusted": "", "stop": False}


@check
def runs_a_program_on_standard_input_and_output(sandbox: Sandbox) -> None:
    result = _ask(sandbox, "import sys\nprint(int(input()) ** 2)\nprint('e', file=sys.stderr)\nexit(3)", stdin=b"12\n")
    assert (result.stdout, result.stderr, result.end, result.code) == (b"144\n", b"e\n", "exit", 3), result


@check
def passes_bytes_unchanged(sandbox: Sandbox) -> None:
    data = bytes(range(256)) * 500
    result = _ask(sandbox, "import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())", stdin=data)
    assert result.stdout == data, "input and output differ"


@check
def opens_standard_streams_by_name(sandbox: Sandbox) -> None:
    source = "print(open('/dev/stdin').read(), file=open('/dev/stdout', 'w'))"
    result = _ask(sandbox, source, stdin=b"x")
    assert result.stdout == b"x\n", result


@check
def runs_what_is_registered_for_the_end(sandbox: Sandbox) -> None:
    _says(sandbox, "import atexit\natexit.register(print, 'end')\nprint('start')", "start\nend")


@check
def waits_for_threads_and_processes_of_a_pool(sandbox: Sandbox) -> None:
    _says(
        sandbox,
        "import concurrent.futures as c, multiprocessing as m\n"
        "with c.ThreadPoolExecutor(3) as pool: print(sum(pool.map(abs, range(4))))\n"
        "if __name__ == '__main__':\n"
        "    with m.Pool(2) as pool: print(sum(pool.map(abs, range(4))))",
        "6\n6",
        Limits(cpu_s=5, wall_s=30.0),
    )


@check
def answers_calls_one_frame_each(sandbox: Sandbox) -> None:
    source = "def f(xs):\n    xs.append(1)\n    return {'n': len(xs), (1, 2): {3.5}}"
    result = sandbox.run(Answers(source, [[[]], [[5]]], "f", after=True), QUICK)
    frames, rest = split_frames(result.channel)
    values = [decode(frame) for frame in frames]
    expected = [
        ["loaded"],
        ["ok", {"n": 1, (1, 2): {3.5}}, [[1]]],
        ["ok", {"n": 2, (1, 2): {3.5}}, [[5, 1]]],
    ]
    assert (values, rest) == (expected, b""), values


@check
def drives_tests_against_a_program_in_another_process(sandbox: Sandbox) -> None:
    tests = _tests("assert f(2) == 3", "assert f(2) == 4")
    result = sandbox.run(Driven("def f(x):\n    return x + 1", tests), QUICK)
    frames = [decode(frame) for frame in split_frames(result.channel)[0]]
    assert [frame[:3] for frame in frames] == [
        ["loaded", ""],
        ["test", "test 1", True],
        ["test", "test 2", False],
        ["done", 2],
    ], frames


@check
def keeps_the_tests_out_of_the_program(sandbox: Sandbox) -> None:
    """The expected value is nowhere in the program's memory, files, descriptors or environment."""
    source = """
import os, re
def f(x):
    found = set()
    needle = re.compile(b"exp" + b"ected-([0-9]+)")
    for line in open("/proc/self/maps"):
        span, mode = line.split()[:2]
        low, high = (int(part, 16) for part in span.split("-"))
        if "r" in mode and high - low < 1 << 28:
            try:
                with open("/proc/self/mem", "rb", 0) as memory:
                    memory.seek(low)
                    found |= set(needle.findall(memory.read(high - low)))
            except (OSError, ValueError):
                pass
    for fd in range(64):
        try:
            found |= set(needle.findall(os.pread(fd, 1 << 20, 0)))
        except OSError:
            pass
    return sorted(found)
"""
    tests = _tests("secret = 'expected-12345'\nassert f(1) == []")
    result = sandbox.run(Driven(source, tests), Limits(cpu_s=10, wall_s=30.0))
    frames = [decode(frame) for frame in split_frames(result.channel)[0]]
    assert frames[1:2] == [["test", "test 1", True, ""]], frames


@check
def ends_a_busy_program(sandbox: Sandbox) -> None:
    result = _ask(sandbox, "while True: pass", Limits(cpu_s=1, wall_s=20.0))
    assert result.end == "cpu", result


@check
def ends_a_sleeping_program(sandbox: Sandbox) -> None:
    started = time.monotonic()
    result = _ask(sandbox, "import time\ntime.sleep(100)", Limits(cpu_s=2, wall_s=0.5))
    assert result.end == "wall", result
    assert time.monotonic() - started < 10, "it took too long to end"


@check
def ends_a_program_that_ignores_signals(sandbox: Sandbox) -> None:
    source = """
import signal
for s in range(1, 65):
    try: signal.signal(s, signal.SIG_IGN)
    except Exception: pass
while True: pass
"""
    result = _ask(sandbox, source, Limits(cpu_s=1, wall_s=20.0))
    assert result.end == "cpu", result


@check
def limits_memory_of_one_process(sandbox: Sandbox) -> None:
    result = _ask(sandbox, "x = []\nwhile True: x.append(bytearray(1 << 20))", Limits(memory_bytes=128 * MIB))
    assert result.end == "memory" or b"MemoryError" in result.stderr, result


@check
def limits_memory_of_many_processes(sandbox: Sandbox) -> None:
    source = """
import os, time
for _ in range(16):
    if os.fork() == 0:
        x = bytearray(64 << 20)
        time.sleep(30)
time.sleep(30)
"""
    result = _ask(sandbox, source, Limits(memory_bytes=192 * MIB, wall_s=25.0))
    assert result.end == "memory", result


@check
def limits_memory_that_processes_share(sandbox: Sandbox) -> None:
    source = """
import mmap, os, time
for _ in range(8):
    if os.fork() == 0:
        shared = mmap.mmap(-1, 64 << 20)
        for at in range(0, 64 << 20, 4096): shared[at] = 1
        time.sleep(30)
time.sleep(30)
"""
    result = _ask(sandbox, source, Limits(memory_bytes=192 * MIB, wall_s=25.0))
    assert result.end == "memory", result


@check
def counts_what_a_fork_shares_once(sandbox: Sandbox) -> None:
    source = """
import os, time
held = bytearray(100 << 20)
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        time.sleep(0.4)
        os._exit(0)
    children.append(child)
print([os.waitpid(child, 0)[1] for child in children])
"""
    _says(sandbox, source, "[0, 0, 0, 0]", Limits(memory_bytes=192 * MIB, wall_s=25.0))


@check
def limits_output(sandbox: Sandbox) -> None:
    for stream in (1, 2):
        result = _ask(sandbox, f"import os\nwhile True: os.write({stream}, b'x' * 65536)", Limits(output_bytes=1 * MIB))
        assert result.end == "output", result
        assert len(result.stdout) + len(result.stderr) < 2 * MIB, "more than the limit was kept"


_FILLS = (
    "file = open('fill', 'wb')\nwhile True: file.write(b'x' * (1 << 20))",
    "for n in itertools.count(): open(str(n), 'wb').write(b'x' * (1 << 20))",
    "for n in itertools.count(): open(str(n), 'w').close()",
    "for n in itertools.count(): os.mkdir('d'); os.chdir('d')",
    """
kept = []
for n in itertools.count():
    kept.append(open('x', 'wb'))
    kept[-1].write(b'x' * (1 << 20))
    os.unlink('x')
""",
)


def _unless_full(body: str) -> str:
    indented = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"import itertools, os\ntry:\n{indented}\nexcept OSError:\n    print('full')"


@check
def limits_disk_and_inodes(sandbox: Sandbox) -> None:
    """Whoever goes on writing is refused, or ended."""
    small = Limits(disk_bytes=4 * MIB, inodes=100)
    for body in _FILLS:
        result = _ask(sandbox, _unless_full(body), small)
        assert result.end == "disk" or result.stdout == b"full\n", f"{body}: {result}"
    for path in ("/tmp/fill", "/dev/shm/fill", "/var/tmp/fill"):  # noqa: S108 - paths inside
        body = f"file = open('{path}', 'wb')\nwhile True: file.write(b'x' * (1 << 20))"
        _says(sandbox, _unless_full(body), "full", small)


@separates("disk")
def refuses_what_is_beyond_the_limit_of_inodes(sandbox: Sandbox) -> None:
    source = "try:\n    for i in range(1000): open(str(i), 'w').close()\nexcept OSError:\n    print('full')"
    _says(sandbox, source, "full", Limits(inodes=100))


@check
def limits_processes(sandbox: Sandbox) -> None:
    source = """
import os, time
n = 0
try:
    while n < 500:
        if os.fork() == 0: time.sleep(30); os._exit(0)
        n += 1
except OSError: pass
print(n < 500, flush=True)
os._exit(0)
"""
    result = _ask(sandbox, source, Limits(processes=32, wall_s=20.0))
    assert result.end == "processes" or result.stdout == b"True\n", result


@check
def limits_threads(sandbox: Sandbox) -> None:
    source = """
import threading, time
n = 0
try:
    while n < 500:
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start(); n += 1
except RuntimeError: pass
print(n < 500, flush=True)
import os; os._exit(0)
"""
    result = _ask(sandbox, source, Limits(processes=32, wall_s=20.0))
    assert result.end == "processes" or result.stdout == b"True\n", result


@check
def survives_a_fork_bomb(sandbox: Sandbox) -> None:
    source = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    result = _ask(sandbox, source, Limits(cpu_s=2, wall_s=5.0, processes=32))
    assert result.end in ("wall", "cpu", "processes"), result
    _says(sandbox, "print('next')", "next")


@check
def holds_no_capability_and_gains_none(sandbox: Sandbox) -> None:
    _says(
        sandbox,
        "s = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "print([int(s[c], 16) for c in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb')])\n"
        "print(int(s['NoNewPrivs']), int(s['Seccomp']))",
        "[0, 0, 0, 0]\n1 2",
    )
    _says(sandbox, _tried("import os\nos.setuid(0)\nok = True"), "False")


@check
def makes_no_namespace(sandbox: Sandbox) -> None:
    for flag in (0x10000000, 0x20000000, 0x00020000, 0x40000000, 0x08000000):
        _says(sandbox, _tried(f"import ctypes\nok = ctypes.CDLL(None).unshare({flag}) == 0"), "False")
        clone = f"""
import ctypes, os
r = ctypes.CDLL(None).syscall(56 if os.uname().machine == 'x86_64' else 220, {flag} | 17, 0, 0, 0, 0)
if r == 0: os._exit(0)
ok = r > 0
"""
        _says(sandbox, _tried(clone), "False")


@check
def refuses_dangerous_system_calls(sandbox: Sandbox) -> None:
    """By their numbers on x86-64 or aarch64: keyctl, bpf, perf_event_open, userfaultfd, io_uring_setup, ptrace, …"""
    _says(
        sandbox,
        """
import ctypes, os
x86 = {"keyctl": 250, "add_key": 248, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425,
       "ptrace": 101, "mount": 165, "setns": 308, "open_by_handle_at": 304, "process_vm_readv": 310, "pidfd_getfd": 438,
       "kexec_load": 246, "init_module": 175, "shmget": 29, "msgget": 68, "semget": 64, "mq_open": 240, "fsopen": 430,
       "memfd_create": 319, "clone3": 435, "seccomp": 317, "pivot_root": 155, "chroot": 161}
arm = {"keyctl": 219, "add_key": 217, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425,
       "ptrace": 117, "mount": 40, "setns": 268, "open_by_handle_at": 265, "process_vm_readv": 270, "pidfd_getfd": 438,
       "kexec_load": 104, "init_module": 105, "shmget": 194, "msgget": 186, "semget": 190, "mq_open": 180,
       "fsopen": 430, "memfd_create": 279, "clone3": 435, "seccomp": 277, "pivot_root": 41, "chroot": 51}
libc = ctypes.CDLL(None, use_errno=True)
for name, number in (x86 if os.uname().machine == "x86_64" else arm).items():
    ctypes.set_errno(0)
    result = libc.syscall(number, 0, 0, 0, 0, 0, 0)
    if result >= 0 or ctypes.get_errno() not in (1, 38):
        print(name, result, ctypes.get_errno())
print("done")
""",
        "done",
    )


@check
def sees_no_network(sandbox: Sandbox) -> None:
    _says(sandbox, _tried("import socket\nsocket.create_connection(('127.0.0.1', 22), 1)\nok = True"), "False")
    _says(sandbox, _tried("import socket\nsocket.socket(socket.AF_INET).bind(('', 0))\nok = True"), "False")
    _says(sandbox, _tried("import socket\nsocket.socket(16, socket.SOCK_RAW)\nok = True"), "False")
    _says(sandbox, "import socket\na, b = socket.socketpair()\na.send(b'x')\nprint(b.recv(1))", "b'x'")


@check
def writes_to_nothing_but_its_own_file_system(sandbox: Sandbox) -> None:
    _says(
        sandbox,
        """
import os
found = []
folders = ["/", "/usr", "/usr/bin", "/etc", "/dev", "/proc", "/opt", "/var", "/home", "/root"]
for folder in [*folders, os.path.dirname(os.__file__)]:
    try:
        os.close(os.open(folder + "/.probe", os.O_CREAT | os.O_WRONLY))
        found.append(folder)
    except OSError:
        pass
for path in ["core_pattern", "modprobe", "panic", "randomize_va_space"]:
    try:
        os.close(os.open("/proc/sys/kernel/" + path, os.O_WRONLY))
        found.append(path)
    except OSError:
        pass
print(found)
""",
        "[]",
    )


@separates("process numbers")
def sees_no_process_of_the_machine(sandbox: Sandbox) -> None:
    """Besides its own at most the few that serve the sandbox itself."""
    others = "{p for p in os.listdir('/proc') if p.isdigit()} - {str(os.getpid())}"
    _says(sandbox, f"import os\nprint(len({others}) <= 3)", "True")


@check
def sees_nothing_of_the_caller(sandbox: Sandbox) -> None:
    """Neither its environment, nor its descriptors, nor the folders where its tests and keys lie."""
    _says(
        sandbox,
        """
import os
names = set(os.environ) - {"PATH", "HOME", "TMPDIR", "LANG", "PYTHONHASHSEED", "LD_LIBRARY_PATH", "PWD", "LC_CTYPE"}
names -= {"PYTHONPATH"}
open_ones = []
for fd in range(3, 256):
    try:
        os.fstat(fd)
        open_ones.append(fd)
    except OSError:
        pass
print(sorted(names), open_ones)
""",
        "[] []",
    )


@check
def opens_no_file_of_the_machine(sandbox: Sandbox) -> None:
    """Nothing where secrets lie, and nothing of a process that is not its own but what it is called."""
    _says(
        sandbox,
        """
import os
def told(path):
    try:
        if os.path.islink(path):
            return os.readlink(path)
        return os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(100)
    except OSError:
        return ""
paths = ["/root", "/home", "/var", "/var/tmp", "/run", "/sys/block", "/sys/class", "/sys/devices"]
paths += ["/etc/shadow", "/etc/passwd", "/etc/hostname", "/dev/shm/x", "/dev/mqueue", "/dev/pts"]
for pid in {"1", str(os.getppid())} - {str(os.getpid())}:
    paths += [f"/proc/{pid}/{name}" for name in ("environ", "maps", "mem", "fd", "cwd", "root", "exe", "stack", "io")]
print([path for path in paths if told(path) not in ("", b"", [], b"sandbox\\n")])
""",
        "[]",
    )


@check
def reads_nothing_of_the_machines_network(sandbox: Sandbox) -> None:
    """Which connections there are; an empty list is one of a namespace of its own."""
    _says(
        sandbox,
        """
found = []
for name in ("net/tcp", "net/tcp6", "net/udp", "self/net/tcp", "thread-self/net/tcp"):
    try:
        with open("/proc/" + name) as file:
            found += file.read().splitlines()[1:]
    except OSError:
        pass
print(found)
""",
        "[]",
    )


@separates("metadata")
def sees_no_file_of_the_machine(sandbox: Sandbox) -> None:
    _says(
        sandbox,
        """
import os
paths = ("/root", "/home", "/var", "/run", "/sys/class/net", "/sys/kernel/mm", "/etc/shadow", "/etc/passwd")
print([path for path in paths if os.path.exists(path)])
""",
        "[]",
    )


@check
def changes_no_metadata_of_the_machine(sandbox: Sandbox) -> None:
    _says(
        sandbox,
        """
import os, sys
done = []
for path in ("/usr", "/usr/bin", "/tmp", sys.executable, os.__file__):
    for change in (
        lambda: os.chmod(path, os.stat(path).st_mode), lambda: os.utime(path), lambda: os.chown(path, -1, -1)
    ):
        try:
            if not path.startswith("/tmp") or os.stat(path).st_uid != os.getuid() and not os.path.ismount(path):
                change()
                done.append(path)
        except OSError:
            pass
print(done)
""",
        "[]",
    )


@check
def reaches_no_process_but_its_own(sandbox: Sandbox) -> None:
    """Neither by signals, nor by limits, priorities and processors, nor through the owner of a descriptor's signals."""
    _says(
        sandbox,
        """
import fcntl, os, resource, signal
others = {pid for pid in (os.getppid(), 1, os.getppid() - 1) if pid > 0} - {os.getpid()}
done = []
for pid in others:
    read, write = os.pipe()
    for name, reach in (
        ("kill", lambda: os.kill(pid, signal.SIGUSR1)),
        ("group", lambda: os.getpgid(pid) > 1 and os.killpg(os.getpgid(pid), 0) or os.kill(pid, 0)),
        ("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGUSR1)),
        ("limit", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (64, 64))),
        ("priority", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19)),
        ("processors", lambda: os.sched_setaffinity(pid, {0})),
        ("memory", lambda: open("/proc/%d/mem" % pid, "rb")),
        ("descriptors", lambda: os.listdir("/proc/%d/fd" % pid)),
    ):
        try:
            reach()
            done.append(name)
        except OSError:
            pass
print(done)
""",
        "[]",
    )


_SUICIDES = (
    "os.kill(os.getpid(), 9)",
    "os.kill(0, 9)",
    "os.killpg(os.getpgid(0), 9)",
    "os.fork() or os.kill(os.getppid(), 9)\ntime.sleep(0.05)",
    "os.fork() or os.kill(-1, 9)\ntime.sleep(0.05)",
    "signal.pidfd_send_signal(os.pidfd_open(os.getpid()), 9)",
    "ctypes.CDLL(None).syscall({'x86_64': 200}.get(os.uname().machine, 130), threading.get_native_id(), 9)",
    "signal.pthread_kill(threading.get_ident(), 9)",
    "resource.setrlimit(resource.RLIMIT_CPU, (0, 0))\nwhile True: pass",
    """
a, b = socket.socketpair()
fcntl.fcntl(a, 10, 9)  # F_SETSIG
fcntl.fcntl(a, fcntl.F_SETOWN, os.getpid())
fcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC)
b.send(b'x')
time.sleep(0.05)
""",
    """
event, timer = (ctypes.c_int * 16)(0, 0, 9, 0), ctypes.c_void_p()
create, start = {'x86_64': (222, 223)}.get(os.uname().machine, (107, 110))
ctypes.CDLL(None).syscall(create, 1, event, ctypes.byref(timer))
ctypes.CDLL(None).syscall(start, timer, 0, (ctypes.c_long * 4)(0, 0, 0, 1000), None)
time.sleep(0.05)
""",
)


@check
def is_never_mistaken_for_broken(sandbox: Sandbox) -> None:
    """However a program sends itself SIGKILL: the run ends like any other, or goes on."""
    for body in _SUICIDES:
        _ask(sandbox, _tried(f"import ctypes, fcntl, os, resource, signal, socket, threading, time\n{body}"))
        _says(sandbox, "print('next')", "next")


@check
def leaves_no_file(sandbox: Sandbox) -> None:
    source = """
import os
print([p for p in ('/tmp/left', '/dev/shm/left', 'left') if os.path.exists(p)])
for p in ('/tmp/left', '/dev/shm/left', 'left'): open(p, 'w').close()
"""
    _says(sandbox, source, "[]")
    _says(sandbox, source, "[]")


@check
def leaves_no_process(sandbox: Sandbox) -> None:
    source = """
import os, time
for _ in range(10):
    if os.fork() == 0:
        os.setsid()
        time.sleep(600)
print('away', flush=True)
os._exit(0)
"""
    started = time.monotonic()
    _says(sandbox, source, "away")
    assert time.monotonic() - started < 10, "the run waited for its daemons"


@check
def hears_nothing_after_the_end(sandbox: Sandbox) -> None:
    source = """
import os, time
print('first', flush=True)
if os.fork() == 0:
    os.setsid()
    time.sleep(0.5)
    os.write(1, b'late')
    os._exit(0)
os._exit(0)
"""
    result = _ask(sandbox, source)
    assert result.stdout == b"first\n", result


@check
def leaves_no_socket_or_shared_memory(sandbox: Sandbox) -> None:
    plant = """
import os, socket, time
if os.fork() == 0:
    os.setsid()
    s = socket.socket(socket.AF_UNIX)
    s.bind('\\0left')
    s.listen()
    time.sleep(60)
time.sleep(0.2)
os._exit(0)
"""
    _ask(sandbox, plant)
    _says(sandbox, _tried("import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0left')\nok = True"), "False")
    plant = """
from multiprocessing.shared_memory import SharedMemory
SharedMemory('left', create=True, size=10)
import os
os._exit(0)
"""
    _ask(sandbox, plant)
    seek = "from multiprocessing.shared_memory import SharedMemory\nSharedMemory('left')\nok = True"
    _says(sandbox, _tried(seek), "False")


@check
def leaves_no_state_in_modules(sandbox: Sandbox) -> None:
    source = """
import math, json, builtins, sys
print(hasattr(math, 'left'), hasattr(builtins, 'left'), 'left' in sys.modules)
math.left = builtins.left = sys.modules['left'] = 1
"""
    _says(sandbox, source, "False False False")
    _says(sandbox, source, "False False False")


@check
def tells_a_crash_from_an_exit(sandbox: Sandbox) -> None:
    result = _ask(sandbox, "import ctypes\nctypes.string_at(0)")
    assert (result.end, result.code) == ("signal", 11), result


@check
def gives_the_same_answer_every_time(sandbox: Sandbox) -> None:
    source = "print(list({'a', 'b', 'c', 'd', 'e'}), hash('x'))"
    assert len({_ask(sandbox, source).stdout for _ in range(3)}) == 1, "the order of a set differs from run to run"

"""A run ends with all that belongs to it, and never takes its sandbox along."""

import time

from rewardkit_sandbox.conformance.checking import QUICK, ask, check, require, says, tried
from rewardkit_sandbox.protocol import Sandbox, Script

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
        ask(sandbox, tried(f"import ctypes, fcntl, os, resource, signal, socket, threading, time\n{body}"))
        says(sandbox, "print('next')", "next")


@check
def leaves_no_file(sandbox: Sandbox) -> None:
    source = """
import os
print([p for p in ('/tmp/left', '/dev/shm/left', 'left') if os.path.exists(p)])
for p in ('/tmp/left', '/dev/shm/left', 'left'): open(p, 'w').close()
"""
    says(sandbox, source, "[]")
    says(sandbox, source, "[]")


@check
def keeps_the_cases_of_a_program_apart(sandbox: Sandbox) -> None:
    """Each gets its own input, and finds what the first one found: files, processes, its own number."""
    source = """
import os, sys, time
word = sys.stdin.read()
seen = [p for p in ('/tmp/left', '/dev/shm/left', 'left') if os.path.exists(p)]
print(word, seen, open('main.py').read().count('word') > 2)
for p in ('/tmp/left', '/dev/shm/left', 'left', 'main.py'): open(p, 'w').close()
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        time.sleep(60)
"""
    with sandbox.cases(Script(source), QUICK, 20) as cases:
        for number in range(8):
            result = cases.run(b"%d" % number, QUICK.wall_s)
            found = result.stdout.decode(errors="replace").splitlines()[:1]
            require(found == [f"{number} [] True"], f"case {number} said {found!r}; {result.stderr[-300:]!r}")


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
    says(sandbox, source, "away")
    require(time.monotonic() - started < 10, "the run waited for its daemons")


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
    result = ask(sandbox, source)
    require(result.stdout == b"first\n", result)


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
    ask(sandbox, plant)
    says(sandbox, tried("import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0left')\nok = True"), "False")
    plant = """
from multiprocessing.shared_memory import SharedMemory
SharedMemory('left', create=True, size=10)
import os
os._exit(0)
"""
    ask(sandbox, plant)
    seek = "from multiprocessing.shared_memory import SharedMemory\nSharedMemory('left')\nok = True"
    says(sandbox, tried(seek), "False")


@check
def leaves_no_state_in_modules(sandbox: Sandbox) -> None:
    source = """
import math, json, builtins, sys
print(hasattr(math, 'left'), hasattr(builtins, 'left'), 'left' in sys.modules)
math.left = builtins.left = sys.modules['left'] = 1
"""
    says(sandbox, source, "False False False")
    says(sandbox, source, "False False False")

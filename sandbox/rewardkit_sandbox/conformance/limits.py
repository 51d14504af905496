"""No run takes more than it may, and whoever tries is ended or refused."""

import time

from rewardkit_sandbox.conformance.checking import ask, check, require, says, separates
from rewardkit_sandbox.protocol import MIB, Limits, Sandbox


@check
def ends_a_busy_program(sandbox: Sandbox) -> None:
    result = ask(sandbox, "while True: pass", Limits(cpu_s=1, wall_s=20.0))
    require(result.end == "cpu", result)


@check
def ends_a_sleeping_program(sandbox: Sandbox) -> None:
    started = time.monotonic()
    result = ask(sandbox, "import time\ntime.sleep(100)", Limits(cpu_s=2, wall_s=0.5))
    require(result.end == "wall", result)
    require(time.monotonic() - started < 10, "it took too long to end")


@check
def ends_a_program_that_ignores_signals(sandbox: Sandbox) -> None:
    source = """
import signal
for s in range(1, 65):
    try: signal.signal(s, signal.SIG_IGN)
    except Exception: pass
while True: pass
"""
    result = ask(sandbox, source, Limits(cpu_s=1, wall_s=20.0))
    require(result.end == "cpu", result)


@check
def limits_memory_of_one_process(sandbox: Sandbox) -> None:
    result = ask(sandbox, "x = []\nwhile True: x.append(bytearray(1 << 20))", Limits(memory_bytes=128 * MIB))
    require(result.end == "memory" or b"MemoryError" in result.stderr, result)


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
    result = ask(sandbox, source, Limits(memory_bytes=192 * MIB, wall_s=25.0))
    require(result.end == "memory", result)


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
    result = ask(sandbox, source, Limits(memory_bytes=192 * MIB, wall_s=25.0))
    require(result.end == "memory", result)


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
    says(sandbox, source, "[0, 0, 0, 0]", Limits(memory_bytes=192 * MIB, wall_s=25.0))


@check
def limits_output(sandbox: Sandbox) -> None:
    for stream in (1, 2):
        result = ask(sandbox, f"import os\nwhile True: os.write({stream}, b'x' * 65536)", Limits(output_bytes=1 * MIB))
        require(result.end == "output", result)
        require(len(result.stdout) + len(result.stderr) < 2 * MIB, "more than the limit was kept")


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
        result = ask(sandbox, _unless_full(body), small)
        require(result.end == "disk" or result.stdout == b"full\n", f"{body}: {result}")
    for path in ("/tmp/fill", "/dev/shm/fill", "/var/tmp/fill"):  # noqa: S108 - paths inside
        body = f"file = open('{path}', 'wb')\nwhile True: file.write(b'x' * (1 << 20))"
        says(sandbox, _unless_full(body), "full", small)


@separates("disk")
def refuses_what_is_beyond_the_limit_of_inodes(sandbox: Sandbox) -> None:
    source = "try:\n    for i in range(1000): open(str(i), 'w').close()\nexcept OSError:\n    print('full')"
    says(sandbox, source, "full", Limits(inodes=100))


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
    result = ask(sandbox, source, Limits(processes=32, wall_s=20.0))
    require(result.end == "processes" or result.stdout == b"True\n", result)


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
    result = ask(sandbox, source, Limits(processes=32, wall_s=20.0))
    require(result.end == "processes" or result.stdout == b"True\n", result)


@check
def survives_a_fork_bomb(sandbox: Sandbox) -> None:
    source = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    result = ask(sandbox, source, Limits(cpu_s=2, wall_s=5.0, processes=32))
    require(result.end in ("wall", "cpu", "processes"), result)
    says(sandbox, "print('next')", "next")

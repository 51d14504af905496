"""Properties of the bubblewrap backend besides the checks of conformance."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rewardkit_sandbox import (
    Limits,
    SandboxBrokeError,
    SandboxUnavailableError,
    Script,
    open_sandbox,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is for Linux")
HELLO = Script("print('hello')")


@pytest.fixture
def sandbox(open_one):
    with open_one("bubblewrap") as opened:
        yield opened


def children(pid):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def fds(pid):
    """The targets of a process's open descriptors; the one that lists them is closed when it is read."""
    found = []
    for fd in list(Path(f"/proc/{pid}/fd").iterdir()):
        with contextlib.suppress(OSError):
            found.append(str(fd.readlink()))
    return found


def family(pid):
    found = children(pid)
    for child in list(found):
        found += family(child)
    return found


def gone(pids, within_s=120.0):
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        alive = [pid for pid in pids if Path(f"/proc/{pid}").exists()]
        if not alive:
            return True
        time.sleep(0.02)
    return False


def test_closing_ends_everything_it_started(sandbox):
    before = set(family(os.getpid()))
    sandbox = open_sandbox("bubblewrap")
    sandbox.run(HELLO, Limits())
    started = set(family(os.getpid())) - before
    assert started
    sandbox.close()
    sandbox.close()
    assert gone(started)


CALLER = """
import sys
from rewardkit_sandbox import open_sandbox, Script, Limits
sandbox = open_sandbox("bubblewrap")
print("ready", flush=True)
sandbox.run(Script("import time, os\\nfor _ in range(5): os.fork()\\ntime.sleep(100)"), Limits(wall_s=100))
"""


def test_everything_dies_with_a_caller_that_is_killed(sandbox):
    path = os.pathsep.join(filter(None, sys.path))
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    )
    with caller:
        assert caller.stdout.readline() == b"ready\n"
        end = time.monotonic() + 120
        while len(family(caller.pid)) < 6 and time.monotonic() < end:
            time.sleep(0.05)
        started = family(caller.pid)
        assert len(started) >= 6
        caller.send_signal(signal.SIGKILL)
        caller.wait()
        assert gone(started)


def test_a_sandbox_that_is_killed_is_no_verdict(sandbox):
    sandbox.close()
    others = set(children(os.getpid()))
    sandbox = open_sandbox("bubblewrap")
    mine = set(children(os.getpid())) - others
    killer = threading.Timer(0.3, lambda: [os.kill(pid, signal.SIGKILL) for pid in mine])
    killer.start()
    with pytest.raises(SandboxBrokeError):
        sandbox.run(Script("import time\ntime.sleep(30)"), Limits(wall_s=40))
    killer.join()
    with pytest.raises(SandboxBrokeError):
        sandbox.run(HELLO, Limits())
    sandbox.close()


def test_a_run_that_is_killed_from_outside_is_no_verdict(sandbox):
    sandbox.close()
    others = set(family(os.getpid()))
    sandbox = open_sandbox("bubblewrap")
    zygote_and_bwrap = set(family(os.getpid())) - others

    def kill():
        for pid in set(family(os.getpid())) - others - zygote_and_bwrap:
            os.kill(pid, signal.SIGKILL)

    killer = threading.Timer(0.3, kill)
    killer.start()
    with pytest.raises(SandboxBrokeError, match="killed from outside"):
        sandbox.run(Script("import time\ntime.sleep(30)"), Limits(wall_s=40))
    killer.join()
    assert sandbox.run(HELLO, Limits()).stdout == b"hello\n"
    sandbox.close()


def test_a_program_cannot_pass_for_one_that_was_killed_from_outside(sandbox):
    itself = (
        "import os\nif os.fork() == 0:\n    os.kill(1, 9)\n    os._exit(0)\nos.wait()\nos.kill(1, 9)\nprint('alive')"
    )
    assert sandbox.run(Script(itself), Limits()).stdout == b"alive\n"
    for number in (0, 1):
        limits = "import resource as r\ntry: r.setrlimit(0, ({0}, {0}))\nexcept (OSError, ValueError): print(0)"
        assert sandbox.run(Script(limits.format(number)), Limits(cpu_s=5)).stdout == b"0\n"


def test_many_runs_leave_no_descriptor_and_no_process(sandbox):
    sandbox.run(HELLO, Limits())
    descriptors, processes = len(fds("self")), set(family(os.getpid()))
    for _ in range(200):
        assert sandbox.run(HELLO, Limits()).stdout == b"hello\n"
    assert len(fds("self")) == descriptors
    assert set(family(os.getpid())) == processes


def test_the_zygote_holds_nothing_between_runs(sandbox):
    """Neither descriptors, which the next run would inherit, nor the programs that it forked for."""
    sandbox.close()
    others = set(family(os.getpid()))
    sandbox = open_sandbox("bubblewrap")
    for _ in range(3):
        sandbox.run(Script("x = 'a secret of one run'"), Limits())
    with sandbox.cases(Script("x = 'a secret of another'"), Limits(), 99) as cases:
        for _ in range(3):
            cases.run(b"", 5.0)
    for zygote in sorted(set(family(os.getpid())) - others)[-2:]:
        open_ones = fds(zygote)
        assert [name for name in open_ones if "memfd" in name] == ["/memfd:handshake (deleted)"]
        assert len(open_ones) <= 7, open_ones
    sandbox.close()


def test_a_bwrap_that_does_not_start_is_named_with_what_mends_it(tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: no permissions to create new namespace' >&2\nexit 1\n")
    tmp_path.chmod(0o755)
    broken.chmod(0o755)
    with pytest.raises(SandboxUnavailableError, match=r"bubblewrap does not work here \(.*\): "):
        open_sandbox({"backend": "bubblewrap", "bwrap": str(broken)})


def test_a_forked_child_may_not_use_its_parents_sandbox(sandbox):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            sandbox.run(HELLO, Limits())
        except SandboxBrokeError:
            os.write(write, b"refused")
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    assert os.read(read, 100) == b"refused"
    os.close(read)
    assert sandbox.run(HELLO, Limits()).stdout == b"hello\n"


def test_a_run_is_the_first_and_only_process_of_its_world(sandbox):
    source = "import os\nprint([p for p in os.listdir('/proc') if p.isdigit()], os.getpid(), os.getppid())"
    assert sandbox.run(Script(source), Limits()).stdout == b"['1'] 1 0\n"

"""Properties of the landlock backend besides the checks of conformance."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rewardkit_sandbox import Limits, SandboxBrokeError, SandboxUnavailableError, Script, open_sandbox
from rewardkit_sandbox.local import landlock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")
HELLO = Script("print('hello')")
CHOICE = {"backend": "landlock", "reduced_isolation": True}


@pytest.fixture
def sandbox(open_one):
    with open_one("landlock") as opened:
        yield opened


def says(sandbox, source, limits=Limits(cpu_s=4)):  # noqa: B008 - a frozen value
    result = sandbox.run(Script(source), limits)
    return result.stdout.decode().strip() or f"{result.end} {result.stderr.decode()[-300:]}"


def folder_of(sandbox):
    """Where the runs' folders are, told by a run."""
    return Path(says(sandbox, "import os\nprint(os.getcwd())")).parent


def processes_of(folder):
    """Every process that works in one of the runs' folders."""
    found = []
    for cwd in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if cwd.readlink().is_relative_to(folder):
                found.append(int(cwd.parent.name))
        except OSError:
            continue
    return found


def gone(what, within_s=120.0):
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if not what():
            return True
        time.sleep(0.02)
    return False


def test_it_is_refused_unless_asked_for_in_so_many_words():
    for choice in ("landlock", {"backend": "landlock"}, {"backend": "landlock", "reduced_isolation": False}):
        with pytest.raises(SandboxUnavailableError, match="backend: landlock, reduced_isolation: true"):
            open_sandbox(choice)


def test_every_verdict_says_what_is_not_separated(sandbox):
    assert sandbox.isolation.startswith("reduced isolation: ")
    for word in ("process numbers", "metadata", "disk", "Landlock ABI", "seccomp"):
        assert word in sandbox.isolation, word


@pytest.mark.parametrize(("abi", "word"), [(0, "no Landlock"), (1, "Landlock ABI 1"), (2, "Landlock ABI 2")])
def test_a_kernel_whose_landlock_bars_too_little_is_refused(monkeypatch, abi, word):
    monkeypatch.setattr(landlock, "landlock_abi", lambda: abi)
    with pytest.raises(SandboxUnavailableError, match=f"the kernel has {word}, 3 is needed: use Linux 6.2 or newer"):
        open_sandbox(CHOICE)


SIGNALS = """
import os, signal, subprocess
child = subprocess.Popen(["sleep", "30"])
try:
    child.kill()
    print("killed")
except PermissionError:
    print("refused")
"""


@pytest.mark.parametrize("abi", [3, 4, 5])
def test_on_an_older_kernel_the_filter_does_what_landlock_cannot(monkeypatch, sandbox, abi):
    """As such a kernel would: the rules of its ABI alone."""
    assert says(sandbox, SIGNALS) == "killed"
    monkeypatch.setattr(landlock, "landlock_abi", lambda: abi)
    with open_sandbox(CHOICE) as older:
        assert f"Landlock ABI {abi}, no signals between processes of a run" in older.isolation
        assert says(older, SIGNALS) == "refused"
        for line in (
            "os.kill(os.getppid(), 10)",
            "os.kill(-1, 10)",
            "os.truncate('/etc/hostname', 0)",
            "socket.create_connection(('127.0.0.1', 22), 1)",
            "socket.socket(socket.AF_UNIX)",
        ):
            program = f"import os, socket\ntry:\n    {line}\n    print('done')\nexcept OSError:\n    print('refused')"
            assert says(older, program) == "refused", line
        assert says(older, "import os\ntry: os.abort()\nfinally: pass") == "signal "
        assert older.run(HELLO, Limits()).stdout == b"hello\n"


LEFTOVERS = {
    "names that are no text": "open(b'\\xff\\xfe\\n', 'w').close(); open('-rf', 'w').close()",
    "folders that cannot be entered": "os.makedirs('a/b/c'); open('a/b/c/d', 'w').close(); os.mkdir('e', 0)",
    "a folder in one that is closed": "os.makedirs('x/y'); os.mkdir('z', 0o300); os.rename('x', 'z/x')",
    "folders too deep for any path": "for n in range(3000): os.mkdir('d' * 200); os.chdir('d' * 200)",
    "links out of it": "os.symlink('/etc', 'e'); os.symlink('/', 'r'); os.symlink('..', 'u'); os.link('main.py', 'l')",
    "a link where its folder was": "os.mkdir('sub'); os.rmdir('sub'); os.symlink('/usr', 'sub')",
    "the names that removing uses": "os.makedirs('1/2/3'); os.makedirs('aside/1'); os.makedirs('2/1')",
    "thousands of files": "for n in range(3000): open(str(n), 'w').close()",
}


@pytest.mark.parametrize("name", LEFTOVERS)
def test_the_folder_of_a_run_goes_whatever_is_in_it(sandbox, name):
    root = folder_of(sandbox)
    sandbox.run(Script(f"import os\n{LEFTOVERS[name]}"), Limits(inodes=100_000))
    assert sorted(path.name for path in root.iterdir()) == ["aside"]
    assert not list((root / "aside").iterdir())
    assert sandbox.run(HELLO, Limits()).stdout == b"hello\n"


def test_what_is_linked_to_is_not_touched(sandbox, tmp_path):
    tmp_path.chmod(0o777)
    kept = tmp_path / "kept"
    kept.write_text("x")
    sandbox.run(Script(f"import os\nos.symlink({str(tmp_path)!r}, 'out')\nos.symlink({str(kept)!r}, 'file')"), Limits())
    assert kept.read_text() == "x"


def test_files_without_a_name_count(sandbox):
    source = """
import os, time
kept = []
for n in range(10):
    kept.append(open("x", "wb"))
    kept[-1].write(b"x" * (1 << 20))
    kept[-1].flush()
    os.unlink("x")
time.sleep(30)
"""
    assert sandbox.run(Script(source), Limits(disk_bytes=4 << 20, wall_s=25.0)).end == "disk"


def test_a_sparse_file_takes_what_it_holds(sandbox):
    source = """
import time
with open("x", "wb") as file:
    file.seek((64 << 20) - 1)
    file.write(b"x")
time.sleep(0.3)
print("on")
"""
    assert says(sandbox, source, Limits(disk_bytes=64 << 20)) == "on"


ESCAPES = {
    "one that left its session": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(60)
    os._exit(0)
""",
    "a chain of generations": """
for n in range(20):
    if os.fork(): os._exit(0)
    os.setsid()
time.sleep(60)
""",
    "many": """
for n in range(30):
    if os.fork() == 0:
        os.setsid()
        time.sleep(60)
""",
    "one that ignores signals": """
for s in range(1, 65):
    try: signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError): pass
if os.fork() == 0: time.sleep(60)
""",
    "one that is stopped": """
child = os.fork()
if child == 0: time.sleep(60)
os.kill(child, signal.SIGSTOP)
""",
    "one that adopts": """
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
if os.fork() == 0:
    ctypes.CDLL(None).prctl(36, 1)
    if os.fork() == 0: time.sleep(60)
    time.sleep(60)
""",
}


@pytest.mark.parametrize("name", ESCAPES)
def test_no_process_survives_its_run(sandbox, name):
    root = folder_of(sandbox)
    source = f"import ctypes, os, signal, time\n{ESCAPES[name]}\nprint('away', flush=True)\nos._exit(0)"
    sandbox.run(Script(source), Limits(wall_s=10.0))
    assert not processes_of(root)


FORKS = {
    "all in one session": "os.fork()",
    "each in its own": "os.fork() or os.setsid()",
    "each gone before its child": "os.fork() and os._exit(0)\n        os.setsid()",
}


@pytest.mark.parametrize("name", FORKS)
def test_whoever_forks_faster_than_one_can_kill_is_ended(sandbox, name):
    root = folder_of(sandbox)
    source = f"import os\nwhile True:\n    try:\n        {FORKS[name]}\n    except OSError: pass"
    sandbox.run(Script(source), Limits(cpu_s=2, wall_s=5.0, processes=32))
    assert not processes_of(root)
    assert sandbox.run(HELLO, Limits()).stdout == b"hello\n"


def test_closing_leaves_nothing(sandbox):
    root = folder_of(sandbox)
    sandbox.close()
    sandbox.close()
    assert not root.exists()
    assert not processes_of(root)


CALLER = """
import sys
from rewardkit_sandbox import open_sandbox, Script, Limits
sandbox = open_sandbox({"backend": "landlock", "reduced_isolation": True})
print(sandbox.run(Script("import os; print(os.getcwd())"), Limits()).stdout.decode().strip(), flush=True)
program = "import time, os\\nfor _ in range(4): os.fork() or os.setsid()\\ntime.sleep(100)"
sandbox.run(Script(program), Limits(wall_s=100))
"""


def test_nothing_outlives_a_caller_that_is_killed():
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen([sys.executable, "-c", CALLER], stdout=subprocess.PIPE, env=environment) as caller:
        root = Path(caller.stdout.readline().decode().strip()).parent
        assert root.name.startswith("rewardkit-sandbox-")
        assert gone(lambda: len(processes_of(root)) < 16), "the program did not start"
        caller.send_signal(signal.SIGKILL)
    assert gone(lambda: root.exists() or processes_of(root))


@pytest.mark.parametrize("which", ["guard", "zygote"])
def test_whichever_of_its_processes_is_killed_nothing_is_left_and_there_is_no_verdict(sandbox, which):
    root = folder_of(sandbox)
    guard = int(root.name.split("-")[2])
    (zygote,) = map(int, Path(f"/proc/{guard}/task/{guard}/children").read_text().split())
    source = "import time, os\nfor _ in range(3): os.fork() or os.setsid()\ntime.sleep(100)"
    victim = guard if which == "guard" else zygote
    killer = threading.Timer(0.5, os.kill, (victim, signal.SIGKILL))
    killer.start()
    with pytest.raises(SandboxBrokeError, match="zygote has ended"):
        sandbox.run(Script(source), Limits(wall_s=60.0))
    killer.join()
    assert gone(lambda: root.exists() or processes_of(root))


def test_what_guard_and_zygote_left_that_were_killed_together_goes_with_the_next_start(sandbox):
    root = folder_of(sandbox)
    user, parent = root.stat().st_uid, root.parent
    made = {name: parent / f"rewardkit-sandbox-1-{name}{os.getpid()}" for name in ("stale", "young", "foreign")}
    for name, path in made.items():
        (path / "1" / "deep").mkdir(parents=True)
        for part in (path / "1" / "deep", path / "1", path):
            os.chown(part, user, -1) if name != "foreign" or user == os.getuid() else None
        os.utime(path, (0, 0)) if name != "young" else None
    os.utime(root, (0, 0))
    open_sandbox(CHOICE).close()
    kept = {name for name, path in made.items() if path.exists()}
    for path in made.values():
        shutil.rmtree(path, ignore_errors=True)
    assert kept == ({"young"} if user == os.getuid() else {"young", "foreign"})
    assert root.exists()  # old, but in use
    assert sandbox.run(HELLO, Limits()).stdout == b"hello\n"


def test_a_run_that_is_killed_from_outside_is_no_verdict(sandbox):
    root = folder_of(sandbox)
    killer = threading.Timer(0.5, lambda: [os.kill(pid, signal.SIGKILL) for pid in processes_of(root)])
    killer.start()
    with pytest.raises(SandboxBrokeError, match="killed from outside"):
        sandbox.run(Script("import time\ntime.sleep(30)"), Limits(wall_s=60.0))
    killer.join()
    assert sandbox.run(HELLO, Limits()).stdout == b"hello\n"


def test_a_program_that_stops_itself_is_out_of_time(sandbox):
    stop = "import os, signal\nfor target in (os.getpid(), 0): os.kill(target, signal.SIGSTOP)"
    assert sandbox.run(Script(stop), Limits(wall_s=0.5)).end == "wall"


def test_many_runs_leave_no_descriptor(sandbox):
    guard = int(folder_of(sandbox).name.split("-")[2])
    (zygote,) = map(int, Path(f"/proc/{guard}/task/{guard}/children").read_text().split())
    before = [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in (os.getpid(), guard, zygote)]
    for _ in range(100):
        assert sandbox.run(HELLO, Limits()).stdout == b"hello\n"
    assert [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in (os.getpid(), guard, zygote)] == before


FORBID = """
import ctypes, os, sys

uid, *path = sys.argv[1:]
uid = int(uid)
libc = ctypes.CDLL(None)
if uid and os.geteuid() == 0:
    os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
    libc.prctl(4, 1)  # PR_SET_DUMPABLE: its maps belong to it again
maps = {"uid_map": f"{uid} {uid} 1"} if uid else {"uid_map": "0 0 2000000000", "gid_map": "0 0 2000000000"}
ready, go = os.pipe(), os.pipe()
if os.fork() == 0:  # root's maps are written from outside
    os.read(ready[0], 1)
    for name, text in maps.items():
        with open(f"/proc/{os.getppid()}/{name}", "w") as file: file.write(text)
    os.write(go[1], b"x")
    os._exit(0)
os.close(go[1])
assert libc.unshare(0x10000000) == 0, "a user namespace to forbid others in"
os.write(ready[1], b"x")
assert os.read(go[0], 1) == b"x"
with open("/proc/sys/user/max_user_namespaces", "w") as limit:
    limit.write("0")
os.execv(sys.executable, [sys.executable, "-B", "-c", sys.stdin.read(), *path])
"""

THERE = """
import ctypes, sys
sys.path[:0] = sys.argv[1:]
assert ctypes.CDLL(None).unshare(0x10000000) != 0, "user namespaces are not forbidden"
from rewardkit_sandbox import SandboxUnavailableError, open_sandbox
from rewardkit_sandbox.conformance import CHECKS, claims
try:
    open_sandbox("bubblewrap").close()
except SandboxUnavailableError as exc:
    print(exc.fix)
with open_sandbox({"backend": "landlock", "reduced_isolation": True}) as sandbox:
    for check in CHECKS:
        try:
            claims(sandbox, check) and check(sandbox)
        except Exception as exc:
            print(check.__name__, type(exc).__name__, exc)
print("conforms")
"""


@pytest.mark.parametrize("uid", [0, 64321], ids=["root", "user"])
def test_it_conforms_where_user_namespaces_are_forbidden(for_everybody, uid):
    """In a user namespace whose own limit of further ones is 0: the kernel refuses them, as in a container."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user") if uid == 0 else None
        uid = os.getuid()
    done = for_everybody(FORBID, str(uid), input=THERE, timeout=120)
    expected = "run as root: sysctl user.max_user_namespaces=10000\nconforms\n"
    assert done.stdout == expected, done.stdout + done.stderr[-2000:]


@pytest.mark.parametrize("user", ["0", "1000"])
def test_it_conforms_in_a_container_as_an_engine_makes_it(open_one, for_everybody, user):
    """With the engine's own filter and capabilities, where its image has a Python."""
    open_one("docker").close()
    import docker

    with contextlib.closing(docker.from_env()) as client:
        said = client.containers.run(
            "rewardkit-sandbox:latest",
            ["-B", "-c", THERE, "/package"],
            entrypoint="python3",
            user=user,
            volumes={for_everybody.folder: {"bind": "/package", "mode": "ro"}},
            network_mode="none",
            remove=True,
        )
    assert said.decode().splitlines()[-1:] == ["conforms"], said.decode()
    assert len(said.decode().splitlines()) == 2, said.decode()


SCRATCH = """
import multiprocessing, os, pathlib, shutil, sys, tempfile

with open("/tmp/kept", "w") as file:
    file.write("1")
os.makedirs("/tmp/a/b")
os.rename("/tmp/kept", "/dev/shm/kept")
with tempfile.TemporaryDirectory(dir="/tmp") as folder:
    pathlib.Path(folder, "x").write_text("2")
shutil.rmtree("/tmp/a")
print(open(b"/tmp/kept").read(), pathlib.Path("/tmp/kept").exists(), sorted(os.listdir("/dev/shm")), end=" ")
print(multiprocessing.Value("i", 3).value)
"""


def test_programs_that_name_tmp_find_their_own_folder_there(sandbox):
    for _ in range(2):
        assert says(sandbox, SCRATCH) == "1 True ['kept', 'main.py'] 3"
    assert (
        says(sandbox, "import posix\ntry: posix.open('/tmp', 0)\nexcept PermissionError: print('closed')") == "closed"
    )


SEMAPHORES = """
import multiprocessing as m

def work(queue, lock, event):
    with lock:
        with lock: queue.put("in")
    event.wait(10)
    queue.put("out")

queue, lock, event, bounded = m.Queue(), m.RLock(), m.Event(), m.BoundedSemaphore(1)
child = m.Process(target=work, args=(queue, lock, event))
child.start()
print(queue.get(timeout=10), end=" ")
event.set()
print(queue.get(timeout=10), end=" ")
child.join()
try:
    bounded.release()
except ValueError:
    print("bounded", end=" ")
print(m.Lock().acquire(timeout=0.01), m.Semaphore(0).acquire(timeout=0.01), m.Semaphore(0).acquire(False), end=" ")
print(m.Semaphore(2))
"""


def test_locks_between_processes_work_without_shared_memory_of_the_machine(sandbox):
    assert says(sandbox, SEMAPHORES) == "in out bounded True False False <Semaphore(value=2)>"

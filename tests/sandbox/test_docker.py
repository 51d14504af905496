"""Properties of the Docker backend besides the checks of conformance: containers, their ends, and who sweeps them."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward
from rewardkit_sandbox import (
    Limits,
    SandboxBrokeError,
    SandboxUnavailableError,
    Script,
    build_image,
    open_sandbox,
)
from rewardkit_sandbox.docker import engine

HELLO = Script("print('hello')")


@pytest.fixture
def sandbox(open_one):
    with open_one("docker") as opened:
        yield opened


@pytest.fixture
def api(sandbox):
    client = engine.connect()
    yield client
    client.close()


def containers(api, pid=None):
    """Ids of the containers that a process opened."""
    found = api.containers(all=True, filters={"label": engine.OWNER})
    return {item["Id"] for item in found if item["Labels"][engine.OWNER].split()[2] == str(pid or os.getpid())}


def eventually(holds, within_s=120.0):
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def newest(api, others):
    (mine,) = containers(api) - others
    return mine


def another(api):
    """A further sandbox, and its container."""
    others = containers(api)
    sandbox = open_sandbox("docker")
    return sandbox, newest(api, others)


def test_closing_removes_the_container(api):
    sandbox, container = another(api)
    assert sandbox.run(HELLO, Limits()).stdout == b"hello\n"
    sandbox.close()
    sandbox.close()
    assert eventually(lambda: container not in containers(api))


CALLER = """
import sys
from rewardkit_sandbox import open_sandbox, Script, Limits
sandbox = open_sandbox("docker")
print("ready", flush=True)
sandbox.run(Script("import time, os\\nfor _ in range(5): os.fork()\\ntime.sleep(100)"), Limits(wall_s=100))
"""


def test_the_container_of_a_caller_that_is_killed_ends_and_goes(api):
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen([sys.executable, "-c", CALLER], stdout=subprocess.PIPE, env=environment) as caller:
        assert caller.stdout.readline() == b"ready\n"
        assert len(containers(api, caller.pid)) == 1
        time.sleep(0.3)
        caller.send_signal(signal.SIGKILL)
        caller.wait()
        assert eventually(lambda: not containers(api, caller.pid))


@pytest.mark.parametrize("how", ["container", "supervisor", "relay"])
def test_what_is_killed_in_the_middle_of_a_run_is_no_verdict(api, how):
    sandbox, container = another(api)

    def kill():
        if how == "container":
            api.kill(container)
        else:
            # Root sees them by the engine's own numbers; others ask the engine to kill them from within.
            pids = {int(uid): int(pid) for pid, uid in api.top(container, "-eo pid,uid")["Processes"]}
            os.kill(pids[0 if how == "supervisor" else 1001], signal.SIGKILL)

    if how != "container" and os.geteuid() != 0:
        pytest.skip("only root can kill a process of a container")
    killer = threading.Timer(0.3, kill)
    killer.start()
    with pytest.raises(SandboxBrokeError):
        sandbox.run(Script("import time\ntime.sleep(30)"), Limits(wall_s=40))
    killer.join()
    with pytest.raises(SandboxBrokeError):
        sandbox.run(HELLO, Limits())
    assert eventually(lambda: container not in containers(api))


def test_a_soak_with_kills_loses_no_verdict_and_leaks_nothing(api):
    add = {"kind": "function", "fn_name": "add", "cases": [{"args": [1, 2], "expected": 3}]}
    programs = [("def add(a, b): return a + b", 1.0), ("def add(a, b): return a", 0.0), ("def add(a, b): 1 / 0", 0.0)]
    reward = CodeReward(CodeParams(cpu_s=2), RewardContext(deadline_s=30.0, sandbox="docker"))
    others = containers(api)
    choose = random.Random(4)
    for number in range(60):
        if number in (5, 25, 45):
            time.sleep(choose.random() * 0.01)
            api.kill(newest(api, others))
        program, value = choose.choice(programs)
        (score,) = reward.score([Sample(completion=f"```python\n{program}\n```", ground_truth=add)])
        assert score.value == value, score.reason
    reward.close()
    assert eventually(lambda: containers(api) == others)


def test_other_limits_of_memory_or_disk_take_another_container(api):
    sandbox, container = another(api)
    others = containers(api)
    with sandbox:
        sandbox.run(HELLO, Limits(cpu_s=3, wall_s=7.0, files=64))
        assert containers(api) == others
        size = "import os\ns = os.statvfs('/tmp')\nprint(s.f_blocks * s.f_bsize, s.f_files)"
        found = sandbox.run(Script(size), Limits(disk_bytes=1 << 20, inodes=50)).stdout
        assert found == b"1048576 50\n"
        assert eventually(lambda: container not in containers(api))


def test_inputs_of_any_size_arrive(sandbox):
    data = os.urandom(1 << 20) * 150
    source = "import sys\nn = 0\nwhile piece := sys.stdin.buffer.read(1 << 20): n += len(piece)\nprint(n)"
    assert sandbox.run(Script(source, data), Limits()).stdout == b"%d\n" % len(data)
    assert sandbox.run(HELLO, Limits()).stdout == b"hello\n"


def test_many_runs_leave_no_descriptor_and_no_process(sandbox):
    count = Script("import os\nprint(len([p for p in os.listdir('/proc') if p.isdigit()]), os.listdir('/tmp'))")
    first = sandbox.run(count, Limits()).stdout
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(100):
        sandbox.run(HELLO, Limits())
    assert sandbox.run(count, Limits()).stdout == first == b"3 ['run']\n"
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_the_supervisor_has_three_capabilities_and_no_way_to_more(sandbox):
    status = sandbox.run(Script("print(open('/proc/1/status').read())"), Limits()).stdout.decode()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    kill, setgid, setuid = 1 << 5, 1 << 6, 1 << 7
    for name in ("CapPrm", "CapEff", "CapBnd"):
        assert int(fields[name], 16) == kill | setgid | setuid
    assert (fields["CapAmb"], fields["NoNewPrivs"], fields["Seccomp"]) == ("0" * 16, "1", "2")


def test_a_forked_child_may_not_use_its_parents_sandbox(sandbox):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            sandbox.run(HELLO, Limits())
        except SandboxBrokeError:
            os.write(write, b"refused")
        finally:
            sandbox.close()  # must not take the parent's container
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    assert os.read(read, 100) == b"refused"
    os.close(read)
    assert sandbox.run(HELLO, Limits()).stdout == b"hello\n"


def test_an_engine_that_does_not_answer_is_named_with_what_mends_it(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(SandboxUnavailableError, match=r"no Docker engine answers at unix://.*set DOCKER_HOST"):
        open_sandbox("docker")


def test_an_address_that_cannot_be_attached_to_says_what_to_do(api, monkeypatch):
    from rewardkit_sandbox.docker.stream import connect

    with pytest.raises(SandboxUnavailableError, match=r"ssh:// address: forward the engine's socket"):
        connect("ssh://elsewhere", api, 1.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"image": "rewardkit-no-such-image"}, r"no image rewardkit-no-such-image: docker pull .*sandbox build --tag"),
        ({"runtime": "no-such-runtime"}, r"does not start \(the engine refused: .*no-such-runtime"),
    ],
)
def test_an_image_or_a_runtime_that_is_not_there_is_named(api, options, words):
    before = containers(api)
    with pytest.raises(SandboxUnavailableError, match=words):
        open_sandbox({"backend": "docker", **options})
    assert containers(api) == before


def test_a_named_runtime_is_used_and_told(api):
    with open_sandbox({"backend": "docker", "runtime": "runc"}) as sandbox:
        assert sandbox.isolation.startswith("container (runc), ")
        assert sandbox.run(HELLO, Limits()).stdout == b"hello\n"


def test_building_the_same_image_again_makes_nothing(sandbox):
    assert not build_image().made
    assert build_image().digest == build_image().digest


def test_packages_of_a_list_can_be_imported(sandbox, api, tmp_path):
    wheel = tmp_path / "greeting-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("greeting.py", "WORD = 'good day'")
        archive.writestr("greeting-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
        archive.writestr(
            "greeting-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("greeting-1.0.dist-info/RECORD", "")
    listed = tmp_path / "requirements.txt"
    listed.write_text(f"{wheel}\n")
    built = build_image("rewardkit-test:packages", requirements=[listed])
    try:
        with open_sandbox({"backend": "docker", "image": "rewardkit-test:packages"}) as other:
            assert other.run(Script("import greeting\nprint(greeting.WORD)"), Limits()).stdout == b"good day\n"
        assert b"ModuleNotFoundError" in sandbox.run(Script("import greeting"), Limits()).stderr
    finally:
        api.remove_image("rewardkit-test:packages", force=True)
        api.remove_image(f"rewardkit-sandbox:{built.digest}", force=True)


def test_what_cannot_be_built_says_why(sandbox, tmp_path):
    with pytest.raises(SandboxUnavailableError, match="no language 'cobol'; there are: c, "):
        build_image(languages=["cobol"])
    listed = tmp_path / "requirements.txt"
    listed.write_text("./no-such-wheel.whl\n")
    with pytest.raises(SandboxUnavailableError, match="pip did not install"):
        build_image(requirements=[listed])


NOW = 1_000_000.0


def listing(owner, state="running", age_s=10.0):
    return {"Id": owner, "Labels": {engine.OWNER: owner}, "State": state, "Created": NOW - age_s}


def test_containers_of_owners_that_are_gone_are_left():
    boot, space, pid, started = engine.labels()[engine.OWNER].split(" ")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    gone = [f"{boot} {space} {ended.pid} 5", f"{boot} {space} {pid} 1"]
    kept = [
        f"{boot} {space} {pid} {started}",
        f"another-machine {space} {ended.pid} 5",  # whose processes cannot be seen from here
        f"{boot} pid:[1] {ended.pid} 5",
        "",
    ]
    assert list(engine.left([listing(owner) for owner in (*gone, *kept)], NOW)) == gone
    old = [listing("another-machine pid:[1] 1 1", state, 7200.0) for state in ("created", "exited", "running")]
    assert len(list(engine.left(old, NOW))) == 2


def test_a_container_of_an_owner_who_cannot_be_seen_is_kept(monkeypatch):
    # Under hidepid=2 a process of another user has no entry in /proc, and may not be signalled.
    boot, space, *_ = engine.labels()[engine.OWNER].split(" ")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()

    def forbidden(pid, signal):
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbidden)
    assert not list(engine.left([listing(f"{boot} {space} {ended.pid} 5")], NOW))


def test_the_labels_name_the_user():
    assert engine.labels()[engine.USER] == str(os.getuid())


def test_opening_a_sandbox_sweeps_what_was_left(sandbox, api):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    boot, space, *_ = engine.labels()[engine.OWNER].split(" ")
    label = {engine.OWNER: f"{boot} {space} {ended.pid} 5"}
    made = api.create_container("rewardkit-sandbox:latest", ["true"], labels=label)["Id"]
    open_sandbox("docker").close()
    assert eventually(lambda: made not in containers(api, ended.pid))


def test_the_command_builds_the_image(sandbox):
    done = subprocess.run(
        [sys.executable, "-m", "rewardkit", "sandbox", "build"], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("rewardkit-sandbox:latest was there already"), done.stdout + done.stderr
    broken = {**os.environ, "DOCKER_HOST": "unix:///nowhere.sock"}
    command = [sys.executable, "-m", "rewardkit", "sandbox", "build"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=broken)
    assert done.returncode == 3
    assert "no Docker engine answers" in done.stderr


def test_a_row_is_judged_in_a_container_and_says_so(sandbox, tmp_path):
    tests = {"kind": "stdin", "cases": [{"input": "3", "output": "9"}]}
    row = {"prompt": "Square.", "completion": "```python\nprint(int(input()) ** 2)\n```", "tests": tests}
    rows, rubric, out = tmp_path / "rows.jsonl", tmp_path / "rubric.yaml", tmp_path / "out.jsonl"
    rows.write_text(json.dumps(row) + "\n")
    rubric.write_text(
        "rewards: {code: {}}\nsandbox: {backend: docker, image: rewardkit-sandbox:latest, runtime: runc}\n"
    )
    command = [sys.executable, "-m", "rewardkit", "score", str(rows), "-c", str(rubric), "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    details = json.loads(out.read_text())["rewardkit"]["scores"]["code"]["details"]
    assert (details["sandbox"], details["verdict"]) == ("docker", "passed")
    assert "a user for each run" in details["isolation"]

"""Many runs in a row, while supervisors, containers and zygotes are killed: what was lost, what was wrong, what leaked.

    python benchmarks/sandbox_soak.py --runs 10000
    python benchmarks/sandbox_soak.py --sandbox docker --engine "sh restart-dockerd.sh"    # run once, half-way

Run as root: the processes that are killed belong to root, or to users that nobody else is. Programs are judged by the
reward `code`, as in a worker: what a kill interrupts is judged again in a fresh sandbox. At most one kill falls on one
judgement, since whoever breaks two sandboxes is taken for their cause.
"""

import argparse
import contextlib
import multiprocessing
import os
import random
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward

ADD = {"kind": "function", "fn_name": "add", "cases": [{"args": [n, 2 * n], "expected": 3 * n} for n in range(6)]}
SQUARE = {"kind": "stdin", "cases": [{"input": "3\n", "output": "9\n"}, {"input": "-7\n", "output": "49\n"}]}
ASSERTS = {"kind": "asserts", "setup": "", "asserts": ["assert add(1, 2) == 3", "assert add('a', 'b') == 'ab'"]}
FORKS = (
    "import os\nfor _ in range(5):\n    if os.fork() == 0:\n        os.setsid()\n        import time; time.sleep(60)\n"
)
LITTER = """
import os
for n in range(50):
    os.mkdir(f'd{n}')
    open(f'd{n}/x', 'w').write('x')
    os.chmod(f'd{n}', 0)
"""
PROGRAMS = [
    ("def add(a, b):\n    return a + b", ADD, 1.0),
    ("def add(a, b):\n    return a - b", ADD, 0.0),
    ("def add(a, b):\n    return a + b", ASSERTS, 1.0),
    ("def add(a, b):\n    return b", ASSERTS, 0.0),
    ("print(int(input()) ** 2)", SQUARE, 1.0),
    ("print(int(input()) ** 3)", SQUARE, 0.0),
    (FORKS + "print(int(input()) ** 2)", SQUARE, 1.0),
    (LITTER + "print(int(input()) ** 2)", SQUARE, 1.0),
    ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", SQUARE, 0.0),
    ("raise ValueError", SQUARE, 0.0),
]
BETWEEN_KILLS_S = (0.5, 4.0)
RELAY = 1001
"""User of the relay in a container."""


def worker(backend: str, runs: int, number: int, done: Any, results: "multiprocessing.Queue[Any]") -> None:
    """Judges, and tells what came out and how many descriptors and processes it had before and after."""
    choose = random.Random(number)
    reward = CodeReward(CodeParams(cpu_s=4), RewardContext(deadline_s=60.0, sandbox=backend))
    judge(reward, *PROGRAMS[0][:2])
    reward.close()
    before = descriptors()
    seen: Counter[str] = Counter()
    for _ in range(runs):
        program, tests, value = choose.choice(PROGRAMS)
        score = judge(reward, program, tests)
        done[number] += 1
        if score.value is None:
            seen["lost"] += 1
            seen[f"lost: {score.reason[:150]}"] += 1
        elif score.value != value:
            seen["wrong"] += 1
            seen[f"wrong: {program[:40]!r}: {score.reason[:150]}"] += 1
        else:
            seen["right"] += 1
    reward.close()
    results.put((seen, descriptors() - before, len(family(os.getpid()))))


def judge(reward: CodeReward, program: str, tests: dict[str, Any]) -> Any:
    return reward.score([Sample(completion=f"```python\n{program}\n```", ground_truth=tests)])[0]


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def family(pid: int) -> list[int]:
    """Descendants of a process, itself left out."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
    found: list[int] = []
    new = [pid]
    while new:
        new = [child for child, parent in parents.items() if parent in new]
        found += new
    return found


class Engine:
    """The Docker engine's containers of our workers."""

    def __init__(self) -> None:
        import docker

        self._client = docker.from_env()
        self.workers: list[int] = []

    def containers(self) -> list[Any]:
        label = "rewardkit.sandbox.owner"
        found = self._client.api.containers(all=True, filters={"label": label})
        return [item for item in found if int(item["Labels"][label].split(" ")[2]) in self.workers]

    def sandboxes(self) -> list[int]:
        """First processes and relays of the containers, as this machine numbers them: never a program."""
        found = []
        for container in self.containers():
            top = self._client.api.top(container["Id"], "-eo pid,uid")
            of_user = {int(uid): int(pid) for pid, uid in reversed(top["Processes"])}
            found += [of_user[user] for user in (0, RELAY) if user in of_user]
        return found

    def kill_container(self) -> None:
        found = self.containers()
        if found:
            self._client.api.kill(random.choice(found)["Id"])


def kill(workers: list[int], engine: Engine | None) -> str:
    """Kills something that a run needs; says what."""
    if engine is None:
        found = [pid for parent in workers for pid in family(parent)]
        what = "process of the sandbox"
    elif random.random() < 0.5:
        engine.kill_container()
        return "container"
    else:
        found, what = engine.sandboxes(), "supervisor or relay"
    if not found:
        return "nothing"
    os.kill(random.choice(found), signal.SIGKILL)
    return what


def killer(workers: list[int], engine: Engine | None, done: Any, over: threading.Event, kills: Counter[str]) -> None:
    """Kills at random moments; the next only after each worker has finished what the last may have fallen on."""
    while not over.wait(random.uniform(*BETWEEN_KILLS_S)):
        try:
            kills[kill(workers, engine)] += 1
        except Exception as exc:  # noqa: BLE001 - what was to be killed ended by itself, or the engine is away
            kills[f"missed ({type(exc).__name__})"] += 1
        before = list(done)
        while not over.wait(0.01) and any(now < then + 2 for now, then in zip(done, before, strict=True)):
            pass


def traces() -> dict[str, int]:
    """Traces that a sandbox could leave on this machine."""
    return {
        "mounts": len(Path("/proc/self/mountinfo").read_text().splitlines()),
        "cgroups": len(list(Path("/sys/fs/cgroup").glob("**/rewardkit-*"))),
        "temporary files": len(list(Path(tempfile.gettempdir()).iterdir())),
    }


def soak(backend: str, runs: int, workers: int, restart: str | None) -> list[tuple[str, str]]:
    engine = Engine() if backend == "docker" else None
    before = traces()
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[Any] = context.Queue()
    done = context.Array("q", workers)
    processes = [
        context.Process(target=worker, args=(backend, runs // workers, number, done, results))
        for number in range(workers)
    ]
    started = time.monotonic()
    for process in processes:
        process.start()
    over, kills = threading.Event(), Counter[str]()
    pids = [process.pid for process in processes if process.pid is not None]
    if engine is not None:
        engine.workers = pids
    threading.Thread(target=killer, args=(pids, engine, done, over, kills)).start()
    if restart is not None and engine is not None:
        threading.Timer(
            20.0, lambda: (subprocess.run(shlex.split(restart), check=True), kills.update(["engine"]))
        ).start()
    found = [results.get() for _ in processes]
    over.set()
    took = time.monotonic() - started
    for process in processes:
        process.join()
    time.sleep(3.0)  # the engine removes a container a moment after its end
    seen: Counter[str] = sum((item[0] for item in found), Counter())
    after = traces()
    rows = [(name, f"{seen[name]:,}") for name in ("right", "wrong", "lost")]
    rows += [(name, f"{number:,}") for name, number in sorted(seen.items()) if ":" in name]
    rows.append(("killed", ", ".join(f"{number} × {what}" for what, number in sorted(kills.items()))))
    rows.append(("descriptors more than before", str(sum(item[1] for item in found))))
    rows.append(("processes left", str(sum(item[2] for item in found))))
    rows.append(("containers left", str(len(engine.containers())) if engine else "-"))
    rows += [(f"{name} more than before", str(after[name] - before[name])) for name in after]
    rows.append(("runs a second", f"{runs / took:.0f}"))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sandbox", nargs="+", default=["bubblewrap", "docker"])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--engine", help="command that restarts the engine; it is run once, after 20 seconds")
    options = parser.parse_args()
    tables = {}
    for name in options.sandbox:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["TMPDIR"] = tempfile.tempdir = folder  # nobody else's, so that what is in it is ours
            tables[name] = soak(name, options.runs, options.workers, options.engine)
    for name, rows in tables.items():
        print(f"\n{name}: {options.runs:,} judgements with {options.workers} workers")
        for what, value in rows:
            print(f"  {what:32} {value}")


if __name__ == "__main__":
    main()

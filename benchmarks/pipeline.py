"""Samples a second from file to file, for each built-in reward and for the pipeline alone.

    python benchmarks/pipeline.py                      # 300,000 short rows, 2 processes
    python benchmarks/pipeline.py --rows 1000000       # also shows that memory does not grow with the file
    python benchmarks/pipeline.py --rewards constant,format --processes 4

Each run is `rewardkit score` as a user calls it, start and end of the processes included: in parts (`--shards`) and row
by row. `constant` always says 1: what is left is the pipeline's own overhead. The peer is `plain_loop.py`, the least
that judging a file costs: one process, orjson, the reward itself, no checks. Times are of processors, since a loaded
machine changes them less than the time on the wall. The code reward starts programs and gets fewer rows.
"""

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

CONSTANT = """
import rewardkit
from rewardkit import Reward, Score

class Constant(Reward):
    \"\"\"Always 1.\"\"\"
    name = "constant"
    def score(self, samples):
        return [Score.scored(1.0) for _ in samples]

@rewardkit.hookimpl
def rewardkit_rewards():
    return [Constant]
"""
RUBRICS: Mapping[str, str] = {
    "constant": "rewards: {constant: {}}",
    "format": "rewards: {format: {}}",
    "math": "rewards: {math: {}}",
    "language": "rewards: {language: {params: {target: en}}}",
    "code": "rewards: {code: {}}",
}
SLOW = {"code": 500}
"""One row in so many, for rewards that take milliseconds."""


class Run(NamedTuple):
    """The cost of one command."""

    wall_time_s: float
    cpu_time_s: float
    """Of the command's own process."""
    children_s: float
    """Of its workers."""
    peak_bytes: int
    """Of the largest of all its processes."""


def write_rows(path: Path, rows: int, *, code: bool) -> None:
    """Short completions in groups of eight, as a small model writes them."""
    with path.open("w") as file:
        for number in range(rows):
            row = {"prompt": f"What is {number // 8} plus 1?", "completion": math_completion(number), "id": number}
            row["ground_truth"] = str(number // 8 + 1)
            if code:
                row["completion"] = "<think>Add them.</think>\n```python\ndef add(a, b):\n    return a + b\n```"
                case = {"args": [number, 1], "expected": number + 1}
                row["ground_truth"] = {"kind": "function", "fn_name": "add", "cases": [case]}
            file.write(json.dumps(row) + "\n")


def math_completion(number: int) -> str:
    """A right answer, or every third time a wrong one."""
    said = number // 8 + 1 + (number % 3 == 0)
    return f"<think>\nI add one to {number // 8} and get the next number.\n</think>\n\nIt is \\boxed{{{said}}}."


def measure(command: list[object]) -> Run:
    """Runs a command to its end, with all processes that it starts and waits for."""
    text = [str(part) for part in command]
    started = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(text, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    own = 0.0
    while process.poll() is None:
        with contextlib.suppress(OSError):
            own = time.clock_gettime((~process.pid << 3) | 2)  # the clock of that process alone
        time.sleep(0.02)
    if process.returncode:
        sys.exit(f"{' '.join(text)} ended with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    scale = 1 if sys.platform == "darwin" else 1024
    return Run(time.monotonic() - started, own, max(0.0, total - own), after.ru_maxrss * scale)


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rewards", default=",".join(RUBRICS))
    parser.add_argument("--ways", default="plain,shards,pool", help="plain: the loop; pool: row by row")
    options = parser.parse_args()
    print(f"{options.rows:,} rows, {options.processes} processes, {os.cpu_count()} processors")
    print(f"Python {sys.version.split()[0]}; µs of processor time for a row: command, workers\n")
    print(
        f"{'reward':10} {'way':7} {'rows':>9} {'rows/s':>8} {'command':>8} {'workers':>8} {'of plain':>9} {'peak':>8}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "constant.py").write_text(CONSTANT)
        write_rows(folder / "rows.jsonl", options.rows, code=False)
        for reward in options.rewards.split(","):
            rows = options.rows // SLOW.get(reward, 1)
            source = folder / ("slow.jsonl" if reward in SLOW else "rows.jsonl")
            if reward in SLOW:
                write_rows(source, rows, code=True)
            (folder / "rubric.yaml").write_text(RUBRICS[reward])
            plain = None
            for way in options.ways.split(","):
                if way == "plain":
                    loop = Path(__file__).with_name("plain_loop.py")
                    command = [sys.executable, loop, source, folder / "out.jsonl", reward, folder / "constant.py"]
                else:
                    command = [sys.executable, "-m", "rewardkit", "score", source, "-c", folder / "rubric.yaml"]
                    command += ["-o", folder / "out.jsonl", "--plugin", folder / "constant.py", "--allow-unjudged"]
                    number = options.processes
                    command += ["--shards", number] if way == "shards" else ["--shards", "off", "--workers", number]
                run = measure(command)
                own, workers = (1e6 * seconds / rows for seconds in (run.cpu_time_s, run.children_s))
                plain = own + workers if way == "plain" else plain
                ratio = f"{(own + workers) / plain:9.2f}" if plain else ""
                print(
                    f"{reward:10} {way:7} {rows:9,} {rows / run.wall_time_s:8,.0f} {own:8.1f} {workers:8.1f} "
                    f"{ratio:>9} {run.peak_bytes / 2**20:5.0f} MB",
                    flush=True,
                )


if __name__ == "__main__":
    main()

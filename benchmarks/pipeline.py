"""Samples a second from file to file, for each built-in reward and for the pipeline alone.

    python benchmarks/pipeline.py                      # 100,000 short rows, 2 workers
    python benchmarks/pipeline.py --rows 1000000       # also shows that memory does not grow with the file

Each run is `rewardkit score` as a user calls it, start and end of the workers included. `constant` always says 1: what
is left is the pipeline's own overhead. The peer is the least that any tool does that reads and writes JSON
lines: `json.loads` and `json.dumps` of each row in one process. The code reward starts programs and gets fewer rows.
"""

import argparse
import json
import os
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
COPY = """
import json, sys
with open(sys.argv[1]) as source, open(sys.argv[2], "w") as target:
    for line in source:
        target.write(json.dumps(json.loads(line)) + "\\n")
"""
SLOW = {"code": 500}
"""One row in so many, for rewards that take milliseconds."""


class Run(NamedTuple):
    """The cost of one command."""

    wall_time_s: float
    cpu_time_s: float
    peak_bytes: int


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
    """Runs a command; its peak is that of the process itself, without its workers."""
    started = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}")
    scale = 1 if sys.platform == "darwin" else 1024
    return Run(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * scale)


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    rubrics: Mapping[str, str] = {
        "constant": "rewards: {constant: {}}",
        "format": "rewards: {format: {}}",
        "math": "rewards: {math: {}}",
        "language": "rewards: {language: {params: {target: en}}}",
        "code": "rewards: {code: {}}",
    }
    machine = f"{os.cpu_count()} processors, Python {sys.version.split()[0]}"
    print(f"{options.rows:,} rows, {options.workers} workers, {machine}\n")
    print(f"{'reward':10} {'rows':>9} {'wall s':>8} {'CPU s':>8} {'rows/s':>9} {'of the copy':>12} {'parent peak':>12}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "constant.py").write_text(CONSTANT)
        write_rows(folder / "rows.jsonl", options.rows, code=False)
        copy = measure([sys.executable, "-c", COPY, folder / "rows.jsonl", folder / "copy.jsonl"])
        copied = options.rows / copy.wall_time_s
        print(
            f"{'(copy)':10} {options.rows:9,} {copy.wall_time_s:8.2f} {copy.cpu_time_s:8.2f} {copied:9,.0f} {1:12.2f}"
        )
        for reward, rubric in rubrics.items():
            rows = options.rows // SLOW.get(reward, 1)
            if reward in SLOW:
                write_rows(folder / "slow.jsonl", rows, code=True)
            (folder / "rubric.yaml").write_text(rubric)
            source = folder / ("slow.jsonl" if reward in SLOW else "rows.jsonl")
            command = [sys.executable, "-m", "rewardkit", "score", source, "-c", folder / "rubric.yaml"]
            command += ["-o", folder / "out.jsonl", "--plugin", folder / "constant.py", "--workers", options.workers]
            run = measure(command)
            rate = rows / run.wall_time_s
            print(
                f"{reward:10} {rows:9,} {run.wall_time_s:8.2f} {run.cpu_time_s:8.2f} {rate:9,.0f} "
                f"{rate / copied:12.2f} {run.peak_bytes / 2**20:9.0f} MB"
            )


if __name__ == "__main__":
    main()

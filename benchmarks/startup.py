"""CPU time of `rewardkit --help` and `rewardkit plugins`, as multiples of importing typer, rich and pydantic.

    python benchmarks/startup.py

Medians of ten runs in turns, so that a noisy machine disturbs all alike.
"""

import os
import statistics
import subprocess
import sys

COMMANDS = {
    "import typer, rich, pydantic": ["-c", "import typer, rich, pydantic"],
    "rewardkit --help": ["-m", "rewardkit", "--help"],
    "rewardkit plugins": ["-m", "rewardkit", "plugins"],
}


def cpu_s(arguments: list[str]) -> float:
    """User and system seconds of one run."""
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, arguments
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Prints the medians."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(10):
        for name, arguments in COMMANDS.items():
            times[name].append(cpu_s(arguments))
    base = statistics.median(next(iter(times.values())))
    for name, of_one in times.items():
        middle = statistics.median(of_one)
        print(f"{name:30} {middle:.3f} s  {middle / base:.2f} x")


if __name__ == "__main__":
    main()

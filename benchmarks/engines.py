"""One file through every engine: the same bytes, rows a second, processor time a row and peak memory.

    python benchmarks/engines.py                       # 100,000 rows, two processes for each engine
    python benchmarks/engines.py --rows 20000 --reward math

Each run is `rewardkit score` as a user calls it. The cluster (two nodes on this machine, a worker on each) and the
server (two workers) are started before and not counted; what they use during the run is. Processor time is that of all
processes of a run, looked at twenty times a second; memory is the peak of the command itself, and of all of them
together, in which pages that they share count more than once.
"""

import argparse
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

RUBRICS = {
    "format": "rewards: {format: {}}\n",
    "math": "rewards: {math: {gate: format}, format: {weight: 0.1}}\n",
}
LOOK_S = 0.05
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
COMMAND = (sys.executable, "-m", "rewardkit")


class Run(NamedTuple):
    """The cost of one command, and the digest of its output."""

    wall_s: float
    cpu_s: float
    own_cpu_s: float
    own_peak: int
    peak: int
    digest: str


class Watch:
    """Looks at this process's descendants: their processor time since the start, and their memory."""

    def __init__(self) -> None:
        self._before = {pid: cpu for pid, (cpu, _) in _family().items()}
        self.cpu: dict[int, float] = {}
        """Seconds of each process, as they were last seen."""
        self.memory: dict[int, int] = {}
        """Most bytes of each process."""
        self.peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._done.wait(LOOK_S):
            family = _family()
            self.peak = max(self.peak, sum(memory for _, memory in family.values()))
            for pid, (cpu, memory) in family.items():
                self.cpu[pid] = cpu
                self.memory[pid] = max(memory, self.memory.get(pid, 0))

    def end(self) -> float:
        """Seconds of processor time that were used."""
        self._done.set()
        self._thread.join()
        return sum(cpu - self._before.get(pid, 0.0) for pid, cpu in self.cpu.items())


def _family() -> dict[int, tuple[float, int]]:
    """Processor time in seconds and resident bytes of each descendant."""
    found: dict[int, tuple[int, float, int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                cpu = (int(fields[11]) + int(fields[12])) / _TICK
                found[int(entry.name)] = int(fields[1]), cpu, int(fields[21]) * _PAGE
    ours = {os.getpid()}
    while more := {pid for pid, (parent, _, _) in found.items() if parent in ours} - ours:
        ours |= more
    return {pid: found[pid][1:] for pid in ours - {os.getpid()} if pid in found}


def measure(folder: Path, name: str, more: Sequence[object]) -> Run:
    """Runs the command with the options of an engine."""
    out = folder / f"{name}.jsonl"
    command = [*COMMAND, "score", folder / "rows.jsonl", "-c", folder / "rubric.yaml", "-q", "-o", out, *more]
    watch = Watch()
    began = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    status = process.wait()
    wall_s = time.monotonic() - began
    cpu_s = watch.end()
    if status:
        sys.exit(f"{name} ended with {status}")
    digest = hashlib.sha256(out.read_bytes()).hexdigest()[:12]
    pid = process.pid
    return Run(wall_s, cpu_s, watch.cpu[pid], watch.memory[pid], watch.peak, digest)


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """The address of a cluster of two nodes."""
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
    made = Cluster(initialize_head=True, head_node_args={"include_dashboard": False, **node})
    try:
        made.add_node(**node)
        yield made.address
    finally:
        made.shutdown()


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of a server of the rubric."""
    port = "18431"
    command = [*COMMAND, "serve", str(folder / "rubric.yaml"), "--port", port, "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        import httpx

        url = f"http://127.0.0.1:{port}"
        try:
            until = time.monotonic() + 120
            while time.monotonic() < until:
                with contextlib.suppress(httpx.TransportError):
                    if httpx.get(f"{url}/healthz").is_success:
                        break
                time.sleep(0.2)
            yield url
        finally:
            process.terminate()


def write_rows(path: Path, rows: int) -> None:
    """Short completions in groups of eight, every third of them wrong."""
    with path.open("w") as file:
        for number in range(rows):
            question = number // 8
            said = question + 1 + (number % 3 == 0)
            completion = f"<think>\nI add one to {question}.\n</think>\n\nIt is \\boxed{{{said}}}."
            row = {"prompt": f"What is {question} plus 1?", "completion": completion, "ground_truth": str(question + 1)}
            file.write(json.dumps(row) + "\n")


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--reward", choices=RUBRICS, default="math")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        (folder / "rubric.yaml").write_text(RUBRICS[options.reward])
        write_rows(folder / "rows.jsonl", options.rows)
        address, url = stack.enter_context(cluster()), stack.enter_context(server(folder))
        on_ray = ["--engine", "ray", "--address", address]
        engines: dict[str, list[object]] = {
            "one worker": ["--workers", 1, "--shards", "off"],
            "two workers": ["--workers", 2, "--shards", "off"],
            "two shards": ["--shards", 2],
            "ray, rows": [*on_ray, "--workers", 1, "--shards", "off"],
            "ray, shards": [*on_ray, "--shards", 1],
            "server": ["--engine", url],
        }
        load = f"load {os.getloadavg()[0]:.1f}"
        print(f"{options.rows:,} rows, {options.reward}, {os.cpu_count()} processors, {load}\n")
        head = f"{'wall s':>8} {'rows/s':>8} {'CPU us a row':>13} {'driver us':>10} {'driver peak':>12} {'all peak':>9}"
        print(f"{'engine':16} {head}  sha256")
        digests = set()
        for engine, more in engines.items():
            run = measure(folder, engine.replace(", ", "_").replace(" ", "_"), more)
            digests.add(run.digest)
            print(
                f"{engine:16} {run.wall_s:8.2f} {options.rows / run.wall_s:8,.0f} "
                f"{1e6 * run.cpu_s / options.rows:13.1f} {1e6 * run.own_cpu_s / options.rows:10.1f} "
                f"{run.own_peak / 2**20:9.0f} MB {run.peak / 2**20:6.0f} MB  {run.digest}",
                flush=True,
            )
        if len(digests) != 1:
            sys.exit("the outputs differ")


if __name__ == "__main__":
    main()

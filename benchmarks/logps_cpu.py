"""Log-probs and their gradients on a CPU beside TRL's: processor time and memory of each, and their ratio.

    python benchmarks/logps_cpu.py             # writes benchmarks/results/logps_cpu.json; about ten minutes
    python benchmarks/logps_cpu.py --quick     # a sixteenth of the vocabulary, written nowhere

It needs PyTorch and TRL. Times are processor seconds of all threads, medians of repetitions with the methods in turns.
Extra memory is how far the peak of a fresh process rises above its inputs, the gradients among it. Errors are those of
log-probs of 64 tokens against float64, largest.
Idle threads wait asleep (OMP_WAIT_POLICY=PASSIVE): awake ones count as work on a machine that has something else to do.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "logps_cpu.json"
TOKENS, HIDDEN, VOCABULARY = 512, 1024, 151_936
THREADS = 2
TRL_CHUNK = 32_768  # what TRL's trainers use
PASSES = ("forward", "frozen", "trained", "trained, half of the rows at zero")
GOALS = {"frozen": (0.6, 0.25), "trained": (0.9, 0.7)}  # of TRL's time and extra memory, in fp32


def make_inputs(dtype_name: str, vocabulary: int) -> tuple[Any, ...]:
    """Hidden states, weight, targets, and the loss's gradient by log-prob; half of the tokens are nearly certain."""
    import torch

    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    dtype = getattr(torch, dtype_name)
    weight = torch.empty(vocabulary, HIDDEN, dtype=dtype).normal_(std=3 * HIDDEN**-0.5)
    hidden = torch.empty(TOKENS, HIDDEN, dtype=dtype).normal_()
    targets = torch.randint(vocabulary, (TOKENS,))
    hidden[::2] += 2 * weight[targets[::2]]
    return hidden, weight, targets, torch.randn(TOKENS)


def log_probs(method: str, hidden: Any, weight: Any, targets: Any) -> Any:
    if method == "TRL":
        from trl.kernels.chunked_logprob import ChunkedLogProbFunction

        return ChunkedLogProbFunction.apply(hidden, weight, None, targets, 1.0, TRL_CHUNK, None, 1.0, ("log_probs",))[0]
    from rewardkit_logps import token_statistics

    return token_statistics(hidden, weight, None, targets).log_probs


def run(method: str, what: str, hidden: Any, weight: Any, targets: Any, gradient: Any) -> None:
    """One call as a training step makes it, gradients included."""
    import torch

    hidden.grad = weight.grad = None
    hidden.requires_grad_(what != "forward")
    weight.requires_grad_(what.startswith("trained"))
    if "half" in what:
        gradient = gradient * (torch.arange(len(gradient)) % 2)
    found = log_probs(method, hidden, weight, targets)
    if what != "forward":
        found.backward(gradient)


def measure_times(dtype: str, vocabulary: int, repetitions: int) -> list[dict[str, Any]]:
    inputs = make_inputs(dtype, vocabulary)
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for repetition in range(repetitions + 1):
        for what in PASSES:
            for method in ("TRL", "rewardkit"):
                process, wall = time.process_time(), time.perf_counter()
                run(method, what, *inputs)
                taken = time.process_time() - process, time.perf_counter() - wall
                if repetition:  # the first warms up
                    found.setdefault((what, method), []).append(taken)
    return [
        {
            "pass": what,
            "method": method,
            "cpu_s": statistics.median(cpu for cpu, _ in taken),
            "wall_s": statistics.median(wall for _, wall in taken),
            "all_cpu_s": [cpu for cpu, _ in taken],
        }
        for (what, method), taken in found.items()
    ]


def measure_memory(dtype: str, vocabulary: int, method: str, what: str) -> int:
    """Bytes by which the peak rises over inputs and libraries."""
    hidden, weight, targets, gradient = make_inputs(dtype, vocabulary)
    run(method, what, hidden[:8].clone(), weight[:100].clone(), targets[:8].clamp(max=99), gradient[:8])  # loads code
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(method, what, hidden, weight, targets, gradient)
    unit = 1 if sys.platform == "darwin" else 1024
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit


def measure_errors(dtype: str, vocabulary: int) -> dict[str, float]:
    hidden, weight, targets, _ = make_inputs(dtype, vocabulary)
    hidden, targets = hidden[:64], targets[:64]
    logits = hidden.double() @ weight.double().T
    exact = logits.gather(1, targets[:, None])[:, 0] - logits.logsumexp(1)
    return {
        method: float((log_probs(method, hidden, weight, targets) - exact).abs().max())
        for method in ("TRL", "rewardkit")
    }


def in_fresh_process(*arguments: object) -> Any:
    environment = os.environ | {"OMP_NUM_THREADS": str(THREADS), "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, __file__, "--measure", *map(str, arguments)]
    return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def measure(arguments: list[str]) -> Any:
    kind, dtype, vocabulary, *rest = arguments
    if kind == "times":
        return measure_times(dtype, int(vocabulary), int(rest[0]))
    if kind == "memory":
        return measure_memory(dtype, int(vocabulary), *rest)
    return measure_errors(dtype, int(vocabulary))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small vocabulary, one repetition, no file")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    vocabulary = VOCABULARY // 16 if options.quick else VOCABULARY
    rows = []
    for dtype in ("float32", "bfloat16"):
        errors = in_fresh_process("errors", dtype, vocabulary)
        timed = in_fresh_process("times", dtype, vocabulary, 1 if options.quick else options.repetitions)
        for row in timed:
            extra = in_fresh_process("memory", dtype, vocabulary, row["method"], row["pass"])
            rows.append({"dtype": dtype, **row, "extra_bytes": extra, "log_prob_error": errors[row["method"]]})
    if not options.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        results = {
            "date": datetime.now(UTC).date().isoformat(),
            "processor": processor(),
            "threads": THREADS,
            "versions": {"python": platform.python_version()} | {n: metadata.version(n) for n in ("torch", "trl")},
            "shape": {"tokens": TOKENS, "hidden_size": HIDDEN, "vocabulary": vocabulary},
            "goals": {what: {"time": time, "memory": memory} for what, (time, memory) in GOALS.items()},
            "rows": rows,
        }
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print_table(rows)


def print_table(rows: list[dict[str, Any]]) -> None:
    print(f"{'dtype':9} {'pass':34} {'TRL':>7} {'ours':>7} {'ratio':>6} | {'TRL':>6} {'ours':>6} {'ratio':>6} | errors")
    print(f"{'':9} {'':34} {'CPU-seconds':>15} {'':6} | {'extra MB':>13} {'':6} | TRL, ours")
    for theirs, ours in zip(rows[::2], rows[1::2], strict=True):
        time_ratio, memory_ratio = ours["cpu_s"] / theirs["cpu_s"], ours["extra_bytes"] / theirs["extra_bytes"]
        goal = GOALS.get(ours["pass"]) if ours["dtype"] == "float32" else None
        verdict = (
            "" if goal is None else " goal met" if time_ratio <= goal[0] and memory_ratio <= goal[1] else " goal missed"
        )
        print(
            f"{ours['dtype']:9} {ours['pass']:34} {theirs['cpu_s']:7.2f} {ours['cpu_s']:7.2f} {time_ratio:6.2f} | "
            f"{theirs['extra_bytes'] / 1e6:6.0f} {ours['extra_bytes'] / 1e6:6.0f} {memory_ratio:6.2f} | "
            f"{theirs['log_prob_error']:.0e}, {ours['log_prob_error']:.0e}{verdict}"
        )


if __name__ == "__main__":
    main()

"""Log-probs and their gradients on a GPU: right, repeatable, and how fast beside others and beside the bare products.

    python benchmarks/logps_gpu.py                   # all, within ten minutes; writes benchmarks/results/logps_gpu.json
    python benchmarks/logps_gpu.py --quick           # a look, within two; writes nothing unless --output says where
    python benchmarks/logps_gpu.py --device cpu      # no GPU: the same steps on tiny shapes; its times mean nothing

It needs PyTorch, `trainer_adapters` on PYTHONPATH (or rewardkit installed), and cuda-core for our kernels. TRL is timed
where `import trl` works: put it on PYTHONPATH, or a folder that `pip install --target` unpacked its wheel into.

The floor is the matrix products alone: bf16, in chunks of the vocabulary, their results thrown away. Forward is one
product, frozen (gradient of the hidden states) two, trained (of the head too) three. A timing is the median over
repetitions that rotate through several inputs. Configurations run in order of importance, and what the time did not
allow is named in the results.
"""

import argparse
import importlib.metadata
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from rewardkit_logps import backward, forward, function, head, token_statistics
from rewardkit_logps.dispatch import passes_for
from rewardkit_logps.passes import LogitTransform
from rewardkit_logps.reference import reference_statistics

RESULTS = Path(__file__).parent / "results" / "logps_gpu.json"
SHAPES = ((4096, 151_936), (896, 151_936), (2560, 262_144), (1536, 151_936), (4096, 128_256))  # H, V
TOKENS = (8192, 16_384, 2048)
ZERO_SHARES = (0.0, 0.5, 0.3, 0.7)
CHUNK = 8192
TRL_CHUNK = 32_768  # what TRL's trainers use
TILES = ((1024, 8192), (2048, 8192), (4096, 8192), (8192, 8192), (4096, 4096), (4096, 2048), (1024, 4096))


class Inputs(NamedTuple):
    """One problem: N tokens, hidden size H, vocabulary V."""

    hidden: Tensor
    weight: Tensor
    targets: Tensor
    gradient: Tensor
    """Of the loss by log-prob (N,), fp32."""


Method = Callable[[Inputs], Tensor]
"""Log-probs (N,) of the targets."""


def make_inputs(tokens: int, hidden_size: int, vocabulary: int, device: str, sets: int = 1) -> list[Inputs]:
    """Random problems over one head; logits spread as a language model's do, some tokens nearly certain."""
    generator = torch.Generator(device).manual_seed(tokens + hidden_size)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, device=device)

    weight = normal(vocabulary, hidden_size).mul_(3 / hidden_size**0.5).bfloat16()
    made = []
    for _ in range(sets):
        targets = torch.randint(vocabulary, (tokens,), generator=generator, device=device)
        hidden = normal(tokens, hidden_size)
        hidden[::2] += 2.0 * weight[targets[::2]]
        made.append(Inputs(hidden.bfloat16(), weight, targets, normal(tokens)))
    return made


def ours(given: Inputs) -> Tensor:
    return token_statistics(given.hidden, given.weight, None, given.targets).log_probs


def ours_without_store(given: Inputs) -> Tensor:
    """No memory beyond that of the head's gradient: rows that find no room there are multiplied again."""
    return token_statistics(given.hidden, given.weight, None, given.targets, memory_budget_bytes=0).log_probs


def ours_with_all_kept(given: Inputs) -> Tensor:
    """As much memory as it takes to multiply no row again."""
    return token_statistics(given.hidden, given.weight, None, given.targets, memory_budget_bytes=1 << 40).log_probs


def naive(given: Inputs) -> Tensor:
    """All logits at once, in fp32 from the products on."""
    logits = (given.hidden @ given.weight.T).float()
    return torch.log_softmax(logits, 1).gather(1, given.targets[:, None]).squeeze(1)


def trl(given: Inputs) -> Tensor:
    """The function that TRL's trainers call."""
    from trl.kernels.chunked_logprob import ChunkedLogProbFunction

    hidden, weight, targets, _ = given
    chunk = min(TRL_CHUNK, len(weight))
    log_probs: Tensor = ChunkedLogProbFunction.apply(hidden, weight, None, targets, 1.0, chunk, None, 1.0, ())[0]
    return log_probs


def torch_chunked(given: Inputs) -> Tensor:
    """PyTorch's linear_cross_entropy in chunks."""
    hidden, weight, targets, _ = given
    chunked = torch.nn.LinearCrossEntropyOptions()
    return -functional.linear_cross_entropy(hidden, weight, targets, reduction="none", options=chunked)


def torch_plain(given: Inputs) -> Tensor:
    """PyTorch's linear_cross_entropy as it comes."""
    return -functional.linear_cross_entropy(given.hidden, given.weight, given.targets, reduction="none")


def methods(device: str) -> dict[str, Method]:
    """All that work here, by name."""
    found: dict[str, Method] = {
        "ours": ours,
        "ours, all kept": ours_with_all_kept,
        "ours, no store": ours_without_store,
    }
    others = {"trl": trl, "torch chunked": torch_chunked, "torch": torch_plain, "naive": naive}
    for name, method in others.items():
        try:
            run(method, make_inputs(16, 16, 64, device)[0], "trained")
            found[name] = method
        except (ImportError, AttributeError, RuntimeError) as error:
            print(f"{name} is left out: {error}")
    return found


def run(method: Method, given: Inputs, mode: str, zero_share: float = 0.0) -> list[Tensor]:
    """Log-probs, and the gradients that the mode asks for; `zero_share` of the tokens have a gradient of exactly 0."""
    if mode == "forward":
        with torch.no_grad():
            return [method(given)]
    leaves = [given.hidden.detach().requires_grad_(), given.weight.detach().requires_grad_(mode == "trained")]
    log_probs = method(given._replace(hidden=leaves[0], weight=leaves[1]))
    gradient = given.gradient
    if zero_share:
        positions = torch.arange(len(gradient), device=gradient.device)
        # Whole stretches of tokens, as completions of a group without spread are.
        gradient = gradient.masked_fill(positions % 512 < zero_share * 512, 0.0)
    log_probs.backward(gradient.to(log_probs.dtype))
    return [log_probs.detach(), *(leaf.grad for leaf in leaves if leaf.grad is not None)]


class Clock:
    """Median times and peak memory, by device events on a GPU."""

    def __init__(self, device: str, repetitions: int) -> None:
        self._cuda, self._repetitions = device == "cuda", repetitions

    def median_ms(self, work: Callable[[int], object]) -> float:
        """Of work(0), work(1), … after a warm-up."""
        for turn in range(2):
            work(turn)
        taken = []
        for turn in range(self._repetitions):
            if self._cuda:
                start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
                start.record()
                work(turn)
                end.record()
                end.synchronize()
                taken.append(start.elapsed_time(end))
            else:
                begun = time.perf_counter()
                work(turn)
                taken.append(1e3 * (time.perf_counter() - begun))
        return statistics.median(taken)

    def peak_bytes(self, work: Callable[[int], object]) -> int | None:
        """Most that was allocated beyond what there was before."""
        if not self._cuda:
            return None
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        work(0)
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated() - before


def floor_ms(clock: Clock, sets: list[Inputs]) -> dict[str, float]:
    """The products alone, for each mode."""
    (hidden, weight, _, _), vocabulary = sets[0], len(sets[0].weight)
    tile = torch.randn(len(hidden), min(CHUNK, vocabulary), device=hidden.device).bfloat16()
    out_hidden, out_weight = torch.empty_like(hidden), torch.empty_like(weight[:CHUNK])

    def chunks(product: Callable[[Tensor, Tensor, Tensor], object]) -> Callable[[int], None]:
        def work(turn: int) -> None:
            for start in range(0, vocabulary, CHUNK):
                columns = weight[start : start + CHUNK]
                product(sets[turn % len(sets)].hidden, columns, tile[:, : len(columns)])

        return work

    logits = clock.median_ms(chunks(lambda h, w, t: torch.mm(h, w.t(), out=t)))
    by_hidden = clock.median_ms(chunks(lambda _, w, t: torch.mm(t, w, out=out_hidden)))
    by_weight = clock.median_ms(chunks(lambda h, w, t: torch.mm(t.t(), h, out=out_weight[: len(w)])))
    return {"forward": logits, "frozen": logits + by_hidden, "trained": logits + by_hidden + by_weight}


def relative_error(found: Tensor, wanted: Tensor) -> float:
    """|found - wanted| / |wanted|"""
    return float((found.double() - wanted).norm() / wanted.norm().clamp_min(1e-300))


def check_numerics(compared: dict[str, Method], device: str, shape: tuple[int, int, int]) -> dict[str, Any]:
    """Errors against float64 on the same bf16 inputs, repeatability bit for bit, and what a batch does to a row."""
    (given,) = make_inputs(*shape, device)
    hidden, weight = (x.double().requires_grad_() for x in given[:2])
    exact = reference_statistics(hidden, weight, None, given.targets, LogitTransform())[0]
    exact.backward(given.gradient.double())
    found: dict[str, Any] = {"tokens, H, V": shape, "passes": type(passes_for(given.hidden.device)).__name__}
    for name, method in compared.items():
        log_probs, by_hidden, by_weight = run(method, given, "trained")
        again = run(method, given, "trained")
        difference = (log_probs.double() - exact.detach()).abs()
        some = slice(0, max(1, shape[0] // 7))
        part = run(method, given._replace(hidden=given.hidden[some], targets=given.targets[some]), "forward")[0]
        found[name] = {
            "log-prob, largest error": float(difference.max()),
            "log-prob, mean error": float(difference.mean()),
            "gradient by hidden, relative error": relative_error(by_hidden, hidden.grad),
            "gradient by head, relative error": relative_error(by_weight, weight.grad),
            "same bits twice": all(
                torch.equal(*pair) for pair in zip((log_probs, by_hidden, by_weight), again, strict=True)
            ),
            "largest change in another batch": float((part - log_probs[some]).abs().max()),
        }
    zeroed = run(ours, given, "trained", 0.5)
    kept = torch.arange(shape[0], device=device) % 512 >= 256
    found["rows with gradient 0 get exactly 0"] = bool((zeroed[1][~kept] == 0).all())
    return found


def sanitize(deadline: float) -> dict[str, str]:
    """The report of compute-sanitizer on a small run of our kernels."""
    tool = shutil.which("compute-sanitizer")
    if tool is None:
        return {"compute-sanitizer": "not found"}
    said = {}
    for check in ("memcheck", "racecheck"):
        left = deadline - time.monotonic()
        command = [tool, "--tool", check, "--error-exitcode", "9", sys.executable, __file__, "--touch"]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, timeout=min(90.0, left), check=False)
            said[check] = "clean" if ended.returncode == 0 else (ended.stdout + ended.stderr)[-2000:]
        except (subprocess.TimeoutExpired, ValueError):
            said[check] = "out of time"
    return said


def touch(device: str) -> None:
    """A small run that launches every kernel, on aligned and on ragged shapes; for a checker to watch."""
    for vocabulary in (8192 + 128, 8192 + 77):
        (given,) = make_inputs(20, 64, vocabulary, device)
        bias = torch.randn(vocabulary, device=device).bfloat16().requires_grad_()
        leaves = [given.hidden.requires_grad_(), given.weight.requires_grad_(), bias]
        outputs = ("log_probs", "entropy", "log_sum_sq_probs", "mean_logits", "is_top1")
        found = token_statistics(*leaves, given.targets, softcap=30.0, outputs=outputs)
        (found.log_probs.sum() + found.entropy.sum()).backward()


def fits(method: str, tokens: int, vocabulary: int, device: str) -> bool:
    """True if the naive way's logits fit five times."""
    if method not in {"naive", "torch"} or device == "cpu":
        return True
    return tokens * vocabulary * 4 * 5 < torch.cuda.mem_get_info()[0]


def time_configuration(
    compared: dict[str, Method], clock: Clock, tokens: int, shape: tuple[int, int], device: str
) -> Iterator[dict[str, Any]]:
    """Rows of the table for one size: every method in every mode, then the shares of zero rows."""
    sets = make_inputs(tokens, *shape, device, sets=3)
    floors = floor_ms(clock, sets)
    for mode in ("forward", "frozen", "trained"):
        for share in ZERO_SHARES if mode != "forward" else (0.0,):
            names = [name for name in compared if not share or name in {"ours", "ours, all kept", "trl"}]
            if mode != "trained":
                names = [name for name in names if not name.startswith("ours,")]
            for name in names:
                if not fits(name, tokens, shape[1], device):
                    continue

                def work(turn: int, method: Method = compared[name], mode: str = mode, share: float = share) -> None:
                    run(method, sets[turn % len(sets)], mode, share)

                row = {
                    "tokens": tokens,
                    "H": shape[0],
                    "V": shape[1],
                    "mode": mode,
                    "zero share": share,
                    "method": name,
                }
                try:
                    taken = {"ms": clock.median_ms(work), "peak_bytes": clock.peak_bytes(work)}
                except torch.OutOfMemoryError:
                    taken = {"ms": None, "peak_bytes": None}
                yield row | {"floor_ms": floors[mode]} | taken


def time_tiles(clock: Clock, tokens: int, shape: tuple[int, int], device: str) -> list[dict[str, Any]]:
    """Ours with tiles of other sizes than it chooses."""
    sets, rows = make_inputs(tokens, *shape, device, sets=2), []
    chosen = head.tiling_for
    try:
        for tile in TILES:
            for module in (forward, backward, function):
                module.tiling_for = lambda _, tile=tile: head.Tiling(*tile)
            for mode in ("forward", "frozen"):
                ms = clock.median_ms(lambda turn, mode=mode: run(ours, sets[turn % 2], mode))
                rows.append({"tokens": tokens, "H": shape[0], "V": shape[1], "mode": mode, "tile": tile, "ms": ms})
    finally:
        for module in (forward, backward, function):
            module.tiling_for = chosen
    return rows


def environment(device: str) -> dict[str, Any]:
    """Device, versions and date."""
    versions = {}
    for package in ("torch", "trl", "triton", "cuda-core", "cuda-bindings", "nvidia-cuda-nvrtc"):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = None
    found: dict[str, Any] = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "versions": versions}
    found |= {"device": "cpu", "cuda": torch.version.cuda}
    if device == "cuda":
        properties = torch.cuda.get_device_properties(0)
        found["device"] = properties.name
        found["multiprocessors"] = properties.multi_processor_count
        found["memory_bytes"] = properties.total_memory
    return found


def ceilings(clock: Clock, device: str) -> dict[str, float]:
    """The peak rates of this device: a copy (bytes read and written) and a large bf16 product of random numbers."""
    side, count = (8192, 1 << 30) if device == "cuda" else (128, 1 << 16)
    source = torch.randn(count // 4, device=device)
    target = torch.empty_like(source)
    a, b = (torch.randn(side, side, device=device).bfloat16() for _ in range(2))
    copy_ms = clock.median_ms(lambda _: target.copy_(source))
    product_ms = clock.median_ms(lambda _: a @ b)
    return {"copy_bytes_per_s": 2e3 * 4 * source.numel() / copy_ms, "product_flop_per_s": 2e3 * side**3 / product_ms}


def print_table(rows: list[dict[str, Any]]) -> None:
    print(f"\n{'tokens':>6} {'H':>5} {'V':>7} {'mode':8} {'zeros':>5} {'method':14} {'ms':>9} {'/floor':>7} {'GB':>6}")
    for row in rows:
        size = f"{row['tokens']:6} {row['H']:5} {row['V']:7} {row['mode']:8} {row['zero share']:5.1f}"
        peak = "" if row["peak_bytes"] is None else f"{row['peak_bytes'] / 1e9:6.2f}"
        times = "out of memory" if row["ms"] is None else f"{row['ms']:9.3f} {row['ms'] / row['floor_ms']:7.2f}"
        print(f"{size} {row['method']:14} {times} {peak}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--quick", action="store_true", help="one size, five repetitions")
    parser.add_argument("--budget-s", type=float, help="seconds for everything (570, or 110 with --quick)")
    parser.add_argument("--output", type=Path, help=f"where the results go ({RESULTS.name} for a full run on a GPU)")
    parser.add_argument("--touch", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    device, small = options.device, options.device == "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        parser.error("no GPU here: --device cpu runs the same steps on tiny shapes")
    if options.touch:
        touch(device)
        return

    deadline = time.monotonic() + (options.budget_s or (110.0 if options.quick else 570.0))
    clock = Clock(device, 2 if small else 5 if options.quick else 30)
    compared = methods(device)
    results: dict[str, Any] = {"status": "measured on a GPU" if device == "cuda" else "a dry run without a GPU"}
    results |= environment(device)
    results["ceilings"] = ceilings(clock, device)
    checked = (40, 16, 300) if small else (1024, 1024, 32_768)
    results["numerics"] = check_numerics(compared, device, checked)
    print(json.dumps(results, indent=1))
    if device == "cuda":
        results["compute-sanitizer"] = sanitize(deadline - 200)
        print(json.dumps(results["compute-sanitizer"], indent=1))

    sizes = [(tokens, shape) for tokens in TOKENS for shape in SHAPES]
    if small or options.quick:
        sizes = [(64, (16, 300)), (9, (8, 77))] if small else sizes[:1]
    rows: list[dict[str, Any]] = []
    left_out = []
    for tokens, shape in sizes:
        for row in time_configuration(compared, clock, tokens, shape, device):
            rows.append(row)
            if time.monotonic() > deadline:
                break
        if time.monotonic() > deadline:
            left_out.append({"tokens": tokens, "H": shape[0], "V": shape[1]})
    tiles = (
        [] if time.monotonic() > deadline or options.quick else time_tiles(clock, *sizes[-1 if small else 1], device)
    )
    results |= {"times": rows, "left out or cut short": left_out, "tiles": tiles}

    output = options.output or (RESULTS if device == "cuda" and not options.quick else None)
    if output is not None:
        output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for row in tiles:
        print(
            f"tile {row['tile']!s:14} {row['tokens']:6} {row['H']:5} {row['V']:7} {row['mode']:8} {row['ms']:9.3f} ms"
        )
    print_table(rows)
    print(f"left out or cut short for time: {left_out or 'nothing'}; results in {output or 'no file'}")


if __name__ == "__main__":
    main()

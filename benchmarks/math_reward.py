"""The math reward beside Math-Verify, TRL's accuracy_reward and inspect-ai's math(), on labelled rows.

    python benchmarks/math_reward.py rows.jsonl
    python benchmarks/math_reward.py rows.jsonl --workers 2 --graders rewardkit,math-verify

A row has `prediction`, `ground_truth` (or `gold`), `label` (true for a right answer), and may have `form` ("answer" for
a bare answer, which each grader gets in a box, "completion" otherwise), `tier` ("A": decidable from the two
texts, "B": a matter of policy) and `source`. Rows from test suites, issues and hand-labelled hard sets count as hard,
all others as easy.
REWARDKIT_DATA names the folder that holds math/dev.jsonl where no file is given.

Rates are rows per second of processor time in one process, each grader asked once for each row, its caches cold;
`p99` is the processor time of a single row in milliseconds. What reading the clock takes itself is left out.
With `--workers`, also rows per second of wall time over
that many processes.

(The file is not called math.py: run as a script, it would stand before the standard library's module of that name.)
"""

import argparse
import importlib.metadata
import importlib.util
import json
import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Grader = Callable[[str, str], bool]
_HARD = ("test", "issue", "hardverify", "manual", "judge")


def rewardkit_grader() -> Grader:
    """The math reward with its default policy."""
    from rewardkit import RewardContext, Sample
    from rewardkit_math.params import MathParams
    from rewardkit_math.reward import MathReward

    reward = MathReward(MathParams(), RewardContext())
    return lambda completion, ground_truth: (
        reward.score([Sample(completion=completion, ground_truth=ground_truth)])[0].value == 1.0
    )


def math_verify_grader() -> Grader:
    """Math-Verify as its README uses it, the ground truth in a box where it carries no LaTeX delimiters."""
    from math_verify import parse, verify

    def grade(completion: str, ground_truth: str) -> bool:
        delimited = "$" in ground_truth or "\\boxed" in ground_truth
        return bool(verify(parse(ground_truth if delimited else f"\\boxed{{{ground_truth}}}"), parse(completion)))

    return grade


def trl_grader() -> Grader:
    """TRL's accuracy_reward, the ground truth in dollars."""
    from trl.rewards import accuracy_reward

    def grade(completion: str, ground_truth: str) -> bool:
        solution = ground_truth if "$" in ground_truth else f"${ground_truth}$"
        return accuracy_reward([[{"role": "assistant", "content": completion}]], [solution])[0] == 1.0

    return grade


def inspect_grader() -> Grader:
    """inspect-ai's scorer `math()`."""
    import asyncio

    from inspect_ai.model import ModelName, ModelOutput
    from inspect_ai.scorer import CORRECT, Target, math
    from inspect_ai.solver import TaskState

    score, name, loop = math(), ModelName("none/none"), asyncio.new_event_loop()

    def grade(completion: str, ground_truth: str) -> bool:
        output = ModelOutput.from_content("none", completion)
        state = TaskState(model=name, sample_id=0, epoch=0, input="", messages=[], output=output)
        return loop.run_until_complete(score(state, Target(ground_truth))).value == CORRECT

    return grade


GRADERS = {
    "rewardkit": ("rewardkit", rewardkit_grader),
    "math-verify": ("math_verify", math_verify_grader),
    "trl": ("trl", trl_grader),
    "inspect-ai": ("inspect_ai", inspect_grader),
}


def completion_of(row: Row) -> str:
    """The text that the grader gets."""
    return f"\\boxed{{{row['prediction']}}}" if row.get("form") == "answer" else row["prediction"]


def judged(grade: Grader, row: Row) -> tuple[bool, float]:
    """The judgement and the seconds of processor time that it took; what raises is not accepted."""
    start = time.process_time()
    try:
        accepted = grade(completion_of(row), row.get("ground_truth", row.get("gold")))
    except Exception:  # noqa: BLE001 - a grader that fails on a row has not accepted it
        accepted = False
    return accepted, max(time.process_time() - start - _CLOCK_S, 0.0)


def _clock() -> float:
    """Seconds that two readings of the clock take: several microseconds where each is a system call."""
    readings = [time.process_time() for _ in range(2001)]
    return sorted(later - earlier for earlier, later in pairwise(readings))[1000]


_CLOCK_S = _clock()


def report(name: str, grade: Grader, rows: list[Row]) -> None:
    """Prints one line of the table for hard and for easy rows."""
    grade("so \\boxed{\\sqrt{4}}", "2")  # what is imported late is imported now
    results = [(row, *judged(grade, row)) for row in rows]
    for kind in ("hard", "easy"):
        mine = [result for result in results if is_hard(result[0]) == (kind == "hard")]
        if not mine:
            continue
        tier_a = [(row["label"], accepted) for row, accepted, _ in mine if row.get("tier", "A") == "A"]
        tier_b = [accepted for row, accepted, _ in mine if row.get("tier") == "B" and row["label"]]
        times = sorted(seconds for _, _, seconds in mine)
        rejected = f"{sum(label and not accepted for label, accepted in tier_a)}/{sum(label for label, _ in tier_a)}"
        wrong = f"{sum(accepted and not label for label, accepted in tier_a)}/{sum(not label for label, _ in tier_a)}"
        missed = f"{tier_b.count(False)}/{len(tier_b)}"
        rate = len(times) / max(sum(times), 1e-9)
        p50, p99 = (1e3 * times[int(len(times) * share)] for share in (0.5, 0.99))
        print(
            f"{name:22}{kind:6}{rejected:>10}{wrong:>10}{missed:>10}{rate:>12.0f}{p50:>10.3f}{p99:>10.2f}", flush=True
        )


def is_hard(row: Row) -> bool:
    """True if a row belongs to the hard ones."""
    return any(mark in row.get("source", "") for mark in _HARD)


_grade: Grader | None = None


def _start(name: str) -> None:
    global _grade  # noqa: PLW0603 - one grader for each worker process
    _grade = GRADERS[name][1]()
    _grade("so \\boxed{\\sqrt{4}}", "2")


def _chunk(rows: list[Row]) -> int:
    assert _grade is not None
    return sum(judged(_grade, row)[0] for row in rows)


def wall_rate(name: str, rows: list[Row], workers: int) -> float:
    """Rows per second of wall time over several processes that are already warm."""
    fresh = multiprocessing.get_context("spawn")  # forked processes would inherit what this one remembers
    with ProcessPoolExecutor(workers, fresh, initializer=_start, initargs=(name,)) as pool:
        list(pool.map(_chunk, [rows[:1]] * workers * 4))
        chunks = [rows[start : start + 20] for start in range(0, len(rows), 20)]
        start = time.perf_counter()
        list(pool.map(_chunk, chunks))
        return len(rows) / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=Path)
    parser.add_argument("--graders", default=",".join(GRADERS))
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    path = options.rows or Path(os.environ.get("REWARDKIT_DATA", ".")) / "math" / "dev.jsonl"
    if not path.is_file():
        parser.error(f"no such file: {path}; name one, or set REWARDKIT_DATA")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    heads = ("right -", "wrong +", "tier B -")
    print(
        f"{'grader':22}{'rows':6}{''.join(f'{head:>10}' for head in heads)}{'rows/s':>12}{'p50 ms':>10}{'p99 ms':>10}"
    )
    for name in options.graders.split(","):
        module, build = GRADERS[name]
        if importlib.util.find_spec(module) is None:
            print(f"{name:22}not installed")
            continue
        version = importlib.metadata.version(module.replace("_", "-"))
        report(f"{name} {version}", build(), rows)
        if options.workers > 1:
            for kind in ("hard", "easy"):
                mine = [row for row in rows if is_hard(row) == (kind == "hard")]
                rate = wall_rate(name, mine, options.workers)
                print(f"{'':22}{kind:6}{rate:>42.0f}  rows/s of wall time, {options.workers} processes", flush=True)


if __name__ == "__main__":
    main()

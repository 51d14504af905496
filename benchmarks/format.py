"""How the format reward and the public regular expressions take ordinary and hostile completions.

    python benchmarks/format.py                        # rate and growth
    python benchmarks/format.py --data format/dev.jsonl  # and agreement with labelled rows

Times are of the process, the least of several runs. Rows of --data: style, prompt_suffix, allow_empty, completion,
expected, debatable.
"""

import argparse
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rewardkit import RewardContext, Sample
from rewardkit_format.params import FormatParams
from rewardkit_format.reward import Format

Judge = Callable[[str], bool]

FLAGS = re.DOTALL | re.MULTILINE
REGEXES: dict[str, Judge] = {
    # huggingface/trl trl/rewards/format_rewards.py, think_format_reward
    "TRL": lambda text: bool(re.match(r"^<think>(?!.*<think>)(.*?)</think>.*$", text, FLAGS)),
    # huggingface/open-r1 src/open_r1/rewards.py, format_reward
    "open-r1": lambda text: bool(re.match(r"^<think>\n.*?\n</think>\n<answer>\n.*?\n</answer>$", text, FLAGS)),
    # volcengine/verl verl/utils/reward_score/geo3k.py, format_reward
    "verl geo3k": lambda text: bool(re.fullmatch(r"<think>.*</think>.*\\boxed\{.*\}.*", text, re.DOTALL)),
}

HOSTILE: dict[str, Callable[[int], str]] = {
    "closing tags": lambda size: "<think>\n" + "\n</think>\n<answer>\n" * (size // 19),
    "boxes": lambda size: "<think>" + "</think>" * (size // 16) + "\\boxed{" * (size // 14),
    "opening tags": lambda size: "<think>" * (size // 7),
    "white space": lambda size: "<think>" + " " * (size - 7),
    "fences": lambda size: "<think>a</think>\n" + "```\n" * (size // 4),
    "end tokens": lambda size: "<think>a</think>" + "</s> " * (size // 5),
}
SIZES = (2_000, 4_000, 8_000, 80_000, 1_000_000)
PATIENCE_S = 60.0
"""A size is left out where growth by the cube would make it take longer than this."""


def ours(**params: object) -> Judge:
    reward = Format(FormatParams.model_validate(params), RewardContext())
    return lambda text: reward.score([Sample(completion=text)])[0].value == 1.0


def seconds(judge: Judge, text: str) -> float:
    """Process time of one call: the least of three where that is quick."""
    times: list[float] = []
    while len(times) < 3 and sum(times) < 1.0:
        started = time.process_time()
        judge(text)
        times.append(time.process_time() - started)
    return min(times)


def growth(judge: Judge, make: Callable[[int], str]) -> Iterator[str]:
    before, taken = SIZES[0], 0.0
    for size in SIZES:
        if taken * (size / before) ** 3 > PATIENCE_S:
            yield "      --"
            continue
        before, taken = size, seconds(judge, make(size))
        yield f"{taken * 1000:8.2f}"


def print_rates() -> None:
    text = (
        "<think>\n" + "So we take the next number, x, and add it. " * 40 + "\n</think>\n<answer>\nIt is 4.\n</answer>"
    )
    print(f"an ordinary completion of {len(text)} characters, microseconds")
    reward = Format(FormatParams(), RewardContext())
    samples = [Sample(completion=text + " " * index) for index in range(2000)]
    reward.score(samples)  # the sample keeps its text once it was asked for
    best = min(_timed(lambda: reward.score(samples)) for _ in range(7))
    print(f"  rewardkit, score and reason  {best / len(samples) * 1e6:8.2f}")
    for name, judge in REGEXES.items():
        best = min(_timed(lambda judge=judge: [judge(sample.completion_text) for sample in samples]) for _ in range(7))
        print(f"  {name:27}  {best / len(samples) * 1e6:8.2f}")


def _timed(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


def print_growth() -> None:
    print("\nhostile text, milliseconds by size in bytes; -- where it would take more than a minute")
    print(f"  {'text':14}{'judge':13}" + "".join(f"{size:>9,}" for size in SIZES))
    judges = {f"ours {preset}"[:17]: ours(preset=preset) for preset in ("think_boxed", "think_code")} | REGEXES
    for kind, make in HOSTILE.items():
        for name, judge in judges.items():
            print(f"  {kind:14}{name.replace('ours think_', 'ours '):13}" + " ".join(growth(judge, make)))


def print_agreement(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    print(f"\nagreement with {len(rows)} rows of {path.name}")
    for kind, chosen in (("undebatable", False), ("debatable", True)):
        picked = [row for row in rows if bool(row["debatable"]) == chosen]
        found = {
            name: sum(judge(row["completion"]) == row["expected"] for row in picked) for name, judge in REGEXES.items()
        }
        found = {"rewardkit": sum(_agrees(row) for row in picked)} | found
        print(f"  {kind:12}" + "  ".join(f"{name} {right}/{len(picked)}" for name, right in found.items()))


def _agrees(row: dict[str, object]) -> bool:
    params = FormatParams.model_validate({"preset": row["style"], "allow_empty": row["allow_empty"]})
    sample = Sample.model_validate({"prompt": f"Question{row['prompt_suffix']}", "completion": row["completion"]})
    return (Format(params, RewardContext()).score([sample])[0].value == 1.0) == row["expected"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="JSONL of labelled rows")
    arguments = parser.parse_args()
    print_rates()
    print_growth()
    if arguments.data:
        print_agreement(arguments.data)


if __name__ == "__main__":
    main()

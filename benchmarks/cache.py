"""Judging with an empty cache and again with a full one: seconds, and their ratio.

    python benchmarks/cache.py [--rows 600] [--math FILE]

Rows are made here: fractions of polynomials for `math`, programs with three tests for `code`. With --math FILE those
of a file (`prediction`, `gold`) are judged too. The scorer is open already: starting workers is not counted.
"""

import argparse
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter

from rewardkit import Scorer


def math_rows(count: int) -> list[dict[str, str]]:
    """Right answers in another form than the ground truth."""
    return [
        {
            "completion": f"So it is \\boxed{{\\frac{{{n}x^2 - {n}}}{{x - 1}}}}.",
            "ground_truth": f"{n}(x + 1)",
        }
        for n in range(2, count + 2)
    ]


def code_rows(count: int) -> list[dict[str, object]]:
    """Programs with three tests."""
    return [
        {
            "completion": f"```python\ndef f(x):\n    return x + {n}\n```",
            "ground_truth": [f"assert f({k}) == {k + n}" for k in range(3)],
        }
        for n in range(count)
    ]


def measure(reward: str, rows: Iterable[dict[str, object]]) -> None:
    """Prints a line of the table."""
    rows = list(rows)
    seconds, results = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            with Scorer({"rewards": {reward: {}}}, workers=2, cache=folder) as scorer:
                started = perf_counter()
                results.append([result.model_dump() for result in scorer.score(rows)])
                seconds.append(perf_counter() - started)
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    assert results[0] == results[1]
    cold, warm = seconds
    print(
        f"{reward:8} {len(rows):6} rows  first {cold:8.2f} s  again {warm:7.3f} s  {cold / warm:7.0f} times  "
        f"{size / len(rows):6.0f} bytes a row",
        flush=True,
    )


def main() -> None:
    """Measures each reward."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--math", type=Path)
    options = parser.parse_args()
    measure("math", math_rows(options.rows))
    if options.math:
        given = [json.loads(line) for line in options.math.read_text().splitlines()]
        measure("math", [{"completion": str(row["prediction"]), "ground_truth": row["gold"]} for row in given])
    measure("code", code_rows(options.rows // 4))


if __name__ == "__main__":
    main()

"""The least that judging a file costs: one process, no checks, no limits. What `benchmarks/pipeline.py` compares with.

    python benchmarks/plain_loop.py rows.jsonl out.jsonl math
    python benchmarks/plain_loop.py rows.jsonl out.jsonl constant constant.py

Reads each row with orjson, asks the reward itself, writes the row with its score. A reward that hangs ends it.
"""

import sys
from pathlib import Path

import orjson

from rewardkit import RewardContext, Sample
from rewardkit.registry.registry import load_registry


def main() -> None:
    """Judges the file named first into the file named second."""
    source, target, name, *plugins = sys.argv[1:]
    kind = load_registry(tuple(map(Path, plugins))).get(name).reward
    params = {"target": "en"} if name == "language" else {}
    reward = kind(kind.Params(**params), RewardContext())
    with Path(source).open("rb") as rows, Path(target).open("wb") as out:
        for line in rows:
            row = orjson.loads(line)
            sample = Sample(completion=row["completion"], prompt=row["prompt"], ground_truth=row["ground_truth"])
            (score,) = reward.score((sample,))
            row["reward"] = {"value": score.value, "reason": score.reason, "details": score.details}
            out.write(orjson.dumps(row) + b"\n")


if __name__ == "__main__":
    main()

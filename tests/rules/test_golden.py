"""Golden rows of the rewards that judge by rules; each has its source."""

import json
from pathlib import Path
from typing import Any

import pytest

from rewardkit import RewardContext, Sample
from rewardkit.registry.registry import load_registry

GOLDEN = Path(__file__).parents[1] / "golden"
FILES = ("answers", "json_schema", "instructions", "tool_calls")
ROWS = [
    json.loads(line) for name in FILES for line in (GOLDEN / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_golden(row: dict[str, Any]):
    reward = load_registry().get(row["reward"]).reward
    if row["id"].startswith("if_words:odd_even"):
        pytest.importorskip("syllapy")
    judge = reward(reward.Params(**row.get("params", {})), RewardContext())
    (score,) = judge.score([Sample(**row["sample"])])
    judge.close()
    wanted = None if row["value"] is None else pytest.approx(row["value"])
    assert (score.value, score.status, score.kind) == (wanted, row["status"], row["kind"]), score
    assert row["source"]
    for name, value in row.get("values", {}).items():
        assert score.value_of(name) == pytest.approx(value), score


def test_ids_are_unique():
    ids = [row["id"] for row in ROWS]
    assert len(ids) == len(set(ids))

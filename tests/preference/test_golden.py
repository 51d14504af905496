"""Golden rows of the judge and of the reward endpoint: what a server answers, and the score that it makes."""

import json
from pathlib import Path
from typing import Any

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_preference.judge_model import JudgeModel
from rewardkit_preference.reward_endpoint import RewardEndpoint

from .conftest import Reply, verdict

GOLDEN = Path(__file__).parents[1] / "golden" / "preference.jsonl"
ROWS = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_golden(row: dict[str, Any], endpoint):
    if row["reward"] == "judge_model":
        endpoint.answer = lambda request: verdict(request, **row["reply"])
        reward, params = JudgeModel, {"base_url": endpoint.url, "model": "m", **row["params"]}
    else:
        endpoint.answer = lambda _: Reply(raw=json.dumps(row["raw"]).encode())
        reward, params = RewardEndpoint, {"base_url": endpoint.url.removesuffix("/v1"), **row["params"]}
    judge = reward(reward.Params(**params), RewardContext())
    try:
        (score,) = judge.score([Sample(**row["sample"])])
    finally:
        judge.close()
    wanted = None if row["value"] is None else pytest.approx(row["value"])
    assert (score.value, score.status, score.kind) == (wanted, row["status"], row["kind"]), score
    assert dict(score.values or {}) == pytest.approx(row.get("values", {}))
    assert row["source"]

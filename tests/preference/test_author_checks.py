"""The rewards that ask a model pass the checks that every reward should, with a model or an endpoint behind them."""

import importlib.util

import pytest

from rewardkit.testing import check_reward

from .conftest import grade

ROWS = [
    {"prompt": "Say it.", "completion": "<think>?</think>YES", "expected": "full"},
    {"prompt": "Say it.", "completion": "NO", "expected": "zero"},
]


def test_a_judge_passes(endpoint):
    endpoint.answer = lambda request: grade(request, 10 if "YES" in request.user else 1)
    (report,) = check_reward("judge_model", ROWS, params={"base_url": endpoint.url, "model": "m"})
    outcomes = {result.check: result.outcome for result in report.results}
    assert outcomes["full_earns_most"] == outcomes["zero_earns_nothing"] == outcomes["never_raises"] == "passed"


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs PyTorch")
def test_a_reward_model_passes(causal_model):
    params = {"model": str(causal_model()), "normalise": "sigmoid", "device": "cpu"}
    skip = {"empty_earns_nothing": "a model's logit has no zero: an empty answer is one among others"}
    rows = [{"prompt": row["prompt"], "completion": row["completion"]} for row in ROWS]
    check_reward("reward_model", rows, params=params, skip=skip, deadline_s=60)

"""NeMo-RL's interface, of its own source where REWARDKIT_NEMO_RL names a checkout, else as written down from 7ea279a.

Its package on PyPI is empty, and the rest of its source needs GPUs.
"""

import importlib.util
import os
import sys
import types
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

CHECKOUT = os.environ.get("REWARDKIT_NEMO_RL")


class WrittenDown(NamedTuple):
    observations: Any
    metadata: Any
    next_stop_strings: Any
    rewards: Any
    terminateds: Any
    answers: Any


@pytest.fixture
def environment(recipe, monkeypatch):
    names = ["nemo_rl", "nemo_rl.environments", "nemo_rl.data", "nemo_rl.distributed"]
    for name in names:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    data, batched = (
        types.ModuleType("nemo_rl.data.interfaces"),
        types.ModuleType("nemo_rl.distributed.batched_data_dict"),
    )
    data.LLMMessageLogType, batched.BatchedDataDict = list, dict
    monkeypatch.setitem(sys.modules, data.__name__, data)
    monkeypatch.setitem(sys.modules, batched.__name__, batched)
    name = "nemo_rl.environments.interfaces"
    if CHECKOUT:
        path = Path(CHECKOUT) / "nemo_rl/environments/interfaces.py"
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        module = types.ModuleType(name)
        module.EnvironmentInterface, module.EnvironmentReturn = object, WrittenDown
    monkeypatch.setitem(sys.modules, name, module)
    return recipe("nemo_rl_environment").RewardkitEnvironment


LOGS = [
    [
        {"role": "user", "content": "what is 1 + 1", "token_ids": torch.tensor([1])},
        {"role": "assistant", "content": text, "token_ids": torch.tensor([2])},
    ]
    for text in ("ab", "raise", "abcd")
]


def test_a_batch_is_paid_by_the_rubric_and_a_missing_reward_is_its_prompts_mean(environment, rubric):
    made = environment({"rubric": rubric})
    out = made.step(LOGS, [{"ground_truth": "2"}] * 3)
    assert out.rewards.tolist() == [2.5, 3.5, 4.5]
    assert out.terminateds.tolist() == [1, 1, 1]
    _, metrics = made.global_post_process_and_metrics({})
    assert metrics["rewardkit/obedient"] == 3.0
    assert metrics["rewardkit/unrewarded"] == pytest.approx(1 / 3)
    assert made.global_post_process_and_metrics({})[1] == {}


def test_gdpo_gets_a_value_for_each_reward(environment, rubric):
    out = environment({"rubric": rubric, "by_reward": True}).step(LOGS, [{}] * 3)
    assert {name: values.tolist() for name, values in out.rewards.items()} == {
        "rewardkit/obedient": [2.0, 3.0, 4.0],
        "rewardkit/constant": [1.0, 1.0, 1.0],
    }

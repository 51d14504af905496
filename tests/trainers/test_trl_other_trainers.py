"""The functions in TRL's other online trainers, by these trainers' own entry points."""

import asyncio
import math
import pickle
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rewardkit_trainers.trl import RewardFuncs, reward_funcs

pytest.importorskip("trl")

import torch
from trl import RLOOConfig, RLOOTrainer

MOODY = Path(__file__).parent / "moody.py"
RUBRIC = {"rewards": {"moody": {"weight": 2.0}, "format": {"weight": 0.5}}}
COMPLETIONS = ["right right", "right wrong", "raise", "<think>right</think>right"]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")


@pytest.fixture(params=[False, True], ids=["synchronous", "asynchronous"])
def funcs(request: pytest.FixtureRequest) -> Iterator[RewardFuncs]:
    made = reward_funcs(RUBRIC, plugins=[MOODY], workers=1, weighted=True, asynchronous=request.param)
    yield made
    made.close()


def test_asynchronous_grpo_scores_a_group_by_the_rubric(funcs: RewardFuncs):
    from accelerate import PartialState
    from trl.experimental.async_grpo.async_rollout_worker import RolloutGroup, _AsyncRolloutLoop

    PartialState(cpu=True)  # TRL's logger asks for it
    nothing: list[Any] = [0] * 4
    sequence = SimpleNamespace(input_ids=[1], completion_mask=[1], old_log_probs=[0.0])
    group = RolloutGroup(
        prompts=[[{"role": "user", "content": "what"}]] * 4,
        reward_kwargs={"answer": ["2"] * 4},
        completions=[[{"role": "assistant", "content": text}] for text in COMPLETIONS],
        completions_ids=[[1, 2]] * 4,
        completions_sequences=[[sequence]] * 4,
        tool_call_counts=nothing,
        tool_failure_counts=nothing,
        model_version=0,
        group_id=0,
        env_rewards=[None] * 4,
        rollout_rewards=[None] * 4,
    )
    sent: RewardFuncs = pickle.loads(pickle.dumps({"reward_funcs": funcs}))["reward_funcs"]
    loop = SimpleNamespace(
        reward_funcs=sent,
        reward_func_names=[func.__name__ for func in sent],
        _env_reward_types=[],
        _provides_rollout_reward=False,
    )
    with sent.batch_scorer:
        samples = asyncio.run(_AsyncRolloutLoop._score_group(loop, group))
    rewards = [sample.metrics["reward"] for sample in samples]
    assert rewards[:2] == [2.0, 1.0]
    assert math.isnan(rewards[2])
    assert samples[2].advantage == 0.0
    assert rewards[3] == pytest.approx(0.0 + 0.5)


def test_online_dpo_weighs_the_functions_as_the_rubric_does():
    from trl.experimental.online_dpo import OnlineDPOTrainer

    made = reward_funcs(RUBRIC, plugins=[MOODY], workers=1)
    trainer = SimpleNamespace(
        accelerator=SimpleNamespace(device="cpu"),
        reward_funcs=list(made),
        reward_processing_classes=[None, None],
        reward_weights=torch.tensor(made.weights),
        state=SimpleNamespace(global_step=1, max_steps=2),
    )
    with made.batch_scorer:
        rewards = OnlineDPOTrainer._calculate_rewards_from_functions(
            trainer, ["what"] * 4, COMPLETIONS, [[1]] * 4, answer=["2"] * 4
        )
    # It knows no completion without a reward: the third, whose judge failed, is a 0 there.
    assert rewards.tolist() == [2.0, 1.0, 0.0, 0.5]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_rloo_trains(model_path: Path, dataset: Any, config: Any, asynchronous: bool):  # noqa: FBT001
    rubric = {"rewards": {"right": {}, "format": {"weight": 0.1}}}
    funcs = reward_funcs(rubric, plugins=[MOODY], workers=1, asynchronous=asynchronous)
    shared = ("output_dir", "per_device_train_batch_size", "num_generations", "max_completion_length", "max_steps")
    shared += ("save_strategy", "report_to", "bf16", "use_cpu", "activation_checkpointing", "disable_tqdm", "seed")
    usual = config()
    args = RLOOConfig(**{name: getattr(usual, name) for name in shared}, logging_steps=1, reward_weights=funcs.weights)
    trainer = RLOOTrainer(str(model_path), funcs, args, dataset)
    with funcs.batch_scorer:
        trainer.train()
    for logged in trainer.state.log_history:
        if "loss" in logged:
            paid = logged["rewards/right/mean"] + 0.1 * logged["rewards/format/mean"]
            assert logged["reward"] == pytest.approx(paid, abs=1e-6)

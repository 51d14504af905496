"""The reward functions in whatever version of TRL is installed: a few steps of GRPO by a rubric.

`make test-trainers` runs this file and `test_trl_functions.py` on the oldest supported version, the newest, and others.
"""

import inspect
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl")

from packaging.version import Version
from trl import GRPOConfig, GRPOTrainer

from rewardkit_trainers.trl import reward_funcs
from rewardkit_trainers.trl.functions import leaves_none_out

MOODY = Path(__file__).parent / "moody.py"
RUBRIC = {"rewards": {"right": {}, "format": {"weight": 0.1}}}


def trained(model: Path, data: Any, folder: Path, funcs: Any) -> list[dict[str, float]]:
    """The log entries of two steps."""
    wanted = {
        "output_dir": str(folder),
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 6,
        "max_steps": 2,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "bf16": False,
        "use_cpu": True,
        "gradient_checkpointing": False,
        "activation_checkpointing": False,
        "disable_tqdm": True,
        "reward_weights": funcs.weights,
    }
    known = inspect.signature(GRPOConfig).parameters
    config = GRPOConfig(**{name: value for name, value in wanted.items() if name in known})
    trainer = GRPOTrainer(str(model), list(funcs), config, data)
    trainer.train()
    return [entry for entry in trainer.state.log_history if "loss" in entry]


@pytest.mark.filterwarnings("ignore")
def test_grpo_trains_on_the_functions_of_a_rubric(model_path: Path, dataset: Any, tmp_path: Path):
    funcs = reward_funcs(RUBRIC, plugins=[MOODY], workers=1)
    with funcs.batch_scorer:
        logged = trained(model_path, dataset, tmp_path, funcs)
    assert len(logged) == 2
    # TRL before 1.0 trains on the weighted sum, and logs the sum without weights.
    weight = 1.0 if Version(metadata.version("trl")) < Version("1.0") else 0.1
    for entry in logged:
        paid = entry["rewards/right/mean"] + weight * entry["rewards/format/mean"]
        assert entry["reward"] == pytest.approx(paid, abs=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_grpo_trains_on_one_function_for_a_whole_rubric(model_path: Path, dataset: Any, tmp_path: Path):
    funcs = reward_funcs(RUBRIC, plugins=[MOODY], workers=1, single=True)
    assert [func.__name__ for func in funcs] == ["composed"]
    with funcs.batch_scorer:
        logged = trained(model_path, dataset, tmp_path, funcs)
    for entry in logged:
        assert entry["reward"] == pytest.approx(entry["rewards/composed/mean"])
        if "rewards/right/value" in entry:  # versions that pass log_metric
            paid = entry["rewards/right/value"] + 0.1 * entry["rewards/format/value"]
            assert entry["reward"] == pytest.approx(paid, abs=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_a_completion_without_a_reward_is_left_out_or_has_its_groups_mean(
    model_path: Path, dataset: Any, tmp_path: Path
):
    rubric = {"rewards": {"moody": {}}, "limits": {"deadline_s": 1.0}}
    funcs = reward_funcs(rubric, plugins=[MOODY], workers=2)
    judged: list[Any] = []
    funcs.batch_scorer.listeners.append(judged.append)
    with funcs.batch_scorer:
        logged = trained(model_path, dataset, tmp_path, funcs)
    for entry, batch in zip(logged, judged, strict=True):
        values = batch.values["moody"]
        for row, value in zip(batch.results, values, strict=True):
            if row.reward is not None:
                assert value == row.reward
            elif leaves_none_out():
                assert value is None
            else:  # the mean of its group, where one of it has a reward
                assert value is not None
        left = [value for value in values if value is not None]
        assert entry["rewards/moody/mean"] == pytest.approx(sum(left) / len(left), abs=1e-5)

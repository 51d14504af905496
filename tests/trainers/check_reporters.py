"""The reports of a run: distributions and tables of completions, in three reporters (`make test-trainers`)."""

import json
from pathlib import Path
from typing import Any

import pytest
from trl import GRPOConfig

MOODY = Path(__file__).parent / "moody.py"


@pytest.fixture
def train(model_path: Path, dataset: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from rewardkit_trainers.trl import RewardKitGRPOTrainer

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", str(tmp_path / "board"))

    def run(reporter: str) -> RewardKitGRPOTrainer:
        config = GRPOConfig(
            output_dir=str(tmp_path / "run"),
            per_device_train_batch_size=8,
            num_generations=4,
            max_completion_length=6,
            max_steps=2,
            logging_steps=1,
            save_strategy="no",
            report_to=reporter,
            log_completions=True,
            num_completions_to_print=0,
            bf16=False,
            use_cpu=True,
            activation_checkpointing=False,
            disable_tqdm=True,
        )
        rubric = {"rewards": {"right": {}, "format": {"weight": 0.1}}}
        trainer = RewardKitGRPOTrainer(str(model_path), rubric, config, dataset, plugins=[MOODY], workers=1)
        trainer.train()
        return trainer

    return run


def test_tensorboard_has_histograms_and_a_table(train, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train("tensorboard")
    found: dict[str, set[str]] = {"histograms": set(), "tensors": set()}
    for path in tmp_path.rglob("events.out.tfevents.*"):
        events = EventAccumulator(str(path.parent), size_guidance={"tensors": 0, "histograms": 0})
        events.Reload()
        for kind, names in found.items():
            names.update(events.Tags()[kind])
    names = {"train/reward/histogram", "train/rewards/right/histogram", "train/rewards/format/histogram"}
    assert found["histograms"] >= names
    assert "completions/text_summary" in found["tensors"]


def test_wandb_has_histograms_and_trls_table_with_the_reasons(train, tmp_path):
    import wandb

    train("wandb")
    summary = dict(wandb.run.summary)
    wandb.finish()
    names = {"train/reward/histogram", "train/rewards/right/histogram", "train/rewards/format/histogram"}
    assert names <= summary.keys()
    (table, *_) = sorted(tmp_path.glob("wandb/offline-run-*/files/media/table/*.json"))
    assert {"right", "right_reason", "format_reason"} <= set(json.loads(table.read_text())["columns"])


def test_trackio_has_histograms(train, monkeypatch):
    import trackio

    logged: list[dict[str, Any]] = []
    original = trackio.log

    def log(data: dict[str, Any], *said: Any, **named: Any) -> None:
        logged.append(data)
        original(data, *said, **named)

    monkeypatch.setattr(trackio, "log", log)
    train("trackio")
    histograms = {name: value for entry in logged for name, value in entry.items() if name.endswith("/histogram")}
    assert "train/rewards/right/histogram" in histograms
    assert all(isinstance(value, trackio.Histogram) for value in histograms.values())

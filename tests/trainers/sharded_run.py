"""One process of a run with FSDP2, for `test_trl_sharded.py`: TRL's trainer, then ours, and what they came to.

torchrun --nproc-per-node 2 sharded_run.py MODEL OUTPUT
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from accelerate import DistributedType, PartialState
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from rewardkit import ConfigError
from rewardkit_trainers.trl import reward_funcs
from rewardkit_trainers.trl.trainer import RewardKitGRPOTrainer

MOODY = Path(__file__).parent / "moody.py"


def config(output: Path, name: str, **said: Any) -> GRPOConfig:
    made = GRPOConfig(
        output_dir=str(output / name),
        per_device_train_batch_size=4,
        num_generations=8,  # each group is shared by both processes
        max_completion_length=6,
        max_steps=3,
        beta=0.1,
        optim="sgd",
        learning_rate=0.5,
        lr_scheduler_type="constant",
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        bf16=False,
        use_cpu=True,
        activation_checkpointing=False,
        disable_tqdm=True,
        dataloader_pin_memory=False,
        fsdp=True,
        fsdp_config={"version": 2, "transformer_layer_cls_to_wrap": ["LlamaDecoderLayer"]},
        **said,
    )
    assert made.distributed_state.num_processes == 2
    # accelerate shards on accelerators alone, by this name; everything below it works with gloo on processors too.
    PartialState._shared_state["distributed_type"] = DistributedType.MULTI_XPU
    return made


def came_to(trainer: GRPOTrainer) -> dict[str, Any]:
    """The logged curve, and what the parameters add up to."""
    names = ("loss", "grad_norm", "entropy", "kl", "reward")
    curve = [[entry[name] for name in names] for entry in trainer.state.log_history if "loss" in entry]
    whole = {name: value.full_tensor() for name, value in trainer.model.named_parameters()}
    return {"curve": curve, "parameters": {name: value.flatten().tolist() for name, value in whole.items()}}


def main(model: str, output: Path) -> None:
    rows = [{"prompt": f"what is {a} and {b}", "answer": "2"} for a in ("one", "two") for b in ("one", "two")]
    dataset = Dataset.from_list(rows * 2)
    funcs = reward_funcs({"rewards": {"right": {}}}, plugins=[MOODY], workers=1)
    stock = GRPOTrainer(model, funcs, config(output, "stock", reward_weights=funcs.weights), dataset)
    stock.train()
    theirs = came_to(stock)
    ours = RewardKitGRPOTrainer(
        model, funcs.batch_scorer.rubric, config(output, "ours"), dataset, plugins=[MOODY], workers=1
    )
    ours.train()
    mine = came_to(ours)
    refused = ""
    try:
        RewardKitGRPOTrainer(model, {"rewards": {"length_relative": {}}}, config(output, "groups"), dataset, workers=1)
    except ConfigError as error:
        refused = str(error)
    if stock.accelerator.is_main_process:
        (output / "runs.json").write_text(json.dumps({"theirs": theirs, "mine": mine, "refused": refused}))
    funcs.close()
    ours.batch_scorer.close()
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

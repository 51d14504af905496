"""Unsloth: TRL's GRPO with Unsloth's model, rewarded by the rubric that REWARDKIT_RUBRIC names. Needs a GPU.

Unsloth hands reward functions to TRL's trainer as they are, so None is TRL's: the completion is left out of its
group. Each reward is logged under its alias.
"""

import os

from unsloth import FastLanguageModel  # before TRL, which it changes

from datasets import load_dataset  # isort: skip
from trl import GRPOConfig, GRPOTrainer  # isort: skip

from rewardkit_trainers.trl import reward_funcs

model, tokenizer = FastLanguageModel.from_pretrained("Qwen/Qwen3-0.6B", fast_inference=True, max_lora_rank=16)
model = FastLanguageModel.get_peft_model(model, r=16)
funcs = reward_funcs(os.environ["REWARDKIT_RUBRIC"])
trainer = GRPOTrainer(
    model,
    funcs,
    GRPOConfig(output_dir="run", reward_weights=funcs.weights),
    load_dataset("json", data_files="rows.jsonl", split="train"),
    processing_class=tokenizer,
)
trainer.train()

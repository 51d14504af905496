"""Unsloth on a CPU trains two steps of TRL's GRPO with the functions of a rubric.

In a process of its own, since Unsloth changes TRL and transformers for all that run beside it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TRAIN = """
from unsloth import FastLanguageModel
import json, sys
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer
from rewardkit_trainers.trl import reward_funcs

folder = sys.argv[1]
model, tokenizer = FastLanguageModel.from_pretrained(folder + "/model", load_in_4bit=False, max_seq_length=64)
model = FastLanguageModel.get_peft_model(model, r=4)
funcs = reward_funcs(folder + "/rubric.yaml", workers=1, trust=True)
config = GRPOConfig(
    output_dir=folder + "/run", reward_weights=funcs.weights, max_steps=2, logging_steps=1, report_to=[],
    per_device_train_batch_size=2, num_generations=2, max_completion_length=8, use_cpu=True, bf16=False,
)
rows = Dataset.from_list([{"prompt": "what is one and one", "answer": "2"}] * 8)
trainer = GRPOTrainer(model, funcs, args=config, train_dataset=rows, processing_class=tokenizer)
trainer.train()
print("LOG " + json.dumps(trainer.state.log_history[0]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rubric, and a small model of random weights with a tokenizer of its own."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = ["<pad>", "<eos>", "<unk>", "what", "is", "one", "and", "\\boxed{2}"]
    made = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, "<unk>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=64, pad_token_id=0, eos_token_id=1, bos_token_id=1,
    )  # fmt: skip
    for part in (tokenizer, LlamaForCausalLM(config)):
        part.save_pretrained(tmp_path / "model")
    (tmp_path / "mine.py").write_text(
        "import rewardkit\n\n\n@rewardkit.reward\ndef letters(completion):\n    return len(completion)\n"
    )
    (tmp_path / "rubric.yaml").write_text("plugins: [mine.py]\nrewards: {letters: {}, math: {}}\n")
    return tmp_path


def test_unsloth_trains_with_the_functions_of_a_rubric(folder):
    variables = {"UNSLOTH_DISABLE_STATISTICS": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, str(folder)],
        check=False,
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    log = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("LOG "))[4:])
    assert log["rewards/letters/mean"] > 0
    assert log["rewards/unrewarded"] == 0.0
    assert "rewards/math/mean" in log

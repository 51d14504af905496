"""The trained model of these tests: a tokenizer of words and a few thousand parameters, made here, with no hub."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when the hub's library is imported: nothing here asks the network

WORDS = [
    "<pad>", "<eos>", "<unk>", "<think>", "</think>", "user", "assistant", ":", "\\boxed{1}", "\\boxed{2}",
    "what", "is", "one", "and", "two", "the", "sum", "right", "wrong", "answer", "hang", "crash", "raise", "abstain",
]  # fmt: skip
OWN_WARNINGS = (
    "ignore:`is_gradient_checkpointing` is deprecated:FutureWarning",
    "ignore:`gradient_checkpointing_(en|dis)able` is deprecated:FutureWarning",
)
"""Warnings of transformers 5.23 about the code of TRL 1.16 itself."""
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }} : {{ message['content'] }} {% endfor %}"
    "{% if add_generation_prompt %}assistant : {% endif %}"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.name.startswith("test_trl_"):
            for warning in OWN_WARNINGS:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """Splits at blanks; every token is a word of WORDS."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = WhitespaceSplit()
    made = PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>", padding_side="left"
    )
    made.chat_template = TEMPLATE
    return made


@pytest.fixture(scope="session")
def model_path(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model and its tokenizer, as a folder that trainers load."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=128,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
        tie_word_embeddings=False,
    )
    folder = tmp_path_factory.mktemp("model")
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def dataset() -> Any:
    """Eight questions with their answers."""
    from datasets import Dataset

    rows = [
        {"prompt": f"what is {a} and {b}", "answer": "2" if a == b == "one" else "1"}
        for a in ("one", "two")
        for b in ("one", "two")
        for _ in range(2)
    ]
    return Dataset.from_list(rows)


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., Any]:
    """GRPO's configuration for a few steps on one processor; what a test names it sets."""
    from trl import GRPOConfig

    def make(**said: Any) -> Any:
        usual = {
            "output_dir": str(tmp_path / "run"),
            "per_device_train_batch_size": 8,
            "num_generations": 4,
            "max_completion_length": 6,
            "max_steps": 3,
            "learning_rate": 1e-2,
            "logging_steps": 1,
            "save_strategy": "no",
            "report_to": "none",
            "bf16": False,
            "use_cpu": True,
            "activation_checkpointing": False,
            "disable_tqdm": True,
            "dataloader_pin_memory": False,
            "seed": 7,
        }
        return GRPOConfig(**{**usual, **said})

    return make

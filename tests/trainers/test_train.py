"""`rewardkit train`: TRL's options by TRL's parser, errors with a fix, and a reward that rises."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rewardkit import ConfigError, InputError, RewardkitError
from rewardkit_trainers.train.run import Options, parsed, run

if importlib.util.find_spec("trl") is None:
    pytest.skip("trl is not installed", allow_module_level=True)

pytestmark = [
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:`gradient_checkpointing_(en|dis)able` is deprecated:FutureWarning"),
]
MOODY = Path(__file__).parent / "moody.py"
TRL = """
max_steps: 30
learning_rate: 0.02
per_device_train_batch_size: 16
num_generations: 8
max_completion_length: 6
use_cpu: true
bf16: false
activation_checkpointing: false
save_strategy: "no"
report_to: none
disable_tqdm: true
dataloader_pin_memory: false
seed: 3
"""


@pytest.fixture
def options(tmp_path: Path, model_path: Path) -> Callable[..., Options]:
    """A user's files: a rubric, a JSONL file, TRL's config file."""
    (tmp_path / "rubric.yaml").write_text("rewards: {right: {}}\n")
    (tmp_path / "trl.yaml").write_text(TRL)
    rows = [{"question": f"what is {word}", "answer": "1"} for word in ("one", "two", "sum", "right")]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    usual = Options(
        rubric=tmp_path / "rubric.yaml",
        model=str(model_path),
        dataset=str(tmp_path / "rows.jsonl"),
        config=tmp_path / "trl.yaml",
        places=["prompt=question", "ground_truth=answer"],
        plugins=[MOODY],
        workers=1,
        trust=False,
        of_trl=["--output_dir", str(tmp_path / "run")],
    )

    def make(*of_trl: str, **said: Any) -> Options:
        return usual._replace(**{"of_trl": [*usual.of_trl, *of_trl], **said})

    return make


def test_the_reward_of_a_tiny_model_rises(options, tmp_path, capsys):
    from transformers import AutoModelForCausalLM

    run(options())
    rows = [json.loads(line) for line in (tmp_path / "run/judged/rank-00000.jsonl").read_text().splitlines()]
    rewards = [row["rewardkit"]["reward"] for row in rows]
    assert len(rewards) == 30 * 16
    first, last = rewards[:32], rewards[-32:]
    assert sum(first) / len(first) < 0.2  # two words of 24 are paid for
    assert sum(last) / len(last) > 0.8
    assert "judging took" in capsys.readouterr().out
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "run")  # what was trained is saved


def test_options_come_from_trls_config_file_and_the_command_line_goes_before(options):
    _, training, model = parsed(options("--learning_rate", "0.5", "--use_peft", "--lora_r", "4"))
    assert training.learning_rate == 0.5
    assert training.num_generations == 8
    assert model.use_peft
    assert model.lora_r == 4


def test_lora_is_trls(options, tmp_path):
    run(options("--max_steps", "1", "--use_peft", "--lora_target_modules", "q_proj", "v_proj"))
    assert (tmp_path / "run/adapter_config.json").is_file()


@pytest.mark.parametrize(
    ("said", "of_trl", "message"),
    [
        ({"rubric": Path("--learning_rate")}, [], "name the rubric first"),
        ({"rubric": Path("nowhere.yaml")}, [], "nowhere.yaml.*cannot be read"),
        ({}, ["--learnig_rate", "1"], r"--learnig_rate; did you mean '--learning_rate'\?"),
        ({}, ["--learning_rate", "fast"], r"--learning_rate\S*: invalid float value: 'fast'"),
        ({}, ["--num_generations", "7"], "TRL refuses these settings: .*num_generations"),
        ({"config": Path("nowhere.yaml")}, [], "--config nowhere.yaml: No such file"),
        ({"model": None}, [], "--model is missing"),
        ({"dataset": None}, [], "--dataset is missing"),
        ({"model": "nowhere.gguf"}, [], "nowhere.gguf: no such file"),
        ({"model": "./nowhere"}, [], "model ./nowhere: "),
        ({}, ["--report_to", "clearml"], "--report_to clearml: it is not installed; pip install clearml"),
        ({}, ["--use_vllm", "true"], "TRL refuses these settings: .*vLLM"),
        ({"places": []}, [], r"no column 'prompt' .*--map prompt=COLUMN: question, answer"),
        ({"places": ["group=question"]}, [], "--map group=…: while training only"),
    ],
)
def test_what_cannot_be_trained_is_an_error_with_a_fix(options, said, of_trl, message):
    with pytest.raises(RewardkitError, match=message) as raised:
        run(options(*of_trl, **said))
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("max_steps: [1", "trl.yaml: it does not parse"),
        ("- max_steps", "must contain a YAML mapping"),
        (TRL + "max_step: 1", r"--max_step; did you mean '--max_steps'\?"),
    ],
)
def test_a_config_file_that_does_not_fit_is_an_error_that_names_it(options, tmp_path, content, message):
    (tmp_path / "trl.yaml").write_text(content)
    with pytest.raises(ConfigError, match=message):
        run(options())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nowhere.jsonl", None, "no such file"),
        ("broken.jsonl", "{", "broken.jsonl: it cannot be read: .*JSON"),
        ("not/a-data-set", None, "not/a-data-set: "),
    ],
)
def test_a_data_set_that_is_not_there_is_an_error_that_names_it(options, tmp_path, name, content, message, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=message):
        run(options(dataset=str(path) if "/" not in name else name))


def test_parquet_and_saved_data_sets_are_read_and_a_missing_split_is_named(options, tmp_path, dataset):
    from datasets import DatasetDict

    from rewardkit_trainers.train.data import load

    dataset.to_parquet(tmp_path / "rows.parquet")
    DatasetDict({"train": dataset}).save_to_disk(tmp_path / "saved")
    for name in ("rows.parquet", "saved"):
        assert load(str(tmp_path / name), "train", config=None, streaming=False).to_list() == dataset.to_list()
    with pytest.raises(InputError, match="no split 'test'; there are train"):
        load(str(tmp_path / "saved"), "test", config=None, streaming=False)


def test_a_column_that_the_rubric_cannot_do_without_is_an_error_before_the_first_step(options, tmp_path):
    (tmp_path / "rubric.yaml").write_text("rewards: {math: {}}\n")
    (tmp_path / "rows.jsonl").write_text('{"question": "what is one"}\n')
    with pytest.raises(ConfigError, match="ground"):
        run(options(places=["prompt=question"]))
    assert not (tmp_path / "run/judged").exists()


def test_a_rubric_that_names_code_needs_trust(options, tmp_path):
    (tmp_path / "rubric.yaml").write_text(f"plugins: [{MOODY}]\nrewards: {{right: {{}}}}\n")
    with pytest.raises(ConfigError, match="--trust"):
        run(options(plugins=[]))
    run(options("--max_steps", "1", plugins=[], trust=True))


@pytest.mark.parametrize("workers", ["0", "many"])
def test_workers_are_a_number_or_the_nodes(tmp_path, workers):
    done = subprocess.run(
        [sys.executable, "-m", "rewardkit", "train", "r1", "--workers", workers],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "wanted a number from 1 on, or node" in done.stderr) == (2, True)


def test_the_command_says_an_error_in_a_line_and_ends_with_2_before_it_loads_torch(tmp_path):
    said = ["train", str(tmp_path / "none.yaml"), "--model", "m"]
    command = f"""
import sys
from rewardkit.cli import main
sys.argv[1:] = {said!r}
try:
    main()
finally:
    assert "torch" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("rewardkit: rubric ")
    assert "cannot be read" in done.stderr


@pytest.fixture
def gguf_file(tmp_path: Path) -> Path:
    """A random model of one layer as a GGUF file, its matrices packed in blocks of eight bits."""
    import gguf
    import numpy as np

    random = np.random.default_rng(0)
    words = ["<unk>", "<eos>", "Ġright", "Ġwrong", "Ġone", "on", *"abcdefghijklmnopqrstuvwxyzĠ"]
    file = gguf.GGUFWriter(tmp_path / "tiny.gguf", "llama")
    file.add_block_count(1)
    file.add_context_length(64)
    file.add_embedding_length(32)
    file.add_feed_forward_length(64)
    file.add_head_count(2)
    file.add_head_count_kv(2)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_rope_freq_base(10000.0)
    file.add_vocab_size(len(words))
    file.add_tokenizer_model("gpt2")
    file.add_token_list(words)
    file.add_token_types([3, 3, *[1] * (len(words) - 2)])
    file.add_token_merges(["o n"])
    file.add_eos_token_id(1)
    file.add_unk_token_id(0)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        file.add_tensor(f"{name}.weight", np.ones(32, np.float32))
    matrices = {"token_embd": (len(words), 32), "blk.0.ffn_gate": (64, 32), "blk.0.ffn_up": (64, 32)}
    matrices |= {"blk.0.ffn_down": (32, 64)} | {f"blk.0.attn_{name}": (32, 32) for name in ("q", "k", "v", "output")}
    kind = gguf.GGMLQuantizationType.Q8_0
    for name, shape in matrices.items():
        packed = gguf.quants.quantize(random.normal(0, 0.1, shape).astype(np.float32), kind)
        file.add_tensor(f"{name}.weight", packed, raw_dtype=kind)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
    return tmp_path / "tiny.gguf"


def test_a_gguf_file_that_is_none_is_an_error_that_names_it(options, tmp_path):
    (tmp_path / "not.gguf").write_text("no model")
    with pytest.raises(ConfigError, match=r"model \S*not.gguf: "):
        run(options(model=str(tmp_path / "not.gguf")))


def test_a_gguf_file_is_trained_and_saved_as_any_model_is(options, gguf_file, tmp_path):
    from transformers import AutoModelForCausalLM

    from rewardkit_trainers.train.gguf import load_gguf

    before, _ = load_gguf(gguf_file, dtype=None)
    run(options("--max_steps", "2", model=str(gguf_file)))
    after = AutoModelForCausalLM.from_pretrained(tmp_path / "run")
    layers = before.model.layers[0].mlp.up_proj, after.model.layers[0].mlp.up_proj
    assert not (layers[0].weight == layers[1].weight).all()

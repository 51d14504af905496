"""What is written: conversations and pairs that TRL's own data preparation takes, rows as they are, prompts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rewardkit import InputError, OutputError, select

from .conftest import scored

Write = Callable[..., Path]
pytestmark = pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")
TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    """Splits at characters, with the template above."""
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    characters = {chr(code): code for code in range(128)} | {"<unk>": 128}
    core = tokenizers.Tokenizer(tokenizers.models.WordLevel(characters, unk_token="<unk>"))
    core.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=core, eos_token="\x03", pad_token="\x00")
    made.chat_template = TEMPLATE
    return made


def texts_for_sft(rows: list[dict[str, Any]], tokenizer: Any) -> list[str]:
    """The texts that SFTTrainer trains on, prepared by its own method."""
    trl = pytest.importorskip("trl")
    from datasets import Dataset

    class Prepared(trl.SFTTrainer):  # type: ignore[misc]
        """The trainer without its model."""

        def __init__(self) -> None:
            self.processing_class = self._tokenizer = tokenizer
            self._is_vlm = False
            self.assistant_only_loss = False
            self.completion_only_loss = None
            self.chat_template = None

    args = trl.SFTConfig(output_dir="unused", max_length=None, report_to=[], use_cpu=True, bf16=False)
    prepared = Prepared()._prepare_dataset(Dataset.from_list(rows), tokenizer, args, False, None, "train")
    return ["".join(chr(code) for code in row["input_ids"]) for row in prepared]


def texts_for_dpo(rows: list[dict[str, Any]], tokenizer: Any) -> list[tuple[str, str, str]]:
    """Prompt, chosen and rejected as DPOTrainer's own preparation has them."""
    pytest.importorskip("trl")
    from trl.data_utils import is_conversational, maybe_apply_chat_template, maybe_extract_prompt

    made = []
    for row in rows:
        example = maybe_extract_prompt(dict(row))
        if is_conversational(example):
            example = maybe_apply_chat_template(example, tokenizer)
        made.append((example["prompt"], example["chosen"], example["rejected"]))
    return made


def test_trl_trains_on_the_conversation(tokenizer: Any):
    rows = [
        scored("2+2?", "<think>\n2 and 2\n</think>\n\nIt is 4.<|im_end|>", columns={"id": 7}),
        scored("3+3?", "It is 6."),
    ]
    made = select(rows, correct=True).rows
    assert made[0] == {
        "messages": [
            {"role": "user", "content": "2+2?"},
            {"role": "assistant", "content": "<think>\n2 and 2\n</think>\n\nIt is 4."},
        ],
        "reward": 1.0,
        "id": 7,
    }
    assert texts_for_sft(made, tokenizer) == [
        "<user>2+2?</s><assistant><think>\n2 and 2\n</think>\n\nIt is 4.</s>",
        "<user>3+3?</s><assistant>It is 6.</s>",
    ]


def test_a_rendered_prompt_stays_text(tokenizer: Any):
    rows = [scored("<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n", "It is 4.")]
    made = select(rows, correct=True).rows
    assert made[0]["prompt"].endswith("assistant\n")
    assert made[0]["completion"] == "It is 4."
    assert texts_for_sft(made, tokenizer) == [
        "<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\nIt is 4.\x03",
    ]


def test_trl_takes_the_pairs(tokenizer: Any):
    rows = [scored("2+2?", "It is 4."), scored("2+2?", "It is 5.", 0)]
    assert texts_for_dpo(select(rows, preset="dpo-pairs").rows, tokenizer) == [
        ("<user>2+2?</s><assistant>", "It is 4.</s>", "It is 5.</s>")
    ]
    rendered = [{**row, "prompt": "User: 2+2?\nAssistant:"} for row in rows]
    assert texts_for_dpo(select(rendered, preset="dpo-pairs").rows, tokenizer) == [
        ("User: 2+2?\nAssistant:", "It is 4.", "It is 5.")
    ]


@pytest.mark.parametrize(
    ("columns", "content"),
    [
        ({"completion": "2 and 2</think>4"}, "<think>\n2 and 2</think>4"),
        (
            {"completion": [{"role": "assistant", "content": "4", "reasoning_content": "2 and 2"}]},
            "<think>\n2 and 2\n</think>\n\n4",
        ),
        ({"completion": "<|im_start|>assistant\n4"}, "4"),
    ],
)
def test_reasoning_stands_in_its_tags(columns: dict[str, Any], content: str):
    made = select([scored("p", "") | columns], correct=True).rows
    assert made[0]["messages"][-1] == {"role": "assistant", "content": content}


def test_a_conversation_with_tools_keeps_its_turns():
    call = {"type": "function", "id": "1", "function": {"name": "add", "arguments": "{}"}}
    row = scored("p", "") | {
        "prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2?"}],
        "completion": [
            {"role": "assistant", "content": None, "reasoning_content": "I add", "tool_calls": [call]},
            {"role": "tool", "content": "4", "tool_call_id": "1"},
            {"role": "assistant", "content": "4"},
        ],
    }
    assert select([row], correct=True).rows[0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "content": "<think>\nI add\n</think>\n\n", "tool_calls": [call]},
        {"role": "tool", "content": "4", "tool_call_id": "1"},
        {"role": "assistant", "content": "4"},
    ]


def test_rows_are_kept_byte_for_byte(file: Write, tmp_path: Path):
    path = file([])
    lines = [
        '{"prompt": "p",  "completion":"caf\\u00e9", "score": 1.0, "n": 1e400}',
        '{"prompt": "p", "completion": "b", "score": 0}',
    ]
    path.write_text("\n".join(lines) + "\n")
    select(path, correct=True, to="rows", output=tmp_path / "kept.jsonl")
    assert (tmp_path / "kept.jsonl").read_text() == f"{lines[0]}\n"


def test_scored_rows_are_kept_with_their_judgement(file: Write, tmp_path: Path):
    path = file([scored("p", "a"), scored("p", "b", 0)])
    select(path, correct=True, to="rows", output=tmp_path / "kept.jsonl")
    assert json.loads((tmp_path / "kept.jsonl").read_text()) == scored("p", "a")


def test_prompts_go_into_the_next_run_with_their_pass_rate():
    rows = [
        {"prompt": "p", "completion": "a", "answer": "4", "score": 1.0, "completion_tokens": 3, "level": 2},
        {"prompt": "p", "completion": "b", "answer": "4", "score": 0.0, "completion_tokens": 4, "level": 2},
        {"prompt": "q", "completion": "c", "answer": "5", "score": 1.0, "completion_tokens": 3, "level": 2},
    ]
    assert select(rows, preset="dapo").rows == [{"prompt": "p", "answer": "4", "level": 2, "pass_rate": 0.5}]


def test_the_prompt_of_a_chat_is_written_without_its_answer():
    chat = [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}]
    rows = [
        {"messages": chat, "score": 1.0},
        {"messages": [*chat[:1], {"role": "assistant", "content": "5"}], "score": 0.0},
    ]
    assert select(rows, preset="dapo").rows == [{"prompt": chat[:1], "pass_rate": 0.5}]


def test_the_same_rows_and_seed_give_the_same_bytes(file: Write, tmp_path: Path):
    path = file([scored(f"p{n % 5}", f"answer {n}", n % 2) for n in range(40)])
    made = []
    for number in range(2):
        out, rest = tmp_path / f"kept{number}.jsonl", tmp_path / f"rest{number}.jsonl"
        select(path, preset="dpo-pairs", per_prompt=2, output=out, rejected=rest, seed=3)
        made.append((out.read_bytes(), rest.read_bytes()))
    assert made[0] == made[1]
    assert len(made[0][0].splitlines()) == 10
    assert len(made[0][1].splitlines()) == 20


@pytest.mark.parametrize("ending", [".jsonl.gz", ".parquet", ".csv"])
@pytest.mark.parametrize("to", ["sft", "rows", "dpo"])
def test_every_ending_is_written_and_read_again(file: Write, tmp_path: Path, ending: str, to: str):
    from rewardkit.input.files import read_rows

    path = file([scored("p", "right"), scored("p", "wrong", 0)])
    out = tmp_path / f"kept{ending}"
    select(path, correct=True, solved_by_some=True, to=to, output=out)
    (row,) = read_rows(out)
    assert ("messages" if to == "sft" else "chosen" if to == "dpo" else "completion") in row.data


def test_a_scored_table_is_selected_from(tmp_path: Path):
    pyarrow = pytest.importorskip("pyarrow")
    pyarrow_parquet = pytest.importorskip("pyarrow.parquet")
    rows = [{"prompt": "p", "completion": text, "accuracy_reward": value} for text, value in (("a", 1.0), ("b", 0.0))]
    pyarrow_parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "completions_00001.parquet")
    selected = select(tmp_path / "completions_00001.parquet", reward="accuracy_reward", correct=True, to="rows")
    assert [row["completion"] for row in selected.rows] == ["a"]
    out = tmp_path / "kept.parquet"
    select(tmp_path / "completions_00001.parquet", reward="accuracy_reward", correct=True, to="rows", output=out)
    assert pyarrow_parquet.read_table(out).schema == pyarrow.Table.from_pylist(rows).schema


def test_an_output_that_is_an_input_is_refused(file: Write):
    from rewardkit import ConfigError

    path = file([scored("p", "a")])
    with pytest.raises(ConfigError, match="is the input"):
        select(path, correct=True, output=path)
    with pytest.raises(OutputError, match="no folder"):
        select(path, correct=True, output=path.parent / "no" / "kept.jsonl")


def test_a_file_that_changes_between_the_walks_is_refused(file: Write, monkeypatch: pytest.MonkeyPatch):
    from rewardkit.selection.run import Run

    path = file([scored("p", "a"), scored("q", "b")])
    walk = Run.walk

    def changed(self: Run, **options: Any) -> Any:
        file([scored("p", "a")])
        return walk(self, **options)

    monkeypatch.setattr(Run, "walk", changed)
    with pytest.raises(InputError, match="changed while they were read"):
        select(path, correct=True)

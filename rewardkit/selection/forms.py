"""The forms in which kept rows are written: conversations and pairs as TRL's trainers take them, and prompts.

A chat template must be applied once. Prompts on which one was applied already (`<|im_start|>user …`, as trainers dump
them) therefore stay text: `prompt` and `completion`, of which TRL's SFTTrainer adds no template.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from rewardkit.input.row import Row
from rewardkit.input.row_format import BLOCK
from rewardkit.judgements.reading import Judgement
from rewardkit.message import Message
from rewardkit.reasoning.formats import HARMONY
from rewardkit.reasoning.tokens import ends_with_header, leading_tokens, strip_end_tokens
from rewardkit.sample import Sample

_TEMPLATE_TOKEN = re.compile(r"<[|｜][^|｜<>\s]{1,40}[|｜]>|<start_of_turn>|\[INST\]|\[\|user\|\]")
_LOOKED_AT = 2000

ID_COLUMNS = ("id", "uid", "uuid", "problem_id", "custom_id", "example_id", "task_id")


def is_rendered(sample: Sample) -> bool:
    """True for a prompt in text on which a chat template was applied."""
    if not isinstance(sample.prompt, str):
        return False
    return ends_with_header(sample.prompt) or _TEMPLATE_TOKEN.search(sample.prompt, 0, _LOOKED_AT) is not None


def sft_row(row: Row, sample: Sample, judgement: Judgement, *, rendered: bool) -> dict[str, Any]:
    """A row for SFTTrainer: `messages`; or `prompt` and `completion` in text, where the prompts are `rendered`.

    The other columns, `reward` and the row's id, are for people; the trainer passes over them.
    """
    if rendered:
        made: dict[str, Any] = {"prompt": sample.prompt_text, "completion": strip_end_tokens(sample.completion_text)}
    else:
        made = {"messages": [*prompt_messages(sample), *_completion(sample)]}
    return {**made, "reward": judgement.reward, **_identity(row)}


def dpo_row(
    row: Row,
    chosen: tuple[Sample, Judgement],
    rejected: tuple[Sample, Judgement],
    *,
    rendered: bool,
) -> dict[str, Any]:
    """A row for DPOTrainer: `prompt`, `chosen` and `rejected`, as messages or, where they are `rendered`, as text."""
    sample = chosen[0]
    if rendered:
        texts = [strip_end_tokens(one.completion_text) for one in (sample, rejected[0])]
        made: dict[str, Any] = {"prompt": sample.prompt_text, "chosen": texts[0], "rejected": texts[1]}
    else:
        made = {"prompt": prompt_messages(sample), "chosen": _completion(sample), "rejected": _completion(rejected[0])}
    return {
        **made,
        "score_chosen": chosen[1].reward,
        "score_rejected": rejected[1].reward,
        **_identity(row),
    }


def prompt_row(row: Row, dropped: Collection[str], pass_rate: float | None) -> dict[str, Any]:
    """A row for the next run of training: its columns without the completion and what belongs to that.

    dropped  the columns that the completion, its length and its reward were read from
    """
    kept = {name: value for name, value in row.data.items() if name not in dropped and name != BLOCK}
    return kept if pass_rate is None else {**kept, "pass_rate": round(pass_rate, 6)}


def prompt_messages(sample: Sample) -> list[dict[str, Any]]:
    """The prompt as messages."""
    if isinstance(sample.prompt, str):
        return [{"role": "user", "content": sample.prompt}]
    return [_message(message, with_reasoning=False) for message in sample.prompt]


def _completion(sample: Sample) -> list[dict[str, Any]]:
    """The model's turns, the reasoning in its tags: not every chat template reads `reasoning_content`."""
    if isinstance(sample.completion, str) or len(sample.completion) == 1:
        calls = {} if isinstance(sample.completion, str) else _calls(sample.completion[0])
        return [{"role": "assistant", "content": _whole(sample), **calls}]
    return [_message(message, with_reasoning=True) for message in sample.completion]


def _whole(sample: Sample) -> str:
    """The completion without the tokens of a template, and with the opening tag that the prompt wrote."""
    text = sample.completion_text
    text = strip_end_tokens(text[leading_tokens(text) :])
    found = sample.last_turn.format
    form = found.format
    if form is HARMONY or any(tag in text for tag in form.opens):
        return text
    if found.opened or any(tag in text for tag in form.closes):
        return f"{form.opens[0]}\n{text}"
    return text


def _message(message: Message, *, with_reasoning: bool) -> dict[str, Any]:
    parts = message.content if isinstance(message.content, tuple) else ()
    others = any(part.get("type", "text") not in ("text", "output_text", "input_text") for part in parts)
    content: Any = message.text if with_reasoning else message.answer_text
    if others and message.role != "assistant":
        content = [dict(part) for part in parts]
    extra = message.model_extra or {}
    named = {key: extra[key] for key in ("name", "tool_call_id") if extra.get(key) is not None}
    return {"role": message.role, "content": content, **_calls(message), **named}


def _calls(message: Message) -> Mapping[str, Any]:
    return {"tool_calls": [dict(call) for call in message.tool_calls]} if message.tool_calls else {}


def _identity(row: Row) -> dict[str, Any]:
    """The first column by which people name a row."""
    found = next(((name, row.data[name]) for name in ID_COLUMNS if row.data.get(name) is not None), None)
    return {} if found is None else {found[0]: found[1]}

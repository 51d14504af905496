"""The conversation so far and the answer to be judged, as a preference model reads them. Pure.

A prompt comes as chat messages, as plain text, or as text that the policy's chat template has rendered already. A judge
has a template of its own, so all three become messages: a rendered prompt is taken apart at the turn markers of the
templates in use, plain text is one message of the user.
"""

import re
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from rewardkit import REASONING_FORMATS, Sample, split_reasoning, strip_end_tokens

Part = Literal["answer", "whole"]

_OPEN = REASONING_FORMATS["think"].opens[0]

_TURN = re.compile(
    r"<\|im_start\|>(\w+)\n?"  # ChatML: Qwen, Yi, OLMo
    r"|<\|start_header_id\|>(\w+)<\|end_header_id\|>\s*"  # Llama 3
    r"|<start_of_turn>(\w+)\n?"  # Gemma
    r"|<[|｜](User|Assistant)[|｜]>"  # DeepSeek
    r"|\[(/?INST)\]"  # Mistral, Llama 2
    r"|<\|turn>(\w+)\n?"  # Gemma 4
    r"|<\|start\|>(\w+)(?:<\|channel\|>\w+)?(?:<\|message\|>)?"  # gpt-oss
)
_ROLES = {"model": "assistant", "inst": "user", "/inst": "assistant"}
_BEGIN = re.compile(r"\s*(?:<\|begin_of_text\|>|<[|｜]begin▁of▁sentence[|｜]>|<bos>|<s>)?\s*")


class Conversation(NamedTuple):
    """A conversation and the answer to its last message."""

    messages: list[dict[str, Any]]
    """Each with `role` and `content`, a text, as chat templates take them."""
    answer: str


class NotJudgeable(Exception):  # noqa: N818 - not an error: the sample is abstained on
    """The prompt leaves no way to say how good the answer is."""


def conversation_of(sample: Sample, part: Part) -> Conversation:
    """The conversation of a sample, and the part of the completion that is to be judged.

    part    `answer`: what follows the reasoning, empty where the reasoning has no end; `whole`: all of the completion
    raises  NotJudgeable where the prompt is empty or holds more than text

    An assistant's message at the end of the prompt is the beginning of the completion.
    """
    messages = _rendered(_encodable(sample.prompt)) if isinstance(sample.prompt, str) else _chat(sample)
    begun = messages.pop()["content"] if messages and messages[-1]["role"] == "assistant" else ""
    if not any(message["content"] or message.get("tool_calls") for message in messages):
        raise NotJudgeable("there is no prompt that this could be an answer to")
    completion = begun + strip_end_tokens(_encodable(sample.completion_text))
    if part == "whole":
        return Conversation(messages, completion.strip())
    return Conversation(messages, split_reasoning(completion, wanted=sample.reasoning_format).answer)


def without_tokens(text: str, tokens: Iterable[str]) -> str:
    """The text with a space after the first letter of each of these tokens, so that none of them stands in it.

    A tokenizer takes `<|im_end|>` for the end of the turn wherever it is written: a completion could end its own turn
    and go on as the user who praises it.
    """
    written = [re.escape(token) for token in tokens if len(token) > 1 and token in text]
    return re.sub(f"(?=(?:{'|'.join(written)}))(.)", r"\1 ", text, flags=re.DOTALL) if written else text


def _encodable(text: str) -> str:
    """The text with a question mark for each lone surrogate, which neither a tokenizer nor a request can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _chat(sample: Sample) -> list[dict[str, Any]]:
    messages = []
    for message in sample.prompt:
        assert not isinstance(message, str)
        if any(part.get("type", "text") != "text" for part in message.content or () if not isinstance(part, str)):
            raise NotJudgeable("the prompt holds content that is not text")
        fields = message.model_dump(exclude_none=True, exclude={"reasoning_content"})
        messages.append(fields | {"content": _encodable(message.text)})
    return messages


def _rendered(prompt: str) -> list[dict[str, Any]]:
    """The messages of a prompt in a text."""
    turns = list(_TURN.finditer(prompt))
    if not turns:
        question = prompt.strip()
        begun = _OPEN if question.endswith(_OPEN) else ""
        question = question.removesuffix(_OPEN).rstrip()
        return [{"role": "user", "content": question}, {"role": "assistant", "content": begun}]
    before = strip_end_tokens(_BEGIN.sub("", prompt[: turns[0].start()], count=1))
    messages = [{"role": "system", "content": before}] if before else []
    ends = [turn.start() for turn in turns[1:]] + [len(prompt)]
    for turn, end in zip(turns, ends, strict=True):
        named = turn[turn.lastindex or 0].lower()
        text = prompt[turn.end() : end]
        last = end == len(prompt)
        messages.append({"role": _ROLES.get(named, named), "content": text if last else strip_end_tokens(text).strip()})
    if messages[-1]["role"] != "assistant":
        messages[-1]["content"] = strip_end_tokens(messages[-1]["content"]).strip()
    return messages

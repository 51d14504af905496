"""Harmony, the format of gpt-oss: messages, each with a channel. `analysis` is reasoning, `final` is the answer.

    <|channel|>analysis<|message|>2 + 2<|end|><|start|>assistant<|channel|>final<|message|>4<|return|>

A decoder that leaves special tokens out writes `analysis2 + 2assistantfinal4`; that is read too. A message to a tool
(`commentary to=functions.calc`) is neither. The format: https://cookbook.openai.com/articles/openai-harmony.
"""

import re
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

_HEADER = re.compile(
    r"(?:<\|start\|>([^<]{0,200}))?(?:<\|channel\|>([^<]{0,200}))?(?:<\|constrain\|>[^<]{0,60})?<\|message\|>"
)
_CLOSE = re.compile(r"<\|(?:end|return|call|eom|eot)\|>")
_END = re.compile(r"<\|(?:end|return|call|eom|eot|start|channel|message)\|>")
_RECIPIENT = re.compile(r"\bto=([\w.-]{1,200})")
_PLAIN = re.compile(r"assistant(analysis|commentary|final)")
_PLAIN_BEGIN = re.compile(r"\s*(?:assistant)?analysis(?=\S)")
_MOST_MESSAGES = 2_000  # a completion has dozens


class HarmonyMessage(NamedTuple):
    """One message of a completion."""

    role: str
    """`reasoning`, `answer`, `preamble` (said to the user between tool calls) or `tool` (a call or its result)."""
    begin: int
    """Where the message begins, with its header."""
    inner_begin: int
    inner_end: int
    closed: bool
    """True if an end token closes it."""


def is_harmony(text: str) -> bool:
    """True if a completion is written in channels, with or without the special tokens."""
    return "<|message|>" in text or is_plain(text)


def is_plain(text: str) -> bool:
    """True if a completion is in channels whose special tokens the decoder left out.

    `analysis` at the start, glued to what follows: to an upper-case letter, or with `assistantfinal` later on.
    """
    begin = _PLAIN_BEGIN.match(text)
    return begin is not None and (text[begin.end()].isupper() or _PLAIN.search(text, begin.end()) is not None)


def begun(prompt_end: str) -> str:
    """The message that a prompt begins at its end and the completion continues: `<|start|>assistant` at the least."""
    found = prompt_end[prompt_end.rfind("<|start|>") :] if "<|start|>assistant" in prompt_end else ""
    return "" if _CLOSE.search(found) else found.removesuffix("assistant") + "assistant " * found.endswith("assistant")


def harmony_messages(completion: str, prompt_end: str = "") -> list[HarmonyMessage]:
    """The messages of a completion in their order; of more than 2,000 the first ones. Positions are the completion's.

    prompt_end  the end of the prompt, which may have begun the first message
    """
    before = begun(prompt_end)
    if before:
        return [_moved(message, -len(before)) for message in harmony_messages(before + completion)]
    text = completion
    if "<|message|>" not in text:
        return _plain_messages(text) if is_plain(text) else []
    messages = []
    for header in islice(_HEADER.finditer(text), _MOST_MESSAGES):
        end = _END.search(text, header.end())
        inner_end = end.start() if end else len(text)
        closed = end is not None and _CLOSE.match(text, inner_end) is not None
        role = _role(header.group(1) or "", header.group(2))
        messages.append(HarmonyMessage(role, header.start(), header.end(), inner_end, closed))
    return messages


def _moved(message: HarmonyMessage, by: int) -> HarmonyMessage:
    """The message so many characters further on, but not before the start of the text."""
    begin, inner_begin, inner_end = (max(0, at + by) for at in message[1:4])
    return HarmonyMessage(message.role, begin, inner_begin, inner_end, message.closed)


def _role(author: str, channel: str | None) -> str:
    """The role of a message, by its author and its channel."""
    sender = author.split(" ", maxsplit=1)[0].strip()
    found = _RECIPIENT.search(f"{author} {channel or ''}")
    recipient = found.group(1) if found else ""
    if sender not in ("", "assistant") or recipient not in ("", "self", "user", "assistant"):
        return "tool"
    if recipient == "self":
        return "reasoning"
    name = (channel or "").split(" ")[0].strip()
    return {"analysis": "reasoning", "commentary": "preamble", "final": "answer", "": "answer"}.get(name, "tool")


def _plain_messages(text: str) -> list[HarmonyMessage]:
    begin = _PLAIN_BEGIN.match(text)
    starts = [(0, begin.end() if begin else 0, "analysis")]
    starts += [(m.start(), m.end(), m.group(1)) for m in islice(_PLAIN.finditer(text, starts[0][1]), _MOST_MESSAGES)]
    ends = [start for start, _, _ in starts[1:]] + [len(text)]
    messages = []
    for (start, inner, channel), end in zip(starts, ends, strict=True):
        role = "tool" if text.startswith(" to=", inner) else _role("", channel)
        messages.append(HarmonyMessage(role, start, inner, end, closed=True))
    return messages


def harmony_parts(text: str, prompt_end: str = "") -> tuple[str | None, str]:
    """The reasoning, or None, and the answer of a completion.

    prompt_end  the end of the prompt, which may have begun the message that the completion goes on with

    The answer is the last message to the user; text outside of messages is an answer only where there is no message.
    """
    messages = harmony_messages(text, prompt_end)
    if not messages:
        return None, text
    reasoning = _texts(text, messages, "reasoning")
    answers = _texts(text, messages, "answer") or _texts(text, messages, "preamble")
    return "\n\n".join(reasoning) if reasoning else None, answers[-1] if answers else ""


def _texts(text: str, messages: Sequence[HarmonyMessage], role: str) -> list[str]:
    return [text[message.inner_begin : message.inner_end].strip() for message in messages if message.role == role]

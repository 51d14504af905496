"""Chat messages in the forms that servers and data sets write them; what is read of each is a role, text and reasoning.

Reasoning that a server has cut out of the text is looked for wherever servers put it. Tables here, one row a place.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from rewardkit.reasoning.formats import THINK

ROLES = {
    "assistant": "assistant",
    "model": "assistant",  # Gemini, Gemma
    "gpt": "assistant",  # ShareGPT
    "chatgpt": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",  # Cohere
    "ai": "assistant",  # LangChain
    "assistant_message": "assistant",
    "user": "user",
    "human": "user",
    "system": "system",
    "developer": "developer",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "ipython": "tool",  # Llama 3
}
"""The role that each name stands for, in small letters and up to its first dot: `Model.GPT-4` is the assistant."""

REASONING_KEYS = (
    "reasoning_content",  # DeepSeek, Qwen, SGLang, vLLM before 0.10
    "reasoning",  # vLLM, OpenRouter, Groq
    "thinking",  # Ollama, LFM2's template
    "reasoning_text",
    "reasoning_details",  # OpenRouter, MiniMax
    "thinking_blocks",  # LiteLLM
)
"""Keys of a message that hold its reasoning, the first that is not blank is taken."""

REASONING_PARTS = frozenset(
    ("thinking", "reasoning", "reasoning_text", "reasoning.text", "thought", "redacted_thinking")
)
"""Types of content parts that hold reasoning: Anthropic, Mistral, Cohere, LangChain, the Responses API."""

TEXT_PARTS = frozenset(("text", "output_text", "input_text", "refusal"))
"""Types of content parts that hold text."""

CALL_PARTS = frozenset(("tool_use", "tool_call", "function_call", "toolUse", "functionCall"))
"""Types of content parts that call a tool."""

_REASONING_TEXT = ("text", "thinking", "reasoning", "reasoningText", "content", "summary")
"""Where the text of a piece of reasoning stands, first to last."""


class Message(BaseModel):
    """A chat message, as OpenAI's API and the chat templates of transformers write it; other keys are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")

    role: str
    """`assistant`, `user`, `system`, `developer` or `tool`, by whatever name it was written; else as it is."""
    content: str | tuple[Mapping[str, Any], ...] | None = None
    """Text, or content parts."""
    reasoning_content: str | None = None
    """The reasoning, where the server has already cut it out of the content; blank where it found none."""
    tool_calls: tuple[Mapping[str, Any], ...] | None = None

    @model_validator(mode="before")
    @classmethod
    def _in_one_form(cls, written: Any) -> Any:
        return _one_form(written) if isinstance(written, Mapping) else written

    @property
    def answer_text(self) -> str:
        """The text of the content, without reasoning."""
        if isinstance(self.content, str):
            return self.content
        return "".join(_text(part) for part in self.content or ())

    @property
    def text(self) -> str:
        """The text of the content; reasoning that was cut out stands before it again, in its tags."""
        return with_reasoning(self.reasoning_content or "", self.answer_text)

    @property
    def calls_tools(self) -> bool:
        """True if the message calls a tool."""
        parts = self.content if isinstance(self.content, tuple) else ()
        return bool(self.tool_calls) or any(part.get("type") in CALL_PARTS for part in parts)


def with_reasoning(reasoning: str, answer: str) -> str:
    """One text of both, the reasoning, if any, in `<think>` tags."""
    if not reasoning.strip():
        return answer
    return f"{THINK.opens[0]}\n{reasoning}\n{THINK.closes[0]}\n\n{answer}"


def canonical_role(name: str) -> str:
    """The role that a name stands for; an unknown name as it is."""
    return ROLES.get(name.strip().lower().split(".")[0], name)


def as_messages(written: Any) -> Any:
    """Messages from one message, its content parts, or the items of OpenAI's Responses API; all else as it is."""
    if isinstance(written, Mapping) and ("role" in written or "content" in written):
        return [{"role": "assistant"} | dict(written)]
    if not isinstance(written, list | tuple) or not all(isinstance(item, Mapping) for item in written):
        return written
    unnamed = {item.get("type") for item in written if "role" not in item and "from" not in item}
    if not unnamed or None in unnamed:
        return written
    if unnamed & TEXT_PARTS and len(unnamed) == len({item.get("type") for item in written}):
        return [{"role": "assistant", "content": list(written)}]
    return _from_items(written)


def _from_items(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Messages from the items of a response: what the model reasons, says and calls without a pause is one message."""
    messages: list[dict[str, Any]] = []
    paused = True  # what comes next begins a message
    for item in items:
        kind = str(item.get("type", "message"))
        if kind.endswith("_output"):
            messages.append({"role": "tool", "content": _said(item.get("output"))})
            paused = True
            continue
        if "role" in item and canonical_role(str(item["role"])) != "assistant":
            messages.append(dict(item))
            paused = True
            continue
        if paused or kind == "reasoning":
            messages.append({"role": "assistant", "content": []})
            paused = False
        message = messages[-1]
        if kind == "reasoning":
            message["reasoning_content"] = reasoning_text(item)
        elif kind.endswith("_call"):
            message["tool_calls"] = [*message.get("tool_calls", ()), dict(item)]
        else:
            content = item.get("content")
            message["content"] += [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    return messages


def _one_form(written: Mapping[str, Any]) -> dict[str, Any]:
    """A message's keys as `Message` names them."""
    message = dict(written)
    if "role" not in message and "from" in message:  # ShareGPT
        message["role"] = message.pop("from")
    if "content" not in message:
        for key in ("value", "parts"):  # ShareGPT, Gemini
            if key in message:
                message["content"] = message.pop(key)
                break
    if isinstance(message.get("role"), str):
        message["role"] = canonical_role(message["role"])
    content = message.get("content")
    if isinstance(content, Mapping):
        content = content.get("parts", [content])
    if isinstance(content, list | tuple):
        content = [{"type": "text", "text": part} if isinstance(part, str) else part for part in content]
        message["content"] = content
    message["reasoning_content"] = _cut_out(message, content)
    return message


def _cut_out(message: dict[str, Any], content: Any) -> str | None:
    """The reasoning of a message from wherever the server put it; its other places are taken off the message."""
    found = [message.pop(key) for key in REASONING_KEYS if key in message]
    extra = message.get("additional_kwargs")  # LangChain
    if isinstance(extra, Mapping):
        found += [extra[key] for key in REASONING_KEYS if key in extra]
    if isinstance(content, list):
        found.append([part for part in content if isinstance(part, Mapping) and _is_reasoning(part)] or None)
    texts = [reasoning_text(value) for value in found if value is not None]
    return next((text for text in texts if text.strip()), texts[0] if texts else None)


def _is_reasoning(part: Mapping[str, Any]) -> bool:
    """True if a content part holds reasoning; Gemini marks it by `thought: true`, Bedrock by its only key."""
    return part.get("type") in REASONING_PARTS or part.get("thought") is True or "reasoningContent" in part


def reasoning_text(value: Any) -> str:
    """The text in a piece of reasoning of whatever form; what is encrypted has none."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        if "reasoningContent" in value:
            return reasoning_text(value["reasoningContent"])
        return next((text for key in _REASONING_TEXT if key in value and (text := reasoning_text(value[key]))), "")
    if isinstance(value, list | tuple):
        return "\n\n".join(text for item in value if (text := reasoning_text(item)))
    return ""


def _text(part: Mapping[str, Any]) -> str:
    """The text of a content part; empty for reasoning, calls, images."""
    if part.get("type", "text") not in TEXT_PARTS or _is_reasoning(part):
        return ""
    return str(part.get("text") or part.get("refusal") or "")


def _said(output: Any) -> Any:
    """The output of a tool, as content."""
    return output if isinstance(output, str | list) or output is None else str(output)

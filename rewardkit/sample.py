"""One completion with all that is needed to judge it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from rewardkit.reasoning import CLOSE, OPEN, Parts, opens_reasoning, split_reasoning


class Message(BaseModel):
    """A chat message, as OpenAI's API and the chat templates of transformers write it; other keys are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")

    role: str
    content: str | tuple[Mapping[str, Any], ...] | None = None
    """Text, or content parts, of which those of type `text` are read."""
    reasoning_content: str | None = None
    """The thought, where the server has already cut it out of the content."""
    tool_calls: tuple[Mapping[str, Any], ...] | None = None

    @property
    def text(self) -> str:
        """The text of the content parts; a thought that was cut out stands before it again, in its tags."""
        if isinstance(self.content, str):
            content = self.content
        else:
            content = "".join(
                str(part.get("text") or "") for part in self.content or () if part.get("type", "text") == "text"
            )
        if self.reasoning_content is None:
            return content
        return f"{OPEN}\n{self.reasoning_content}\n{CLOSE}\n\n{content}"


class Sample(BaseModel):
    """One completion with all that is needed to judge it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    completion: str | tuple[Message, ...]
    prompt: str | tuple[Message, ...] = ""
    ground_truth: Any = None
    """What a right completion agrees with: a text, a number, a list, an object of tests; None where there is none."""
    completion_tokens: int | None = Field(default=None, ge=0)
    """Number of tokens in the completion; None where nobody counted."""
    truncated: bool | None = None
    """True where the token limit cut the completion off; None where nobody said."""
    group: str | None = None
    """Key of the group, the completions of one prompt; None where the row names no group."""
    columns: Mapping[str, Any] = Field(default_factory=dict)
    """Every other column of the row."""

    @cached_property
    def completion_text(self) -> str:
        """The completion as text: of chat messages, the last one of the assistant that has any text."""
        if isinstance(self.completion, str):
            return self.completion
        written = [message for message in self.completion if message.role == "assistant"] or self.completion
        return next((message.text for message in reversed(written) if message.text), "")

    @cached_property
    def prompt_text(self) -> str:
        """The prompt as text: of chat messages, their texts in order, a blank line between two."""
        if isinstance(self.prompt, str):
            return self.prompt
        return "\n\n".join(message.text for message in self.prompt)

    @cached_property
    def parts(self) -> Parts:
        """The thought and the answer of the completion."""
        return split_reasoning(self.completion_text, opened=opens_reasoning(self.prompt_text))

    @property
    def group_key(self) -> str | None:
        """What the completions of one prompt have in common: the group that the row names, else the prompt itself."""
        return self.group if self.group is not None else self.prompt_text or None

    def column(self, path: str) -> Any:
        """The value at a dotted path such as `extra_info.split`: a field, else a column; None if absent."""
        first, *rest = path.split(".")
        value = getattr(self, first) if first in type(self).model_fields else self.columns.get(first)
        for key in rest:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

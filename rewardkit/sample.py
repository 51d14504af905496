"""One completion with all that is needed to judge it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from rewardkit.message import Message, as_messages, with_reasoning
from rewardkit.prevalidated import prevalidated
from rewardkit.reasoning.formats import THINK
from rewardkit.reasoning.split import (
    AUTO,
    PROMPT_END,
    FoundFormat,
    Parts,
    ReasoningTags,
    find_format,
    known_format,
    split_as,
    split_reasoning,
)
from rewardkit.score import Score

Chat = Annotated[str | tuple[Message, ...], BeforeValidator(as_messages)]


class Turn(NamedTuple):
    """One turn of the model: a completion in text, or one message of the assistant."""

    text: str
    """With reasoning that the server cut out in its `<think>` tags again."""
    parts: Parts
    format: FoundFormat
    calls_tools: bool = False
    """True if it ends with a call of a tool, and so needs no answer."""
    cut_out: bool = False
    """True if the server has cut the reasoning out, so that its tags are unknown."""


class Sample(BaseModel):
    """One completion with all that is needed to judge it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    completion: Chat
    prompt: Chat = ""
    ground_truth: Any = None
    """The right answer or its tests: a text, a number, a list, an object; None if the row has none."""
    reasoning: str | None = None
    """The reasoning, where it stands in a column of its own and not in the completion."""
    prefill: str | None = None
    """Text that the chat template writes behind the prompt's messages, as in `<|im_start|>assistant\\n<think>`. It may
    open the reasoning. The trainers' adapters set it; None if unknown."""
    reasoning_format: str | ReasoningTags = AUTO
    """The rubric's word on how reasoning and answer are written: a name of `REASONING_FORMATS`, tags, or `auto`."""
    completion_tokens: int | None = Field(default=None, ge=0)
    """Number of tokens in the completion; None if unknown."""
    truncated: bool | None = None
    """True if the token limit cut the completion off; None if unknown."""
    group: str | None = None
    """Key of the group, the completions of one prompt; None where the row names no group."""
    columns: Mapping[str, Any] = Field(default_factory=dict)
    """Every other column of the row."""
    renamed: Mapping[str, Any] = Field(default_factory=dict)
    """Columns that fields were taken from, by their own names: `answer`, where that is the ground truth."""
    needed: Mapping[str, Score] = Field(default_factory=dict)
    """Scores of the other rewards that the reward which judges the sample `needs`, by their names there."""

    _format_is_known = field_validator("reasoning_format")(known_format)

    @property
    def completion_text(self) -> str:
        """The completion as text: of chat messages, the last one of the assistant that has any text.

        Reasoning that the server cut out stands before the answer again, in its `<think>` tags.
        """
        return self._last[0]

    @cached_property
    def prompt_text(self) -> str:
        """The prompt as text: of chat messages, their texts in order, a blank line between two."""
        if isinstance(self.prompt, str):
            return self.prompt
        return "\n\n".join(message.text for message in self.prompt)

    @property
    def prompt_end(self) -> str:
        """The end of the prompt that the model went on from, which may open the reasoning; empty if unknown.

        Of chat messages only the assistant's at the end is one: what a user wrote opens nothing.
        """
        if self.prefill is not None:
            return self.prefill[-PROMPT_END:]
        if isinstance(self.prompt, str):
            return self.prompt[-PROMPT_END:]
        last = self.prompt[-1] if self.prompt else None
        return f"assistant: {last.text}"[-PROMPT_END:] if last and last.role == "assistant" else ""

    @property
    def parts(self) -> Parts:
        """The reasoning and the answer of the completion."""
        return self.last_turn.parts

    @cached_property
    def last_turn(self) -> Turn:
        """The turn that is judged: the completion, or of chat messages the assistant's last one that has any text."""
        return self._turn(*self._last)

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        """Every turn of the model, in order; one for a completion in text."""
        if isinstance(self.completion, str):
            return (self.last_turn,)
        spoken = self._spoken
        last = max((at for at, message in enumerate(spoken) if message.text), default=len(spoken) - 1)
        return tuple(
            self.last_turn if at == last else self._turn(message.text, message.reasoning_content, message.calls_tools)
            for at, message in enumerate(spoken)
        )

    @cached_property
    def _spoken(self) -> Sequence[Message]:
        """The messages that the model wrote; all of them where no role says so."""
        messages = () if isinstance(self.completion, str) else self.completion
        return [message for message in messages if message.role == "assistant"] or messages

    @cached_property
    def _last(self) -> tuple[str, str | None, bool]:
        """The text of the turn that is judged, the reasoning that was cut out of it, and whether it calls a tool."""
        if isinstance(self.completion, str):
            text, reasoning, calls = self.completion, None, False
        else:
            spoken = self._spoken
            last = next((message for message in reversed(spoken) if message.text), spoken[-1] if spoken else None)
            text, reasoning, calls = (
                (last.text, last.reasoning_content, last.calls_tools) if last else ("", None, False)
            )
        if self.reasoning is not None and not (reasoning and reasoning.strip()):
            return with_reasoning(self.reasoning, text), self.reasoning, calls
        return text, reasoning, calls

    def _turn(self, text: str, cut_out: str | None, calls_tools: bool) -> Turn:  # noqa: FBT001 - from a tuple
        if cut_out is not None and cut_out.strip():
            return Turn(text, split_reasoning(text, wanted=THINK.name), FoundFormat(THINK), calls_tools, cut_out=True)
        found = find_format(text, self.prompt_end, self.reasoning_format)
        parts = split_as(found, text, self.prompt_end)
        return Turn(text, parts, found, calls_tools, cut_out=cut_out is not None and parts.reasoning is None)

    def in_format(self, wanted: str | ReasoningTags) -> Self:
        """The same sample with the rubric's word on how reasoning and answer are written."""
        if wanted == self.reasoning_format:
            return self
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return prevalidated(type(self), values | {"reasoning_format": known_format(wanted)})

    @property
    def group_key(self) -> str | None:
        """Key shared by the completions of one prompt: the group that the row names, else the prompt itself."""
        return self.group if self.group is not None else self.prompt_text or None

    @property
    def all_columns(self) -> Mapping[str, Any]:
        """The columns of the row that are not called as fields are, also those that fields were taken from."""
        return {**self.renamed, **self.columns} if self.renamed else self.columns

    def column(self, path: str) -> Any:
        """The value at a dotted path such as `extra_info.split`: a field, else a column; None if absent."""
        first, *rest = path.split(".")
        value = getattr(self, first) if first in type(self).model_fields else self.all_columns.get(first)
        for key in rest:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

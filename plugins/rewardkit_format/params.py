"""The parameters of the format reward."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, field_validator, model_validator

from rewardkit import REASONING_FORMATS, RewardParams
from rewardkit_format.grammar import PRESETS, Part, check_grammar

NAMES = ("auto", *PRESETS, "interleaved", *(name for name in REASONING_FORMATS if name not in PRESETS))
"""Every preset."""

_REASONING = frozenset(("think", "thought"))
"""Other names by which `tags` may call the part `reasoning`."""


def _known(name: str) -> str:
    if name not in NAMES:
        raise ValueError(f"no preset {name!r}; known are {', '.join(NAMES)}")
    return name


class FormatParams(RewardParams):
    """The format of a well-formed completion."""

    preset: Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(NAMES)})] = "auto"
    """`auto`, the format by what prompt and completion hold; a format of the table (`think`, `harmony`, …); `think` and
    more of the answer (`think_answer`, `think_boxed`, `think_code`); or `interleaved`, with tool calls in between."""
    tags: Mapping[str, tuple[str, str]] = Field(default_factory=dict)
    """Other tags for parts of the preset: `{reasoning: ["[THINK]", "[/THINK]"]}`."""
    sequence: tuple[Part, ...] = ()
    """The parts in their order, instead of a preset."""
    turns: Literal["all", "last"] = "all"
    """Which turns of a conversation must be well-formed."""
    allow_empty: bool | None = None
    """True if parts before the last may be blank, as Qwen3 leaves its reasoning when told not to think. None: only
    where a server has cut the reasoning out, since many write a blank field for a model that did not think."""
    partial: bool = False
    """True to give a completion that is not well-formed the share of its parts that are right, instead of 0.0."""
    prompt_opens: bool | None = None
    """True if the prompt opens the first part; None: as the row's prompt ends. Needed where rows hold chat messages and
    nothing tells what the chat template adds."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The grammar that these parameters ask for; empty where it depends on the completion."""
        if self.sequence:
            return self.sequence
        preset = PRESETS.get(self.preset, PRESETS["think"] if self.tags else ())
        return tuple(part.model_copy(update={"tags": self.tags.get(part.name, part.tags)}) for part in preset)

    @field_validator("tags", mode="before")
    @classmethod
    def _one_name(cls, tags: Any) -> Any:
        if not isinstance(tags, Mapping):
            return tags
        return {"reasoning" if name in _REASONING else name: pair for name, pair in tags.items()}

    @model_validator(mode="after")
    def _can_be_parsed(self) -> Self:
        if self.sequence and self.tags:
            raise ValueError("a sequence brings its own tags: write them there instead of in `tags`")
        names = [part.name for part in self.parts]
        for name in self.tags:
            if name not in names:
                raise ValueError(f"no part named {name!r} to give tags to; {self.preset} has {', '.join(names)}")
        if self.parts:
            check_grammar(self.parts)
        return self

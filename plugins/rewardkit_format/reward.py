"""The format reward: 1.0 for a well-formed completion, 0.0 with its defect for any other."""

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from rewardkit import Reward, RewardContext, RewardParams, Sample, Score, strip_end_tokens
from rewardkit_format.grammar import PRESETS, Part, check_grammar
from rewardkit_format.parse import parse

# A template writes white space behind its opening tag, never this much.
_PROMPT_TAIL = 256


class FormatParams(RewardParams):
    """What a well-formed completion looks like."""

    preset: Literal["think", "think_answer", "think_boxed", "think_code"] = "think"
    tags: Mapping[str, tuple[str, str]] = Field(default_factory=dict)
    """Other tags for parts of the preset: `{thought: ["[THINK]", "[/THINK]"]}`."""
    sequence: tuple[Part, ...] = ()
    """The parts in their order, instead of a preset."""
    allow_empty: bool = False
    """Whether parts before the last may be blank, as Qwen3 leaves its thought when told not to think."""
    partial: bool = False
    """Whether a completion that is not well-formed gets the share of its parts that are right, instead of 0.0."""
    prompt_opens: bool | None = None
    """Whether the prompt opens the first part; None: as the row's prompt ends. Say so where rows hold chat messages
    and the chat template adds the tag."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The grammar that these parameters ask for."""
        return self.sequence or tuple(
            part.model_copy(update={"tags": self.tags.get(part.name, part.tags)}) for part in PRESETS[self.preset]
        )

    @model_validator(mode="after")
    def _can_be_parsed(self) -> Self:
        if self.sequence and self.tags:
            raise ValueError("a sequence brings its own tags: write them there instead of in `tags`")
        names = [part.name for part in self.parts]
        for name in self.tags:
            if name not in names:
                raise ValueError(f"no part named {name!r} to give tags to; {self.preset} has {', '.join(names)}")
        check_grammar(self.parts)
        return self


class Format(Reward):
    """1.0 for a well-formed completion, 0.0 for any other; `details` name the defect and tell where the parts stand.

    code    `ok`, or the first defect, in the order of the parts (docs/format.md lists them)
    part    the part that has the defect
    spans   [start, end] of the content of each part that has no defect, in the completion's text

    Tags are told letter by letter: they are tokens that a model was trained on and a serving parser looks for.
    """

    name = "format"
    Params = FormatParams
    cost_ms = 0.02

    def __init__(self, params: FormatParams, context: RewardContext) -> None:
        super().__init__(params, context)
        self._parts = params.parts
        self._tags = self._parts[0].tags
        tags = [tag for part in self._parts for tag in part.tags or ()]
        self._tokens = [tag for tag in tags if not strip_end_tokens(tag)]  # such as <|end_of_thought|>

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        text = self._without_end_tokens(sample.completion_text)
        opened, given = self._from_prompt(sample.prompt_text, text)
        found = parse(given + text, self._parts, opened=opened, allow_empty=self.params.allow_empty)
        spans = found.spans
        if given:
            spans = {name: [max(at - len(given), 0) for at in span] for name, span in spans.items()}
        if not found.defects:
            return Score.scored(1.0, code="ok", spans=spans)
        defect = found.defects[0]
        value = len(spans) / len(self._parts) if self.params.partial else 0.0
        code, reason = defect.code, defect.reason
        if sample.truncated and defect.mendable:
            code, reason = "truncated", f"cut off by the token limit: {reason}"
        return Score.scored(value, reason, code=code, part=defect.part, spans=spans)

    def _without_end_tokens(self, completion: str) -> str:
        """The completion up to its end-of-turn and padding tokens, of which the grammar's own tags are none."""
        text = strip_end_tokens(completion)
        ends = [completion.rfind(tag) + len(tag) for tag in self._tokens if tag in completion]
        return completion[: max(len(text), *ends)] if ends else text

    def _from_prompt(self, prompt: str, text: str) -> tuple[bool, str]:
        r"""Whether the prompt opens the first part; and the whole part, where the prompt has closed it again, blank.

        Qwen3's template writes `<think>\n\n</think>` behind the prompt when it is told not to think.
        """
        if self._tags is None:
            return False, ""
        if self.params.prompt_opens is not None:
            return bool(self.params.prompt_opens), ""
        opening, closing = self._tags
        tail = prompt[-_PROMPT_TAIL:].rstrip()
        if tail.endswith(opening):
            return True, ""
        if tail.endswith(closing) and tail.removesuffix(closing).rstrip().endswith(opening) and opening not in text:
            return False, opening + closing
        return False, ""

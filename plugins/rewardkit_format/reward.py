"""The format reward: 1.0 for a well-formed completion, 0.0 with its defect for any other."""

from collections.abc import Sequence
from typing import Any

from rewardkit import (
    ReasoningTags,
    Reward,
    RewardContext,
    Sample,
    Score,
    Turn,
    find_format,
    leading_tokens,
    strip_end_tokens,
)
from rewardkit_format.channels import parse_channels
from rewardkit_format.grammar import REASONING, THINK, Part, grammar_of
from rewardkit_format.interleaved import calls_tools_between, parse_interleaved
from rewardkit_format.params import FormatParams
from rewardkit_format.parse import Parse, parse


class Format(Reward):
    """1.0 for a well-formed completion, 0.0 for any other; `details` name the defect and the place of each part.

    code    `ok`, or the first defect, in the order of the parts (docs/format.md lists them)
    part    the part that has the defect
    spans   [start, end] of the content of each part that has no defect, in the text of the turn
    turn    the turn that has the defect, counted from 0; where there are several

    Tags are compared letter by letter: they are tokens that a model was trained on and a serving parser looks for.
    """

    name = "format"
    Params = FormatParams
    cost_ms = 0.02
    value_range = (0.0, 1.0)

    def __init__(self, params: FormatParams, context: RewardContext) -> None:
        super().__init__(params, context)
        self._parts = params.parts

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        every = sample.turns if self.params.turns == "all" else (sample.last_turn,)
        # A tool call without any words holds no text that could be malformed.
        parsed = [None if turn.calls_tools and not turn.text.strip() else self._parsed(turn, sample) for turn in every]
        found = [(number, one) for number, one in enumerate(parsed) if one is not None]
        if not found:
            found = [(0, self._parsed(sample.last_turn, sample))]
        values = [self._value(one) for _, one in found]
        several = (
            {"turns": tuple(None if one is None else self._value(one) for one in parsed)} if len(parsed) > 1 else {}
        )
        malformed = next(((number, one) for number, one in found if one.defects), None)
        if malformed is None:
            return Score.scored(1.0, code="ok", spans=found[-1][1].spans).model_copy(update=several)
        number, one = malformed
        defect = one.defects[0]
        code, reason = defect.code, defect.reason
        if sample.truncated and defect.fixable and number == found[-1][0]:
            code, reason = "truncated", f"cut off by the token limit: {reason}"
        details: dict[str, Any] = {"code": code, "part": defect.part, "spans": one.spans}
        if several:
            details["turn"] = number
            reason = f"turn {number}: {reason}"
        value = sum(values) / len(values) if self.params.partial else 0.0
        return Score.scored(value, reason, **details).model_copy(update=several)

    def _value(self, found: Parse) -> float:
        """The value of one turn."""
        if not found.defects:
            return 1.0
        return len(found.spans) / max(2, len(self._parts)) if self.params.partial else 0.0

    def _parsed(self, turn: Turn, sample: Sample) -> Parse:
        """The parts of a turn and their defects; spans are those of the turn's text."""
        if turn.cut_out and not self.params.sequence:
            return self._cut_out(turn)
        params: FormatParams = self.params
        start = leading_tokens(turn.text)
        text = turn.text[start:]
        found = find_format(text, sample.prompt_end, self._wanted(sample))
        opened = found.opened if params.prompt_opens is None else params.prompt_opens
        allow_empty = bool(params.allow_empty)
        if not self._parts and found.format.name == "harmony":
            return _shifted(parse_channels(text, sample.prompt_end, allow_empty=allow_empty), start)
        if not self._parts and (
            params.preset == "interleaved" or (found.format is THINK and calls_tools_between(text))
        ):
            text = strip_end_tokens(text)
            parsed = parse_interleaved(text, opened=opened, allow_empty=allow_empty, calls_tools=turn.calls_tools)
            return _shifted(parsed, start)
        parts = self._parts or grammar_of(found.format, text)
        tags = parts[0].tags
        given = "".join(tags) if found.closed and tags and params.prompt_opens is None else ""
        text = given + _without_end_tokens(text, parts)
        opened = opened and tags is not None
        parsed = parse(text, parts, opened=opened, allow_empty=allow_empty, calls_tools=turn.calls_tools)
        return _shifted(parsed, start - len(given))

    def _cut_out(self, turn: Turn) -> Parse:
        """The parts of a turn whose reasoning the server has cut out, which its text has in `<think>` tags again."""
        parts = (REASONING, *(self._parts[1:] or (Part(name="answer"),)))
        opening, closing = REASONING.tags or ("", "")
        blank = opening not in turn.text
        given = opening + closing if blank else ""
        allow_empty = blank if self.params.allow_empty is None else self.params.allow_empty
        text = given + _without_end_tokens(turn.text, parts)
        return _shifted(parse(text, parts, allow_empty=allow_empty, calls_tools=turn.calls_tools), -len(given))

    def _wanted(self, sample: Sample) -> str | ReasoningTags:
        """The format to look for: the one that the grammar asks for, or the rubric's."""
        if self._parts:
            tags = self._parts[0].tags
            return ReasoningTags(open=tags[0], close=tags[1]) if tags else "auto"
        preset: str = self.params.preset
        if preset == "interleaved":
            return THINK.name
        return sample.reasoning_format if preset == "auto" else preset


def _shifted(found: Parse, by: int) -> Parse:
    """The same with its spans so many characters further on."""
    if not by:
        return found
    return found._replace(spans={name: [max(at + by, 0) for at in span] for name, span in found.spans.items()})


def _without_end_tokens(completion: str, parts: Sequence[Part]) -> str:
    """The completion without the tokens at its end, but with the grammar's tags, such as `<|end_of_thought|>`."""
    text = strip_end_tokens(completion)
    if len(text) == len(completion.rstrip()):
        return text
    tags = [tag for part in parts for tag in part.tags or ()]
    return completion[: max(len(text), *(completion.rfind(tag) + len(tag) for tag in tags if tag in completion), 0)]

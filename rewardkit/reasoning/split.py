"""A completion's reasoning and answer, split by its format. Every reward that asks about either asks here.

This finds the parts of any text, well-formed or not; whether the text is well-formed is for the `format` reward to
judge. A few passes over the text by `str.find`, whatever the text.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rewardkit.reasoning.formats import HARMONY, REASONING_FORMATS, THINK, ReasoningFormat, Tags
from rewardkit.reasoning.harmony import begun, harmony_parts, is_harmony
from rewardkit.reasoning.tokens import ends_with_header, leading_tokens, strip_end_tokens

PROMPT_END = 512
"""Characters at the end of a prompt that are looked at: a template writes no more behind an opening tag."""

AUTO = "auto"
"""Recognise the format by prompt and completion."""

_SINGLE = [row for row in REASONING_FORMATS.values() if row is not HARMONY]
_OPENS = sorted(((tag, row) for row in _SINGLE for tag in row.opens), key=lambda pair: -len(pair[0]))
_STARTS = tuple(tag for tag, _ in _OPENS)
_PROMPT_ENDS = tuple({tag for row in _SINGLE for tag in (*(tag.rstrip() for tag in row.opens), *row.closes) if tag})
"""With none of these at its end a prompt opens nothing: most do not."""
_ANYWHERE = [row for row in _SINGLE if row.anywhere and row is not THINK]
_THINK_TAGS = THINK.opens + THINK.closes
_MARKS = {
    "<|" if "<|" in tag else tag[:5] if tag[0] in "<[◁" else tag
    for row in (THINK, *_ANYWHERE)
    for tag in (*row.opens, *row.closes)
}
_MARK = re.compile("|".join(map(re.escape, sorted(_MARKS))))
"""Without one of these a completion holds no tag: most answers hold none, and need no search for each of them."""
_MARKS_CHARACTERS = 50_000


class Parts(NamedTuple):
    """A completion in two parts, each stripped of surrounding white space."""

    reasoning: str | None
    """None where the completion holds no reasoning."""
    answer: str
    """All that follows the reasoning, out of the tags that stand around the whole of it: empty while reasoning is
    still open, the whole text where there is none."""


class ReasoningTags(BaseModel):
    """A format of one's own: the tags around the reasoning. What follows is the answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    open: str = Field(min_length=1)
    close: str = Field(min_length=1)

    @model_validator(mode="after")
    def _differ(self) -> "ReasoningTags":
        if self.open == self.close:
            raise ValueError(f"the opening and the closing tag are both {self.open!r}")
        return self


class FoundFormat(NamedTuple):
    """The format of a completion, and what the prompt has done already."""

    format: ReasoningFormat
    opened: bool = False
    """The prompt ends inside the reasoning."""
    closed: bool = False
    """The prompt ends behind reasoning that it left empty, as templates do when the model is not to think."""
    untagged: bool = False
    """The completion holds no tag of any format, so that it is all answer."""


_UNTAGGED = FoundFormat(THINK, untagged=True)


def reasoning_format(wanted: str | ReasoningTags) -> ReasoningFormat | None:
    """The format of that name or of those tags; None for `auto`.

    raises  ValueError for a name that is not in the table
    """
    if isinstance(wanted, ReasoningTags):
        return ReasoningFormat("own tags", (wanted.open,), (wanted.close,), "", "", ("", ""))
    if wanted == AUTO:
        return None
    if wanted not in REASONING_FORMATS:
        raise ValueError(f"no reasoning format {wanted!r}; known are auto, {', '.join(REASONING_FORMATS)}")
    return REASONING_FORMATS[wanted]


def known_format(wanted: str | ReasoningTags) -> str | ReasoningTags:
    """The same, for models that hold it. ValueError for a name that is not in the table."""
    reasoning_format(wanted)
    return wanted


def find_format(completion: str, prompt_end: str = "", wanted: str | ReasoningTags = AUTO) -> FoundFormat:
    """The format in which a completion is written: as wanted, or by what the prompt opens, or by its own tags.

    prompt_end  the end of the prompt as the model saw it
    """
    given = reasoning_format(wanted)
    if given is HARMONY:
        return FoundFormat(HARMONY)
    begin = leading_tokens(completion)
    found = _by_prompt(prompt_end[-PROMPT_END:].rstrip(), completion, begin, (given,) if given else _SINGLE)
    if found:
        return found
    return FoundFormat(given) if given else _by_completion(completion, begin, prompt_end)


def split_reasoning(completion: str, *, prompt_end: str = "", wanted: str | ReasoningTags = AUTO) -> Parts:
    """The reasoning and the answer of a completion.

    prompt_end  the end of the prompt as the model saw it, which may have opened the reasoning
    wanted      the name of a format, own tags, or `auto`

    Reasoning runs from the first opening tag (or the start, where the prompt opened it) to the last closing tag: a
    closing tag that is repeated cannot smuggle reasoning into the answer. A closing tag without an opening one closes
    reasoning that began with the text.
    """
    return split_as(find_format(completion, prompt_end, wanted), completion, prompt_end)


def split_as(found: FoundFormat, completion: str, prompt_end: str = "") -> Parts:
    """The reasoning and the answer of a completion whose format was found before."""
    text = completion[leading_tokens(completion) :]
    if found.format is HARMONY:
        reasoning, answer = harmony_parts(text, prompt_end)
        return Parts(reasoning and strip_end_tokens(reasoning), _unwrapped(answer, HARMONY.answers))
    if found.untagged:
        return Parts(None, _unwrapped(text, found.format.answers))
    opening, closing = _first(text, found.format.opens), _last(text, found.format.closes)
    if closing is None:
        if opening is None and not found.opened:
            return Parts(None, _unwrapped(text, found.format.answers))
        return Parts(strip_end_tokens(text[opening[1] if opening else 0 :]).strip(), "")
    begin = opening[1] if opening and opening[0] < closing[0] else 0
    return Parts(text[begin : closing[0]].strip(), _unwrapped(text[closing[1] :], found.format.answers))


def _by_prompt(prompt_end: str, completion: str, begin: int, rows: Iterable[ReasoningFormat]) -> FoundFormat | None:
    """The format that the prompt opens at its end, or opens and closes.

    begin  where the completion's words begin
    """
    if not prompt_end or (rows is _SINGLE and not prompt_end.endswith(_PROMPT_ENDS)):
        return None
    for row in rows:
        for tag in row.opens:
            before = prompt_end.removesuffix(tag.rstrip())
            if len(before) == len(prompt_end):
                continue
            rendered = ends_with_header(before)
            # A question may end with the very tag: then the completion opens it by itself.
            if rendered or (_is_tag(tag) and not completion.startswith(row.opens, begin)):
                return FoundFormat(row, opened=True)
        for tag in row.closes:
            before = prompt_end.removesuffix(tag)
            if len(before) == len(prompt_end) or _first(completion, row.opens):
                continue
            if ends_with_header(before) or before.rstrip().endswith(tuple(tag.rstrip() for tag in row.opens)):
                return FoundFormat(row, closed=True)
    return None


def _by_completion(completion: str, begin: int, prompt_end: str) -> FoundFormat:
    """The format whose tags a completion holds: what opens it, else what closes it; else `think`."""
    if completion.startswith(_STARTS, begin):
        for tag, row in _OPENS:
            # Words open reasoning only where its closing words follow: an answer may begin with them too.
            if completion.startswith(tag, begin) and (_is_tag(tag) or _last(completion, row.closes)):
                return FoundFormat(row)
    if is_harmony(completion[begin:]) or (prompt_end and begun(prompt_end)):
        return FoundFormat(HARMONY)
    if not _may_hold_tags(completion):
        return _UNTAGGED
    if _last(completion, _THINK_TAGS):
        return FoundFormat(THINK)
    opened = [(found, row.name) for row in _ANYWHERE if (found := _first(completion, filter(_is_tag, row.opens)))]
    if opened:
        return FoundFormat(REASONING_FORMATS[min(opened)[1]])
    return FoundFormat(next((row for row in _ANYWHERE if _last(completion, row.closes)), THINK))


def _may_hold_tags(text: str) -> bool:
    """False if no tag of any format stands in a text; a long text is searched for each tag instead."""
    return len(text) > _MARKS_CHARACTERS or _MARK.search(text) is not None


def _is_tag(tag: str) -> bool:
    """True if an opening is a tag rather than words, which questions and answers hold as well."""
    return tag[0] in "<[◁"


def _first(text: str, tags: Iterable[str]) -> tuple[int, int] | None:
    """Begin and end of the first of these tags; of several at one place, of the longest."""
    # CPython searches backwards several times faster: it tells which tags there are.
    found = [(at, -at - len(tag)) for tag in tags if text.rfind(tag) >= 0 and (at := text.find(tag)) >= 0]
    return (min(found)[0], -min(found)[1]) if found else None


def _last(text: str, tags: Iterable[str]) -> tuple[int, int] | None:
    """Begin and end of the last of these tags; of several that end at one place, of the longest."""
    found = [(at + len(tag), -at) for tag in tags if (at := text.rfind(tag)) >= 0]
    return (-max(found)[1], max(found)[0]) if found else None


def _unwrapped(answer: str, wrappers: Iterable[Tags]) -> str:
    """The answer without end tokens, out of the tags where one pair is around the whole of it."""
    answer = answer.strip()
    for opening, closing in wrappers:
        if not answer.startswith(opening) or (opening and answer.count(opening) > 1):
            continue
        inner, found, rest = answer[len(opening) :].partition(closing)
        if found and not strip_end_tokens(rest):
            return inner.strip()
        if not found and opening and not strip_end_tokens(opening):
            return strip_end_tokens(inner).strip()  # a special token, whose partner was cut off
    return strip_end_tokens(answer)

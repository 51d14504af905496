"""Parses a completion by a grammar and names what is wrong with it: `str.find` over the text, whatever the text.

Tags count wherever they stand, in code too: a serving parser knows no Markdown, and cuts at the first closing tag.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from rewardkit import strip_end_tokens
from rewardkit_format.content import has_boxed, has_code_block, is_blank
from rewardkit_format.grammar import Part

_UNSEEN = re.compile(r"[\s\xad\u200b-\u200f\u2060-\u206f\ufeff]+")


class Defect(NamedTuple):
    """One thing that is wrong."""

    code: str
    part: str
    reason: str
    fixable: bool = False
    """More text could fix it: then the token limit may be the cause."""


class Parse(NamedTuple):
    """The result of parsing one completion."""

    spans: dict[str, list[int]]
    """Where the content of each part that has no defect stands, without white space around it: text[start:end]."""
    defects: list[Defect]
    """Defects, in the order of the parts; empty for a well-formed completion."""


class _Position(NamedTuple):
    """Position of a part: with its tags, and of what is between them."""

    begin: int
    inner_begin: int
    inner_end: int
    end: int


def parse(
    text: str,
    parts: Sequence[Part],
    *,
    opened: bool = False,
    allow_empty: bool = False,
    calls_tools: bool = False,
) -> Parse:
    """The parts of a completion and their defects.

    opened       the prompt ends with the opening tag of the first part
    allow_empty  every part but the last may be blank
    calls_tools  the last part may be blank: a tool call stands for it
    """
    located = [_locate(text, part, opened=opened and part is parts[0]) for part in parts]
    spans: dict[str, list[int]] = {}
    defects: list[Defect] = []
    tagged: _Position | None = None  # the last tagged part so far
    end: int | None = 0  # of the part before; None where it was not found
    for index, part in enumerate(parts):
        place, defect = located[index]
        last = index == len(parts) - 1
        if part.tags is None:
            place = _free(text, end, None if last else located[index + 1][0])
        elif place:
            if not defect:
                defect = _outside(text, part, place, end, tagged, last=last)
            if defect and defect.code.startswith("text_") and _comes_late(place, located[index + 1 :]):
                defect = Defect("wrong_order", part.name, f"{part.tags[0]} at {place.begin} comes too late")
            tagged = place
        elif defect and end is not None:
            cut = _cut_off(text[end:].strip(), part.tags[0], defect, opened=opened and index == 0)
            defect = defect._replace(fixable=cut)
        if place and not defect:
            content = text[place.inner_begin : place.inner_end].rstrip()
            defect = _lack(
                content, part, may_be_blank=calls_tools if last else allow_empty, at_end=place.inner_end == len(text)
            )
            if not defect:
                start = place.inner_begin + len(content) - len(content.lstrip())
                spans[part.name] = [start, place.inner_begin + len(content)]
        if defect:
            defects.append(defect)
        end = place.end if place else None
    return Parse(spans, defects)


def _locate(text: str, part: Part, *, opened: bool) -> tuple[_Position | None, Defect | None]:
    """Where a tagged part stands, from its first opening to its last closing tag, and what is wrong with its tags."""
    if part.tags is None:
        return None, None
    opening, closing = part.tags
    begin, close = text.find(opening), text.rfind(closing)
    if opened:
        if begin >= 0:
            return None, Defect("reopened", part.name, f"{opening} at {begin}, though the prompt has opened it")
        begin, inner_begin, again = 0, 0, -1
    else:
        if begin < 0:
            return None, Defect("no_open", part.name, f"no {opening}{_look_alike(text, opening)}")
        inner_begin = begin + len(opening)
        again = text.find(opening, inner_begin)
    if close < begin and close >= 0:
        return None, Defect("wrong_order", part.name, f"{closing} at {close}, before {opening} at {begin}")
    first_close = text.find(closing) if close >= 0 else len(text)
    place = _Position(begin, inner_begin, close, close + len(closing)) if close >= 0 else None
    if again < 0 and first_close >= close:
        return place, None if place else Defect("no_close", part.name, f"{opening} is not closed")
    if any(_in_code(text, at) for at in (again if again >= 0 else close, first_close)):
        return place, Defect("tag_in_code", part.name, f"a further {opening} or {closing}, in code")
    if again < 0:
        return place, Defect("multiple_close", part.name, f"{closing} at {first_close} and again at {close}")
    if again < first_close:
        return place, Defect("nested", part.name, f"{opening} at {again}, inside of the one at {begin}")
    return place, Defect("multiple_open", part.name, f"{opening} at {begin} and again at {again}")


def _free(text: str, end: int | None, following: _Position | None) -> _Position | None:
    """Where a free part stands: between its neighbours, if they stand in order; to the end, where none follows."""
    until = following.begin if following else len(text)
    return None if end is None or end > until else _Position(end, end, until, until)


def _cut_off(rest: str, opening: str, defect: Defect, *, opened: bool) -> bool:
    """True if a part that lacks a tag is the last thing in the text, begun or not: rest is what follows the others."""
    return opening.startswith(rest) or (defect.code == "no_close" and (opened or rest.startswith(opening)))


def _outside(
    text: str, part: Part, place: _Position, end: int | None, tagged: _Position | None, *, last: bool
) -> Defect | None:
    """A tagged part that stands in the wrong place, or text that stands in no part."""
    opening, closing = part.tags or ("", "")
    if tagged and place.begin < tagged.end:
        code, where = ("nested", "inside of") if place.begin > tagged.begin else ("wrong_order", "before")
        return Defect(code, part.name, f"{opening} at {place.begin}, {where} the part that comes first")
    if end is not None and text[end : place.begin].strip():
        code = "text_between" if tagged else "text_before"
        return Defect(code, part.name, f"text before {opening}, at {end}")
    if last and text[place.end :].strip():
        return Defect("text_after", part.name, f"text after {closing}, at {place.end}")
    return None


def _comes_late(place: _Position, later: Sequence[tuple[_Position | None, Defect | None]]) -> bool:
    """True if a part that should follow stands before this one."""
    return any(other is not None and other.begin < place.begin for other, _ in later)


def _lack(content: str, part: Part, *, may_be_blank: bool, at_end: bool) -> Defect | None:
    """A part that is blank, or lacks what it must hold; at_end: nothing follows it."""
    if is_blank(strip_end_tokens(content)):
        return None if may_be_blank else Defect(f"empty_{part.name}", part.name, f"the {part.name} is empty", at_end)
    if part.holds == "boxed" and not has_boxed(content):
        return Defect("no_boxed", part.name, f"no closed \\boxed{{…}} that holds something in the {part.name}", at_end)
    if part.holds == "code" and not has_code_block(content):
        return Defect("no_code_block", part.name, f"no closed ```language block in the {part.name}", at_end)
    return None


def _look_alike(text: str, tag: str) -> str:
    """A note for a text that begins with what only looks like the tag: `<THINK>`, `<think >`, `＜think＞`."""
    head = text.lstrip()[: 4 * len(tag)]
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", head)).casefold()
    return f"; {head[: len(tag)]!r} is not the tag" if plain.startswith(tag.casefold()) else ""


def _in_code(text: str, at: int) -> bool:
    """True if a tag stands in a fence or between backticks; an estimate for the reason, on which no value rests."""
    fences = text.count("\n```", 0, at) + text.startswith("```")
    line_begin = text.rfind("\n", 0, at) + 1
    return fences % 2 == 1 or text.count("`", line_begin, at) % 2 == 1

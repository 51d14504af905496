r"""Regions of a text that are marked as code, mathematics, addresses or tags.

Found by the rules of Markdown as Pandoc reads it: a `$` opens mathematics only before a letter or sign, and closes it
only after one and not before a digit, so that `$150 … $x$` swallows no prose. One pass; a closing mark is looked for at
most REACH characters ahead, so the time is linear in the text. A mark that nothing closes marks nothing.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from rewardkit import fenced_blocks

REACH = 4000
FENCE_WORDS = 4
"""Words of the line that opens a fenced block; more of them are prose."""

_OPEN = re.compile(
    r"(?P<ticks>`+)|(?P<dollars>\$\$)|(?P<dollar>(?<!\\)\$(?=[^\s$]))|(?P<display>\\\[)|(?P<inline>\\\()"
    r"|\\begin\{(?P<environment>[a-zA-Z]{1,20}\*?)\}|(?P<comment><!--)|(?P<tag><[/!?]?[A-Za-z|][^<>\n]{0,300}>)"
    r"|(?P<address>(?:https?://|www\.)[^\s<>\"'`、。，）」]{1,2000}|[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,63})"
)
_CLOSE = {"dollars": "$$", "display": "\\]", "inline": "\\)"}
PROSE_ENVIRONMENTS = (
    "document",
    "center",
    "itemize",
    "enumerate",
    "quote",
    "abstract",
    "theorem",
    "proof",
    "lemma",
    "definition",
)
"""Environments of LaTeX that hold prose: only their marks are no words."""


class Region(NamedTuple):
    """A region that is no prose by its marks."""

    start: int
    end: int
    kind: Literal["formula", "code"]
    inside: str
    """Text between the marks; all of an address or a tag; nothing for a mark alone."""


def regions(text: str) -> Iterator[Region]:
    """The regions of a text, in order; none overlaps another."""
    at = 0
    for block in fenced_blocks(text):
        fence = text[block.start : block.start + 200].split("\n", 1)[0]
        if len(fence.split()) > FENCE_WORDS or block.start < at:
            continue  # a sentence after a closing mark, no fence
        yield from _inline(text, at, block.start)
        yield Region(block.start, block.end, "code", text[block.start : block.end])
        at = block.end
    yield from _inline(text, at, len(text))


def _inline(text: str, at: int, end: int) -> Iterator[Region]:
    """The regions between two positions that lie outside of fenced blocks."""
    while (opened := _OPEN.search(text, at, end)) is not None:
        name, at = str(opened.lastgroup), opened.end()
        if name in ("tag", "address"):
            yield Region(opened.start(), at, "code", opened[0])
        elif name == "comment" or (opened["environment"] or "").rstrip("*") in PROSE_ENVIRONMENTS:
            yield Region(opened.start(), at, "code", "")
        else:
            close, mark = _closing(text, opened, min(end, at + REACH))
            if close >= 0:
                kind: Literal["formula", "code"] = "code" if name == "ticks" else "formula"
                yield Region(opened.start(), close + len(mark), kind, text[at:close])
                at = close + len(mark)


def _closing(text: str, opened: re.Match[str], end: int) -> tuple[int, str]:
    """The position of the closing mark, or -1, and the mark."""
    name = str(opened.lastgroup)
    if name == "dollar":
        return _closing_dollar(text, opened.end(), end), "$"
    marks = {**_CLOSE, "environment": f"\\end{{{opened['environment']}}}", "ticks": opened[0]}
    mark = marks[name]
    close = text.find(mark, opened.end(), end)
    if name == "ticks" and "\n\n" in text[opened.end() : max(close, 0)]:
        return -1, mark
    return close, mark


def _closing_dollar(text: str, at: int, end: int) -> int:
    """The position of the `$` that closes mathematics by Pandoc's rule, or -1."""
    close = text.find("$", at, end)
    while close > 0 and text[close - 1] == "\\":
        close = text.find("$", close + 1, end)
    if close < 0 or text[close - 1].isspace() or text[close + 1 : close + 2].isdigit():
        return -1
    return close if "\n\n" not in text[at:close] else -1

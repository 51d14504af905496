"""Fenced code blocks of Markdown, found in one way for every reward.

CommonMark 0.31, section 4.5: three or more backticks or tildes, at most three spaces in; the block closes with at least
as many of the same, and one that is never closed runs to the end of the text. One pass over the lines that hold a
fence.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([^\r\n]*)(?:\r?\n|\r|\Z)", re.MULTILINE)


class FencedBlock(NamedTuple):
    """A fenced code block."""

    language: str
    """First word after the opening fence, in lower case; empty if there is none."""
    text: str
    """Lines between the fences."""
    closed: bool
    start: int
    """Index of the opening fence's line in the text."""
    end: int
    """Index after the closing fence's line, or the end of the text."""


def fenced_blocks(text: str) -> Iterator[FencedBlock]:
    """The fenced code blocks of a text, in order."""
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        marks, info = fence[1], fence[2].strip()
        if opened is None:
            if marks[0] == "~" or "`" not in info:
                opened = fence
        elif marks.startswith(opened[1]) and not info:
            yield _block(text, opened, fence.start(), fence.end(), closed=True)
            opened = None
    if opened is not None:
        yield _block(text, opened, len(text), len(text), closed=False)


def _block(text: str, opened: re.Match[str], close: int, end: int, *, closed: bool) -> FencedBlock:
    info = opened[2].split(maxsplit=1)
    language = info[0].lower() if info else ""
    return FencedBlock(language, text[opened.end() : close], closed, opened.start(), end)

"""An answer that was found in a completion: its text, its place, and the mark that told."""

import re
from typing import NamedTuple


class Found(NamedTuple):
    """An answer in a text."""

    how: str
    """`box`, `boxes`, `tag`, `hash`, `phrase`, `whole`, `bold` or `line`; `none` where there is nothing to judge."""
    text: str
    start: int
    end: int
    why: str = ""
    """Why there is nothing to judge."""


_BOX_TAGS = re.compile(r"<\|(?:begin|end)_of_box\|>")


def found_between(how: str, text: str, start: int, end: int) -> Found:
    """The text between two indices, stripped of white space; the form `none` if nothing is left."""
    piece = text[start:end]
    inner = piece.strip()
    if not inner:
        return Found(
            "none", "", start, end, "the completion holds no answer" if how == "whole" else f"the {how} is empty"
        )
    start += len(piece) - len(piece.lstrip())
    if "<|" in inner:
        inner = _BOX_TAGS.sub("", inner).strip()
    return Found(how, inner, start, start + len(inner))

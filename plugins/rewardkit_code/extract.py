"""The program in an answer: the text of a fenced block, or the answer itself where it has none.

A fence is CommonMark's: three or more backticks or tildes, at most three spaces in; it closes with as many of the same
or more; an unclosed block runs to the end. One pass over the lines.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([^\s`]*)[^`]*$")

PYTHON = ("python", "py", "python3", "python2", "py3", "")
"""What the fence of a Python program says; models often say nothing."""


class Block(NamedTuple):
    language: str
    """First word of the fence, in lower case; empty where it says none."""
    text: str
    closed: bool


def blocks(answer: str) -> list[Block]:
    """The fenced blocks, in order."""
    found: list[Block] = []
    fence: str | None = None
    language = ""
    lines: list[str] = []
    for line in answer.splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        if fence is None:
            match = _FENCE.match(bare)
            if match:
                fence, language, lines = match[1], match[2].lower(), []
            continue
        close = bare.strip()
        if len(close) >= len(fence) and set(close) == {fence[0]} and len(bare) - len(bare.lstrip(" ")) <= 3:
            found.append(Block(language, "".join(lines), closed=True))
            fence = None
        else:
            lines.append(line)
    if fence is not None:
        found.append(Block(language, "".join(lines), closed=False))
    return found


def extract_program(
    answer: str, languages: Sequence[str], *, take: Literal["last", "first", "all"], unfenced: bool
) -> str | None:
    """The program, None where the answer holds none.

    languages   what the fence may say
    take        which of several blocks; `all` puts them after each other
    unfenced    whether an answer without any fence is a program as it stands
    """
    fenced = blocks(answer)
    if not fenced:
        return answer if unfenced and answer.strip() else None
    fitting = [block.text for block in fenced if block.language in languages]
    if not fitting:
        return None
    if take == "all":
        return "\n".join(fitting)
    return fitting[-1] if take == "last" else fitting[0]

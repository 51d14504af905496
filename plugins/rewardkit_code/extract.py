"""The program in an answer: the text of a fenced block, or the answer itself where it has none.

A fence is CommonMark's: three or more backticks or tildes, at most three spaces in; it closes with as many of the same
or more; an unclosed block runs to the end. One pass over the lines.
"""

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([^\s`]*)[^`]*$")

Language = Literal["python", "c", "c++", "javascript"]

FENCES: dict[str, Language] = {
    **dict.fromkeys(("python", "py", "python3", "python2", "py3"), "python"),
    "c": "c",
    **dict.fromkeys(("c++", "cpp", "cc", "cxx"), "c++"),
    **dict.fromkeys(("javascript", "js", "node", "nodejs"), "javascript"),
}
"""Languages by the tag of a fence."""


class Program(NamedTuple):
    """A program's text, and what it is written in."""

    language: Language
    text: str


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
    answer: str,
    languages: Sequence[Language],
    *,
    take: Literal["last", "first", "all"],
    unfenced: bool,
    fits: Callable[[str], bool] = lambda _: True,
) -> Program | None:
    """The program, None where the answer holds none.

    languages   those that count; a fence that says nothing is taken for the first of them
    take        which of several blocks; `all` puts those in the language of the last one after each other
    unfenced    whether an answer without any fence is a program as it stands
    fits        tells a program from an example of its use, `print(f(1))`: `last` and `first` are of those that fit, and
                of all where none fits
    """
    fenced = blocks(answer)
    if not fenced:
        return Program(languages[0], answer) if unfenced and answer.strip() else None
    named = [(FENCES.get(block.language) if block.language else languages[0], block.text) for block in fenced]
    fitting = [Program(language, text) for language, text in named if language is not None and language in languages]
    if not fitting:
        return None
    if take == "all":
        language = fitting[-1].language
        return Program(language, "\n".join(program.text for program in fitting if program.language == language))
    chosen = [program for program in fitting if fits(program.text)] or fitting
    return chosen[-1] if take == "last" else chosen[0]


def foreign_language(answer: str) -> str | None:
    """The language of the last fenced block that is a program in one of the languages that nothing here runs."""
    named = [block.language for block in blocks(answer) if block.language]
    return next((name for name in reversed(named) if name in _FOREIGN or name in FENCES), None)


_FOREIGN = frozenset(
    [
        "c#",
        "cs",
        "csharp",
        "d",
        "dart",
        "elixir",
        "erlang",
        "f#",
        "fortran",
        "fs",
        "fsharp",
        "go",
        "golang",
        "haskell",
        "hs",
        "java",
        "jl",
        "julia",
        "kotlin",
        "kt",
        "lua",
        "nim",
        "ocaml",
        "pascal",
        "perl",
        "php",
        "pl",
        "r",
        "rb",
        "rs",
        "ruby",
        "rust",
        "scala",
        "swift",
        "ts",
        "typescript",
        "zig",
    ]
)

"""The program in an answer: the text of a fenced block, or the answer itself where it has none.

Blocks are found as everywhere in rewardkit, by `rewardkit.fenced_blocks`.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from rewardkit import fenced_blocks
from rewardkit_sandbox import LANGUAGES

Language = Literal["python", "c", "c++", "go", "java", "javascript", "rust", "typescript"]

FENCES: dict[str, str] = {
    **dict.fromkeys(("python", "py", "python3", "python2", "py3"), "python"),
    **{fence: language.name for language in LANGUAGES.values() for fence in language.fences},
}
"""Languages by the tag of a fence."""


class Program(NamedTuple):
    """A program's text, and what it is written in."""

    language: str
    text: str
    std: str = ""
    """Standard of the language; its first where empty."""


def extract_program(
    answer: str,
    languages: Sequence[str],
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
    fenced = list(fenced_blocks(answer))
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
    """The language of the last fenced block that is a program; None where no block names one."""
    named = [block.language for block in fenced_blocks(answer) if block.language]
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
        "haskell",
        "hs",
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
        "ruby",
        "scala",
        "swift",
        "zig",
    ]
)

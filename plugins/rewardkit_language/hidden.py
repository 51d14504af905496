r"""Prose that hides in code and formulas.

Hidden prose is:
- letters of any script but Latin: no programming language or formula is written in them
- `\text{…}` and its relatives, of two words or more; single ones are `lone` words
- runs of four words or more that are set apart by nothing but spaces and commas; inside code only where they outnumber
  the code: a comment or two is part of a program
- words among which common words of one language abound, however they are set apart
"""

import re
from functools import cache

from rewardkit_language.lexicon import lexicon
from rewardkit_language.scripts import LETTERS
from rewardkit_language.vocabulary import COMMANDS, FUNCTIONS, PROGRAM_WORDS, UNITS

_LATIN = LETTERS["latin"]
_WORD = rf"[{_LATIN}]{{2,}}(?:['’-][{_LATIN}]+)*"
_RUN = re.compile(rf"(?:\b{_WORD}(?:[,.:;?!]?\s+|\s*,\s*)(?:[{_LATIN}]\s+)?){{3,}}{_WORD}")
_WORDS = re.compile(rf"[{_LATIN}]{{2,}}")
_FOREIGN = re.compile(
    "[" + "".join(letters for script, letters in LETTERS.items() if script not in ("latin", "greek")) + "]"
)
_FOREIGN_RUN = re.compile("[^\x00-\x7f]+(?:[ ,.!?]{1,2}[^\x00-\x7f]+)*")
_TEXT_GROUP = re.compile(
    r"\\(?:text[a-z]{0,8}|mbox|hbox|fbox|intertext|shortintertext|operatorname\*?|math(?:rm|it|bf|sf|tt|normal))\s*\{"
)
_SPACING = re.compile(r"\\[ ,;:!>]|~|[{}]|\\(?:q?quad|thinspace|enspace|space|hspace\*?|left|right|big+[lr]?)\b|\\\\")
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?")
_SYMBOLS = FUNCTIONS | {unit.lower() for unit in UNITS}


def without_commands(text: str) -> str:
    """The text without the names of LaTeX's commands; another word after a backslash stays."""
    return _COMMAND.sub(lambda found: " " if found[1].lower() in COMMANDS else found[0], text)


def in_formula(inside: str, lone: list[str]) -> str:
    """The prose inside a formula; single words of its text groups go to `lone`."""
    found: list[str] = []
    rest: list[str] = []
    at = 0
    for group in _TEXT_GROUP.finditer(inside):
        if group.start() < at:
            continue
        end = _closing_brace(inside, group.end())
        content = inside[group.end() : end]
        rest.append(inside[at : group.start()])
        at = end
        words = _WORDS.findall(content)
        if len(words) > 1 or _FOREIGN.search(content):
            found.append(without_commands(content).replace("$", " "))
        elif words and len(words[0]) > 2 and words[0].lower() not in _SYMBOLS:
            lone.append(words[0])
    rest.append(inside[at:])
    bare = without_commands(_SPACING.sub(" ", " ".join(rest))).replace("\\", " ")
    found.extend(_RUN.findall(bare) or abounding(bare))
    found.extend(_other_scripts(bare))
    return "\n".join(found)


def _closing_brace(text: str, at: int) -> int:
    depth = 1
    for found in re.finditer(r"\\.|[{}]", text[at:]):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return at + found.start()
    return len(text)


def in_code(inside: str, comments: list[str]) -> str:
    """The prose inside code: plain lines and comments that outnumber it, and other scripts.

    Runs of words that the code outnumbers go to `comments`.
    """
    found = _other_scripts(inside)
    words = _WORDS.findall(inside)
    runs = [run for run in _RUN.findall(inside) if not _is_statement(run)]
    if runs and 2 * sum(len(_WORDS.findall(run)) for run in runs) >= len(words):
        found.extend(runs)
    else:
        comments.extend(runs)
        found.extend(abounding(inside))
    return "\n".join(found)


def _is_statement(run: str) -> bool:
    words = run.lower().split()
    return 2 * sum(word in PROGRAM_WORDS for word in words) >= len(words)


def abounding(text: str) -> list[str]:
    """All words of the text if common words of some language abound among them, whatever sets them apart."""
    words = [word.lower() for word in _WORDS.findall(text)]
    if len(words) < 8:
        return []
    distinct = set(words)
    for common in _telling():
        found = distinct & common
        if len(found) >= 4 and 4 * sum(word in found for word in words) >= len(words):
            return [" ".join(words)]
    return []


def _other_scripts(text: str) -> list[str]:
    return [run for run in _FOREIGN_RUN.findall(text) if _FOREIGN.search(run)] if not text.isascii() else []


@cache
def _telling() -> tuple[frozenset[str], ...]:
    """For each language its common words that are no words of a program."""
    lists = (frozenset(word for word in traits.words if len(word) > 1) for traits in lexicon().values())
    return tuple(words - PROGRAM_WORDS - _SYMBOLS for words in lists)

"""Finds brackets and separators in the text of a program, past strings and comments. By texts alone."""

import re

_QUOTED = r'"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`'
_COMMENT = r"//[^\n]*|/\*.*?\*/"
# A single quote opens a text in JavaScript; elsewhere a character, and in Rust also a lifetime.
_TOKENS = {
    True: re.compile(rf"{_COMMENT}|{_QUOTED}|'(?:\\.|[^'\\\n])*'", re.DOTALL),
    False: re.compile(rf"{_COMMENT}|{_QUOTED}|'(?:\\[^\n']{{1,9}}|\\'|[^'\\\n])'", re.DOTALL),
}
_OPEN, _CLOSE = "([{", ")]}"
TEXTS_IN_SINGLE_QUOTES = frozenset({"javascript", "typescript"})


def code_of(text: str, language: str) -> str:
    """The text with the insides of strings and comments blanked: each character keeps its position."""
    tokens = _TOKENS[language in TEXTS_IN_SINGLE_QUOTES]
    return tokens.sub(lambda found: re.sub(r"[^\n]", "_" if found[0][0] != "/" else " ", found[0]), text)


def closing(code: str, start: int) -> int:
    """Position of the bracket that closes the one at `start`. Raises ValueError where there is none."""
    depth = 0
    for at in range(start, len(code)):
        depth += (code[at] in _OPEN) - (code[at] in _CLOSE)
        if depth == 0:
            return at
    raise ValueError("an open bracket")


def find_top(code: str, wanted: str, start: int, end: int) -> int:
    """Position of the first `wanted` outside of all brackets between two positions; -1 where there is none."""
    depth = 0
    for at in range(start, end):
        if depth == 0 and code.startswith(wanted, at):
            return at
        depth += (code[at] in _OPEN) - (code[at] in _CLOSE)
    return -1


def unclosed(code: str) -> int:
    """Number of curly brackets that are still open at the end."""
    return max(0, code.count("{") - code.count("}"))

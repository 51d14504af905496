"""From text to the typed tree: a recursive-descent parser for the notations that answers are written in.

Nothing is evaluated and nothing is simplified here. Depth and size are bounded (`complexity_limits`), and each step
consumes a token, so that any text is parsed or refused in linear time.

    normalize    one spelling for many
    tokens       words, numbers, signs
    answers      items and the words around them   (`trailing`, `unit_tokens`)
    expressions  what is inside an item            (`names`)
    brackets, latex_commands
"""

import re
from functools import lru_cache

from rewardkit_math.notation.answers import read_answer, read_item
from rewardkit_math.notation.brackets import read_bracketed
from rewardkit_math.notation.cursor import Cursor, Grammar
from rewardkit_math.notation.latex_commands import read_command
from rewardkit_math.notation.normalize import clean
from rewardkit_math.notation.tokens import RefusedError, Token, UnreadableError, tokenize
from rewardkit_math.tree import Const, Node, Text

_GRAMMAR = Grammar(read_answer, read_item, read_bracketed, read_command)
_PHRASES: dict[str, Node] = {
    "dne": Text("does not exist"),
    **dict.fromkeys(
        ("all real numbers", "all reals", "any real number", "all real values", "set of all real numbers"), Const("R")
    ),
    **dict.fromkeys(
        ("no solution", "no solutions", "no real solution", "no real solutions", "empty set", "there is no solution"),
        Const("empty"),
    ),
}
_CHARS_REMEMBERED = 300
"""Longer texts are parsed each time: trees are large, and memory is bounded."""
_LONGEST_REASON = 60
_SHOWN = 15
"""Characters that are shown before and after what could not be read."""
_PUNCTUATION = frozenset((".", ",", ";", ":", "\\\\"))

_TEXT_COMMAND = re.compile(r"\\(?:text|mathrm|textbf|mbox|operatorname|textit|mathbf)\s*\{")
_MARKUP = re.compile(r"\\[,;:!\s]|[{}$\\]|~")


def plain(text: str) -> str:
    """The words of a text for comparison as text: no markup, no punctuation at the ends, lower case, single spaces."""
    text = _TEXT_COMMAND.sub("{", text)
    text = _MARKUP.sub(" ", text)
    words = " ".join(text.casefold().split()).strip(" .,;:!?\"'*`")
    for article in ("the ", "a ", "an "):
        words = words.removeprefix(article)
    return words


def parse(text: str) -> Node:
    """The tree of an answer; Text where it does not read as mathematics, empty Text where it is refused.

    raises  TooCostlyError where the size is beyond `complexity_limits`
    """
    return _remembered(text) if len(text) <= _CHARS_REMEMBERED else _parse(text)


def _parse(text: str) -> Node:
    try:
        tokens = tokenize(clean(text))
        _drop_last_punctuation(tokens)
        node = _whole(Cursor(tokens, _GRAMMAR))
    except RefusedError:
        return Text("")
    except UnreadableError:
        words = plain(text)
        return _PHRASES.get(words) or Text(words)
    return _PHRASES.get(node.words, node) if isinstance(node, Text) else node


def why_unread(text: str) -> str:
    """The parser's reason for not reading a text, and the place; empty where it can be read.

    raises  TooCostlyError where the size is beyond `complexity_limits`
    """
    return parse_or_why(text)[1]


def parse_or_why(text: str) -> tuple[Node, str]:
    """The tree of an answer as `parse` reads it, and the reason where it does not read as mathematics.

    raises  TooCostlyError where the size is beyond `complexity_limits`
    """
    starts: list[int] = []
    tokens: list[Token] = []
    cursor = Cursor([], _GRAMMAR)
    cleaned = clean(text)
    try:
        tokens = tokenize(cleaned, starts)
        cursor.tokens = list(tokens)
        _drop_last_punctuation(cursor.tokens)
        node = _whole(cursor)
    except RefusedError as error:
        return Text(""), str(error)
    except UnreadableError as error:
        words = plain(text)
        return _PHRASES.get(words) or Text(words), _reason(error, cursor, tokens, starts, cleaned)
    return (_PHRASES.get(node.words, node) if isinstance(node, Text) else node), ""


def _reason(error: UnreadableError, cursor: Cursor, tokens: list[Token], starts: list[int], cleaned: str) -> str:
    if not cursor.tokens:
        return str(error)[:_LONGEST_REASON]
    token = cursor.peek()
    if token.kind == "end":
        return f"{error}, at the end"
    index = next((index for index, other in enumerate(tokens) if other is token), None)
    place = "" if index is None else f", at {_excerpt(cleaned, starts[index])}"
    return f"{str(error)[:_LONGEST_REASON]}{place}"


def _drop_last_punctuation(tokens: list[Token]) -> None:
    while tokens and tokens[-1].kind == "op" and tokens[-1].text in _PUNCTUATION:
        tokens.pop()


def _excerpt(text: str, start: int) -> str:
    """A few characters of a text from an index on, and what precedes them: `'3 + >>)'`, without line breaks."""
    before, after = text[max(0, start - _SHOWN) : start], text[start : start + _SHOWN]
    shown = "".join(char if char.isprintable() else " " for char in f"{before}>>{after}")
    return f"character {start + 1}: {shown!r}"


def _whole(cursor: Cursor) -> Node:
    node = read_answer(cursor, ())
    if cursor.peek().kind != "end":
        raise UnreadableError(f"unexpected {cursor.peek().text}")
    return node


_remembered = lru_cache(maxsize=4096)(_parse)

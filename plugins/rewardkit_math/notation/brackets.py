"""Expressions in brackets: groups, tuples, sets, intervals, absolute values."""

from rewardkit_math.notation.build import brackets
from rewardkit_math.notation.cursor import Cursor
from rewardkit_math.notation.expressions import read_primary, read_sum
from rewardkit_math.notation.tokens import UnreadableError
from rewardkit_math.tree import Builder, Call, Conditioned, Const, Interval, Node, Rel, Seq

_OPEN = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}
_CLOSERS = {"(": (")", "]", "}"), "[": (")", "]", "["), "{": ("}",)}
"""The signs that may close a bracket: intervals may be closed by the other kind."""
_BARS = {"|": ("|", "abs"), "lfloor": ("rfloor", "floor"), "lceil": ("rceil", "ceil"), "‖": ("‖", "norm")}


def read_bracketed(cursor: Cursor, text: str) -> Node:
    """The content of the brackets that open with the next token, a sign."""
    if text in _BARS:
        return _between_bars(cursor, text)
    if text == "]":
        return _french_interval(cursor)
    if text not in _OPEN:
        raise UnreadableError(f"unexpected {text}")
    cursor.at += 1
    if text == "\\{":
        return _braces(cursor)
    outer, cursor.no_bar = cursor.no_bar, 0
    if cursor.take(_OPEN[text]):
        if text != "{":
            raise UnreadableError("empty brackets")
        cursor.no_bar = outer
        return read_primary(cursor)
    inner = cursor.grammar.answer(
        cursor, ("}",) if text == "{" else (")", "]", "}") if text == "(" else (")", "]", "[")
    )
    cursor.no_bar = outer
    close = cursor.peek().text
    if not cursor.is_op(")", "]", "}", "["):
        raise UnreadableError("a bracket that does not close")
    cursor.at += 1
    if text == "{":
        last = isinstance(inner, Seq) and inner.kind == "list" and cursor.at == len(cursor.tokens)
        return Seq("set", inner.items) if isinstance(inner, Seq) and last else inner
    if close == "[":
        if not isinstance(inner, Seq) or len(inner.items) != 2:
            raise UnreadableError("brackets that do not match")
        return Interval(inner.items[0], inner.items[1], low_closed=True, high_closed=False)
    return brackets(text, close, inner)


def _between_bars(cursor: Cursor, text: str) -> Node:
    close, name = _BARS[text]
    cursor.at += 1
    outer, cursor.no_bar = cursor.no_bar, 1
    inner = read_sum(cursor)
    cursor.expect(close)
    cursor.no_bar = outer
    return Call(name, (inner,))


def _french_interval(cursor: Cursor) -> Node:
    """`]a, b]`, `]a, b[`: the French notation."""
    cursor.at += 1
    inner = cursor.grammar.answer(cursor, ("]", "["))
    close = cursor.peek().text
    cursor.at += 1
    if not isinstance(inner, Seq) or len(inner.items) != 2 or close not in ("]", "["):
        raise UnreadableError("unexpected ]")
    return Interval(inner.items[0], inner.items[1], low_closed=False, high_closed=close == "]")


def _braces(cursor: Cursor) -> Node:
    r"""A set, a set by its condition, or a system: what stands after `\{`."""
    if cursor.take("\\}"):
        return Const("empty")
    system = cursor.peek().kind == "cmd" and cursor.peek().text.startswith("begin ")
    outer, cursor.no_bar, cursor.in_braces = (cursor.no_bar, cursor.in_braces), 1, True
    inner = cursor.grammar.answer(cursor, ("\\}", "mid", "}", ":"), bar=True)
    if cursor.take("|", "mid", ":"):
        cursor.no_bar, cursor.in_braces = 0, False
        inner = Builder(inner, cursor.grammar.answer(cursor, ("\\}", "}")))
    cursor.no_bar, cursor.in_braces = outer
    if not cursor.take("\\}", "}"):
        if system:
            # `\left\{ \begin{array} … \end{array} \right.` is a system, not a set.
            return inner
        raise UnreadableError("a brace that does not close")
    if isinstance(inner, Builder):
        match inner.condition:
            case Conditioned(Rel(("=",), (head, _)), _, _) if head == inner.head:
                # `{x | x = k pi, k in Z}` is the family that it describes.
                return inner.condition
            case _:
                return inner
    return Seq("set", inner.items if isinstance(inner, Seq) and inner.kind == "list" else (inner,))

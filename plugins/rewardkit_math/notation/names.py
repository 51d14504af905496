"""Names with what belongs to them: subscripts, the arguments of functions, `f'(x)`, `C(10, 3)`, `E[X]`."""

from collections.abc import Callable

from rewardkit_math.complexity_limits import TooCostlyError, bits
from rewardkit_math.notation.cursor import Cursor
from rewardkit_math.notation.tokens import Token, UnreadableError
from rewardkit_math.tree import MINUS_ONE, Call, Node, Num, Pow, Seq, SetOp, Sym, UnknownFunction, named

Reader = Callable[[Cursor], Node]
_FUNCTION_LETTERS = frozenset("fghFGHWPQT") | {"phi", "psi"}
_EXPECTATIONS = frozenset(("E", "P"))
"""Letters that are functions of what stands in square brackets."""
_INVERSES = frozenset(("asin", "acos", "atan", "acot", "asec", "acsc", "asinh", "acosh", "atanh", "acoth"))
_WITH_BASE = frozenset(("log", "lg", "max", "min"))
_INDEX_BITS = 64


def arguments(cursor: Cursor, opened: str = "(", close: str = ")") -> tuple[Node, ...]:
    """The arguments in brackets after a function."""
    cursor.expect(opened)
    outer, cursor.no_bar = cursor.no_bar, 0
    inner = cursor.grammar.answer(cursor, (close,))
    cursor.no_bar = outer
    cursor.expect(close)
    return inner.items if isinstance(inner, Seq) and inner.kind == "list" else (inner,)


def _event(cursor: Cursor) -> tuple[Node, ...]:
    """`(A)`, `(A | B)`: an event, and what it is conditioned on."""
    start = cursor.at
    cursor.expect("(")
    outer, cursor.no_bar = cursor.no_bar, 1
    found = [cursor.grammar.answer(cursor, (")", "mid"), bar=True)]
    if cursor.take("|", "mid"):
        found.append(cursor.grammar.answer(cursor, (")",)))
    cursor.no_bar = outer
    if len(found) == 1:
        cursor.at = start
        return arguments(cursor)
    cursor.expect(")")
    return tuple(found)


def braced_arguments(cursor: Cursor) -> tuple[Node, ...] | None:
    r"""`{\left(x\right)}`, as sympy prints the argument of a function; None, and nothing read, for anything else."""
    if not (cursor.is_op("{") and cursor.peek(1).text == "("):
        return None
    start = cursor.at
    cursor.at += 1
    try:
        found = arguments(cursor)
    except UnreadableError:
        cursor.at = start
        return None
    if cursor.take("}"):
        return found
    cursor.at = start
    return None


def named_call(cursor: Cursor, token: Token) -> Node:
    """A name; applied to what stands in brackets after it where it is the name of a function."""
    if token.text in _FUNCTION_LETTERS:
        mark = "".join(part.text for part in cursor.tokens[cursor.at : cursor.at + 5])
        count = 5 if mark == "^{-1}" else len(mark) - len(mark.lstrip("'"))
        if count and cursor.peek(count).text == "(":
            cursor.at += count
            return UnknownFunction(token.text + mark[:count], arguments(cursor))
        braced = braced_arguments(cursor)
        if braced is not None:
            return UnknownFunction(token.text, braced)
    if token.text == "C" and (cursor.at > 1 or cursor.peek(5).kind != "end"):
        mark = "".join("0" if part.kind == "num" else part.text for part in cursor.tokens[cursor.at : cursor.at + 5])
        if mark == "(0,0)":
            return Call("binomial", arguments(cursor))
    following, second, third = cursor.peek(), cursor.peek(1), cursor.peek(2)
    if following.kind == "op" and following.text == "(":
        defined = second.kind == "sym" and third.text == ")" and cursor.peek(3).text == "="
        function = token.text in _FUNCTION_LETTERS or token.text in _EXPECTATIONS
        if defined or (function and following.no_space_before):
            return UnknownFunction(token.text, _event(cursor) if token.text in _EXPECTATIONS else arguments(cursor))
    if token.text in _EXPECTATIONS and following.text == "[" and following.kind == "op" and following.no_space_before:
        return UnknownFunction(token.text, arguments(cursor, "[", "]"))
    return named(token.text)


def read_function(cursor: Cursor, name: str, bare: Reader, signed: Reader, tight: Reader) -> Node:
    """A function with its power, its base and its argument.

    bare    reads an argument without brackets
    signed  reads a power
    tight   reads a base
    """
    power: Node | None = None
    base: Node | None = None
    while cursor.is_op("^", "_"):
        if cursor.take("^"):
            power = signed(cursor)
        else:
            cursor.at += 1
            base = tight(cursor)
    args = _arguments_of(cursor, bare)
    if name == "∪":
        return SetOp("union", args)
    if base is not None:
        if name not in _WITH_BASE:
            raise UnreadableError(f"{name} with a subscript")
        name, args = "log", (*args, base)
    node: Node = Call(name, args)
    if power is None:
        return node
    if power == MINUS_ONE and f"a{name}" in _INVERSES:
        return Call(f"a{name}", args)
    return Pow(node, power)


def _arguments_of(cursor: Cursor, bare: Reader) -> tuple[Node, ...]:
    braced = braced_arguments(cursor)
    if braced is not None:
        return braced
    if cursor.is_op("("):
        return arguments(cursor)
    if cursor.is_op("["):
        return (cursor.grammar.bracketed(cursor, "["),)
    if cursor.is_op("\\{"):
        inner = cursor.grammar.bracketed(cursor, "\\{")
        return inner.items if isinstance(inner, Seq) else (inner,)
    return (bare(cursor),)


def subscript(cursor: Cursor, node: Node, tight: Reader) -> Node:
    """A name or a number with its subscript."""
    base = node.name if isinstance(node, Sym) else None
    if cursor.is_op("{") and base is not None:
        close = cursor.at + 1
        while close < len(cursor.tokens) and cursor.tokens[close].text != "}":
            close += 1
        inner = cursor.tokens[cursor.at + 1 : close]
        plain = ("num", "text", "func", "op")
        if all(token.kind in plain and token.text not in ("+", "-", "{", "*") for token in inner):
            cursor.at = close + 1
            return Sym(f"{base}_{' '.join(token.text for token in inner)}")
    if cursor.peek().kind == "text":
        cursor.at += 1
        return Sym(f"{base}_{cursor.before().text}")
    index = tight(cursor)
    if isinstance(index, Num) and bits(index.value) > _INDEX_BITS:
        raise TooCostlyError("a huge subscript")
    if isinstance(node, Num) and isinstance(index, Num) and node.places is None:
        return Call("base", (node, index))
    if base is None:
        raise UnreadableError("a subscript to a value")
    if isinstance(index, Num):
        return Sym(f"{base}_{index.value}")
    return UnknownFunction(f"{base}_", (index,))

r"""LaTeX commands with arguments: fractions, roots, sums, integrals, matrices, systems; sympy's constructors."""

from collections.abc import Callable
from fractions import Fraction

from rewardkit_math.complexity_limits import ITEMS, TooCostlyError
from rewardkit_math.notation.build import constructed, is_relation, join, negative
from rewardkit_math.notation.cursor import Cursor
from rewardkit_math.notation.expressions import INFIX, read_product, read_sum, signed
from rewardkit_math.notation.names import arguments
from rewardkit_math.notation.tokens import Token, UnreadableError
from rewardkit_math.notation.vocabulary.operators import RELATIONS
from rewardkit_math.notation.vocabulary.words import SYMPY
from rewardkit_math.tree import (
    MINUS_ONE,
    Add,
    BigOperator,
    Call,
    Const,
    Matrix,
    Mul,
    Node,
    Num,
    Pow,
    Rel,
    Seq,
    Sym,
    names,
    rebuild,
)

_MATRIX = frozenset(("matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "array", "smallmatrix"))
_CASES = frozenset(("cases", "dcases", "rcases"))
_LINES = _CASES | {"align", "aligned", "alignat", "gather", "gathered", "split", "equation", "multline"}
_CHAINED = frozenset(RELATIONS.values()) - {"in"}
_IF = frozenset(("if", "when", "for", "where"))


def read_command(cursor: Cursor, name: str) -> Node:
    """A command whose name was just read; a name where it is not known."""
    if name in _COMMANDS:
        return _COMMANDS[name](cursor)
    if name.startswith("begin "):
        return _environment(cursor, name[6:])
    if name in SYMPY:
        return constructed(name, arguments(cursor))
    if name in INFIX or name in ("bmod", "pmod", "mod"):
        raise UnreadableError(f"unexpected {name}")
    return Sym("\\" + name)


def _fraction(cursor: Cursor) -> Node:
    over, under = _digit_or_signed(cursor), _digit_or_signed(cursor)
    return Mul((over, Pow(under, MINUS_ONE)))


def _slanted(cursor: Cursor) -> Node:
    if cursor.take("["):
        while not cursor.take("]"):
            cursor.at += 1
            if cursor.peek().kind == "end":
                raise UnreadableError("a bracket that does not close")
    return _fraction(cursor)


def _binomial(cursor: Cursor) -> Node:
    return Call("binomial", (_digit_or_signed(cursor), _digit_or_signed(cursor)))


def _root(cursor: Cursor) -> Node:
    if cursor.take("["):
        index = read_sum(cursor)
        cursor.expect("]")
        return Call("root", (_digit_or_signed(cursor), index))
    return Call("sqrt", (_digit_or_signed(cursor),))


def _digit_or_signed(cursor: Cursor) -> Node:
    r"""An argument of `\frac` or `\sqrt`; TeX takes a single digit, so that `\frac12` is one half."""
    token, before = cursor.peek(), cursor.before()
    digits = token.kind == "num" and len(token.text) > 1 and token.text.isdigit()
    if digits and before.text.endswith(("frac", "binom")):
        head, tail = token.text[0], token.text[1:]
        cursor.tokens[cursor.at : cursor.at + 1] = [
            Token("num", head, Fraction(int(head)), None, token.no_space_before),
            Token("num", tail, Fraction(int(tail)), None, no_space_before=True),
        ]
    return signed(cursor)


# -- sums, products, integrals, limits


def _sum(cursor: Cursor) -> Node:
    return _over_index(cursor, "sum")


def _product(cursor: Cursor) -> Node:
    return _over_index(cursor, "prod")


def _over_index(cursor: Cursor, kind: str) -> Node:
    low, high = _bounds(cursor)
    var = ""
    index = low.sides[0] if isinstance(low, Rel) else None
    body = _body(cursor, index.name if isinstance(index, Sym | Const) else "")
    if isinstance(low, Rel) and low.ops == ("=",):
        if low.sides[0] == Const("i"):
            # An index, and no imaginary unit.
            low, body = (rebuild(part, {Const("i"): Sym("i")}) for part in (low, body))
            assert isinstance(low, Rel)
        if isinstance(low.sides[0], Sym):
            var, low = low.sides[0].name, low.sides[1]
    return BigOperator(kind, var, low, high, body)


def _body(cursor: Cursor, var: str) -> Node:
    """The product that follows, and the terms after it as long as they hold the variable."""
    terms = [read_product(cursor)]
    while cursor.is_op("+", "-"):
        start, minus = cursor.at, cursor.take("-")
        if not minus:
            cursor.take("+")
        term = read_product(cursor)
        if not var or var not in (names(term) | ({"i"} if term != rebuild(term, {Const("i"): Sym("")}) else set())):
            cursor.at = start
            break
        terms.append(negative(term) if minus else term)
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


def _bounds(cursor: Cursor) -> tuple[Node | None, Node | None]:
    low: Node | None = None
    high: Node | None = None
    while cursor.is_op("^", "_"):
        if cursor.take("^"):
            high = signed(cursor)
        else:
            cursor.at += 1
            low = signed(cursor)
    return low, high


def _integral(cursor: Cursor) -> Node:
    """The integrand up to `d x`."""
    low, high = _bounds(cursor)
    start = cursor.at
    for index in range(start, len(cursor.tokens) - 1):
        token, following = cursor.tokens[index], cursor.tokens[index + 1]
        if token.text == "d" and token.kind == following.kind == "sym":
            rest = cursor.tokens[index:]
            del cursor.tokens[index:]
            body = read_sum(cursor) if index > start else Num(Fraction(1))
            if cursor.at < index:
                raise UnreadableError("an integrand that does not end before its d")
            cursor.tokens += rest
            cursor.at = index + 2
            return BigOperator("int", following.text, low, high, body)
    raise UnreadableError("an integral without its variable")


def _limit(cursor: Cursor) -> Node:
    cursor.expect("_")
    cursor.expect("{")
    var = cursor.peek().text
    cursor.at += 1
    cursor.expect("to")
    towards = read_sum(cursor)
    cursor.expect("}")
    return BigOperator("lim", var, None, towards, _body(cursor, var))


_COMMANDS: dict[str, Callable[[Cursor], Node]] = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac"), _fraction),
    **dict.fromkeys(("sfrac", "nicefrac"), _slanted),
    **dict.fromkeys(("binom", "dbinom", "tbinom"), _binomial),
    "sqrt": _root,
    "sum": _sum,
    "prod": _product,
    "int": _integral,
    "lim": _limit,
}
"""Commands that have arguments of their own."""


# -- matrices and systems


def _environment(cursor: Cursor, name: str) -> Node:
    r"""A matrix, or lines of statements, up to the matching `\end`."""
    if name in _LINES - _CASES:
        _join_lines(cursor)
    rows = _entries(cursor, name)
    full = [tuple(row) for row in rows if row]
    entries = [entry for row in full for entry in row]
    if name in _CASES and len(full) > 1 and all(len(row) == 2 for row in full):
        return Seq("set", tuple(Seq("tuple", row) for row in full))
    if name in _MATRIX and full and len({len(row) for row in full}) == 1 and not any(map(is_relation, entries)):
        matrix = Matrix(tuple(full))
        return Call("det", (matrix,)) if name == "vmatrix" else matrix
    if full and (name in _LINES or any(map(is_relation, entries))):
        return join(entries, "and")
    raise UnreadableError(f"\\begin{{{name}}} holds no answer")


def _join_lines(cursor: Cursor) -> None:
    """The ampersands only align, and a line that begins with a relation goes on with the line before."""
    rest = [token for token in cursor.rest() if token.text != "&"]
    cursor.tokens[cursor.at :] = [
        token
        for token, after in zip(rest, [*rest[1:], rest[-1:]], strict=False)
        if not (token.text == "\\\\" and isinstance(after, Token) and after.text in _CHAINED)
    ]


def _entries(cursor: Cursor, name: str) -> list[list[Node]]:
    rows: list[list[Node]] = [[]]
    while not (cursor.peek().kind == "cmd" and cursor.peek().text == f"end {name}"):
        if cursor.peek().kind == "end":
            raise UnreadableError(f"\\begin{{{name}}} without its end")
        if cursor.take("\\\\"):
            rows.append([])
        elif cursor.take("and", ",", "&"):
            continue
        elif cursor.peek().text in _IF and cursor.peek().kind == "text":
            cursor.at += 1
        else:
            rows[-1].append(cursor.grammar.item(cursor))
        if len(rows) + len(rows[-1]) > ITEMS:
            raise TooCostlyError(f"more than {ITEMS} entries")
    cursor.at += 1
    return rows

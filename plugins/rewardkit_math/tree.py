"""The typed tree that every answer becomes: plain immutable values, no behaviour.

An expression is built of Num, Sym, Const, Add, Mul, Pow, Call, UnknownFunction and BigOperator. Around expressions
stand the kinds of answers: a list, a tuple, a set, an interval, a set operation, a relation, a matrix, a ratio, a
quantity, text.
Equality of two trees is equality of what was written, not of what it means; `equality` asks for the meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Num:
    """A number as it was written, exact."""

    value: Fraction
    places: int | None = None
    """Decimal places printed (`41.40` has 2, `1.5E+9` has -8); None where the number was not written as a decimal."""


@dataclass(frozen=True, slots=True)
class Sym:
    """A free name: `x`, `x_1`, `theta`."""

    name: str


@dataclass(frozen=True, slots=True)
class Const:
    """`pi`, `e`, `i`, `oo` (infinity), or a set of numbers: `R`, `Z`, `N`, `Q`, `C`, `empty`."""

    name: str


@dataclass(frozen=True, slots=True)
class Add:
    """A sum."""

    args: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Mul:
    """A product; a quotient is a product with a power of -1."""

    args: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Pow:
    """A power."""

    base: "Node"
    exponent: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function with a meaning of its own : `sin`, `sqrt`, `abs`, `deg`, `pm`."""

    name: str
    args: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class UnknownFunction:
    """A function that the answer does not define: `f(x)`, `a_n`."""

    name: str
    args: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class BigOperator:
    """`sum`, `prod`, `int` or `lim` over `var` from `low` to `high` (for a limit: towards `high`)."""

    kind: str
    var: str
    low: "Node | None"
    high: "Node | None"
    body: "Node"


@dataclass(frozen=True, slots=True)
class Seq:
    """Several items: a bare `list`, a `tuple` in brackets, or a `set` in braces."""

    kind: Literal["list", "tuple", "set"]
    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval of the real line."""

    low: "Node"
    high: "Node"
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class SetOp:
    """`union`, `intersection` or `difference` of sets."""

    op: str
    args: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Builder:
    """`{head | condition}`."""

    head: "Node"
    condition: "Node"


@dataclass(frozen=True, slots=True)
class Rel:
    """A chain of relations: `sides[0] ops[0] sides[1] ops[1] …`; ops are `= ~ != < <= > >= in`."""

    ops: tuple[str, ...]
    sides: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Logic:
    """Statements joined by `and` or by `or`."""

    op: Literal["and", "or"]
    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of a matrix."""

    rows: "tuple[tuple[Node, ...], ...]"


@dataclass(frozen=True, slots=True)
class Ratio:
    """`a : b : …`."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with a unit or with other words after it."""

    value: "Node"
    unit: str


@dataclass(frozen=True, slots=True)
class Conditioned:
    """A statement with its side condition: `pi/4 + k pi, k in Z`."""

    body: "Node"
    condition: str
    integers: frozenset[str]
    """Names that the condition calls integers."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words, or what could not be read as mathematics: lower case, single spaces."""

    words: str


Node = (
    Num | Sym | Const | Add | Mul | Pow | Call | UnknownFunction | BigOperator | Seq
    | Interval | SetOp | Builder | Rel | Logic | Matrix
    | Ratio | Quantity | Conditioned | Text
)  # fmt: skip
EXPRESSION = (Num, Sym, Const, Add, Mul, Pow, Call, UnknownFunction, BigOperator)
"""The kinds of node that stand for one number."""

ONE = Num(Fraction(1))
MINUS_ONE = Num(Fraction(-1))


def named(name: str) -> Node:
    """The node of a name; `e` and `i` are the constants."""
    return Const(name) if name in ("e", "i") else Sym(name)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly under a node."""
    match node:
        case Add(args) | Mul(args) | Call(_, args) | UnknownFunction(_, args) | SetOp(_, args):
            return args
        case Seq(_, items) | Logic(_, items) | Ratio(items):
            return items
        case Pow(base, exponent):
            return (base, exponent)
        case BigOperator(_, _, low, high, body):
            return tuple(child for child in (low, high, body) if child is not None)
        case Interval(low, high, _, _):
            return (low, high)
        case Builder(head, condition):
            return (head, condition)
        case Rel(_, sides):
            return sides
        case Matrix(rows):
            return tuple(entry for row in rows for entry in row)
        case Quantity(value, _):
            return (value,)
        case Conditioned(body, _, _):
            return (body,)
        case _:
            return ()


def names(node: Node) -> frozenset[str]:
    """The free names in a node."""
    if isinstance(node, Sym):
        return frozenset((node.name,))
    found: frozenset[str] = frozenset().union(*map(names, children(node)))
    return found - {node.var} if isinstance(node, BigOperator) else found


def rebuild(node: Node, change: Mapping[Any, Node]) -> Node:
    """The node with every subtree that is a key of `change` replaced."""
    if node in change:
        return change[node]

    def go(child: Node) -> Node:
        return rebuild(child, change)

    match node:
        case Add(args):
            return Add(tuple(map(go, args)))
        case Mul(args):
            return Mul(tuple(map(go, args)))
        case Pow(base, exponent):
            return Pow(go(base), go(exponent))
        case Call(name, args):
            return Call(name, tuple(map(go, args)))
        case UnknownFunction(name, args):
            return UnknownFunction(name, tuple(map(go, args)))
        case BigOperator(kind, var, low, high, body):
            return BigOperator(
                kind, var, None if low is None else go(low), None if high is None else go(high), go(body)
            )
        case Seq(kind, items):
            return Seq(kind, tuple(map(go, items)))
        case Interval(low, high, low_closed, high_closed):
            return Interval(go(low), go(high), low_closed, high_closed)
        case SetOp(op, args):
            return SetOp(op, tuple(map(go, args)))
        case Builder(head, condition):
            return Builder(go(head), go(condition))
        case Rel(ops, sides):
            return Rel(ops, tuple(map(go, sides)))
        case Logic(op, items):
            return Logic(op, tuple(map(go, items)))
        case Matrix(rows):
            return Matrix(tuple(tuple(map(go, row)) for row in rows))
        case Ratio(items):
            return Ratio(tuple(map(go, items)))
        case Quantity(value, unit):
            return Quantity(go(value), unit)
        case Conditioned(body, text, integers):
            return Conditioned(go(body), text, integers)
        case _:
            return node

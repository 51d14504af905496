"""The typed tree that every answer becomes: plain immutable values, no behaviour.

An expression is built of Num, Sym, Const, Add, Mul, Pow, Call, UnknownFunction and BigOperator. Around expressions
stand the kinds of answers: a list, a tuple, a set, an interval, a set operation, a relation, a matrix, a ratio, a
quantity, text.
Equality of two trees is equality of what was written, not of what it means; `equality` asks for the meaning.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import attrgetter
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
    """Several items: a bare `list`, items joined by `or`, a `tuple` in brackets, or a `set` in braces."""

    kind: Literal["list", "or", "tuple", "set"]
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


_FIELDS: dict[type, tuple[str, ...]] = {
    Add: ("args",),
    Mul: ("args",),
    Pow: ("base", "exponent"),
    Call: ("args",),
    UnknownFunction: ("args",),
    BigOperator: ("low", "high", "body"),
    Seq: ("items",),
    Interval: ("low", "high"),
    SetOp: ("args",),
    Builder: ("head", "condition"),
    Rel: ("sides",),
    Logic: ("items",),
    Matrix: ("rows",),
    Ratio: ("items",),
    Quantity: ("value",),
    Conditioned: ("body",),
}
"""The fields of each kind that hold nodes: one, several, or rows of several."""


def _children_of(kind: type) -> Callable[[Any], tuple[Node, ...]]:
    """A function that gives the nodes directly under a node of a kind."""
    fields = _FIELDS[kind]
    if fields in (("args",), ("items",), ("sides",)):
        return attrgetter(fields[0])
    if kind is Matrix:
        return lambda node: tuple(entry for row in node.rows for entry in row)
    if kind is BigOperator:
        return lambda node: tuple(part for part in (node.low, node.high, node.body) if part is not None)
    if len(fields) == 1:
        one = attrgetter(fields[0])
        return lambda node: (one(node),)
    return attrgetter(*fields)


_CHILDREN = {kind: _children_of(kind) for kind in _FIELDS}


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly under a node."""
    get = _CHILDREN.get(type(node))
    return get(node) if get is not None else ()


def with_children(node: Node, new: Iterable[Node]) -> Node:
    """The node with other nodes directly under it, as many as it has."""
    left = iter(new)
    changes: dict[str, Any] = {}
    for field in _FIELDS.get(type(node), ()):
        value = getattr(node, field)
        if field == "rows":
            changes[field] = tuple(tuple(next(left) for _ in row) for row in value)
        elif isinstance(value, tuple):
            changes[field] = tuple(next(left) for _ in value)
        elif value is not None:
            changes[field] = next(left)
    return replace(node, **changes) if changes else node


def names(node: Node) -> frozenset[str]:
    """The free names in a node."""
    found: set[str] = set()
    left = [node]
    while left:
        part = left.pop()
        if isinstance(part, Sym):
            found.add(part.name)
        elif isinstance(part, BigOperator):
            found |= frozenset().union(*map(names, children(part))) - {part.var}
        else:
            left.extend(children(part))
    return frozenset(found)


def rebuild(node: Node, change: Mapping[Any, Node]) -> Node:
    """The node with every subtree that is a key of `change` replaced."""
    if node in change:
        return change[node]

    inner = children(node)
    return with_children(node, [rebuild(child, change) for child in inner]) if inner else node

"""The values that an answer lists: `x = 1 or x = 2`, `3 ± 1`, `(x, y) = (1, 2)` as named values."""

from itertools import product
from typing import NamedTuple

from rewardkit_math.equality.labels import is_label
from rewardkit_math.equality.quantity import split_unit
from rewardkit_math.numeric.evaluation_state import Budget, UndefinedError
from rewardkit_math.numeric.exact import exact
from rewardkit_math.numeric.numeric_equality import equal_values
from rewardkit_math.tree import (
    EXPRESSION,
    MINUS_ONE,
    Builder,
    Call,
    Interval,
    Logic,
    Mul,
    Node,
    Num,
    Quantity,
    Ratio,
    Rel,
    Seq,
    SetOp,
    Sym,
    Text,
    UnknownFunction,
    children,
    names,
    rebuild,
    with_children,
)

_MOST_SIGNS = 5


class Value(NamedTuple):
    """A value with the name that the answer gave it (`x = 3`), or None."""

    name: Node | None
    value: Node


def solutions(node: Node, *, independent: bool = False) -> list[Value] | None:
    """The values that an answer lists, with ± written out; None where it lists no values.

    independent  each ± has both signs on its own; else all signs of a value turn together
    """
    signed = every_sign if independent else plus_minus
    match node:
        case Seq("tuple", _) if has_sign(node):
            return [Value(None, version) for version in signed(node)]
        case Seq(_, items):
            found: list[Value] = []
            for item in items:
                closed = isinstance(item, Seq) and item.kind not in ("list", "or")
                signs = closed and has_sign(item)
                inner = [Value(None, item)] if closed and not signs else solutions(item, independent=independent)
                if inner is None:
                    return None
                found.extend(inner)
            return found
        case Rel(ops, sides) if set(ops) <= {"=", "~"}:
            return _named(_before_approximation(ops, sides), independent=independent)
        case Rel(("in",), (Sym() as name, Seq("set", items))):
            return [Value(name, item) for item in items]
        case Rel():
            return None
        case Quantity(value, unit):
            inside = solutions(value, independent=independent)
            if inside is None or (len(inside) == 1 and inside[0].name is None and inside[0].value == value):
                return [Value(None, node)]
            return [Value(item.name, Quantity(item.value, unit)) for item in inside]
        case Interval() | SetOp() | Builder() | Logic():
            return None
        case _:
            return [Value(None, version) for version in signed(node)]


def _before_approximation(ops: tuple[str, ...], sides: tuple[Node, ...]) -> tuple[Node, ...]:
    """`x = 1/3 ≈ 0.33` says 1/3; `x ≈ 11` says 11; `42 ≈ 43` says nothing."""
    named = isinstance(sides[0], Sym | UnknownFunction)
    if ops == ("~",) and isinstance(sides[0], Num) and not isinstance(sides[1], Num):
        return sides[1:]
    for op, exactly, nearly in zip(ops, sides, sides[1:], strict=False):
        if op == "~" and _contradict(exactly, nearly):
            return ()
    if "~" in ops and ops.index("~") >= (1 if named else 0):
        return sides[: ops.index("~") + 1]
    return sides


def _contradict(one: Node, other: Node) -> bool:
    """True if two integers are said to be near each other: neither is rounded, so that one of them is wrong."""
    first, second = exact(one), exact(other)
    return first is not None and second is not None and first.denominator == second.denominator == 1 and first != second


def _named(sides: tuple[Node, ...], *, independent: bool) -> list[Value] | None:
    """`x = 3`, `x = 2 + 1 = 3`, `(x, y) = (1, 2)`: the value, where the left side names it."""
    if not sides:
        return None
    first, last = sides[0], sides[-1]
    if len(sides) == 1:
        return solutions(first, independent=independent)
    if isinstance(last, Text):
        return None
    if isinstance(first, Seq | Ratio) and names(first):
        alike = (
            isinstance(last, Seq | Ratio) and type(last) is type(first) and len(children(first)) == len(children(last))
        )
        return [Value(first, last)] if alike else None
    if isinstance(last, Sym) and not names(first):
        first, last, sides = last, first, (last, *sides[:-1])
    if not isinstance(first, Sym | UnknownFunction) and not (is_label(first) and not names(last)):
        # `2 + 3 = 5` is worth 5; `42 = 43` is worth nothing.
        return solutions(last, independent=independent) if _consistent((first, last)) else None
    if isinstance(first, Sym) and any(first.name in names(side) for side in sides[1:]):
        return None
    if isinstance(first, UnknownFunction) and any(_holds(side, first.name) for side in sides[1:]):
        return None
    if len(sides) > 2 and any(isinstance(side, Num) for side in sides[1:-1]) and not _consistent((sides[1], last)):
        # `x = 42 = 43` takes back what it says; a slip in a computation does not.
        return None
    if isinstance(last, Seq) and last.kind == "tuple":
        return [Value(first, last)]
    inner = solutions(last, independent=independent)
    return None if inner is None else [Value(first, item.value) for item in inner]


def stems(values: list[Value]) -> list[Value]:
    """`x_1 = 1, x_2 = 2` as `x = 1, x = 2`."""
    if not indexed({value.name for value in values}):
        return values
    return [Value(Sym(name.name.partition("_")[0]) if isinstance(name, Sym) else name, value) for name, value in values]


def spread(values: list[Value]) -> list[Value]:
    """`(x, y) = (1, 2)` as `x = 1, y = 2`."""
    match values:
        case [Value(Seq(_, heads), Seq(_, items))] if len(heads) == len(items):
            return [Value(head, item) for head, item in zip(heads, items, strict=True)]
        case [Value(_, Seq(_, items))]:
            return [Value(None, item) for item in items]
        case _:
            return values


def _consistent(sides: tuple[Node, ...]) -> bool:
    """True if the sides of a chain are one value; what is said to be equal to a wrong value is no answer."""
    bare = [split_unit(side)[0] for side in sides]
    try:
        return all(isinstance(side, EXPRESSION) and equal_values(bare[0], side, Budget(5_000)) for side in bare)
    except UndefinedError:
        return False


def _holds(node: Node, name: str) -> bool:
    return (isinstance(node, UnknownFunction) and node.name == name) or any(
        _holds(child, name) for child in children(node)
    )


def plus_minus(node: Node) -> list[Node]:
    """The values of an expression or the equations with ±: both, all signs turned together; else the node itself."""
    if isinstance(node, Call) and node.name in ("pm", "mp") and isinstance(node.args[0], Seq):
        point = node.args[0]
        return [point, Seq(point.kind, tuple(Mul((MINUS_ONE, item)) for item in point.items))]
    if not has_sign(node):
        return [node]
    return [_signed(node, plus=True), _signed(node, plus=False)]


def every_sign(node: Node) -> list[Node]:
    """The values of an expression with ±, each sign on its own."""
    if isinstance(node, Call) and node.name in ("pm", "mp"):
        inner = every_sign(node.args[0])
        return [*inner, *(Mul((MINUS_ONE, item)) for item in inner)]
    if not has_sign(node) or _signs(node) > _MOST_SIGNS:
        return [node]
    versions = product(*(every_sign(child) for child in children(node)))
    return [with_children(node, version) for version in versions]


def _signs(node: Node) -> int:
    own = isinstance(node, Call) and node.name in ("pm", "mp")
    return own + sum(map(_signs, children(node)))


def equations(node: Node) -> list[Value]:
    """The equations that an answer lists, with ± written out; empty where it lists anything else."""
    match node:
        case Rel():
            return [Value(None, version) for version in plus_minus(node)]
        case Seq("list" | "or" | "set", items) | Logic(_, items):
            each = [equations(item) for item in items]
            return [value for inner in each for value in inner] if all(each) else []
        case _:
            return []


def has_sign(node: Node) -> bool:
    """True if ± stands in a node."""
    return (isinstance(node, Call) and node.name in ("pm", "mp")) or any(map(has_sign, children(node)))


def _signed(node: Node, *, plus: bool) -> Node:
    if isinstance(node, Call) and node.name in ("pm", "mp"):
        inner = _signed(node.args[0], plus=plus)
        return inner if (node.name == "pm") == plus else Mul((MINUS_ONE, inner))
    return rebuild(node, {child: _signed(child, plus=plus) for child in children(node) if has_sign(child)})


def indexed(group: set[Node | None]) -> bool:
    """`x_1`, `x_2`: one unknown with several solutions."""
    stems = {name.name.partition("_")[0] for name in group if isinstance(name, Sym) and "_" in name.name}
    return len(stems) == 1 and all(isinstance(name, Sym) and "_" in name.name for name in group)

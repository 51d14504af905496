r"""Sums and products with dots as sums and products over an index: `1 + 2 + \dots + n`."""

import re
from fractions import Fraction

from rewardkit_math.complexity_limits import TooCostlyError
from rewardkit_math.numeric.evaluation_state import Budget, UndefinedError
from rewardkit_math.numeric.numeric_equality import equal_values
from rewardkit_math.tree import (
    EXPRESSION,
    Add,
    BigOperator,
    Mul,
    Node,
    Num,
    Rel,
    Sym,
    UnknownFunction,
    children,
    names,
    rebuild,
    with_children,
)

_DOTS = Sym("…")
_INDEX = "…k"
_NUMBERED = re.compile(r"(.+_)(\d{1,3})")
_MOST_LISTED = 6


def holds_dots(node: Node) -> bool:
    """True if dots stand in a sum or a product."""
    if isinstance(node, Add | Mul) and _DOTS in node.args:
        return True
    return isinstance(node, (*EXPRESSION, Rel)) and any(map(holds_dots, children(node)))


def numbered(node: Node) -> Node:
    """`a_1` as the value of `a_k` at 1."""
    found = {name: match for name in names(node) if (match := _NUMBERED.fullmatch(name))}
    change = {Sym(name): UnknownFunction(match[1], (_number(int(match[2])),)) for name, match in found.items()}
    return rebuild(node, change) if change else node


def over_index(node: Node, budget: Budget) -> Node:
    """The node with each sum and product with dots over an index, if the terms that are listed follow one rule."""
    if not isinstance(node, (*EXPRESSION, Rel)):
        return node
    if isinstance(node, Add | Mul) and _DOTS in node.args:
        at = node.args.index(_DOTS)
        if at == len(node.args) - 2 and _DOTS not in node.args[at + 1 :]:
            return _over_index(node, at, budget)
    inner = children(node)
    return with_children(node, [over_index(child, budget) for child in inner]) if inner else node


def _over_index(node: Add | Mul, at: int, budget: Budget) -> Node:
    listed, last = node.args[:at], node.args[-1]
    for name in sorted(names(last)):
        for number in range(_MOST_LISTED + 1):
            start = at
            while start and _same(listed[start - 1], _term(last, name, number - (at - start)), budget):
                start -= 1
            if start < at and (at - start > 1 or at == 1):
                first = _number(number - (at - start) + 1)
                body = rebuild(last, {Sym(name): Sym(_INDEX)})
                kind = "sum" if isinstance(node, Add) else "prod"
                rest = (*listed[:start], BigOperator(kind, _INDEX, first, Sym(name), body))
                return rest[0] if len(rest) == 1 else type(node)(rest)
    return node


def _term(last: Node, name: str, number: int) -> Node:
    return rebuild(last, {Sym(name): _number(number)})


def _number(value: int) -> Num:
    return Num(Fraction(value))


def _same(one: Node, other: Node, budget: Budget) -> bool:
    try:
        return one == other or equal_values(one, other, budget)
    except (UndefinedError, TooCostlyError):
        return False

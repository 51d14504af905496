"""Kinds of trees that decide how sympy is asked, without sympy."""

from rewardkit_math.tree import (
    BigOperator,
    Builder,
    Const,
    Interval,
    Logic,
    Matrix,
    Node,
    Num,
    Rel,
    Seq,
    SetOp,
    Sym,
    UnknownFunction,
    children,
    names,
)

_SPECIAL = frozenset(("Gamma", "zeta", "W", "erf"))


def is_region(node: Node) -> bool:
    """True for a set of real numbers, an inequality, or several of them."""
    match node:
        case Interval() | SetOp() | Builder() | Logic() | Const("R" | "empty" | "Z" | "N" | "Q"):
            return True
        case Rel(ops, _):
            return bool(set(ops) - {"=", "~"})
        case Seq("list", items):
            return any(map(is_region, items))
        case _:
            return False


def is_equation(node: Node) -> bool:
    """True for one equation; a congruence is none."""
    return isinstance(node, Rel) and len(node.sides) == 2 and set(node.ops) <= {"=", "~"} and not _holds_modulus(node)


def _holds_modulus(node: Node) -> bool:
    return (isinstance(node, UnknownFunction) and node.name == "mod") or any(map(_holds_modulus, children(node)))


def holds_matrix(node: Node) -> bool:
    return isinstance(node, Matrix) or any(map(holds_matrix, children(node)))


def holds_special(node: Node) -> bool:
    """True where a tree has a sum, product, integral, limit or special function."""
    if isinstance(node, BigOperator) or (isinstance(node, UnknownFunction) and node.name in _SPECIAL):
        return True
    return any(map(holds_special, children(node)))


def is_solved(node: Node) -> bool:
    """True for `x = value`, an interval, bounds of a bare name: an answer that needs no more solving."""
    match node:
        case Rel(_, sides):
            bare = [side for side in sides if isinstance(side, Sym)]
            others = [side for side in sides if not isinstance(side, Sym)]
            return len(bare) == 1 and not any(names(side) & {bare[0].name} for side in others)
        case Seq(_, items) | Logic(_, items):
            return all(map(is_solved, items))
        case Builder(_, condition):
            return is_solved(condition)
        case _:
            return True


def is_linear_bound(node: Node) -> bool:
    """True for what our own code settles: bounds of a bare name by numbers, and intervals between numbers."""
    match node:
        case Rel(_, sides):
            return all(isinstance(side, Sym | Num) for side in sides)
        case _:
            return not names(node)

r"""Named quantities: left sides of `=` that only name what is asked for, as in `\angle ABC = 60`, `E[X] = 5`."""

from rewardkit_math.tree import (
    MINUS_ONE,
    Add,
    BigOperator,
    Call,
    Matrix,
    Mul,
    Node,
    Pow,
    Sym,
    UnknownFunction,
    children,
)

_OF_ANYTHING = frozenset((
    "gcd", "lcm", "det", "max", "min", "tr", "rank", "dim", "degree", "variance", "covariance", "order", "arg", "re",
    "im",
))  # fmt: skip
"""Functions whose value is asked for, whatever they are applied to."""
_OF_MEASURES = frozenset(("abs", "norm", "sin", "cos", "tan", "cot"))
"""Functions of something that is itself named, such as a side or an angle."""


def is_label(node: Node) -> bool:
    r"""True for a measure by its name: `AB`, `\angle ABC`, `|AB|`, `\sin A`, `m + n`, `AC / AB`, `\det A`."""
    match node:
        case Call(name, args) if name in _OF_ANYTHING:
            return not all(_is_number(arg) for arg in args)
        case Call("norm", (Sym(),)):
            return True
        case Call(name, (inner,)) if name in _OF_MEASURES:
            return is_label(inner) or (isinstance(inner, Sym) and (inner.name.isupper() or len(inner.name) > 1))
        case UnknownFunction() | BigOperator():
            return _holds_unknown(node)
        case Add(args) | Mul(args):
            return all(_is_part(arg) for arg in args)
        case Pow(base, _):
            return isinstance(base, UnknownFunction | Call) and is_label(base)
        case _:
            return False


def _is_part(node: Node) -> bool:
    if isinstance(node, Pow) and node.exponent == MINUS_ONE:
        return _is_part(node.base)
    if isinstance(node, Mul):
        return all(isinstance(arg, Sym) and arg.name.isupper() for arg in node.args)
    return isinstance(node, Sym | UnknownFunction)


def _is_number(node: Node) -> bool:
    return not isinstance(node, Sym | Matrix | UnknownFunction) and all(map(_is_number, children(node)))


def _holds_unknown(node: Node) -> bool:
    return isinstance(node, UnknownFunction) or any(map(_holds_unknown, children(node)))

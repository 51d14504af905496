"""Nodes for items in brackets, lists and sympy's constructors: pure functions from nodes to a node."""

from itertools import permutations

from rewardkit_math.notation.tokens import UnreadableError
from rewardkit_math.tree import (
    MINUS_ONE,
    Add,
    BigOperator,
    Const,
    Interval,
    Logic,
    Matrix,
    Mul,
    Node,
    Num,
    Pow,
    Rel,
    Seq,
    SetOp,
    Sym,
    rebuild,
)


def negative(node: Node) -> Node:
    if isinstance(node, Num):
        return Num(-node.value, node.places)
    if isinstance(node, Mul):
        return Mul((MINUS_ONE, *node.args))
    return Mul((MINUS_ONE, node))


def proper(node: Node) -> bool:
    """A fraction of integers between 0 and 1."""
    match node:
        case Mul((Num(over, None), Pow(Num(under, None), power))) if power == MINUS_ONE:
            return over.denominator == under.denominator == 1 and 0 < over < under
        case _:
            return False


def is_relation(node: Node) -> bool:
    return isinstance(node, Rel)


def integer_names(node: Node) -> frozenset[str]:
    r"""The names that a statement such as `k \in \mathbb{Z}` calls integers."""
    match node:
        case Rel(("in",), (Sym(name), Const("Z" | "N") | Sym("Z" | "N"))):
            return frozenset((name,))
        case Rel(("in",), (Sym(name), Pow(Const("Z" | "N"), _))):
            return frozenset((name,))
        case _:
            return frozenset()


def infinite(node: Node) -> bool:
    return node == Const("oo") or (isinstance(node, Mul) and node.args == (MINUS_ONE, Const("oo")))


def join(items: list[Node], joined: str) -> Node:
    if len(items) == 1:
        return items[0]
    relations = [item for item in items if isinstance(item, Rel)]
    if joined and len(relations) == len(items) and any(set(item.ops) - {"=", "~"} for item in relations):
        return Logic("or" if joined == "or" else "and", tuple(items))
    return Seq("or" if joined == "or" else "list", tuple(items))


def assignments(groups: list[list[Node]]) -> Node | None:
    """`p = 5, q = 2; p = 7, q = 2` as `(p, q) = (5, 2), (p, q) = (7, 2)`; None for anything else."""
    groups = [group for group in groups if group]
    if len(groups) < 2 or len(groups[0]) < 2:
        return None
    found: list[Node] = []
    for group in groups:
        heads, values = [], []
        for item in group:
            match item:
                case Rel(("=",), (Sym() as head, value)):
                    heads.append(head)
                    values.append(value)
                case _:
                    return None
        found.append(Rel(("=",), (Seq("tuple", tuple(heads)), Seq("tuple", tuple(values)))))
    return Seq("list", tuple(found)) if len({item.sides[0] for item in found if isinstance(item, Rel)}) == 1 else None


def _row(node: Node) -> Node:
    """A row of `[[1, 2], [3, 4]]`, whose two numbers looked like an interval."""
    return Seq("tuple", (node.low, node.high)) if isinstance(node, Interval) else node


def brackets(opened: str, close: str, inner: Node) -> Node:
    """The node of items in round or square brackets."""
    several = isinstance(inner, Seq) and inner.kind == "list"
    if not several:
        if (opened, close) in (("(", ")"), ("[", "]")):
            return inner
        raise UnreadableError("brackets that do not match")
    assert isinstance(inner, Seq)
    items = inner.items
    if (opened, close) == ("[", "]") and all(isinstance(item, Seq | Interval) for item in items):
        return Seq("tuple", tuple(_row(item) for item in items))
    if len(items) == 2 and (opened, close) != ("(", ")"):
        return Interval(items[0], items[1], low_closed=opened == "[", high_closed=close == "]")
    if (opened, close) == ("(", ")"):
        if len(items) == 2 and any(infinite(item) for item in items):
            return Interval(items[0], items[1], low_closed=False, high_closed=False)
        return Seq("tuple", items)
    if (opened, close) != ("[", "]"):
        raise UnreadableError("brackets that do not match")
    return Seq("tuple", items)


def permuted(node: Seq, *, cyclic: bool) -> Seq:
    """A point, or several, with all points that have its coordinates in another order."""
    points = (node,) if node.kind == "tuple" else node.items
    found: dict[Node, None] = {}
    for point in points:
        if not (isinstance(point, Seq) and point.kind == "tuple" and len(point.items) <= _MOST_PERMUTED):
            raise UnreadableError("permutations of what is no point")
        items = point.items
        turned = [items[at:] + items[:at] for at in range(len(items))]
        for order in turned if cyclic else permutations(items):
            found[Seq("tuple", tuple(order))] = None
    return Seq("list", tuple(found))


_MOST_PERMUTED = 5
_RELATIONS = {"Eq": "=", "Ne": "!=", "Lt": "<", "Le": "<=", "Gt": ">", "Ge": ">="}
_SET_OPS = {"Complement": "difference", "Intersection": "intersection"}
_OPERATORS = {"Sum": "sum", "Product": "prod", "Integral": "int"}
_OPEN_ENDS = {"open": (True, True), "Lopen": (True, False), "Ropen": (False, True), "": (False, False)}


def constructed(name: str, args: tuple[Node, ...]) -> Node:
    """The node of one of sympy's constructors. Raises UnreadableError for arguments that do not fit."""
    match name, args:
        case "FiniteSet", _:
            return Seq("set", args)
        case "Tuple", _:
            return Seq("tuple", args)
        case (("Integer" | "Float" | "Symbol"), (only,)):
            return only
        case "Add", _:
            return Add(args)
        case "Mul", _:
            return Mul(args)
        case "Pow", (base, exponent):
            return Pow(base, exponent)
        case (("And" | "Or"), _):
            return Logic("and" if name == "And" else "or", args)
        case (("Matrix" | "ImmutableMatrix"), ((Seq() | Interval()) as rows, *_)):
            return _matrix(rows)
        case (("Sum" | "Product"), (body, Seq("tuple", (Const("i"), low, high)))):
            # An index, and no imaginary unit.
            return BigOperator(_OPERATORS[name], "i", low, high, rebuild(body, {Const("i"): Sym("i")}))
        case (("Sum" | "Product" | "Integral"), (body, Seq("tuple", (Sym(var), low, high)))):
            return BigOperator(_OPERATORS[name], var, low, high, body)
        case "Integral", (body, Sym(var)):
            return BigOperator("int", var, None, None, body)
        case "Limit", (body, Sym(var), towards, *_):
            return BigOperator("lim", var, None, towards, body)
        case _:
            pass
    if name in _RELATIONS and len(args) == 2:
        return Rel((_RELATIONS[name],), args)
    if name in _SET_OPS and len(args) >= 2:
        return SetOp(_SET_OPS[name], args)
    if name.startswith("Interval") and len(args) == 2:
        low_open, high_open = _OPEN_ENDS[name.removeprefix("Interval")]
        low, high = args
        return Interval(
            low, high, low_closed=not low_open and not infinite(low), high_closed=not high_open and not infinite(high)
        )
    raise UnreadableError(f"{name} with such arguments")


def _matrix(rows: Seq | Interval) -> Node:
    cells = []
    for row in rows.items if isinstance(rows, Seq) else (rows.low, rows.high):
        match row:
            case Seq():
                cells.append(row.items)
            case Interval():
                cells.append((row.low, row.high))
            case _:
                cells.append((row,))
    if len({len(row) for row in cells}) != 1:
        raise UnreadableError("rows of different length")
    return Matrix(tuple(cells))

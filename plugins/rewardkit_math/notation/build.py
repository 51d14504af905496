"""Nodes for items in brackets, lists and sympy's constructors: pure functions from nodes to a node."""

from rewardkit_math.notation.tokens import UnreadableError
from rewardkit_math.tree import MINUS_ONE, Const, Interval, Logic, Matrix, Mul, Node, Num, Pow, Rel, Seq, Sym

SYMPY_SHAPES = frozenset(
    ("Matrix", "FiniteSet", "Eq", "Integer", "Interval", "Intervalopen", "IntervalLopen", "IntervalRopen")
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
    return Seq("list", tuple(items))


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


def sympy_shape(name: str, args: tuple[Node, ...]) -> Node:
    if name == "FiniteSet":
        return Seq("set", args)
    if name == "Eq" and len(args) == 2:
        return Rel(("=",), args)
    if name == "Integer" and len(args) == 1:
        return args[0]
    if name.startswith("Interval") and len(args) == 2:
        low_open, high_open = name[8:] in ("open", "Lopen"), name[8:] in ("open", "Ropen")
        if low_open or high_open:
            return Interval(args[0], args[1], low_closed=not low_open, high_closed=not high_open)
        return Interval(args[0], args[1], low_closed=not infinite(args[0]), high_closed=not infinite(args[1]))
    if name == "Matrix" and len(args) == 1 and isinstance(args[0], Seq | Interval):
        first = args[0]
        rows = first.items if isinstance(first, Seq) else (first.low, first.high)
        cells = []
        for row in rows:
            if isinstance(row, Seq):
                cells.append(row.items)
            elif isinstance(row, Interval):
                cells.append((row.low, row.high))
            else:
                cells.append((row,))
        if len({len(row) for row in cells}) == 1:
            return Matrix(tuple(cells))
    raise UnreadableError(name)

"""Other ways to read one side of a comparison, which only the other side can ask for."""

from fractions import Fraction
from itertools import pairwise

from rewardkit_math.complexity_limits import ITEMS, TooCostlyError
from rewardkit_math.tree import (
    EXPRESSION,
    Add,
    Call,
    Matrix,
    Mul,
    Node,
    Num,
    Pow,
    Rel,
    Seq,
    Sym,
    UnknownFunction,
    named,
    names,
    rebuild,
)

_UNIT_VECTORS = (named("i"), Sym("j"), Sym("k"))
_MARKED = ("vec(", "hat(")
_OPTIONS = frozenset("ABCDEFGHIJ")


def in_kind_of(other: Node, node: Node) -> Node:
    """The node as the other side asks for it, or as it is.

    `ACD` beside a list of letters is several options of multiple choice; `C(10, 3)` beside a number a binomial; a point
    `P(1, 2)` beside a tuple that tuple; a tuple or a column beside `3i + 2j` a sum of unit vectors; a column beside
    `x = 1, y = 2` a tuple.
    """
    match node, other:
        case Mul(args), Seq("list" | "or", items) if all(map(_is_option, args)) and all(map(_is_option, items)):
            return Seq("list", args)
        case Rel(("=",), (Sym("C"), Seq("tuple", (_, _) as items))), _ if isinstance(other, EXPRESSION):
            return Call("binomial", items)
        case UnknownFunction(name, items), Seq("tuple", _) if len(name) == 1 and name.isupper():
            return Seq("tuple", items)
        case Matrix(), Seq("list", _) if _column(node):
            return Seq("tuple", _column(node))
        case ((Matrix() | Seq("tuple", _)), _) if isinstance(other, EXPRESSION):
            return _in_unit_vectors(node, other)
        case _:
            return node


def _in_unit_vectors(node: Node, other: Node) -> Node:
    """A vector as a sum of unit vectors, if the other side is one; else the vector as it is."""
    items = node.items if isinstance(node, Seq) else _column(node)
    vectors = {"i", "j", "k"} & {*names(without_marks(other)), *(["i"] if _holds_i(other) else [])}
    if not 2 <= len(items) <= 3 or not vectors & {"j", "k"} or (len(items) == 2 and "k" in vectors):
        return node
    return Add(tuple(Mul((item, unit)) for item, unit in zip(items, _UNIT_VECTORS, strict=False)))


def _column(node: Node) -> tuple[Node, ...]:
    assert isinstance(node, Matrix)
    if len(node.rows) == 1:
        return node.rows[0]
    return tuple(row[0] for row in node.rows) if all(len(row) == 1 for row in node.rows) else ()


def _holds_i(node: Node) -> bool:
    return node != rebuild(node, {named("i"): Sym("i")})


def _is_option(node: Node) -> bool:
    return isinstance(node, Sym) and node.name in _OPTIONS


def without_marks(node: Node) -> Node:
    """Vectors of one letter without their arrows: bold type and arrows say the same."""
    marked = [name for name in names(node) if name.startswith(_MARKED) and len(name) == len(_MARKED[0]) + 2]
    return rebuild(node, {Sym(name): named(name[4]) for name in marked}) if marked else node


def without_degrees(node: Node) -> Node:
    """The node with its degree signs left out, but for those inside of functions: `90° - x` as `90 - x`."""
    match node:
        case Call("deg", (inner,)):
            return inner
        case Add(args):
            return Add(tuple(map(without_degrees, args)))
        case Mul(args):
            return Mul(tuple(map(without_degrees, args)))
        case Pow(base, exponent):
            return Pow(without_degrees(base), exponent)
        case Call("pm" | "mp" as sign, (inner,)):
            return Call(sign, (without_degrees(inner),))
        case _:
            return node


def written_out(items: tuple[Node, ...]) -> tuple[Node, ...]:
    """`1, 3, …, 9` as the integers that it stands for; the items themselves where the step is not plain."""
    at = items.index(Sym("…"))
    if at == 0 or at != len(items) - 2:
        return items
    numbers = [item.value for item in (*items[:at], items[-1]) if isinstance(item, Num)]
    if len(numbers) != at + 1 or any(number.denominator != 1 for number in numbers):
        return items
    steps = {after - before for before, after in pairwise(numbers[:-1])} or {Fraction(1)}
    step = steps.pop()
    if steps or not step or (numbers[-1] - numbers[0]) % step or (numbers[-1] - numbers[-2]) / step <= 0:
        return items
    count = int((numbers[-1] - numbers[0]) / step) + 1
    if count > ITEMS:
        raise TooCostlyError(f"a list of {count} numbers")
    return tuple(Num(numbers[0] + step * index) for index in range(count))

"""Other ways to read one side of a comparison, which only the other side can ask for."""

from fractions import Fraction
from itertools import pairwise

from rewardkit_math.complexity_limits import ITEMS, TooCostlyError
from rewardkit_math.tree import (
    EXPRESSION,
    Add,
    Call,
    Mul,
    Node,
    Num,
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


def in_shape_of(other: Node, node: Node) -> Node:
    """The node as the other side asks for it, or as it is.

    `ACD` beside a list of letters is several options of multiple choice; `C(10, 3)` beside a number a binomial; a point
    `P(1, 2)` beside a tuple that tuple; a tuple beside `3i + 2j` a sum of unit vectors.
    """
    match node, other:
        case Mul(args), Seq("list", items) if all(map(_is_letter, args)) and all(map(_is_letter, items)):
            return Seq("list", args)
        case Rel(("=",), (Sym("C"), Seq("tuple", (_, _) as items))), _ if isinstance(other, EXPRESSION):
            return Call("binomial", items)
        case UnknownFunction(name, items), Seq("tuple", _) if len(name) == 1 and name.isupper():
            return Seq("tuple", items)
        case Seq("tuple", items), _ if 2 <= len(items) <= 3 and isinstance(other, EXPRESSION):
            if not {"j", "k"} & names(unmarked(other)):
                return node
            return Add(tuple(Mul((item, unit)) for item, unit in zip(items, _UNIT_VECTORS, strict=False)))
        case _:
            return node


def _is_letter(node: Node) -> bool:
    return isinstance(node, Sym) and len(node.name) == 1 and node.name in "ABCDEFGHIJ"


def unmarked(node: Node) -> Node:
    """Vectors of one letter without their arrows: bold type and arrows say the same."""
    marked = [name for name in names(node) if name.startswith(_MARKED) and len(name) == len(_MARKED[0]) + 2]
    return rebuild(node, {Sym(name): named(name[4]) for name in marked}) if marked else node


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

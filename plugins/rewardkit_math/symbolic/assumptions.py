"""The assumptions about the names in two trees: real numbers, unless the trees themselves ask for more.

A name is an integer where it counts (`n!`, the bound of a sum, `(-1)^n`), and positive where it stands alone under
an even root, a logarithm or an exponent that is a name. Nothing else is ever assumed positive.
"""

from typing import NamedTuple

import sympy

from rewardkit_math.numeric.exact import exact
from rewardkit_math.tree import BigOperator, Call, Const, Mul, Node, Num, Pow, Sym, children, names

_LETTERS_OF_INTEGERS = frozenset("jklmnpqrstNKM")
_ROOTS_AND_LOGARITHMS = frozenset(("sqrt", "ln", "log", "lg", "log2"))


class Names(NamedTuple):
    """The names that are positive integers, integers, or positive; all others are real."""

    counting: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    positive: frozenset[str] = frozenset()

    def symbol(self, name: str) -> sympy.Symbol:
        if name in self.counting:
            return sympy.Symbol(name, integer=True, positive=True)
        if name in self.whole:
            return sympy.Symbol(name, integer=True)
        if name in self.positive:
            return sympy.Symbol(name, positive=True)
        return sympy.Symbol(name, real=True)

    def without(self, name: str) -> "Names":
        """The same for all names but one."""
        return Names(self.counting - {name}, self.whole - {name}, self.positive - {name})


def names_of(*nodes: Node, integers: frozenset[str] = frozenset()) -> Names:
    """The assumptions about the names in the trees; `integers` are called so by a condition."""
    counting: frozenset[str] = frozenset()
    whole = integers
    positive: frozenset[str] = frozenset()
    for node in nodes:
        counting |= _counting(node)
        whole |= _whole(node)
        positive |= _positive(node)
    return Names(counting - integers, whole - counting, positive - whole - counting)


def _counting(node: Node) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    match node:
        case Call("factorial" | "binomial", _):
            found = names(node)
        case BigOperator("sum" | "prod", _, low, high, _):
            found = frozenset().union(*(names(bound) for bound in (low, high) if bound is not None))
    return found.union(*map(_counting, children(node)))


def _whole(node: Node) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    match node:
        case Pow(base, exponent) if names(exponent) and not names(base):
            value = exact(base)
            if (
                (value is not None and value < 0)
                or _holds(base, "i")
                or (base == Const("e") and _holds(exponent, "pi"))
            ):
                found = names(exponent) & _LETTERS_OF_INTEGERS
        case Call("sin" | "cos" | "tan", (arg,)) if _holds(arg, "pi"):
            found = names(arg) & _LETTERS_OF_INTEGERS
    return found.union(*map(_whole, children(node)))


def _positive(node: Node) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    match node:
        case Call(name, (arg, *_)) if name in _ROOTS_AND_LOGARITHMS:
            found = _of_odd_power(arg)
        case Call("root", (arg, Num(index, _))) if index.denominator == 1 and index % 2 == 0:
            found = _of_odd_power(arg)
        case Pow(Sym(name), exponent) if names(exponent):
            found = frozenset((name,))
        case Pow(base, exponent) if not names(exponent):
            power = exact(exponent)
            if power is not None and power.denominator % 2 == 0:
                found = _of_odd_power(base)
    return found.union(*map(_positive, children(node)))


def _of_odd_power(node: Node) -> frozenset[str]:
    """The names of a monomial that stand in it with an odd power."""
    match node:
        case Sym(name):
            return frozenset((name,))
        case Mul(args) if all(isinstance(arg, Sym | Num | Const | Mul | Pow | Call) for arg in args):
            return frozenset().union(*map(_of_odd_power, args))
        case Pow(base, Num(power, _)) if power.denominator == 1 and power.numerator % 2:
            return _of_odd_power(base)
        case _:
            return frozenset()


def _holds(node: Node, constant: str) -> bool:
    return node == Const(constant) or any(_holds(child, constant) for child in children(node))

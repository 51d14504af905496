"""A tree as a sympy object. Nothing is parsed, and what has no meaning in sympy is refused.

Sizes are looked at before sympy sees them: it evaluates powers, factorials and binomials as they are built.
"""

from typing import Any

import sympy

from rewardkit_math.symbolic.assumptions import Names
from rewardkit_math.tree import (
    Add,
    BigOperator,
    Call,
    Conditioned,
    Const,
    Matrix,
    Mul,
    Node,
    Num,
    Pow,
    Quantity,
    Seq,
    Sym,
    UnknownFunction,
    names,
)

_BITS, _EXPONENT, _EXPONENT_OF_SUM, _FACTORIAL, _BINOMIAL = 4_000, 5_000, 200, 1_500, 10_000
_CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "oo": sympy.oo}
_ELEMENTARY = {
    "exp": sympy.exp,
    "abs": sympy.Abs,
    "norm": sympy.Abs,
    "floor": sympy.floor,
    "ceil": sympy.ceiling,
    "sign": sympy.sign,
    "re": sympy.re,
    "im": sympy.im,
    "conjugate": sympy.conjugate,
    "arg": sympy.arg,
    "sqrt": sympy.sqrt,
    "ln": sympy.log,
    "log": sympy.log,
    "gamma": sympy.gamma,
    **{
        name: getattr(sympy, name)
        for name in [
            "sin",
            "cos",
            "tan",
            "cot",
            "sec",
            "csc",
            "sinh",
            "cosh",
            "tanh",
            "coth",
            "sech",
            "csch",
            "asin",
            "acos",
            "atan",
            "acot",
            "asec",
            "acsc",
            "asinh",
            "acosh",
            "atanh",
        ]
    },
}
_SPECIAL = {"Gamma": sympy.gamma, "zeta": sympy.zeta, "W": sympy.LambertW, "erf": sympy.erf}
_BIG = {"sum": sympy.Sum, "prod": sympy.Product, "int": sympy.Integral}


class UnsupportedError(Exception):
    """A tree, or a part of it, that has no meaning in sympy, or is too large to be built."""


def to_sympy(node: Node, known: Names) -> Any:
    """The sympy object of an expression or a matrix. Raises UnsupportedError."""
    match node:
        case Num(value, _):
            if max(value.numerator.bit_length(), value.denominator.bit_length()) > _BITS:
                raise UnsupportedError("a long number")
            return sympy.Rational(value.numerator, value.denominator)
        case Sym("…"):
            raise UnsupportedError("dots")
        case Sym(name):
            return known.symbol(name)
        case Const(name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case Add(args):
            return _sum([to_sympy(arg, known) for arg in args])
        case Mul(args):
            return _product([to_sympy(arg, known) for arg in args])
        case Pow(base, Sym("T")) if isinstance(base, Matrix | Seq):
            return _matrix(to_sympy(base, known)).T
        case Pow(base, exponent):
            return _power(to_sympy(base, known), to_sympy(exponent, known))
        case Call(name, args):
            return _call(name, [to_sympy(arg, known) for arg in args])
        case UnknownFunction("mod", (first, second)):
            return sympy.Mod(number(first, known), number(second, known))
        case UnknownFunction(name, args):
            values = [number(arg, known) for arg in args]
            return _SPECIAL[name](*values) if name in _SPECIAL and len(values) == 1 else sympy.Function(name)(*values)
        case BigOperator():
            return _big(node, known)
        case Seq("tuple", items):
            return sympy.Tuple(*[to_sympy(item, known) for item in items])
        case Matrix(rows):
            return sympy.ImmutableMatrix([[number(entry, known) for entry in row] for row in rows])
        case Quantity(value, _):
            return to_sympy(value, known)
        case Conditioned(body, _, _):
            return to_sympy(body, known)
        case _:
            raise UnsupportedError(type(node).__name__)


def number(node: Node, known: Names) -> Any:
    """The sympy expression of a node that stands for a number. Raises UnsupportedError."""
    value = to_sympy(node, known)
    if not isinstance(value, sympy.Expr):
        raise UnsupportedError(f"no number: {type(value).__name__}")
    return value


def is_matrix(value: Any) -> bool:
    return isinstance(value, sympy.MatrixBase)


def _matrix(value: Any) -> Any:
    return value if is_matrix(value) else sympy.ImmutableMatrix(list(value))


def _sum(values: list[Any]) -> Any:
    if any(map(is_matrix, values)):
        if any(not is_matrix(value) or value.shape != values[0].shape for value in values):
            raise UnsupportedError("matrices of different shapes")
        total = values[0]
        for value in values[1:]:
            total = total + value
        return total
    return sympy.Add(*_numbers(values))


def _product(values: list[Any]) -> Any:
    if any(map(is_matrix, values)):
        product: Any = sympy.Integer(1)
        for value in values:
            if is_matrix(product) and is_matrix(value) and product.cols != value.rows:
                raise UnsupportedError("matrices of different shapes")
            product = product * value
        return product
    return sympy.Mul(*_numbers(values))


def _numbers(values: list[Any]) -> list[Any]:
    if not all(isinstance(value, sympy.Expr) for value in values):
        raise UnsupportedError("something other than a number")
    return values


def _power(base: Any, exponent: Any) -> Any:
    if is_matrix(base):
        if not exponent.is_Integer or abs(exponent) > 50 or base.rows != base.cols:
            raise UnsupportedError("a power of a matrix")
        return base**exponent
    _numbers([base, exponent])
    if exponent.is_Rational:
        limit = _EXPONENT_OF_SUM if base.is_Add and base.free_symbols else _EXPONENT
        if abs(exponent) > limit and base not in (0, 1, -1):
            raise UnsupportedError("a huge power")
        if exponent.q % 2 and exponent.q > 1:
            return _root(base, sympy.Integer(exponent.q)) ** exponent.p
    elif exponent.is_number and not abs(exponent.evalf(6)) < 10**6:
        raise UnsupportedError("a huge power")
    return base**exponent


def _root(base: Any, index: Any) -> Any:
    """The real root where the index is odd."""
    if index.is_Integer and index % 2:
        if base.is_number and base.is_extended_negative:
            return -sympy.Pow(-base, 1 / index)
        if base.is_extended_real and not base.is_nonnegative:
            return sympy.sign(base) * sympy.Pow(sympy.Abs(base), 1 / index)
    return sympy.Pow(base, 1 / index)


def _call(name: str, values: list[Any]) -> Any:
    first = values[0]
    match name, values:
        case "det", [_] if is_matrix(first) and first.rows == first.cols:
            return first.det()
        case (("abs" | "norm"), [_]) if is_matrix(first):
            return first.det() if name == "abs" and first.rows == first.cols > 1 else first.norm()
        case (("abs" | "norm"), [sympy.Tuple()]):
            return sympy.sqrt(sum(abs(item) ** 2 for item in first))
    _numbers(values)
    match name, values:
        case "cbrt", [_]:
            return _root(first, sympy.Integer(3))
        case "root", [_, index]:
            return _root(first, index)
        case "log", [_, base]:
            return sympy.log(first) / sympy.log(base)
        case "lg", [_]:
            return sympy.log(first) / sympy.log(10)
        case "log2", [_]:
            return sympy.log(first) / sympy.log(2)
        case "deg", [_]:
            return first * sympy.pi / 180
        case "percent", [_]:
            return first / 100
        case "divide", [_, under]:
            return first / under
        case "max", _:
            return sympy.Max(*values)
        case "min", _:
            return sympy.Min(*values)
        case "binomial", [_, below]:
            if first.is_number and not abs(first) <= _BINOMIAL:
                raise UnsupportedError("a huge binomial")
            return sympy.binomial(first, below)
        case "factorial", [_]:
            if first.is_number and (not first.is_Integer or first > _FACTORIAL):
                raise UnsupportedError("a huge factorial")
            return sympy.factorial(first)
        case (("gcd" | "lcm"), _) if all(value.is_Integer for value in values):
            return sympy.gcd(values) if name == "gcd" else sympy.lcm(values)
        case "exp", [_] if first.is_number and not abs(first.evalf(6)) < 10**6:
            raise UnsupportedError("a huge power")
        case _, [_] if name in _ELEMENTARY:
            return _ELEMENTARY[name](first)
        case _:
            raise UnsupportedError(name)


def _big(node: BigOperator, known: Names) -> Any:
    inner = known.without(node.var)
    bound = sympy.Symbol(node.var, integer=True) if node.kind in ("sum", "prod") else sympy.Symbol(node.var, real=True)
    body = number(node.body, inner).xreplace({inner.symbol(node.var): bound})
    if node.kind == "lim":
        if node.high is None:
            raise UnsupportedError("a limit nowhere")
        point = number(node.high, known)
        return sympy.Limit(body, bound, point, "+-" if point.is_finite else "-")
    if node.low is None or node.high is None:
        if node.kind == "int" and node.var not in names_in_bounds(node):
            return sympy.Integral(body, bound)
        raise UnsupportedError("a sum without bounds")
    return _BIG[node.kind](body, (bound, number(node.low, known), number(node.high, known)))


def names_in_bounds(node: BigOperator) -> frozenset[str]:
    """The names in the bounds of a sum, product or integral."""
    return frozenset().union(*(names(bound) for bound in (node.low, node.high) if bound is not None))

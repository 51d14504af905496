"""Where two expressions are compared: points that depend on what is written, never on how the names are called.

Names are numbered in the order in which they appear. Real names run through small, large and negative numbers; names
that only integers make sense for run through twelve integers in a row, so that every residue comes up; and where a
function breaks (`|x - 3|`, `max`, `floor`) both sides of each break are visited.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations
from typing import Any

from flint import acb_poly, arb

from rewardkit_math.complexity_limits import TooCostlyError
from rewardkit_math.numeric.evaluate import value_of
from rewardkit_math.numeric.evaluation_state import Budget, Evaluation, UndefinedError, precision, seed_of
from rewardkit_math.numeric.exact import exact
from rewardkit_math.tree import MINUS_ONE, Add, BigOperator, Call, Const, Mul, Node, Num, Pow, Sym, children, names

Point = Mapping[str, Fraction]
_INTEGERS_IN_A_ROW = 12
_LARGE_INTEGERS = (30, 101)
_STEPS = (1, 5, 7, 11)
"""How fast the integer names run: all are prime to 12, so that each runs through all residues."""
_INTEGER_LETTERS = frozenset("jklmnKMN")
"""Names that stand for integers inside of `floor`, and beside pi in a sine or cosine, as in `\\cos n\\pi`."""
_PATTERNS = (
    (Fraction(4), "+"), (Fraction(4), "-"), (Fraction(4), "±"), (Fraction(3, 10), "±"), (Fraction(40), "+"),
    (Fraction(1), "+"), (Fraction(4), "∓"), (Fraction(3, 10), "-"), (Fraction(1), "±"), (Fraction(600), "+"),
    (Fraction(2), "-"), (Fraction(40), "±"),
)  # fmt: skip
"""Size and signs of the real points, in turn."""
_FAR = tuple(Fraction(10) ** power for power in (-3, 2, 5, 9))
_MOST_NUMBERS = 6
_MOST_BREAKS = 12
_MOST_DEGREE = 8
_BITS = 160
_BRANCHING = frozenset(("abs", "norm", "floor", "ceil", "max", "min", "sign", "arg", "gcd", "lcm", "mod"))


def ordered_names(*nodes: Node) -> list[str]:
    """The free names in the order in which they appear."""
    found: dict[str, None] = {}

    def walk(node: Node) -> None:
        if isinstance(node, Sym):
            found.setdefault(node.name)
        for child in children(node):
            walk(child)

    for node in nodes:
        walk(node)
    free = frozenset().union(*map(names, nodes))
    return [name for name in found if name in free]


def real_point(free: list[str], index: int, positive: frozenset[str] = frozenset()) -> dict[str, Fraction]:
    """The index-th point of real numbers; some names may be held to positive ones."""
    size, signs = _PATTERNS[index % len(_PATTERNS)]
    found = {}
    for place, name in enumerate(free):
        value = size * (1 + seed_of(f"{place} {index}") % 9973) / 9974
        negative = signs == "-" or (signs == "±" and place % 2 == 0) or (signs == "∓" and place % 2 == 1)
        found[name] = -value if negative and name not in positive else value
    return found


def integer_points(whole: list[str], free: list[str]) -> Iterator[dict[str, Fraction]]:
    """Points at which some names are integers; the others are real."""
    rounds = 1 if len(whole) == 1 else 3
    for index in range(_INTEGERS_IN_A_ROW * rounds):
        point = real_point(free, index)
        for place, name in enumerate(whole):
            lap = index // _INTEGERS_IN_A_ROW
            point[name] = Fraction(1 + (index * _STEPS[place % len(_STEPS)] + lap * place) % _INTEGERS_IN_A_ROW)
        yield point
    for large in _LARGE_INTEGERS:
        yield real_point(free, 0) | {name: Fraction(large - 3 * place) for place, name in enumerate(whole)}


def integer_names(*nodes: Node) -> frozenset[str]:
    """The names that only integers make sense for: under `!`, in the exponent of -1 or i, in the bounds of a sum."""
    found: frozenset[str] = frozenset()
    for node in nodes:
        match node:
            case Call("factorial" | "binomial" | "gcd" | "lcm" | "mod", _):
                found |= names(node)
            case BigOperator("sum" | "prod", _, low, high, _):
                found |= frozenset().union(*(names(bound) for bound in (low, high) if bound is not None))
            case Pow(base, exponent) if names(exponent) and _turns(base):
                found |= names(exponent)
            case Call("floor" | "ceil", (arg,)):
                found |= names(arg) & _INTEGER_LETTERS
            case Call("sin" | "cos", (arg,)) if _holds_pi(arg):
                found |= names(arg) & _INTEGER_LETTERS
            case _:
                pass
        found |= integer_names(*children(node)) if children(node) else frozenset()
    return found


def holds_limit(node: Node) -> bool:
    """True if an integral, a limit or an infinite sum stands in a node."""
    if isinstance(node, BigOperator) and (node.kind in ("int", "lim") or node.high in (None, Const("oo"))):
        return True
    return any(map(holds_limit, children(node)))


def _turns(base: Node) -> bool:
    """True for a negative number and for a multiple of i."""
    value = exact(base)
    return value < 0 if value is not None else base == Const("i") or base == Mul((MINUS_ONE, Const("i")))


def _holds_pi(node: Node) -> bool:
    return node == Const("pi") or any(map(_holds_pi, children(node)))


def positive_names(*nodes: Node) -> frozenset[str]:
    r"""The names that are factors of what stands under an even root or a logarithm: `L` and `g` in `\sqrt{Lg}`."""
    found: frozenset[str] = frozenset()
    for node in nodes:
        match node:
            case Call("sqrt" | "ln" | "log" | "lg" | "log2", (inner, *_)):
                found |= _factors(inner)
            case Call("root", (inner, Num(Fraction(numerator=2 | 4)))) | Pow(inner, Num(Fraction(denominator=2 | 4))):
                found |= _factors(inner)
            case _:
                pass
        found |= positive_names(*children(node)) if children(node) else frozenset()
    return found


def _factors(node: Node) -> frozenset[str]:
    match node:
        case Sym(name):
            return frozenset((name,))
        case Mul(args):
            return frozenset().union(*map(_factors, args))
        case Pow(base, Num(Fraction(numerator=power))) if power % 2:
            return _factors(base)
        case Call("sqrt", (inner,)):
            return _factors(inner)
        case _:
            return frozenset()


def branches(node: Node) -> bool:
    """True if a function with branches, or an even root of an even power, depends on a name."""
    return any(True for _ in _switches(node))


def _switches(node: Node) -> Iterator[Node]:
    """The expressions whose zeros are the places where a part of the node breaks."""
    match node:
        case Call("abs" | "norm" | "sign" | "arg", (inner,)) if names(inner):
            yield inner
        case Call("max" | "min", args):
            yield from (_difference(one, other) for one, other in combinations(args, 2) if names(one) | names(other))
        case Call("floor" | "ceil", (inner,)) if names(inner):
            yield from (inner, _difference(inner, Num(Fraction(1))), Add((inner, Num(Fraction(1)))))
        case Call(name, args) if name in _BRANCHING and any(map(names, args)):
            yield args[0]
        case Call("sqrt" | "root", (inner, *_)) | Pow(inner, Num(Fraction(denominator=2 | 4 | 6 | 8))):
            yield from _even_powers(inner)
        case _:
            pass
    for child in children(node):
        yield from _switches(child)


def _difference(one: Node, other: Node) -> Node:
    return Add((one, Mul((MINUS_ONE, other))))


def _even_powers(node: Node) -> Iterator[Node]:
    match node:
        case Pow(base, Num(Fraction(numerator=power, denominator=1))) if power % 2 == 0 and names(base):
            yield base
        case Mul(args):
            for arg in args:
                yield from _even_powers(arg)
        case _:
            return


def break_points(left: Node, right: Node, free: list[str], budget: Budget) -> Iterator[Point]:
    """Points far out, around the numbers in two expressions, and on both sides of each place where one breaks."""
    near, mixed = real_point(free, 0), real_point(free, 1)
    for scale in _FAR:
        for sign in (1, -1):
            yield {name: value * scale * sign for name, value in near.items()}
    for number in sorted(_numbers(left) | _numbers(right))[:_MOST_NUMBERS]:
        for sign in (1, -1):
            yield {name: sign * number + value / 9 for name, value in mixed.items()}
    switches = dict.fromkeys((*_switches(left), *_switches(right)))
    for switch in list(switches)[:_MOST_BREAKS]:
        for name in names(switch):
            for start in (near, mixed) if len(free) > 1 else (near,):
                for zero in _zeros(switch, name, start, budget):
                    for step in (Fraction(1, 10**9), Fraction(1, 7)):
                        for off in (step * (1 + abs(zero)), -step * (1 + abs(zero))):
                            yield {**start, name: zero + off}


def _numbers(node: Node) -> set[Fraction]:
    """The sizes of the numbers in an expression, but for exponents."""
    match node:
        case Num(value, _):
            return {abs(value)}
        case Pow(base, _):
            return _numbers(base)
        case _:
            return {value for child in children(node) for value in _numbers(child)}


def _zeros(node: Node, name: str, point: Point, budget: Budget) -> list[Fraction]:
    """Where a polynomial of one name is zero, the others held fixed; empty for any other expression."""
    with precision(_BITS):
        try:
            coefficients = _coefficients(node, name, {key: at for key, at in point.items() if key != name}, budget)
        except (UndefinedError, TooCostlyError):
            return []
        while coefficients and 0 in coefficients[-1]:
            coefficients.pop()
        if not 2 <= len(coefficients) <= _MOST_DEGREE + 1:
            return []
        if len(coefficients) == 2:
            roots = [-coefficients[0] / coefficients[1]]
        else:
            try:
                found = acb_poly([value.mid() for value in coefficients]).roots()
            except ValueError:
                return []
            roots = [root.real for root in found if 0 in root.imag]
        return [_rational(root) for root in roots if root.is_finite()]


def _rational(value: Any) -> Fraction:
    mantissa, exponent = value.mid().man_exp()
    size = min(max(int(exponent), -4 * _BITS), 1 << 14)
    return Fraction(int(mantissa)) * Fraction(2) ** size


def _coefficients(node: Node, name: str, point: Point, budget: Budget) -> list[Any]:
    """The coefficients of a polynomial in one name, lowest first. Raises UndefinedError for any other expression."""
    if name not in names(node):
        return [value_of(Evaluation(budget, point), node)]
    match node:
        case Sym():
            return [arb(0), arb(1)]
        case Add(args):
            total: list[Any] = []
            for arg in args:
                total = _plus(total, _coefficients(arg, name, point, budget))
            return total
        case Mul(args):
            product = [arb(1)]
            for arg in args:
                product = _times(product, _coefficients(arg, name, point, budget))
            return product
        case Pow(base, Num(Fraction(numerator=power, denominator=1))) if 0 < power <= _MOST_DEGREE:
            inner, product = _coefficients(base, name, point, budget), [arb(1)]
            for _ in range(power):
                product = _times(product, inner)
            return product
        case _:
            raise UndefinedError("no polynomial")


def _plus(one: list[Any], other: list[Any]) -> list[Any]:
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    return [value + shorter[index] if index < len(shorter) else value for index, value in enumerate(longer)]


def _times(one: list[Any], other: list[Any]) -> list[Any]:
    if len(one) + len(other) > _MOST_DEGREE + 2:
        raise UndefinedError("a polynomial of high degree")
    product = [arb(0)] * (len(one) + len(other) - 1)
    for index, value in enumerate(one):
        for place, factor in enumerate(other):
            product[index + place] = product[index + place] + value * factor
    return product

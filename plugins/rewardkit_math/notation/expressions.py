r"""Expressions: sums, products and powers.

sets     sum ((∪ | ∩ | ∖) sum)*
sum      product ((+ | - | ± | ∓) product)*
product  factors, with `*` `/` or nothing between them
factor   primary with `!` `%` `°` `'`, powers and subscripts
"""

from rewardkit_math.notation.build import negative, proper
from rewardkit_math.notation.cursor import Cursor
from rewardkit_math.notation.names import named_call, read_function, subscript
from rewardkit_math.notation.tokens import Token, UnreadableError
from rewardkit_math.notation.unit_tokens import unit_follows
from rewardkit_math.notation.vocabulary.phrases import REMARKS
from rewardkit_math.tree import (
    MINUS_ONE,
    Add,
    Builder,
    Call,
    Const,
    Interval,
    Matrix,
    Mul,
    Node,
    Num,
    Pow,
    Rel,
    Seq,
    SetOp,
    Sym,
    UnknownFunction,
    named,
)

ORDINALS = frozenset(("st", "nd", "rd", "th"))
INFIX = frozenset(("over", "choose"))
"""TeX's commands between their arguments: `{10 \\choose 3}`."""
_SET_KINDS = (Seq, Interval, SetOp, Builder)
_SET_OPS = {"∪": "union", "∩": "intersection", "∖": "difference"}
_SET_SIGNS = frozenset((*_SET_OPS, "U"))
_FRACTIONS = frozenset(("frac", "dfrac", "tfrac", "cfrac", "sfrac", "nicefrac"))
_CONGRUENCES = frozenset(("pmod", "mod", "pod"))
_CLOSING = frozenset(("end", ",", ";", ")", "]", "}", "\\}", "∪", "∩", "∖", "and", "or"))


_TERM_SIGNS = frozenset(("+", "-", "±", "∓"))
_GOES_ON = frozenset(("*", "/", "dots", "|", "[", "(", "{", "\\{", "lfloor", "lceil"))
"""Signs with which a product may go on."""
_BEHIND = frozenset(("!", "%", "°", "'", "^", "_"))
"""Signs that belong to the factor before them."""


def read_sets(cursor: Cursor) -> Node:
    """Sums joined by set operations."""
    node = read_sum(cursor)
    while (sign := cursor.peek().text) in _SET_SIGNS and (sign != "U" or _is_union_letter(cursor, node)):
        op = _SET_OPS.get(sign, "union")
        cursor.at += 1
        other = read_sum(cursor)
        if isinstance(node, SetOp) and node.op == op and op != "difference":
            node = SetOp(op, (*node.args, other))
        else:
            node = SetOp(op, (node, other))
    return node


def _is_union_letter(cursor: Cursor, node: Node) -> bool:
    """`[0, 1] U [2, 3]`: a capital U between two sets."""
    token, following = cursor.peek(), cursor.peek(1)
    return token.text == "U" and isinstance(node, Interval | SetOp | Seq) and following.text in ("(", "[", "{", "\\{")


def read_sum(cursor: Cursor) -> Node:
    """Products with signs between them."""
    token = cursor.peek()
    if token.kind == "op" and token.text in _TERM_SIGNS:
        cursor.at += token.text not in "±∓"
    terms = [_term(cursor, token)]
    while (token := cursor.peek()).kind == "op" and token.text in _TERM_SIGNS:
        cursor.at += token.text not in "±∓"
        dots = token.text == "+" and cursor.take("dots")
        terms.append(Sym("…") if dots else _term(cursor, token))
    whole = terms[0] if len(terms) == 1 else Add(tuple(terms))
    if token.kind == "cmd" and token.text in INFIX:
        return _infix(cursor, whole)
    return _without(terms) if len(terms) == 2 and isinstance(terms[0], _SET_KINDS) else whole


def _term(cursor: Cursor, sign: Token) -> Node:
    """The product behind a sign, or without one."""
    if sign.kind == "op" and sign.text == "-":
        return negative(read_product(cursor))
    return _plus_minus(cursor) if sign.kind == "op" and sign.text in "±∓" else read_product(cursor)


def _without(terms: list[Node]) -> Node:
    """`A - B` of two sets or two vectors."""
    match terms:
        case [Seq("tuple", _), _]:
            return Add(tuple(terms))
        case [_, Mul((minus, Seq() | Interval() | SetOp() | Builder() as taken))] if minus == MINUS_ONE:
            return SetOp("difference", (terms[0], taken))
        case _:
            raise UnreadableError("a sum of sets")


def _infix(cursor: Cursor, first: Node) -> Node:
    r"""`a \over b`, `a \choose b`: everything before and everything after, up to the closing bracket."""
    name = cursor.peek().text
    cursor.at += 1
    cursor.deeper()
    second = read_sum(cursor)
    cursor.depth -= 1
    return Call("binomial", (first, second)) if name == "choose" else Mul((first, Pow(second, MINUS_ONE)))


def _plus_minus(cursor: Cursor) -> Node:
    sign = "pm" if cursor.peek().text == "±" else "mp"
    cursor.at += 1
    return Call(sign, (read_product(cursor),))


def read_product(cursor: Cursor) -> Node:
    """Factors side by side, or with signs between them."""
    factors = [read_factor(cursor)]
    while (more := _next_factors(cursor, factors)) is not None:
        factors[:] = more
    match factors:
        case [only]:
            return only
        case [Sym() as point, Seq("tuple", _) as place]:
            # `A(1, 2)` is a point with its coordinates.
            return Rel(("=",), (point, place))
        case _:
            return Mul(tuple(factors))


def _next_factors(cursor: Cursor, factors: list[Node]) -> list[Node] | None:
    """The factors with the next one; None where the product ends."""
    token = cursor.peek()
    if token.kind == "end" or (token.kind == "op" and token.text not in _GOES_ON):
        return None
    if _is_number(factors) and unit_follows(cursor):
        return None
    if token.kind == "op" and token.text in ("*", "/"):
        return None if cursor.peek(1).kind == "text" else _after_sign(cursor, factors)
    if token.kind == "cmd" and token.text in _CONGRUENCES:
        cursor.at += 1
        return [UnknownFunction("mod", (_product_of(factors), tight(cursor)))]
    if token.kind == "cmd" and token.text == "bmod":
        cursor.at += 1
        return [Call("mod", (_product_of(factors), read_factor(cursor)))]
    if cursor.take("dots"):
        return [*factors, Sym("…")]
    if not starts_factor(cursor, token):
        return None
    previous, last = cursor.before(), factors[-1]
    if previous.kind == "num" and isinstance(last, Num):
        if token.kind == "num":
            return [*factors[:-1], _mixed(cursor, last)]
        if token.kind == "cmd" and token.text in _FRACTIONS and last.places is None:
            part = read_factor(cursor)
            return [*factors[:-1], Add((last, part))] if proper(part) else [*factors, part]
    return [*factors, read_factor(cursor)]


def _is_number(factors: list[Node]) -> bool:
    r"""True for `3`, `\frac12` and `4 \times 10^3`, after which a letter may be a unit."""
    return all(
        isinstance(factor, Num)
        or (isinstance(factor, Pow) and isinstance(factor.base, Num))
        or (isinstance(factor, Mul | Call) and all(isinstance(arg, Num | Pow) for arg in factor.args))
        for factor in factors
    )


def _product_of(factors: list[Node]) -> Node:
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


def _after_sign(cursor: Cursor, factors: list[Node]) -> list[Node]:
    """The factors with the one after `*` or `/`."""
    divided = cursor.peek().text == "/"
    cursor.at += 1
    if cursor.take("dots"):
        return [*factors, Sym("…")]
    sign = [MINUS_ONE] if cursor.take("-") else []
    factor = read_factor(cursor)
    # `1/2x` is read as (1/2)x, as sympy and calculators do.
    return [*factors, *sign, Pow(factor, MINUS_ONE) if divided else factor]


def _mixed(cursor: Cursor, integer: Num) -> Num:
    """`2 1/2`, with white space between: a mixed number. Raises UnreadableError for two other numbers side by side."""
    over, slash, under = cursor.peek(), cursor.peek(1), cursor.peek(2)
    fits = integer.places is None and not over.no_space_before and slash.text == "/"
    if fits and over.value is not None and under.value is not None and 0 < over.value < under.value:
        cursor.at += 3
        return Num(integer.value + over.value / under.value)
    raise UnreadableError("two numbers side by side")


def is_remark(cursor: Cursor) -> bool:
    """True if the tokens that are left are words in brackets: `(a dozen)`, `(about 16 feet)`."""
    rest = cursor.rest()
    if len(rest) > 2 and rest[1].kind == "text" and REMARKS.match(f"({rest[1].text}"):
        return True
    kinds = {token.kind for token in rest[1:-1]}
    return rest[-1].text == ")" and "text" in kinds and kinds <= {"text", "sym"}


def starts_factor(cursor: Cursor, token: Token) -> bool:
    """True if the token begins a factor that stands beside the one before."""
    if token.kind in ("num", "sym", "const", "func"):
        return not (token.text == "U" and cursor.before().text in (")", "]", "}", "\\}"))
    if token.kind == "cmd":
        return not token.text.startswith("end ") and token.text not in INFIX
    if token.kind != "op":
        return False
    if token.text == "|":
        return cursor.no_bar == 0
    if token.text == "[":
        beside = cursor.before().text == ")" or cursor.before().kind in ("num", "sym")
        following = cursor.peek(1)
        return beside and following.kind != "end" and following.text not in _CLOSING
    if token.text == "(" and (is_remark(cursor) or restated(cursor)):
        return False
    return token.text in ("(", "{", "\\{", "lfloor", "lceil")


def restated(cursor: Cursor) -> bool:
    """True if the tokens that are left say the value again, in brackets: `3/8 (0.375)`, `(or 37.5%)`."""
    if cursor.before().text == "(" or cursor.peek().no_space_before:
        return False
    rest = cursor.rest()
    if len(rest) < 3 or rest[-1].text != ")" or any(token.text in ("(", ")") for token in rest[1:-1]):
        return False
    inner = rest[1:-1]
    again = inner[0].text in ("or", "~", "=")
    decimal = inner[0].kind == "num" and (inner[0].places is not None or inner[-1].text == "%")
    return again or (decimal and all(token.kind == "num" or token.text == "%" for token in inner))


def read_factor(cursor: Cursor) -> Node:
    """A primary with the signs, powers and subscripts behind it."""
    token = cursor.peek()
    if token.kind == "op" and token.text in ("-", "+"):
        cursor.at += 1
        cursor.deeper()
        inner = read_factor(cursor)
        cursor.depth -= 1
        return negative(inner) if token.text == "-" else inner
    node = read_primary(cursor)
    while (token := cursor.peek()).kind == "op" and token.text in _BEHIND:
        following = _with_sign(cursor, node)
        if following is None:
            break
        node = following
    return node


def _with_sign(cursor: Cursor, node: Node) -> Node | None:
    """The node with the sign behind it; None where none stands there."""
    if cursor.take("!"):
        return Call("factorial", (node,))
    if cursor.take("%"):
        return Call("percent", (node,))
    if cursor.is_op("°"):
        return None if cursor.peek(1).text in ("C", "F", "c", "f") else _degrees(cursor, node)
    if cursor.take("'"):
        if isinstance(node, Sym):
            return Sym(node.name + "'")
        if isinstance(node, UnknownFunction | Matrix):
            return Pow(node, Sym("T")) if isinstance(node, Matrix) else node
        raise UnreadableError("a prime after a value")
    if cursor.take("^"):
        return _power(cursor, node)
    if cursor.take("_"):
        return subscript(cursor, node, tight)
    return None


def _degrees(cursor: Cursor, node: Node) -> Node:
    """`30°`, `30°15'`."""
    cursor.at += 1
    minutes = cursor.peek()
    if minutes.kind == "num" and minutes.value is not None and cursor.peek(1).text == "'":
        cursor.at += 2
        node = Add((node, Num(minutes.value / 60)))
    return Call("deg", (node,))


def _power(cursor: Cursor, node: Node) -> Node:
    """The node with what follows `^`: an ordinal ending, a mark on a name, or an exponent."""
    token = cursor.peek()
    if token.kind == "op" and token.text in ("'", "*"):
        cursor.at += 1
        if not isinstance(node, Sym):
            raise UnreadableError("a mark on a value")
        return Sym(f"{node.name}^{token.text}")
    if token.text in ORDINALS:
        cursor.at += 1
        return node
    if token.text == "{" and cursor.peek(1).text in ORDINALS and cursor.peek(2).text == "}":
        cursor.at += 3
        return node
    cursor.deeper()
    if cursor.take("-"):
        exponent = negative(read_factor(cursor))
    elif cursor.take("+"):
        exponent = read_factor(cursor)
    else:
        exponent = tight(cursor)
        if token.text != "{" and cursor.take("^"):
            exponent = _power(cursor, exponent)
    cursor.depth -= 1
    return Pow(node, exponent)


def tight(cursor: Cursor) -> Node:
    """One argument as TeX takes it: a group, a command with its arguments, or a single number or name."""
    token = cursor.peek()
    if token.kind in ("num", "sym"):
        cursor.at += 1
        return Num(token.value, token.places) if token.value is not None else named(token.text)
    return read_primary(cursor)


def signed(cursor: Cursor) -> Node:
    """One argument as TeX takes it, or one with a minus before it."""
    return negative(tight(cursor)) if cursor.take("-") else tight(cursor)


def read_primary(cursor: Cursor) -> Node:
    """A number, a name, a function with its argument, a command, or what stands in brackets."""
    token = cursor.peek()
    cursor.deeper()
    try:
        if token.kind in ("end", "text"):
            raise UnreadableError(f"unexpected {token.text or 'end'}")
        if token.kind == "op" and token.text != "dots":
            return cursor.grammar.bracketed(cursor, token.text)
        cursor.at += 1
        match token.kind:
            case "num":
                assert token.value is not None
                return Num(token.value, token.places)
            case "sym":
                return named_call(cursor, token)
            case "const":
                return Const(token.text)
            case "func":
                return read_function(cursor, token.text, _bare_argument, signed, tight)
            case "cmd":
                return cursor.grammar.command(cursor, token.text)
            case _:
                return Sym("…")
    finally:
        cursor.depth -= 1


def _bare_argument(cursor: Cursor) -> Node:
    r"""`\sin 2x`: the factors that follow, up to an operator or the next function."""
    if cursor.take("-"):
        return negative(_bare_argument(cursor))
    factors = [read_factor(cursor)]
    while True:
        token = cursor.peek()
        if token.kind in ("num", "sym", "const") or (token.kind == "cmd" and starts_factor(cursor, token)):
            factors.append(read_factor(cursor))
        elif token.text == "/" and token.kind == "op" and cursor.peek(1).kind in ("num", "sym") and len(factors) < 8:
            cursor.at += 1
            factors.append(Pow(read_factor(cursor), MINUS_ONE))
        else:
            return factors[0] if len(factors) == 1 else Mul(tuple(factors))

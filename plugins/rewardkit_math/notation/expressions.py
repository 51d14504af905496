r"""Expressions: sums, products, powers, functions and the names in them.

sets     sum ((∪ | ∩ | ∖) sum)*
sum      product ((+ | - | ± | ∓) product)*
product  factors, with `*` `/` or nothing between them
factor   primary with `!` `%` `°` `'`, powers and subscripts
"""

from abc import abstractmethod

from rewardkit_math.complexity_limits import TooCostlyError, bits
from rewardkit_math.notation.build import negative, proper
from rewardkit_math.notation.cursor import Cursor
from rewardkit_math.notation.tokens import Token, UnreadableError
from rewardkit_math.tree import (
    MINUS_ONE,
    Add,
    Builder,
    Call,
    Const,
    Interval,
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

UNIT_LETTERS = frozenset("mghsLl")
"""Units of one letter: read as such after a number and a space, at the end."""
_ORDINAL = frozenset(("st", "nd", "rd", "th"))
_FUNCTION_LETTERS = frozenset("fghFGHWPQT") | {"phi", "psi", "varphi"}
_SETS = (Seq, Interval, SetOp, Builder)
_FRACTIONS = frozenset(("frac", "dfrac", "tfrac", "cfrac", "sfrac"))
INFIX = frozenset(("over", "choose"))
"""TeX's commands between their arguments: `{10 \\choose 3}`."""
_INDEX_BITS = 64
_MODULO = frozenset(("pmod", "bmod", "mod", "pod"))
_INVERSES = frozenset(("asin", "acos", "atan", "acot", "asec", "acsc", "asinh", "acosh", "atanh"))


class Expressions(Cursor):
    """The part of the parser that reads expressions; `Commands` adds brackets and LaTeX commands."""

    @abstractmethod
    def answer(self, closers: tuple[str, ...], *, bar: bool = False) -> Node:
        """Items up to a closing bracket, which is left."""

    @abstractmethod
    def command(self, name: str) -> Node:
        """The node of a LaTeX command with its arguments."""

    @abstractmethod
    def bracketed(self, text: str) -> Node:
        """The node of a bracketed expression."""

    def sets(self) -> Node:
        node = self.sum()
        while self.is_op("∪", "∩", "∖"):
            op = {"∪": "union", "∩": "intersection", "∖": "difference"}[self.peek().text]
            self.at += 1
            other = self.sum()
            if isinstance(node, SetOp) and node.op == op and op != "difference":
                node = SetOp(op, (*node.args, other))
            else:
                node = SetOp(op, (node, other))
        return node

    def sum(self) -> Node:
        terms: list[Node] = []
        if self.is_op("±", "∓"):
            terms.append(self.plus_minus(self.peek().text))
        elif self.take("-"):
            terms.append(negative(self.product()))
        else:
            self.take("+")
            terms.append(self.product())
        while True:
            if self.take("+"):
                if self.is_op("dots"):
                    self.at += 1
                    terms.append(Sym("…"))
                    continue
                terms.append(self.product())
            elif self.take("-"):
                terms.append(negative(self.product()))
            elif self.is_op("±", "∓"):
                terms.append(self.plus_minus(self.peek().text))
            else:
                break
        if self.peek().kind == "cmd" and self.peek().text in INFIX:
            return self.infix(terms[0] if len(terms) == 1 else Add(tuple(terms)))
        if len(terms) == 2 and isinstance(terms[0], _SETS):
            match terms[1]:
                case Mul((minus, Seq() | Interval() | SetOp() | Builder() as taken)) if minus == MINUS_ONE:
                    return SetOp("difference", (terms[0], taken))
                case _:
                    raise UnreadableError("a sum of sets")
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def infix(self, first: Node) -> Node:
        r"""`a \over b`, `a \choose b`: everything before and everything after, up to the closing bracket."""
        name = self.peek().text
        self.at += 1
        self.deeper()
        second = self.sum()
        self.depth -= 1
        return Call("binomial", (first, second)) if name == "choose" else Mul((first, Pow(second, MINUS_ONE)))

    def plus_minus(self, sign: str) -> Node:
        self.at += 1
        return Call("pm" if sign == "±" else "mp", (self.product(),))

    def product(self) -> Node:
        factors = [self.factor()]
        while True:
            token = self.peek()
            if self.is_op("*", "/"):
                following = self.peek(1)
                if following.kind == "text":
                    break
                self.at += 1
                if self.take("-"):
                    factors.append(MINUS_ONE)
                if self.take("dots"):
                    factors.append(Sym("…"))
                    continue
                other = self.factor()
                if token.text == "/":
                    # `1/2x` is read as (1/2)x, as sympy and calculators do.
                    other = Pow(other, MINUS_ONE)
                factors.append(other)
            elif token.kind == "cmd" and token.text in _MODULO:
                self.at += 1
                value = factors[0] if len(factors) == 1 else Mul(tuple(factors))
                factors = [UnknownFunction("mod", (value, self.tight()))]
            elif self.starts_factor(token):
                previous = self.tokens[self.at - 1]
                if previous.kind == "num" and len(factors) == 1 and self.is_unit():
                    break
                if previous.kind == "num" and token.kind == "num":
                    mixed = self.mixed_after(factors)
                    if mixed is None:
                        raise UnreadableError("two numbers side by side")
                    factors[-1] = mixed
                    continue
                if isinstance(factors[-1], Num) and token.kind == "cmd" and token.text in _FRACTIONS:
                    whole, part = factors[-1], self.factor()
                    if previous.kind == "num" and isinstance(whole, Num) and whole.places is None and proper(part):
                        factors[-1] = Add((whole, part))
                    else:
                        factors.append(part)
                    continue
                factors.append(self.factor())
            elif token.kind == "op" and token.text == "dots":
                self.at += 1
                factors.append(Sym("…"))
            else:
                break
        match factors:
            case [only]:
                return only
            case [Sym() as point, Seq("tuple", _) as place]:
                # `A(1, 2)` is a point with its coordinates.
                return Rel(("=",), (point, place))
            case _:
                return Mul(tuple(factors))

    def is_remark(self) -> bool:
        """True if the tokens that are left are words in brackets: `(a dozen)`."""
        rest = self.tokens[self.at :]
        kinds = {token.kind for token in rest[1:-1]}
        return rest[-1].text == ")" and "text" in kinds and kinds <= {"text", "sym"}

    def is_unit(self) -> bool:
        """True if the last tokens are a unit such as `m` or `m/s`, with white space before it."""
        if self.peek().no_space_before or self.peek().kind != "sym":
            return False
        rest = self.tokens[self.at : self.at + 6]
        return len(rest) < 6 and all(token.text in UNIT_LETTERS or token.text in ("/", "^", "2", "3") for token in rest)

    def mixed_after(self, factors: list[Node]) -> Node | None:
        """`2 1/2`, with white space between: a mixed number."""
        whole, over, slash, under = factors[-1], self.peek(), self.peek(1), self.peek(2)
        if (
            not isinstance(whole, Num)
            or whole.places is not None
            or over.no_space_before
            or slash.text != "/"
            or under.kind != "num"
        ):
            return None
        assert over.value is not None
        assert under.value is not None
        if not 0 < over.value < under.value or over.value.denominator != 1 or under.value.denominator != 1:
            return None
        self.at += 3
        return Num(whole.value + over.value / under.value)

    def starts_factor(self, token: Token) -> bool:
        if token.kind in ("num", "sym", "const", "func"):
            return True
        if token.kind == "cmd":
            return not token.text.startswith("end ") and token.text not in INFIX
        if token.kind == "op":
            if token.text == "|":
                return self.no_bar == 0
            if token.text == "[":
                return self.tokens[self.at - 1].text == ")" or self.tokens[self.at - 1].kind in ("num", "sym")
            if token.text == "(" and self.is_remark():
                return False
            return token.text in ("(", "{", "\\{", "lfloor", "lceil")
        return False

    def factor(self) -> Node:
        token = self.peek()
        if token.kind == "op" and token.text in ("-", "+"):
            self.at += 1
            self.deeper()
            inner = self.factor()
            self.depth -= 1
            return negative(inner) if token.text == "-" else inner
        node = self.primary()
        while True:
            if self.take("!"):
                node = Call("factorial", (node,))
            elif self.take("%"):
                node = Call("percent", (node,))
            elif self.take("°"):
                if self.peek().kind == "num" and self.peek(1).text == "'":
                    minutes = self.peek().value
                    assert minutes is not None
                    self.at += 2
                    node = Add((node, Num(minutes / 60)))
                node = Call("deg", (node,))
            elif self.is_op("'"):
                self.at += 1
                if isinstance(node, Sym):
                    node = Sym(node.name + "'")
                elif not isinstance(node, UnknownFunction):
                    raise UnreadableError("a prime after a value")
            elif self.is_op("^"):
                self.at += 1
                node = self.power(node)
            elif self.is_op("_"):
                self.at += 1
                node = self.subscript(node)
            else:
                return node

    def power(self, node: Node) -> Node:
        """The node with what follows `^`: an ordinal ending, a mark on a name, or an exponent."""
        token = self.peek()
        if token.kind == "op" and token.text in ("'", "*"):
            self.at += 1
            if not isinstance(node, Sym):
                raise UnreadableError("a mark on a value")
            return Sym(f"{node.name}^{token.text}")
        if token.text in _ORDINAL:
            self.at += 1
            return node
        if token.text == "{" and self.peek(1).text in _ORDINAL and self.peek(2).text == "}":
            self.at += 3
            return node
        self.deeper()
        if self.take("-"):
            exponent = negative(self.factor())
        elif self.take("+"):
            exponent = self.factor()
        else:
            exponent = self.tight()
            if token.text != "{" and self.take("^"):
                exponent = self.power(exponent)
        self.depth -= 1
        return Pow(node, exponent)

    def tight(self) -> Node:
        """One argument as TeX takes it: a group, a command with its arguments, or a single number or name."""
        token = self.peek()
        if token.kind in ("num", "sym"):
            self.at += 1
            return Num(token.value, token.places) if token.value is not None else named(token.text)
        return self.primary()

    def signed(self) -> Node:
        """One argument as TeX takes it, or one with a minus before it."""
        return negative(self.tight()) if self.take("-") else self.tight()

    def subscript(self, node: Node) -> Node:
        base = node.name if isinstance(node, Sym) else None
        if self.is_op("{") and base is not None:
            close = self.at + 1
            while close < len(self.tokens) and self.tokens[close].text != "}":
                close += 1
            inner = self.tokens[self.at + 1 : close]
            if all(
                token.kind in ("num", "text", "func", "op") and token.text not in ("+", "-", "{", "*")
                for token in inner
            ):
                self.at = close + 1
                return Sym(f"{base}_{' '.join(token.text for token in inner)}")
        if self.peek().kind == "text":
            self.at += 1
            return Sym(f"{base}_{self.tokens[self.at - 1].text}")
        index = self.tight()
        if isinstance(index, Num) and bits(index.value) > _INDEX_BITS:
            raise TooCostlyError("a huge subscript")
        if isinstance(node, Num) and isinstance(index, Num) and node.places is None:
            return Call("base", (node, index))
        if base is None:
            raise UnreadableError("a subscript to a value")
        if isinstance(index, Num):
            return Sym(f"{base}_{index.value}")
        return UnknownFunction(f"{base}_", (index,))

    def primary(self) -> Node:
        token = self.peek()
        self.deeper()
        try:
            if token.kind == "num":
                self.at += 1
                assert token.value is not None
                return Num(token.value, token.places)
            if token.kind == "sym":
                self.at += 1
                return self.name(token)
            if token.kind == "const":
                self.at += 1
                return Const(token.text)
            if token.kind == "func":
                self.at += 1
                return self.function(token.text)
            if token.kind == "cmd":
                self.at += 1
                return self.command(token.text)
            if self.take("dots"):
                return Sym("…")
            if token.kind == "op":
                return self.bracketed(token.text)
            raise UnreadableError(f"{token.kind} {token.text}")
        finally:
            self.depth -= 1

    def name(self, token: Token) -> Node:
        """A one-letter name; applied to what stands in brackets after it where it is the name of a function."""
        if token.text in _FUNCTION_LETTERS:
            mark = "".join(part.text for part in self.tokens[self.at : self.at + 5])
            count = 5 if mark == "^{-1}" else len(mark) - len(mark.lstrip("'"))
            if count and self.peek(count).text == "(":
                self.at += count
                return UnknownFunction(token.text + mark[:count], self.arguments())
        if token.text == "C" and (self.at > 1 or self.peek(5).kind != "end"):
            mark = "".join("0" if part.kind == "num" else part.text for part in self.tokens[self.at : self.at + 5])
            if mark == "(0,0)":
                return Call("binomial", self.arguments())
        following, second, third = self.peek(), self.peek(1), self.peek(2)
        if following.text == "(" and following.kind == "op":
            defined = second.kind == "sym" and third.text == ")" and self.peek(3).text == "="
            if defined or (token.text in _FUNCTION_LETTERS and following.no_space_before):
                return UnknownFunction(token.text, self.arguments())
        return named(token.text)

    def arguments(self) -> tuple[Node, ...]:
        self.expect("(")
        inner = self.answer((")",))
        self.expect(")")
        return inner.items if isinstance(inner, Seq) and inner.kind == "list" else (inner,)

    def function(self, name: str) -> Node:
        power: Node | None = None
        base: Node | None = None
        while self.is_op("^", "_"):
            if self.take("^"):
                power = self.signed()
            else:
                self.at += 1
                base = self.tight()
        if self.is_op("("):
            args = self.arguments()
        elif self.is_op("["):
            inner = self.primary()
            args = (inner,)
        elif self.is_op("\\{"):
            inner = self.primary()
            args = inner.items if isinstance(inner, Seq) else (inner,)
        else:
            args = (self.bare_argument(),)
        if name == "∪":
            return SetOp("union", args)
        if base is not None:
            if name not in ("log", "lg", "max", "min"):
                raise UnreadableError(f"{name} with a subscript")
            name, args = "log", (*args, base)
        node: Node = Call(name, args)
        if power is None:
            return node
        if power == MINUS_ONE and f"a{name}" in _INVERSES:
            return Call(f"a{name}", args)
        return Pow(node, power)

    def bare_argument(self) -> Node:
        r"""`\sin 2x`: the factors that follow, up to an operator or the next function."""
        if self.take("-"):
            return negative(self.bare_argument())
        factors = [self.factor()]
        while True:
            token = self.peek()
            if token.kind in ("num", "sym", "const") or (token.kind == "cmd" and self.starts_factor(token)):
                factors.append(self.factor())
            elif token.text == "/" and token.kind == "op" and self.peek(1).kind in ("num", "sym") and len(factors) < 8:
                self.at += 1
                factors.append(Pow(self.factor(), MINUS_ONE))
            else:
                return factors[0] if len(factors) == 1 else Mul(tuple(factors))

r"""LaTeX commands with arguments, sums and integrals, matrices and systems, and everything in brackets."""

from abc import abstractmethod
from fractions import Fraction

from rewardkit_math.complexity_limits import ITEMS, TooCostlyError
from rewardkit_math.notation.build import SYMPY_SHAPES, brackets, is_relation, join, sympy_shape
from rewardkit_math.notation.expressions import INFIX, Expressions
from rewardkit_math.notation.tokens import Token, UnreadableError
from rewardkit_math.notation.vocabulary import RELATIONS
from rewardkit_math.tree import (
    MINUS_ONE,
    BigOperator,
    Builder,
    Call,
    Conditioned,
    Const,
    Interval,
    Matrix,
    Mul,
    Node,
    Num,
    Pow,
    Rel,
    Seq,
    Sym,
    rebuild,
)

_OPEN = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}
_BARS = {"|": ("|", "abs"), "lfloor": ("rfloor", "floor"), "lceil": ("rceil", "ceil"), "‖": ("‖", "norm")}
_MATRIX = frozenset(("matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "array", "smallmatrix"))
_LINES = frozenset(
    ("align", "aligned", "alignat", "gather", "gathered", "split", "equation", "multline", "cases", "dcases", "rcases")
)


_CASES = frozenset(("cases", "dcases", "rcases"))
_CHAINED = frozenset(RELATIONS.values()) - {"in"}
_IF = frozenset(("if", "when", "for", "where"))


class Commands(Expressions):
    """The part of the parser that reads what is bracketed or begins with a backslash."""

    @abstractmethod
    def item(self) -> Node:
        """One item of a list, with the words around it."""

    def command(self, name: str) -> Node:
        if name in ("frac", "dfrac", "tfrac", "cfrac", "sfrac"):
            over = self.digit_or_tight()
            under = self.digit_or_tight()
            return Mul((over, Pow(under, MINUS_ONE)))
        if name in ("binom", "dbinom", "tbinom"):
            return Call("binomial", (self.digit_or_tight(), self.digit_or_tight()))
        if name == "sqrt":
            if self.take("["):
                index = self.sum()
                self.expect("]")
                return Call("root", (self.digit_or_tight(), index))
            return Call("sqrt", (self.digit_or_tight(),))
        if name in ("sum", "prod", "int", "lim"):
            return self.big(name)
        if name.startswith("begin "):
            return self.environment(name[6:])
        if name in SYMPY_SHAPES:
            args = self.arguments()
            return sympy_shape(name, args)
        if name in ("bmod", "pmod", "mod"):
            raise UnreadableError(name)
        if name in INFIX:
            raise UnreadableError(name)
        return Sym("\\" + name)

    def digit_or_tight(self) -> Node:
        r"""An argument of `\frac` or `\sqrt`; TeX takes a single digit, so that `\frac12` is one half."""
        token, before = self.peek(), self.tokens[self.at - 1]
        if (
            token.kind == "num"
            and len(token.text) > 1
            and token.text.isdigit()
            and before.text.endswith(("frac", "binom"))
        ):
            head, tail = token.text[0], token.text[1:]
            self.tokens[self.at : self.at + 1] = [
                Token("num", head, Fraction(int(head)), None, token.no_space_before),
                Token("num", tail, Fraction(int(tail)), None, no_space_before=True),
            ]
        return self.signed()

    def big(self, kind: str) -> Node:
        r"""`\sum`, `\prod`, `\int` or `\lim` with its bounds and its body."""
        low: Node | None = None
        high: Node | None = None
        var = ""
        while self.is_op("^", "_"):
            if self.take("^"):
                high = self.signed()
            elif kind == "lim":
                self.at += 1
                self.expect("{")
                var = self.peek().text
                self.at += 1
                self.expect("to")
                high = self.sum()
                self.expect("}")
            else:
                self.at += 1
                low = self.signed()
        if kind == "int":
            return self.integral(low, high)
        body = self.product()
        if isinstance(low, Rel) and low.ops == ("=",):
            if low.sides[0] == Const("i"):
                # An index, and no imaginary unit.
                low, body = (rebuild(part, {Const("i"): Sym("i")}) for part in (low, body))
                assert isinstance(low, Rel)
            if isinstance(low.sides[0], Sym):
                var, low = low.sides[0].name, low.sides[1]
        return BigOperator(kind, var, low, high, body)

    def integral(self, low: Node | None, high: Node | None) -> Node:
        """The integrand up to `d x`."""
        start = self.at
        for index in range(start, len(self.tokens) - 1):
            token, following = self.tokens[index], self.tokens[index + 1]
            if token.text == "d" and token.kind == following.kind == "sym":
                rest = self.tokens[index:]
                del self.tokens[index:]
                body = self.sum() if index > start else Num(Fraction(1))
                if self.at < index:
                    raise UnreadableError("the integrand")
                self.tokens += rest
                self.at = index + 2
                return BigOperator("int", following.text, low, high, body)
        raise UnreadableError("an integral without its variable")

    def environment(self, name: str) -> Node:
        r"""A matrix, or lines of statements, up to the matching `\end`."""
        rows: list[list[Node]] = [[]]
        end = f"end {name}"
        if name in _LINES - _CASES:
            # The ampersands only align, and a line that begins with a relation goes on with the line before.
            rest = [token for token in self.tokens[self.at :] if token.text != "&"]
            self.tokens[self.at :] = [
                token
                for token, after in zip(rest, [*rest[1:], rest[-1:]], strict=False)
                if not (token.text == "\\\\" and isinstance(after, Token) and after.text in _CHAINED)
            ]
        while not (self.peek().kind == "cmd" and self.peek().text == end):
            if self.peek().kind == "end":
                raise UnreadableError(f"\\begin{{{name}}} without its end")
            if self.take("\\\\"):
                rows.append([])
            elif self.take("and", ",", "&"):
                continue
            elif self.peek().text in _IF and self.peek().kind == "text":
                self.at += 1
            else:
                rows[-1].append(self.item())
            if len(rows) + len(rows[-1]) > ITEMS:
                raise TooCostlyError(f"more than {ITEMS} entries")
        self.at += 1
        full = [tuple(row) for row in rows if row]
        entries = [entry for row in full for entry in row]
        if name in _CASES and len(full) > 1 and all(len(row) == 2 for row in full):
            return Seq("set", tuple(Seq("tuple", row) for row in full))
        if name in _MATRIX and full and len({len(row) for row in full}) == 1 and not any(map(is_relation, entries)):
            matrix = Matrix(tuple(full))
            return Call("det", (matrix,)) if name == "vmatrix" else matrix
        if full and (name in _LINES or any(map(is_relation, entries))):
            return join(entries, "and")
        raise UnreadableError(f"\\begin{{{name}}}")

    def bracketed(self, text: str) -> Node:
        if text in _BARS:
            close, name = _BARS[text]
            self.at += 1
            outer, self.no_bar = self.no_bar, 1
            inner = self.sum()
            self.expect(close)
            self.no_bar = outer
            return Call(name, (inner,))
        if text == "]":
            return self.interval_from("]")
        if text not in _OPEN:
            raise UnreadableError(f"unexpected {text}")
        self.at += 1
        if text == "\\{":
            return self.braces()
        outer, self.no_bar = self.no_bar, 0
        if self.take(_OPEN[text]):
            if text != "{":
                raise UnreadableError("empty brackets")
            self.no_bar = outer
            return self.primary()
        inner = self.answer((")", "]", "}") if text != "{" else ("}",))
        self.no_bar = outer
        close = self.peek().text
        if not self.is_op(")", "]", "}"):
            raise UnreadableError("a bracket that does not close")
        self.at += 1
        if text == "{":
            return (
                Seq("set", inner.items)
                if isinstance(inner, Seq) and inner.kind == "list" and self.at == len(self.tokens)
                else inner
            )
        return brackets(text, close, inner)

    def interval_from(self, text: str) -> Node:
        """`]a, b]`, `]a, b[`: the French notation."""
        self.at += 1
        inner = self.answer(("]", "["))
        close = self.peek().text
        self.at += 1
        if not isinstance(inner, Seq) or len(inner.items) != 2 or close not in ("]", "["):
            raise UnreadableError(f"unexpected {text}")
        return Interval(inner.items[0], inner.items[1], low_closed=False, high_closed=close == "]")

    def braces(self) -> Node:
        if self.take("\\}"):
            return Const("empty")
        system = self.peek().kind == "cmd" and self.peek().text.startswith("begin ")
        outer, self.no_bar, self.in_braces = (self.no_bar, self.in_braces), 1, True
        inner = self.answer(("\\}", "mid", "}", ":"), bar=True)
        if self.take("|", "mid", ":"):
            self.no_bar, self.in_braces = 0, False
            inner = Builder(inner, self.answer(("\\}", "}")))
        self.no_bar, self.in_braces = outer
        if not self.take("\\}", "}"):
            if system:
                # `\left\{ \begin{array} … \end{array} \right.` is a system, not a set.
                return inner
            raise UnreadableError("a brace that does not close")
        if isinstance(inner, Builder):
            match inner.condition:
                case Conditioned(Rel(("=",), (head, _)), _, _) if head == inner.head:
                    # `{x | x = k pi, k in Z}` is the family that it describes.
                    return inner.condition
                case _:
                    return inner
        return Seq("set", inner.items if isinstance(inner, Seq) and inner.kind == "list" else (inner,))

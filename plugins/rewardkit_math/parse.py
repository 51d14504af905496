"""From tokens to the typed tree: a recursive-descent parser for the notations that answers are written in.

Nothing is evaluated and nothing is simplified here. Depth and size are bounded (`limits`), and each step consumes a
token, so that any text is parsed or refused in linear time.

    answer     items separated by `,` `;` `and` `or`, then conditions
    item       words? statement words?
    statement  sets (relation sets)*
    sets       sum ((∪ | ∩ | ∖) sum)*
    sum        product ((+ | - | ± | ∓) product)*
    product    factors, with `*` `/` or nothing between them
    factor     primary with `!` `%` `°` `'` and powers
"""

import re
from fractions import Fraction
from functools import lru_cache

from rewardkit_math.limits import DEPTH, ITEMS, TooCostlyError
from rewardkit_math.tokens import RELATIONS, UNITS_BARE, RefusedError, Token, UnreadableError, clean, tokenize
from rewardkit_math.tree import (
    EXPRESSION,
    MINUS_ONE,
    Add,
    Apply,
    Big,
    Builder,
    Call,
    Const,
    Given,
    Interval,
    Logic,
    Matrix,
    Mul,
    Node,
    Num,
    Pow,
    Quantity,
    Ratio,
    Rel,
    Seq,
    SetOp,
    Sym,
    Text,
    names,
)

_RELATION_OPS = frozenset(RELATIONS.values())
_END = Token("end", "")
_CONDITION = re.compile(
    r"(?:where|for|when|if|with|such|provided|assuming|as|whenever|given|on|over|unless|because|since|otherwise)\b"
)
_LEAD = re.compile(
    r"(?:.*\b(?:is|are|equals|be|equal to|as|by|gives|get|means|so|thus|hence|therefore|either|x|of)|[^a-z]*)[\s:,]*$"
)
_DENIAL = re.compile(r"\b(?:not|wrong|incorrect|false|isn't|perhaps|maybe|or|nor|never|except)\b")
_ORDINAL = frozenset(("st", "nd", "rd", "th"))
_FUNCTION_LETTERS = frozenset("fghFGHWPQT") | {"phi", "psi", "varphi"}
_SETS = (Seq, Interval, SetOp, Builder)
_CASE = re.compile(r"(?:if|when|otherwise|else|for)\b")
_QUANTIFIER = re.compile(r"for (?:all|any|every|each)\b|\\forall")
_REMARK = re.compile(
    r"\((?:about|approx|roughly|approximately|nearly|exactly)\b|(?:which is |or )?(?:about|approximately|roughly)\b"
)
_DISCOURSE = frozenset("therefore thus hence so then finally".split()) | {"so we get", "we get", "we have", "that is"}
_UNIT_LETTERS = frozenset("mghsLl")
_COINS = frozenset(("$", "€", "£", "¥", "pounds", "euro", "yen"))
_OPEN = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}
_MATRIX = frozenset("matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix array smallmatrix".split())
_LINES = frozenset("align aligned alignat gather gathered split equation multline cases dcases rcases eqnarray".split())


def plain(text: str) -> str:
    """The words of a text for comparison as text: no markup, no punctuation at the ends, lower case, single spaces."""
    text = re.sub(r"\\(?:text|mathrm|textbf|mbox|operatorname|textit|mathbf)\s*\{", "{", text)
    text = re.sub(r"\\[,;:!\s]|[{}$\\]|~", " ", text)
    words = " ".join(text.casefold().split()).strip(" .,;:!?\"'*`")
    for article in ("the ", "a ", "an "):
        words = words.removeprefix(article)
    return words


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of an answer; Text where it does not read as mathematics, empty Text where it is refused.

    raises  TooCostlyError where the size is beyond `limits`
    """
    try:
        tokens = tokenize(clean(text))
        return _Parser(tokens).answer_whole()
    except RefusedError:
        return Text("")
    except UnreadableError:
        return Text(plain(text))


class _Parser:
    """One pass over the tokens of one answer."""

    def __init__(self, tokens: list[Token]) -> None:
        while tokens and tokens[-1].kind == "op" and tokens[-1].text in (".", ",", ";", ":", "\\\\"):
            tokens = tokens[:-1]
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.no_bar = 0
        self.in_braces = False

    # -- reading tokens

    def peek(self, ahead: int = 0) -> Token:
        index = self.at + ahead
        return self.tokens[index] if index < len(self.tokens) else _END

    def is_op(self, *texts: str) -> bool:
        token = self.peek()
        return token.kind == "op" and token.text in texts

    def take(self, *texts: str) -> bool:
        if self.is_op(*texts):
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise UnreadableError(f"expected {text}, found {self.peek().text}")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise TooCostlyError(f"nested more than {DEPTH} deep")

    # -- answers and items

    def answer_whole(self) -> Node:
        node = self.answer(())
        if self.at < len(self.tokens):
            raise UnreadableError(f"unexpected {self.peek().text}")
        return node

    def answer(self, closers: tuple[str, ...], *, bar: bool = False) -> Node:
        """Items up to a closing bracket, which is left; a list where there are several."""
        self.deeper()
        items: list[Node] = []
        groups: list[list[Node]] = [[]]
        joined = ""
        condition = ""
        integers: frozenset[str] = frozenset()
        while True:
            while self.take(",", ";", "\\\\"):
                if self.tokens[self.at - 1].text == ";" and groups[-1]:
                    groups.append([])
            if self.take("and", "or") and items:
                joined = self.tokens[self.at - 1].text
                if groups[-1]:
                    groups.append([])
                continue
            token = self.peek()
            if token.kind == "end" or (token.kind == "op" and (token.text in closers or (bar and token.text == "|"))):
                break
            if items and token.kind == "text" and _CONDITION.match(token.text) and not closers:
                condition, found = self.rest_as_condition()
                integers |= found
                break
            if items and not self.separated():
                raise UnreadableError(f"unexpected {token.text}")
            item = self.item()
            if not (isinstance(item, Text) and item.words in _DISCOURSE):
                items.append(item)
                groups[-1].append(item)
            if len(items) > ITEMS:
                raise TooCostlyError(f"more than {ITEMS} items")
            if self.is_op("or", "and"):
                joined = self.peek().text
        self.depth -= 1
        if not items:
            raise UnreadableError("nothing there")
        kept = [item for item in items if not (len(items) > 1 and _integer_names(item))]
        for item in items:
            if len(items) > 1:
                integers |= _integer_names(item)
        node = _assignments(groups) or _join(kept or items, joined)
        if condition or integers:
            return Given(node, condition, integers)
        return node

    def separated(self) -> bool:
        before = self.tokens[self.at - 1]
        return before.kind == "op" and before.text in (",", ";", "\\\\", "and", "or")

    def rest_as_condition(self) -> tuple[str, frozenset[str]]:
        """All tokens that are left, as the words of a condition and the names that it calls integers."""
        rest = self.tokens[self.at :]
        self.at = len(self.tokens)
        integers = set()
        if any(token.kind == "text" and _CASE.match(token.text) for token in rest[1:]):
            raise UnreadableError("a value for each of several cases")
        for index, token in enumerate(rest):
            after = " ".join(other.text for other in rest[index + 1 : index + 6])
            if token.kind == "sym" and (
                re.match(r"(?:, \w )*in [ZN]\b", after)
                or re.match(r"(is |are |be )*(an? |any |arbitrary )*(positive |non-?negative )*integer", after)
            ):
                integers.add(token.text)
        return " ".join(token.text for token in rest), frozenset(integers)

    def item(self) -> Node:
        coin = self.peek()
        if coin.text in _COINS and coin.kind in ("op", "text") and self.peek(1).kind == "num":
            self.at += 1
            node = self.trailing(self.statement())
            return Quantity(node.value if isinstance(node, Quantity) else node, coin.text)
        lead: list[str] = []
        while self.peek().kind == "text" and self.peek(1).kind == "text":
            lead.append(self.peek().text)
            self.at += 1
        if self.peek().kind == "text":
            after = self.peek(1)
            lead.append(self.peek().text)
            self.at += 1
            if after.kind == "end" or (
                after.kind == "op" and after.text in (",", ";", "and", "or", ")", "]", "}", "\\}", "\\\\")
            ):
                return Text(" ".join(lead).strip(" .:"))
            if self.is_op(":"):
                self.at += 1
            elif not _LEAD.match(" ".join(lead)):
                raise UnreadableError("words before the answer")
        start = self.at
        try:
            node = self.statement()
        except UnreadableError:
            choice = self.choice(start)
            if choice is None:
                raise
            return choice
        return self.trailing(node)

    def choice(self, start: int) -> Node | None:
        """`(B) Cecile`, `C. 12`: a letter of multiple choice with the words of its option."""
        self.at = start
        opened = self.take("(")
        token = self.peek()
        if token.kind == "sym" and len(token.text) == 1 and token.text in "ABCDEFGHIJ":
            self.at += 1
            if (opened and self.take(")")) or (not opened and self.take(".", ")", ":")):
                rest = " ".join(part.text for part in self.tokens[self.at :])
                self.at = len(self.tokens)
                return Quantity(Sym(token.text), rest)
        return None

    def trailing(self, node: Node) -> Node:
        """The words after a statement: a unit, a percent sign, an ordinal, a condition, or any other words."""
        words: list[str] = []
        while True:
            token = self.peek()
            if token.kind == "text" and _QUANTIFIER.match(token.text):
                self.skip_quantifier()
            elif token.kind == "text" and _REMARK.match(token.text):
                while self.peek().kind != "end":
                    self.at += 1
            elif token.kind == "text":
                if _CONDITION.match(token.text) and not (token.text in UNITS_BARE):
                    condition, integers = self.rest_as_condition()
                    return Given(Quantity(node, " ".join(words)) if words else node, condition, integers)
                words.append(token.text)
                self.at += 1
            elif (token.kind == "op" and token.text == "$") or (token.kind == "sym" and token.text in _UNIT_LETTERS):
                words.append(token.text)
                self.at += 1
            elif words and token.kind == "op" and token.text in ("^", "/", "*", "-"):
                following = self.peek(1)
                if following.kind not in ("text", "num", "sym") and following.text != "{":
                    break
                words.append(token.text)
                self.at += 1
                if token.text == "^":
                    self.take("{")
                    words.append(self.peek().text)
                    self.at += 1
                    self.take("}")
                elif following.kind == "sym":
                    words.append(following.text)
                    self.at += 1
            elif words and token.kind in ("sym", "const") and self.at and self.tokens[self.at - 1].kind == "text":
                words.append(token.text)
                self.at += 1
            elif words and token.kind == "op" and token.text in (".", "'", ":", "in", "dots", "%"):
                words.append(token.text)
                self.at += 1
            else:
                break
        if not words:
            return node
        unit = " ".join(words).replace(" ^ ", "^").replace(" / ", "/").strip(" .:")
        if _DENIAL.search(unit):
            raise UnreadableError("the words after the answer take it back")
        if unit in _ORDINAL or unit == "" or isinstance(node, Rel) and set(node.ops) - {"=", "~"}:
            return node
        if isinstance(node, Rel):
            return Rel(node.ops, (*node.sides[:-1], Quantity(node.sides[-1], unit)))
        return Quantity(node, unit)

    def skip_quantifier(self) -> None:
        """`for all x in Z` restricts nothing: it ends before the next statement."""
        inside = 0
        while self.peek().kind != "end":
            if inside == 0 and (
                self.is_op("and", "or", ";") or (self.is_op(",") and self.peek(1).text in ("and", "or"))
            ):
                return
            inside += self.is_op("{", "(") - self.is_op("}", ")")
            if inside < 0:
                return
            self.at += 1

    # -- statements and sets

    def statement(self) -> Node:
        sides = [self.side()]
        ops: list[str] = []
        while self.peek().kind == "op" and self.peek().text in _RELATION_OPS:
            ops.append(self.peek().text)
            self.at += 1
            if self.peek().kind == "text" and self.peek(1).kind == "end":
                sides.append(Text(self.peek().text))
                self.at += 1
                break
            sides.append(self.side())
        return Rel(tuple(ops), tuple(sides)) if ops else sides[0]

    def side(self) -> Node:
        start = self.at
        parts = [self.sets()]
        while self.is_op(":") and not self.in_braces and self.ratio_follows():
            self.at += 1
            parts.append(self.sets())
        if len(parts) == 1:
            return parts[0]
        written = [token.text for token in self.tokens[start : self.at] if token.kind == "num"]
        if len(written) == len(parts) and any(text.startswith("0") and text.isdigit() for text in written):
            # A leading zero is a clock's: `00:41` is not the ratio 0.
            if self.tokens[start].text == "-":
                raise UnreadableError("a negative time of day")
            return Call("clock", tuple(parts))
        return Ratio(tuple(parts))

    def ratio_follows(self) -> bool:
        following = self.peek(1)
        return following.kind in ("num", "sym", "cmd") or following.text in ("(", "{", "-")

    def sets(self) -> Node:
        node = self.sum()
        while self.is_op("∪", "∩", "∖"):
            op = {"∪": "union", "∩": "meet", "∖": "minus"}[self.peek().text]
            self.at += 1
            other = self.sum()
            if isinstance(node, SetOp) and node.op == op and op != "minus":
                node = SetOp(op, (*node.args, other))
            else:
                node = SetOp(op, (node, other))
        return node

    # -- expressions

    def sum(self) -> Node:
        terms: list[Node] = []
        if self.is_op("±", "∓"):
            terms.append(self.plus_minus(self.peek().text))
        elif self.take("-"):
            terms.append(_negative(self.product()))
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
                terms.append(_negative(self.product()))
            elif self.is_op("±", "∓"):
                terms.append(self.plus_minus(self.peek().text))
            else:
                break
        if len(terms) == 2 and isinstance(terms[0], _SETS):
            match terms[1]:
                case Mul((minus, Seq() | Interval() | SetOp() | Builder() as taken)) if minus == MINUS_ONE:
                    return SetOp("minus", (terms[0], taken))
                case _:
                    raise UnreadableError("a sum of sets")
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

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
            elif self.starts_factor(token):
                previous = self.tokens[self.at - 1]
                if token.text in _UNIT_LETTERS and token.kind == "sym" and not token.glued and previous.kind == "num":
                    if self.peek(1).kind == "end" and len(factors) == 1:
                        break
                if previous.kind == "num" and token.kind == "num":
                    mixed = self.mixed_after(factors)
                    if mixed is None:
                        raise UnreadableError("two numbers side by side")
                    factors[-1] = mixed
                    continue
                if (
                    isinstance(factors[-1], Num)
                    and token.kind == "cmd"
                    and token.text in ("frac", "dfrac", "tfrac", "cfrac")
                ):
                    part = self.factor()
                    factors.append(part)
                    if previous.kind == "num" and factors[-2].places is None and _proper(part):
                        factors[-2:] = [Add((factors[-2], part))]
                    continue
                factors.append(self.factor())
            elif token.kind == "op" and token.text == "dots":
                self.at += 1
                factors.append(Sym("…"))
            else:
                break
        return factors[0] if len(factors) == 1 else Mul(tuple(factors))

    def mixed_after(self, factors: list[Node]) -> Node | None:
        """`2 1/2`, with white space between: a mixed number."""
        whole, over, slash, under = factors[-1], self.peek(), self.peek(1), self.peek(2)
        if (
            not isinstance(whole, Num)
            or whole.places is not None
            or over.glued
            or slash.text != "/"
            or under.kind != "num"
        ):
            return None
        assert over.value is not None and under.value is not None
        if not 0 < over.value < under.value or over.value.denominator != 1 or under.value.denominator != 1:
            return None
        self.at += 3
        return Num(whole.value + over.value / under.value)

    def starts_factor(self, token: Token) -> bool:
        if token.kind in ("num", "sym", "const", "func"):
            return True
        if token.kind == "cmd":
            return not token.text.startswith("end ")
        if token.kind == "op":
            if token.text == "|":
                return self.no_bar == 0
            if token.text == "[" and isinstance(self.tokens[self.at - 1], Token):
                return self.tokens[self.at - 1].text in ("*", ")") or self.tokens[self.at - 1].kind in ("num", "sym")
            return token.text in ("(", "{", "\\{", "lfloor", "lceil")
        return False

    def factor(self) -> Node:
        token = self.peek()
        if token.kind == "op" and token.text in ("-", "+"):
            self.at += 1
            self.deeper()
            inner = self.factor()
            self.depth -= 1
            return _negative(inner) if token.text == "-" else inner
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
                elif not isinstance(node, Apply):
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
        self.deeper()
        token = self.peek()
        if token.kind == "op" and token.text in ("'", "*"):
            self.at += 1
            power: Node = Sym(token.text)
            name = node.name if isinstance(node, Sym) else "?"
            self.depth -= 1
            return Sym(f"{name}^{token.text}")
        if token.kind == "text" and token.text in _ORDINAL:
            self.at += 1
            self.depth -= 1
            return node
        if (
            token.text == "{"
            and self.peek(1).kind == "text"
            and self.peek(1).text in _ORDINAL
            and self.peek(2).text == "}"
        ):
            self.at += 3
            self.depth -= 1
            return node
        if token.kind == "op" and token.text in ("-", "+"):
            self.at += 1
            power = self.factor()
            power = _negative(power) if token.text == "-" else power
        else:
            power = self.tight()
            if self.is_op("^") and token.text != "{":
                self.at += 1
                power = self.power(power)
            while self.take("!"):
                power = Call("factorial", (power,)) if token.text == "{" and False else power  # noqa: SIM223
                node = Call("factorial", (Pow(node, power),))
                self.depth -= 1
                return node
        self.depth -= 1
        return Pow(node, power)

    def tight(self) -> Node:
        """One argument as TeX takes it: a group, a command with its arguments, or a single number or name."""
        token = self.peek()
        if token.kind == "num" or token.kind == "sym":
            self.at += 1
            return Num(token.value, token.places) if token.value is not None else Sym_or_const(token.text)
        return self.primary()

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
        if isinstance(node, Num) and isinstance(index, Num) and node.places is None:
            return Call("base", (node, index))
        if base is None:
            raise UnreadableError("a subscript to a value")
        if isinstance(index, Num):
            return Sym(f"{base}_{index.value}")
        return Apply(f"{base}_", (index,))

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
            if token.kind == "op":
                return self.bracketed(token.text)
            raise UnreadableError(f"{token.kind} {token.text}")
        finally:
            self.depth -= 1

    def name(self, token: Token) -> Node:
        """A one-letter name; applied to what stands in brackets after it where it is the name of a function."""
        following, second, third = self.peek(), self.peek(1), self.peek(2)
        if following.text == "(" and following.kind == "op":
            defined = second.kind == "sym" and third.text == ")" and self.peek(3).text == "="
            if defined or (token.text in _FUNCTION_LETTERS and following.glued):
                return Apply(token.text, self.arguments())
        return Sym_or_const(token.text)

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
                power = _negative(self.tight()) if self.take("-") else self.tight()
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
        """`\\sin 2x`: the factors that follow, up to an operator or the next function."""
        if self.take("-"):
            return _negative(self.bare_argument())
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
        if name in ("Matrix", "FiniteSet", "Interval", "Eq", "Integer"):
            args = self.arguments()
            return _sympy_shape(name, args)
        if name == "bmod" or name == "pmod" or name == "mod":
            raise UnreadableError(name)
        if name == "frac":
            raise UnreadableError(name)
        return Sym("\\" + name)

    def digit_or_tight(self) -> Node:
        """An argument of `\\frac` or `\\sqrt`: TeX takes a single digit, so that `\\frac12` is one half."""
        token = self.peek()
        if (
            token.kind == "num"
            and len(token.text) > 1
            and token.text.isdigit()
            and self.at
            and self.tokens[self.at - 1].glued is not None
        ):
            if self.tokens[self.at - 1].kind == "cmd" and self.tokens[self.at - 1].text.endswith(("frac", "binom")):
                head, tail = token.text[0], token.text[1:]
                self.tokens = [
                    *self.tokens[: self.at],
                    Token("num", head, Fraction(int(head)), None, token.glued),
                    Token("num", tail, Fraction(int(tail)), None, True),
                    *self.tokens[self.at + 1 :],
                ]
        if self.is_op("-"):
            self.at += 1
            return _negative(self.tight())
        return self.tight()

    def big(self, kind: str) -> Node:
        low: Node | None = None
        high: Node | None = None
        var = ""
        while self.is_op("^", "_"):
            if self.take("^"):
                high = self.tight() if not self.take("-") else _negative(self.tight())
            else:
                self.at += 1
                if kind == "lim":
                    self.expect("{")
                    var = self.peek().text
                    self.at += 1
                    self.expect("to")
                    high = self.sum()
                    self.expect("}")
                    continue
                low = self.tight() if not self.take("-") else _negative(self.tight())
        if kind == "int":
            start, mark = self.at, None
            for index in range(start, len(self.tokens) - 1):
                if (
                    self.tokens[index].text == "d"
                    and self.tokens[index].kind == "sym"
                    and self.tokens[index + 1].kind == "sym"
                ):
                    mark = index
                    break
            if mark is None:
                raise UnreadableError("an integral without its variable")
            var = self.tokens[mark + 1].text
            inner = _Parser(self.tokens[start:mark])
            inner.depth = self.depth
            body = inner.sum() if mark > start else Num(Fraction(1))
            if inner.at < len(inner.tokens):
                raise UnreadableError("the integrand")
            self.at = mark + 2
            return Big("int", var, low, high, body)
        if isinstance(low, Rel) and low.ops == ("=",) and isinstance(low.sides[0], Sym):
            var, low = low.sides[0].name, low.sides[1]
        return Big(kind, var, low, high, self.product())

    def environment(self, name: str) -> Node:
        """A matrix, or lines of statements, up to the matching `\\end`."""
        rows: list[list[Node]] = [[]]
        end = f"end {name}"
        while not (self.peek().kind == "cmd" and self.peek().text == end):
            if self.peek().kind == "end":
                raise UnreadableError(f"\\begin{{{name}}} without its end")
            if self.take("\\\\"):
                rows.append([])
            elif self.take("and", ",", "&"):
                continue
            else:
                rows[-1].append(self.item())
            if len(rows) + len(rows[-1]) > ITEMS:
                raise TooCostlyError(f"more than {ITEMS} entries")
        self.at += 1
        full = [tuple(row) for row in rows if row]
        entries = [entry for row in full for entry in row]
        if name in _MATRIX and full and len({len(row) for row in full}) == 1 and not any(map(_is_relation, entries)):
            matrix = Matrix(tuple(full))
            return Call("det", (matrix,)) if name == "vmatrix" else matrix
        if full and (name in _LINES or any(map(_is_relation, entries))):
            return _join(entries, "and")
        raise UnreadableError(f"\\begin{{{name}}}")

    def bracketed(self, text: str) -> Node:
        if text in ("|", "lfloor", "lceil", "‖"):
            close = {"|": "|", "lfloor": "rfloor", "lceil": "rceil", "‖": "‖"}[text]
            self.at += 1
            outer, self.no_bar = self.no_bar, 1
            inner = self.sum()
            self.expect(close)
            self.no_bar = outer
            return Call({"|": "abs", "lfloor": "floor", "lceil": "ceil", "‖": "norm"}[text], (inner,))
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
        if text == "[" and close == "[":
            raise UnreadableError("brackets")
        if not self.is_op(")", "]", "}"):
            raise UnreadableError("a bracket that does not close")
        self.at += 1
        if text == "{":
            return (
                Seq("set", inner.items)
                if isinstance(inner, Seq) and inner.kind == "list" and self.at == len(self.tokens)
                else inner
            )
        return _brackets(text, close, inner)

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
            return inner
        return Seq("set", inner.items if isinstance(inner, Seq) and inner.kind == "list" else (inner,))


_INVERSES = frozenset("asin acos atan acot asec acsc asinh acosh atanh".split())


def Sym_or_const(name: str) -> Node:  # noqa: N802
    """`e` and `i` are the constants; sympy writes them `E` and `I`."""
    if name == "e":
        return Const("e")
    if name == "i":
        return Const("i")
    return Sym(name)


def _negative(node: Node) -> Node:
    if isinstance(node, Num):
        return Num(-node.value, node.places)
    if isinstance(node, Mul):
        return Mul((MINUS_ONE, *node.args))
    return Mul((MINUS_ONE, node))


def _is_relation(node: Node) -> bool:
    return isinstance(node, Rel)


def _proper(node: Node) -> bool:
    """A fraction of whole numbers between 0 and 1."""
    match node:
        case Mul((Num(over, None), Pow(Num(under, None), power))) if power == MINUS_ONE:
            return over.denominator == under.denominator == 1 and 0 < over < under
        case _:
            return False


def _integer_names(node: Node) -> frozenset[str]:
    """The names that a statement such as `k \\in \\mathbb{Z}` calls integers."""
    match node:
        case Rel(("in",), (Sym(name), Const("Z" | "N"))):
            return frozenset((name,))
        case Rel(("in",), (Sym(name), Pow(Const("Z" | "N"), _))):
            return frozenset((name,))
        case _:
            return frozenset()


def _join(items: list[Node], joined: str) -> Node:
    if len(items) == 1:
        return items[0]
    if joined and all(isinstance(item, Rel) for item in items) and any(set(item.ops) - {"=", "~"} for item in items):  # type: ignore[union-attr]
        return Logic("or" if joined == "or" else "and", tuple(items))
    return Seq("list", tuple(items))


def _assignments(groups: list[list[Node]]) -> Node | None:
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


def _brackets(opened: str, close: str, inner: Node) -> Node:
    """What round and square brackets around items mean."""
    several = isinstance(inner, Seq) and inner.kind == "list"
    if not several:
        if (opened, close) in (("(", ")"), ("[", "]")):
            return inner
        raise UnreadableError("brackets that do not match")
    assert isinstance(inner, Seq)
    items = inner.items
    if len(items) == 2 and (opened, close) != ("(", ")"):
        return Interval(items[0], items[1], low_closed=opened == "[", high_closed=close == "]")
    if (opened, close) == ("(", ")"):
        if len(items) == 2 and any(_infinite(item) for item in items):
            return Interval(items[0], items[1], low_closed=False, high_closed=False)
        return Seq("tuple", items)
    if (opened, close) != ("[", "]"):
        raise UnreadableError("brackets that do not match")
    if all(isinstance(item, Seq | Interval) for item in items):
        return Seq("tuple", items)
    return Seq("tuple", items)


def _infinite(node: Node) -> bool:
    return node == Const("oo") or (isinstance(node, Mul) and node.args == (MINUS_ONE, Const("oo")))


def _sympy_shape(name: str, args: tuple[Node, ...]) -> Node:
    if name == "FiniteSet":
        return Seq("set", args)
    if name == "Eq" and len(args) == 2:
        return Rel(("=",), args)
    if name == "Integer" and len(args) == 1:
        return args[0]
    if name == "Interval" and len(args) == 2:
        return Interval(args[0], args[1], low_closed=not _infinite(args[0]), high_closed=not _infinite(args[1]))
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


def free_names(node: Node) -> frozenset[str]:
    """The free names of a node (see `tree.names`)."""
    return names(node)

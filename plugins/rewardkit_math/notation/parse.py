"""From tokens to the typed tree: a recursive-descent parser for the notations that answers are written in.

Nothing is evaluated and nothing is simplified here. Depth and size are bounded (`complexity_limits`), and each step
consumes a token, so that any text is parsed or refused in linear time. Answers and the words around them:

    answer     items separated by `,` `;` `and` `or`, then conditions
    item       words? statement words?
    statement  side (relation side)*
    side       sets (`:` sets)*

`expressions` reads what is inside an item, `latex_commands` what is inside brackets and LaTeX commands.
"""

import re
from functools import lru_cache

from rewardkit_math.complexity_limits import ITEMS, TooCostlyError
from rewardkit_math.notation.build import assignments, integer_names, join
from rewardkit_math.notation.expressions import UNIT_LETTERS
from rewardkit_math.notation.latex_commands import Commands
from rewardkit_math.notation.normalize import clean
from rewardkit_math.notation.tokens import RefusedError, UnreadableError, tokenize
from rewardkit_math.notation.vocabulary import RELATIONS, UNITS_BARE
from rewardkit_math.tree import Call, Conditioned, Const, Node, Quantity, Ratio, Rel, Sym, Text
from rewardkit_math.units import is_measure

_RELATION_OPS = frozenset(RELATIONS.values())
_CONDITION = re.compile(
    r"(?:where|for|when|if|with|such|provided|assuming|as|whenever|given|on|over|unless|because|since|otherwise)\b"
)
_LEAD = re.compile(
    r"(?:.*\b(?:is|are|equals|be|equal to|as|by|gives|get|means|so|thus|hence|therefore|either|x|of|est|de|es|ist)"
    r"|[^a-z]*)[\s:,]*$"
)
_DENIAL = re.compile(r"\b(?:not|wrong|incorrect|false|isn't|perhaps|maybe|or|nor|never|except)\b")
_ORDINAL = frozenset(("st", "nd", "rd", "th"))
_ASIDE = frozenset(("which", "namely", "which is"))
_CASE = re.compile(r"(?:if|when|otherwise|else|for)\b")
_ROUGHLY = frozenset(("approximately", "about", "roughly", "around", "exactly", "only"))
_QUANTIFIER = re.compile(r"for (?:all|any|every|each)\b|\\forall")
_REMARK = re.compile(
    r"\((?:about|approx|roughly|approximately|nearly|exactly)\b|(?:which is |or )?(?:about|approximately|roughly)\b"
)
_DISCOURSE = frozenset(
    (
        "因此",
        "所以",
        "于是",
        "故",
        "综上",
        "则",
        "therefore",
        "thus",
        "hence",
        "so",
        "then",
        "finally",
        "donc",
        "ainsi",
        "also",
        "daher",
        "luego",
        "entonces",
        "por lo tanto",
        "so we get",
        "we get",
        "we have",
        "that is",
    )
)
_PHRASES: dict[str, Node] = {
    "dne": Text("does not exist"),
    **dict.fromkeys(
        ("all real numbers", "all reals", "any real number", "all real values", "set of all real numbers"), Const("R")
    ),
    **dict.fromkeys(
        ("no solution", "no solutions", "no real solution", "no real solutions", "empty set", "there is no solution"),
        Const("empty"),
    ),
}
_CHARS_REMEMBERED = 300
"""Longer texts are parsed each time: trees are large, and memory is bounded."""
_PUNCTUATION = frozenset((".", ",", ";", ":", "\\\\"))
_COINS = frozenset(("$", "€", "£", "¥", "pounds", "euro", "yen"))


def plain(text: str) -> str:
    """The words of a text for comparison as text: no markup, no punctuation at the ends, lower case, single spaces."""
    text = re.sub(r"\\(?:text|mathrm|textbf|mbox|operatorname|textit|mathbf)\s*\{", "{", text)
    text = re.sub(r"\\[,;:!\s]|[{}$\\]|~", " ", text)
    words = " ".join(text.casefold().split()).strip(" .,;:!?\"'*`")
    for article in ("the ", "a ", "an "):
        words = words.removeprefix(article)
    return words


def parse(text: str) -> Node:
    """The tree of an answer; Text where it does not read as mathematics, empty Text where it is refused.

    raises  TooCostlyError where the size is beyond `complexity_limits`
    """
    return _remembered(text) if len(text) <= _CHARS_REMEMBERED else _parse(text)


def _parse(text: str) -> Node:
    try:
        tokens = tokenize(clean(text))
        while tokens and tokens[-1].kind == "op" and tokens[-1].text in _PUNCTUATION:
            tokens.pop()
        node = _Parser(tokens).answer_whole()
        return _PHRASES.get(node.words, node) if isinstance(node, Text) else node
    except RefusedError:
        return Text("")
    except UnreadableError:
        words = plain(text)
        return _PHRASES.get(words) or Text(words)


_remembered = lru_cache(maxsize=4096)(_parse)


def _measured(node: Node) -> bool:
    return isinstance(node, Quantity) and is_measure(node.unit)


class _Parser(Commands):
    """One pass over the tokens of one answer."""

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
            if self.take("and", "or", "&") and items:
                joined = self.tokens[self.at - 1].text.replace("&", "and")
                if groups[-1]:
                    groups.append([])
                continue
            token = self.peek()
            if token.kind == "end" or (token.kind == "op" and (token.text in closers or (bar and token.text == "|"))):
                break
            aside = token.kind == "text" and (_CONDITION.match(token.text) or token.text in _ASIDE)
            if items and aside and not closers:
                condition, found = self.rest_as_condition()
                integers |= found
                break
            goes_on = items and token.kind == "num" and _measured(items[-1])
            if items and not self.separated() and not goes_on:
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
        kept = [item for item in items if not (len(items) > 1 and integer_names(item))]
        for item in items:
            if len(items) > 1:
                integers |= integer_names(item)
        node = assignments(groups) or join(kept or items, joined)
        if condition or integers:
            return Conditioned(node, condition, integers)
        return node

    def separated(self) -> bool:
        before = self.tokens[self.at - 1]
        return before.kind == "op" and before.text in (",", ";", "\\\\", "and", "or", "&")

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
        while self.is_op("~", "=") or (self.peek().kind == "text" and self.peek().text in _ROUGHLY):
            self.at += 1
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
            if self.is_op(":", "="):
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
            elif (token.kind == "text" and _REMARK.match(token.text)) or (token.text == "(" and self.is_remark()):
                self.at = len(self.tokens)
            elif token.kind == "text":
                if not any(char.isalpha() or char in _COINS for char in token.text):
                    raise UnreadableError(f"{token.text} after the answer")
                if _CONDITION.match(token.text) and token.text not in UNITS_BARE:
                    condition, integers = self.rest_as_condition()
                    return Conditioned(Quantity(node, " ".join(words)) if words else node, condition, integers)
                words.append(token.text)
                self.at += 1
            elif (token.kind == "op" and token.text == "$") or (token.kind == "sym" and token.text in UNIT_LETTERS):
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
            elif (words and token.kind in ("sym", "const") and self.at and self.tokens[self.at - 1].kind == "text") or (
                words and token.kind == "op" and token.text in (".", "'", ":", "in", "dots", "%")
            ):
                words.append(token.text)
                self.at += 1
            else:
                break
        if not words:
            return node
        unit = " ".join(words).replace(" ^ ", "^").replace(" / ", "/").strip(" .:")
        if _DENIAL.search(unit):
            raise UnreadableError("the words after the answer take it back")
        if unit in _ORDINAL or unit == "" or (isinstance(node, Rel) and set(node.ops) - {"=", "~"}):
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
            if self.is_op("="):
                raise UnreadableError("a statement inside a quantifier")
            inside += self.is_op("{", "(") - self.is_op("}", ")")
            if inside < 0:
                return
            self.at += 1

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

"""The words after a statement: a unit, a percent sign, an ordinal, a condition, a remark, or any other words."""

import re

from rewardkit_math.notation.build import permuted
from rewardkit_math.notation.cursor import Cursor
from rewardkit_math.notation.expressions import ORDINALS, is_remark, restated
from rewardkit_math.notation.tokens import Token, UnreadableError
from rewardkit_math.notation.unit_tokens import read_unit
from rewardkit_math.notation.vocabulary.phrases import (
    CASES,
    COINS,
    CONDITIONS,
    QUANTIFIERS,
    REMARKS,
    changes_value,
    denies,
)
from rewardkit_math.tree import Call, Conditioned, Node, Num, Quantity, Rel, Seq
from rewardkit_math.units import find_unit

_BEGINS = frozenset(("(", "$", "°", "{"))
"""Signs that words behind a value may begin with."""
_DEGREES = frozenset(("degree", "degrees", "deg"))
PERMUTATIONS = re.compile(
    r"(?:and|or|with|plus|including)\s+(?:all\s+)?(?:of\s+)?(?:its|their|the|any|other)?\s*(?P<cyclic>cyclic\s+)?permutations?"
    r"(?:\s+(?:thereof|of\s+(?:it|them|this|these|those)))?"
)
"""`(1, 2, 3) and its permutations`."""
_INTEGER_WORDS = re.compile(r"(?:is |are |be )*(?:an? |any |arbitrary )*(?:positive |non-?negative )*integer")
_IN_INTEGERS = re.compile(r"(?:, \w )*in [ZN]\b")


def is_condition(words: str) -> bool:
    """True for words that begin a condition and are no unit."""
    return bool(CONDITIONS.match(words)) and find_unit(words) is None


def read_trailing(cursor: Cursor, node: Node) -> Node:
    """The node with the words behind it.

    raises  UnreadableError where they take the value back or change it
    """
    token = cursor.peek()
    if token.kind == "end" or (token.kind == "op" and token.text not in _BEGINS):
        return node
    words: list[str] = []
    unit = read_unit(cursor)
    if unit:
        words.append(unit)
    while True:
        token = cursor.peek()
        if token.kind == "text" and QUANTIFIERS.match(token.text):
            _skip_quantifier(cursor)
        elif (token.kind == "text" and REMARKS.match(token.text)) or (token.text == "(" and is_remark(cursor)):
            cursor.skip_all()
        elif token.text == "(" and not words and restated(cursor):
            return _restated(cursor, node)
        elif token.kind == "text" and is_condition(token.text):
            condition, integers = read_condition(cursor)
            return Conditioned(Quantity(node, " ".join(words)) if words else node, condition, integers)
        elif (piece := _word(cursor, words)) is not None:
            words.append(piece)
        else:
            return _with_words(node, words)


def _word(cursor: Cursor, words: list[str]) -> str | None:
    """The next piece of the words, read; None where they end."""
    token, following = cursor.peek(), cursor.peek(1)
    if token.kind == "text":
        if not any(char.isalpha() or char in COINS for char in token.text):
            raise UnreadableError(f"{token.text} after the answer")
        cursor.at += 1
        return token.text
    if token.kind == "op" and token.text == "$":
        cursor.at += 1
        return token.text
    if not words:
        return None
    if token.kind == "op" and token.text in ("^", "/", "*", "-"):
        return _sign_with_word(cursor, token, following)
    name = token.kind in ("sym", "const") and cursor.before().kind == "text"
    if name or (token.kind == "op" and token.text in (".", "'", ":", "in", "dots", "%")):
        cursor.at += 1
        return token.text
    return None


def _sign_with_word(cursor: Cursor, token: Token, following: Token) -> str | None:
    """`/ day`, `^{2}` inside of words."""
    if following.kind not in ("text", "num", "sym") and following.text != "{":
        return None
    cursor.at += 1
    if token.text == "^":
        cursor.take("{")
        sign = "-" if cursor.take("-") else ""
        power = cursor.peek().text
        cursor.at += 1
        cursor.take("}")
        return f"^{sign}{power}"
    if following.kind == "sym":
        cursor.at += 1
        return f"{token.text} {following.text}"
    return token.text


def _with_words(node: Node, words: list[str]) -> Node:
    if not words:
        return node
    unit = " ".join(words).replace(" ^", "^").replace(" / ", "/").strip(" .:")
    if denies(unit):
        raise UnreadableError("the words after the answer take it back")
    if changes_value(unit):
        raise UnreadableError("the words after the answer change it")
    if isinstance(node, Seq) and (every := PERMUTATIONS.fullmatch(unit)):
        return permuted(node, cyclic=every["cyclic"] is not None)
    if unit in ORDINALS or unit == "" or (isinstance(node, Rel) and set(node.ops) - {"=", "~"}):
        return node
    if isinstance(node, Rel):
        return Rel(node.ops, (*node.sides[:-1], _quantity(node.sides[-1], unit)))
    return _quantity(node, unit)


def _quantity(value: Node, unit: str) -> Node:
    if unit in _DEGREES:
        return Call("deg", (value,))
    return Quantity(value, unit)


def _restated(cursor: Cursor, node: Node) -> Node:
    """`3/8 (0.375)`: two ways to say one value."""
    cursor.expect("(")
    cursor.take("or", "~", "=")
    again = cursor.peek()
    cursor.at += 1
    if again.kind != "num" or again.value is None:
        cursor.skip_all()
        return node
    value: Node = Num(again.value, again.places)
    if cursor.take("%"):
        value = Call("percent", (value,))
    cursor.skip_all()
    return Seq("or", (node, value))


def read_condition(cursor: Cursor) -> tuple[str, frozenset[str]]:
    """All tokens that are left, as the words of a condition and the names that it calls integers."""
    rest = cursor.rest()
    cursor.skip_all()
    integers = set()
    if any(token.kind == "text" and CASES.match(token.text) for token in rest[1:]):
        raise UnreadableError("a value for each of several cases")
    for index, token in enumerate(rest):
        after = " ".join(other.text for other in rest[index + 1 : index + 6])
        if token.kind == "sym" and (_IN_INTEGERS.match(after) or _INTEGER_WORDS.match(after)):
            integers.add(token.text)
    return " ".join(token.text for token in rest), frozenset(integers)


def _skip_quantifier(cursor: Cursor) -> None:
    """`for all x in Z` restricts nothing: it ends before the next statement."""
    inside = 0
    while cursor.peek().kind != "end":
        before_join = cursor.is_op(",") and cursor.peek(1).text in ("and", "or")
        if inside == 0 and (cursor.is_op("and", "or", ";") or before_join):
            return
        if cursor.is_op("="):
            raise UnreadableError("a statement inside a quantifier")
        inside += cursor.is_op("{", "(") - cursor.is_op("}", ")")
        if inside < 0:
            return
        cursor.at += 1

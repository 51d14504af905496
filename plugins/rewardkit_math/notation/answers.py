"""Whole answers: items, statements, and the words around them.

answer     items separated by `,` `;` `and` `or`, then conditions
item       words? statement words?
statement  side (relation side)*
side       sets (`:` sets)*
"""

import re

from rewardkit_math.complexity_limits import ITEMS, TooCostlyError
from rewardkit_math.notation.build import assignments, integer_names, join, permuted
from rewardkit_math.notation.cursor import Cursor
from rewardkit_math.notation.expressions import read_sets
from rewardkit_math.notation.tokens import Token, UnreadableError
from rewardkit_math.notation.trailing import PERMUTATIONS, is_condition, read_condition, read_trailing
from rewardkit_math.notation.vocabulary.operators import RELATIONS
from rewardkit_math.notation.vocabulary.phrases import ASIDES, COINS, DISCOURSE, ROUGHLY, leads_to_value
from rewardkit_math.tree import Call, Conditioned, Node, Num, Quantity, Ratio, Rel, Seq, Sym, Text
from rewardkit_math.units import is_unit

_RELATION_OPS = frozenset(RELATIONS.values())
_SEPARATORS = frozenset((",", ";", "\\\\", "and", "or", "&"))
_ENDS_ITEM = frozenset((",", ";", "\\\\", "and", "or", ")", "]", "}", "\\}"))
_AFTER_WORDS = frozenset((",", ";", "and", "or", ")", "]", "}", "\\}", "\\\\"))

_LEADING_ZERO = re.compile(r"0\d*")


def read_answer(cursor: Cursor, closers: tuple[str, ...], *, bar: bool = False) -> Node:
    """Items up to a closing bracket, which is left; a list where there are several."""
    cursor.deeper()
    items: list[Node] = []
    groups: list[list[Node]] = [[]]
    joined = ""
    condition = ""
    integers: frozenset[str] = frozenset()
    while True:
        while cursor.take(",", ";", "\\\\"):
            if cursor.before().text == ";" and groups[-1]:
                groups.append([])
        if cursor.take("and", "or", "&") and items:
            joined = cursor.before().text.replace("&", "and")
            if groups[-1]:
                groups.append([])
            continue
        token = cursor.peek()
        opens = token.text == "[" and (not items or _separated(cursor))
        if token.kind == "end" or (token.kind == "op" and token.text in closers and not opens):
            break
        if bar and cursor.is_op("|"):
            break
        if items and not closers and token.kind == "text" and (is_condition(token.text) or token.text in ASIDES):
            condition, found = read_condition(cursor)
            integers |= found
            break
        if items and not _separated(cursor) and not (token.kind == "num" and _measured(items[-1])):
            raise UnreadableError(f"unexpected {token.text}")
        item = read_item(cursor)
        if not (isinstance(item, Text) and item.words in DISCOURSE):
            items.append(item)
            groups[-1].append(item)
        if len(items) > ITEMS:
            raise TooCostlyError(f"more than {ITEMS} items")
        if cursor.is_op("or", "and"):
            joined = cursor.peek().text
    cursor.depth -= 1
    if not items:
        raise UnreadableError("nothing there")
    if len(items) > 1 and isinstance(items[-1], Text):
        every = PERMUTATIONS.fullmatch(f"and {items[-1].words}")
        if every:
            return permuted(Seq("list", tuple(items[:-1])), cyclic=every["cyclic"] is not None)
    if len(items) > 1:
        integers = integers.union(*map(integer_names, items))
        items = [item for item in items if not integer_names(item)] or items
    node = assignments(groups) or join(items, joined)
    return Conditioned(node, condition, integers) if condition or integers else node


def _separated(cursor: Cursor) -> bool:
    before = cursor.before()
    return before.kind == "op" and before.text in _SEPARATORS


def _measured(node: Node) -> bool:
    """True for a quantity in a unit, which may go on in a smaller one: `3 hours 20 minutes`."""
    return isinstance(node, Quantity) and is_unit(node.unit)


def read_item(cursor: Cursor) -> Node:
    """One item of a list, with the words around it."""
    number = _plain_number(cursor)
    if number is not None:
        return number
    coin = cursor.peek()
    if coin.text in COINS and coin.kind in ("op", "text") and cursor.peek(1).kind == "num":
        cursor.at += 1
        node = read_trailing(cursor, read_statement(cursor))
        return Quantity(node.value if isinstance(node, Quantity) else node, coin.text)
    while cursor.is_op("~", "=") or (cursor.peek().kind == "text" and cursor.peek().text in ROUGHLY):
        cursor.at += 1
    words = _leading_words(cursor)
    if words is not None:
        return words
    start = cursor.at
    try:
        node = read_statement(cursor)
    except UnreadableError:
        failed = cursor.at
        choice = _choice(cursor, start)
        if choice is None:
            cursor.at = failed  # the place that the error is about
            raise
        return choice
    return read_trailing(cursor, node)


def _plain_number(cursor: Cursor) -> Num | None:
    """Reads an item that is a number and nothing else, as most items are; None where it is more than that."""
    sign = cursor.peek()
    minus = sign.kind == "op" and sign.text == "-"
    number, following = (cursor.peek(1), cursor.peek(2)) if minus else (sign, cursor.peek(1))
    if number.kind != "num" or number.value is None:
        return None
    if following.kind != "end" and not (following.kind == "op" and following.text in _ENDS_ITEM):
        return None
    cursor.at += 1 + minus
    return Num(-number.value if minus else number.value, number.places)


def _leading_words(cursor: Cursor) -> Text | None:
    """Reads the words before a statement; a Text where nothing but words stands there.

    raises  UnreadableError where the words do not lead to a value, or change it
    """
    lead: list[str] = []
    while cursor.peek().kind == "text" and cursor.peek(1).kind == "text":
        lead.append(cursor.peek().text)
        cursor.at += 1
    if cursor.peek().kind != "text":
        return None
    after = cursor.peek(1)
    lead.append(cursor.peek().text)
    cursor.at += 1
    if after.kind == "end" or (after.kind == "op" and after.text in _AFTER_WORDS):
        return Text(" ".join(lead).strip(" .:"))
    if not cursor.take(":", "=") and not leads_to_value(" ".join(lead)):
        raise UnreadableError("words before the answer")
    return None


def _choice(cursor: Cursor, start: int) -> Node | None:
    """`(B) Cecile`, `C. 12`: a letter of multiple choice with the words of its option."""
    cursor.at = start
    opened = cursor.take("(")
    token = cursor.peek()
    if token.kind == "sym" and len(token.text) == 1 and token.text in "ABCDEFGHIJ":
        cursor.at += 1
        if (opened and cursor.take(")")) or (not opened and cursor.take(".", ")", ":")):
            rest = " ".join(part.text for part in cursor.rest())
            cursor.skip_all()
            return Quantity(Sym(token.text), rest)
    return None


def read_statement(cursor: Cursor) -> Node:
    """Sides with relations between them."""
    sides = [_side(cursor)]
    ops: list[str] = []
    while (token := cursor.peek()).kind == "op" and token.text in _RELATION_OPS:
        ops.append(token.text)
        cursor.at += 1
        if cursor.peek().kind == "text" and cursor.peek(1).kind == "end":
            sides.append(Text(cursor.peek().text))
            cursor.at += 1
            break
        sides.append(_side(cursor))
    return Rel(tuple(ops), tuple(sides)) if ops else sides[0]


def _side(cursor: Cursor) -> Node:
    start = cursor.at
    first = read_sets(cursor)
    if cursor.peek().text != ":":
        return first
    parts = [first]
    while cursor.is_op(":") and not cursor.in_braces and _goes_on(cursor.peek(1)):
        cursor.at += 1
        parts.append(read_sets(cursor))
    if len(parts) == 1:
        return parts[0]
    written = [token.text for token in cursor.tokens[start : cursor.at] if token.kind == "num"]
    if len(written) == len(parts) and any(_LEADING_ZERO.fullmatch(text) for text in written):
        # A leading zero is a clock's: `00:41` is not the ratio 0.
        if cursor.tokens[start].text == "-":
            raise UnreadableError("a negative time of day")
        return Call("clock", tuple(parts))
    return Ratio(tuple(parts))


def _goes_on(following: Token) -> bool:
    return following.kind in ("num", "sym", "cmd") or following.text in ("(", "{", "-")

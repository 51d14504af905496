r"""Units after a value: `km/h`, `\Omega`, `\mu\text{m}`, `°C`, `\frac{\text{km}}{\text{h}}`, `\mathrm{m\,s^{-1}}`."""

from rewardkit_math.notation.cursor import Cursor
from rewardkit_math.notation.tokens import Token
from rewardkit_math.units import find_unit, is_unit

_LETTERS = frozenset("mghsLlNJVWAK")
"""Units of one letter: read as such after a number and a space, at the end of an item."""
_BEGINS = frozenset(("°", "{"))
"""Signs that a unit may begin with."""
_MOST_TOKENS = 16
_CLOSERS = frozenset((",", ";", "and", "or", "\\\\", "&", "="))
_BRACKETS = frozenset((")", "]", "}", "\\}"))
"""Behind these a letter is no unit (`\\frac{3 m}{2}`), but a word is."""


def read_unit(cursor: Cursor) -> str | None:
    """The unit at the cursor, which moves behind it; None, and nothing read, where none stands that ends the item."""
    token = cursor.peek()
    if token.kind in ("num", "end") or (token.kind == "op" and token.text not in _BEGINS):
        return None
    start = cursor.at
    text = _unit(cursor, start + _MOST_TOKENS)
    following = cursor.peek()
    closed = following.text in _BRACKETS and all(token.kind != "sym" for token in cursor.tokens[start : cursor.at])
    ends = following.kind in ("end", "text") or closed or following.text in _CLOSERS or following.text in ("(", ".")
    if not text or not ends or not is_unit(text):
        cursor.at = start
        return None
    return text


def unit_follows(cursor: Cursor) -> bool:
    """True if a unit stands at the cursor, with a space before it, and ends the item."""
    token = cursor.peek()
    if token.kind not in ("sym", "text", "cmd", "op") or (token.kind == "sym" and token.no_space_before):
        return False
    start = cursor.at
    found = read_unit(cursor)
    cursor.at = start
    return found is not None


def _unit(cursor: Cursor, limit: int) -> str:
    """Factors with powers, with a sign or nothing between them."""
    parts: list[str] = []
    while cursor.at < limit:
        sign = ""
        if parts and cursor.is_op("/", "*"):
            sign = " / " if cursor.peek().text == "/" else " "
            if not _begins_factor(cursor, cursor.at + 1):
                break
            cursor.at += 1
        factor = _factor(cursor, limit)
        if not factor:
            break
        parts.append(sign + factor + _exponent(cursor))
    return " ".join(parts)


def _begins_factor(cursor: Cursor, index: int) -> bool:
    start, cursor.at = cursor.at, index
    found = _factor(cursor, index + _MOST_TOKENS)
    cursor.at = start
    return bool(found)


def _factor(cursor: Cursor, limit: int) -> str:
    token, following = cursor.peek(), cursor.peek(1)
    if token.text == "mu" and (following.kind == "text" or following.text in _LETTERS or following.text == "Omega"):
        cursor.at += 2
        return "μ" + _symbol(following)
    if token.text == "°" and following.text in ("C", "F", "c", "f"):
        cursor.at += 2
        return f"°{following.text.upper()}"
    for length in (3, 2) if token.kind == "sym" else ():
        letters = cursor.tokens[cursor.at : cursor.at + length]
        joined = "".join(part.text for part in letters)
        if all(part.kind == "sym" for part in letters) and len(joined) == length and find_unit(joined):
            cursor.at += length
            return joined
    if token.text == "Omega" or (token.kind == "sym" and token.text in _LETTERS):
        cursor.at += 1
        return _symbol(token)
    if token.kind == "sym" and following.text == "Omega" and find_unit(token.text + "Ω"):
        cursor.at += 2
        return token.text + "Ω"
    if token.kind == "text" and following.text == "Omega" and find_unit(token.text + "Ω"):
        cursor.at += 2
        return token.text + "Ω"
    if token.kind == "text" and is_unit(token.text):
        cursor.at += 1
        return token.text
    if token.kind == "cmd" and token.text in ("frac", "dfrac", "tfrac") and following.text == "{":
        return _fraction(cursor, limit)
    if token.text == "{" and token.kind == "op":
        return _braced(cursor, limit)
    return ""


def _fraction(cursor: Cursor, limit: int) -> str:
    start = cursor.at
    cursor.at += 1
    over = _braced(cursor, limit)
    under = _braced(cursor, limit) if over else ""
    if not under:
        cursor.at = start
        return ""
    return over + " / " + " / ".join(under.split())


def _braced(cursor: Cursor, limit: int) -> str:
    start = cursor.at
    if not cursor.take("{"):
        return ""
    inner = _unit(cursor, limit)
    if not inner or not cursor.take("}"):
        cursor.at = start
        return ""
    return inner


def _exponent(cursor: Cursor) -> str:
    """`^2`, `^{-1}`: the power of a unit."""
    start = cursor.at
    if cursor.take("^"):
        braced = cursor.take("{")
        sign = "-" if cursor.take("-") else ""
        token = cursor.peek()
        cursor.at += 1
        if token.kind == "num" and token.text.isdigit() and (not braced or cursor.take("}")):
            return f"^{sign}{token.text}"
    cursor.at = start
    return ""


def _symbol(token: Token) -> str:
    return "Ω" if token.text == "Omega" else token.text

"""A place in a row of tokens, with a bound on nesting: what every part of the parser reads through."""

from rewardkit_math.complexity_limits import DEPTH, TooCostlyError
from rewardkit_math.notation.tokens import Token, UnreadableError

_END = Token("end", "")


class Cursor:
    """Tokens and the index of the next one."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.no_bar = 0
        """Above 0 where `|` closes or separates, and does not open an absolute value."""
        self.in_braces = False
        """True where `:` separates the head of a set from its condition, and is no ratio."""

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

"""A place in a row of tokens, with a bound on nesting: what every part of the parser reads through.

The parts of the grammar call each other in circles (a fraction holds an answer, which holds a fraction), and files do
not: each part reads the others through `Grammar`, which `parse` fills in.
"""

from collections.abc import Callable
from typing import NamedTuple

from rewardkit_math.complexity_limits import DEPTH, TooCostlyError
from rewardkit_math.notation.tokens import Token, UnreadableError
from rewardkit_math.tree import Node

_END = Token("end", "")


class Cursor:
    """Tokens, and the index of the next one."""

    __slots__ = ("at", "depth", "grammar", "in_braces", "no_bar", "tokens")

    def __init__(self, tokens: list[Token], grammar: "Grammar") -> None:
        self.tokens = tokens
        self.grammar = grammar
        self.at = 0
        self.depth = 0
        self.no_bar = 0
        """Above 0 where `|` closes or separates, and does not open an absolute value."""
        self.in_braces = False
        """True where `:` separates the head of a set from its condition, and is no ratio."""

    def peek(self, ahead: int = 0) -> Token:
        """The next token, or one further on; a token of the kind `end` behind the last."""
        index = self.at + ahead
        return self.tokens[index] if index < len(self.tokens) else _END

    def before(self) -> Token:
        """The token that was read last."""
        return self.tokens[self.at - 1] if self.at else _END

    def is_op(self, *texts: str) -> bool:
        """True if the next token is one of these signs."""
        tokens, at = self.tokens, self.at
        if at >= len(tokens):
            return False
        token = tokens[at]
        return token.kind == "op" and token.text in texts

    def take(self, *texts: str) -> bool:
        """Reads the next token if it is one of these signs."""
        tokens, at = self.tokens, self.at
        if at >= len(tokens):
            return False
        token = tokens[at]
        if token.kind == "op" and token.text in texts:
            self.at = at + 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Reads a sign. Raises UnreadableError where another token stands."""
        if not self.take(text):
            raise UnreadableError(f"expected {text}, found {self.peek().text}")

    def deeper(self) -> None:
        """Enters a bracket, a power or a fraction. Raises TooCostlyError where they are nested too deep."""
        self.depth += 1
        if self.depth > DEPTH:
            raise TooCostlyError(f"nested more than {DEPTH} deep")

    def rest(self) -> list[Token]:
        """The tokens that are left."""
        return self.tokens[self.at :]

    def skip_all(self) -> None:
        """Leaves out all tokens that are left."""
        self.at = len(self.tokens)


class Grammar(NamedTuple):
    """The parts of the grammar that other parts read through."""

    answer: Callable[..., Node]
    """`answer(cursor, closers, bar=False)`: items up to a closing bracket, which is left."""
    item: Callable[[Cursor], Node]
    """One item of a list, with the words around it."""
    bracketed: Callable[[Cursor, str], Node]
    """The content of brackets that open with the given sign."""
    command: Callable[[Cursor, str], Node]
    """A LaTeX command with its arguments."""

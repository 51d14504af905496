"""Tables of the notations: one entry a line with what it means and an example. A test runs every example."""

from typing import NamedTuple


class Entry(NamedTuple):
    """A word of a notation."""

    word: str
    meaning: str
    example: str
    """An answer in which the word stands."""
    reading: str
    """Another way to write the same answer, without the word where that is possible."""


def meanings(table: tuple[Entry, ...]) -> dict[str, str]:
    """The meaning of each word of a table."""
    return {entry.word: entry.meaning for entry in table}


def words(table: tuple[Entry, ...]) -> frozenset[str]:
    """The words of a table."""
    return frozenset(entry.word for entry in table)

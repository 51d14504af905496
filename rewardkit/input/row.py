"""One row of an input, and its position there."""

from typing import Any, NamedTuple


class Row(NamedTuple):
    """One row of a file, and its position there."""

    data: dict[str, Any]
    source: str
    """The file's name as it was given."""
    line: int
    """Counted from 1; in tables and documents the number of the row."""
    raw: bytes = b""
    """The line as it stands in the file, without surrounding white space; empty where the file has no lines."""
    part: int = 0
    """Which completion of a row that holds several, counted from 1; 0 in all others."""
    unit: str = ""
    """`line` or `row`: what `line` counts, where `raw` does not say it."""

    @property
    def where(self) -> str:
        """The row's position as messages name it."""
        unit = self.unit or ("line" if self.raw else "row")
        part = f", completion {self.part}" if self.part else ""
        return f"{self.source}, {unit} {self.line}{part}"

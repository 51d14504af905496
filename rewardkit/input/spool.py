"""Rows that are read twice, where their source can be read but once: standard input, or judgements in the making.

rows = Spool(read_rows("-"))
for row in rows: ...        # read from the source, and kept in a temporary file
for row in rows: ...        # read from there
"""

import pickle
import weakref
from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile

from rewardkit.input.row import Row


class Spool:
    """Rows that can be walked through again, in memory that does not grow."""

    def __init__(self, rows: Iterable[Row]) -> None:
        """Takes rows that are read when they are asked for."""
        self._source: Iterator[Row] | None = iter(rows)
        self._file = TemporaryFile()  # noqa: SIM115 - closed with the object; it has no name
        weakref.finalize(self, self._file.close)
        self._count = 0

    def __iter__(self) -> Iterator[Row]:
        """The rows; walk through them once whole before the second time."""
        if self._source is not None:
            for row in self._source:
                pickle.dump(tuple(row), self._file)
                self._count += 1
                yield row
            self._source = None
            return
        self._file.seek(0)
        for _ in range(self._count):
            yield Row(*pickle.load(self._file))  # noqa: S301 - of this process, in a file without a name

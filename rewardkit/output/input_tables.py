"""The tables that judged rows came from, read once more to write their columns as they stand there.

Nothing is lost that way: types, dictionaries, nested columns, bytes, metadata. What is kept in memory is the number of
each row that was written.
"""

from array import array
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from rewardkit.errors import OutputError
from rewardkit.input.files import is_table
from rewardkit.input.row import Row
from rewardkit.input.row_format import BLOCK
from rewardkit.input.tables import open_table


class InputTables:
    """The tables of the rows that were written, in their order."""

    def __init__(self) -> None:
        self._sources: list[_Source] = []

    def add(self, row: Row) -> bool:
        """Takes note of a row; False where it comes from no table, or stands before one that was added."""
        if not self._sources or self._sources[-1].name != row.source:
            if not is_table(row.source) or any(source.name == row.source for source in self._sources):
                return False
            self._sources.append(_Source(row.source))
        return self._sources[-1].add(row)

    def __len__(self) -> int:
        return len(self._sources)

    def schema(self) -> Any:
        """The columns of all tables together, of pyarrow, without their judgement.

        raises  pyarrow.ArrowException for tables whose columns do not go together
        """
        import pyarrow as pa  # noqa: PLC0415 - an extra, and slow to import

        return pa.unify_schemas([source.schema for source in self._sources], promote_options="permissive")

    def columns(self, judged: Iterator[Row], schema: Any, output: str) -> Iterator[tuple[list[Any], list[Row]]]:
        """The columns of the rows that were written, some rows at a time, with the output rows themselves.

        judged  the output rows
        schema  what `schema` returned
        output  how messages call the output
        raises  OutputError where a table has changed since
        """
        for source in self._sources:
            for batch, indices in source.batches(output):
                rows = list(islice(judged, len(indices)))
                yield _columns(batch, schema, indices, rows if source.is_split else None), rows


class _Source:
    """A table, and which of its rows were written."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_split = False
        """True where a row went into several output rows, one for each completion."""
        self._lines = array("q")
        self._state = _state(name)
        table = open_table(name)
        table.batches.close()
        index = table.schema.get_field_index(BLOCK)
        self.schema = table.schema if index < 0 else table.schema.remove(index)

    def add(self, row: Row) -> bool:
        if self._lines and row.line < self._lines[-1]:
            return False
        self._lines.append(row.line)
        self.is_split = self.is_split or bool(row.part)
        return True

    def batches(self, output: str) -> Iterator[tuple[Any, list[int]]]:
        """The table's batches with the positions of the rows that were written."""
        read = written = 0
        table = open_table(self.name)
        try:
            for batch in table.batches:
                indices = []
                while written < len(self._lines) and self._lines[written] <= read + batch.num_rows:
                    indices.append(self._lines[written] - read - 1)
                    written += 1
                read += batch.num_rows
                if indices:
                    yield batch, indices
                if written == len(self._lines):
                    break
        finally:
            table.batches.close()
        if written < len(self._lines) or _state(self.name) != self._state:
            raise OutputError(f"{output}: {self.name} has changed while it was judged; judge it again")


def _columns(batch: Any, schema: Any, indices: list[int], split: list[Row] | None) -> list[Any]:
    """Rows of a batch, as columns in the order of a schema.

    indices  the row of the batch for each output row
    split    the output rows, where some hold one completion out of several: the lists of those are cut
    """
    import pyarrow as pa  # noqa: PLC0415

    columns = []
    taken = batch if indices == list(range(batch.num_rows)) else batch.take(pa.array(indices, pa.int64()))
    for field in schema:
        if field.name not in batch.schema.names:
            columns.append(pa.nulls(len(indices), field.type))
            continue
        column = taken.column(field.name)
        if split is not None and pa.types.is_nested(field.type):
            cut = [_cut(value, row.data.get(field.name)) for value, row in zip(column.to_pylist(), split, strict=True)]
            column = pa.array(cut, column.type)
        columns.append(column if column.type.equals(field.type) else column.cast(field.type))
    return columns


def _cut(value: Any, one: Any) -> Any:
    """A value of the input, its lists cut to one item wherever those of the output row are."""
    if isinstance(value, list) and isinstance(one, list) and len(one) == 1 < len(value):
        return one
    if isinstance(value, list) and isinstance(one, list) and len(one) == len(value) == 1:
        return [_cut(value[0], one[0])]
    if isinstance(value, dict) and isinstance(one, dict):
        return {key: _cut(item, one.get(key)) for key, item in value.items()}
    return value


def _state(name: str) -> tuple[int, int] | None:
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size

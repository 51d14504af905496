"""Parquet and Arrow files as output, by pyarrow (the extra `rewardkit[parquet]`).

Where every row comes from a table, its columns are written as they stand there (`input_tables`), and the judgement is
put beside them. For other rows the types are worked out while they are judged (`inferred_schema`), so that a column of
two kinds shows there and not at the end.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from rewardkit.errors import OutputError
from rewardkit.input.json_rows import read_json_lines
from rewardkit.input.row import Row
from rewardkit.input.row_format import BLOCK
from rewardkit.output.inferred_schema import InferredSchema, TypeConflictError, without_empty
from rewardkit.output.input_tables import InputTables
from rewardkit.output.packing import Packing
from rewardkit.output.table_block import BlockType, block_values

BATCH_ROWS = 1024
"""Rows that are written at once."""


class TablePacking(Packing):
    """Parquet, or an Arrow file."""

    packs = True

    def __init__(self, suffix: str, name: str) -> None:
        """Made by `packing_of`.

        raises  OutputError where pyarrow is not installed
        """
        try:
            import pyarrow.parquet  # noqa: F401, PLC0415
        except ImportError as error:
            raise OutputError(
                f"{name}: a table needs pyarrow: `pip install 'rewardkit[parquet]'`, or write .jsonl"
            ) from error
        self._suffix = suffix
        self._name = name
        self._block: BlockType | None = None
        """The type of the judgements; None where no row has one."""
        self._tables: InputTables | None = InputTables()
        self._inferred: InferredSchema | None = None
        """The types of the rows from the first that comes from no table on."""
        self._rows = 0
        self._missed = 0
        """Rows from tables before that one."""

    def add(self, row: Row, block: Mapping[str, Any] | None) -> None:
        """Takes note of the types of a row; None for one without a judgement.

        raises  OutputError for a column whose values no table holds together
        """
        import pyarrow as pa  # noqa: PLC0415

        if block is not None:
            self._block = self._block or BlockType()
            self._block.add(block)
        try:
            if self._tables is not None:
                known = len(self._tables)
                if not self._tables.add(row):
                    self._tables, self._missed = None, self._rows
                elif len(self._tables) > known:
                    self._tables.schema()
            if self._tables is None:
                self._inferred = self._inferred or InferredSchema()
                self._inferred.add(row.data)
        except (pa.ArrowException, TypeConflictError) as error:
            raise self._does_not_fit(error) from error
        self._rows += 1

    def pack(self, lines: Path, target: BinaryIO) -> None:
        """Writes the table.

        raises  OutputError for rows that do not fit one table, and for an input that has changed
        """
        import pyarrow as pa  # noqa: PLC0415

        block = self._block if self._rows else BlockType()
        kind = None if block is None else block.as_type()
        try:
            with lines.open("rb") as file:
                rows = read_json_lines(file, str(lines))
                if self._tables is not None and self._rows:
                    schema = self._tables.schema()
                    batches = self._tables.columns(rows, schema, self._name)
                else:
                    schema = self._inferred_schema(lines)
                    batches = _inferred_columns(rows, schema)
                whole = schema if kind is None else schema.append(pa.field(BLOCK, kind))
                with _writer(self._suffix, target, whole) as writer:
                    for columns, judged in batches:
                        blocks = [] if kind is None else [pa.array(block_values(judged), kind)]
                        writer.write_table(pa.Table.from_arrays([*columns, *blocks], schema=whole))
        except (pa.ArrowException, OverflowError, TypeConflictError) as error:
            raise self._does_not_fit(error) from error

    def _inferred_schema(self, lines: Path) -> Any:
        """The types of the rows; of those that came from tables before others did not, by their lines."""
        inferred = self._inferred or InferredSchema()
        with lines.open("rb") as file:
            for row in islice(read_json_lines(file, str(lines)), self._missed):
                inferred.add(row.data)
        return inferred.schema()

    def _does_not_fit(self, error: BaseException) -> OutputError:
        found = " ".join(str(error).split())[:300]
        return OutputError(
            f"{self._name}: the rows do not fit one table: {found}; write .jsonl, where a column may hold anything"
        )


def _inferred_columns(rows: Iterator[Row], schema: Any) -> Iterator[tuple[list[Any], list[Row]]]:
    import pyarrow as pa  # noqa: PLC0415

    while batch := list(islice(rows, BATCH_ROWS)):
        data = [without_empty(row.data) or {} for row in batch]
        yield [pa.array([row.get(field.name) for row in data], field.type) for field in schema], batch


def _writer(suffix: str, target: BinaryIO, schema: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    return pq.ParquetWriter(target, schema) if suffix == ".parquet" else pa.ipc.new_file(target, schema)

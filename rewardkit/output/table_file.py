"""Parquet and Arrow files as output, by pyarrow (the extra `rewardkit[parquet]`).

Where every row comes from a table, its columns are written as they stand there, with their types, dictionaries and
metadata: the input is read again, and the judgement is put beside it. For other rows the types are worked out while
they are judged, so that a column of two kinds shows there; integers and fractions go together, and an empty object
becomes null, since a table has no type without fields.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from rewardkit.errors import OutputError
from rewardkit.input.files import is_table
from rewardkit.input.json_rows import read_json_lines
from rewardkit.input.row import Row
from rewardkit.input.row_format import BLOCK
from rewardkit.input.tables import Table, open_table
from rewardkit.output.packing import Packing

BATCH_ROWS = 1024
"""Rows that are written at once; a conflict of types shows at the latest after so many rows."""

_ADVICE = "write .jsonl instead, where a column may hold anything"
_SCORE = {
    "value": "double", "status": "string", "kind": "string", "weight": "double", "reason": "string",
    "details": "string", "elapsed_ms": "double",
}  # fmt: skip
"""The type of each key of a score; `details` is JSON text, since each row has others."""
_TURNS = "turns"
_BLOCK = {"version": "int64", "reward": "double", "advantage": "double"}


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
        self._block = _BlockKeys()
        self._inferred = _Inferred(name)
        self._sources: dict[str, _Source] = {}
        self._from_tables = True
        """True as long as every row comes from a table."""
        self._mixed = False
        """True where rows from tables came before others: their types are worked out from the lines, at the end."""

    def add(self, row: Row, block: Mapping[str, Any]) -> None:
        """Takes note of the types of a row.

        raises  OutputError for a column whose values no table holds together
        """
        self._block.add(block)
        source = self._sources.get(row.source)
        if source is None:
            source = self._sources[row.source] = _Source(row.source)
            self._mixed = self._mixed or (len(self._sources) > 1 and self._from_tables and not source.is_table)
            self._from_tables = self._from_tables and source.is_table
            if self._from_tables:
                self._schema()
        source.add(row)
        if not self._from_tables:
            self._inferred.add(row.data)

    def pack(self, lines: Path, target: BinaryIO) -> None:
        """Writes the table.

        raises  OutputError for rows that do not fit one table, or an input that has changed
        """
        import pyarrow as pa  # noqa: PLC0415

        block_type = self._block.as_type()
        try:
            with lines.open("rb") as file:
                judged = read_json_lines(file, str(lines))
                if self._from_tables and self._sources:
                    schema = self._schema()
                    batches = self._beside_the_input(judged, schema)
                else:
                    schema = self._inferred_schema(lines)
                    batches = _from_lines(judged, schema)
                whole = schema.append(pa.field(BLOCK, block_type))
                with _writer(self._suffix, target, whole) as writer:
                    for columns, blocks in batches:
                        table = pa.Table.from_arrays([*columns, pa.array(blocks, block_type)], schema=whole)
                        writer.write_table(table)
        except (pa.ArrowException, OverflowError) as error:
            raise _does_not_fit(self._name, error) from error

    def _inferred_schema(self, lines: Path) -> Any:
        if self._mixed:
            self._inferred = _Inferred(self._name)
            with lines.open("rb") as file:
                for row in read_json_lines(file, str(lines)):
                    self._inferred.add(row.data)
        return self._inferred.schema()

    def _schema(self) -> Any:
        """The columns of all sources together, without their judgement.

        raises  OutputError for sources whose columns do not go together
        """
        import pyarrow as pa  # noqa: PLC0415

        schemas = [source.schema() for source in self._sources.values()]
        try:
            return pa.unify_schemas(schemas, promote_options="permissive")
        except pa.ArrowException as error:
            raise _does_not_fit(self._name, error) from error

    def _beside_the_input(self, judged: Iterator[Row], schema: Any) -> Iterator[tuple[list[Any], list[Any]]]:
        """The columns of the input, read again, with the blocks of their rows."""
        for source in self._sources.values():
            for batch in source.batches(self._name):
                rows, indices = [], []
                for index, parts in enumerate(batch.parts):
                    rows += list(islice(judged, parts))
                    indices += [index] * parts
                if rows:
                    split = rows if len(rows) > len(batch.parts) else None
                    yield _columns(batch.data, schema, indices, split), _blocks(rows)


class _BlockKeys:
    """The keys of the blocks that were written."""

    def __init__(self) -> None:
        self._scores: dict[str, dict[str, None]] = {}
        self._keys: dict[str, None] = {}

    def add(self, block: Mapping[str, Any]) -> None:
        self._keys |= dict.fromkeys(block)
        for alias, score in block.get("scores", {}).items():
            known = self._scores.setdefault(alias, {})
            if not score.keys() <= known.keys():
                known |= dict.fromkeys(score)

    def as_type(self) -> Any:
        import pyarrow as pa  # noqa: PLC0415

        def of(key: str, types: Mapping[str, str]) -> Any:
            return pa.field(
                key, pa.list_(pa.float64()) if key == _TURNS else pa.type_for_alias(types.get(key, "string"))
            )

        fields = [of(key, _BLOCK) for key in dict.fromkeys([*self._keys, "reward"]) if key != "scores"]
        scores = [
            pa.field(alias, pa.struct([of(key, _SCORE) for key in keys]))
            for alias, keys in self._scores.items()
            if keys
        ]
        return pa.struct([*fields, pa.field("scores", pa.struct(scores))] if scores else fields)


class _Batch:
    """Rows of an input as they stand there, and into how many output rows each went."""

    def __init__(self, data: Any, parts: list[int]) -> None:
        self.data = data
        self.parts = parts


class _Source:
    """An input file of the rows that were written."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.is_table = is_table(name)
        self._state = _state(name)
        self._rows = 0
        self._split: dict[int, int] = {}
        self._read: Any = None

    def add(self, row: Row) -> None:
        self._rows = row.line
        if row.part:
            self._split[row.line] = row.part

    def schema(self) -> Any:
        """The columns without a judgement, and the metadata."""
        if self._read is None:
            table = open_table(self._name)
            table.batches.close()  # type: ignore[attr-defined]
            self._read = _without_block(table.schema)
        return self._read

    def batches(self, output: str) -> Iterator[_Batch]:
        """The rows that were judged, once more.

        raises  OutputError where the input has changed
        """
        table: Table = open_table(self._name)
        number = 0
        try:
            for batch in table.batches:
                count = min(batch.num_rows, self._rows - number)
                parts = [self._split.get(number + index, 1) for index in range(1, count + 1)]
                yield _Batch(batch.slice(0, count), parts)
                number += count
                if number == self._rows:
                    break
        finally:
            table.batches.close()  # type: ignore[attr-defined]
        if number != self._rows or _state(self._name) != self._state:
            raise OutputError(f"{output}: {self._name} has changed while it was judged; judge it again")


class _Inferred:
    """The types of columns, worked out from rows that come from no table."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._waiting: list[Any] = []
        self._seen = 0
        self._schema: Any = None

    def add(self, row: Mapping[str, Any]) -> None:
        self._waiting.append(_without_empty({key: value for key, value in row.items() if key != BLOCK}))
        self._seen += 1
        if len(self._waiting) >= min(self._seen / 8, BATCH_ROWS):  # a conflict among the first rows shows at once
            self._settle()

    def schema(self) -> Any:
        """The columns of all rows."""
        import pyarrow as pa  # noqa: PLC0415

        self._settle()
        return pa.schema([]) if self._schema is None else self._schema

    def _settle(self) -> None:
        import pyarrow as pa  # noqa: PLC0415

        if not self._waiting:
            return
        names = list(dict.fromkeys(name for row in self._waiting for name in row))
        try:
            found = pa.schema([(name, _type([row.get(name) for row in self._waiting], name)) for name in names])
            known = found if self._schema is None else self._schema
            self._schema = pa.unify_schemas([known, found], promote_options="permissive")
        except (pa.ArrowException, OverflowError) as error:
            raise _does_not_fit(self._name, error) from error
        self._waiting = []


def _type(values: list[Any], name: str) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    try:
        return pa.array(values).type
    except (pa.ArrowException, OverflowError) as error:
        kinds = sorted({type(value).__name__ for value in values if value is not None})
        raise OverflowError(f"column {name!r} holds {' and '.join(kinds)} ({_line(error)})") from error


def _from_lines(rows: Iterator[Row], schema: Any) -> Iterator[tuple[list[Any], list[Any]]]:
    import pyarrow as pa  # noqa: PLC0415

    while batch := list(islice(rows, BATCH_ROWS)):
        data = [_without_empty(row.data) or {} for row in batch]
        yield [pa.array([row.get(field.name) for row in data], field.type) for field in schema], _blocks(batch)


def _columns(batch: Any, schema: Any, indices: list[int], split: list[Row] | None) -> list[Any]:
    """The columns of a batch in the order of a schema.

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
    """A value of the input with the lists cut to one that are so in the output row, of which each has its own."""
    if isinstance(value, list) and isinstance(one, list) and len(one) == 1 < len(value):
        return one
    if isinstance(value, list) and isinstance(one, list) and len(one) == len(value) == 1:
        return [_cut(value[0], one[0])]
    if isinstance(value, dict) and isinstance(one, dict):
        return {key: _cut(item, one.get(key)) for key, item in value.items()}
    return value


def _blocks(rows: list[Row]) -> list[Any]:
    """The blocks for a table, where a score's details, of which each row has others, are JSON text."""
    made = []
    for row in rows:
        block = row.data[BLOCK]
        scores = {alias: _told(score, _SCORE) for alias, score in block.get("scores", {}).items()}
        made.append({**_told({key: block[key] for key in block if key != "scores"}, _BLOCK), "scores": scores})
    return made


def _told(values: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """Values of which those that a table keeps as text are text."""
    return {
        key: value
        if key == _TURNS or value is None or isinstance(value, str) or types.get(key, "string") != "string"
        else json.dumps(value, ensure_ascii=False)
        for key, value in values.items()
    }


def _writer(suffix: str, target: BinaryIO, schema: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    return pq.ParquetWriter(target, schema) if suffix == ".parquet" else pa.ipc.new_file(target, schema)


def _without_block(schema: Any) -> Any:
    index = schema.get_field_index(BLOCK)
    return schema if index < 0 else schema.remove(index)


def _without_empty(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_empty(item) for key, item in value.items()} or None
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    return value


def _state(name: str) -> tuple[int, int] | None:
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _does_not_fit(name: str, error: BaseException) -> OutputError:
    return OutputError(f"{name}: the rows do not fit one table: {_line(error)}; {_ADVICE}")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]

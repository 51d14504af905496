"""Parquet in and out, by pyarrow (the extra `rewardkit[parquet]`).

Out: the types of the columns are worked out from the rows, of which a column must hold one kind; whole numbers and
fractions go together. An empty object becomes null, since a table has no type without fields.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from rewardkit.errors import InputError, OutputError

BATCH_ROWS = 2048


def read_batches(path: str | Path) -> Iterator[list[dict[str, Any]]]:
    """The rows of a Parquet file, some at a time; a row group is the most that is held.

    raises  InputError for a file that is damaged, or where pyarrow is not installed
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, and slow to import
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError as error:
        raise InputError(f"{path}: reading Parquet needs pyarrow: `pip install 'rewardkit[parquet]'`") from error
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS):
                yield batch.to_pylist()
    except (pa.ArrowException, ValueError) as error:
        raise InputError(
            f"{path}: the Parquet file is cut off or damaged ({_line(error)}); make or copy it again"
        ) from error


def require_pyarrow(path: str | Path) -> None:
    """Before the first row is judged: an output that could not be written at the end is refused at the start.

    raises  OutputError
    """
    try:
        import pyarrow.parquet  # noqa: F401, PLC0415
    except ImportError as error:
        raise OutputError(
            f"{path}: writing Parquet needs pyarrow: `pip install 'rewardkit[parquet]'`, or write .jsonl"
        ) from error


def write_table(rows: Callable[[], Iterable[Mapping[str, Any]]], target: BinaryIO, path: str | Path) -> None:
    """Writes rows, which are walked twice: once for the columns and their types, once for the values.

    path    what messages call the output
    raises  OutputError for rows that do not fit one table, OSError from `target`
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        schema = pa.schema([])
        for batch in _batches(rows()):
            names = list(dict.fromkeys(name for row in batch for name in row))
            found = pa.schema([(name, _type([row.get(name) for row in batch], name)) for name in names])
            schema = pa.unify_schemas([schema, found], promote_options="permissive")
        with pq.ParquetWriter(target, schema) as writer:
            for batch in _batches(rows()):
                writer.write_table(pa.Table.from_pylist(batch, schema))
    except (pa.ArrowException, OverflowError) as error:
        raise OutputError(
            f"{path}: the rows do not fit one Parquet table: {_line(error)}; write .jsonl instead, where a column may "
            "hold anything"
        ) from error


def _type(values: list[Any], name: str) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    try:
        return pa.array(values).type
    except (pa.ArrowException, OverflowError) as error:
        kinds = sorted({type(value).__name__ for value in values if value is not None})
        raise OverflowError(f"column {name!r} holds {' and '.join(kinds)} ({_line(error)})") from error


def _batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    remaining = iter(rows)
    while batch := [_without_empty(row) for row in islice(remaining, BATCH_ROWS)]:
        yield batch


def _without_empty(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_empty(item) for key, item in value.items()} or None
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    return value


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]

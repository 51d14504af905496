"""Unpacks a Parquet or Arrow file in a process of its own, whose memory is limited.

    parent: tables.record_batches ──paths──▶ child: main ──Arrow IPC stream, on standard output──▶ parent

A few hundred bytes of Parquet can unpack to gigabytes, and a damaged file can crash the library that reads it. The
child reads a little at a time, hands over at most `BATCH_BYTES` at once (at least one row), refuses a row larger than
`ROW_BYTES`, and dies alone. One line on its standard error says what was wrong.
"""

import itertools
import sys
from collections.abc import Iterator
from typing import Any

MEMORY_BYTES = 1024**3
"""Memory that unpacking may take, beside that of the libraries. Enforced on Linux."""
BATCH_BYTES = 8 * 1024**2
"""Unpacked bytes that are handed over at once, unless one row is larger."""
ROW_BYTES = 64 * 1024**2
"""A larger row is refused, as a line of JSON is."""
BATCH_ROWS = 256

_VALUE_BYTES = 16
"""A value costs about this much in Python, however few bits it has in a table."""


def main(row_groups: range) -> None:
    """Reads the files named on the command line, which share a schema, and writes their rows.

    row_groups  of a Parquet file, the row groups to read
    """
    import pyarrow as pa  # noqa: PLC0415 - an extra, and slow to import
    import pyarrow.parquet  # noqa: PLC0415

    _limit_memory()
    writer: Any = None
    try:
        for path in sys.argv[1:]:
            schema, batches = _open(path, row_groups)
            if writer is None:
                writer = pa.ipc.new_stream(sys.stdout.buffer, schema)
                first = schema
            elif not schema.equals(first):
                _end(f"its file {path} has other columns than the first one")
            for batch in batches:
                batch.validate(full=True)  # the parent trusts offsets and text
                for small in _small(batch):
                    writer.write_batch(small)
        if writer is not None:
            writer.close()
    except BrokenPipeError:
        pass
    except MemoryError:  # pyarrow's own is one
        _end(f"unpacks to more than {MEMORY_BYTES // 1024**2} MiB at once; write it again with smaller row groups")
    except _TooLargeError as error:
        _end(str(error))
    except (pa.ArrowException, ValueError, OSError) as error:
        _end(f"is cut off or damaged ({' '.join(str(error).split())[:300]}); make or copy it again")


class _TooLargeError(Exception):
    pass


def _end(message: str) -> None:
    sys.stderr.write(message)
    sys.stderr.flush()
    sys.exit(1)


def _limit_memory() -> None:
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415 - of POSIX

    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        data_pages = int(file.read().split()[5])
    limit = data_pages * resource.getpagesize() + MEMORY_BYTES
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard < 0 else min(limit, hard), hard))


def _open(path: str, row_groups: range) -> tuple[Any, Iterator[Any]]:
    """The schema of a file, and its batches."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    source = pa.memory_map(path)
    magic = bytes(source.read(6))
    source.seek(0)
    if magic.startswith(b"PAR1"):
        parquet = pq.ParquetFile(source, pre_buffer=False)
        return parquet.schema_arrow, _parquet_batches(parquet, row_groups)
    if magic == b"ARROW1":
        file = pa.ipc.open_file(source)
        return file.schema, (file.get_batch(number) for number in range(file.num_record_batches))
    stream = pa.ipc.open_stream(source)
    return stream.schema, iter(stream)


def _parquet_batches(parquet: Any, row_groups: range) -> Iterator[Any]:
    for number in range(row_groups.start, min(row_groups.stop, parquet.num_row_groups)):
        group = parquet.metadata.row_group(number)
        rows = BATCH_BYTES * group.num_rows // max(1, group.total_byte_size)
        done = 0
        try:
            for batch in parquet.iter_batches(max(1, min(BATCH_ROWS, rows)), row_groups=[number], use_threads=False):
                yield batch
                done += batch.num_rows
        except MemoryError:  # a text that repeats takes next to nothing in the file: one row at a time may do
            yield from itertools.islice(parquet.iter_batches(1, row_groups=[number], use_threads=False), done, None)


def _small(batch: Any) -> Iterator[Any]:
    """A batch in pieces of which each is small, or one row."""
    cost = sum(_cost(column) for column in batch.columns)
    if cost <= BATCH_BYTES:
        yield batch
    elif batch.num_rows == 1:
        if cost > ROW_BYTES:
            raise _TooLargeError(
                f"has a row of more than {ROW_BYTES // 1024**2} MiB; store large attachments beside the file"
            )
        yield batch
    else:
        half = batch.num_rows // 2
        yield from _small(batch.slice(0, half))
        yield from _small(batch.slice(half))


def _cost(array: Any) -> int:
    """About the bytes that an array takes as Python values."""
    import pyarrow as pa  # noqa: PLC0415

    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
    cost = int(array.nbytes) + _VALUE_BYTES * len(array)
    if pa.types.is_map(kind):
        start, end = (array.offsets[0].as_py(), array.offsets[-1].as_py()) if len(array) else (0, 0)
        return cost + sum(_cost(child.slice(start, end - start)) for child in (array.keys, array.items))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return cost + _cost(array.flatten())
    if pa.types.is_struct(kind):
        return cost + sum(_cost(child) for child in array.flatten())
    return cost

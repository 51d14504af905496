"""Where a file is cut into parts. The borders depend on the file alone, never on the number of processes.

JSON lines   behind the line that fills a part; where a run looks at whole groups, behind the last row of its group
Parquet      between row groups
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rewardkit.errors import InputError
from rewardkit.input.json_rows import LINE_LIMIT_BYTES
from rewardkit.input.streams import PARQUET_MAGIC

PIECE_BYTES = 1 << 20
"""Bytes that are read at once of a line that does not end."""

GroupsOf = Callable[[bytes], tuple[str | None, str | None]]
"""The keys of the groups of the first and the last completion that a line holds."""


class Span(NamedTuple):
    """Borders of a part."""

    start: int
    end: int
    """Bytes, or row groups."""
    first: int
    """Number of its first line or row, counted from 1."""
    size: int
    """Bytes of it in the file."""


def line_spans(path: str, part_bytes: int, groups_of: GroupsOf | None) -> Iterator[Span]:
    """The parts of a file of JSON lines.

    part_bytes  size of a part, but for the line, and the group, that fills it
    groups_of   what is asked for the groups of a line, where none may be cut; None: a part ends behind any line
    """
    start, first = 0, 1
    with Path(path).open("rb") as file:
        while block := file.read(part_bytes):
            lines = block.count(b"\n")
            last = block[block.rstrip().rfind(b"\n") + 1 :] if groups_of else b""
            if not block.endswith(b"\n"):
                rest = _rest_of_line(file)
                last += rest if groups_of else b""
                lines += 1
            if groups_of:
                lines += _rest_of_group(file, last, groups_of)
            end = file.tell()
            yield Span(start, end, first, end - start)
            start, first = end, first + lines


def _rest_of_line(file: BinaryIO) -> bytes:
    """The bytes up to the end of a line; of a line that is too long to be read, only some."""
    rest = b""
    while piece := file.readline(PIECE_BYTES):
        if len(rest) <= LINE_LIMIT_BYTES:
            rest += piece
        if piece.endswith(b"\n"):
            break
    return rest


def _rest_of_group(file: BinaryIO, last: bytes, groups_of: GroupsOf) -> int:
    """Goes on behind the last line that belongs to the group of `last`; returns the lines that were passed."""
    try:
        _, key = groups_of(last)
    except InputError:  # whoever judges the part will say so
        return 0
    lines = passed = 0
    at = file.tell()
    for line in iter(partial(file.readline, LINE_LIMIT_BYTES + 1), b""):
        passed += 1
        if not line.strip():
            continue
        try:
            first, _ = groups_of(line)
        except InputError:
            break
        if first is None or first != key:
            break
        at, lines = file.tell(), passed
    file.seek(at)
    return lines


def row_group_spans(path: str, part_bytes: int) -> Iterator[Span]:
    """The parts of a Parquet file: as many row groups as fill one.

    part_bytes  unpacked size of a part, but for the row group that fills it
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra, and slow to import

    found = pq.read_metadata(path)
    start, first, rows, size, packed = 0, 1, 0, 0, 0
    for number in range(found.num_row_groups):
        group = found.row_group(number)
        rows += group.num_rows
        size += group.total_byte_size
        packed += sum(group.column(index).total_compressed_size for index in range(group.num_columns))
        if size >= part_bytes or number == found.num_row_groups - 1:
            yield Span(start, number + 1, first, packed)
            start, first = number + 1, first + rows
            rows = size = packed = 0


def is_parquet(path: str) -> bool:
    """True for a file that begins as Parquet does."""
    with Path(path).open("rb") as file:
        return file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC

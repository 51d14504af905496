"""The rows of a part, as reading the whole file would give them, and a reader that knows the file's format."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from rewardkit.errors import InputError
from rewardkit.input.files import read_rows
from rewardkit.input.input_reader import InputReader
from rewardkit.input.json_rows import LINE_LIMIT_BYTES, rows_of_lines
from rewardkit.input.row import Row
from rewardkit.input.tables import table_rows
from rewardkit.shards.part import Part, PartSettings

_BUFFER_BYTES = 1 << 20


def reader_of(settings: PartSettings, part: Part) -> InputReader:
    """A reader that has seen the first row of the part's file, which decides the format of all its rows.

    raises  InputError
    """
    reader = settings.reader()
    for row in first_rows(part.path, part.source):
        reader.reader(row)
    return reader


def first_rows(path: str, source: str) -> Iterator[Row]:
    """The first row of a file, under the name that messages give it."""
    for row in read_rows(path, limit=1):
        yield row._replace(source=source)


def rows_of(part: Part) -> Iterator[Row]:
    """The rows of a part.

    raises  InputError, naming the line and the fix
    """
    if part.kind == "row_groups":
        rows = table_rows(part.path, row_groups=range(part.start, part.end))
        yield from (Row(data, part.source, number) for number, data in enumerate(rows, part.first))
        return
    try:
        with Path(part.path).open("rb", buffering=_BUFFER_BYTES) as file:
            file.seek(part.start)
            yield from rows_of_lines(_lines(partial(file.readline, LINE_LIMIT_BYTES + 1), part), part.source)
    except OSError as error:
        raise InputError(f"{part.source}: cannot be read: {error.strerror or error}") from error


def _lines(read_line: "partial[bytes]", part: Part) -> Iterator[tuple[int, bytes]]:
    """The lines of a part with their numbers in the file."""
    at, number = part.start, part.first
    while at < part.end:
        line = read_line()
        if not line:
            raise InputError(f"{part.source}: has changed while it was judged; judge it again")
        yield number, line
        at += len(line)
        number += 1

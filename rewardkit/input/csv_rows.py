"""Rows from CSV and TSV: the first line names the columns, every value is text.

An empty cell says nothing for any field but completion and prompt. A cell that holds chat messages as JSON is read as
those, and so is a list in a column such as `completions`. In a file that `rewardkit score` wrote (it has a column
`rewardkit.reward`), the judgement is left out, and the apostrophe is taken off that keeps a spreadsheet from reading a
cell as a formula.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from rewardkit.errors import InputError
from rewardkit.input.json_rows import LINE_LIMIT_BYTES
from rewardkit.input.row import Row
from rewardkit.input.row_format import LISTS_OF_COMPLETIONS, column_key

DELIMITERS: Mapping[str, str] = {".csv": ",", ".tsv": "\t"}
"""By the ending of a file's name."""
OURS = "rewardkit."
"""How the columns of a judgement begin."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""Characters by which a spreadsheet takes a cell for a formula."""


def read_csv(stream: BinaryIO, source: str, delimiter: str) -> Iterator[Row]:
    """The rows of a file of separated values.

    source  the file's name in messages
    raises  InputError, naming the row and the fix
    """
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    csv.field_size_limit(LINE_LIMIT_BYTES)
    reader = csv.reader(_bounded(text, source), delimiter=delimiter, strict=True)
    number = 0
    try:
        names = next(reader, [])
        doubled = {name for name in names if names.count(name) > 1}
        if doubled:
            raise InputError(f"{source}: has the column {min(doubled)!r} twice; keep one of them")
        ours = f"{OURS}reward" in names
        lists = {name for name in names if column_key(name) in LISTS_OF_COMPLETIONS}
        kept = [(index, name) for index, name in enumerate(names) if not (ours and name.startswith(OURS))]
        for cells in reader:
            number += 1
            if not cells:
                continue
            if len(cells) != len(names):
                raise InputError(
                    f"{source}, row {number} (before line {reader.line_num + 1}): has {len(cells)} cells, and the "
                    f"first line names {len(names)} columns; quote cells that hold {delimiter!r} or line breaks"
                )
            yield Row({name: _value(cells[index], name in lists, ours=ours) for index, name in kept}, source, number)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{source}, row {number + 1}: is not UTF-8; write it again as UTF-8: `iconv -f latin1 -t UTF-8 FILE > NEW`"
        ) from error
    except csv.Error as error:
        raise InputError(f"{source}, row {number + 1}: is not {delimiter!r}-separated text: {error}") from error


def _bounded(text: io.TextIOWrapper, source: str) -> Iterator[str]:
    for number, line in enumerate(iter(lambda: text.readline(LINE_LIMIT_BYTES + 1), ""), 1):
        if len(line) > LINE_LIMIT_BYTES:
            raise InputError(f"{source}, line {number}: is longer than {LINE_LIMIT_BYTES // 1024**2} MiB")
        yield line


def _value(cell: str, holds_list: bool, *, ours: bool) -> Any:  # noqa: FBT001
    if ours and cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS):
        cell = cell[1:]
    if not cell.startswith("[") or not (holds_list or '"role"' in cell):
        return cell
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    chat = isinstance(value, list) and all(isinstance(item, dict) and "role" in item for item in value)
    return value if chat or (holds_list and isinstance(value, list)) else cell

"""Rows from JSON: an object on each line, or one document that holds them all.

JSON lines are read one at a time: memory is bounded by the longest line. A document is an array of objects, an object
that has such an array under one of `CONTAINERS`, or a single row written over several lines. It is read whole, up to
the same limit.
"""

import itertools
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, BinaryIO, NoReturn

import orjson

from rewardkit.errors import InputError
from rewardkit.input.json_text import check_values, parse_json, quick_object
from rewardkit.input.row import Row
from rewardkit.input.row_format import BLOCK, KNOWN_PATHS, column_key

LINE_LIMIT_BYTES = 64 * 1024**2
"""A longer line is refused: a row that large is a broken file, and would have to be held whole."""

CONTAINERS = ("rows", "data", "samples", "results", "examples", "records", "instances", "items", "rollouts")
"""Keys under which one JSON object holds the rows of a file."""

_BOM = b"\xef\xbb\xbf"
_Lines = Iterator[tuple[int, bytes]]


def read_json(stream: BinaryIO, source: str) -> Iterator[Row]:
    """The rows of JSON lines, or of one JSON document.

    source  the file's name in messages
    raises  InputError, naming the line and the fix
    """
    lines: _Lines = enumerate(iter(partial(stream.readline, LINE_LIMIT_BYTES + 1), b""), 1)
    first = _next(lines)
    if first is None:
        return
    more, lines = _rest(first, lines, source)
    if more is None:
        yield from rows_of_lines(itertools.chain([first], lines), source)
    else:
        yield from _rows_of_document(parse_json(more, source), source)


def read_json_lines(stream: BinaryIO, source: str) -> Iterator[Row]:
    """The rows of JSON lines, which are never one document.

    raises  InputError, naming the line and the fix
    """
    yield from rows_of_lines(enumerate(iter(partial(stream.readline, LINE_LIMIT_BYTES + 1), b""), 1), source)


def _rest(first: tuple[int, bytes], lines: _Lines, source: str) -> tuple[bytes | None, _Lines]:
    """The text of the document that begins with a line, or None where it is JSON lines; and the lines that are left."""
    raw = _stripped(first[1])
    if raw[:1] not in (b"{", b"["):
        return None, lines
    check_values(raw, f"{source}, line {first[0]}")
    try:
        begun = orjson.loads(raw)
    except ValueError:
        if not _goes_on(raw):
            return None, lines
    else:
        if isinstance(begun, dict) and _rows_in(begun) is None:
            return None, lines
        second = _next(lines)
        return (raw, lines) if second is None else (None, itertools.chain([second], lines))
    pieces, size = [raw], len(raw)
    for _, line in lines:
        pieces.append(line)
        size += len(line)
        if size > LINE_LIMIT_BYTES:
            raise InputError(
                f"{source}: is one JSON document of more than {LINE_LIMIT_BYTES // 1024**2} MiB, which is read whole; "
                "`jq -c '.[]' FILE > FILE.jsonl` writes a row a line"
            )
    return b"\n".join(pieces), iter(())


def _next(lines: _Lines) -> tuple[int, bytes] | None:
    """The next line that is not blank."""
    return next(((number, line) for number, line in lines if _stripped(line)), None)


def _goes_on(raw: bytes) -> bool:
    """True for a first line that begins a document: it ends between two values, or has just opened a bracket."""
    return raw[-1:] in (b"{", b"[", b",")


def _rows_of_document(document: Any, source: str) -> Iterator[Row]:
    rows = _rows_in(document) if isinstance(document, Mapping) else document
    for number, data in enumerate([document] if rows is None else rows, 1):
        if type(data) is not dict:
            _refuse_value(data, orjson.dumps(data, default=str), f"{source}, row {number}")
        yield Row(data, source, number)


def _rows_in(document: Mapping[str, Any]) -> list[Any] | None:
    """The rows that an object holds; None where it is a row itself."""
    fields = {*KNOWN_PATHS["completion"], *KNOWN_PATHS["prompt"]} - {*CONTAINERS}
    if BLOCK in document or any(column_key(name) in fields for name in document):
        return None
    for name in CONTAINERS:
        rows = document.get(name)
        if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows):
            return rows
    return None


def is_one_document(stream: BinaryIO, source: str) -> bool:
    """True for a text that `read_json` reads as one document, and not as JSON lines.

    raises  InputError
    """
    lines: _Lines = enumerate(iter(partial(stream.readline, LINE_LIMIT_BYTES + 1), b""), 1)
    first = _next(lines)
    return first is not None and _rest(first, lines, source)[0] is not None


def rows_of_lines(lines: _Lines, source: str) -> Iterator[Row]:
    """The rows of lines with their numbers.

    raises  InputError, naming the line and the fix
    """
    for number, line in lines:
        raw = _stripped(line)
        data = quick_object(raw)
        if data is not None and len(line) <= LINE_LIMIT_BYTES:
            yield Row(data, source, number, raw)
        elif raw or len(line) > LINE_LIMIT_BYTES:
            yield Row(_object(raw, line, f"{source}, line {number}"), source, number, raw)


def _object(raw: bytes, line: bytes, where: str) -> dict[str, Any]:
    """The object that a line holds.

    raises  InputError
    """
    if len(line) > LINE_LIMIT_BYTES:
        raise InputError(
            f"{where}: is longer than {LINE_LIMIT_BYTES // 1024**2} MiB; "
            "write one row a line, and large attachments beside the file"
        )
    data = parse_json(raw, where)
    if type(data) is not dict:
        _refuse_value(data, raw, where)
    return data


def _stripped(line: bytes) -> bytes:
    """The line without white space around it, and without the byte order marks that joining files leaves in front."""
    raw = line.strip()
    while raw.startswith(_BOM):
        raw = raw.removeprefix(_BOM).lstrip()
    return raw


def _refuse_value(data: Any, raw: bytes, where: str) -> NoReturn:
    kind = {list: "a list", str: "a string", bool: "a truth value", type(None): "null"}.get(type(data), "a number")
    hint = ""
    if isinstance(data, list):
        hint = "; of a JSON array, `jq -c '.[]' FILE > FILE.jsonl` makes a row for each entry"
    raise InputError(
        f"{where}: is {kind} ({raw[:30].decode(errors='replace')}), and a row must be an object with "
        f'named columns, such as {{"prompt": …, "completion": …}}{hint}'
    )

"""From a file to its rows, one at a time.

    for row in read_rows("rollouts.jsonl.gz"):
        row.data["completion"], row.where

JSONL (also gzip, zstd, standard input) and Parquet. Memory is bounded by the longest line, or by one row group.

What JSON cannot say and trainers write all the same is read as Python's `json` reads it: NaN and Infinity, integers
of any size, half a surrogate pair (which becomes U+FFFD in the data; `raw` keeps what was written). Everything else
that is not JSON is an InputError with the line and the fix. A file without rows yields none.
"""

import json
import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import orjson

from rewardkit.errors import InputError
from rewardkit.input.streams import PARQUET_MAGIC, open_bytes, source_name

LINE_LIMIT_BYTES = 64 * 1024**2
"""A longer line is refused: a row that large is a broken file, and would have to be held whole."""

LEVELS = 200
"""A row that is nested deeper is refused: what walks rows calls itself for each level."""

_BOM = b"\xef\xbb\xbf"
# orjson turns an integer beyond 64 bits into a float without a word. Nineteen digits in a row may be one: mapping every
# digit to 0 and the rest to blanks finds them at memory speed; a regular expression costs more than parsing does.
_DIGITS_TO_ZERO = bytes(0x30 if 0x30 <= code <= 0x39 else 0x20 for code in range(256))
_LONG_NUMBER = b"0" * 19
_TOO_DEEP = f"is nested too deeply to be read, over {LEVELS} levels; flatten the row"
_SURROGATE = re.compile("[\ud800-\udfff]")
_FOREIGN_MAGIC = {
    b"BZh": "bzip2",
    b"\xfd7zX": "xz",
    b"PK\x03\x04": "zip",
    b"ARRO": "Arrow",
    b"\x80\x04\x95": "pickle",
    b"SQLi": "SQLite",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


class Row(NamedTuple):
    """One row of a file, and where it stands."""

    data: dict[str, Any]
    source: str
    """The file's name as it was given."""
    line: int
    """Counted from 1; in Parquet the number of the row."""
    raw: bytes = b""
    """The line as it stands in the file, without surrounding white space; empty where the file has no lines."""
    part: int = 0
    """Which completion of a row that holds several, counted from 1; 0 in all others."""
    unit: str = ""
    """`line` or `row`: what `line` counts, where `raw` does not say it."""

    @property
    def where(self) -> str:
        """The row's position as messages name it."""
        unit = self.unit or ("line" if self.raw else "row")
        part = f", completion {self.part}" if self.part else ""
        return f"{self.source}, {unit} {self.line}{part}"


def read_rows(path: str | Path, *, limit: int | None = None) -> Iterator[Row]:
    """The rows of a file in order, at most `limit` of them; `-` is standard input.

    raises  InputError, naming the file, the line and the fix
    """
    source = source_name(path)
    with open_bytes(path) as (stream, magic):
        if magic == PARQUET_MAGIC:
            if str(path) == "-" or not Path(path).is_file():
                raise InputError(f"{source}: is Parquet, which cannot be read from a pipe; name the file itself")
            from rewardkit.input.parquet import read_batches  # noqa: PLC0415 - pyarrow is an extra, and slow to import

            table = (data for batch in read_batches(path) for data in batch)
            rows: Iterator[Row] = (Row(data, source, number) for number, data in enumerate(table, 1))
        else:
            _refuse_foreign(source, magic)
            rows = _lines(stream.readline, source)
        yield from islice(rows, limit)


def _refuse_foreign(source: str, magic: bytes) -> None:
    kind = next((kind for start, kind in _FOREIGN_MAGIC.items() if magic.startswith(start)), None)
    if kind == "UTF-16 text":
        raise InputError(f"{source}: is UTF-16 text; write it as UTF-8: `iconv -f UTF-16 -t UTF-8 FILE > NEW`")
    if kind is not None:
        raise InputError(f"{source}: is {kind}; rewardkit reads JSONL, JSONL in gzip or zstd, and Parquet")
    if source.endswith(".parquet") and magic:
        raise InputError(f"{source}: is named .parquet but does not begin as Parquet does, with {PARQUET_MAGIC!r}")


def _lines(readline: Any, source: str) -> Iterator[Row]:
    loads = orjson.loads
    for number, line in enumerate(iter(partial(readline, LINE_LIMIT_BYTES + 1), b""), 1):
        if len(line) > LINE_LIMIT_BYTES:
            raise InputError(
                f"{source}, line {number}: is longer than {LINE_LIMIT_BYTES // 1024**2} MiB; "
                "write one row a line, and large attachments beside the file"
            )
        raw = line.strip()
        if not raw:
            continue
        try:
            data = loads(raw)
        except ValueError:
            raw = _without_boms(raw)
            if not raw:
                continue
            data = _loads_as_python_writes(raw, source, number)
        else:
            if _LONG_NUMBER in raw.translate(_DIGITS_TO_ZERO):
                data = _loads_as_python_writes(raw, source, number)
        if raw.count(b"{") + raw.count(b"[") > LEVELS and _is_deep(data):
            raise InputError(f"{source}, line {number}: {_TOO_DEEP}")
        if type(data) is not dict:
            _refuse_value(data, raw, source, number)
        yield Row(data, source, number, raw)


def _without_boms(raw: bytes) -> bytes:
    """Without the byte order marks that concatenating files leaves before lines."""
    while raw.startswith(_BOM):
        raw = raw.removeprefix(_BOM).lstrip()
    return raw


def _loads_as_python_writes(raw: bytes, source: str, number: int) -> Any:
    where = f"{source}, line {number}"
    if b"\0" in raw:
        raise InputError(f"{where}: is binary data; rewardkit reads JSONL, JSONL in gzip or zstd, and Parquet")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where}: is not UTF-8: byte {raw[error.start]:#04x} at position {error.start + 1} of the line; "
            "write it anew as UTF-8, or from its true encoding: `iconv -f latin1 -t UTF-8 FILE > NEW`"
        ) from error
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: {_syntax(error, text)}") from error
    except RecursionError as error:
        raise InputError(f"{where}: {_TOO_DEEP}") from error
    except ValueError as error:  # int() refuses what takes it quadratic time
        raise InputError(f"{where}: holds a number too long to be read ({error}); write it as a string") from error
    if ("\\ud" in text or "\\uD" in text) and not _is_deep(data):
        return _without_surrogates(data)
    return data


def _syntax(error: json.JSONDecodeError, text: str) -> str:
    if text[0] == "[" and (error.pos >= len(text) or error.msg == "Extra data"):
        return "begins a JSON array; rewardkit reads one object a line: `jq -c '.[]' FILE > FILE.jsonl` makes them"
    if text == "{":
        return "begins an object that goes on over lines; `jq -c . FILE > FILE.jsonl` puts each object on its line"
    if error.pos >= len(text) or error.msg.startswith("Unterminated string"):
        return (
            f"the JSON is cut off after {len(text)} characters (…{text[-20:]!r}); "
            "the writer was interrupted: write the row again or drop the line"
        )
    if error.msg == "Extra data":
        return f"holds more than one JSON value (the second at character {error.pos + 1}); write one row a line"
    near = text[error.pos : error.pos + 20]
    return f"is not JSON: {error.msg} at character {error.pos + 1}, at {near!r}; write each row as a JSON object"


def _refuse_value(data: Any, raw: bytes, source: str, number: int) -> NoReturn:
    kind = {list: "a list", str: "a string", bool: "a truth value", type(None): "null"}.get(type(data), "a number")
    hint = ""
    if isinstance(data, list):
        hint = "; of a JSON array, `jq -c '.[]' FILE > FILE.jsonl` makes a row for each entry"
    raise InputError(
        f"{source}, line {number}: is {kind} ({raw[:30].decode(errors='replace')}), and a row must be an object with "
        f'named columns, such as {{"prompt": …, "completion": …}}{hint}'
    )


def _is_deep(value: Any) -> bool:
    """Whether a value is nested deeper than LEVELS."""
    level = [value]
    for _ in range(LEVELS):
        level = [
            item
            for outer in level
            for item in (outer.values() if type(outer) is dict else outer)
            if type(item) is dict or type(item) is list
        ]
        if not level:
            return False
    return True


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value

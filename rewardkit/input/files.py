"""From a file to its rows, one at a time.

    for row in read_rows("rollouts.jsonl.gz"):
        row.data["completion"], row.where

The first bytes of a file tell tables from text, and the ending of its name tells CSV and TSV from JSON. A file without
rows yields none.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from rewardkit.errors import InputError
from rewardkit.input import tables
from rewardkit.input.csv_rows import DELIMITERS, read_csv
from rewardkit.input.json_rows import read_json
from rewardkit.input.json_text import READS
from rewardkit.input.row import Row
from rewardkit.input.streams import open_bytes, source_name

_FOREIGN_MAGIC = {
    b"BZh": "bzip2",
    b"\xfd7zX": "xz",
    b"PK\x03\x04": "zip",
    b"FEA1": "Feather of version 1",
    b"\x80\x04\x95": "pickle",
    b"SQLi": "SQLite",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
_TABLE_MAGIC_BYTES = 4


def read_files(paths: Iterable[str | Path], *, limit: int | None = None) -> Iterator[Row]:
    """The rows of several files, one after the other, at most `limit` of them.

    raises  InputError, naming the file, the line and the fix
    """
    return islice(itertools.chain.from_iterable(map(read_rows, paths)), limit)


def read_rows(path: str | Path, *, limit: int | None = None) -> Iterator[Row]:
    """The rows of a file in order, at most `limit` of them; `-` is standard input.

    raises  InputError, naming the file, the line and the fix
    """
    source = source_name(path)
    _refuse_address(source)
    if str(path) != "-" and _is_folder(path):
        rows = _table(path, source)
        yield from islice(rows, limit)
        return
    with open_bytes(path) as (stream, magic):
        if magic in tables.MAGICS:
            if str(path) == "-" or not Path(path).is_file():
                raise InputError(f"{source}: is a table, which cannot be read from a pipe; name the file itself")
            rows = _table(path, source)
        else:
            _refuse_foreign(source, magic)
            delimiter = _delimiter(source)
            rows = read_csv(stream, source, delimiter) if delimiter else read_json(stream, source)
        yield from islice(rows, limit)


def is_table(path: str | Path) -> bool:
    """True for a file or folder whose columns have types: Parquet, Arrow, a folder of `datasets`."""
    if _is_folder(path):
        return True
    try:
        with Path(path).open("rb") as file:
            return Path(path).is_file() and file.read(_TABLE_MAGIC_BYTES) in tables.MAGICS
    except OSError:
        return False


def _is_folder(path: str | Path) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:  # a folder above it may not be entered: opening it says so
        return False


def _table(path: str | Path, source: str) -> Iterator[Row]:
    return (Row(data, source, number) for number, data in enumerate(tables.table_rows(path), 1))


def _delimiter(source: str) -> str | None:
    name = source.lower().removesuffix(".gz").removesuffix(".zst")
    return next((delimiter for ending, delimiter in DELIMITERS.items() if name.endswith(ending)), None)


def _refuse_address(source: str) -> None:
    """Rewardkit downloads no data: an address is answered with the command that does."""
    if not (match := re.match(r"([a-z][a-z0-9+.-]+)://(.*)", source)) or Path(source).exists():
        return
    scheme, rest = match.groups()
    commands = {
        "hf": f"`hf download {'/'.join(rest.removeprefix('datasets/').split('/')[:2])} --repo-type dataset "
        "--local-dir data`",
        "https": f"`curl -LO {source}`",
        "http": f"`curl -LO {source}`",
        "s3": f"`aws s3 cp {source} .`",
        "gs": f"`gcloud storage cp {source} .`",
    }
    how = commands.get(scheme, "copy it to this machine")
    raise InputError(f"{source}: is an address, and rewardkit downloads nothing; fetch it ({how}) and name the file")


def _refuse_foreign(source: str, magic: bytes) -> None:
    kind = next((kind for start, kind in _FOREIGN_MAGIC.items() if magic.startswith(start)), None)
    if kind == "UTF-16 text":
        raise InputError(f"{source}: is UTF-16 text; write it as UTF-8: `iconv -f UTF-16 -t UTF-8 FILE > NEW`")
    if kind is not None:
        raise InputError(f"{source}: is {kind}; {READS}")
    for ending, start in ((".parquet", b"PAR1"), (".arrow", b"ARROW1")):
        if source.endswith(ending) and magic:
            raise InputError(f"{source}: is named {ending} but does not begin as such a file does, with {start!r}")

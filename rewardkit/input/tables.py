"""Parquet, Arrow and folders of `datasets`, by pyarrow (the extra `rewardkit[parquet]`).

A file is unpacked in a process of its own, whose memory is limited (`table_child`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rewardkit.errors import InputError

MAGICS = (b"PAR1", b"ARRO", b"\xff\xff\xff\xff")
"""The first bytes of Parquet, of an Arrow file and of an Arrow stream."""

_CHILD = """
import sys
count, first, end = map(int, sys.argv[1:4])
sys.path[:] = sys.argv[4 : count + 4]
del sys.argv[1 : count + 4]
from rewardkit.input.table_child import main
main(range(first, end))
"""


class Table(NamedTuple):
    """The schema of an input file, and its rows, some at a time."""

    schema: Any
    batches: Generator[Any, None, None]
    """Record batches of pyarrow with that schema."""


EVERY_GROUP = range(1 << 31)
"""More row groups than a file has."""


def open_table(path: str | Path, row_groups: range = EVERY_GROUP) -> Table:
    """Opens a table; close the batches to end it early.

    path    a Parquet or Arrow file, or a folder that `datasets` has saved
    row_groups  of a Parquet file, the row groups to read
    raises  InputError for a file that is damaged, and where pyarrow is not installed; also while batches are read
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise InputError(f"{path}: a table needs pyarrow: `pip install 'rewardkit[parquet]'`") from error
    files = _dataset_files(Path(path)) if Path(path).is_dir() else [str(path)]
    child = subprocess.Popen(  # noqa: S603 - our own interpreter
        [
            sys.executable,
            "-c",
            _CHILD,
            *map(str, (len(sys.path), row_groups.start, row_groups.stop)),
            *sys.path,
            *files,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system"},  # which asks for memory when it needs it
    )
    try:
        reader = pa.ipc.open_stream(child.stdout)
    except (pa.ArrowException, OSError) as error:
        raise _ended(path, child) from error
    batches = _batches(path, child, reader)
    next(batches)  # from here on closing the batches ends the child
    return Table(reader.schema, batches)


def table_rows(path: str | Path, row_groups: range = EVERY_GROUP) -> Iterator[dict[str, Any]]:
    """The rows of a table; of a Parquet file, those of some of its row groups.

    raises  InputError
    """
    table = open_table(path, row_groups)
    try:
        for batch in table.batches:
            try:
                rows = batch.to_pylist()
            except (ValueError, OverflowError, ImportError, TypeError) as error:  # a date after 9999, no such time zone
                found = " ".join(str(error).split())[:300]
                raise InputError(f"{path}: holds a value that Python cannot ({found}); store it as text") from error
            yield from rows
    finally:
        table.batches.close()


def _batches(path: str | Path, child: "subprocess.Popen[bytes]", reader: Any) -> Generator[Any, None, None]:
    import pyarrow as pa  # noqa: PLC0415

    try:
        yield None
        try:
            yield from reader
        except (pa.ArrowException, OSError) as error:
            raise _ended(path, child) from error
        if child.wait():
            raise _ended(path, child)
    finally:
        _close(child)


def _ended(path: str | Path, child: "subprocess.Popen[bytes]") -> InputError:
    """Why the child ended before its time."""
    assert child.stderr is not None
    message = child.stderr.read().decode(errors="replace").strip()
    code = child.wait()
    _close(child)
    if code == 1 and message and "\n" not in message:
        return InputError(f"{path}: {message}")
    last = message.splitlines()[-1] if message else f"exit code {code}"
    return InputError(f"{path}: is cut off or damaged: it crashed the process that unpacked it ({last}); make it again")


def _close(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    for stream in (child.stdout, child.stderr):
        if stream is not None:
            stream.close()
    child.wait()


def _dataset_files(folder: Path) -> list[str]:
    """The Arrow files of a folder that `Dataset.save_to_disk` wrote.

    raises  InputError for a folder of several splits, or of another kind
    """
    if (folder / "dataset_dict.json").is_file():
        splits = json.loads((folder / "dataset_dict.json").read_text(encoding="utf-8"))["splits"]
        if len(splits) != 1:
            raise InputError(f"{folder}: holds the splits {', '.join(splits)}; name one: {folder / splits[0]}")
        folder /= splits[0]
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        names = [str(file["filename"]) for file in state["_data_files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder}: is a folder; name the files in it") from error
    outside = [name for name in names if Path(name).name != name]
    if outside:
        raise InputError(f"{folder}: its state.json names a file outside of it: {outside[0]!r}")
    return [str(folder / name) for name in names]

"""The rows that a command works on: which of them, how many there are, what people call them."""

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rewardkit.input.files import read_rows
from rewardkit.input.row import Row
from rewardkit.output.meta import is_meta

ID_COLUMNS = ("id", "uid", "uuid", "custom_id", "example_id", "task_id", "doc_id", "index")
"""Columns by which people name a row, the first that it has."""


def rows_of(files: Sequence[str], *, limit: int | None, sample: int | None, seed: int) -> Iterator[Row]:
    """The rows of the files in order; the first is read at once, so that most bad input shows early.

    limit   only the first so many
    sample  only so many of them, chosen at random by `seed`: the input is read to its end, the chosen ones are held
    """
    rows: Iterator[Row] = itertools.islice(itertools.chain.from_iterable(map(read_rows, files)), limit)
    if sample is not None:
        rows = iter(_chosen(rows, sample, seed))
    return itertools.chain(list(itertools.islice(rows, 1)), rows)


def _chosen(rows: Iterable[Row], size: int, seed: int) -> list[Row]:
    """A random choice of rows, each equally likely, in their order (Vitter 1985, algorithm R)."""
    generator = random.Random(seed)  # noqa: S311 - a choice of rows, nothing to guess
    chosen: list[tuple[int, Row]] = []
    for number, row in enumerate(rows):
        if number < size:
            chosen.append((number, row))
        elif (place := generator.randrange(number + 1)) < size:
            chosen[place] = (number, row)
    return [row for _, row in sorted(chosen, key=lambda pair: pair[0])]


def without_meta(files: Sequence[str]) -> list[str]:
    """The files without those that describe outputs beside them, which `runs/*` brings along; all, if nothing else is
    left.
    """
    return [file for file in files if not is_meta(file)] or list(files)


def row_count(files: Sequence[str]) -> int | None:
    """How many rows the files have, if their metadata says so: for Parquet alone."""
    if not files or not all(file.endswith(".parquet") and Path(file).is_file() for file in files):
        return None
    try:
        import pyarrow.parquet  # noqa: PLC0415 - an extra, and slow to import

        return sum(int(pyarrow.parquet.read_metadata(file).num_rows) for file in files)
    except (ImportError, OSError, ValueError):  # reading the rows will name what is wrong
        return None


def row_id(row: Row) -> str | None:
    """The id by which people name the row, as text."""
    found: Any = next((row.data[name] for name in ID_COLUMNS if row.data.get(name) is not None), None)
    return None if found is None else str(found)

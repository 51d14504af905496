"""Formats of output files other than JSON lines: each sees every row while it is judged, and packs them at the end.

packing = packing_of(".parquet", "scored.parquet")
packing.add(row, block)                 # for each row; raises OutputError for one that does not fit
packing.pack(lines, target)             # once, from the file of JSON lines
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from rewardkit.input.row import Row
from rewardkit.input.streams import packer

PACKED = (".gz", ".zst", ".parquet", ".arrow", ".csv", ".tsv")
"""Endings of names that ask for another format than plain JSON lines."""

_BUFFER_BYTES = 1 << 18


class Packing:
    """JSON lines, which are what they are."""

    packs = False
    """True where `pack` makes another file of the lines."""

    def add(self, row: Row, block: Mapping[str, Any]) -> None:
        """Takes note of a row that is written.

        raises  OutputError for a row that this format cannot hold
        """

    def pack(self, lines: Path, target: BinaryIO) -> None:
        """Writes the packed file.

        lines   the file of JSON lines, one for each row that was added
        target  an empty file
        raises  OutputError, OSError
        """
        raise NotImplementedError


class _Compressed(Packing):
    """JSON lines in gzip or zstd."""

    packs = True

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix

    def pack(self, lines: Path, target: BinaryIO) -> None:
        with lines.open("rb") as source, packer(self._suffix, target) as packed:
            shutil.copyfileobj(source, packed, _BUFFER_BYTES)


def packing_of(suffix: str, name: str) -> Packing:
    """The format that the ending of an output's name asks for.

    suffix  the ending in small letters
    name    how messages call the output
    raises  OutputError where a package is missing that the format needs
    """
    if suffix in (".gz", ".zst"):
        return _Compressed(suffix)
    if suffix in (".csv", ".tsv"):
        from rewardkit.output.csv_file import CsvPacking  # noqa: PLC0415 - only files that need it wait for it

        return CsvPacking(suffix)
    if suffix in (".parquet", ".arrow"):
        from rewardkit.output.table_file import TablePacking  # noqa: PLC0415 - pyarrow is an extra, and slow to import

        return TablePacking(suffix, name)
    return Packing()

"""The format of an output file, chosen by the ending of its name."""

import shutil
from pathlib import Path
from typing import BinaryIO

from rewardkit.input.streams import packer
from rewardkit.output.packing import Packing

_BUFFER_BYTES = 1 << 18


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

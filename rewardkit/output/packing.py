"""Formats of output files other than JSON lines: each sees every row while it is judged, and packs them at the end.

packing = packing_of(".parquet", "scored.parquet")      # in `packers.py`
packing.add(row, block)                 # for each row; raises OutputError for one that does not fit
packing.pack(lines, target)             # once, from the file of JSON lines
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from rewardkit.input.row import Row

PACKED = (".gz", ".zst", ".parquet", ".arrow", ".csv", ".tsv")
"""Endings of names that ask for another format than plain JSON lines."""


class Packing:
    """JSON lines, which are what they are."""

    packs = False
    """True where `pack` makes another file of the lines."""

    def add(self, row: Row, block: Mapping[str, Any] | None) -> None:
        """Takes note of a row that is written; None for one without a judgement.

        raises  OutputError for a row that this format cannot hold
        """

    def pack(self, lines: Path, target: BinaryIO) -> None:
        """Writes the packed file.

        lines   the file of JSON lines, one for each row that was added
        target  an empty file
        raises  OutputError, OSError
        """
        raise NotImplementedError

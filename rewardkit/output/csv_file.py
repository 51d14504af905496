"""CSV and TSV as output: a column for each column of the rows, then `rewardkit.reward` and three for each reward.

    prompt,completion,answer,rewardkit.reward,rewardkit.math,rewardkit.math.status,rewardkit.math.reason

Nested values are JSON text. A cell that a spreadsheet would take for a formula gets an apostrophe in front, unless it
is a number; reading the file with rewardkit takes it off again. Details are left out: write .jsonl to keep them.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from rewardkit.input.csv_rows import DELIMITERS, FORMULA_STARTS, OURS
from rewardkit.input.json_rows import read_json_lines
from rewardkit.input.row import Row
from rewardkit.input.row_format import BLOCK
from rewardkit.output.packing import Packing

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


class CsvPacking(Packing):
    """Separated values, by the ending of the name."""

    packs = True

    def __init__(self, suffix: str) -> None:
        """Made by `packing_of`."""
        self._delimiter = DELIMITERS[suffix]
        self._columns: dict[str, None] = {}
        self._judged: dict[str, None] = {}

    def add(self, row: Row, block: Mapping[str, Any] | None) -> None:
        """Takes note of the columns."""
        self._columns |= dict.fromkeys(name for name in row.data if name != BLOCK)
        self._judged |= dict.fromkeys(name for name, _ in _judgement(block))

    def pack(self, lines: Path, target: BinaryIO) -> None:
        """Writes the columns of all rows, in the order in which they were met."""
        text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, delimiter=self._delimiter)
        writer.writerow([*map(_cell, self._columns), *self._judged] or [f"{OURS}reward"])
        with lines.open("rb") as rows:
            for row in read_json_lines(rows, str(lines)):
                judged = dict(_judgement(row.data.get(BLOCK)))
                cells = [row.data.get(name) for name in self._columns] + [judged.get(name) for name in self._judged]
                writer.writerow(map(_cell, cells))
        text.detach()


def _judgement(block: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    if block is None:
        return
    yield f"{OURS}reward", block.get("reward")
    if "advantage" in block:
        yield f"{OURS}advantage", block["advantage"]
    for alias, score in block.get("scores", {}).items():
        yield f"{OURS}{alias}", score.get("value")
        for name, value in (score.get("values") or {}).items():
            yield f"{OURS}{alias}.{name}", value
        yield f"{OURS}{alias}.status", score.get("status")
        yield f"{OURS}{alias}.reason", score.get("reason")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not _NUMBER.fullmatch(text) else text

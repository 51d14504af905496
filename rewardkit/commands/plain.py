"""Plain text on standard output, for lists that are printed without loading rich."""

import shutil
import sys
import textwrap
from collections.abc import Sequence

from rewardkit.output.os_errors import STDOUT, os_errors_as_output_errors
from rewardkit.text import one_line

GAP = 2
LEAST_WIDTH = 20
"""Columns that the last cell of a line gets at least."""


def write(content: str) -> None:
    """Text on standard output, as it is.

    raises  OutputError
    """
    with os_errors_as_output_errors(STDOUT):
        sys.stdout.write(content)
        sys.stdout.flush()


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows with their cells below each other; the last cell goes on in its column if the terminal is narrow."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)][:-1]
    indent = sum(widths) + GAP * len(widths)
    width = max(shutil.get_terminal_size((100, 24)).columns - indent, LEAST_WIDTH)
    lines = []
    for *head, last in cells:
        start = "".join(cell.ljust(size + GAP) for cell, size in zip(head, widths, strict=True))
        first, *more = textwrap.wrap(last, width, break_on_hyphens=False) or [""]
        lines += [start + first, *(" " * indent + line for line in more)]
    return "".join(f"{line.rstrip()}\n" for line in lines)

"""How everything is printed: results on standard output, notes on standard error, JSON for machines.

Texts of rows and plugins are shown so that the terminal obeys nothing in them. What cannot be written to standard
output is an OutputError; to standard error, nothing. Notes and warnings are records of the logger `rewardkit`.
"""

import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rewardkit.output.os_errors import STDOUT, os_errors_as_output_errors
from rewardkit.score import Weight
from rewardkit.text import one_line, printable

LOG = logging.getLogger("rewardkit")

PIPED_WIDTH = 140
"""Columns of a table if neither a terminal nor the variable COLUMNS bounds it."""

_C1 = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}


def json(content: Any) -> None:
    """JSON on standard output. Its strings hold no control character, also none beyond ASCII."""
    text = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode().translate(_C1)
    with os_errors_as_output_errors(STDOUT):
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()


def note(message: str) -> None:
    """A line on standard error, unless --quiet."""
    LOG.info("%s", message)


def warning(message: str) -> None:
    """A line on standard error that needs to be seen."""
    LOG.warning("%s", message)


def number(value: float | None) -> str:
    """A number in three decimals at most, `–` for none."""
    return "–" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def safe(text: str) -> str:
    """The text on one line, as rich prints it and nothing else: no markup, nothing that the terminal obeys."""
    return escape(one_line(text))


def safe_block(text: str) -> str:
    """`safe`, with its line ends."""
    return escape(printable(text))


def table(*columns: str, **options: Any) -> Table:
    """A table without lines whose cells are folded, never cut."""
    made = Table(box=None, pad_edge=False, header_style="bold", **options)
    for name in columns:
        made.add_column(name, overflow="fold")
    return made


def weight_shown(weight: Weight) -> str:
    """A weight as text: a number, or one for each named value."""
    if isinstance(weight, Mapping):
        return ", ".join(f"{safe(name)} {number(one)}" for name, one in weight.items())
    return number(weight)


class SafeConsole(Console):
    """A console whose failures are ours to report."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Prints; an error of standard output becomes an OutputError, one of standard error is ignored."""
        with contextlib.suppress(OSError) if self.stderr else os_errors_as_output_errors(STDOUT):
            super().print(*objects, **options)

    def on_broken_pipe(self) -> None:
        """Leaves it to the caller, where rich would end the program."""
        raise BrokenPipeError


def console(*, to_stderr: bool = False) -> SafeConsole:
    """A console on standard output or standard error, as wide as the terminal, COLUMNS, or PIPED_WIDTH."""
    stream = sys.stderr if to_stderr else sys.stdout
    bounded = stream.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return SafeConsole(stderr=to_stderr, highlight=False, emoji=False, width=None if bounded else PIPED_WIDTH)


class _Handler(logging.Handler):
    """Prints records of our loggers on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """One record, on as many lines as its message has."""
        styles = {logging.WARNING: "yellow", logging.ERROR: "red"}
        style = styles.get(record.levelno, "dim")
        console(to_stderr=True).print(f"[{style}]{safe_block(record.getMessage())}[/]", soft_wrap=True)


def set_up_logging(*, quiet: bool, verbose: bool) -> None:
    """Prints what our loggers say: warnings if `quiet`, everything if `verbose`, notes and warnings otherwise."""
    LOG.handlers = [_Handler()]
    LOG.propagate = False
    LOG.setLevel(logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO)

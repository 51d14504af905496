"""How far a run is: rows, the share of the input, rows a second, the time left."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic

from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task
from rich.text import Text

from rewardkit.commands import console

TICK_S = 0.1


class Meter:
    """Counts judged rows against what is known of the input: a number of rows, else the bytes of its files."""

    def __init__(self, files: Sequence[str], rows: int | None) -> None:
        """A meter that starts now.

        rows  how many rows will be judged, if that is known
        """
        self._total_rows = rows
        self._total_bytes = None if rows is not None else _plain_bytes(files)
        self._bytes = 0
        self.rows = 0
        self._started = monotonic()

    def count(self, rows: int, size: int) -> None:
        """Counts judged rows in, and their bytes in the input."""
        self.rows += rows
        self._bytes += size

    @property
    def share(self) -> float | None:
        """The share of the input that is judged, from 0 to 1; None if the input's size is not known."""
        if self._total_rows is not None:
            return min(1.0, self.rows / self._total_rows) if self._total_rows else 1.0
        return min(1.0, self._bytes / self._total_bytes) if self._total_bytes else None

    def line(self, *, done: bool = False) -> str:
        """`1,200 of 5,000 rows, 24 %, 310 rows/s, 0:12 left`."""
        elapsed = max(monotonic() - self._started, 1e-9)
        total = f" of {self._total_rows:,}" if self._total_rows is not None and not done else ""
        parts = [f"{self.rows:,}{total} row{'s' if self.rows != 1 else ''}"]
        share = self.share
        if done or share is not None:
            parts.append("100 %" if done else f"{100 * (share or 0):.0f} %")
        rate = self.rows / elapsed
        parts.append(f"{rate:,.0f} rows/s" if rate >= 10 else f"{rate:,.1f} rows/s")
        if done:
            parts.append(f"{_clock(elapsed)} in all")
        elif share:
            parts.append(f"{_clock(elapsed / share - elapsed)} left")
        return ", ".join(parts)


@contextlib.contextmanager
def shown(meter: Meter) -> Iterator[None]:
    """Shows a meter on standard error if that is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    screen = console.console(to_stderr=True)
    columns = (SpinnerColumn(), _Line(meter))
    with Progress(*columns, console=screen, transient=True, refresh_per_second=1 / TICK_S) as bar:
        bar.add_task("", total=None)
        yield


class _Line(ProgressColumn):
    """The line of a meter."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def render(self, task: Task) -> Text:
        """The line as it is now."""
        del task
        return Text(self._meter.line())


def _plain_bytes(files: Sequence[str]) -> int | None:
    """The bytes of the input, if all of it is plain files of lines."""
    paths = [Path(file) for file in files]
    plain = all(path.is_file() and path.suffix in (".jsonl", ".ndjson") for path in paths)
    return sum(path.stat().st_size for path in paths) if plain else None


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

"""The samples of a whole run: one reader for the rows of all its files, and what is known of them at the end.

reader = InputReader(mapping, row_format)
for row in reader.rows(read_files(files)):      # a row for each completion
sample = reader.sample(row)
reader.check()                                  # after the last row
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from rewardkit.errors import InputError
from rewardkit.input.caller import Caller
from rewardkit.input.columns_found import ColumnsFound, nothing_judged
from rewardkit.input.row import Row
from rewardkit.input.row_format import ColumnPath
from rewardkit.input.row_reader import RowReader, detect
from rewardkit.sample import Sample

_SHOWN_CHARACTERS = 160


class InputFacts(NamedTuple):
    """The columns and completions of some rows, as far as messages at the end of a run need them."""

    columns: Mapping[str, Any]
    """Each with its first value that is not null."""
    ground_truth_path: ColumnPath | None
    empty_first: Row | None
    """The first row, where no row held a completion."""
    rows: bool
    """True if there was any row."""


class InputReader:
    """Reads the rows of several files, each in the format of its first row, as samples."""

    def __init__(
        self,
        mapping: Mapping[str, ColumnPath] | None = None,
        row_format: str | None = None,
        caller: Caller = Caller.COMMAND,
    ) -> None:
        """Takes what `detect` takes."""
        self._mapping = mapping
        self._row_format = row_format
        self._caller = caller
        self._by_source: dict[str, RowReader] = {}
        self._empty_first: Row | None = None
        self._all_empty = True
        self.found = ColumnsFound()
        """The columns of the rows that were read as samples."""
        self.ground_truth_path: ColumnPath | None = None
        """Where the first ground truth was found; None where no row has had one."""

    def rows(self, rows: Iterable[Row]) -> Iterator[Row]:
        """A row for each completion: those that hold several in a list are split."""
        for row in rows:
            yield from self.reader(row).split(row)

    def sample(self, row: Row) -> Sample:
        """The sample of a row.

        raises  InputError, naming file, line and field
        """
        reader = self.reader(row)
        sample = reader.sample(row)
        self._note(reader, row, sample)
        return sample

    def samples(self, rows: Iterable[Row]) -> Iterator[tuple[Row, Sample]]:
        """A row for each completion, with its sample.

        raises  InputError, naming file, line and field
        """
        for row in rows:
            reader = self.reader(row)
            for one, sample in reader.samples(row):
                self._note(reader, one, sample)
                yield one, sample

    def _note(self, reader: RowReader, row: Row, sample: Sample) -> None:
        self.found.add(row.data)
        if self.ground_truth_path is None and sample.ground_truth is not None:
            self.ground_truth_path = reader.path("ground_truth", row)
        if self._all_empty:
            self._all_empty = not sample.completion_text.strip()
            self._empty_first = self._empty_first or row

    def check(self) -> None:
        """Checks, after the last row, that some row held a completion.

        raises  InputError that shows what was found instead
        """
        row = self._empty_first
        if row is None or not self._all_empty:
            return
        path = self.reader(row).path("completion", row) or "completion"
        found = self.reader(row).value("completion", row)
        raise InputError(
            f"{row.source}: the completions of all rows are empty; {path!r} of the first holds {_cut(repr(found))}; "
            f"columns found: {self.found}; if another column holds what the model wrote, name it: "
            f"{self._caller.option('completion', 'COLUMN')}"
        )

    @property
    def facts(self) -> InputFacts:
        """The facts about the rows that were read as samples."""
        empty_first = self._empty_first if self._all_empty else None
        return InputFacts(self.found.first, self.ground_truth_path, empty_first, self._empty_first is not None)

    def merge(self, later: InputFacts) -> None:
        """Takes in the facts about the rows that follow, which another reader has read."""
        self.found.add(later.columns)
        self.ground_truth_path = self.ground_truth_path or later.ground_truth_path
        if later.rows and self._all_empty:
            self._empty_first = self._empty_first or later.empty_first
            self._all_empty = later.empty_first is not None

    def nothing_judged(self, rewards: Iterable[str]) -> str:
        """The message that none of these rewards, by alias, found a ground truth to judge by."""
        return nothing_judged(list(rewards), self.found, self._caller, self.ground_truth_path)

    def reader(self, row: Row) -> RowReader:
        """The reader of the row's file; its format is detected at the first row."""
        reader = self._by_source.get(row.source)
        if reader is None:
            reader = self._by_source[row.source] = detect(row, self._mapping, self._row_format, self._caller)
        return reader


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"

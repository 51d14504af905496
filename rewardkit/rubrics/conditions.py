"""Watches whether the `when` of each reward ever holds: one that never does is a misspelt column or value."""

from collections.abc import Iterator

from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample

VALUES_SHOWN = 5
VALUE_CHARACTERS = 40


class ConditionWatch:
    """Looks at every sample until each condition of the rubric has held once."""

    def __init__(self, rubric: Rubric) -> None:
        """A watch that has seen nothing."""
        self._waiting = {alias: config.when for alias, config in rubric.rewards.items() if config.when}
        self._found: dict[str, dict[str, None]] = {}
        self.rows = 0

    def look(self, sample: Sample) -> None:
        """Looks at one sample."""
        self.rows += 1
        if not self._waiting:
            return
        for alias, when in list(self._waiting.items()):
            values = {column: sample.column(column) for column in when}
            if all(values[column] in wanted for column, wanted in when.items()):
                del self._waiting[alias]
                continue
            for column, value in values.items():
                if value is not None:
                    found = self._found.setdefault(column, {})
                    if len(found) <= VALUES_SHOWN:
                        found[repr(value)[:VALUE_CHARACTERS]] = None

    def merge(self, later: "ConditionWatch") -> None:
        """Takes in what a watch of the rows that follow has seen."""
        self.rows += later.rows
        self._waiting = {alias: when for alias, when in self._waiting.items() if alias in later._waiting}
        for column, values in later._found.items():
            found = self._found.setdefault(column, {})
            for value in values:
                if len(found) <= VALUES_SHOWN:
                    found[value] = None

    @property
    def never_held(self) -> set[str]:
        """Aliases of the rewards whose condition held for no row."""
        return set(self._waiting) if self.rows else set()

    def warnings(self) -> Iterator[str]:
        """A sentence for each condition that held for no row: the column is not there, or what it has instead."""
        for alias, when in self._waiting.items() if self.rows else ():
            for column, wanted in when.items():
                found = list(self._found.get(column, ()))
                if not found:
                    yield f"rewards.{alias}.when: no row has a column {column!r}, so {alias!r} judged nothing"
                elif not {repr(value)[:VALUE_CHARACTERS] for value in wanted} & set(found):
                    more = ", …" if len(found) > VALUES_SHOWN else ""
                    values = ", ".join(found[:VALUES_SHOWN]) + more
                    choices = ", ".join(map(repr, wanted))
                    yield f"rewards.{alias}.when: {column} is never {choices}; the rows have {values}"

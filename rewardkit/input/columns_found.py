"""Messages about columns: what the rows hold, which column to name, and that nothing could be judged.

found = ColumnsFound()
found.add(row.data)                     # for each row
nothing_judged("math", found, Caller.COMMAND)
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rewardkit.input.caller import Caller
from rewardkit.input.coercion import MisfitError, last_answer, plain
from rewardkit.input.row_format import BLOCK, KNOWN_PATHS, column_key

SHOWN = 20
"""Columns that a message lists."""
SAMPLE_CHARACTERS = 40

_NEAR = 0.75
_ASSISTANT_WROTE = re.compile(r"</?think>|<answer>|\\boxed\s*\{|^```", re.MULTILINE)
_NAMES_OF_COMPLETIONS = re.compile(
    r"completion|response|reply|replies|output|generat|predict|assistant|model_?answer|model_?text|rollout"
)


class ColumnsFound:
    """The columns of the rows that were read, each with the first value in it that is not null."""

    def __init__(self, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        """Starts with rows that are at hand already."""
        self._first: dict[str, Any] = {}
        self._unknown: set[str] = set()
        for row in rows:
            self.add(row)

    def add(self, row: Mapping[str, Any]) -> None:
        """Takes note of a row's columns."""
        if not self._unknown and row.keys() <= self._first.keys():
            return
        for name, value in row.items():
            if self._first.get(name) is None and name != BLOCK:
                self._first[name] = value
                (self._unknown.add if value is None else self._unknown.discard)(name)

    @property
    def first(self) -> Mapping[str, Any]:
        """Each column with the first value in it that is not null."""
        return self._first

    def __bool__(self) -> bool:
        return bool(self._first)

    def __contains__(self, column: str) -> bool:
        return column in self._first

    def __str__(self) -> str:
        if not self._first:
            return "no columns"
        shown = [f"{name} ({short(value)})" for name, value in list(self._first.items())[:SHOWN]]
        more = len(self._first) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")

    def likely_completion(self) -> str | None:
        """The column that seems to hold what an assistant wrote; None where none does.

        A column that is known to hold another field is never proposed, nor one whose content could not be a completion.
        """
        others = {key for field, keys in KNOWN_PATHS.items() if field != "completion" for key in keys}
        fitting = [
            name
            for name, value in self._first.items()
            if column_key(name) not in others and _could_be_completion(value)
        ]
        known = KNOWN_PATHS["completion"]
        by_name = [
            name
            for name in fitting
            if _NAMES_OF_COMPLETIONS.search(name.lower())
            or difflib.get_close_matches(column_key(name), known, cutoff=_NEAR)
        ]
        by_content = [name for name in fitting if _ASSISTANT_WROTE.search(_text(self._first[name]))]
        return next(iter([*by_name, *by_content]), None)

    def likely_ground_truth(self) -> str | None:
        """The column whose name is almost one that holds the ground truth; None where none is."""
        known = KNOWN_PATHS["ground_truth"]
        near = (name for name in self._first if difflib.get_close_matches(column_key(name), known, cutoff=_NEAR))
        return next(near, None)


def no_completion(found: ColumnsFound, caller: Caller) -> str:
    """The end of a message about rows without a known completion: the columns, and what to write."""
    likely = found.likely_completion()
    fix = f"perhaps with {caller.option('completion', likely)}" if likely else caller.option("completion", "COLUMN")
    return f"columns found: {found}; name the one that holds what the model wrote: {fix}"


def nothing_judged(rewards: Sequence[str], found: ColumnsFound, caller: Caller, path: str | None = None) -> str:
    """The message about a run in which no paid reward that reads the ground truth could judge any row.

    rewards  the rewards that judged nothing, by alias
    found    the columns of the rows
    path    where the ground truth was read from; None where no column is known to hold it
    """
    named = ", ".join(rewards)
    start = f"nothing was judged: {named} found no ground truth to judge by"
    if path is not None:
        return f"{start} in {path!r}; columns found: {found}; name another: {_ground_truth(found, caller)}"
    return (
        f"{start}, and no column is known to hold one; columns found: {found}; "
        f"name it: {_ground_truth(found, caller)}, or leave the reward out"
    )


def short(value: Any) -> str:
    """A value in a few characters that no terminal acts on: what a column holds, for messages."""
    value = plain(value)
    if isinstance(value, Mapping):
        return _cut("object of " + ", ".join(map(str, value))) if value else "empty object"
    if isinstance(value, list | tuple):
        of = {type(item).__name__ for item in value}
        if of == {"dict"} and all("role" in item for item in value):
            return f"{len(value)} chat message" + ("s" if len(value) > 1 else "")
        return f"list of {len(value)}" + (f": {short(value[0])}" if value else "")
    if isinstance(value, str):
        line = " ".join(value[: 4 * SAMPLE_CHARACTERS].split())
        return repr(line if len(line) <= SAMPLE_CHARACTERS else line[: SAMPLE_CHARACTERS - 1] + "…")
    return _cut("null" if value is None else repr(value))


def _ground_truth(found: ColumnsFound, caller: Caller) -> str:
    likely = found.likely_ground_truth()
    return f"perhaps {caller.option('ground_truth', likely)}" if likely else caller.option("ground_truth", "COLUMN")


def _could_be_completion(value: Any) -> bool:
    value = plain(value)
    if isinstance(value, list) and value:
        try:
            last_answer(value)
        except MisfitError:
            return all(isinstance(item, str) for item in value)
        return True
    return isinstance(value, str)


def _text(value: Any) -> str:
    value = plain(value)
    if isinstance(value, list):
        return "\n".join(str(item.get("content")) if isinstance(item, Mapping) else str(item) for item in value)
    return str(value)


def _cut(text: str) -> str:
    return text if len(text) <= SAMPLE_CHARACTERS else text[: SAMPLE_CHARACTERS - 1] + "…"

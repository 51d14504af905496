"""A part of an input file, and what is known of it when it is judged. Plain data that can be pickled.

    PartSettings (one for a run) + Part ──▶ judge_part ──▶ lines in Part.target, and a PartResult

A part knows nothing of processes: whoever can read its file can judge it, on another machine too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from rewardkit.input.caller import Caller
from rewardkit.input.input_reader import InputFacts, InputReader
from rewardkit.input.row_format import ColumnPath
from rewardkit.output.summary import Summary
from rewardkit.rubrics.conditions import ConditionWatch
from rewardkit.score import Result


@dataclass(frozen=True)
class PartSettings:
    """Everything besides the rubric that decides how the parts of a run are read, judged and written."""

    output: str = "the output"
    """The output's name, for messages."""
    progress: float = 1.0
    """How far training has come, from 0 to 1: what weight schedules read."""
    mapping: Mapping[str, ColumnPath] = field(default_factory=dict)
    """Where rows keep a field of a Sample, by its name."""
    row_format: str | None = None
    """A name of ROW_FORMATS, where the columns mislead."""
    caller: Caller = Caller.COMMAND
    timings: bool = False
    """True if output rows tell how long each reward took."""
    advantages: str | None = None
    """An estimator: output rows tell the advantage in their group."""

    def reader(self) -> InputReader:
        """A reader that has seen no row yet."""
        return InputReader(self.mapping, self.row_format, self.caller)


class Written(NamedTuple):
    """Output lines of a run that was stopped: the bytes of a file from `start` up to `end`."""

    path: str
    start: int
    end: int


@dataclass(frozen=True)
class Part:
    """A part of an input file; its borders depend on the file alone, never on who judges it."""

    number: int
    """Counted from 0 over all files of a run."""
    source: str
    """The file's name as it was given, for messages."""
    path: str
    """The file's absolute path."""
    kind: Literal["lines", "row_groups"]
    """The unit of `start` and `end`: bytes of a file of JSON lines, or row groups of a Parquet file."""
    start: int
    end: int
    first: int
    """Number of its first line, or row, in the file, counted from 1."""
    target: str
    """The file that collects its output lines, which an earlier attempt may have begun."""
    written: Written | None = None
    """The lines of its first rows, where a stopped run has written them already. They are not written again."""


class PartRequest(NamedTuple):
    """Everything that a worker, which has the rubric, is told of a part."""

    settings: PartSettings
    part: Part


class PartResult(NamedTuple):
    """A part that is judged."""

    number: int
    rows: int
    """Output rows, with those that were written before."""
    summary: Summary
    conditions: ConditionWatch
    facts: InputFacts
    groups: Mapping[bytes, str]
    """Of a run that looks at whole groups: the digest of each group, and the beginning of its key."""
    shown: tuple[tuple[str, Result], ...]
    """The first results with the positions of their rows; of the first part alone."""

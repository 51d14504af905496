"""Selection from Python: files or rows in, rows and figures out.

selected = select("scored.jsonl", preset="r1", output="kept.jsonl")
selected = select(rows, correct=True, per_prompt=4)
datasets.Dataset.from_list(selected.rows)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from rewardkit.errors import InputError
from rewardkit.input.files import read_files
from rewardkit.input.row import Row
from rewardkit.input.row_format import ColumnPath
from rewardkit.input.samples import rows_of
from rewardkit.input.spool import Spool
from rewardkit.output.writers import FileOutput, open_output
from rewardkit.pipeline import Scorer
from rewardkit.sample import Sample
from rewardkit.score import Score
from rewardkit.selection.criteria import criteria_of
from rewardkit.selection.run import MADE, Kept, Reading, Rejected, Run


@dataclass(frozen=True)
class Selected:
    """The end of a selection."""

    summary: Mapping[str, Any]
    """The figures: `rows`, `kept`, `steps`, and `compared` (all rows, those that are kept, a random choice)."""
    rows: Sequence[Mapping[str, Any]]
    """The rows of the output; empty where it went into a file."""
    rejected: Sequence[Mapping[str, Any]]
    """The rejected rows, each with `rejected: {step, reason}`, where they were asked for and went into no file."""


def select(
    rows: Any,
    *,
    preset: str | None = None,
    output: str | Path | None = None,
    rejected: str | Path | bool = False,
    seed: int = 0,
    reward: str | None = None,
    verdict: str | None = None,
    pass_at: float = 1.0,
    mapping: Mapping[str, ColumnPath] | None = None,
    row_format: str | None = None,
    workers: int | None = None,
    **criteria: Any,
) -> Selected:
    """Chooses among scored completions.

    rows        a file that `rewardkit score` wrote or a trainer's dump, several of them, or rows: mappings, or a table
                of pandas, Polars, pyarrow or `datasets`
    preset      a published recipe: a key of `rewardkit.selection.criteria.PRESETS`
    output      the file to write, in the format that its ending names; None: the rows are in the result
    rejected    a file for the rows that are not kept, each with its step and reason; True: they are in the result
    seed        settles ties, and which wrong completion makes a pair
    reward      the column of the reward, where the rows have no judgement of rewardkit's
    verdict     the value that says whether a completion is correct: an alias, `alias.value`, or `reward`
    pass_at     a value from which on it is correct
    mapping     where rows keep a field, by its name: `{"prompt": "question"}`
    row_format  the rows' format, where their columns mislead
    workers     worker processes for the criteria that need a reward; None: one for each processor
    criteria    the fields of `rewardkit.selection.criteria.Criteria`, instead of the preset's
    raises      ConfigError for criteria, InputError for rows that do not fit, OutputError
    """
    wanted = criteria_of(preset, criteria)
    reading = Reading(mapping=mapping or {}, row_format=row_format, reward=reward, verdict=verdict, pass_at=pass_at)
    source, files = source_of(rows)

    def ask(rewards: Mapping[str, Any], samples: Iterable[Sample]) -> Iterator[Mapping[str, Score]]:
        with Scorer({"rewards": rewards}, workers=workers) as scorer:
            for result in scorer.stream(samples):
                yield result.scores

    run = Run(source, wanted, reading, seed=seed, ask=ask)
    summary = run.choose()
    rejected_to = None if isinstance(rejected, bool) else rejected
    made = write(run, output, rejected_to, files, rejected=bool(rejected), hold=True)
    return Selected(summary, *made)


def write(
    run: Run,
    output: str | Path | None,
    rejected_to: str | Path | None,
    inputs: Sequence[str],
    *,
    rejected: bool,
    hold: bool = False,
    meta: Mapping[str, Any] | None = None,
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Writes the rows that are kept, and those that are not; returns those that no file was named for.

    output       the file of those that are kept
    rejected_to  the file of the others
    inputs       the files that are read, of which the outputs must be none
    rejected     the others are wanted
    hold         rows for which no file is named are returned
    meta         how the output was made, for the file beside it
    raises  ConfigError for an output that is an input, OutputError
    """
    kept_rows: list[Mapping[str, Any]] = []
    rejected_rows: list[Mapping[str, Any]] = []
    with ExitStack() as stack:
        key = token_hex(8)  # a selection that was killed is not resumed
        kept_file = stack.enter_context(open_output(output, key=key, inputs=inputs)) if output else None
        other_file = stack.enter_context(open_output(rejected_to, key=key, inputs=inputs)) if rejected_to else None
        if isinstance(kept_file, FileOutput) and meta is not None:
            kept_file.meta = lambda: meta
        for end in run.walk(rejected=rejected):
            row, block, file, held = (
                (end.row, end.block, kept_file, kept_rows)
                if isinstance(end, Kept)
                else (_with_reason(end), None, other_file, rejected_rows)
            )
            if file is not None:
                file.write(row, block)
            elif hold:
                held.append(row.data)
    return kept_rows, rejected_rows


def _with_reason(end: Rejected) -> Row:
    because = {"step": end.because.step, "reason": end.because.reason}
    return Row({**end.row.data, "rejected": because}, MADE, end.row.line)


def source_of(rows: Any) -> tuple[Iterable[Row], list[str]]:
    """Rows that can be walked through twice, and the files that they come from.

    raises  InputError for what is neither files nor rows
    """
    if isinstance(rows, str | Path):
        rows = [rows]
    if isinstance(rows, list | tuple) and rows and all(isinstance(one, str | Path) for one in rows):
        files = [str(one) for one in rows]
        return (Spool(read_files(files)) if "-" in files else _Files(files)), files
    return Spool(_numbered(rows)) if isinstance(rows, Iterator) else list(_numbered(rows)), []


class _Files:
    """The rows of some files, read anew each time."""

    def __init__(self, files: Sequence[str]) -> None:
        self._files = files

    def __iter__(self) -> Iterator[Row]:
        return read_files(self._files)


def _numbered(rows: Any) -> Iterator[Row]:
    for number, data in enumerate(rows_of(rows), 1):
        if not isinstance(data, Mapping):
            raise InputError(f"rows, row {number}: found a {type(data).__name__}; select from mappings, or a table")
        yield Row(dict(data), "rows", number)

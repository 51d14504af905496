"""`rewardkit explain`: one row, and how its reward came about."""

from collections.abc import Sequence
from pathlib import Path

from rewardkit.commands import console
from rewardkit.commands.score import load_rubric, places_of
from rewardkit.errors import InputError
from rewardkit.input.caller import Caller
from rewardkit.input.files import read_rows
from rewardkit.input.row import Row
from rewardkit.input.row_reader import detect
from rewardkit.pipeline import Scorer
from rewardkit.rubrics.compose import Term, term


def run(
    file: str,
    number: int,
    rubric_file: Path | None,
    plugins: Sequence[Path],
    places: Sequence[str],
    shape_name: str | None,
    sandbox: str | None,
    progress: float,
) -> None:
    """Judges one row of a file and shows each step; messages name the row by the same `number`."""
    rubric = load_rubric(rubric_file, sandbox)
    row = _row(file, number)
    reader = detect(row, places_of(places), shape_name, Caller.COMMAND)
    row = reader.split(row)[0]
    sample = reader.sample(row).in_format(rubric.reasoning)
    with Scorer(rubric, workers=1, plugins=plugins, timings=True) as scorer:
        (result,) = scorer.score([sample], progress=progress)
    terms: dict[str, Term] = {
        alias: term(rubric, alias, sample, result.scores, result.weights[alias]) for alias in rubric.rewards
    }
    console.explanation(row.where, reader.name, sample, rubric, result, terms)


def _row(file: str, number: int) -> Row:
    before: Row | None = None
    for row in read_rows(file):
        if row.line == number:
            return row
        if row.line > number:
            raise InputError(f"{file}: --row {number}: that line is blank; the next row is {row.line}")
        before = row
    found = f"the last row is {before.line}" if before else "the file has no rows"
    raise InputError(f"{file}: --row {number}: {found}")

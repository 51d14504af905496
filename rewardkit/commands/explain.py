"""`rewardkit explain`: one row, and how its reward came about."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from rewardkit.commands import show
from rewardkit.commands.score import load_rubric, places_of
from rewardkit.compose import Term, term
from rewardkit.errors import InputError
from rewardkit.pipeline import Scorer
from rewardkit.readers import Row, read_rows
from rewardkit.shapes import detect


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
    """Judges row `number` of a file and shows each step."""
    rubric = load_rubric(rubric_file, sandbox)
    row = _row(file, number)
    shape = detect(row, places_of(places), shape_name)
    sample = shape.sample(row)
    with Scorer(rubric, workers=1, plugins=plugins, timings=True) as scorer:
        (result,) = scorer.score([sample], progress=progress)
    terms: dict[str, Term] = {
        alias: term(config, sample, result.scores, alias, result.weights[alias])
        for alias, config in rubric.rewards.items()
    }
    show.explanation(row.where, shape.name, sample, rubric, result, terms)


def _row(file: str, number: int) -> Row:
    last = 0
    for last, row in enumerate(islice(read_rows(file), number), start=1):
        if last == number:
            return row
    raise InputError(f"{file}: --row {number}: the file has {last} rows")

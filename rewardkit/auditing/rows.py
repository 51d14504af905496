"""The samples of an audit from rows, also of a data set that has no completions yet."""

import itertools
from collections.abc import Iterable, Iterator, Mapping

from rewardkit.errors import InputError
from rewardkit.input.input_reader import InputReader
from rewardkit.input.row import Row
from rewardkit.input.row_reader import detect
from rewardkit.sample import Sample

COMPLETION = "completion"


def named_samples(
    rows: Iterable[Row], reader: InputReader, mapping: Mapping[str, str] | None = None
) -> Iterator[tuple[str, Sample]]:
    """The sample of each row with the row's name; a row without a completion gets an empty one.

    raises  InputError for a row that does not fit
    """
    by_source = itertools.groupby(rows, key=lambda row: row.source)
    for _, of_one in by_source:
        first = next(of_one)
        bare = _is_bare(first, mapping)
        given = (_with_completion(row) if bare else row for row in itertools.chain([first], of_one))
        for row in reader.rows(given):
            yield row.where, reader.sample(row)


def _is_bare(row: Row, mapping: Mapping[str, str] | None) -> bool:
    """True for a row that becomes a sample only with a completion added."""
    try:
        detect(row, mapping).sample(row)
    except InputError:
        try:
            detect(_with_completion(row), mapping)
        except InputError:
            return False
        return True
    return False


def _with_completion(row: Row) -> Row:
    return (
        row._replace(data={**row.data, COMPLETION: ""}, raw=b"", unit="line" if row.raw else row.unit)
        if COMPLETION not in row.data
        else row
    )

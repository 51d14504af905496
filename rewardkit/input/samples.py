"""Samples from the arguments of a call in Python: samples, rows, or a table."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rewardkit.errors import InputError
from rewardkit.input.input_reader import InputReader
from rewardkit.input.row import Row
from rewardkit.sample import Sample

_SOURCE = "rows"
"""The name in messages of rows that come from no file."""


def samples_of(samples: Any, reader: InputReader) -> Iterator[Sample]:
    """Samples as they are, and rows in the format of the first of them.

    samples  an iterable of Samples or mappings; or a table of pandas, Polars, pyarrow or `datasets`
    reader   reads the rows, and knows their columns afterwards
    raises   InputError for what is none of these, and for a row that does not fit
    """
    for number, sample in enumerate(rows_of(samples), start=1):
        if isinstance(sample, Sample):
            yield sample
        elif isinstance(sample, Mapping):
            yield reader.sample(Row(dict(sample), _SOURCE, number))
        else:
            found = type(sample).__name__
            raise InputError(
                f"{_SOURCE}, row {number}: found a {found}; score a list of Samples or mappings, or a table"
            )


def rows_of(table: Any) -> Iterable[Any]:
    """The rows of a table, as mappings; anything else as it is.

    raises  InputError for a single row, and for a `datasets.DatasetDict`, which holds several tables
    """
    kind = type(table).__module__.partition(".")[0]
    if isinstance(table, str | bytes):
        raise InputError(f"{_SOURCE}: found a {type(table).__name__}; `rewardkit score FILE` judges files")
    if isinstance(table, Mapping):
        if kind == "datasets":
            first = next(iter(table), "train")
            raise InputError(f"{_SOURCE}: holds the splits {', '.join(table)}; hand over one, such as data[{first!r}]")
        raise InputError(f"{_SOURCE}: found one {type(table).__name__}; put the row in a list: [row]")
    if kind == "pandas":
        return _pandas_rows(table)
    if kind == "polars":
        frame = table.collect() if hasattr(table, "collect") else table
        return frame.iter_rows(named=True)  # type: ignore[no-any-return]
    if kind == "pyarrow":
        return (row for batch in table.to_batches() for row in batch.to_pylist())
    return table  # type: ignore[no-any-return]


def _pandas_rows(frame: Any) -> Iterator[dict[Any, Any]]:
    """Rows in which what pandas calls missing (NaN, NaT, NA) is None."""
    if not hasattr(frame, "columns"):
        raise InputError(f"{_SOURCE}: found a pandas {type(frame).__name__}; score a DataFrame, or its list of rows")
    names = [str(name) for name in frame.columns]
    for values in frame.itertuples(index=False, name=None):
        yield {name: None if _is_missing(value) else value for name, value in zip(names, values, strict=True)}


def _is_missing(value: Any) -> bool:
    if isinstance(value, float):
        return value != value  # noqa: PLR0124 - NaN
    return type(value).__name__ in ("NAType", "NaTType")

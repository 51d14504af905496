"""From what a trainer hands over to rows, and from rows to Samples.

A row is what `rewardkit score` would find in a file: the columns of the data set, and the fields of a Sample that the
trainer knows, under their own names (`completion`, `prompt`, `completion_tokens`, `truncated`, `group`). The ground
truth is looked for where `rewardkit.input.row_format` looks for it, or in the column that the user names. So a data set
that the command line reads needs no mapping in a trainer, and a row that a trainer wrote is read back as it was judged.
"""

import contextlib
import datetime as dt
import decimal
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rewardkit import ConfigError, InputError, Sample
from rewardkit.adapters import Caller, Row, RowReader, detect

_SCALARS = (str, int, float, type(None), bytes, dt.date, dt.time, decimal.Decimal)
_LEVELS = 100
"""So deep plain data is. A model nests the arguments of a tool call as it likes, and no depth of them may raise."""
_FIELDS = ("completion", "prompt", "prefill", "completion_tokens", "truncated", "group")
"""The fields that a trainer knows better than any column of its data set."""


def row_of(
    prompt: Any,
    completion: Any,
    columns: Mapping[str, Any],
    *,
    completion_tokens: int | None = None,
    truncated: bool | None = None,
    group: str | None = None,
    prefill: str | None = None,
    reasoning_tokens: int | None = None,
) -> dict[str, Any]:
    """The row of one completion. Columns that are no plain data, such as images, are left out: no judge reads them."""
    row = _plain_values(columns)
    row["prompt"] = _chat(prompt)
    row["completion"] = _chat(completion)
    if reasoning_tokens is not None:
        row["reasoning_tokens"] = reasoning_tokens
    return row | {
        "prefill": prefill,
        "completion_tokens": completion_tokens,
        "truncated": truncated,
        "group": group,
    }


def plain(value: Any, levels: int = _LEVELS) -> Any:
    """A value as lists, dicts and scalars; tensors and arrays as lists.

    raises  TypeError for any other object, and for data of more than `levels` levels
    """
    if isinstance(value, _SCALARS):
        return value
    if not levels:
        raise TypeError("nested too deeply")
    if isinstance(value, Mapping):
        return {str(key): plain(item, levels - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, levels - 1) for item in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} is no plain data")


def _plain_values(named: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are plain data."""
    kept = {}
    for name, value in named.items():
        with contextlib.suppress(TypeError):
            kept[name] = plain(value)
    return kept


def reader_of(rows: Sequence[Mapping[str, Any]], ground_truth: str | None) -> RowReader:
    """How the rows of a data set become Samples.

    ground_truth  the column that holds it, also a dotted path; None: `ground_truth`, else where row formats keep it
    raises        ConfigError where no row has that column
    """
    mapping = {field: field for field in _FIELDS}
    if ground_truth is None and "ground_truth" in rows[0]:
        ground_truth = "ground_truth"
    if ground_truth is None:
        return detect(Row(dict(rows[0]), "batch", 1), mapping, caller=Caller.TRAINER)
    for number, row in enumerate(rows, 1):
        try:
            mapped = {**mapping, "ground_truth": ground_truth}
            return detect(Row(dict(row), "batch", number), mapped, caller=Caller.TRAINER)
        except InputError:
            continue
    raise ConfigError(f"ground_truth={ground_truth!r}: the rows have no such column; {columns_found(rows[0])}")


def columns_found(names: Iterable[str]) -> str:
    """The data set's columns, for messages."""
    listed = ", ".join(sorted(set(names).difference(_FIELDS[2:], ("completion",))))
    return f"columns of the data set: {listed}"


def sample_of(reader: RowReader, row: Mapping[str, Any], number: int) -> Sample | InputError:
    """The sample of a row, or what is wrong with it."""
    try:
        return reader.sample(Row(dict(row), "batch", number))
    except InputError as error:
        return error


def _chat(value: Any) -> Any:
    """Text as it is; chat messages without what is no plain data, such as images."""
    if not isinstance(value, list | tuple):
        return value
    return [_message(message) if isinstance(message, Mapping) else message for message in value]


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    fields = dict(message)
    content = fields.get("content")
    if isinstance(content, list | tuple):
        fields["content"] = [_plain_values(part) for part in content if isinstance(part, Mapping)]
    return _plain_values(fields)

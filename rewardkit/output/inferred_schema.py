"""The types of columns, worked out from rows that come from no table.

A column must hold one kind; integers and fractions go together, and an empty object becomes null, since a table has no
type without fields.
"""

from collections.abc import Mapping
from typing import Any

from rewardkit.input.row_format import BLOCK

BATCH_ROWS = 1024
"""A conflict of types shows at the latest after so many rows, and among the first rows at once."""


class TypeConflictError(Exception):
    """Values that no table holds in one column."""


class InferredSchema:
    """Columns and types of the rows so far."""

    def __init__(self) -> None:
        self._waiting: list[Any] = []
        self._seen = 0
        self._schema: Any = None

    def add(self, row: Mapping[str, Any]) -> None:
        """Takes note of a row.

        raises  TypeConflictError
        """
        self._waiting.append(without_empty({key: value for key, value in row.items() if key != BLOCK}) or {})
        self._seen += 1
        if len(self._waiting) >= min(self._seen / 8, BATCH_ROWS):
            self._settle()

    def schema(self) -> Any:
        """The schema of all rows, of pyarrow.

        raises  TypeConflictError
        """
        import pyarrow as pa  # noqa: PLC0415 - an extra, and slow to import

        self._settle()
        return pa.schema([]) if self._schema is None else self._schema

    def _settle(self) -> None:
        import pyarrow as pa  # noqa: PLC0415

        if not self._waiting:
            return
        names = list(dict.fromkeys(name for row in self._waiting for name in row))
        found = pa.schema([(name, _type([row.get(name) for row in self._waiting], name)) for name in names])
        try:
            known = found if self._schema is None else self._schema
            self._schema = pa.unify_schemas([known, found], promote_options="permissive")
        except pa.ArrowException as error:
            raise TypeConflictError(str(error)) from error
        self._waiting = []


def without_empty(value: Any) -> Any:
    """A value whose empty objects are null."""
    if isinstance(value, Mapping):
        return {key: without_empty(item) for key, item in value.items()} or None
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    return value


def _type(values: list[Any], name: str) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    try:
        return pa.array(values).type
    except (pa.ArrowException, OverflowError) as error:
        kinds = sorted({type(value).__name__ for value in values if value is not None})
        raise TypeConflictError(f"column {name!r} holds {' and '.join(kinds)} ({error})") from error

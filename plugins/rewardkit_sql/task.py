"""The task of a row: a reference query or its rows, and the databases on which queries are compared."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rewardkit import Sample

MAX_DATABASE_BYTES = 200 * 1024 * 1024
_QUERIES = ("query", "sql", "gold_query", "answer", "SQL")
_DATABASES = ("databases", "database", "setup", "sql_context", "schema", "db_schema", "context")


class TaskError(ValueError):
    """A ground truth that cannot be read; the message names the part."""


class MissingDatabaseError(Exception):
    """A database that is named and is not here."""


class Task(NamedTuple):
    """The reference and databases that a query is judged by."""

    query: str | None
    """The reference, whose rows count where `rows` gives none."""
    rows: list[list[Any]] | None
    setups: tuple[str, ...]
    """Databases as text: CREATE and INSERT statements."""
    files: tuple[Path, ...] = ()
    """Databases as files."""
    ordered: bool | None = None
    """The order of rows counts; None to see whether the reference has one."""


def read_task(sample: Sample, folder: Path | None) -> Task | None:
    """The task of a sample; None where it has none.

    folder   of database files: `DB_ID/*.sqlite`, or `DB_ID.sqlite`, for rows that have a `db_id`
    raises   TaskError for one that cannot be read, MissingDatabaseError for a database that is not in the folder
    """
    truth = sample.ground_truth
    values = dict(truth) if isinstance(truth, Mapping) else {}
    query = truth if isinstance(truth, str) else _first(values, _QUERIES)
    if query is None and truth is None:
        query = _first(sample.columns, ("query", "sql", "SQL"))
    rows = values.get("rows")
    if query is None and rows is None:
        return None
    if rows is not None and not (isinstance(rows, list) and all(isinstance(row, list | tuple) for row in rows)):
        raise TaskError("rows that are not a list of rows")
    found = _first(values, _DATABASES) or _first(sample.columns, _DATABASES)
    setups = (found,) if isinstance(found, str) else tuple(found or ())
    if not all(isinstance(setup, str) for setup in setups):
        raise TaskError("databases that are not texts of CREATE and INSERT statements")
    name = values.get("db_id") or sample.columns.get("db_id")
    files = _files(folder, str(name)) if folder is not None and name else ()
    if not setups and not files:
        raise MissingDatabaseError("a row without a database: give `databases`, or `db_id` and the parameter `folder`")
    ordered = values.get("ordered")
    plain = None if rows is None else [list(row) for row in rows]
    return Task(None if query is None else str(query), plain, setups, files, None if ordered is None else bool(ordered))


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((values[name] for name in names if values.get(name)), None)


def _files(folder: Path, name: str) -> tuple[Path, ...]:
    if Path(name).name != name:
        raise TaskError(f"a db_id that is a path: {name!r}")
    inside = folder / name
    found = sorted([*inside.glob("*.sqlite"), *inside.glob("*.db")]) if inside.is_dir() else []
    found = found or [path for path in (folder / f"{name}.sqlite", folder / f"{name}.db") if path.is_file()]
    if not found:
        raise MissingDatabaseError(f"no database {name!r} in {folder}")
    large = next((path for path in found if path.stat().st_size > MAX_DATABASE_BYTES), None)
    if large is not None:
        raise MissingDatabaseError(f"{large.name} has more than {MAX_DATABASE_BYTES >> 20} MiB")
    return tuple(found)

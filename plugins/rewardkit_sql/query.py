"""The query of an answer, and what it is: one that reads, and nothing else."""

import re
from typing import NamedTuple

from rewardkit import fenced_blocks

_TAGS = frozenset({"", "sql", "sqlite", "sqlite3", "mysql", "postgresql", "postgres"})
_BEGINS = re.compile(r"^\s*(?:\(|--[^\n]*\n|\s)*(?:select|with|values)\b", re.IGNORECASE)


class Shape(NamedTuple):
    """The properties of a query; `known` is False for a text that only SQLite may understand."""

    known: bool
    reads: bool = True
    """True if it is one statement that reads."""
    tables: bool = True
    """True if it reads a table."""
    ordered: bool = False
    """True if the order of its rows is part of it."""


def query_of(answer: str) -> str | None:
    """The last fenced block in SQL, or an answer that begins as a query; None where there is neither."""
    blocks = [block.text for block in fenced_blocks(answer) if block.language.lower() in _TAGS and block.text.strip()]
    if blocks:
        return blocks[-1].strip()
    return answer.strip() if _BEGINS.match(answer) else None


def with_ties_broken(query: str, columns: int) -> tuple[str, str] | None:
    """A query with an ORDER BY, its ties broken by all columns upwards and downwards; None for one not understood."""
    import sqlglot  # noqa: PLC0415 - as in shape_of
    from sqlglot import exp  # noqa: PLC0415

    broken = []
    for desc in (False, True):
        try:
            root = sqlglot.parse_one(query, read="sqlite")
        except (sqlglot.errors.SqlglotError, RecursionError):
            return None
        order = root.args.get("order")
        if order is None:
            return None
        for number in range(1, columns + 1):
            order.append("expressions", exp.Ordered(this=exp.Literal.number(number), desc=desc, nulls_first=not desc))
        broken.append(root.sql(dialect="sqlite"))
    return broken[0], broken[1]


def shape_of(query: str) -> Shape:
    """The shape of a query in SQLite's dialect."""
    import sqlglot  # noqa: PLC0415 - takes a third of a second, and only this needs it
    from sqlglot import exp  # noqa: PLC0415

    try:
        statements = [one for one in sqlglot.parse(query, read="sqlite") if one is not None]
    except (sqlglot.errors.SqlglotError, RecursionError):
        return Shape(known=False, ordered=bool(re.search(r"\border\s+by\b", query, re.IGNORECASE)))
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        return Shape(known=True, reads=False)
    root = statements[0]
    names = {table.name.lower() for table in root.find_all(exp.Table)}
    own = {cte.alias.lower() for cte in root.find_all(exp.CTE)}
    return Shape(known=True, tables=bool(names - own), ordered=root.args.get("order") is not None)

"""Runs one query on one database and prints its rows; this text is what runs in the sandbox.

It reads a line of JSON from standard input, {"query", "setup", "max_rows"}, and after it the bytes of a
database file, if any. It prints {"rows": […], "more": bool}, or {"error": text, "where": "setup" | "query"}.
Only reading is authorized: no ATTACH, no PRAGMA, no extension, nothing that writes.
"""

import json
import sqlite3
import sys
from typing import Any

ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
REFUSED_FUNCTIONS = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}
MAX_VALUE_BYTES = 4_000_000


def authorize(action: int, _first: str | None, second: str | None, *_: Any) -> int:
    """The answer to SQLite's question whether an action may be done."""
    if action not in ALLOWED or (action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in REFUSED_FUNCTIONS):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def plain(value: Any) -> Any:
    """A value of a row as JSON can hold it."""
    return {"bytes": value.hex()} if isinstance(value, bytes) else value


def run(request: dict[str, Any], image: bytes) -> dict[str, Any]:
    """The rows of the query, or the error."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    try:
        if image:
            connection.deserialize(image)
        connection.executescript(request["setup"])
        connection.execute("PRAGMA temp_store = MEMORY")
    except (sqlite3.Error, sqlite3.Warning, MemoryError) as exc:
        return {"error": str(exc), "where": "setup"}
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_authorizer(authorize)
    try:
        rows = connection.execute(request["query"]).fetchmany(request["max_rows"] + 1)
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as exc:
        return {"error": str(exc), "where": "query"}
    more = len(rows) > request["max_rows"]
    found = [[plain(value) for value in row] for row in rows[: request["max_rows"]]]
    return {"rows": found, "more": more}


if __name__ == "__main__":
    head, _, content = sys.stdin.buffer.read().partition(b"\n")
    sys.stdout.write(json.dumps(run(json.loads(head), content)))

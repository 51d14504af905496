"""The bytes of an output row: the input row as it stands, and the block of its judgement behind it.

    {"prompt": "…", "completion": "…", "n": 1e400,"rewardkit":{"reward":1.0,…}}

The bytes of an input line are kept, so nothing that JSON can write is lost by passing through Python. A row that has
no line (Parquet) is written again: times in ISO 8601, decimals in their digits, bytes in base64, NaN and Infinity as
Python's json writes them. A block that an earlier run of ours appended is replaced.
"""

import base64
import json
import math
from collections.abc import Mapping
from typing import Any

import orjson

from rewardkit.input.row import Row
from rewardkit.input.row_format import BLOCK

_KEY = f',"{BLOCK}":'.encode()


def line_of(row: Row, block: Mapping[str, Any] | None) -> bytes:
    """The output line of a row, with its end of line; without a block the row as it stands."""
    if block is None:
        return (row.raw or _dumps_exactly(row.data)) + b"\n"
    return b"%b%b}\n" % (_head(row), _dumps(block))


def block_of(row: Row, line: bytes) -> dict[str, Any] | None:
    """The block in an output line, None if the line is not that of `row`."""
    head = _head(row)
    if not line.startswith(head):
        return None
    try:
        block: Any = json.loads(line[len(head) : -2])
    except ValueError:
        return None
    return block if isinstance(block, dict) else None


def _head(row: Row) -> bytes:
    """The output line up to its block."""
    if BLOCK not in row.data:
        bare, any_columns = row.raw or _dumps_exactly(row.data), bool(row.data)
    else:
        bare, any_columns = _without_block(row), len(row.data) > 1
    return bare[:-1] + (_KEY if any_columns else _KEY[1:])


def _without_block(row: Row) -> bytes:
    # A quote inside a JSON string is escaped, so the key stands where it is found; and if what follows is one whole
    # value up to the line's last brace, then the key is the last one of the row itself.
    cut = row.raw.rfind(_KEY)
    if cut >= 0:
        try:
            json.loads(row.raw[cut + len(_KEY) : -1])
        except ValueError:
            pass
        else:
            return row.raw[:cut] + b"}"
    return _dumps_exactly({name: value for name, value in row.data.items() if name != BLOCK})


def _dumps(value: Any) -> bytes:
    """JSON of any value: what orjson does not know, such as integers beyond 64 bits, goes the slow way."""
    try:
        return orjson.dumps(value, default=_as_text)
    except TypeError:
        return json.dumps(value, separators=(",", ":"), default=_as_text, skipkeys=True).encode()


def _dumps_exactly(data: Mapping[str, Any]) -> bytes:
    written = _dumps(data)
    # orjson writes null for NaN and the infinities.
    if b"null" in written and _has_nonfinite(data):
        return json.dumps(data, separators=(",", ":"), default=_as_text).encode()
    return written


def _has_nonfinite(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, Mapping):
        return any(map(_has_nonfinite, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_nonfinite, value))


def _as_text(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)

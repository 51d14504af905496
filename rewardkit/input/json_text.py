"""One JSON value from its bytes, with an error message that names the fix.

Python's extensions of JSON are read as Python's `json` reads them: NaN and Infinity, integers of any size, half a
surrogate pair (which becomes U+FFFD). Everything else that is not JSON is an InputError, and so is a key that an object
has twice, of which every parser silently keeps another one.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import orjson

from rewardkit.errors import InputError

READS = "rewardkit reads JSON lines (also in gzip or zstd), JSON, CSV, TSV, Parquet and Arrow"

VALUES_LIMIT = 4_000_000
"""More values in one text are refused: as Python objects they take far more memory than the text."""

LEVELS = 200
"""Deeper nesting is refused: functions that walk rows call themselves for each level."""

_UNCOUNTED_BYTES = 1024**2
# orjson silently turns an integer beyond 64 bits into a float. Nineteen digits in a row may be one: mapping every
# digit to 0 and the rest to blanks finds them at memory speed; a regular expression costs more than parsing does.
_DIGITS_TO_ZERO = bytes(0x30 if 0x30 <= code <= 0x39 else 0x20 for code in range(256))
_LONG_NUMBER = b"0" * 19
_TOO_DEEP = f"is nested too deeply to be read, over {LEVELS} levels; flatten the row"
_SURROGATE = re.compile("[\ud800-\udfff]")


def quick_object(raw: bytes) -> dict[str, Any] | None:
    """The object that a line of JSON holds, where nothing about the line asks for a closer look; else None.

    Every line for which this returns an object is read alike by `parse_json`, which takes longer.
    """
    if len(raw) > _UNCOUNTED_BYTES:
        return None
    try:
        data = orjson.loads(raw)
    except ValueError:
        return None
    if type(data) is not dict or b'" :' in raw or b"\t" in raw or raw.count(b"{") + raw.count(b"[") > LEVELS:
        return None
    if _LONG_NUMBER in raw.translate(_DIGITS_TO_ZERO) or raw.count(b'":') != _keys(data):
        return None
    return data


def parse_json(raw: bytes, where: str) -> Any:
    """The value of a JSON text.

    where   how messages begin: the file and the line
    raises  InputError
    """
    check_values(raw, where)
    try:
        data = orjson.loads(raw)
    except ValueError:
        data = _parse_as_python_writes(raw, where)
    else:
        if _LONG_NUMBER in raw.translate(_DIGITS_TO_ZERO) or not _keys_are_single(raw, data):
            data = _parse_as_python_writes(raw, where)
    if raw.count(b"{") + raw.count(b"[") > LEVELS and _is_deep(data):
        raise InputError(f"{where}: {_TOO_DEEP}")
    return data


def check_values(raw: bytes, where: str) -> None:
    """Checks that a JSON text does not take far more memory as Python objects than as text.

    raises  InputError
    """
    if len(raw) > _UNCOUNTED_BYTES and sum(map(raw.count, (b",", b"[", b"{"))) > VALUES_LIMIT:
        raise InputError(f"{where}: holds more than {VALUES_LIMIT:,} values; store large attachments beside the file")


def _keys_are_single(raw: bytes, data: Any) -> bool:
    """True where no object has a key twice, by counting; False where that does not decide.

    `":` ends each key that its colon follows at once. It also stands in strings, behind a backslash, which makes the
    count too large; only a key apart from its colon makes it too small.
    """
    if b'" :' in raw or b"\t" in raw:
        return False
    found = raw.count(b'":')
    try:
        keys = _keys(data)
    except RecursionError:
        return False
    if found == keys or b'\\\\"' in raw:  # where the backslash may itself be escaped
        return found == keys
    return found - raw.count(b'\\":') == keys


def _keys(value: Any) -> int:
    kind = type(value)
    if kind is dict:
        keys = len(value)
        for item in value.values():
            if type(item) is dict or type(item) is list:
                keys += _keys(item)
        return keys
    # Most lists hold numbers or texts alone; one that turns out to be mixed only makes the count too small, and then
    # the keys are compared.
    if kind is list and value and (type(value[0]) is dict or type(value[0]) is list):
        return sum(map(_keys, value))
    return 0


def _parse_as_python_writes(raw: bytes, where: str) -> Any:
    if b"\0" in raw:
        raise InputError(f"{where}: is binary data; {READS}")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where}: is not UTF-8: byte {raw[error.start]:#04x} at position {error.start + 1} of the line; "
            "write it again as UTF-8, or from its true encoding: `iconv -f latin1 -t UTF-8 FILE > NEW`"
        ) from error
    try:
        data = json.loads(text, object_pairs_hook=_single)
    except _DoubledKeyError as error:
        raise InputError(f"{where}: has the key {error.args[0]!r:.80} twice in one object; keep one of them") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: {_syntax(error, text)}") from error
    except RecursionError as error:
        raise InputError(f"{where}: {_TOO_DEEP}") from error
    except ValueError as error:  # int() refuses what takes it quadratic time
        raise InputError(f"{where}: holds a number too long to be read ({error}); write it as a string") from error
    if ("\\ud" in text or "\\uD" in text) and not _is_deep(data):
        return _without_surrogates(data)
    return data


class _DoubledKeyError(Exception):
    pass


def _single(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DoubledKeyError(key)
            seen.add(key)
    return made


def _syntax(error: json.JSONDecodeError, text: str) -> str:
    if text[0] == "[" and "\n" not in text and (error.pos >= len(text) or error.msg == "Extra data"):
        return "begins a JSON array; in JSON lines each row is an object: `jq -c '.[]' FILE > FILE.jsonl` makes them"
    if text == "{":
        return "begins an object that goes on over lines; `jq -c . FILE > FILE.jsonl` puts each object on its line"
    if error.pos >= len(text) or error.msg.startswith("Unterminated string"):
        return (
            f"the JSON is cut off after {len(text)} characters (…{text[-20:]!r}); "
            "the writer was interrupted: write the row again or drop the line"
        )
    if error.msg == "Extra data":
        return f"holds more than one JSON value (the second at character {error.pos + 1}); write one row a line"
    near = text[error.pos : error.pos + 20]
    return f"is not JSON: {error.msg} at character {error.pos + 1}, at {near!r}; write each row as a JSON object"


def _is_deep(value: Any) -> bool:
    """True for a value that is nested deeper than LEVELS."""
    level = [value]
    for _ in range(LEVELS):
        level = [
            item
            for outer in level
            for item in (outer.values() if type(outer) is dict else outer if type(outer) is list else ())
            if type(item) is dict or type(item) is list
        ]
        if not level:
            return False
    return True


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value

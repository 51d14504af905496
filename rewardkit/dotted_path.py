"""Values inside nested data by dotted paths: `extra_info.answer`, `choices.0.message`."""

from collections.abc import Mapping, Sequence
from typing import Any


def value_at(data: Any, path: str | Sequence[str]) -> Any:
    """The value at a dotted path, or at its keys in a list; None where there is none.

    A key of a mapping is taken by name; an item of a list by its number, from 0.
    """
    for key in path.split(".") if isinstance(path, str) else path:
        if isinstance(data, Mapping):
            data = data.get(key)
        elif isinstance(data, list | tuple) and key.isdecimal() and int(key) < len(data):
            data = data[int(key)]
        else:
            return None
    return data


def replaced_at(data: Any, path: Sequence[str], value: Any) -> Any:
    """The data with another value at a path that it has; what lies on the way is copied, never changed."""
    if not path:
        return value
    key, *rest = path
    if isinstance(data, Mapping):
        return {**data, key: replaced_at(data[key], rest, value)}
    copy = list(data)
    copy[int(key)] = replaced_at(copy[int(key)], rest, value)
    return copy

"""The limits of time and memory that a task gives to its programs, in the units of public data sets."""

import re
from collections.abc import Mapping
from typing import Any

from rewardkit_code.layouts.row import Row

_TIME = ("time_limit", "metadata.time_limit", "extra_info.time_limit", "verifier_metadata.time_limit")
_MEMORY = ("memory_limit", "memory_limit_bytes", "metadata.memory_limit", "extra_info.memory_limit")
_SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "milliseconds": 1e-3}
_MEGABYTES = {
    "": 1.0,
    "mb": 1.0,
    "mib": 1.0,
    "m": 1.0,
    "megabyte": 1.0,
    "megabytes": 1.0,
    "gb": 1024.0,
    "gigabytes": 1024.0,
    "kb": 1 / 1024,
    "kilobytes": 1 / 1024,
    "b": 1 / 1048576,
    "bytes": 1 / 1048576,
}
MOST_S, MOST_MB = 100.0, 65536.0
"""The largest numbers that are taken for seconds and for megabytes; above, for milliseconds and for bytes."""


def time_limit_s(row: Row) -> float | None:
    """CPU seconds of a case: `2.0`, `2000` in milliseconds, `"2 seconds"`, `{"seconds": 2, "nanos": 5}`."""
    for name in _TIME:
        value = row.column(name)
        if isinstance(value, Mapping) and isinstance(value.get("seconds"), int):
            value = value["seconds"] + (value.get("nanos") or 0) / 1e9
        found = _number(value, _SECONDS)
        if found is not None:
            return found if found <= MOST_S else found / 1000
    return None


def memory_limit_mb(row: Row) -> float | None:
    """Megabytes of a case: `256`, `256000000` in bytes, `"256.0 megabytes"`."""
    found = next((found for name in _MEMORY if (found := _number(row.column(name), _MEGABYTES)) is not None), None)
    return found if found is None or found <= MOST_MB else found / 1048576


def _number(value: Any, units: Mapping[str, float]) -> float | None:
    """A number with its unit; None for what is none, and for what is not above 0."""
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d{1,12}(?:\.\d+)?)\s*([A-Za-z]*)\s*", value)
        if match is None or match[2].lower() not in units:
            return None
        value = float(match[1]) * units[match[2].lower()]
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return None
    return float(value)

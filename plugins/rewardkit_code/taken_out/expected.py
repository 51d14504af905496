"""The expected report of one site of a test, and the comparison, in the trusted process."""

import builtins
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rewardkit_code.compare import Rules, close


@dataclass(frozen=True)
class Expected:
    """The expected report of one site.

    how     ==, !=, <, <=, >, >=, in, not in, contains, lacks, true, false, is a, close, raises
    """

    how: str
    value: Any = None
    rel: float = 0.0
    absolute: float = 0.0


def holds(expected: Expected, report: tuple[str, Any]) -> bool:
    """True if a site's report is what its test expects.

    report    ("value", plain data) or ("raised", [names of its type and of the types above it, text])
    """
    kind, found = report
    if expected.how == "raises":
        return kind == "raised" and _raised(found, *expected.value)
    return kind == "value" and _CHECKS[expected.how](found, expected)


def _raised(found: Any, name: str, pattern: str | None) -> bool:
    names, text = found
    wanted = _error(name)
    if wanted is None:
        matches = name.rpartition(".")[2] in names[:4]
    else:
        # The first builtin type decides, so that no report can name them all.
        nearest = next(filter(None, map(_error, names)), None)
        matches = nearest is not None and issubclass(nearest, wanted)
    return matches and type(text) is str and (pattern is None or re.search(pattern, text) is not None)


def _error(name: Any) -> type[BaseException] | None:
    found = getattr(builtins, name, None) if type(name) is str else None
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


_RULES = Rules()


def _order(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Expected], bool]:
    def check(found: Any, expected: Expected) -> bool:
        try:
            return type(found) in (int, float, str, bool, tuple, list) and bool(compare(found, expected.value))
        except TypeError:
            return False

    return check


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, (str, bytes)):
        return type(container) is type(item) and item in container  # type: ignore[operator]
    return isinstance(container, (list, tuple, set, frozenset, dict)) and any(
        _RULES.same(member, item) for member in container
    )


_CHECKS: dict[str, Callable[[Any, Expected], bool]] = {
    "==": lambda found, expected: _RULES.same(found, expected.value),
    "!=": lambda found, expected: not _RULES.same(found, expected.value),
    "<": _order(lambda a, b: a < b),
    "<=": _order(lambda a, b: a <= b),
    ">": _order(lambda a, b: a > b),
    ">=": _order(lambda a, b: a >= b),
    "in": lambda found, expected: _contains(expected.value, found),
    "not in": lambda found, expected: not _contains(expected.value, found),
    "contains": lambda found, expected: _contains(found, expected.value),
    "lacks": lambda found, expected: not _contains(found, expected.value),
    "true": lambda found, _: bool(found),
    "false": lambda found, _: not found,
    "is a": lambda found, expected: isinstance(found, expected.value),
    "close": lambda found, expected: (
        type(found) in (int, float) and close(found, expected.value, expected.rel, expected.absolute)
    ),
}

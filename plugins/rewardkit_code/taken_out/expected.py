"""The expected report of one site of a test, and the comparison, in the trusted process."""

import builtins
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from rewardkit_code.compare import Rules
from rewardkit_code.taken_out.closed import Closed


@dataclass(frozen=True)
class Expected:
    """The expected report of one site.

    how     ==, !=, <, <=, >, >=, in, not in, contains, lacks, true, false, is a, is no, close, far, matches,
            lacks match, same items, first, raises; any and all of several others
    value   what it compares with; `Closed` where that must be evaluated first
    """

    how: str
    value: Any = None
    rel: float = 0.0
    absolute: float = 0.0


def closed_of(expected: Expected) -> Iterator[Closed]:
    """The expressions that must be evaluated before a report can be compared."""
    for part in expected.value if isinstance(expected.value, tuple) else (expected.value,):
        if isinstance(part, Closed):
            yield part
        elif isinstance(part, Expected):
            yield from closed_of(part)


def evaluated(expected: Expected, values: dict[Closed, Any]) -> Expected:
    """`expected` with the values of its closed expressions."""

    def of(part: Any) -> Any:
        if isinstance(part, Expected):
            return evaluated(part, values)
        return values[part] if isinstance(part, Closed) else part

    value = expected.value
    return replace(expected, value=tuple(map(of, value)) if isinstance(value, tuple) else of(value))


def holds(expected: Expected, report: tuple[str, Any]) -> bool:
    """True if a site's report is what its test expects.

    report    ("value", plain data) or ("raised", [names of its type and of the types above it, text])
    """
    kind, found = report
    if expected.how == "raises":
        names, pattern = expected.value
        return kind == "raised" and any(_raised(found, name, pattern) for name in names)
    try:
        return kind == "value" and _CHECKS[expected.how](found, expected)
    except (TypeError, ValueError, ArithmeticError, RecursionError, re.error):
        return False


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
        return type(found) in (int, float, str, bool, tuple, list) and bool(compare(found, expected.value))

    return check


_CONTAINERS = (str, bytes, list, tuple, set, frozenset, dict, range)


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, str | bytes):
        return type(container) is type(item) and item in container  # type: ignore[operator]
    return isinstance(container, _CONTAINERS) and any(_RULES.same(member, item) for member in container)


def _close(found: Any, expected: Expected) -> bool:
    if isinstance(expected.value, bool) or isinstance(found, bool):
        return _RULES.same(found, expected.value)
    return Rules(rel=expected.rel, absolute=expected.absolute).same(found, expected.value)


def _same_items(found: Any, expected: Expected) -> bool:
    kinds = (list, tuple, set, frozenset, dict)
    if not isinstance(found, kinds) or not isinstance(expected.value, kinds) or len(found) != len(expected.value):
        return False
    left = list(found)
    for item in expected.value:
        at = next((at for at, member in enumerate(left) if _RULES.same(member, item)), None)
        if at is None:
            return False
        del left[at]
    return True


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
    "lacks": lambda found, expected: isinstance(found, _CONTAINERS) and not _contains(found, expected.value),
    "true": lambda found, _: bool(found),
    "false": lambda found, _: not found,
    "is a": lambda found, expected: isinstance(found, expected.value),
    "is no": lambda found, expected: not isinstance(found, expected.value),
    "close": _close,
    "far": lambda found, expected: isinstance(found, int | float) and not _close(found, expected),
    "matches": lambda found, expected: type(found) is str and re.search(expected.value, found) is not None,
    "lacks match": lambda found, expected: type(found) is str and re.search(expected.value, found) is None,
    "same items": _same_items,
    "first": lambda found, expected: type(found) is list and found[:1] == [expected.value],
    "all": lambda found, expected: all(holds(part, ("value", found)) for part in expected.value),
    "any": lambda found, expected: any(holds(part, ("value", found)) for part in expected.value),
}

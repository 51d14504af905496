"""Calls compared with a reference, argument by argument. Pure.

The rules are those of BFCL's AST check (Patil et al. 2025): each argument has one of its allowed values, none is
missing that is not optional, none is there that nobody asked for, and parallel calls may stand in any order.
"""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rewardkit_tool_calls.call import Call, UntypedText
from rewardkit_tool_calls.reference import Wanted

_MARKS = re.compile(r"[ ,./\-_*^]")
MOST_CALLS = 128


class Tool(NamedTuple):
    """The arguments of a tool, as the row describes them."""

    defaults: Mapping[str, Any] = {}
    """An argument that equals its default may be given or left out."""
    required: frozenset[str] = frozenset()


def share_of_arguments(call: Call, wanted: Wanted, tool: Tool, *, loose: bool) -> float:
    """The share of a call's arguments that are right; 0.0 for another name, 1.0 for a call that matches."""
    defaults = tool.defaults
    if not same_name(call.name, wanted.name):
        return 0.0
    given = _named(call.arguments, wanted)
    right = wrong = 0
    for key in given.keys() | wanted.arguments.keys():
        if key not in wanted.arguments:
            if not (key in defaults and equal(given[key], defaults[key], loose=loose)):
                wrong += 1
        elif key not in given:
            may = key in wanted.optional or any(
                key in defaults and equal(defaults[key], value, loose=loose) for value in wanted.arguments[key]
            )
            wrong += not may or key in tool.required
        elif any(allowed(given[key], value, loose=loose, bfcl=wanted.loose) for value in wanted.arguments[key]):
            right += 1
        else:
            wrong += 1
    return right / (right + wrong) if right + wrong else 1.0


def same_name(name: str, wanted: str) -> bool:
    """True for the same name; a dot may be an underscore, as for servers that allow no dots."""
    return name == wanted or name.replace(".", "_") == wanted.replace(".", "_")


def allowed(value: Any, wanted: Any, *, loose: bool, bfcl: bool) -> bool:
    """True if a value is what an argument may be; inside BFCL's objects each key has a list of allowed values."""
    if bfcl and isinstance(wanted, Mapping) and isinstance(value, Mapping):
        if not value.keys() <= wanted.keys():
            return False
        return all(
            any(allowed(value[key], one, loose=loose, bfcl=bfcl) for one in _many(options))
            if key in value
            else "" in _many(options)
            for key, options in wanted.items()
        )
    if bfcl and isinstance(wanted, list) and isinstance(value, list):
        return len(value) == len(wanted) and all(
            allowed(a, b, loose=loose, bfcl=bfcl) for a, b in zip(value, wanted, strict=True)
        )
    return equal(value, wanted, loose=loose)


def equal(value: Any, wanted: Any, *, loose: bool) -> bool:
    """True for equal values: 3 and 3.0 are, 1 and true are not; a bare text may be the number that it writes."""
    if isinstance(value, UntypedText):
        text = str(value)
        return equal(text, wanted, loose=loose) or (
            not isinstance(wanted, str) and any(equal(one, wanted, loose=loose) for one in _typed(text))
        )
    if isinstance(value, bool) or isinstance(wanted, bool):
        return isinstance(value, bool) and isinstance(wanted, bool) and value == wanted
    if isinstance(value, str) and isinstance(wanted, str):
        return value == wanted or (loose and _loose(value) == _loose(wanted))
    if isinstance(value, Mapping) and isinstance(wanted, Mapping):
        return value.keys() == wanted.keys() and all(equal(value[key], wanted[key], loose=loose) for key in value)
    if isinstance(value, list | tuple) and isinstance(wanted, list | tuple):
        return len(value) == len(wanted) and all(equal(a, b, loose=loose) for a, b in zip(value, wanted, strict=True))
    if isinstance(value, int | float) and isinstance(wanted, int | float):
        return value == wanted
    return value is None and wanted is None


def pairing(shares: Sequence[Sequence[float]], *, ordered: bool) -> list[float]:
    """The share of each wanted call, when each is paired with at most one call and each call with at most one.

    shares  for each wanted call, the share of each call that was made
    Whole matches are paired first (as many as possible), what is left greedily by share.
    """
    wanted, made = len(shares), len(shares[0]) if shares else 0
    if ordered:
        return [shares[at][at] if at < made else 0.0 for at in range(wanted)]
    partner: dict[int, int] = {}
    for at in range(wanted):
        _augment(at, shares, partner, set())
    found = [0.0] * wanted
    for call, at in partner.items():
        found[at] = shares[at][call]
    free = [call for call in range(made) if call not in partner]
    left = sorted(
        ((shares[at][call], at, call) for at in range(wanted) if not found[at] for call in free), reverse=True
    )
    used: set[int] = set()
    for share, at, call in left:
        if not found[at] and call not in used:
            found[at] = share
            used.add(call)
    return found


def _augment(at: int, shares: Sequence[Sequence[float]], partner: dict[int, int], seen: set[int]) -> bool:
    """Finds a whole match for one wanted call, moving others where they have another (Kuhn's algorithm)."""
    for call, share in enumerate(shares[at]):
        if share == 1.0 and call not in seen:
            seen.add(call)
            if call not in partner or _augment(partner[call], shares, partner, seen):
                partner[call] = at
                return True
    return False


def _named(given: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    """Arguments by name; those that Python's syntax gives by position get the reference's names in order."""
    names = list(wanted.arguments)
    return {
        names[int(key)] if key.isdecimal() and key not in wanted.arguments and int(key) < len(names) else key: value
        for key, value in given.items()
    }


def _typed(text: str) -> list[Any]:
    """The values that a bare text may stand for besides itself: JSON or Python literals."""
    found = []
    for read in (json.loads, ast.literal_eval):
        try:
            found.append(read(text.strip()))
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
    words: dict[str, Any] = {"true": True, "false": False, "null": None, "none": None}
    lowered = text.strip().lower()
    return [*found, words[lowered]] if lowered in words else found


def _loose(text: str) -> str:
    """BFCL's `standardize_string`."""
    return _MARKS.sub("", text).lower().replace("'", '"')


def _many(options: Any) -> list[Any]:
    return list(options) if isinstance(options, list | tuple) else [options]

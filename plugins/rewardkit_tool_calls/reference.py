"""The calls that are expected: a reference in the forms of data sets. Pure.

| form of the ground truth | data set |
|---|---|
| `[{"weather": {"city": ["Paris", "Paris, France"], "days": [3, ""]}}]` | BFCL: allowed values, `""` if optional |
| `[{"name": "weather", "arguments": {…}}]`, OpenAI's form, arguments in a text | xLAM, ToolACE, APIGen, Hermes |
| `["weather(city='Paris')"]` | BFCL's multi-turn answers |
| `[]` | no call is right |
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from rewardkit_tool_calls.call import NotACallError, call_of, loads
from rewardkit_tool_calls.python_syntax import python_calls


class Wanted(NamedTuple):
    """A call that should be made."""

    name: str
    arguments: Mapping[str, list[Any]]
    """The allowed values of each argument."""
    optional: frozenset[str]
    """Arguments that may be left out."""
    loose: bool
    """True where texts are compared as BFCL does: without blanks, case and the marks `,./-_*^`."""


class UnreadableReferenceError(ValueError):
    """A reference in a form that is not known."""


def reference_of(ground_truth: Any) -> list[Wanted]:
    """The calls that should be made; empty where none is right.

    raises  UnreadableReferenceError
    """
    try:
        return [wanted for one in _listed(ground_truth) for wanted in _wanted(one)]
    except NotACallError as error:
        raise UnreadableReferenceError(str(error)) from None


def _listed(truth: Any) -> list[Any]:
    if hasattr(truth, "tolist"):
        truth = truth.tolist()
    if isinstance(truth, str):
        text = truth.strip()
        if not text:
            return []
        truth = loads(text) if text[0] in "[{" and _is_json(text) else [text]
    if isinstance(truth, Mapping):
        for key in ("tool_calls", "ground_truth", "function_calls", "calls"):
            if isinstance(truth.get(key), list | tuple | str):
                return _listed(truth[key])
        truth = [truth]
    if not isinstance(truth, list | tuple):
        raise UnreadableReferenceError(f"wanted a list of calls, found {truth!r:.60}")
    return list(truth)


def _wanted(one: Any) -> list[Wanted]:
    if isinstance(one, str):
        return [_plain(call.name, call.arguments) for call in python_calls(one)]
    if isinstance(one, Mapping) and len(one) == 1:
        ((name, arguments),) = one.items()
        if isinstance(arguments, Mapping) and all(isinstance(value, list | tuple) for value in arguments.values()):
            return [_of_bfcl(str(name), arguments)]
    call = call_of(one)
    return [_plain(call.name, call.arguments)]


def _of_bfcl(name: str, arguments: Mapping[str, Any]) -> Wanted:
    optional = frozenset(key for key, values in arguments.items() if "" in values)
    return Wanted(name, {key: list(values) for key, values in arguments.items()}, optional, loose=True)


def _plain(name: str, arguments: Mapping[str, Any]) -> Wanted:
    return Wanted(name, {key: [value] for key, value in arguments.items()}, frozenset(), loose=False)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True

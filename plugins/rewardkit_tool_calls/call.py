"""A call of a tool, and the ways in which one is written as an object. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class UntypedText(str):
    """An argument that its template writes as bare text: `3` may be the number or the text."""

    __slots__ = ()


class Call(NamedTuple):
    """A call of a tool."""

    name: str
    arguments: Mapping[str, Any]


class NotACallError(ValueError):
    """A value that should be a call cannot be read as one; the message gives the reason."""


_ARGUMENT_KEYS = ("arguments", "parameters", "args", "input")


def call_of(written: Any) -> Call:
    """A call from an object, in the forms of OpenAI, Anthropic, Gemini, Bedrock, Cohere and of prompts.

    raises  NotACallError
    """
    if isinstance(written, Mapping):
        for key in ("function", "functionCall", "function_call", "toolUse", "tool_use"):
            if isinstance(written.get(key), Mapping):
                return call_of(written[key])
        name = next((written[key] for key in ("name", "tool_name", "function", "tool") if key in written), None)
        if isinstance(name, str) and name.strip():
            given: Any = next((written[key] for key in _ARGUMENT_KEYS if written.get(key) is not None), {})
            if isinstance(given, str):
                given = loads(given) if given.strip() else {}
            if isinstance(given, Mapping):
                return Call(name.strip(), given)
    raise NotACallError(f"not a call: {written!r:.80}")


def loads(text: str) -> Any:
    """A JSON value of a whole text; a key that stands twice is an error.

    raises  NotACallError
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, strict=False)
    except (ValueError, RecursionError) as error:
        raise NotACallError(f"arguments are not JSON: {error}") from None


def several(text: str) -> list[Any]:
    """JSON values one after another, as lines, with `;` or `,` between them, or in one array.

    raises  NotACallError
    """
    decoder = json.JSONDecoder(object_pairs_hook=_unique, strict=False)
    found: list[Any] = []
    position = 0
    while rest := text[position:].lstrip(" \t\r\n;,"):
        position = len(text) - len(rest)
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise NotACallError(f"not JSON: {error}") from None
        found += value if isinstance(value, list) else [value]
    return found


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotACallError("a key is there twice")
    return found

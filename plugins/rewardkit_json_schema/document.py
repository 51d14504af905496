"""The one JSON document of a completion: all of its answer, one fenced block, or one object in its text. Pure."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from rewardkit import fenced_blocks

JSON_FENCES = frozenset(("", "json", "json5", "jsonc", "javascript", "js"))
"""Languages of a fenced block that may hold JSON."""

MOST_NESTED = 200
"""Levels of arrays and objects that are validated."""

MOST_FAULTS = 50
"""Brackets that open no JSON, after which a text is looked through no further: `[[[[…` would take quadratic time."""


class NoDocumentError(ValueError):
    """The completion holds no JSON document, or several that differ."""


class TooDeepError(ValueError):
    """The document is nested deeper than `MOST_NESTED`."""


class Document(NamedTuple):
    """A JSON document in a completion."""

    value: Any
    alone: bool
    """True if the answer is nothing but this document."""


def find_document(answer: str) -> Document:
    """The JSON document of an answer.

    raises  NoDocumentError, with the reason; TooDeepError
    """
    text = answer.strip()
    if not text:
        raise NoDocumentError("the answer is empty")
    if text[0] in '{["-0123456789tfn':
        try:
            return Document(parse(text), alone=True)
        except ValueError as error:
            if isinstance(error, TooDeepError):
                raise
            fault = str(error)
    else:
        fault = "the answer is not JSON"
    blocks = [block for block in fenced_blocks(text) if block.language in JSON_FENCES and block.text.strip()]
    if blocks:
        return _one([_block(block.text) for block in blocks])
    embedded = _embedded(text)
    if not embedded:
        raise NoDocumentError(fault)
    return _one(embedded)


def parse(text: str) -> Any:
    """One JSON value of a whole text; a key twice, NaN and Infinity are no JSON.

    raises  ValueError, TooDeepError
    """
    if _depth(text) > MOST_NESTED:
        raise TooDeepError(f"more than {MOST_NESTED} levels of arrays and objects")
    return _DECODER.decode(text)


def _block(text: str) -> Any:
    try:
        return parse(text)
    except TooDeepError:
        raise
    except ValueError as error:
        raise NoDocumentError(f"a fenced block is not JSON: {error}") from None


def _one(values: Sequence[Any]) -> Document:
    written = {json.dumps(value, sort_keys=True) for value in values}
    if len(written) > 1:
        raise NoDocumentError(f"there are {len(values)} JSON documents, and they differ")
    return Document(values[0], alone=False)


def _embedded(text: str) -> list[Any]:
    """The objects and arrays that stand in a text beside words, the outermost of each."""
    found: list[Any] = []
    position = faults = 0
    while faults < MOST_FAULTS:
        starts = [at for mark in "{[" if (at := text.find(mark, position)) >= 0]
        if not starts:
            break
        start = min(starts)
        try:
            value, position = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            position, faults = start + 1, faults + 1
            continue
        if isinstance(value, dict) or any(isinstance(item, dict) for item in value):
            found.append(value)
    if _depth(text) > MOST_NESTED and found:
        raise TooDeepError(f"more than {MOST_NESTED} levels of arrays and objects")
    return found


def _depth(text: str) -> int:
    """An upper bound of how deep a text nests; brackets inside its strings count too."""
    if text.count("{") + text.count("[") <= MOST_NESTED:
        return 0
    depth = deepest = 0
    inside = escaped = False
    for letter in text:
        if inside:
            inside = escaped or letter != '"'
            escaped = letter == "\\" and not escaped
        elif letter == '"':
            inside = True
        elif letter in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in "}]":
            depth -= 1
    return deepest


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)

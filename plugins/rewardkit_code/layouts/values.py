"""Values of a tests object: texts, JSON, Python literals, packed cases. Pure, and nothing is executed."""

import ast
import base64
import io
import json
import math
import pickle
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MAX_PACKED_BYTES = 256 * 1024 * 1024
"""Bytes that packed test cases may have when they are unpacked."""


class GroundTruthError(ValueError):
    """Tests that are there and cannot be read; the message names the part."""


class UnsupportedTestsError(GroundTruthError):
    """Tests that can be read and cannot be run here."""


def parsed(text: str) -> Any:
    """The value of a JSON text, or of a Python literal as `str(value)` writes it; None for any other text."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return literal(text.strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def as_text(value: Any) -> str:
    """Standard input or output: a text, or a list of lines."""
    return "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def texts(value: Any) -> list[str]:
    """A text, or the texts of a list."""
    return [value] if isinstance(value, str) else [item for item in value or () if isinstance(item, str)]


def is_list(value: Any) -> bool:
    """True for a list of values, not for text or bytes."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray)


def json_value(value: Any) -> Any:
    """The value of a JSON text or a Python literal; any other text, and any other value, as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        pass
    try:
        return literal(value.strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return value


def unpack(value: Any) -> list[Any]:
    """Test cases as a list, as JSON, or as LiveCodeBench packs them: base64 of zlib of JSON or of a pickled text."""
    if isinstance(value, str):
        try:
            return list(json.loads(value))
        except ValueError:
            pass
        return list(unpacked(value))
    return list(value or ())


def unpacked(value: str) -> Any:
    """The JSON value in base64 of zlib; a pickle in between may hold a text alone."""
    try:
        stream = zlib.decompressobj()
        data = stream.decompress(base64.b64decode(value), MAX_PACKED_BYTES)
        if stream.unconsumed_tail:
            raise GroundTruthError(f"packed test cases of more than {MAX_PACKED_BYTES >> 20} MiB")
        text = data if data[:1] in b"{[" else _NoClasses(io.BytesIO(data)).load()
        return json.loads(text)
    except (ValueError, TypeError, EOFError, zlib.error, pickle.UnpicklingError) as exc:
        raise GroundTruthError(f"packed test cases that cannot be read: {exc}") from exc


class _NoClasses(pickle.Unpickler):
    """Reads pickled texts and containers; anything that would import or call is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} in a pickle of test cases")


_CALLS: dict[str, Callable[..., Any]] = {"float": float, "set": set, "frozenset": frozenset, "complex": complex}
_NAMES = {"inf": math.inf, "nan": math.nan, "null": None, "true": True, "false": False}


def literal(text: str) -> Any:
    """The value of a Python literal, in which float('nan'), inf, set() and frozenset(…) may stand too.

    raises  SyntaxError, ValueError or TypeError for any other text
    """
    return literal_of(ast.parse(text, mode="eval").body)


def literal_of(node: ast.expr) -> Any:
    """The value of the syntax tree of a literal; see `literal`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS and not node.keywords:
        return _CALLS[node.func.id](*map(literal_of, node.args))
    if isinstance(node, ast.Name) and node.id in _NAMES:
        return _NAMES[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -literal_of(node.operand)
    if isinstance(node, ast.Tuple):
        return tuple(map(literal_of, node.elts))
    if isinstance(node, ast.List):
        return list(map(literal_of, node.elts))
    if isinstance(node, ast.Set):
        return set(map(literal_of, node.elts))
    if isinstance(node, ast.Dict) and None not in node.keys:
        keys = [literal_of(key) for key in node.keys if key is not None]
        return dict(zip(keys, map(literal_of, node.values), strict=True))
    return ast.literal_eval(node)


def nested(value: Any, path: str) -> Any:
    """The value at a dotted path of nested objects, JSON texts among them; None where there is none."""
    for key in path.split("."):
        if isinstance(value, str):
            value = parsed(value)
        value = value.get(key) if isinstance(value, Mapping) else None
    return value

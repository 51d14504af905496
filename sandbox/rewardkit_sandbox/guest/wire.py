"""Plain data between processes that do not trust each other: tagged JSON in frames with a length before each.

Covered: None, bool, int of any size, float (nan, inf and -0.0 too), complex, str, bytes, bytearray, list, tuple, set,
frozenset, dict, range, Decimal, Fraction, date, time, datetime, timedelta, Counter, OrderedDict, defaultdict (without
its factory), deque, namedtuple, and iterators, which arrive as an `Iterated` tuple of what they gave. A subclass of a
builtin type that the program itself defines arrives as the plain data that it is built on: its methods stay behind.
Everything else is opaque: the caller decides how to handle it.

Bounded in bytes, in nodes and in depth in both directions, without a pickle anywhere: decoding builds only the types
above, whatever the bytes are.
"""

import contextlib
import itertools
import json
import math
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any

from rewardkit_sandbox.guest.wire_types import WIRE_TYPES, Iterated, WireError, WireType, hexadecimal, named, nonfinite

__all__ = [
    "HEADER",
    "MAX_DEPTH",
    "MAX_FRAME_BYTES",
    "MAX_NODES",
    "Encoder",
    "Iterated",
    "Opaque",
    "WireError",
    "decode",
    "encode",
    "frame",
    "no_opaque",
    "plain",
    "split_frames",
    "type_only",
]

MAX_FRAME_BYTES = 32 * 1024 * 1024
MAX_NODES = 4_000_000
MAX_DEPTH = 500
# A JSON integer within this range is exact everywhere; others travel in hexadecimal, which reads in linear time.
SMALL = 2**53
HEADER = struct.Struct(">I")


class Opaque:
    """Stands for a value that is no plain data; `info` is its owner's description."""

    __slots__ = ("info",)

    def __init__(self, info: Any) -> None:
        self.info = info

    def __repr__(self) -> str:
        kind = self.info.get("type") if isinstance(self.info, dict) else None
        return f"<object of type {kind}>" if isinstance(kind, str) else "<object>"


_ATOMS = frozenset({str, bool, type(None)})
_BASES = (int, float, str, bytes, bytearray, list, tuple, dict, set, frozenset)


@contextlib.contextmanager
def _room_for_depth() -> Iterator[None]:
    """Lets Python recurse as deep as MAX_DEPTH needs: up to four calls for each level."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 8 * MAX_DEPTH + 1000))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


class Encoder:
    """Turns values into JSON text under one budget of nodes.

    opaque      called with a value that is no plain data; returns the JSON data that stands for it
    flatten     whether a program's own subclass of a builtin becomes plain data, rather than opaque
    iterate     whether iterators become the list of what they give
    """

    def __init__(self, opaque: Callable[[Any], Any], *, flatten: bool = True, iterate: bool = True) -> None:
        self._opaque = opaque
        self._flatten = flatten
        self._iterate = iterate
        self._nodes = MAX_NODES
        self._chars = MAX_FRAME_BYTES

    def dumps(self, value: Any) -> bytes:
        """The JSON text of `value`. Raises WireError beyond a bound."""
        with _room_for_depth():
            text = json.dumps(self.tree(value, 0), separators=(",", ":")).encode("ascii")
        if len(text) > MAX_FRAME_BYTES:
            raise WireError(f"a value of more than {MAX_FRAME_BYTES} bytes")
        return text

    def _spend(self, nodes: int, chars: int = 0) -> None:
        self._nodes -= nodes
        self._chars -= chars
        if self._nodes < 0:
            raise WireError(f"a value of more than {MAX_NODES} parts")
        if self._chars < 0:
            raise WireError(f"a value of more than {MAX_FRAME_BYTES} bytes")

    def tree(self, value: Any, depth: int) -> Any:
        """The JSON data of `value`."""
        kind = type(value)
        if kind in _ATOMS:
            self._spend(1, len(value) if kind is str else 0)
            return value
        if kind is int:
            return self._integer(value)
        if kind is float:
            self._spend(1)
            return value if math.isfinite(value) else {"x": repr(value)}
        if depth >= MAX_DEPTH:
            raise WireError(f"a value nested more than {MAX_DEPTH} deep")
        if kind is list:
            return self.items(value, depth + 1)
        entry = _TYPES.get(kind)
        if entry is not None:
            parts = entry.parts(value)
            if type(parts) is str:
                self._spend(1, len(parts))
                return {entry.tag: parts}
            return {entry.tag: self.items(parts, depth + 1)}
        return self._other(value, kind, depth)

    def _integer(self, value: int) -> Any:
        self._spend(1)
        if -SMALL < value < SMALL:
            return value
        self._spend(0, value.bit_length() // 4)
        return {"i": hex(value)}

    def items(self, values: Any, depth: int) -> list[Any]:
        return [self.tree(value, depth) for value in values]

    def _other(self, value: Any, kind: type, depth: int) -> Any:
        if issubclass(kind, tuple) and isinstance(getattr(kind, "_fields", None), tuple):
            names = [kind.__name__, *kind._fields]  # type: ignore[attr-defined]
            if all(type(name) is str for name in names):
                return {"n": [names[0], names[1:], self.items(tuple.__iter__(value), depth + 1)]}
        if self._flatten and not isinstance(value, type):
            for base in _BASES:
                if issubclass(kind, base):
                    return self.tree(plain(value, base), depth + 1)
            if kind.__module__.split(".")[0] in ("numpy", "pandas") and hasattr(value, "tolist"):
                return self.tree(value.tolist(), depth + 1)
        if self._iterate and hasattr(kind, "__next__") and hasattr(kind, "__iter__"):
            given = list(itertools.islice(value, MAX_NODES + 1))
            if len(given) > MAX_NODES:
                raise WireError("an iterator without end")
            return {"it": self.items(given, depth + 1)}
        self._spend(1)
        return {"o": self._opaque(value)}


def plain(value: Any, base: type) -> Any:
    """The data of `value`, an instance of a subclass of `base`, as an exact `base`, past any method it overrides."""
    if base is int:
        return int.__add__(value, 0)
    if base is float:
        return float.__add__(value, 0.0) if float.__ne__(value, 0.0) else float.__pos__(value)
    if base is str:
        return str.__getitem__(value, slice(None)) if type(value) is str else "".join(str.__iter__(value))
    if base in (bytes, bytearray):
        return base(memoryview(value))
    if base is dict:
        return {key: dict.__getitem__(value, key) for key in dict.__iter__(value)}
    return base(base.__iter__(value))  # type: ignore[attr-defined]


_TYPES: dict[type, WireType] = {entry.kind: entry for entry in WIRE_TYPES}
_VIEWS: tuple[Any, ...] = ({}.keys(), {}.values(), {}.items())
_TYPES |= dict.fromkeys(map(type, _VIEWS), _TYPES[Iterated])


def no_opaque(value: Any) -> Any:
    """For a sender that only has plain data."""
    raise WireError(f"a value of type {type(value).__name__}, which is no plain data")


def type_only(value: Any) -> Any:
    """Tells nothing of an opaque value but the name of its type."""
    return {"type": str(type(value).__name__)[:200]}


def encode(
    value: Any, opaque: Callable[[Any], Any] = no_opaque, *, flatten: bool = True, iterate: bool = True
) -> bytes:
    """The bytes of one value, without its frame. Raises WireError."""
    return Encoder(opaque, flatten=flatten, iterate=iterate).dumps(value)


def decode(text: bytes, opaque: Callable[[Any], Any] = Opaque) -> Any:
    """The value of `encode`'s bytes; raises WireError for any others, and never builds another type."""
    if len(text) > MAX_FRAME_BYTES:
        raise WireError(f"a frame of more than {MAX_FRAME_BYTES} bytes")
    if text.count(b",") + text.count(b"[") + text.count(b"{") > 3 * MAX_NODES:
        raise WireError(f"a value of more than {MAX_NODES} parts")
    try:
        with _room_for_depth():
            return _value(json.loads(text), opaque, 0)
    except WireError:
        raise
    except Exception as exc:
        raise WireError(f"bytes that are no value ({type(exc).__name__})") from exc


def _value(tree: Any, opaque: Callable[[Any], Any], depth: int) -> Any:
    if depth > 2 * MAX_DEPTH:
        raise WireError(f"a value nested more than {MAX_DEPTH} deep")
    kind = type(tree)
    if kind is list:
        return [_value(item, opaque, depth + 1) if type(item) in (list, dict) else item for item in tree]
    if kind is not dict:
        return tree
    ((tag, body),) = tree.items()
    if tag == "o":
        return opaque(body)
    build = _BUILD.get(tag)
    if build is None:
        raise WireError(f"the unknown tag {tag[:20]!r}")
    return build(_value(body, opaque, depth + 1) if type(body) is list else body)


_BUILD: dict[str, Callable[[Any], Any]] = {entry.tag: entry.build for entry in WIRE_TYPES} | {
    "i": hexadecimal,
    "x": nonfinite,
    "n": named,
}


def frame(text: bytes) -> bytes:
    """`text` with its length before it."""
    return HEADER.pack(len(text)) + text


def split_frames(stream: bytes) -> tuple[list[bytes], bytes]:
    """The whole frames at the start of `stream`, and what follows them: a frame cut short, or one that is too long."""
    frames: list[bytes] = []
    at = 0
    while len(stream) - at >= HEADER.size:
        (size,) = HEADER.unpack_from(stream, at)
        if size > MAX_FRAME_BYTES or len(stream) - at - HEADER.size < size:
            break
        at += HEADER.size
        frames.append(stream[at : at + size])
        at += size
    return frames, stream[at:]

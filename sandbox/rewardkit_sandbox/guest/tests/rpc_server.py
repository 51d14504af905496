"""The program's side of a driven run: loads the program, then does what the driver asks, one request at a time.

    driver → program    [nonce, verb, …]         verbs: names, global, get, set, delete, call, op, view
    program → driver    [nonce, "ok", value, after] or [nonce, "error", info]
    program → driver    [nonce, "callback", number, args, kwargs], answered by ["ok", value] or ["error", type, text]

Values that are not plain data stay here; the driver gets a handle. Nothing here is trusted: a program may rewrite
all of it, and gains no more than to answer as it likes.
"""

import builtins
import importlib
import io
import operator
import os
import sys
import types
from collections.abc import Callable
from typing import Any

from rewardkit_sandbox.guest import program, wire
from rewardkit_sandbox.guest.descriptors import read_exactly, write_all

LINK = 4
MUTABLE = (list, dict, set, bytearray)
# Modules that tests reach through the program's own imports; the driver then uses its own copy.
SHARED_MODULES = """
math cmath re string itertools functools collections operator random heapq bisect copy decimal fractions statistics
datetime time json typing
""".split()  # noqa: SIM905 - quoted names would read worse
SHARED_CLASSES = ("collections", "decimal", "fractions", "datetime", "builtins")


def read_frame(descriptor: int) -> bytes:
    """The next frame. Raises EOFError where the other side has closed."""
    (size,) = wire.HEADER.unpack(read_exactly(descriptor, wire.HEADER.size))
    if size > wire.MAX_FRAME_BYTES:
        raise wire.WireError("a frame that is too long")
    return read_exactly(descriptor, size)


class Server:
    """The program's objects by handle."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._objects: list[Any] = []
        self._handles: dict[int, int] = {}
        self._callbacks: dict[int, Callable[..., Any]] = {}
        self._nonce: Any = None

    def handle(self, value: Any) -> int:
        known = self._handles.get(id(value))
        if known is None:
            known = self._handles[id(value)] = len(self._objects)
            self._objects.append(value)
        return known

    def describe(self, value: Any) -> dict[str, Any]:
        """The description of a value that stays here, for the driver."""
        if isinstance(value, types.ModuleType) and value.__name__ in SHARED_MODULES:
            return {"std": value.__name__}
        if isinstance(value, type):
            if value.__module__ in SHARED_CLASSES and sys.modules.get(value.__module__, None) is not None:
                return {"std": f"{value.__module__}.{value.__qualname__}"}
            return {"h": self.handle(value), "class": self.lineage(value), "kind": "class"}
        return {"h": self.handle(value), "class": self.lineage(type(value)), "kind": "object"}

    def lineage(self, kind: type) -> list[list[Any]]:
        """Handle, name and module of a class and of those that it derives from."""
        return [[self.handle(base), str(base.__name__), str(base.__module__)] for base in kind.__mro__]

    def revive(self, info: dict[str, Any]) -> Any:
        """The value that the driver describes."""
        if "h" in info:
            return self._objects[info["h"]]
        if "std" in info:
            module, _, name = info["std"].rpartition(".")
            return getattr(importlib.import_module(module), name)
        if "text" in info:
            return io.StringIO(info["text"])
        number = info["callback"]
        if number not in self._callbacks:
            self._callbacks[number] = self._stub(number)
        return self._callbacks[number]

    def _stub(self, number: int) -> Callable[..., Any]:
        def callback(*args: Any, **kwargs: Any) -> Any:
            self._send("callback", number, list(args), kwargs)
            answer = wire.decode(read_frame(LINK), self.revive)
            if answer[0] == "ok":
                return answer[1]
            kind = getattr(builtins, answer[1], RuntimeError)
            raise kind(answer[2])

        return callback

    def _send(self, *parts: Any) -> None:
        try:
            text = wire.encode([self._nonce, *parts], self.describe, flatten=False, iterate=False)
        except wire.WireError as exc:
            text = wire.encode([self._nonce, "unfit", str(exc)])
        write_all(LINK, wire.frame(text))

    def serve(self) -> None:
        while True:
            try:
                request = wire.decode(read_frame(LINK), self.revive)
            except EOFError:
                os._exit(0)
            self._nonce, verb, *rest = request
            try:
                result = getattr(self, f"do_{verb}")(*rest)
            except BaseException as exc:  # noqa: BLE001 - the driver decides what an exception means
                self._send("error", self.failure(exc))
            else:
                self._send("ok", *result)

    def failure(self, exc: BaseException) -> dict[str, Any]:
        arguments = []
        for argument in exc.args if isinstance(exc.args, tuple) else ():
            try:
                wire.encode(argument, self.describe, flatten=False, iterate=False)
                arguments.append(argument)
            except wire.WireError:
                arguments.append(None)
        return {"lineage": self.lineage(type(exc)), "args": arguments, "self": exc, "text": program.describe(exc)}

    def do_names(self) -> tuple[Any, ...]:
        names = [name for name in self._namespace if type(name) is str and not name.startswith("__")]
        return (names,)

    def do_global(self, name: str) -> tuple[Any, ...]:
        if name not in self._namespace:
            raise AttributeError(f"the program defines no {name!r}")
        return (self._namespace[name],)

    def do_global_set(self, name: str, value: Any) -> tuple[Any, ...]:
        self._namespace[name] = value
        return (None,)

    def do_global_delete(self, name: str) -> tuple[Any, ...]:
        del self._namespace[name]
        return (None,)

    def do_get(self, target: Any, name: str) -> tuple[Any, ...]:
        return (getattr(target, name),)

    def do_set(self, target: Any, name: str, value: Any) -> tuple[Any, ...]:
        setattr(target, name, value)
        return (None,)

    def do_delete(self, target: Any, name: str) -> tuple[Any, ...]:
        delattr(target, name)
        return (None,)

    def do_call(self, target: Any, args: list[Any], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        result = target(*args, **kwargs)
        # A function that gives nothing back did its work on its arguments.
        if result is None and any(type(argument) in MUTABLE for argument in args):
            return (None, [argument if type(argument) in MUTABLE else None for argument in args])
        return (result,)

    def do_method(self, target: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        return self.do_call(getattr(target, name), args, kwargs)

    def do_op(self, name: str, *operands: Any) -> tuple[Any, ...]:
        function = getattr(operator, name, None) or getattr(builtins, name)
        return (function(*operands),)

    def do_view(self, target: Any) -> tuple[Any, ...]:
        """The plain data that an object of a program's own subclass of a builtin type is built on."""
        for base in (int, float, str, bytes, bytearray, list, tuple, dict, set, frozenset):
            if isinstance(target, base):
                return (True, wire.plain(target, base))
        return (False, None)


def serve(request: dict[str, Any]) -> None:
    """Loads the program, reports how that went, and serves until the driver ends."""
    try:
        namespace = program.define(request["source"])
    except BaseException as exc:  # noqa: BLE001 - whatever a program raises
        kind = "syntax" if isinstance(exc, SyntaxError) else "load"
        write_all(LINK, wire.frame(wire.encode([kind, program.describe(exc)])))
        os._exit(1)
    write_all(LINK, wire.frame(wire.encode(["loaded", ""])))
    Server(namespace).serve()

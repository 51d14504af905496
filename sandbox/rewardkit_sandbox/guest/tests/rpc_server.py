"""The program's side of a driven run: loads the program, then does what the driver asks, one request at a time.

    driver → program    [nonce, verb, …]         verbs: names, global, get, set, delete, call, op, view, probe, …
    program → driver    [nonce, "ok", value, …] or [nonce, "error", info]
    program → driver    [nonce, "callback", number, operation, args, kwargs], answered by ["ok", value] or
                        ["error", type, text]; before its answer the driver may ask again
    program → driver    [nonce, "events", [[kind, …], …]]: output, logging and warnings, before an answer
    program → driver    [nonce, "files", changes]: of shared files, before an answer

Values that are not plain data stay here; the driver gets a handle. Nothing here is trusted: a program may rewrite
all of it, and gains no more than to answer as it likes.
"""

import builtins
import importlib
import inspect
import io
import marshal
import operator
import os
import pathlib
import sys
import types
from collections import deque
from typing import Any

from rewardkit_sandbox.guest import program, wire
from rewardkit_sandbox.guest.confinement import tmp_redirect
from rewardkit_sandbox.guest.descriptors import read_exactly, write_all
from rewardkit_sandbox.guest.tests import arrays, test_objects
from rewardkit_sandbox.guest.tests.events import Events
from rewardkit_sandbox.guest.tests.file_sharing import WORK
from rewardkit_sandbox.guest.tests.shared_files import SharedFiles

LINK = 4
MOST_CAUSES = 5
"""Exceptions that an exception was raised from, one after the other, which are carried along."""
MUTABLE = (list, dict, set, bytearray, deque)
# Modules that tests reach through the program's own imports; the driver then uses its own copy.
SHARED_MODULES = """
math cmath re string itertools functools collections operator random heapq bisect copy decimal fractions statistics
datetime time json typing os sys io builtins logging
""".split()  # noqa: SIM905 - quoted names would read worse
SHARED_CLASSES = ("collections", "decimal", "fractions", "datetime", "builtins", "pathlib")


def read_frame(descriptor: int) -> bytes:
    """The next frame. Raises EOFError where the other side has closed."""
    (size,) = wire.HEADER.unpack(read_exactly(descriptor, wire.HEADER.size))
    if size > wire.MAX_FRAME_BYTES:
        raise wire.WireError("a frame that is too long")
    return read_exactly(descriptor, size)


class Server:
    """The program's objects by handle."""

    def __init__(self, namespace: dict[str, Any], events: Events) -> None:
        self._namespace = namespace
        self._events = events
        self._objects: list[Any] = []
        self._handles: dict[int, int] = {}
        self._lent: dict[int, Any] = {}
        self._originals: dict[tuple[str, str], Any] = {}
        self._nonce: Any = None
        self._loop: Any = None
        self._files: SharedFiles | None = None

    def handle(self, value: Any) -> int:
        known = self._handles.get(id(value))
        if known is None:
            known = self._handles[id(value)] = len(self._objects)
            self._objects.append(value)
        return known

    def describe(self, value: Any) -> dict[str, Any]:
        """The description of a value that stays here, for the driver."""
        number = test_objects.number_of(value)
        if number is not None:
            return {"lent": number}
        if isinstance(value, types.ModuleType) and value.__name__ in SHARED_MODULES:
            return {"std": value.__name__}
        if isinstance(value, pathlib.PurePath):
            return {"path": str(value)}
        table = arrays.describe(value)
        if table is not None:
            return table
        if isinstance(value, type):
            if value.__module__ in SHARED_CLASSES and sys.modules.get(value.__module__, None) is not None:
                return {"std": f"{value.__module__}.{value.__qualname__}"}
            return {"h": self.handle(value), "class": self.lineage(value), "kind": "class"}
        kind = "coroutine" if inspect.iscoroutine(value) else "object"
        return {"h": self.handle(value), "class": self.lineage(type(value)), "kind": kind}

    def lineage(self, kind: type) -> list[list[Any]]:
        """Handle, name and module of a class and of those that it derives from; whether it can be awaited."""
        return [
            [self.handle(base), str(base.__name__), str(base.__module__), "__await__" in vars(base)]
            for base in kind.__mro__
        ]

    def revive(self, info: dict[str, Any]) -> Any:
        """The value that the driver describes."""
        if "h" in info:
            return self._objects[info["h"]]
        if "std" in info:
            module, _, name = info["std"].rpartition(".")
            return getattr(importlib.import_module(module), name)
        if "path" in info:
            return pathlib.Path(info["path"])
        if "slice" in info:
            return slice(*info["slice"])
        if "raised" in info:
            return getattr(builtins, info["raised"][0])(info["raised"][1])
        if "text" in info:
            return io.StringIO(info["text"])
        if arrays.known(info):
            return arrays.revive(info)
        number = info["lent"]
        if number not in self._lent:
            self._lent[number] = test_objects.make(self.call_back, info)
        return self._lent[number]

    def call_back(self, number: int, operation: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Asks the driver to do something with an object of the test's own."""
        nonce = self._nonce
        self._send("callback", number, operation, list(args), kwargs)
        while True:
            answer = wire.decode(read_frame(LINK), self.revive)
            if type(answer[0]) is str:
                break
            self._serve_one(answer)
            self._nonce = nonce
        if answer[0] == "ok":
            return answer[1]
        kind = getattr(builtins, answer[1], RuntimeError)
        raise (kind if isinstance(kind, type) and issubclass(kind, BaseException) else RuntimeError)(answer[2])

    def _send(self, *parts: Any) -> None:
        happened = self._events.take()
        if happened:
            self._write(["events", happened])
        changes = self._files.changes() if self._files else None
        if changes:
            self._write(["files", changes])
        self._write(list(parts))

    def _write(self, parts: list[Any]) -> None:
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
            self._serve_one(request)

    def _serve_one(self, request: list[Any]) -> None:
        self._nonce, verb, *rest = request
        nonce = self._nonce
        try:
            result = getattr(self, f"do_{verb}")(*rest)
        except BaseException as exc:  # noqa: BLE001 - the driver decides what an exception means
            self._nonce = nonce
            self._send("error", self.failure(exc))
        else:
            self._nonce = nonce
            self._send("ok", *result)

    def failure(self, exc: BaseException, causes: int = MOST_CAUSES) -> dict[str, Any]:
        arguments = []
        for argument in exc.args if isinstance(exc.args, tuple) else ():
            try:
                wire.encode(argument, self.describe, flatten=False, iterate=False)
                arguments.append(argument)
            except wire.WireError:
                arguments.append(None)
        try:
            text = str(exc)[: program.MAX_TEXT]
        except Exception:  # noqa: BLE001 - the program's own __str__
            text = ""
        found = {"lineage": self.lineage(type(exc)), "args": arguments, "self": exc, "str": text}
        if exc.__cause__ is not None and causes > 0:
            found["cause"] = self.failure(exc.__cause__, causes - 1)
        return found

    def do_names(self) -> tuple[Any, ...]:
        names = [name for name in self._namespace if type(name) is str and not name.startswith("__")]
        return (names,)

    def do_global(self, name: str) -> tuple[Any, ...]:
        if name not in self._namespace:
            raise AttributeError(f"the program defines no {name!r}")
        return self._mutable(self._namespace[name])

    def do_global_set(self, name: str, value: Any) -> tuple[Any, ...]:
        self._namespace[name] = value
        return (None,)

    def do_global_delete(self, name: str) -> tuple[Any, ...]:
        del self._namespace[name]
        return (None,)

    def do_surroundings(self, changes: dict[str, Any]) -> tuple[Any, ...]:
        """Takes over what the tests changed in their own process: environment, seed, patched functions."""
        if "environ" in changes:
            os.environ.clear()
            os.environ.update(changes["environ"])
        if "seed" in changes:
            importlib.import_module("random").seed(*changes["seed"])
        if "numpy_seed" in changes:
            importlib.import_module("numpy.random").seed(changes["numpy_seed"])
        for module, name, restored, value in changes.get("patches", ()):
            owner = importlib.import_module(module)
            original = self._originals.setdefault((module, name), getattr(owner, name, None))
            setattr(owner, name, original if restored else value)
        return (None,)

    def do_share(self, root: str) -> tuple[Any, ...]:
        """Shares the folder for temporary files; `root` is the driver's, whose paths then lead to ours."""
        own = os.path.realpath(os.environ["TMPDIR"])
        self._files = SharedFiles(own, frozenset({os.path.abspath(program.FILE)}))
        if root != own:
            tmp_redirect.lead(root, own)
        self.do_files(WORK, {})
        return (None,)

    def do_files(self, folder: str, changes: dict[str, Any]) -> tuple[Any, ...]:
        """Makes the driver's changes, and goes to its working directory."""
        if self._files:
            self._files.apply(changes)
            folder = os.path.join(self._files.root, folder)
            os.makedirs(folder, exist_ok=True)
            os.chdir(folder)
        return (None,)

    def do_get(self, target: Any, name: str) -> tuple[Any, ...]:
        return self._mutable(getattr(target, name))

    def _mutable(self, value: Any) -> tuple[Any, ...]:
        """A value, with its number where the tests may change it in place."""
        return (value, self.handle(value)) if type(value) in MUTABLE else (value,)

    def do_refresh(self, handle: int, value: Any) -> tuple[Any, ...]:
        """Changes mutable data as the tests did."""
        target = self._objects[handle]
        if type(target) is not type(value):
            return (None,)
        target.clear()
        target.update(value) if isinstance(target, dict | set) else target.extend(value)
        return (None,)

    def do_set(self, target: Any, name: str, value: Any) -> tuple[Any, ...]:
        setattr(target, name, value)
        return (None,)

    def do_delete(self, target: Any, name: str) -> tuple[Any, ...]:
        delattr(target, name)
        return (None,)

    def do_call(self, target: Any, args: list[Any], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The result, which argument it is, and the arguments that the call changed."""
        given: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
        before = {key: snapshot(value) for key, value in given.items() if is_mutable(value)}
        result = target(*args, **kwargs)
        same = next((key for key in before if given[key] is result), None)
        changed = {key: given[key] for key, text in before.items() if text is None or snapshot(given[key]) != text}
        return (None if same is not None else result, same, changed)

    def do_method(self, target: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        return self.do_call(getattr(target, name), args, kwargs)

    def do_await(self, target: Any) -> tuple[Any, ...]:
        """Runs a coroutine, or what can be awaited, to its end."""

        async def run() -> Any:
            return await target

        import asyncio  # takes long to load, and few programs use it

        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return (self._loop.run_until_complete(run()),)

    def do_step(self, target: Any, *_: Any) -> tuple[Any, ...]:
        """The next item of an asynchronous iterator."""
        (item,) = self.do_await(anext(target))
        return (item, None, {})

    def do_op(self, name: str, *operands: Any) -> tuple[Any, ...]:
        function = getattr(operator, name, None) or getattr(builtins, name)
        return self._mutable(function(*operands)) if name == "getitem" else (function(*operands),)

    def do_probe(self, name: str, target: Any, candidates: list[Any]) -> tuple[Any, ...]:
        """Truth of one comparison with each candidate."""
        function = getattr(operator, name)
        return ([bool(function(target, candidate)) for candidate in candidates],)

    def do_view(self, target: Any) -> tuple[Any, ...]:
        """The plain data that an object of a program's own subclass of a builtin type is built on."""
        for base in (int, float, str, bytes, bytearray, list, tuple, dict, set, frozenset):
            if isinstance(target, base):
                return (True, wire.plain(target, base))
        return (False, None)

    def do_signature(self, target: Any) -> tuple[Any, ...]:
        """Name, kind, whether there is a default, and the default of each parameter."""
        parameters = inspect.signature(target).parameters.values()
        return ([[p.name, int(p.kind), p.default is not p.empty, _or_none(p.default)] for p in parameters],)

    def do_fields(self, target: Any) -> tuple[Any, ...]:
        """Names of the fields of a dataclass."""
        return (list(target.__dataclass_fields__),)


def is_mutable(value: Any) -> bool:
    return type(value) in MUTABLE or arrays.is_mutable(value)


def snapshot(value: Any) -> bytes | None:
    """Bytes that differ once plain data was changed; None for other data, which counts as changed."""
    if arrays.is_mutable(value):
        return str(arrays.describe(value)).encode()
    try:
        return marshal.dumps(list(value) if type(value) is deque else value, 2)
    except ValueError:
        return None


def _or_none(value: Any) -> Any:
    return value if isinstance(value, (int, float, str, bytes, tuple, type(None))) else None


def serve(request: dict[str, Any]) -> None:
    """Loads the program, reports how that went, and serves until the driver ends."""
    events = Events()
    events.install()
    try:
        namespace = program.define(request["source"])
    except BaseException as exc:  # noqa: BLE001 - whatever a program raises
        kind = "syntax" if isinstance(exc, SyntaxError) else "load"
        write_all(LINK, wire.frame(wire.encode([kind, program.describe(exc)])))
        os._exit(1)
    events.take()
    write_all(LINK, wire.frame(wire.encode(["loaded", ""])))
    Server(namespace, events).serve()

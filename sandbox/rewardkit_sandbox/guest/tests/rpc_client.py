"""The driver's end of the conversation with a program: requests, answers, and the conversion of values.

If the program exits, sends another frame than the expected one, or sends data that is not a frame, `ProgramGone` is
raised: the tests then have not passed, whatever they catch. `Unsupported` is a limit of this harness that the tests
themselves run into.
"""

import builtins
import logging
import os
import pathlib
import sys
import threading
import warnings
from collections.abc import Coroutine
from typing import Any

from rewardkit_sandbox.guest import program, wire
from rewardkit_sandbox.guest.descriptors import write_all
from rewardkit_sandbox.guest.tests import arrays, operators, rpc_server
from rewardkit_sandbox.guest.tests.file_sharing import TestFiles
from rewardkit_sandbox.guest.tests.lending import Lent
from rewardkit_sandbox.guest.tests.mirrors import Mirrors, update
from rewardkit_sandbox.guest.tests.proxy import (
    Doc,
    Remote,
    RemoteClass,
    State,
    awaited,
    handle_of,
    is_remote,
    set_state,
)
from rewardkit_sandbox.guest.tests.standard import exception_type, standard, standard_name
from rewardkit_sandbox.guest.tests.surroundings import Surroundings

LEAST_DEEP = 2 * wire.MAX_DEPTH
"""Bytes of the smallest frame that holds a value beyond a bound."""
_ASIDE = frozenset(("refresh", "share", "files"))
"""Verbs that carry what changed, before those that the tests ask for."""


class ProgramGone(BaseException):
    """The program ended, or broke the protocol: whatever the tests make of it, they did not pass."""


class Unsupported(BaseException):
    """The tests do what no conversation with another process can carry."""


operators.install()


class Client:
    """One conversation with the program."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._classes: dict[int, type] = {}
        self._stubs: dict[int, Any] = {}
        self._lent = Lent()
        self._mirrors = Mirrors()
        self._nonces = b""
        self._largest = 0
        self._turn = threading.RLock()
        self.surroundings = Surroundings()
        self.own_files: set[str] = set()
        """Names under which the task's own texts were compiled."""
        self.expectations: frozenset[str] = frozenset()
        """Names of the tests from which they compute what they expect."""
        self.files: TestFiles | None = None
        self.broken: str | None = None
        self.uncarried: str | None = None

    def loaded(self) -> tuple[str, str]:
        """The result of loading the program: `loaded`, `syntax` or `load`, and its message."""
        answer = self._receive()
        if type(answer) is list and len(answer) == 2 and all(type(part) is str for part in answer):
            return answer[0], answer[1]
        raise self.gone("the program answered before it was asked")

    def share(self, files: TestFiles) -> None:
        """From here on changes of files go along with calls."""
        self.files = files
        self.ask("share", files.root)

    def ask(self, verb: str, *parts: Any) -> Any:
        """The program's answer, or what it raised."""
        value, *rest = self._converse(verb, parts)
        return self._mirrors.get(rest[0], value) if rest and type(rest[0]) is int else value

    def call(
        self, verb: str, *parts: Any, args: tuple[Any, ...], kwargs: dict[str, Any], may_stop: bool = False
    ) -> Any:
        """As `ask`, for a call; mutable arguments that the call changed change here too.

        may_stop  True for what ends an iteration by StopIteration; from any other call that is an error
        """
        changes = self.surroundings.changes()
        if changes:
            self._converse("surroundings", (changes,))
        result, *rest = self._converse(verb, (*parts, list(args), kwargs), may_stop=may_stop)
        if len(rest) != 2 or type(rest[1]) is not dict:
            raise self.gone("the program wrote a frame of no known kind")
        given: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
        for key, new in rest[1].items():
            if key in given and ((result is None and rest[0] is None) or not self._makes_an_expectation(given[key])):
                update(given[key], new)
        return given[rest[0]] if rest[0] is not None and rest[0] in given else result

    def _makes_an_expectation(self, argument: Any) -> bool:
        """True if the tests compute what they expect from this argument, in the function that is running."""
        frame = sys._getframe()  # noqa: SLF001 - the way to a caller's names
        while frame is not None and frame.f_code.co_filename not in self.own_files:
            frame = frame.f_back  # type: ignore[assignment]
        if frame is None:
            return False
        names = {**frame.f_globals, **frame.f_locals}
        return any(names.get(name) is argument for name in self.expectations)

    def view(self, target: Remote) -> tuple[bool, Any]:
        """The plain data that an object of a program's own subclass of a builtin type is built on, if it is one."""
        plain, *view = self._converse("view", (target,))
        return (True, view[0]) if plain is True and view and not is_remote(view[0]) else (False, None)

    def cannot(self, why: str) -> Unsupported:
        """The error for what the tests do and this harness cannot carry."""
        self.uncarried = self.uncarried or why
        return Unsupported(self.uncarried)

    def _converse(self, verb: str, parts: tuple[Any, ...], *, may_stop: bool = False) -> list[Any]:
        """One exchange, and before it what changed here. Threads of the tests take turns."""
        with self._turn:
            return self._exchange(verb, parts, may_stop=may_stop)

    def _exchange(self, verb: str, parts: tuple[Any, ...], *, may_stop: bool = False) -> list[Any]:
        if self.broken:
            raise ProgramGone(self.broken)
        if verb not in _ASIDE:
            for handle, changed in self._mirrors.changes():
                self._exchange("refresh", (handle, changed))
        if self.files and verb not in _ASIDE:
            self.files.name(parts)
            changes = self.files.changes()
            if changes:
                self._exchange("files", tuple(changes))
        nonce = self._nonce()
        try:
            request = self._encode([nonce, verb, *parts])
        except wire.WireError as exc:
            if self._largest > LEAST_DEEP:
                raise TypeError(f"the tests pass {exc}") from exc  # it may hold what the program gave
            raise self.cannot(f"the tests pass {exc}") from exc
        self._write(request)
        while True:
            answer = self._receive()
            if type(answer) is not list or len(answer) < 3 or answer[0] != nonce:
                raise self.gone("the program wrote a frame that nobody asked for")
            if answer[1] == "ok":
                return answer[2:]
            if answer[1] == "error":
                raise self._exception(answer[2], may_stop=may_stop or parts[:1] == ("next",))
            if answer[1] == "unfit":
                raise TypeError(f"the program gave {str(answer[2])[:200]}")
            if answer[1] == "events" and type(answer[2]) is list:
                for event in answer[2]:
                    self._happened(event)
            elif answer[1] == "files" and self.files:
                self.files.apply(answer[2])
            elif answer[1] == "callback" and len(answer) == 6:
                self._answer_callback(*answer[2:])
            else:
                raise self.gone("the program wrote a frame of no known kind")

    def _answer_callback(self, number: Any, operation: Any, args: Any, kwargs: Any) -> None:
        if type(args) is not list or type(kwargs) is not dict:
            raise self.gone("the program wrote a frame of no known kind")
        try:
            # The program waits, and answers whoever asks meanwhile: this thread, or one that it started.
            turn = self._turn._release_save()  # type: ignore[attr-defined]  # noqa: SLF001 - as Condition does it
            try:
                result = self._lent.use(number, operation, args, kwargs)
            finally:
                self._turn._acquire_restore(turn)  # type: ignore[attr-defined]  # noqa: SLF001
            reply = self._encode(["ok", result])
        except Exception as exc:  # noqa: BLE001 - it goes to the caller, which is the program
            reply = self._encode(["error", type(exc).__name__, str(exc)[: program.MAX_TEXT]])
        self._write(reply)

    def _happened(self, event: Any) -> None:
        """Repeats here what the program wrote, logged or warned of, for tests that look at it."""
        match event:
            case ["stdout", str(text)]:
                sys.stdout.write(text)
            case ["stderr", str(text)]:
                sys.stderr.write(text)
            case ["log", str(name), int(level), str(text)]:
                logger = logging.getLogger(name)
                if logger.isEnabledFor(level):
                    logger.handle(logger.makeRecord(name, level, "main.py", 1, text, (), None))
            case ["warning", kind, str(text)]:
                known = isinstance(kind, type) and issubclass(kind, Warning)
                warnings.warn_explicit(text, kind if known else UserWarning, "main.py", 1, registry={})

    def _nonce(self) -> int:
        if not self._nonces:
            self._nonces = os.urandom(512)
        nonce, self._nonces = self._nonces[:6], self._nonces[6:]
        return int.from_bytes(nonce, "big")

    def _encode(self, value: Any) -> bytes:
        return wire.encode(value, self._describe, flatten=False, iterate=False)

    def _write(self, text: bytes) -> None:
        try:
            write_all(self._descriptor, wire.frame(text))
        except OSError as exc:
            raise self.gone("the program ended in the middle of a test") from exc

    def _receive(self) -> Any:
        try:
            frame = rpc_server.read_frame(self._descriptor)
            self._largest = max(self._largest, len(frame))
            return wire.decode(frame, self._revive)
        except (EOFError, OSError) as exc:
            raise self.gone("the program ended in the middle of a test") from exc
        except (wire.WireError, MemoryError, RecursionError) as exc:
            raise self.gone(f"the program wrote {exc}") from exc

    def gone(self, why: str) -> ProgramGone:
        self.broken = self.broken or why
        return ProgramGone(self.broken)

    def _describe(self, value: Any) -> dict[str, Any]:
        """The description of a value of the test's for the program: its own object, a type, an object that is lent."""
        if is_remote(value):
            return {"h": handle_of(value)}
        if isinstance(value, RemoteClass):
            return {"h": value.remote_handle}
        if state_of_exception(value) is not None:
            return {"h": state_of_exception(value)}
        if isinstance(value, pathlib.PurePath):
            return {"path": str(value)}
        if type(value) is slice and all(type(part) in (int, type(None)) for part in _parts(value)):
            return {"slice": list(_parts(value))}
        if isinstance(value, BaseException) and getattr(builtins, type(value).__name__, None) is type(value):
            return {"raised": [type(value).__name__, str(value)[: program.MAX_TEXT]]}
        if isinstance(value, wire.Iterated):
            return {"h": -1}
        table = arrays.describe(value)
        if table is not None:
            return table
        name = standard_name(value)
        return {"std": name} if name else self._lent.describe(value)

    def _revive(self, info: Any) -> Any:
        """The stub for a value that stays with the program."""
        if type(info) is not dict:
            raise wire.WireError("an object without a description")
        if "std" in info:
            return standard(info["std"])
        if "lent" in info:
            return self._lent.object(info["lent"])
        if "path" in info and type(info["path"]) is str:
            return pathlib.Path(info["path"])
        if arrays.known(info):
            return arrays.revive(info)
        if type(info.get("h")) is not int:
            raise wire.WireError("an object without a handle")
        if info.get("kind") == "class":
            return self._class(info["class"])
        kind = self._class(info["class"])
        if issubclass(kind, BaseException):
            return make_exception(kind, (), info["h"], self)
        known = self._stubs.get(info["h"])
        if known is not None and type(known) is kind:
            return known
        stub = object.__new__(kind)
        set_state(stub, State(self, info["h"]))
        if info.get("kind") == "coroutine":
            return self._coroutine(stub)
        self._stubs[info["h"]] = stub
        return stub

    def _coroutine(self, stub: Remote) -> Coroutine[Any, Any, Any]:
        async def run() -> Any:
            return self.ask("await", stub)

        return run()

    def _class(self, lineage: Any) -> Any:
        """The stub of a class: one for each, so that `type(a) is type(b)` and `except` hold."""
        if type(lineage) is not list or not lineage:
            raise wire.WireError("a class without a lineage")
        made: Any = None
        for handle, name, module, *more in reversed(lineage):
            if type(handle) is not int or type(name) is not str or type(module) is not str:
                raise wire.WireError("a class without a name")
            if handle in self._classes:
                made = self._classes[handle]
                continue
            trusted = exception_type(module, name)
            if trusted is None:
                parent = made if isinstance(made, type) and issubclass(made, (Remote, BaseException)) else Remote
                body = dict(_BODY) if issubclass(parent, Remote) else dict(_ERROR_BODY)
                if more == [True] and issubclass(parent, Remote):
                    body["__await__"] = awaited
                if module == "builtins" and name in _PLAIN_BASES:
                    body["plain_base"] = _PLAIN_BASES[name]
                made = RemoteClass(name, (parent,), body, ours=True)
                type.__setattr__(made, "remote_handle", handle)
                type.__setattr__(made, "remote_link", self)
            else:
                made = trusted
            self._classes[handle] = made
        return made

    def _exception(self, info: Any, *, may_stop: bool) -> BaseException:
        """The exception of the program. StopIteration ends loops in the tests: it passes only where it may end one."""
        if type(info) is not dict or type(info.get("args")) is not list:
            return self.gone("the program wrote a frame of no known kind")
        kind = self._class(info.get("lineage"))
        if not issubclass(kind, BaseException):
            kind = RuntimeError
        if issubclass(kind, (StopIteration, StopAsyncIteration)) and not may_stop:
            return RuntimeError(f"the program raised {kind.__name__}")
        own = info.get("self")
        exc = make_exception(kind, tuple(info["args"]), state_of_exception(own), self)
        if type(info.get("cause")) is dict:
            exc.__cause__ = self._exception(info["cause"], may_stop=True)
        if type(info.get("str")) is str:
            exc.__dict__["_rewardkit_str"] = info["str"]
        return exc


def _parts(value: slice) -> tuple[Any, Any, Any]:
    return value.start, value.stop, value.step


def make_exception(kind: type[BaseException], args: tuple[Any, ...], handle: int | None, link: Client) -> BaseException:
    # Python's own set what they hold while they are built: the code of a SystemExit, the number of an OSError.
    # Others want more than their args, as JSONDecodeError does, or have a constructor of the program.
    try:
        exc = kind.__new__(kind, *args) if isinstance(kind, RemoteClass) else kind(*args)
    except Exception:  # noqa: BLE001 - whatever a constructor raises
        exc = kind.__new__(kind, *args)
    exc.args = args
    if handle is not None:
        exc.__dict__["_rewardkit"] = State(link, handle)
    return exc


def _error_attribute(exc: BaseException, name: str) -> Any:
    """An attribute that the program's own exception type gave its exception."""
    state = exc.__dict__.get("_rewardkit")
    if name.startswith("__") or not isinstance(state, State):
        raise AttributeError(name)
    return state.link.ask("get", exc, name)


_PLAIN_BASES = {kind.__name__: kind for kind in (int, float, complex, str, bytes, list, tuple, dict, set, frozenset)}
_BODY: dict[str, Any] = {"__slots__": (), "__doc__": Doc()}
_ERROR_BODY: dict[str, Any] = {
    "__getattr__": _error_attribute,
    "__str__": lambda self: self.__dict__.get("_rewardkit_str", ", ".join(map(str, self.args))),
}


def state_of_exception(exc: Any) -> int | None:
    if isinstance(exc, BaseException):
        state = exc.__dict__.get("_rewardkit")
        if isinstance(state, State):
            return state.handle
    return None

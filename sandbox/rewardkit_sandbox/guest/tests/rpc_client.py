"""The driver's end of the conversation with a program: requests, answers, and the conversion of values.

The program's death, a frame that is not the one awaited, and data that is no frame are `ProgramGone`: the tests then
have not passed, whatever they catch.
"""

import builtins
import importlib
import io
import os
from typing import Any

from rewardkit_sandbox.guest import program, wire
from rewardkit_sandbox.guest.descriptors import write_all
from rewardkit_sandbox.guest.tests import rpc_server
from rewardkit_sandbox.guest.tests.proxy import Remote, RemoteClass, State, handle_of, set_state

_StringIO = io.StringIO  # tests may patch the name


class ProgramGone(BaseException):
    """The program ended, or broke the protocol: whatever the tests make of it, they did not pass."""


class Client:
    """One conversation with the program."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._classes: dict[int, type] = {}
        self._callbacks: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._nonces = b""
        self.broken: str | None = None

    def loaded(self) -> tuple[str, str]:
        """The result of loading the program: `loaded`, `syntax` or `load`, and its message."""
        answer = self._receive()
        if type(answer) is list and len(answer) == 2 and all(type(part) is str for part in answer):
            return answer[0], answer[1]
        raise self.gone("the program answered before it was asked")

    def ask(self, verb: str, *parts: Any) -> Any:
        """The program's answer, or what it raised."""
        return self._converse(verb, parts)[0]

    def call(self, verb: str, *parts: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """As `ask`; a call that gives None back may have changed its arguments, which then change here."""
        result, *after = self._converse(verb, (*parts, list(args), kwargs))
        if result is None and after and type(after[0]) is list:
            for argument, new in zip(args, after[0], strict=False):
                update(argument, new)
        return result

    def view(self, target: Remote) -> tuple[bool, Any]:
        """The plain data that an object of a program's own subclass of a builtin type is built on, if it is one."""
        plain, *view = self._converse("view", (target,))
        return (True, view[0]) if plain is True and view and not isinstance(view[0], Remote) else (False, None)

    def _converse(self, verb: str, parts: tuple[Any, ...]) -> list[Any]:
        if self.broken:
            raise ProgramGone(self.broken)
        nonce = self._nonce()
        self._send([nonce, verb, *parts])
        while True:
            answer = self._receive()
            if type(answer) is not list or len(answer) < 3 or answer[0] != nonce:
                raise self.gone("the program wrote a frame that nobody asked for")
            if answer[1] == "ok":
                return answer[2:]
            if answer[1] == "error":
                raise self._exception(answer[2])
            if answer[1] == "unfit":
                raise TypeError(f"the program gave {str(answer[2])[:200]}")
            if answer[1] != "callback" or len(answer) != 5:
                raise self.gone("the program wrote a frame of no known kind")
            self._answer_callback(*answer[2:])

    def _answer_callback(self, number: Any, args: Any, kwargs: Any) -> None:
        try:
            reply = ["ok", self._callbacks[number](*args, **kwargs)]
        except Exception as exc:  # noqa: BLE001 - it goes to the caller, which is the program
            reply = ["error", type(exc).__name__, str(exc)[: program.MAX_TEXT]]
        self._send(reply)

    def _nonce(self) -> int:
        if not self._nonces:
            self._nonces = os.urandom(512)
        nonce, self._nonces = self._nonces[:6], self._nonces[6:]
        return int.from_bytes(nonce, "big")

    def _send(self, value: Any) -> None:
        try:
            write_all(self._descriptor, wire.frame(wire.encode(value, self._describe, flatten=False, iterate=False)))
        except OSError as exc:
            raise self.gone("the program ended in the middle of a test") from exc

    def _receive(self) -> Any:
        try:
            return wire.decode(rpc_server.read_frame(self._descriptor), self._revive)
        except (EOFError, OSError) as exc:
            raise self.gone("the program ended in the middle of a test") from exc
        except (wire.WireError, MemoryError, RecursionError) as exc:
            raise self.gone(f"the program wrote {exc}") from exc

    def gone(self, why: str) -> ProgramGone:
        self.broken = self.broken or why
        return ProgramGone(self.broken)

    def _describe(self, value: Any) -> dict[str, Any]:
        """The description of a value of the test's for the program: its own object, a type, a text file, a callback."""
        if isinstance(value, Remote):
            return {"h": handle_of(value)}
        if isinstance(value, RemoteClass):
            return {"h": value.remote_handle}
        if state_of_exception(value) is not None:
            return {"h": state_of_exception(value)}
        if isinstance(value, type) and value.__module__ in rpc_server.SHARED_CLASSES:
            return {"std": f"{value.__module__}.{value.__qualname__}"}
        if isinstance(value, _StringIO):
            return {"text": value.getvalue()[value.tell() :]}
        if callable(value):
            if id(value) not in self._numbers:
                self._numbers[id(value)] = len(self._callbacks)
                self._callbacks.append(value)
            return {"callback": self._numbers[id(value)]}
        if isinstance(value, wire.Iterated):
            return {"h": -1}
        raise wire.WireError(f"a {type(value).__name__} of the test's own, which does not go to the program")

    def _revive(self, info: Any) -> Any:
        """The stub for a value that stays with the program."""
        if type(info) is not dict:
            raise wire.WireError("an object without a description")
        if "std" in info:
            return standard(info["std"])
        if type(info.get("h")) is not int:
            raise wire.WireError("an object without a handle")
        if info.get("kind") == "class":
            return self._class(info["class"])
        kind = self._class(info["class"])
        if issubclass(kind, BaseException):
            return make_exception(kind, (), info["h"], self)
        stub = object.__new__(kind)
        set_state(stub, State(self, info["h"]))
        return stub

    def _class(self, lineage: Any) -> Any:
        """The stub of a class: one for each, so that `type(a) is type(b)` and `except` hold."""
        if type(lineage) is not list or not lineage:
            raise wire.WireError("a class without a lineage")
        made: Any = None
        for handle, name, module in reversed(lineage):
            if type(handle) is not int or type(name) is not str or type(module) is not str:
                raise wire.WireError("a class without a name")
            if handle in self._classes:
                made = self._classes[handle]
                continue
            trusted = exception_type(module, name)
            if trusted is None:
                parent = made if isinstance(made, type) and issubclass(made, (Remote, BaseException)) else Remote
                made = RemoteClass(name, (parent,), _BODY if issubclass(parent, Remote) else _ERROR_BODY)
                type.__setattr__(made, "remote_handle", handle)
                type.__setattr__(made, "remote_link", self)
            else:
                made = trusted
            self._classes[handle] = made
        return made

    def _exception(self, info: Any) -> BaseException:
        if type(info) is not dict or type(info.get("args")) is not list:
            return self.gone("the program wrote a frame of no known kind")
        kind = self._class(info.get("lineage"))
        if not issubclass(kind, BaseException):
            kind = RuntimeError
        own = info.get("self")
        handle = state_of_exception(own)
        return make_exception(kind, tuple(info["args"]), handle, self)


def standard(name: Any) -> Any:
    """The driver's own copy of a module or class of the standard library; only those that are listed."""
    if name in rpc_server.SHARED_MODULES:
        return importlib.import_module(name)
    module, _, attribute = str(name).rpartition(".")
    if module in rpc_server.SHARED_CLASSES:
        found = getattr(importlib.import_module(module), attribute, None)
        if isinstance(found, type):
            return found
    raise wire.WireError("an object of the standard library that is not shared")


def exception_type(module: str, name: str) -> type[BaseException] | None:
    """The trusted exception type of that name; None for the program's own, and for those that steer test runners."""
    if module == "builtins":
        found = getattr(builtins, name, None)
    elif module in (
        "decimal",
        "fractions",
        "json.decoder",
        "statistics",
        "dataclasses",
        "struct",
        "binascii",
        "re",
        "queue",
        "_queue",
    ):
        found = getattr(importlib.import_module(module), name, None)
    else:
        return None
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def make_exception(kind: type[BaseException], args: tuple[Any, ...], handle: int | None, link: Client) -> BaseException:
    try:
        exc = kind.__new__(kind, *args)
    except Exception:  # noqa: BLE001 - a type with a constructor of its own
        exc = Exception.__new__(RuntimeError)
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


_BODY: dict[str, Any] = {"__slots__": ()}
_ERROR_BODY: dict[str, Any] = {"__getattr__": _error_attribute}


def state_of_exception(exc: Any) -> int | None:
    if isinstance(exc, BaseException):
        state = exc.__dict__.get("_rewardkit")
        if isinstance(state, State):
            return state.handle
    return None


def update(argument: Any, new: Any) -> None:
    """Makes a mutable argument what the call made of it."""
    if type(argument) is not type(new) or argument == new:
        return
    if isinstance(argument, (list, bytearray)):
        argument[:] = new
    elif isinstance(argument, (dict, set)):
        argument.clear()
        argument.update(new)

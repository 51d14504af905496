"""Objects of the test's own that the program may use, and how far.

A program may call what it was passed, walk and compare it, and read and write the attributes that a test gives its own
data. It reaches no name that starts with an underscore, nothing of unittest or pytest, no module, and nothing by which
a mock is set or checked, so that no use of a test's object can pass or skip a test.
"""

import inspect
import operator
import sys
import threading
import types
import unittest
from collections.abc import Callable
from typing import Any

OPERATIONS: dict[str, Callable[..., Any]] = {
    "iter": iter,
    "next": next,
    "len": len,
    "truth": bool,
    "getitem": operator.getitem,
    "contains": operator.contains,
    "eq": operator.eq,
    "lt": operator.lt,
    "gt": operator.gt,
    "hash": hash,
    "str": str,
    "repr": repr,
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "await": lambda thing: _awaited(thing),  # noqa: PLW0108 - it is defined below
    "enter": lambda thing: type(thing).__enter__(thing),
    "exit": lambda thing: type(thing).__exit__(thing, None, None, None),
}


def _awaited(thing: Any) -> Any:
    """Runs a coroutine of the test's own to its end, beside the loop that waits for the program."""
    import asyncio  # takes long to load, and few tests use it

    async def run() -> Any:
        return await thing

    ended: list[Any] = []

    def work() -> None:
        try:
            ended.append((asyncio.run(run()), None))
        except BaseException as exc:  # noqa: BLE001 - it is raised where the result is wanted
            ended.append((None, exc))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    result, exc = ended[0]
    if exc is not None:
        raise exc
    return result


RUNNERS = ("unittest", "_pytest", "pytest")


class Lent:
    """The objects by number, in the order in which they went to the program."""

    def __init__(self) -> None:
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}

    def describe(self, value: Any) -> dict[str, Any]:
        """The description of an object for the program."""
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._objects)
            self._objects.append(value)
        info: dict[str, Any] = {"lent": number}
        if inspect.isroutine(value):
            info["function"] = True
            for name in ("__name__", "__doc__", "__qualname__"):
                text = getattr(value, name, None)
                info[name] = text if type(text) is str else None
        return info

    def object(self, number: Any) -> Any:
        if type(number) is not int or not 0 <= number < len(self._objects):
            raise LookupError("the program uses an object that it was not given")
        return self._objects[number]

    def use(self, number: Any, operation: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Does what the program asks; raises what that raises, and PermissionError for what it may not do."""
        thing = self.object(number)
        kind = type(thing)
        if isinstance(thing, (unittest.TestCase, types.ModuleType)) or (
            kind.__module__.split(".")[0] in RUNNERS and not _is_mock(thing)
        ):
            raise PermissionError(f"a program may not use a {kind.__name__}")
        if operation == "call":
            return thing(*args, **kwargs)
        if operation in ("get", "set"):
            name, *rest = args
            _check_name(thing, name)
            if operation == "get":
                return getattr(thing, name)
            if isinstance(thing, type) or callable(getattr(thing, name, None)):
                raise PermissionError("a program may not replace what can be called")
            setattr(thing, name, *rest)
            return None
        if operation == "setitem":
            operator.setitem(thing, *args)
            return None
        if operation not in OPERATIONS:
            raise PermissionError("an unknown operation")
        return OPERATIONS[operation](thing, *args)


def _is_mock(thing: Any) -> bool:
    mock = sys.modules.get("unittest.mock")  # it takes long to load, and few tests use it
    return mock is not None and isinstance(thing, mock.NonCallableMock)


def _check_name(thing: Any, name: Any) -> None:
    if type(name) is not str or name.startswith("_"):
        raise PermissionError("a program may not use names that start with an underscore")
    if _is_mock(thing) and name in dir(sys.modules["unittest.mock"].MagicMock()):
        raise PermissionError(f"a program may not use {name} of a mock")
    if inspect.isroutine(thing) or inspect.isframe(thing) or inspect.isgenerator(thing) or inspect.iscode(thing):
        raise AttributeError(name)

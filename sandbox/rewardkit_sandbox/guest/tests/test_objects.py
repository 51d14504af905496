"""Objects of the test's own, as the program sees them: every use is asked of the driver, which may refuse it."""

from collections.abc import Callable, Iterator
from typing import Any

CallBack = Callable[[int, str, tuple[Any, ...], dict[str, Any]], Any]


class TestObject:
    """An object that a test passed to the program: a mock, a node, a callback, a file."""

    def __init__(self, call_back: CallBack, info: dict[str, Any]) -> None:
        vars(self)["_rewardkit"] = (call_back, info["lent"])
        for name in ("__name__", "__doc__", "__qualname__"):
            if isinstance(info.get(name), str):
                vars(self)[name] = info[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _ask(self, "get", name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            _ask(self, "set", name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call_back, number = vars(self)["_rewardkit"]
        return call_back(number, "call", args, kwargs)

    def __iter__(self) -> Iterator[Any]:
        made: Iterator[Any] = _ask(self, "iter")
        return made

    def __next__(self) -> Any:
        return _ask(self, "next")

    def __len__(self) -> int:
        return int(_ask(self, "len"))

    def __bool__(self) -> bool:
        return bool(_ask(self, "truth"))

    def __getitem__(self, key: Any) -> Any:
        return _ask(self, "getitem", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _ask(self, "setitem", key, value)

    def __contains__(self, item: Any) -> bool:
        return bool(_ask(self, "contains", item))

    def __eq__(self, other: object) -> Any:
        return self is other or _ask(self, "eq", other)

    def __lt__(self, other: object) -> Any:
        return _ask(self, "lt", other)

    def __gt__(self, other: object) -> Any:
        return _ask(self, "gt", other)

    def __hash__(self) -> int:
        return int(_ask(self, "hash"))

    def __str__(self) -> str:
        return str(_ask(self, "str"))

    def __repr__(self) -> str:
        return str(_ask(self, "repr"))

    def __await__(self) -> Iterator[Any]:
        return _ask(self, "await")  # type: ignore[no-any-return]
        yield  # a generator, as the protocol wants

    def __enter__(self) -> Any:
        return _ask(self, "enter")

    def __exit__(self, *_: object) -> Any:
        return _ask(self, "exit")

    def __add__(self, other: Any) -> Any:
        return _ask(self, "add", other)

    def __sub__(self, other: Any) -> Any:
        return _ask(self, "sub", other)

    def __mul__(self, other: Any) -> Any:
        return _ask(self, "mul", other)


def _ask(thing: TestObject, operation: str, *args: Any) -> Any:
    call_back, number = vars(thing)["_rewardkit"]
    return call_back(number, operation, args, {})


def make(call_back: CallBack, info: dict[str, Any]) -> Any:
    """The stub of a test's object; a plain function for a function, so that it binds and shows as one."""
    if not info.get("function"):
        return TestObject(call_back, info)
    number = info["lent"]

    def function(*args: Any, **kwargs: Any) -> Any:
        return call_back(number, "call", args, kwargs)

    for name in ("__name__", "__doc__", "__qualname__"):
        if isinstance(info.get(name), str):
            setattr(function, name, info[name])
    vars(function)["_rewardkit"] = (call_back, number)
    return function


def number_of(value: Any) -> int | None:
    """The driver's number of an object of the test's own; None for any other."""
    try:
        found = vars(value).get("_rewardkit")
    except TypeError:
        return None
    # functools.wraps copies the mark; only the stub itself is the test's.
    if found and (type(value) is TestObject or getattr(value, "__wrapped__", None) is None):
        return int(found[1])
    return None

"""The driver's side: stubs for a program that runs elsewhere, in a process that is not trusted.

Plain data comes over by value, so tests compare it with Python's own types. Everything else is a `Remote`, which asks
the program each time. What a program's objects may do to a test:

- Comparisons and arithmetic: the truth table of `operators`, which gives `Remote` these methods.
- `in` looks through what iterating gives; an object of a class that the test builds and that does not iterate is asked,
  about decoys too.
- An exception becomes the builtin type of its name, one of the standard library's, or a type made for it here: never
  unittest's or pytest's, so that a program can neither skip nor pass a test by raising.
"""

import builtins
import dataclasses
import inspect
import linecache
import types
from collections.abc import Generator, Iterator
from typing import Any, Protocol, TypeGuard, TypeVar

from rewardkit_sandbox.guest import wire
from rewardkit_sandbox.guest.tests.decoys import decoys

T = TypeVar("T")


_SHOWN = frozenset(
    (
        "__name__",
        "__doc__",
        "__dict__",
        "__qualname__",
        "__annotations__",
        "__defaults__",
        "__kwdefaults__",
        "__module__",
    )
)
"""Names with two underscores that a test may read of a program's object."""


class Link(Protocol):
    """The conversation with the program, as `rpc_client.Client` holds it."""

    def ask(self, verb: str, *parts: Any) -> Any:
        """The program's answer; raises what it raised."""

    def call(
        self, verb: str, *parts: Any, args: tuple[Any, ...], kwargs: dict[str, Any], may_stop: bool = False
    ) -> Any:
        """As `ask`, for a call."""

    def cannot(self, why: str) -> BaseException:
        """The error for what the tests do and this harness cannot carry."""

    def view(self, target: "Remote") -> tuple[bool, Any]:
        """The plain data under an object of a program's own subclass of a builtin type, if it is one."""


class State:
    """The program's object behind a stub."""

    __slots__ = ("built", "handle", "link", "steps", "tainted")

    def __init__(self, link: Link, handle: int) -> None:
        self.link = link
        self.handle = handle
        self.built = False
        """True if the test made the object itself, by a class under a capitalised name."""
        self.steps = False
        """True for the method of an iterator that may end it."""
        self.tainted = False
        """True if the object came of arithmetic with plain data."""


class RemoteClass(type):
    """The stub of a class: calling it makes an object over there."""

    remote_handle: int
    remote_link: Link
    called: str = ""
    builds: bool = False
    """True once the test has built an object of the class."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any], *, ours: bool = False) -> Any:
        if not ours:
            link = next(vars(kind)["remote_link"] for kind in bases if isinstance(kind, RemoteClass))
            raise link.cannot("the tests derive a class from one of the program's")
        return super().__new__(mcs, name, bases, body)

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], *, ours: bool = False) -> None:  # noqa: ARG002
        super().__init__(name, bases, body)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if issubclass(cls, BaseException):
            return super().__call__(*args, **kwargs)
        made = vars(cls)["remote_link"].call("call", cls, args=args, kwargs=kwargs)
        if is_remote(made) and type(made) is cls and vars(cls).get("called", "").lstrip("_")[:1].isupper():
            state_of(made).built = True
            type.__setattr__(cls, "builds", True)
        return made

    def __getattr__(cls, name: str) -> Any:
        if name in ("__dataclass_fields__", "__signature__", "__members__"):
            return described(cls, vars(cls)["remote_link"], name)
        if name.startswith("__") or name in ("remote_handle", "remote_link"):
            raise AttributeError(name)
        return method_or_value(cls, cls.remote_link, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        cls.remote_link.ask("set", cls, name, value)

    def __delattr__(cls, name: str) -> None:
        cls.remote_link.ask("delete", cls, name)

    def __iter__(cls) -> Iterator[Any]:
        return iterate(cls.remote_link, cls)

    def __bool__(cls) -> bool:
        return True

    def __len__(cls) -> int:
        return plain_answer(cls.remote_link.ask("op", "len", cls), int)

    def __getitem__(cls, key: Any) -> Any:
        return cls.remote_link.ask("op", "getitem", cls, key)

    def __instancecheck__(cls, instance: Any) -> bool:
        if type.__instancecheck__(cls, instance):
            return True
        # Of its own objects and classes the program knows more: protocols, classes that are registered.
        return is_remote(instance) and cls.remote_link.ask("op", "isinstance", instance, cls) is True


class Doc:
    """The docstring of the program's object or class, whichever is asked."""

    def __get__(self, stub: Any, kind: Any) -> Any:
        if stub is not None:
            return state_of(stub).link.ask("get", stub, "__doc__")
        link = vars(kind).get("remote_link")
        return None if link is None else link.ask("get", kind, "__doc__")


class Remote:
    """The stub of an object; see the module's text for what it refuses."""

    __slots__ = ("_rewardkit",)
    __doc__ = Doc()

    @property
    def __class__(self) -> type:
        """A class that isinstance() takes for the builtin type, too, from which the program derives its own."""
        kind = type(self)
        base = next((base for base in kind.__mro__ if "plain_base" in vars(base)), None)
        return vars(base)["plain_base"] if base is not None else kind

    @__class__.setter
    def __class__(self, kind: type) -> None:
        raise TypeError("the class of a program's object cannot be changed")

    def __getattr__(self, name: str) -> Any:
        if name in ("__signature__", "__dataclass_fields__"):
            return described(self, state_of(self).link, name)
        if name.startswith("__") and name.endswith("__") and name not in _SHOWN:
            raise AttributeError(name)
        return method_or_value(self, state_of(self).link, name)

    def __setattr__(self, name: str, value: Any) -> None:
        state_of(self).link.ask("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        state_of(self).link.ask("delete", self, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        state = state_of(self)
        return state.link.call("call", self, args=args, kwargs=kwargs, may_stop=state.steps)

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        return state_of(self).link.call("step", self, args=(), kwargs={}, may_stop=True)

    async def __aenter__(self) -> Any:
        link = state_of(self).link
        return await link.call("method", self, "__aenter__", args=(), kwargs={})

    async def __aexit__(self, kind: object, exc: BaseException | None, trace: object) -> Any:
        shown = (kind, exc, None) if may_suppress(exc) else (None, None, None)
        suppress = await state_of(self).link.call("method", self, "__aexit__", args=shown, kwargs={})
        return exc is not None and shown[1] is exc and suppress

    def __iter__(self) -> Iterator[Any]:
        return iterate(state_of(self).link, self)

    def __next__(self) -> Any:
        return state_of(self).link.ask("op", "next", self)

    def __reversed__(self) -> Iterator[Any]:
        return iterate(state_of(self).link, state_of(self).link.ask("op", "reversed", self))

    def __len__(self) -> int:
        return plain_answer(state_of(self).link.ask("op", "len", self), int)

    def __bool__(self) -> bool:
        if state_of(self).tainted:
            raise TypeError("an object that came of arithmetic with a plain number has no truth value here")
        return plain_answer(state_of(self).link.ask("op", "truth", self), bool)

    def __str__(self) -> str:
        return plain_answer(state_of(self).link.ask("op", "str", self), str)

    def __repr__(self) -> str:
        try:
            return plain_answer(state_of(self).link.ask("op", "repr", self), str)
        except Exception:  # noqa: BLE001 - a repr is for messages: the program's fault must not hide the test's
            return f"<{type(self).__name__}>"

    def __format__(self, spec: str) -> str:
        return plain_answer(state_of(self).link.ask("op", "format", self, spec), str)

    def __hash__(self) -> int:
        return plain_answer(state_of(self).link.ask("op", "hash", self), int)

    def __getitem__(self, key: Any) -> Any:
        return state_of(self).link.ask("op", "getitem", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        state_of(self).link.ask("op", "setitem", self, key, value)

    def __delitem__(self, key: Any) -> None:
        state_of(self).link.ask("op", "delitem", self, key)

    def __contains__(self, item: Any) -> bool:
        try:
            members = iter(self)
        except TypeError:
            if not vars(type(self)).get("builds"):
                raise
            return probed("contains", self, item)
        return any(member is item or member == item for member in members)

    def __enter__(self) -> Any:
        return state_of(self).link.call("method", self, "__enter__", args=(), kwargs={})

    def __exit__(self, kind: object, exc: BaseException | None, trace: object) -> Any:
        shown = (kind, exc, None) if may_suppress(exc) else (None, None, None)
        suppress = state_of(self).link.call("method", self, "__exit__", args=shown, kwargs={})
        return exc is not None and shown[1] is exc and suppress


def awaited(stub: Remote) -> Generator[None, None, Any]:
    """`__await__` of the stubs of what can be awaited."""
    return state_of(stub).link.ask("await", stub)
    yield  # a generator, as the protocol wants


def may_suppress(exc: BaseException | None) -> bool:
    """True for an exception that the program raised, or the test by `raise`: never for a failure of the test."""
    if not isinstance(exc, Exception) or isinstance(exc, AssertionError):
        return False
    if isinstance(vars(exc).get("_rewardkit"), State):
        return True
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return False
    # Only of texts that are known: others would be looked for in files, which a program may have written.
    known: Any = linecache.cache.get(trace.tb_frame.f_code.co_filename, (0, None, []))
    lines = known[2] if len(known) > 2 else []
    return "".join(lines[trace.tb_lineno - 1 : trace.tb_lineno]).lstrip().startswith("raise ")


def state_of(stub: Remote) -> State:
    return object.__getattribute__(stub, "_rewardkit")  # type: ignore[no-any-return]


def set_state(stub: Remote, state: State) -> None:
    object.__setattr__(stub, "_rewardkit", state)


def handle_of(stub: Remote) -> int:
    return state_of(stub).handle


def plain_answer(value: Any, kind: type[T]) -> T:
    if type(value) is not kind:
        raise TypeError(f"the program answered with no {kind.__name__}")
    return value


def method_or_value(owner: Any, link: Link, name: str) -> Any:
    """An attribute: plain data as it is; a class with the name that it was asked under; else a stub."""
    value = link.ask("get", owner, name)
    if isinstance(value, RemoteClass):
        type.__setattr__(value, "called", name)
    elif is_remote(value) and name in ("send", "throw", "__next__"):
        state_of(value).steps = True
    return value


def is_remote(value: object) -> TypeGuard["Remote"]:
    """True for a stub, whatever `__class__` it shows."""
    return issubclass(type(value), Remote)


def described(owner: Any, link: Link, name: str) -> Any:
    """Attributes that `inspect` and `dataclasses` read: made here from the names that the program tells."""
    try:
        if name == "__members__":
            return link.ask("get", owner, name)
        if name == "__dataclass_fields__":
            fields = plain_answer(link.ask("fields", owner), list)
            return vars(dataclasses.make_dataclass("Fields", fields))["__dataclass_fields__"]
        parameters = []
        for called, kind, has_default, default in plain_answer(link.ask("signature", owner), list):
            given = default if has_default else inspect.Parameter.empty
            parameters.append(inspect.Parameter(called, inspect._ParameterKind(kind), default=given))  # noqa: SLF001
        return inspect.Signature(parameters)
    except (TypeError, ValueError, AttributeError) as exc:
        raise AttributeError(name) from exc


def probed(name: str, owner: Remote, item: Any) -> bool:
    """Truth of a comparison that the program's own class decides: it must tell `item` from decoys that are like it."""
    wrong, place = decoys(item, far=name == "contains")
    candidates = [*wrong[:place], item, *wrong[place:]]
    answers = plain_answer(state_of(owner).link.ask("probe", name, owner, candidates), list)
    return answers == [at == place for at in range(len(candidates))]


def iterate(link: Link, owner: Any) -> Iterator[Any]:
    iterator = link.ask("op", "iter", owner)
    if type(iterator) in (list, tuple, wire.Iterated):
        return iter(iterator)

    def steps() -> Iterator[Any]:
        while True:
            try:
                item = link.ask("op", "next", iterator)
            except StopIteration:
                return
            yield item

    return steps()


class RemoteModule(types.ModuleType):
    """The program as a module that tests import from, patch and read."""

    def __init__(self, name: str, link: Link, reserved: frozenset[str] = frozenset()) -> None:
        """`reserved`: names that `import *` must not bring, since the tests mean something else by them."""
        super().__init__(name)
        self.__dict__["_link"] = link
        self.__dict__["_reserved"] = reserved
        self.__dict__["__file__"] = f"{name}.py"

    def __getattr__(self, name: str) -> Any:
        link: Link = self.__dict__["_link"]
        if name == "__all__":
            ours = {*dir(builtins), *self.__dict__["_reserved"]}
            return [item for item in link.ask("names") if not item.startswith("_") and item not in ours]
        if name.startswith("__"):
            raise AttributeError(name)
        return global_of(link, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):  # the import machinery's
            super().__setattr__(name, value)
        else:
            self.__dict__["_link"].ask("global_set", name, value)

    def __delattr__(self, name: str) -> None:
        self.__dict__["_link"].ask("global_delete", name)


def global_of(link: Link, name: str) -> Any:
    value = link.ask("global", name)
    if isinstance(value, RemoteClass):
        type.__setattr__(value, "called", name)
    return value

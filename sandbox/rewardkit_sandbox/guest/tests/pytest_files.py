"""Runs files written for pytest, in the driver: the part of pytest that tests of programs use, and no plugin.

Covered: test functions, Test classes (with setup_method and the like), unittest.TestCases, fixtures (also with yield,
autouse and params), parametrize, raises, approx, fail, skip, skipif, xfail, param, tmp_path, monkeypatch.
Not covered: conftest.py, capsys (a program prints in its own process), hooks and plugins. A mark without a meaning of
its own is ignored, as pytest does.
"""

import contextlib
import inspect
import itertools
import math
import pathlib
import re
import tempfile
import types
import unittest
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


class Skipped(Exception):  # noqa: N818 - pytest's name
    """A test that its own file skips."""


class Failed(AssertionError):  # noqa: N818 - as above
    """A test that its own file fails by pytest.fail, or an exception that did not come."""


class Param(NamedTuple):
    """pytest.param: values of one case."""

    values: tuple[Any, ...]
    marks: tuple["Mark", ...]


class Mark:
    """pytest.mark.NAME, with or without arguments."""

    def __init__(self, name: str, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> None:
        self.name = name
        self.args = args
        self.kwargs = kwargs or {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        bare = len(args) == 1 and not kwargs and inspect.isroutine(args[0]) | inspect.isclass(args[0])
        if bare:
            marks = [*vars(args[0]).get("pytestmark", ()), self]
            args[0].pytestmark = marks
            return args[0]
        return Mark(self.name, args, kwargs)


class Marks:
    """pytest.mark"""

    def __getattr__(self, name: str) -> Mark:
        return Mark(name)


class ExceptionInfo:
    """What `with pytest.raises(…) as info` gives."""

    value: BaseException

    @property
    def type(self) -> type[BaseException]:
        return type(self.value)

    def match(self, pattern: str) -> bool:
        if not re.search(pattern, str(self.value)):
            raise Failed(f"{pattern!r} is not in {str(self.value)!r}")
        return True


@contextlib.contextmanager
def _raises(expected: Any, match: str | None) -> Iterator[ExceptionInfo]:
    info = ExceptionInfo()
    try:
        yield info
    except expected as exc:
        info.value = exc
        if match is not None:
            info.match(match)
    else:
        raise Failed(f"DID NOT RAISE {expected!r}")


def raises(expected: Any, *args: Any, match: str | None = None, **kwargs: Any) -> Any:
    if not args:
        return _raises(expected, match)
    with _raises(expected, match) as info:
        args[0](*args[1:], **kwargs)
    return info


class Approx:
    """Equal to plain numbers, and containers of them, within a tolerance."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, expected: Any, rel: float | None = None, abs: float | None = None, nan_ok: bool = False) -> None:  # noqa: A002, FBT001, FBT002
        self.expected = expected
        self.rel = rel
        self.abs = abs
        self.nan_ok = nan_ok

    def __eq__(self, actual: object) -> bool:
        return self._same(actual, self.expected)

    def _same(self, actual: Any, expected: Any) -> bool:
        if isinstance(expected, dict):
            return (
                type(actual) is dict
                and actual.keys() == expected.keys()
                and all(self._same(actual[key], expected[key]) for key in expected)
            )
        if isinstance(expected, (list, tuple)):
            return (
                type(actual) is type(expected)
                and len(actual) == len(expected)
                and all(map(self._same, actual, expected))
            )
        if type(actual) not in (int, float, complex) or not isinstance(expected, (int, float, complex)):
            return type(actual) is type(expected) and bool(actual == expected)
        if actual == expected:
            return True
        if actual != actual or expected != expected:  # noqa: PLR0124 - NaN
            return self.nan_ok and actual != actual and expected != expected  # noqa: PLR0124
        difference = abs(actual - expected)
        absolute = 1e-12 if self.abs is None else self.abs
        relative = (0.0 if self.abs is not None else 1e-6) if self.rel is None else self.rel
        return difference <= max(absolute, relative * abs(expected)) and not math.isinf(difference)

    def __repr__(self) -> str:
        return f"approx({self.expected!r})"


class Fixture:
    """A function that makes what a test asks for by name."""

    def __init__(self, function: Callable[..., Any], *, params: Any, autouse: bool, name: str | None) -> None:
        self.function = function
        self.params = list(params) if params is not None else None
        self.autouse = autouse
        self.name = name or function.__name__


def fixture(
    function: Any = None, *, params: Any = None, autouse: bool = False, name: str | None = None, **_: Any
) -> Any:
    if function is not None:
        return Fixture(function, params=None, autouse=False, name=None)
    return lambda made: Fixture(made, params=params, autouse=autouse, name=name)


def fail(reason: str = "", **_: Any) -> None:
    raise Failed(reason)


def skip(reason: str = "", **_: Any) -> None:
    raise Skipped(reason)


def importorskip(name: str, **_: Any) -> Any:
    try:
        return __import__(name)
    except ImportError as exc:
        raise Skipped(str(exc)) from exc


class MonkeyPatch:
    """The fixture monkeypatch: setattr, delattr, setitem and setenv, undone after the test."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack

    def setattr(self, target: Any, name: Any, value: Any = None, **_: Any) -> None:
        import unittest.mock

        if isinstance(target, str):
            self._stack.enter_context(unittest.mock.patch(target, name))
        else:
            self._stack.enter_context(unittest.mock.patch.object(target, name, value, create=True))

    def setitem(self, mapping: Any, key: Any, value: Any) -> None:
        import unittest.mock

        self._stack.enter_context(unittest.mock.patch.dict(mapping, {key: value}))


def module() -> types.ModuleType:
    """What test files import as pytest."""
    made = types.ModuleType("pytest")
    public = {"raises": raises, "approx": Approx, "fixture": fixture, "fail": fail, "skip": skip, "mark": Marks()}
    public |= {"param": lambda *values, marks=(), id=None: Param(values, _marks(marks)), "importorskip": importorskip}  # noqa: A006, ARG005
    made.__dict__.update(public)
    return made


def _marks(marks: Any) -> tuple[Mark, ...]:
    return (marks,) if isinstance(marks, Mark) else tuple(marks)


class Case(NamedTuple):
    """One test with the values of its parameters."""

    name: str
    function: Callable[..., Any]
    owner: type | None
    values: dict[str, Any]
    marks: tuple[Mark, ...]


def marks_of(thing: Any) -> tuple[Mark, ...]:
    found = vars(thing).get("pytestmark", ())
    return tuple(found) if isinstance(found, (list, tuple)) else (found,)


def collect(tests: types.ModuleType) -> tuple[list[Case], list[type[unittest.TestCase]], dict[str, Fixture]]:
    """Test functions and methods with their parameters, TestCases, and fixtures, in the order of the file."""
    cases: list[Case] = []
    units: list[type[unittest.TestCase]] = []
    fixtures: dict[str, Fixture] = {}
    own = marks_of(tests)
    for name, thing in list(vars(tests).items()):
        if isinstance(thing, Fixture):
            fixtures[thing.name if thing.name != thing.function.__name__ else name] = thing
        elif name.startswith("test") and inspect.isfunction(thing):
            cases += expand(name, thing, None, own)
        elif inspect.isclass(thing) and issubclass(thing, unittest.TestCase):
            units.append(thing)
        elif name.startswith("Test") and inspect.isclass(thing) and thing.__module__ == tests.__name__:
            for method in dir(thing):
                function = inspect.getattr_static(thing, method)
                function = getattr(function, "__func__", function)
                if isinstance(function, Fixture):
                    fixtures.setdefault(method, function)
                elif method.startswith("test") and inspect.isfunction(function):
                    cases += expand(f"{name}.{method}", function, thing, (*own, *marks_of(thing)))
    return [one for case in cases for one in with_params(case, fixtures)], units, fixtures


def with_params(case: Case, fixtures: dict[str, Fixture]) -> list[Case]:
    """One case for each parameter of the first fixture with params that the test asks for."""
    for name in inspect.signature(case.function).parameters:
        params = fixtures[name].params if name in fixtures and name not in case.values else None
        if params is not None:
            return [
                case._replace(
                    name=f"{case.name}[{number}]", values=case.values | {"request": types.SimpleNamespace(param=value)}
                )
                for number, value in enumerate(params)
            ]
    return [case]


def expand(name: str, function: Callable[..., Any], owner: type | None, marks: tuple[Mark, ...]) -> list[Case]:
    """One case for each combination of the values that `parametrize` gives."""
    marks = (*marks, *marks_of(function))
    choices = []
    for mark in marks:
        if mark.name != "parametrize":
            continue
        names = mark.args[0] if mark.args else mark.kwargs["argnames"]
        names = [part.strip() for part in names.split(",")] if isinstance(names, str) else list(names)
        rows = []
        for row in mark.args[1] if len(mark.args) > 1 else mark.kwargs["argvalues"]:
            extra = row.marks if isinstance(row, Param) else ()
            given = row.values if isinstance(row, Param) else (row,) if len(names) == 1 else tuple(row)
            rows.append((dict(zip(names, given, strict=True)), extra))
        choices.append(rows)
    cases = []
    for number, combination in enumerate(itertools.product(*choices)):
        values: dict[str, Any] = {}
        extra_marks: tuple[Mark, ...] = ()
        for chosen, extra in combination:
            values |= chosen
            extra_marks += extra
        label = f"{name}[{number}]" if choices else name
        cases.append(Case(label, function, owner, values, (*marks, *extra_marks)))
    return cases


def run_case(case: Case, fixtures: dict[str, Fixture]) -> None:
    """Runs one test with its fixtures. Raises what the test raises; Skipped where its file skips it."""
    expected_to_fail = False
    for mark in case.marks:
        if mark.name == "skip" or (mark.name == "skipif" and mark.args and mark.args[0]):
            raise Skipped
        expected_to_fail = expected_to_fail or (mark.name == "xfail" and not (mark.args and mark.args[0] is False))
    try:
        with contextlib.ExitStack() as stack:
            _call(case, fixtures, stack)
    except Skipped:
        raise
    except Exception:
        if expected_to_fail:
            raise Skipped from None
        raise


def _call(case: Case, fixtures: dict[str, Fixture], stack: contextlib.ExitStack) -> None:
    instance = case.owner() if case.owner is not None else None
    if case.owner is not None:
        for before, after in (
            ("setup_class", "teardown_class"),
            ("setup_method", "teardown_method"),
            ("setup", "teardown"),
        ):
            _hook(instance, before, case.function)
            stack.callback(_hook, instance, after, case.function)
    made: dict[str, Any] = dict(case.values)

    def make(name: str) -> Any:
        if name not in made:
            made[name] = _fixture(name, fixtures, stack, make, instance)
        return made[name]

    for name, item in fixtures.items():
        if item.autouse:
            make(name)
    names = [name for name in inspect.signature(case.function).parameters if name != "self" or instance is None]
    defaults = {
        name for name, item in inspect.signature(case.function).parameters.items() if item.default is not item.empty
    }
    values = {name: make(name) for name in names if name in made or name in fixtures or name not in defaults}
    function = case.function if instance is None else types.MethodType(case.function, instance)
    function(**values)


def _hook(instance: Any, name: str, function: Callable[..., Any]) -> None:
    hook = getattr(instance, name, None)
    if hook is not None:
        hook(function) if len(inspect.signature(hook).parameters) else hook()


def _fixture(
    name: str,
    fixtures: dict[str, Fixture],
    stack: contextlib.ExitStack,
    make: Callable[[str], Any],
    instance: Any,
) -> Any:
    if name == "tmp_path":
        return pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
    if name == "monkeypatch":
        return MonkeyPatch(stack)
    if name == "request":
        return types.SimpleNamespace(param=None)
    if name not in fixtures:
        raise Failed(f"fixture {name!r} not found")
    function = fixtures[name].function
    asked = list(inspect.signature(function).parameters)
    values = [instance if one == "self" else make(one) for one in asked]
    made = function(*values)
    if not inspect.isgenerator(made):
        return made
    generator = made
    stack.callback(lambda: next(generator, None))
    return next(generator)

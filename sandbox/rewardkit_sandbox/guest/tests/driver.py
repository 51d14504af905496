"""Runs tests in a process of their own, against stubs of a program that runs in another one.

    request   {"kind": "code", "setup": text, "tests": [texts], "entry_point": name or None, "trusted": text}
              {"kind": "file", "module": name, "test_file": text}
              and in both "stop": whether the first test that fails is the last
    report    frames on the channel: ["loaded" | "syntax" | "load" | "gone", message],
              ["test", name, passed, message] for each test, ["done", ran] at the end

`trusted` is code of the task's own, the helpers that its prompt defines. The tests must hold with these, which a
program cannot bend, and with the program's own versions too, where it brings any.
"""

import ast
import builtins
import importlib
import linecache
import os
import sys
import traceback
import types
import unittest
from typing import Any

from rewardkit_sandbox.guest import program
from rewardkit_sandbox.guest.tests import proxy, pytest_files
from rewardkit_sandbox.guest.tests.rpc_client import Client, ProgramGone

LINK, CHANNEL = 4, 3
SHOWN_CHARS = 150
OWN: set[str] = set()
"""Names under which the task's own texts were compiled."""


def drive(request: dict[str, Any]) -> None:
    """Runs the tests, reports, and ends the process."""
    report = program.Answers(CHANNEL)
    link = Client(LINK)
    try:
        outcome, message = link.loaded()
    except ProgramGone as exc:
        report.send("gone", str(exc))
        os._exit(0)
    report.send(outcome, message)
    if outcome == "loaded":
        kind = {"code": run_code, "file": run_file}[request["kind"]]
        ran = kind(request, link, report)
        if link.broken:
            report.send("gone", link.broken)
        else:
            report.send("done", ran)
    os._exit(0)


class Names(dict[str, Any]):
    """Globals of the test code: what it does not define itself is Python's own, or else asked of the program.

    theirs  names that the program may define although Python has them: the function under test
    """

    def __init__(self, link: Client, theirs: set[str]) -> None:
        super().__init__({"__name__": "tests", "__builtins__": builtins})
        self._link = link
        self._theirs = theirs

    def __missing__(self, name: str) -> Any:
        if name not in self._theirs:
            if hasattr(builtins, name):
                raise KeyError(name)  # Python looks there next
            if name in TOOLS:
                return getattr(importlib.import_module(TOOLS[name]), name)
            if name in sys.stdlib_module_names:
                return importlib.import_module(name)
        try:
            return proxy.global_of(self._link, name)
        except AttributeError:
            raise KeyError(name) from None


# What tests measure results with, often through the program's own imports: a program that defines its own `isclose`,
# or a class called `math`, must not thereby judge itself.
TOOLS = {
    **dict.fromkeys(("isclose", "fabs", "isnan", "isinf"), "math"),
    **dict.fromkeys(("Counter", "OrderedDict", "defaultdict", "deque"), "collections"),
    "Decimal": "decimal",
    "Fraction": "fractions",
    "deepcopy": "copy",
}


def names_under_test(texts: list[str], entry_point: str | None) -> set[str]:
    """Names that Python has too and that the tests still mean the program's: the function under test alone.

    Without an entry point those are the names that the tests use, if they use no other name of the program's.
    """
    if entry_point is not None:
        return {entry_point}
    used: set[str] = set()
    bound: set[str] = set()
    for text in texts:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Name):
                (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
            elif isinstance(node, ast.alias):
                bound.add((node.asname or node.name).split(".")[0])
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                bound.add(node.name)
            elif isinstance(node, ast.arg):
                bound.add(node.arg)
    pythons = {*dir(builtins), *TOOLS, *sys.stdlib_module_names}
    return set() if used - bound - pythons else used - bound


def run_code(request: dict[str, Any], link: Client, report: program.Answers) -> int:
    """The setup, then each text as one test, all in the same names; again with the program's helpers, if it has any."""
    ran = run_texts(request, link, report, frozenset(), "test")
    helpers = defined_by(request["trusted"])
    own = helpers.intersection(link.ask("names")) if helpers and link.broken is None else None
    if own:
        ran += run_texts(request, link, report, own, "test, with the program's own helpers,")
    return ran


def defined_by(text: str) -> frozenset[str]:
    """Names of the functions and classes that a text defines."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(node.name for node in ast.parse(text).body if isinstance(node, kinds))


def run_texts(request: dict[str, Any], link: Client, report: program.Answers, own: frozenset[str], label: str) -> int:
    """The tests, with the names in `own` taken from the program rather than from `trusted`."""
    texts = [request["setup"], *request["tests"]]
    try:
        names = Names(link, names_under_test(texts, request["entry_point"]))
        run_text(request["trusted"], "prompt.py", names)
        for name in own:
            names[name] = proxy.global_of(link, name)
        run_text(request["setup"], "setup.py", names)
        if request["entry_point"] is not None:
            names["candidate"] = proxy.global_of(link, request["entry_point"])
    except BaseException as exc:  # noqa: BLE001 - a test, whatever it raises, did not pass
        report.send("test", "setup", False, message_of(exc))
        return 1
    for number, text in enumerate(request["tests"], 1):
        try:
            run_text(text, f"test {number}", names)
        except BaseException as exc:  # noqa: BLE001 - as above
            report.send("test", f"{label} {number}", False, message_of(exc))
            if request["stop"]:
                return number
        else:
            report.send("test", f"{label} {number}", link.broken is None, "")
    return len(request["tests"])


def run_text(text: str, file: str, names: dict[str, Any]) -> None:
    """Executes a text of the task's own; a traceback can show its lines."""
    OWN.add(file)
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), names)  # noqa: S102


def message_of(exc: BaseException) -> str:
    """The failure, and the line of the tests at which it happened."""
    own = [frame for frame in traceback.extract_tb(exc.__traceback__) if frame.filename in OWN]
    text = program.describe(exc)
    if not own or not own[-1].line:
        return text
    return f"{text.removesuffix(': ')} at `{own[-1].line[:SHOWN_CHARS]}`"


class Collector(unittest.TestResult):
    """Reports each test; skipped tests count for nothing."""

    def __init__(self, report: program.Answers, link: Client, *, stop: bool) -> None:
        super().__init__()
        self.failfast = stop
        self._report = report
        self._link = link
        self._failed: set[str] = set()

    def _fail(self, test: unittest.TestCase, exc: BaseException | None) -> None:
        name = getattr(test, "id", lambda: str(test))()
        self._failed.add(name)
        self._report.send("test", name, False, message_of(exc) if exc else "it passed against expectation")
        if self.failfast:
            self.stop()

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        self._fail(test, err[1])

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        self._fail(test, err[1])

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        self._fail(test, None)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        if err is not None:
            self._failed.add(test.id())
            self._fail(subtest, err[1])

    def addSuccess(self, test: Any) -> None:  # noqa: N802
        if test.id() not in self._failed:
            self._report.send("test", test.id(), self._link.broken is None, "")


def run_file(request: dict[str, Any], link: Client, report: program.Answers) -> int:
    """A file for unittest or pytest that imports the program as a module."""
    sys.modules[request["module"]] = proxy.RemoteModule(request["module"], link)
    sys.modules["pytest"] = pytest_files.module()
    tests = types.ModuleType(f"{request['module']}_test")
    sys.modules[tests.__name__] = tests
    try:
        run_text(request["test_file"], "test_file.py", tests.__dict__)
        cases, units, fixtures = pytest_files.collect(tests)
    except BaseException as exc:  # noqa: BLE001 - such as a name that the program does not define
        report.send("test", "import", False, message_of(exc))
        return 1
    collector = Collector(report, link, stop=request["stop"])
    unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(unit) for unit in units).run(collector)
    for case in () if collector.shouldStop else cases:
        try:
            pytest_files.run_case(case, fixtures)
        except (pytest_files.Skipped, unittest.SkipTest):
            continue
        except BaseException as exc:  # noqa: BLE001 - a test, whatever it raises, did not pass
            report.send("test", case.name, False, message_of(exc))
            if request["stop"]:
                break
        else:
            report.send("test", case.name, link.broken is None, "")
    return collector.testsRun + len(cases)

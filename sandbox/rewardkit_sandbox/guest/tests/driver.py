"""Runs tests in a process of their own, against stubs of a program that runs in another one.

    request   {"kind": "code", "setup": text, "tests": [texts], "entry_point": name or None, "trusted": text}
              {"kind": "file", "module": name, "test_file": text}
              and in both "stop": whether the first test that fails is the last; "runner": "pytest" where it is used;
              "done": names of tests that are not to be run again
    report    frames on the channel: ["loaded" | "syntax" | "load" | "gone", message],
              ["test", name, passed, message] for each test; at the end ["done", ran], or why there is no verdict:
              ["unsupported" | "uncarried", message]

`trusted` is code of the task's own, the helpers that its prompt defines. The tests must hold with these, which a
program cannot bend, and with the program's own versions too, where it brings any. `unsupported`: these tests cannot
tell a right program from a wrong one, whatever the program does. `uncarried`: not with the program in another process.
"""

import ast
import builtins
import importlib
import inspect
import linecache
import os
import sys
import traceback
import types
import unittest
from typing import Any

from rewardkit_sandbox.guest import program
from rewardkit_sandbox.guest.tests import proxy, test_files, test_texts
from rewardkit_sandbox.guest.tests.file_sharing import WORK, TestFiles
from rewardkit_sandbox.guest.tests.rpc_client import Client, ProgramGone, Unsupported

LINK, CHANNEL = 4, 3
SHOWN_CHARS = 150
OWN: set[str] = set()
"""Names under which the task's own texts were compiled."""


def drive(request: dict[str, Any]) -> None:
    """Runs the tests, reports, and ends the process."""
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8", errors="replace")  # noqa: SIM115 - until the end
    report = Report(CHANNEL)
    link = Client(LINK)
    try:
        trees = parsed(request)
        why = test_texts.why_unsupported(trees, request.get("module", ""))
        if why:
            raise Unsupported(why)  # noqa: TRY301 - the other reasons come from below
        outcome, message = link.loaded()
    except ProgramGone as exc:
        report.send("gone", str(exc))
    except Unsupported as exc:
        report.send("unsupported", str(exc))
    else:
        report.send(outcome, message)
        if outcome == "loaded":
            run(request, trees, link, report)
    os._exit(0)


class Report(program.Answers):
    """The frames to the caller; knows whether a test has failed."""

    failed = False

    def send(self, *value: Any) -> None:
        self.failed = self.failed or (value[0] == "test" and not value[2])
        super().send(*value)


def parsed(request: dict[str, Any]) -> list[ast.Module]:
    """The tests' texts. Raises Unsupported where one is no Python."""
    texts = [request["test_file"]] if request["kind"] == "file" else [request["setup"], *request["tests"]]
    try:
        return [ast.parse(text) for text in texts]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
        raise Unsupported(f"the tests do not parse: {program.describe(exc)}") from exc


def run(request: dict[str, Any], trees: list[ast.Module], link: Client, report: Report) -> None:
    """Runs the tests against a program that was loaded."""
    texts = [request.get("test_file", ""), request.get("setup", ""), *request.get("tests", ())]
    link.surroundings.watch("\n".join(texts))
    link.own_files = OWN
    link.expectations = test_texts.expectation_names(trees)
    kind = {"code": run_code, "file": run_file}[request["kind"]]
    ran, why = 0, ""
    try:
        if test_files.shares_files(trees) and not test_files.why_not_shared(trees):
            share_files(request, trees, link)
        ran = kind(request, trees, link, report)
    except Unsupported as exc:
        why = "" if link.uncarried else str(exc)
    except BaseException as exc:  # noqa: BLE001 - such as KeyboardInterrupt, which ends a runner of tests
        link.broken = link.broken or f"the tests were ended by {program.describe(exc)}"
    if report.failed and not link.files and test_files.shares_files(trees):
        link.uncarried = link.uncarried or test_files.why_not_shared(trees)
    if link.broken:
        report.send("gone", link.broken)
    elif why:
        report.send("unsupported", why)
    elif link.uncarried:
        report.send("uncarried", link.uncarried)
    else:
        report.send("done", ran)


def share_files(request: dict[str, Any], trees: list[ast.Module], link: Client) -> None:
    """Shares the working directory and the temporary files of the tests. Nothing is imported from there."""
    root = os.path.realpath(os.environ["TMPDIR"])
    if os.getcwd() == root:
        os.mkdir(WORK)
        os.chdir(WORK)
    sys.path[:] = [path for path in sys.path if path and not f"{os.path.realpath(path)}/".startswith(f"{root}/")]
    private = frozenset({os.path.abspath(file_name(request["module"]))} if request["kind"] == "file" else ())
    link.share(TestFiles(test_files.compared_files(trees), OWN, private))


def file_name(module: str) -> str:
    """The name of the file in which pytest finds the tests of a module."""
    return f"test_of_{module.replace('.', '_')}.py"


class Names(dict[str, Any]):
    """Globals of the test code: what it does not define itself is Python's own, or else asked of the program.

    theirs  names that are the program's although Python has them: the function under test
    """

    def __init__(self, link: Client, theirs: frozenset[str]) -> None:
        super().__init__({"__name__": "tests", "__builtins__": builtins})
        self._link = link
        self._theirs = theirs

    def __missing__(self, name: str) -> Any:
        if name in self._theirs:
            try:
                return proxy.global_of(self._link, name)
            except AttributeError:
                raise NameError(f"the program defines no {name!r}") from None  # never Python's own instead
        if hasattr(builtins, name):
            raise KeyError(name)  # Python looks there next
        if name in test_texts.TOOLS:
            return getattr(importlib.import_module(test_texts.TOOLS[name]), name)
        if name in sys.stdlib_module_names:
            return importlib.import_module(name)
        try:
            return proxy.global_of(self._link, name)
        except AttributeError:
            raise KeyError(name) from None


def run_code(request: dict[str, Any], trees: list[ast.Module], link: Client, report: Report) -> int:
    """The setup, then each text as one test, all in the same names; again with the program's helpers, if it has any."""
    if test_texts.runs_nothing(trees):
        raise Unsupported("the tests define functions and call none: are they a file for pytest?")
    theirs = test_texts.names_under_test(trees, request["entry_point"])
    if theirs is None:
        raise Unsupported("several names in the tests could be the function under test: name it as entry_point")
    ran = run_texts(request, link, report, theirs, frozenset(), "test")
    helpers = defined_by(request["trusted"])
    own = helpers.intersection(link.ask("names")) if helpers and link.broken is None else None
    if own:
        ran += run_texts(request, link, report, theirs, own, "test, with the program's own helpers,")
    return ran


def defined_by(text: str) -> frozenset[str]:
    """Names of the functions and classes that a text defines."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(node.name for node in ast.parse(text).body if isinstance(node, kinds))


def run_texts(
    request: dict[str, Any],
    link: Client,
    report: Report,
    theirs: frozenset[str],
    own: frozenset[str],
    label: str,
) -> int:
    """The tests, with the names in `own` taken from the program rather than from `trusted`."""
    names = Names(link, theirs)
    try:
        run_text(request["trusted"], "prompt.py", names)
        for name in own:
            names[name] = proxy.global_of(link, name)
        run_text(request["setup"], "setup.py", names)
        if request["entry_point"] is not None:
            names["candidate"] = proxy.global_of(link, request["entry_point"])
            check = names.get("check")
            if inspect.iscoroutinefunction(check):
                import asyncio  # takes long to load, and few tests use it

                names["check"] = lambda candidate: asyncio.run(check(candidate))
    except BaseException as exc:  # noqa: BLE001 - a test, whatever it raises, did not pass
        report.send("test", "setup", False, message_of(exc))
        return 1
    for number, text in enumerate(request["tests"], 1):
        if f"{label} {number}" in request.get("done", ()):
            continue
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
    own(file, text)
    exec(compile(text, file, "exec"), names)  # noqa: S102


def own(file: str, text: str) -> None:
    """Notes a text of the task's own, under the name by which tracebacks know it."""
    OWN.add(file)
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)


def message_of(exc: BaseException) -> str:
    """The failure, and the line of the tests at which it happened."""
    own = [frame for frame in traceback.extract_tb(exc.__traceback__) if frame.filename in OWN]
    text = program.describe(exc)
    if not own or not own[-1].line:
        return text
    return f"{text.removesuffix(': ')} at `{own[-1].line[:SHOWN_CHARS]}`"


class Collector(unittest.TestResult):
    """Reports each test; skipped tests count for nothing."""

    def __init__(self, report: Report, link: Client, *, stop: bool) -> None:
        super().__init__()
        self.failfast = stop
        self.reported = 0
        self._report = report
        self._link = link
        self._failed: set[str] = set()

    def _fail(self, test: unittest.TestCase, exc: BaseException | None) -> None:
        name = getattr(test, "id", lambda: str(test))()
        self._failed.add(name)
        self.reported += 1
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
            self.reported += 1
            self._report.send("test", test.id(), self._link.broken is None, "")


def run_file(request: dict[str, Any], trees: list[ast.Module], link: Client, report: Report) -> int:
    """A file for unittest or pytest that imports the program as a module."""
    # What `import *` brings must not replace the tests' own tools.
    reserved = frozenset().union(*map(test_texts.bound_names, trees))
    sys.modules[request["module"]] = proxy.RemoteModule(request["module"], link, reserved)
    if request.get("runner") == "pytest" and request["form"] == "pytest":
        return run_pytest(request, link, report)
    tests = types.ModuleType(f"{request['module']}_test")
    sys.modules[tests.__name__] = tests
    try:
        run_text(request["test_file"], "test_file.py", tests.__dict__)
    except BaseException as exc:  # noqa: BLE001 - such as a name that the program does not define
        report.send("test", "import", False, message_of(exc))
        return 1
    suite = unittest.defaultTestLoader.loadTestsFromModule(tests)
    done = request.get("done")
    if done:
        suite = unittest.TestSuite(test for test in _cases(suite) if test.id() not in done)
    for test in _cases(suite):
        if inspect.iscoroutinefunction(getattr(test, test._testMethodName, None)) and not isinstance(  # noqa: SLF001
            test, unittest.IsolatedAsyncioTestCase
        ):
            raise Unsupported(f"{test.id()} is a coroutine, which a plain TestCase never runs")
    collector = Collector(report, link, stop=request["stop"])
    suite.run(collector)
    if not collector.reported and not done:
        raise Unsupported("the tests ran no test")
    return collector.testsRun


def _cases(suite: Any) -> list[Any]:
    return [suite] if isinstance(suite, unittest.TestCase) else [case for part in suite for case in _cases(part)]


def run_pytest(request: dict[str, Any], link: Client, report: Report) -> int:
    """A file that pytest runs."""
    try:
        from rewardkit_sandbox.guest.tests import pytest_plugin
    except ImportError as exc:
        raise Unsupported("pytest is not installed beside rewardkit: pip install pytest") from exc
    file = file_name(request["module"])
    program.save(request["test_file"], file)
    own(os.path.abspath(file), request["test_file"])
    count = 0

    def tell(name: str, passed: bool, raised: BaseException | None) -> None:  # noqa: FBT001 - the plugin's own form
        nonlocal count
        count += 1
        message = message_of(raised) if raised is not None else ""
        report.send("test", name, passed and link.broken is None, message)

    plugin = pytest_plugin.run(file, tell, stop=request["stop"], done=request.get("done", ()))
    if plugin.ended == pytest_plugin.USAGE_ERROR:
        raise Unsupported(f"pytest does not take the tests: {plugin.internal_error}")
    if plugin.ended not in (pytest_plugin.OK, pytest_plugin.TESTS_FAILED, pytest_plugin.NO_TESTS_COLLECTED):
        report.send("test", "pytest", False, f"pytest ended with status {plugin.ended} {plugin.internal_error}")
        return count + 1
    if plugin.missing_fixture:
        raise Unsupported(f"the tests use the fixture {plugin.missing_fixture}, which pytest alone does not have")
    if not count and not request.get("done"):
        raise Unsupported("pytest found no test to run" if not plugin.collected else "the tests skip all tests")
    return count

"""Runs tests in the program's own process: mostly tests from which the caller has taken what they expect.

    request   {"kind": "code", "source": text, "texts": [texts], "candidate": name or None}
              {"kind": "file", "source": text, "module": name, "text": text, "form": "unittest" | "pytest"}
    report    frames on the channel: ["loaded"] | ["syntax" | "load", message], ["value", site, value],
              ["raised", site, [names of the types], text], ["test", name, passed, message], ["done"]

Nothing here is trusted, since the program can rewrite all of it: a verdict rests on the values alone, which nobody in
this process knows. Where they are right, it does not matter how they came about. With `in_process`, the caller leaves
expected values in the tests, and takes their word for it.
"""

import builtins
import inspect
import os
import sys
import types
import unittest
from itertools import zip_longest
from typing import Any, Self

from rewardkit_sandbox.guest import program

CHANNEL = 3


class Site:
    """The place of one assertion: reports what is raised in it, and goes on."""

    def __init__(self, answers: program.Answers, number: int) -> None:
        self._answers, self._number = answers, number
        self.value: BaseException | None = None

    @property
    def exception(self) -> BaseException | None:
        return self.value

    @property
    def type(self) -> Any:
        return self.value.__class__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, exc: BaseException | None, __: object) -> bool:
        if exc is None:
            return False
        self.value = exc
        text = program.describe(exc).partition(": ")[2]
        self._answers.send("raised", self._number, [base.__name__ for base in exc.__class__.__mro__], text)
        return isinstance(exc, (Exception, SystemExit))


def run(request: dict[str, Any]) -> None:
    """Loads the program, runs the tests and ends the process."""
    answers = program.Answers(CHANNEL)
    namespace = program.load(request["source"], "", answers)
    names: dict[str, Any] = {"rewardkit_site": lambda number: Site(answers, number)}
    names["rewardkit_value"] = lambda number, value: answers.send("value", number, value)
    vars(builtins).update(names)
    answers.send("loaded")
    if request["kind"] == "code":
        run_code(request, namespace, answers)
    else:
        sys.modules[request["module"]] = sys.modules["__main__"]
        run_pytest(request, answers) if request["form"] == "pytest" else run_unittest(request, answers)
    answers.send("done")
    os._exit(0)


def run_code(request: dict[str, Any], namespace: dict[str, Any], answers: program.Answers) -> None:
    """Each text in the program's own names, as a test; and `check(candidate)`, if there is one."""
    names = [*(f"test {number}" for number in range(len(request["texts"]))), *["check"] * bool(request["candidate"])]
    for name, text in zip_longest(names, request["texts"]):
        try:
            if text is not None:
                exec(compile(text, name, "exec", dont_inherit=True), namespace)  # noqa: S102
            else:
                check(request["candidate"], namespace)
        except BaseException as exc:  # noqa: BLE001 - whatever a program raises
            answers.send("test", name, False, program.describe(exc))
        else:
            answers.send("test", name, True, "")


def check(candidate: str, namespace: dict[str, Any]) -> None:
    """HumanEval's `check(candidate)`."""
    made = namespace["check"](namespace[candidate])
    if inspect.iscoroutine(made):
        import asyncio  # takes long to load, and few tests use it

        asyncio.run(made)


class _Result(unittest.TestResult):
    """Reports each test, but those that are skipped."""

    def __init__(self, answers: program.Answers) -> None:
        super().__init__()
        self._answers = answers
        self._failed: set[str] = set()

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        self._failed.add(test.id())
        self._answers.send("test", test.id(), False, program.describe(err[1]))

    addFailure = addError  # noqa: N815

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: ARG002, N802
        if err is not None:
            self.addError(test, err)

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        self.addError(test, (None, AssertionError("it passed against expectation"), None))

    def addSuccess(self, test: Any) -> None:  # noqa: N802
        if test.id() not in self._failed:
            self._answers.send("test", test.id(), True, "")


def run_unittest(request: dict[str, Any], answers: program.Answers) -> None:
    """A file of unittest.TestCases."""
    tests = types.ModuleType(f"{request['module']}_test")
    sys.modules[tests.__name__] = tests
    try:
        exec(compile(request["text"], "test_file.py", "exec", dont_inherit=True), tests.__dict__)  # noqa: S102
        unittest.defaultTestLoader.loadTestsFromModule(tests).run(_Result(answers))
    except BaseException as exc:  # noqa: BLE001 - such as a name that the program does not define
        answers.send("test", "import", False, program.describe(exc))


def run_pytest(request: dict[str, Any], answers: program.Answers) -> None:
    """A file that pytest runs."""
    try:
        from rewardkit_sandbox.guest.tests import pytest_plugin
    except ImportError:
        answers.send("test", "import", False, "pytest is not installed beside rewardkit")
        return
    file = f"test_of_{request['module'].replace('.', '_')}.py"
    program.save(request["text"], file)

    def tell(name: str, passed: bool, raised: BaseException | None) -> None:  # noqa: FBT001 - the plugin's own form
        answers.send("test", name, passed, program.describe(raised) if raised else "")

    pytest_plugin.run(file, tell, stop=False)

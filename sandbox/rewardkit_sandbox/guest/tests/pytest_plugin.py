"""Runs a file by pytest itself, in the driver, and reports each test."""

import asyncio
import contextlib
import inspect
import io
from collections.abc import Callable, Collection
from typing import Any

import pytest

OPTIONS = (
    *("--assert=plain", "--capture=sys", "--noconftest", "-c", "/dev/null", "--rootdir=.", "--confcutdir=.", "-x"),
    "--import-mode=importlib",
    *("-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:junitxml", "-p", "no:faulthandler"),
)

OK, TESTS_FAILED, USAGE_ERROR, NO_TESTS_COLLECTED = 0, 1, 4, 5
"""Exit statuses of pytest; any other is a run that did not come to its end."""

Report = Callable[[str, bool, "BaseException | None"], None]


class Plugin:
    """Reports the tests, and runs those that are coroutines.

    report    called with a test's name, whether it passed, and what it raised
    done      names of tests that are not to be run
    """

    def __init__(self, report: Report, done: Collection[str] = ()) -> None:
        self._report = report
        self._done = done
        self.collected = 0
        self.missing_fixture = ""
        self.internal_error = ""
        self.ended = 0
        """Exit status of pytest."""

    def pytest_configure(self, config: Any) -> None:
        for mark in ("asyncio", "anyio", "timeout"):
            config.addinivalue_line("markers", f"{mark}: known here")

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        self.collected = len(items)
        items[:] = [item for item in items if name_of(item) not in self._done]

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: Any) -> bool | None:
        if not inspect.iscoroutinefunction(pyfuncitem.obj):
            return None
        names = pyfuncitem._fixtureinfo.argnames  # noqa: SLF001 - as pytest's own hook does
        asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        report = yield
        raised = call.excinfo.value if call.excinfo is not None else None
        if type(raised).__name__ == "FixtureLookupError":
            self.missing_fixture = str(getattr(raised, "argname", ""))
        if report.failed:
            self._report(name_of(item), False, raised)
        elif report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
            self._report(name_of(item), True, None)
        return report

    def pytest_internalerror(self, excinfo: Any) -> None:
        self.internal_error = f"{type(excinfo.value).__name__}: {excinfo.value}"

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self._report("import", False, ImportError(str(report.longrepr)[-300:]))


def name_of(item: Any) -> str:
    """The name of a test in its file."""
    return str(item.nodeid.partition("::")[2])


def run(file: str, report: Report, *, stop: bool, done: Collection[str] = ()) -> Plugin:
    """Runs a test file, but for the tests in `done`; returns the plugin that watched it."""
    plugin = Plugin(report, done)
    options = [option for option in OPTIONS if stop or option != "-x"]
    with contextlib.redirect_stderr(io.StringIO()) as errors:
        plugin.ended = int(pytest.main([*options, file], plugins=[plugin]))
    if plugin.ended not in (OK, TESTS_FAILED, NO_TESTS_COLLECTED):
        plugin.internal_error = plugin.internal_error or errors.getvalue().strip()[-300:]
    return plugin

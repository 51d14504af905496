"""Rules of all tests: no skip goes unnoticed where everything is required, and a plugin that misbehaves to order."""

import os
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads that wait for each other are slow where processors are busy
REQUIRE_ALL = "REWARDKIT_REQUIRE_ALL"
"""Environment variable: where it is set, a test that is skipped fails, unless it needs a GPU."""


def pytest_configure() -> None:
    """Lets children be interrupted also where the tests run in a shell's background, which ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    return report if item.get_closest_marker("gpu") else required(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    report = yield
    return required(report)


def required(report: pytest.TestReport | pytest.CollectReport) -> pytest.TestReport | pytest.CollectReport:
    """A skip made a failure where everything is required."""
    if report.skipped and os.environ.get(REQUIRE_ALL):
        report.outcome = "failed"
        report.longrepr = f"skipped where everything is required ({REQUIRE_ALL}): {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def _works() -> None:
    """Skips where no sandbox works."""
    from rewardkit_sandbox import SandboxUnavailableError, open_sandbox

    try:
        open_sandbox("auto").close()
    except SandboxUnavailableError as exc:
        if os.environ.get(REQUIRE_ALL):
            raise
        pytest.skip(str(exc))


COUNTING_S = 0.035
"""Processor time of `_counting_s` on a quiet machine of 2025."""
MARGIN = 5
"""Times its usual processor time that work may take: this finds what is quadratic, not what is a little slower."""


def _counting_s() -> float:
    """Processor time of counting to a million, here and now."""
    begun = time.process_time()
    for _ in range(1_000_000):
        pass
    return time.process_time() - begun


@pytest.fixture(scope="session")
def slowness() -> Callable[[], float]:
    """Says how many times this machine, as busy as it is now, is slower than a quiet one; 1 at least."""
    return lambda: max(1.0, _counting_s() / COUNTING_S)


@pytest.fixture(scope="session")
def quick(slowness: Callable[[], float]) -> Callable[..., Any]:
    """Does some work and checks that it took no more processor time than it may: `quick(work, seconds=1.0)`.

    seconds    enough on a quiet machine; slow and busy machines, and noise, are allowed for
    """

    def do(work: Callable[[], Any], seconds: float = 1.0) -> Any:
        begun = time.process_time()
        result = work()
        took = time.process_time() - begun
        if took > seconds:
            assert took < MARGIN * seconds * slowness(), f"{took:.1f} s of processor time"
        return result

    return do


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def misbehaving(repository: Path) -> Path:
    """A plugin file whose rewards do what the completion tells them to."""
    return repository / "tests" / "core" / "misbehaving.py"


@pytest.fixture(scope="session")
def numerical_packages() -> list[str]:
    """Packages for `sandbox: {packages: …}`: numpy and pandas from the index, built once in the user's own cache."""
    from rewardkit_sandbox import SandboxUnavailableError, build_packages, built_packages

    names = ["numpy", "pandas"]
    try:
        if not any(set(one.requested) == set(names) for one in built_packages()):
            build_packages(names)
    except SandboxUnavailableError as exc:
        pytest.skip(str(exc))
    return names


class Environment:
    """A fresh virtual environment that sees the packages of this one."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False)
        self.python = folder / "bin" / "python"
        seen = [path for path in sys.path if "site-packages" in path or _is_ours(path)]
        (packages,) = (folder / "lib").glob("python*/site-packages")
        (packages / "seen.pth").write_text("".join(f"{path}\n" for path in seen))

    def install(self, *folders: Path, options: Sequence[str] = ()) -> None:
        """Installs distributions: alone, since the build backend and what they need are seen already."""
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            self.python,
            "--disable-pip-version-check",
            "install",
            "--quiet",
        ]
        command = [*pip, "--no-deps", "--no-build-isolation", *options, *folders]
        subprocess.run([*map(str, command)], check=True, timeout=900)

    def run(
        self,
        module: str,
        *arguments: object,
        cwd: Path | None = None,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> subprocess.CompletedProcess[str]:
        """Runs a module of the environment."""
        return self._run([self.python, "-m", module, *arguments], cwd, variables)

    def command(self, name: str, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a command of the environment."""
        return self._run([self.python.parent / name, *arguments], cwd, {})

    @staticmethod
    def _run(command: list[object], cwd: Path | None, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        words, environment = [*map(str, command)], {**os.environ, **variables}
        return subprocess.run(words, capture_output=True, text=True, timeout=900, check=False, cwd=cwd, env=environment)


def _is_ours(path: str) -> bool:
    """True for a folder of an editable installation."""
    return any(Path(path).glob("rewardkit*/__init__.py"))


@pytest.fixture(scope="session")
def new_environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Environment]:
    return lambda: Environment(tmp_path_factory.mktemp("environment"))

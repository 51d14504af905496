"""A fresh environment that sees the packages of this one."""

import os
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest


class Environment:
    """A virtual environment."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False)
        self.python = folder / "bin" / "python"
        seen = [path for path in sys.path if "site-packages" in path or _is_ours(path)]
        (packages,) = (folder / "lib").glob("python*/site-packages")
        (packages / "seen.pth").write_text("".join(f"{path}\n" for path in seen))

    def install(self, folder: Path, *options: str) -> None:
        pip = [sys.executable, "-m", "pip", "--python", self.python, "install", "--no-deps", "--quiet"]
        subprocess.run([*map(str, pip), *options, str(folder)], check=True, timeout=300)

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
        return subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, cwd=cwd, env=environment)


def _is_ours(path: str) -> bool:
    """True for a folder of an editable installation."""
    return any(Path(path).glob("rewardkit*/__init__.py"))


@pytest.fixture(scope="session")
def new_environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Environment]:
    return lambda: Environment(tmp_path_factory.mktemp("environment"))

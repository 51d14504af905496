"""A fresh environment that sees the packages of this one."""

import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest


class Environment:
    """A virtual environment."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False)
        self.python = folder / "bin" / "python"
        seen = [path for path in sys.path if "site-packages" in path or _is_ours(path)]
        (packages,) = (folder / "lib").glob("python*/site-packages")
        (packages / "seen.pth").write_text("".join(f"{path}\n" for path in seen))

    def install(self, folder: Path) -> None:
        pip = [sys.executable, "-m", "pip", "--python", self.python, "install", "--no-deps", "--quiet"]
        subprocess.run([*map(str, pip), str(folder)], check=True, timeout=300)

    def run(self, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = [str(self.python), "-m", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=cwd)


def _is_ours(path: str) -> bool:
    """True for a folder of an editable installation."""
    return any(Path(path).glob("rewardkit*/__init__.py"))


@pytest.fixture(scope="session")
def new_environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Environment]:
    return lambda: Environment(tmp_path_factory.mktemp("environment"))

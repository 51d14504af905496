"""The distributions under examples/plugins are laid out as `rewardkit new` does it, and pass their own tests."""

import importlib.util
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in (ROOT / "examples" / "plugins").glob("*/pyproject.toml"))
IMPORTED_AS = {"reasoning-gym": "reasoning_gym", "sacrebleu": "sacrebleu"}


def project(folder: Path) -> dict:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_all_are_here_and_on_the_page():
    page = (ROOT / "docs" / "example-rewards.md").read_text(encoding="utf-8")
    assert {folder.name.removeprefix("rewardkit-") for folder in FOLDERS} >= {
        "calibration",
        "citations",
        "lean",
        "reasoning-gym",
        "safety-refusal",
        "translation",
    }
    for folder in FOLDERS:
        (name,) = project(folder)["entry-points"]["rewardkit"]
        assert f"## {name}\n" in page


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_its_entry_point_its_samples_and_its_licence_are_there(folder: Path):
    ((name, package),) = project(folder)["entry-points"]["rewardkit"].items()
    assert (folder / package / "py.typed").is_file()
    assert f'name = "{name}"' in (folder / package / "reward.py").read_text(encoding="utf-8")
    assert (folder / "LICENSE").is_file()
    assert project(folder)["name"] == folder.name


def needed(folder: Path) -> str:
    """The package that a distribution needs and that not everybody has; empty where there is none."""
    names = [requirement.split(">=")[0] for requirement in project(folder)["dependencies"]]
    return next((name for name in names if name in IMPORTED_AS), "")


@pytest.mark.parametrize("package", ["", *IMPORTED_AS])
def test_they_pass_their_own_tests(package: str):
    if package and importlib.util.find_spec(IMPORTED_AS[package]) is None:
        pytest.skip(f"{package} is not installed")
    folders = [folder for folder in FOLDERS if needed(folder) == package]
    path = os.pathsep.join(map(str, folders))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *(folder / "tests" for folder in folders)],
        cwd=FOLDERS[0].parent,
        env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert all(f"{folder.name}/tests/" in done.stdout for folder in folders)

"""Tests of recipes against trainers that the main environment has not: `make test-trainers` runs them, one
environment each.

Elsewhere they are not collected.
"""

import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

NAME = os.environ.get("REWARDKIT_RECIPES", "")
"""The test that this environment is made for, set by `examples/trainers/environments.py`."""
collect_ignore_glob = [] if NAME else ["test_*.py"]
RECIPES = Path(__file__).parents[2] / "examples" / "trainers"


@pytest.fixture
def rubric(tmp_path: Path, misbehaving: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A rubric whose rewards do what the completion says; the environment names it, and its plugin needs no consent."""
    path = tmp_path / "rubric.yaml"
    path.write_text(f"plugins: [{misbehaving}]\nrewards: {{obedient: {{}}, constant: {{weight: 0.5}}}}\n")
    monkeypatch.setenv("REWARDKIT_RUBRIC", str(path))
    monkeypatch.setenv("REWARDKIT_TRUST", "1")
    return path


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """A recipe as a module, imported anew for each test."""
    monkeypatch.syspath_prepend(str(RECIPES))
    before = set(sys.modules)
    yield import_module
    for name in set(sys.modules) - before:
        if (RECIPES / f"{name}.py").exists():
            del sys.modules[name]

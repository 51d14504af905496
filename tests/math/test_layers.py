"""Arrows of the package point downwards only: reward → equality → numeric, reward → notation, all → tree."""

import ast
from pathlib import Path

import rewardkit_math

ROOT = Path(rewardkit_math.__file__).parent
BASE = {"tree", "units", "complexity_limits", "params"}
ALLOWED = {
    "notation": BASE,
    "numeric": BASE,
    "equality": BASE | {"numeric"},
    "symbolic": BASE | {"numeric", "helper_process"},
}


def imported(path: Path) -> set[str]:
    """The parts of the package that a file imports, wherever the import stands."""
    modules = [node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    return {module.split(".")[1] for module in modules if module.startswith("rewardkit_math.")}


def test_each_folder_imports_only_what_lies_below_it():
    wrong = {
        str(path.relative_to(ROOT)): extra
        for folder, allowed in ALLOWED.items()
        for path in (ROOT / folder).glob("*.py")
        if (extra := imported(path) - allowed - {folder})
    }
    assert not wrong


def test_what_all_others_stand_on_imports_none_of_them():
    assert not {name: extra for name in BASE if (extra := imported(ROOT / f"{name}.py") - BASE)}

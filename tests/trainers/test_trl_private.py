"""Nothing of TRL's that is private is touched, but for the one name of `trl_patch.py`."""

import ast
from pathlib import Path

import pytest

import rewardkit_trainers.trl


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


FILES = sorted(Path(rewardkit_trainers.trl.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_private_attributes_are_ones_own(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and private(node.attr):
            assert isinstance(node.value, ast.Name), ast.unparse(node)
            assert node.value.id == "self", ast.unparse(node)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_only_the_hook_reaches_for_names_by_a_variable(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    reached = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"getattr", "setattr"}
        and (not isinstance(node.args[1], ast.Constant) or private(str(node.args[1].value)))
    }
    assert reached == ({"getattr", "setattr"} if path.name == "trl_patch.py" else set())

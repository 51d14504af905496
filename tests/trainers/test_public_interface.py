"""The trainer adapters use public names of the core alone, those that anybody's adapter may use."""

import ast
from pathlib import Path

import rewardkit
from rewardkit import adapters

FOLDER = Path(__file__).parents[2] / "trainer_adapters"


def test_adapters_import_public_names_alone():
    found = []
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "rewardkit":
                public = {"rewardkit": rewardkit.__all__, "rewardkit.adapters": adapters.__all__}.get(node.module, [])
                found += [f"{path.name}: {node.module}.{n.name}" for n in node.names if n.name not in public]
            if isinstance(node, ast.Import):
                found += [f"{path.name}: {n.name}" for n in node.names if n.name.startswith("rewardkit.")]
    assert found == []


def test_the_interface_offers_what_it_lists():
    assert adapters.__all__ == sorted(adapters.__all__)
    assert all(getattr(adapters, name) is not None for name in adapters.__all__)

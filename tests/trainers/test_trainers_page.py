"""docs/trainers.md is complete and true to trainers.toml, and the recipes are as short as it says."""

import importlib.util
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "trainers"
TABLE = tomllib.loads((FOLDER / "trainers.toml").read_text(encoding="utf-8"))
RECIPES = sorted(path for path in FOLDER.glob("*.py") if path.name != "environments.py")


def test_the_page_is_written_from_the_table():
    spec = importlib.util.spec_from_file_location("make_trainers", ROOT / "docs" / "make_trainers.py")
    make_trainers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_trainers)
    assert make_trainers.page() == make_trainers.PAGE.read_text(encoding="utf-8"), "run `python docs/make_trainers.py`"


@pytest.mark.parametrize("name", TABLE)
def test_each_trainer_says_all_that_is_asked(name: str):
    row = TABLE[name]
    assert {"page", "version", "ran", "none", "values"} <= row.keys()
    assert (FOLDER / row["page"]).exists()
    assert all((ROOT / test).exists() for test in row.get("tests", []))


def test_each_recipe_and_each_test_of_one_is_in_the_table():
    assert {path.name for path in RECIPES} <= {row["page"] for row in TABLE.values()}
    tested = {test for row in TABLE.values() for test in row.get("tests", [])}
    assert {f"tests/recipes/{path.name}" for path in (ROOT / "tests/recipes").glob("test_*.py")} <= tested


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_a_recipe_has_at_most_forty_lines_and_says_what_none_becomes(path: Path):
    text = path.read_text(encoding="utf-8")
    assert sum(bool(line.strip()) for line in text.splitlines()) <= 40
    head = text.split('"""')[1]
    assert "None" in head or "without a reward" in head or "without any reward" in head

"""The pages of the rewards that judge by rules list each parameter with its default, and their rubrics are rubrics."""

import re
from pathlib import Path

import pytest
import yaml

from rewardkit import Rubric
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.resolution import resolve

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    "multiple_choice": "answers.md",
    "qa": "answers.md",
    "json_schema": "json-schema.md",
    "instruction_following": "instructions.md",
    "tool_calls": "tool-calls.md",
    "sql": "sql.md",
}


def section(name: str) -> str:
    page = (DOCS / PAGES[name]).read_text(encoding="utf-8")
    return re.split(r"\n## (?!#)", re.split(rf"\n#+ `?{name}`?\b[^\n]*\n", page, maxsplit=1)[1])[0]


@pytest.mark.parametrize("name", PAGES)
def test_its_table_lists_each_parameter_with_its_default(name: str):
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section(name), re.MULTILINE))
    fields = load_registry().get(name).reward.Params.model_fields
    assert [row for row in rows if row in fields] == list(fields)
    for field in fields:
        default = fields[field].default
        if isinstance(default, str | int | float) and not isinstance(default, bool):
            assert rows[field].strip("`") == str(default)


@pytest.mark.parametrize("page", sorted(set(PAGES.values())))
def test_its_rubrics_are_rubrics(page: str):
    blocks = re.findall(r"```yaml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        resolve(Rubric.of(yaml.safe_load(block)), load_registry())

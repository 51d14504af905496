"""docs/row-formats.md lists everything that is recognised."""

import re

import pytest

from rewardkit.input.json_rows import CONTAINERS
from rewardkit.input.row_format import CONVERT, LISTS_OF_COMPLETIONS, ROW_FORMATS
from rewardkit.output.packing import PACKED


@pytest.fixture(scope="module")
def page(repository):
    return (repository / "docs" / "row-formats.md").read_text("utf-8")


@pytest.mark.parametrize("field", CONVERT)
def test_the_columns_of_each_field_stand_there_in_order(page, field):
    (line,) = re.findall(rf"^\| {field} \| (.*) \|$", page, re.MULTILINE)
    paths = ROW_FORMATS["plain"].paths(field)
    assert tuple(re.findall(r"`([a-z_.]+)`", line.partition("(")[0])) == paths


def test_the_example_runs(page):
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(code, "row-formats.md", "exec"), {})


def test_the_formats_stand_there_in_order(page):
    table = page.partition("## Formats")[2].partition("###")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE) == [*ROW_FORMATS]


@pytest.mark.parametrize("name", [*CONTAINERS, *LISTS_OF_COMPLETIONS])
def test_other_names_stand_there(page, name):
    assert f"`{name}`" in page


@pytest.mark.parametrize("ending", PACKED)
def test_the_outputs_stand_there(page, ending):
    assert re.search(rf"^\| .*{re.escape(ending)}`.* \|", page.partition("## Outputs")[2], re.MULTILINE)

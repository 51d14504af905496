"""docs/plugins.md tells the truth: its rewards run, its hooks are the hooks, its third-party example is there."""

import inspect
import re
import tomllib
from pathlib import Path

import pytest

from rewardkit import Sample, hooks
from rewardkit.pipeline import Scorer
from rewardkit.registry.registry import load_registry

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
HOOKS = [function for name, function in vars(hooks).items() if name.startswith("rewardkit_")]


def block(start: str) -> str:
    """The Python block of the page that begins so."""
    (found,) = [code for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if code.startswith(start)]
    return found


@pytest.fixture
def rewards_file(tmp_path):
    file = tmp_path / "rewards.py"
    both = block("# rewards.py").replace("return [Brevity]", "return [Brevity, Shortest]")
    file.write_text(both + block("class Shortest"), encoding="utf-8")
    return file


def sample(words: int, **fields) -> Sample:
    return Sample(prompt="Say it.", completion=" ".join(["word"] * words), **fields)


def test_the_page_lists_each_hook_with_its_signature_and_meaning():
    assert len(HOOKS) == 2
    for hook in HOOKS:
        (signature,) = [line for line in inspect.getsource(hook).splitlines() if line.startswith("def ")]
        assert f"```python\n{signature}\n```\n\n{inspect.getdoc(hook)}" in PAGE


def test_the_reward_of_the_page_judges(rewards_file):
    with Scorer({"rewards": {"brevity": {"params": {"words": 10}}}}, workers=1, plugins=[rewards_file]) as scorer:
        results = scorer.score([sample(10), sample(15), sample(20), sample(5, truncated=True)])
    assert [result.reward for result in results] == [1.0, 0.5, 0.0, None]
    assert results[1].scores["brevity"].details == {"words": 15}


def test_the_group_reward_of_the_page_sees_its_groups(rewards_file):
    samples = [sample(3, group="a"), sample(2, group="a"), sample(9, group="b")]
    with Scorer({"rewards": {"shortest": None}}, workers=1, plugins=[rewards_file]) as scorer:
        assert [result.reward for result in scorer.score(samples)] == [0.0, 1.0, 1.0]


def test_the_first_line_of_the_docstring_is_the_description(rewards_file):
    installed = load_registry([rewards_file]).get("brevity")
    assert installed.description == "1.0 for an answer of at most `words` words, falling to 0.0 at twice as many."
    assert installed.reward.Params.model_json_schema()["properties"]["words"]["default"] == 50


def test_the_distribution_that_the_page_names_is_laid_out_as_it_says():
    folder = ROOT / "tests" / "third_party" / "rewardkit-shouting"
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"tests/third_party/{folder.name}" in PAGE
    (package,) = project["entry-points"]["rewardkit"].values()
    assert (folder / package / "__init__.py").is_file()

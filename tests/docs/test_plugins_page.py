"""docs/plugins.md tells the truth: its rewards run, its hooks are the hooks, its third-party example is there."""

import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from rewardkit import Sample, Scorer, hooks
from rewardkit.rewards.function import reward_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
HOOKS = [function for name, function in vars(hooks).items() if name.startswith("rewardkit_")]


def blocks(holds: str) -> list[str]:
    """The Python blocks of the page that hold this text."""
    return [code for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if holds in code]


def scores(tmp_path: Path, reward: str, *samples: Sample, config: Any = None, others: Any = None) -> list[Any]:
    """The values of a reward that the page defines."""
    file = tmp_path / "rewards.py"
    file.write_text(blocks(f"def {reward}(" if reward != "vocabulary" else "class Vocabulary")[0], encoding="utf-8")
    rewards = {reward: config, **(others or {})}
    with Scorer({"rewards": rewards}, workers=1, plugins=[file]) as scorer:
        return [result.scores[reward].value for result in scorer.score(samples)]


def sample(words: int, **fields: Any) -> Sample:
    return Sample(**{"prompt": "Say it.", "completion": " ".join(["word"] * words)} | fields)


def test_the_page_lists_each_hook_with_its_signature_and_meaning():
    assert len(HOOKS) == 3
    for hook in HOOKS:
        (signature,) = [line for line in inspect.getsource(hook).splitlines() if line.startswith("def ")]
        assert f"```python\n{signature}\n```\n\n{inspect.getdoc(hook)}" in PAGE


def test_the_first_function_of_the_page_judges(tmp_path: Path):
    assert scores(tmp_path, "brevity", sample(30), sample(31), config={"params": {"words": 30}}) == [1.0, 0.0]
    assert len(blocks("def brevity(")[0].strip().splitlines()) <= 8


def test_the_rubric_of_the_page_names_its_file(tmp_path: Path):
    (rubric,) = re.findall(r"```yaml\n(# rubric.yaml\n.*?)```", PAGE, re.DOTALL)
    (tmp_path / "rubric.yaml").write_text(rubric)
    (tmp_path / "rewards.py").write_text(blocks("# rewards.py")[0])
    with Scorer(tmp_path / "rubric.yaml", workers=1, trust=True) as scorer:
        assert scorer.score([{"completion": "4", "answer": "4"}])[0].reward == 1.2


def test_the_script_of_the_page_runs(tmp_path: Path):
    (tmp_path / "script.py").write_text(f"{blocks('with Scorer(')[0]}\nprint(results[0].reward)\n")
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"], capture_output=True, text=True, timeout=900, check=False
    )
    assert done.stdout == "1.2\n", done.stderr


def test_the_described_parameters_of_the_page_are_described():
    scope: dict[str, Any] = {}
    exec(blocks("Annotated")[0], scope)
    words = reward_of(scope["brevity"]).Params.model_json_schema()["properties"]["words"]
    assert (words["default"], words["minimum"], words["description"]) == (50, 1, "most words of an answer")


def test_the_group_function_of_the_page_sees_its_groups(tmp_path: Path):
    samples = [sample(3, group="a"), sample(2, group="a"), sample(9, group="b")]
    assert scores(tmp_path, "shortest", *samples) == [0.0, 1.0, 1.0]


def test_the_named_values_of_the_page_are_declared(tmp_path: Path):
    assert scores(tmp_path, "starts_well", sample(0, completion='"Yes"'), sample(0, completion="Yes")) == [0.0, 1.0]


def test_the_function_that_needs_another_gets_its_score(tmp_path: Path):
    right, wrong = sample(0, completion="4", ground_truth="4"), sample(0, completion="5", ground_truth="4")
    assert scores(tmp_path, "short_if_right", right, wrong, others={"math": {"weight": 0}}) == [1.0, 0.0]


def test_the_class_of_the_page_judges(tmp_path: Path):
    (tmp_path / "words.txt").write_text("word")
    config = {"params": {"path": str(tmp_path / "words.txt"), "share": 0.5}}
    judged = scores(
        tmp_path, "vocabulary", sample(3), sample(0, completion="a b"), sample(1, truncated=True), config=config
    )
    assert judged == [1.0, 0.0, None]


def test_the_async_function_of_the_page_is_one(tmp_path: Path):
    scope: dict[str, Any] = {}
    exec(blocks("async def judged")[0], scope)
    made = reward_of(scope["judged"])
    assert (made.runs, made.Params().concurrency) == ("service", 32)


def test_the_distribution_that_the_page_names_is_laid_out_as_it_says():
    folder = ROOT / "tests" / "third_party" / "rewardkit-shouting"
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"tests/third_party/{folder.name}" in PAGE
    (package,) = project["entry-points"]["rewardkit"].values()
    assert (folder / package / "__init__.py").is_file()

"""The README's and the rubric page's blocks run, and say what is true."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rewardkit import Rubric
from rewardkit.registry import built_in
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.resolution import resolve
from rewardkit.rubrics.rubric import RewardConfig

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RUBRIC_PAGE = (ROOT / "docs" / "rubric.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


@pytest.mark.parametrize("code", blocks(README, "python"))
def test_python_blocks_run(code: str):
    subprocess.run([sys.executable, "-c", code], check=True, timeout=900)


def test_the_commands_run_as_they_are_written(tmp_path: Path):
    (rubric,) = blocks(README, "yaml")
    (tmp_path / "rubric.yaml").write_text(rubric, encoding="utf-8")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (console,) = blocks(README, "console")
    commands = [line.removeprefix("$ ") for line in console.splitlines()]
    assert len(commands) == 2
    for command in commands:
        arguments = command.split()
        assert arguments[0] == "rewardkit"
        done = subprocess.run(
            [sys.executable, "-m", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout
    rows = [json.loads(line) for line in (tmp_path / "scored.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 60
    (block,) = map(json.loads, blocks(README, "json"))
    assert block["rewardkit"].keys() == rows[0]["rewardkit"].keys()
    assert block["rewardkit"]["scores"]["math"].keys() == rows[0]["rewardkit"]["scores"]["math"].keys()


def test_the_default_rubric_judges_without_being_asked(tmp_path: Path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"completion": "<think>2 and 2</think>\\boxed{4}", "ground_truth": "4"}) + "\n")
    done = subprocess.run(
        [sys.executable, "-m", "rewardkit", "score", rows], capture_output=True, text=True, timeout=900, check=True
    )
    assert json.loads(done.stdout)["rewardkit"]["reward"] == pytest.approx(1.1)
    assert "no rubric was named" in done.stderr


def test_the_rubric_of_the_rubric_page_is_one():
    for text in blocks(RUBRIC_PAGE, "yaml"):
        import yaml

        rubric = Rubric.of(yaml.safe_load(text))
        assert len(resolve(rubric, load_registry())) == 5


def test_the_rubric_page_lists_every_key():
    for model in (RewardConfig, Rubric):
        for name in model.model_fields.keys() - {"rewards"}:
            assert f"| `{name}` |" in RUBRIC_PAGE


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
def test_links_lead_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_installed_reward_has_a_row_in_the_readme():
    named = re.findall(r"`([\w*]+)`", README.partition("## The rewards")[2].partition("## How")[0])
    for name in built_in.REWARDS:
        assert name in named or any(n.endswith("*") and name.startswith(n[:-1]) for n in named), name

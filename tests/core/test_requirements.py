"""A package that is missing, or too old, ends a run before its first row, with the pip command; plugins can be off."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rewardkit import ConfigError, PluginError, Rubric
from rewardkit.registry.registry import Registry
from rewardkit.registry.requirements import require

PLUGIN = """
import rewardkit
{top}

class Mine(rewardkit.Reward):
    name = "mine"
    {body}

    def score(self, samples):
        return [rewardkit.Score.scored(1.0) for _ in samples]

@rewardkit.hookimpl
def rewardkit_rewards():
    return [Mine]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text(json.dumps({"prompt": "?", "completion": "\\boxed{2}", "ground_truth": "2"}))
    return tmp_path


def score(rubric: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    Path("rubric.yaml").write_text(rubric)
    command = [sys.executable, "-m", "rewardkit", "score", "rows.jsonl", "-c", "rubric.yaml", "-o", "out.jsonl"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=900, check=False)


def refused(done: subprocess.CompletedProcess[str], said: str) -> None:
    assert done.returncode == 2, done.stderr
    assert said in " ".join(done.stderr.split())
    assert not Path("out.jsonl").exists()


def test_a_range_of_the_rubric_is_looked_at_before_the_first_row():
    assert score("requires: {pydantic: '>=2', sympy: ''}\nrewards: {math: }\n").returncode == 0
    Path("out.jsonl").unlink()
    said = "pydantic >=99 is wanted, "
    done = score("requires: {pydantic: '>=99', nobody-has-this: '==1.2.*'}\nrewards: {math: }\n")
    refused(done, said)
    refused(done, "Fix: pip install 'pydantic>=99' 'nobody-has-this==1.2.*'")


def test_what_is_not_a_range_is_refused():
    refused(score("requires: {pydantic: '1.2'}\nrewards: {math: }\n"), "'pydantic: 1.2' is not a range of versions")


def test_a_distribution_that_a_rubric_names_and_nobody_has_is_one_pip_command():
    refused(score("rewards: {nobody-has:this: }\n"), "nobody-has is not installed. Fix: pip install nobody-has")


@pytest.mark.parametrize(
    ("top", "body", "said"),
    [
        ("", "requires = ('nobody-has-this>=3',)", "Fix: pip install 'nobody-has-this>=3'"),
        ("import nobody_has_this", "", "pip install nobody_has_this"),
        ("", "def __init__(self, *a):\n        import bs4_of_nobody", "Fix: pip install bs4_of_nobody"),
    ],
    ids=["declared", "imported at the top", "imported at the start"],
)
def test_a_package_that_a_reward_lacks_is_an_error_and_no_column_of_abstentions(top: str, body: str, said: str):
    Path("mine.py").write_text(PLUGIN.format(top=top, body=body))
    refused(score("rewards: {mine: }\n", "--plugin", "mine.py"), said)


def test_the_version_that_is_there_is_enough():
    require(["pydantic", "pydantic>=2", "nobody-has-this; sys_platform == 'nowhere'"], "it")
    with pytest.raises(ConfigError, match="is not installed"):
        require(["nobody-has-this"], "it")


@pytest.mark.parametrize("name", ["math", "rewardkit:math", "rewardkit", "RewardKit"])
def test_a_plugin_is_switched_off_by_its_names(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REWARDKIT_DISABLE", f"other, {name}")
    with pytest.raises(PluginError, match="is switched off"):
        Registry().get("math")
    if name != "rewardkit":
        monkeypatch.setenv("REWARDKIT_DISABLE", "other")
        assert Registry().get("math").name == "math"


def test_a_rubric_and_the_command_line_switch_plugins_off():
    refused(score("disable: [math]\nrewards: {math: }\n"), "'math' is switched off")
    refused(score("rewards: {math: }\n", "--no-plugin", "math"), "'math' is switched off")
    assert score("disable: [code]\nrewards: {math: }\n").returncode == 0


def test_what_is_switched_off_is_not_imported_where_its_name_would_be_ambiguous(folder: Path):
    for name, reward in (("aaa", "dup"), ("bbb", "dup")):
        information = folder / f"{name}-1.0.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (information / "entry_points.txt").write_text(f"[rewardkit]\n{reward} = {name}_module\n")
        text = PLUGIN.format(top=f"open('{name}.imported', 'w')", body="").replace('"mine"', f'"{reward}"')
        (folder / f"{name}_module.py").write_text(text)
    code = (
        "import sys; sys.path.insert(0, '.');"
        "from rewardkit.registry.registry import Registry; r = Registry(); r.disable(sys.argv[1:]);"
        "print(r.get('dup').distribution)"
    )
    both = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "several plugins have a reward named 'dup'" in both.stderr
    Path("bbb.imported").unlink()
    one = subprocess.run([sys.executable, "-c", code, "bbb"], capture_output=True, text=True, check=True)
    assert one.stdout == "aaa\n"
    assert not Path("bbb.imported").exists()


def test_requires_and_disable_are_merged_with_what_a_rubric_extends(folder: Path):
    (folder / "base.yaml").write_text("requires: {pydantic: '>=2'}\nrewards: {math: }\n")
    (folder / "over.yaml").write_text("extends: base.yaml\nrequires: {sympy: ''}\n")
    assert Rubric.load("over.yaml").requires == {"pydantic": ">=2", "sympy": ""}

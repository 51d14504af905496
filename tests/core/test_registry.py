"""Strangers' plugins, really pip-installed into a fresh environment: a broken one is named and takes nobody down."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BROKEN = {
    "rewardkit-broken-import": "ModuleNotFoundError: No module named 'a_package_that_nobody_has_installed'",
    "rewardkit-exiting-import": "did not import: SystemExit: this plugin needs a GPU",
    "rewardkit-raising-hook": "its hook rewardkit_rewards raised RuntimeError: the licence server does not answer",
    "rewardkit-unknown-hook": "it implements 'rewardkit_reward', which is no hook; did you mean 'rewardkit_rewards'?",
    "rewardkit-second-math": "its reward 'math' has the name of one in rewardkit",
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """A new virtual environment with rewardkit, a stranger's plugin and five broken ones in it."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    strangers = sorted((repository / "tests" / "third_party").glob("rewardkit-*"))
    assert {path.name for path in strangers} == {"rewardkit-shouting", *BROKEN}
    command = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, repository, *strangers], check=True, timeout=900)
    return folder


def run(environment: Path, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [environment / "bin" / "rewardkit", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=os.environ | variables, check=False)


def test_each_broken_plugin_is_named_and_takes_nobody_down(environment: Path):
    listed = run(environment, "plugins", "--json")
    content = json.loads(listed.stdout)
    assert {reward["name"] for reward in content["rewards"]} >= {"math", "code", "format", "language", "shouting"}
    found = {problem["plugin"].partition(":")[0]: problem["found"] for problem in content["problems"]}
    assert found.keys() == BROKEN.keys()
    for distribution, said in BROKEN.items():
        assert said in found[distribution]
        assert distribution in listed.stderr


def test_a_strangers_reward_scores_a_file(environment: Path, tmp_path: Path):
    (tmp_path / "rows.jsonl").write_text(
        '{"prompt": "p", "completion": "YES YES no"}\n{"prompt": "q", "completion": "no"}\n'
    )
    (tmp_path / "rubric.yaml").write_text("rewards:\n  shouting:\n  rewardkit-second-math:math: {weight: 2}\n")
    done = run(
        environment, "score", tmp_path / "rows.jsonl", "-c", tmp_path / "rubric.yaml", "-o", tmp_path / "out.jsonl"
    )
    assert done.returncode == 0, done.stderr
    blocks = [json.loads(line)["rewardkit"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [block["scores"]["shouting"]["status"] for block in blocks] == ["scored", "scored"]
    assert blocks[0]["scores"]["shouting"]["value"] > blocks[1]["scores"]["shouting"]["value"]
    assert blocks[0]["scores"]["rewardkit-second-math:math"]["value"] == 0.5


def test_a_built_in_name_stays_the_built_in(environment: Path):
    code = "from rewardkit.registry import load_registry; print(load_registry().get('math').distribution)"
    shown = subprocess.run([environment / "bin" / "python", "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "rewardkit\n"


def test_an_empty_variable_loads_the_built_ins_alone(environment: Path):
    content = json.loads(run(environment, "plugins", "--json", REWARDKIT_PLUGINS="").stdout)
    assert {reward["distribution"] for reward in content["rewards"]} == {"rewardkit"}
    assert content["problems"] == []
    one = json.loads(run(environment, "plugins", "--json", REWARDKIT_PLUGINS="rewardkit_shouting").stdout)
    assert {reward["distribution"] for reward in one["rewards"]} == {"rewardkit", "rewardkit-shouting"}


def test_doctor_calls_a_broken_plugin_broken(environment: Path):
    done = run(environment, "doctor", "--json")
    broken = [finding for finding in json.loads(done.stdout) if finding["state"] == "broken"]
    assert done.returncode == 1
    assert {finding["name"] for finding in broken} >= {"plugin rewardkit-broken-import:broken"}
    assert all(finding["fix"] for finding in broken)

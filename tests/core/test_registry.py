"""Strangers' plugins: a broken one is named and takes nobody down. Most are really pip-installed, into a fresh
environment; for the others a distribution's metadata and module stand on the path.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rewardkit import PluginError
from rewardkit.registry.registry import Registry, load_registry
from rewardkit.rubrics.rubric import schema

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
    code = "from rewardkit.registry.registry import load_registry; print(load_registry().get('math').distribution)"
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


REWARDS = """
from collections.abc import Callable
import rewardkit
from rewardkit import Reward, RewardParams, Score

class Nice(Reward):
    name = "nice"
    def score(self, samples):
        return [Score.scored(1.0) for _ in samples]

@rewardkit.hookimpl
def rewardkit_rewards():
    return [Nice]
"""
"""A plugin of one reward; a test adds to it."""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, entry: str, modules: dict[str, str]) -> Registry:
    """The registry beside a stranger's distribution with this entry point and these modules."""
    information = folder / "aaa-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: aaa\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[rewardkit]\n{entry}\n")
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(folder)
    return load_registry()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('Params = type("P", (RewardParams,), {"__annotations__": {"f": Callable}})', "Params has no JSON Schema"),
        ('cost_ms = "5"', "cost_ms is '5'; it is a number of milliseconds"),
        ('cost_ms = float("nan")', "cost_ms is nan"),
        ('sees = "groups"', "sees is 'groups'; it is 'sample' or 'group'"),
        ('name = "a b"', "name is 'a b'"),
    ],
)
def test_a_reward_that_does_not_fit_is_left_out_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, said: str
):
    module = REWARDS.replace("[Nice]", "[Nice, Odd]") + f"class Odd(Nice):\n    name = 'odd'\n    {body}\n"
    registry = install(tmp_path, monkeypatch, "nice = aaa_plugin", {"aaa_plugin": module})
    assert [reward.name for reward in registry.rewards if reward.distribution == "aaa"] == ["nice"]
    (problem,) = registry.problems
    assert problem.plugin == "aaa:nice"
    assert said in problem.found
    assert schema(registry)


def test_an_entry_point_into_our_module_does_not_take_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    registry = install(tmp_path, monkeypatch, "aaa = rewardkit_math", {})
    assert registry.get("math").distribution == "rewardkit"
    assert "aaa" not in {reward.distribution for reward in registry.rewards}
    (problem,) = registry.problems
    assert str(problem).startswith("plugin aaa:aaa: its module is the plugin rewardkit:math, which is loaded already")


def test_a_module_that_cannot_be_looked_through_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    module = "def __dir__():\n    raise RuntimeError('no entry')\n"
    registry = install(tmp_path, monkeypatch, "odd = aaa_plugin", {"aaa_plugin": module})
    assert "its hooks do not fit: RuntimeError: no entry" in registry.problems[0].found
    assert registry.get("math")


def test_a_strangers_command_is_listed_and_runs(environment: Path):
    listed = run(environment, "--help").stdout
    assert "shout" in listed
    assert "Say WORDS loudly." in listed
    assert run(environment, "shout", "well done").stdout == "WELL DONE\n"
    unknown = run(environment, "whisper")
    assert (unknown.returncode, "No such command 'whisper'" in unknown.stderr) == (2, True)


COMMANDS = """
import rewardkit, typer

app = typer.Typer()

@app.command()
def score():
    typer.echo("theirs")

@rewardkit.hookimpl
def rewardkit_commands():
    return [rewardkit.Command("score", app), rewardkit.Command("mine", app), rewardkit.Command("mine", typer.Typer())]
"""


def test_a_command_takes_neither_the_cores_name_nor_anothers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    from rewardkit import cli

    install(tmp_path, monkeypatch, "aaa = aaa_plugin", {"aaa_plugin": COMMANDS})
    for arguments, code, said in ([["mine"], 0, "theirs"], [["score"], 2, "Missing argument"]):
        monkeypatch.setattr(sys, "argv", ["rewardkit", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert end.value.code == code
        captured = capsys.readouterr()
        assert said in captured.out + captured.err
        assert ("its command 'mine' has the name of another plugin's" in captured.err) == (arguments == ["mine"])


def test_a_hook_for_commands_that_raises_is_named_and_takes_no_command_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    module = "import rewardkit\n@rewardkit.hookimpl\ndef rewardkit_commands():\n    raise RuntimeError('no')\n"
    registry = install(tmp_path, monkeypatch, "aaa = aaa_plugin", {"aaa_plugin": module})
    _, (problem,) = registry.commands()
    assert str(problem).startswith("plugin aaa:aaa: its hook rewardkit_commands raised RuntimeError: no")


def test_what_a_plugin_prints_stays_out_of_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    module = "print('imported')\n" + REWARDS.replace("return [Nice]", "print('asked'); return [Nice]")
    module += "@rewardkit.hookimpl\ndef rewardkit_findings():\n    print('examined'); return []\n"
    registry = install(tmp_path, monkeypatch, "nice = aaa_plugin", {"aaa_plugin": module})
    (tmp_path / "local.py").write_text(module.replace('"nice"', '"mine"'))
    load_registry([tmp_path / "local.py"])
    registry.findings()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.split().count("asked") >= 2
    assert {"imported", "asked", "examined"} <= set(captured.err.split())


def test_a_local_file_is_never_passed_over_for_a_built_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("p2.py").write_text(REWARDS.replace('"nice"', '"format"'))
    registry = load_registry([Path("p2.py")])
    with pytest.raises(PluginError, match=r"named 'format'; say which: 'rewardkit:format', 'p2\.py:format'"):
        registry.get("format")
    assert registry.get("p2.py:format").distribution == "p2.py"
    assert registry.get("rewardkit:format").distribution == "rewardkit"
    assert not {"format"} & registry.by_name.keys()


def test_a_local_file_imports_what_stands_beside_it_wherever_the_program_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    Path("helper_of_mine.py").write_text("VALUE = 0.5\n")
    Path("late_helper_of_mine.py").write_text("VALUE = 0.25\n")
    late = (
        "def value(self):\n        import late_helper_of_mine\n        return late_helper_of_mine.VALUE\n    def score("
    )
    Path("mine.py").write_text("import helper_of_mine\n" + REWARDS.replace("def score(", late))
    installed = load_registry([Path("mine.py")]).get("mine.py:nice")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert installed.reward.value(None) == 0.25

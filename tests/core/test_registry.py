"""Third-party plugins: only what is named is imported, and a broken one is named and stops nothing else.

Most are really pip-installed, into a fresh environment; of the others, metadata and module are on the path.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rewardkit import PluginError
from rewardkit.registry import built_in
from rewardkit.registry.registry import Registry, load_registry
from rewardkit.rubrics.schema import schema

BROKEN = {
    "rewardkit-broken-import": "ModuleNotFoundError: No module named 'a_package_that_nobody_has_installed'",
    "rewardkit-exiting-import": "did not import: SystemExit: this plugin needs a GPU",
    "rewardkit-raising-hook": "its hook rewardkit_rewards raised RuntimeError: the licence server does not answer",
    "rewardkit-unknown-hook": "it implements 'rewardkit_reward', which is not a hook; did you mean",
    "rewardkit-second-math": "its reward 'math' has the name of one in rewardkit",
}


@pytest.fixture(scope="module")
def environment(new_environment: Callable[[], Any], repository: Path) -> Path:
    """The folder of a new virtual environment with rewardkit, a stranger's plugin and five broken ones in it."""
    made = new_environment()
    strangers = sorted((repository / "tests" / "third_party").glob("rewardkit-*"))
    assert {path.name for path in strangers} == {"rewardkit-shouting", *BROKEN}
    made.install(repository, *strangers)
    return made.python.parent.parent


def run(environment: Path, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [environment / "bin" / "rewardkit", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=900, env=os.environ | variables, check=False)


def test_each_broken_plugin_is_named_and_takes_nobody_down(environment: Path):
    listed = run(environment, "plugins", "--json", "--all")
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
    code = (
        "from rewardkit.registry.registry import load_registry; "
        "print(load_registry(distributions=['rewardkit-second-math']).get('math').distribution)"
    )
    shown = subprocess.run([environment / "bin" / "python", "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "rewardkit\n"


def test_only_plugins_that_are_named_are_imported(environment: Path, tmp_path: Path):
    """Each broken distribution is reported as soon as it is imported, so what is not reported was not imported."""
    (tmp_path / "rows.jsonl").write_text('{"prompt": "p", "completion": "YES", "answer": "YES"}\n')
    (tmp_path / "rubric.yaml").write_text("rewards: {shouting: {}}\n")
    for arguments in (
        ["--help"],
        ["plugins"],
        ["plugins", "--json"],
        ["doctor"],
        ["schema"],
        ["scroe"],
        ["score", tmp_path / "rows.jsonl", "-c", tmp_path / "rubric.yaml"],
        ["score", tmp_path / "rows.jsonl", "--allow-unjudged"],
    ):
        done = run(environment, *arguments)
        assert "did not import" not in done.stdout + done.stderr, arguments
        assert "raised" not in done.stdout + done.stderr, arguments
    listed = run(environment, "plugins").stdout
    assert all(name in listed for name in ("shouting", "rewardkit-broken-import", "not loaded"))


def test_a_variable_loads_more_than_the_built_ins(environment: Path):
    content = json.loads(run(environment, "plugins", "--json").stdout)
    assert {reward["distribution"] for reward in content["rewards"]} == {"rewardkit"}
    assert content["problems"] == []
    assert {offer["distribution"] for offer in content["not_loaded"]} == {"rewardkit-shouting", *BROKEN}
    one = json.loads(run(environment, "plugins", "--json", REWARDKIT_PLUGINS="rewardkit_shouting").stdout)
    assert {reward["distribution"] for reward in one["rewards"]} == {"rewardkit", "rewardkit-shouting"}


def test_doctor_calls_a_broken_plugin_broken(environment: Path):
    done = run(environment, "doctor", "--json", "--all")
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
    return load_registry(distributions=["aaa"])


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
    assert str(problem).startswith("plugin aaa:aaa: its module 'rewardkit_math' belongs to rewardkit")


def test_a_module_that_cannot_be_looked_through_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    module = "def __dir__():\n    raise RuntimeError('no entry')\n"
    registry = install(tmp_path, monkeypatch, "odd = aaa_plugin", {"aaa_plugin": module})
    assert "its hooks do not fit: RuntimeError: no entry" in registry.problems[0].found
    assert registry.get("math")


def test_a_strangers_command_is_listed_and_runs(environment: Path):
    listed = run(environment, "--help").stdout
    assert "shout" in listed
    assert "From rewardkit-shouting 1.2.0." in listed
    assert "Say WORDS loudly." in run(environment, "shout", "--help").stdout
    assert run(environment, "shout", "well done").stdout == "WELL DONE\n"
    unknown = run(environment, "whisper")
    assert (unknown.returncode, "No such command 'whisper'" in unknown.stderr) == (2, True)


COMMANDS = """
import typer

app = typer.Typer()

@app.command()
def any_name():
    typer.echo("theirs")
"""


def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    from rewardkit import cli

    monkeypatch.setattr(sys, "argv", ["rewardkit", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    captured = capfd.readouterr()
    return end.value.code, captured.out + captured.err


def test_a_command_takes_neither_the_cores_name_nor_a_built_ins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    entry = "".join(f"{name} = aaa_plugin:app\n" for name in ("mine", "score", "train"))
    install(tmp_path, monkeypatch, f"none = aaa_plugin\n[rewardkit.commands]\n{entry}", {"aaa_plugin": COMMANDS})
    assert command(monkeypatch, capfd, "mine")[0] == 0
    code, printed = command(monkeypatch, capfd, "score")
    assert (code, "Missing argument" in printed) == (2, True)
    code, printed = command(monkeypatch, capfd, "--help")
    assert "mine" in printed
    assert all(f"its command {name!r} has the name of another" in printed for name in ("score", "train"))


def test_a_command_that_does_not_import_is_named_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    modules = {"aaa_plugin": COMMANDS, "aaa_broken": "raise KeyboardInterrupt"}
    entry = "none = aaa_plugin\n[rewardkit.commands]\nmine = aaa_plugin:app\nother = aaa_broken:app"
    install(tmp_path, monkeypatch, entry, modules)
    assert command(monkeypatch, capfd, "mine") == (0, "theirs\n")
    assert "other" in command(monkeypatch, capfd, "--help")[1]
    code, printed = command(monkeypatch, capfd, "other")
    assert (code, "command 'other' did not import: KeyboardInterrupt" in printed) == (2, True)


BARE = "def rewardkit_rewards():\n    return []\n"


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("raise KeyboardInterrupt", "did not import: KeyboardInterrupt"),
        ("raise SystemExit('no GPU')", "did not import: SystemExit: no GPU"),
        ("import os\nos.write(1, b'noise')\nraise OSError('x')", "did not import: OSError: x"),
        (BARE, "its rewardkit_rewards lacks the decorator @rewardkit.hookimpl"),
        (f"import rewardkit\n@rewardkit.hookimpl\n{BARE.replace('[]', 'None')}", "it returned None; return a list"),
        (f"import rewardkit\n@rewardkit.hookimpl\n{BARE.replace('[]', '7')}", "raised TypeError"),
        (
            f"import rewardkit\n@rewardkit.hookimpl\n{BARE.replace('[]', '[int]')}",
            "is not a subclass of rewardkit.Reward",
        ),
        ("import rewardkit\n@rewardkit.hookimpl\ndef rewardkit_rewards(extra): ...", "its hooks do not fit"),
    ],
)
def test_a_broken_plugin_is_named_and_stops_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], module: str, found: str
):
    registry = install(tmp_path, monkeypatch, "broken = aaa_plugin", {"aaa_plugin": module})
    assert registry.get("format")
    assert [problem.plugin for problem in registry.problems] == ["aaa:broken"]
    assert found in registry.problems[0].found
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"entry_points.txt": "[rewardkit]\nx = y\n"}, "has no readable METADATA"),
        ({"entry_points.txt": "[rewardkit]\nx = y\n", "METADATA": "Version: 1\n"}, "has no readable METADATA"),
        (
            {"entry_points.txt": "[rewardkit]\nx = y\n", "METADATA": "Name: rewardkit\nVersion: 9.9\n"},
            "it calls itself 'rewardkit'",
        ),
    ],
)
def test_broken_metadata_is_named_and_stops_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], found: str
):
    information = tmp_path / "rewardkit-9.9.dist-info"
    information.mkdir()
    for name, text in files.items():
        (information / name).write_text(text)
    (tmp_path / "y.py").write_text("raise SystemError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    registry = load_registry()
    assert registry.get("math").distribution == "rewardkit"
    (problem,) = registry.problems
    assert found in problem.found
    assert str(information) in problem.plugin


def test_a_package_that_would_hide_a_built_in_is_passed_over(tmp_path: Path):
    (tmp_path / "rewardkit_format").mkdir()
    (tmp_path / "rewardkit_format" / "__init__.py").write_text("raise SystemError('imported')")
    code = "from rewardkit.registry.registry import load_registry; print(load_registry().get('format').name)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("format\n", "")


@pytest.mark.parametrize("name", sorted(built_in.REWARDS))
def test_each_built_in_is_where_the_table_says(name: str):
    registry = load_registry()
    assert registry.get(name).reward.__module__.split(".")[0] == built_in.REWARDS[name].package
    assert len(built_in.REWARDS[name].description) < 60


def test_the_table_has_every_built_in():
    registry = load_registry()
    registry.load_built_ins()
    assert registry.problems == ()
    assert {reward.name for reward in registry.rewards} == built_in.REWARDS.keys()


@pytest.mark.parametrize("name", sorted(built_in.COMMANDS))
def test_each_built_in_command_is_where_the_table_says(name: str):
    module, _, attribute = built_in.COMMANDS[name].app.partition(":")
    code = f"import {module}; import typer; assert isinstance({module}.{attribute}, typer.Typer)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_one_module_may_bring_several_rewards_each_by_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    module = REWARDS.replace("[Nice]", "[Nice, Kind]") + "class Kind(Nice):\n    name = 'kind'\n"
    install(tmp_path, monkeypatch, "nice = aaa_plugin\nkind = aaa_plugin", {"aaa_plugin": module})
    registry = load_registry()
    assert registry.rewards == ()
    assert registry.get("kind").distribution == registry.get("nice").distribution == "aaa"
    assert registry.problems == ()


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
    with pytest.raises(PluginError, match=r"named 'format'; name one of them: 'rewardkit:format', 'p2\.py:format'"):
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

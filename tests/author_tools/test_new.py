"""`rewardkit new` makes a distribution that installs and passes its tests at once, whatever is chosen."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

CHOICES = [
    [],
    ["--function", "--group", "--license", "mit"],
    ["--function", "--async", "--license", "bsd-3-clause"],
    ["--function", "--group", "--async", "--license", "none"],
    ["--class"],
    ["--class", "--group"],
    ["--class", "--async"],
    ["--class", "--group", "--async"],
]


def new(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rewardkit", "new", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, cwd=cwd)


@pytest.fixture(scope="module")
def environment(new_environment):
    return new_environment()


def test_new_distributions_install_and_pass_their_tests_whatever_is_chosen(environment, tmp_path: Path):
    names = [f"city-{number}" for number in range(len(CHOICES))]
    for name, choice in zip(names, CHOICES, strict=True):
        assert new(name, *choice, cwd=tmp_path).returncode == 0
    folders = [tmp_path / f"rewardkit-{name}" for name in names]
    environment.install(*folders)
    tests = environment.run("pytest", "-v", "-p", "no:cacheprovider", *folders, cwd=tmp_path)
    assert tests.returncode == 0, tests.stdout
    assert "FAILED" not in tests.stdout
    for number in range(len(CHOICES)):
        assert f"test_city_{number}.py" in tests.stdout


def test_a_fault_in_a_new_reward_is_found(environment, tmp_path: Path):
    new("careless", "--class", cwd=tmp_path)
    folder = tmp_path / "rewardkit-careless"
    file = folder / "rewardkit_careless" / "reward.py"
    file.write_text(file.read_text().replace("if not answer:", "if answer[0] == '-':"))
    environment.install(folder)
    tests = environment.run("pytest", "-q", "-p", "no:cacheprovider", cwd=folder)
    assert tests.returncode == 1
    assert "IndexError" in tests.stdout
    assert "test_reward[never_raises]" in tests.stdout


def test_the_files_say_what_was_chosen(tmp_path: Path):
    new("city", "--class", "--license", "mit", "--author", "Ada Lovelace", cwd=tmp_path)
    folder = tmp_path / "rewardkit-city"
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["license"] == "MIT"
    assert "Ada Lovelace" in (folder / "LICENSE").read_text()
    assert project["entry-points"]["rewardkit"] == {"city": "rewardkit_city"}
    assert "${{ matrix.python }}" in (folder / ".github" / "workflows" / "test.yml").read_text()
    assert {"expected"} <= json.loads((folder / "tests" / "samples.jsonl").read_text().splitlines()[0]).keys()
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert [path for path in written if path.name != "test.yml" and "${" in path.read_text()] == []


def test_a_distribution_without_a_licence_has_none(tmp_path: Path):
    new("city", "--license", "none", cwd=tmp_path)
    folder = tmp_path / "rewardkit-city"
    assert not (folder / "LICENSE").exists()
    assert "license" not in tomllib.loads((folder / "pyproject.toml").read_text())["project"]


def test_the_licences_are_whole():
    own = (ROOT / "LICENSE").read_text()
    assert (ROOT / "rewardkit" / "templates" / "reward" / "license-apache-2.0.txt").read_text() == own


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("../x", "is a path, not a name"),
        ("a/b", "is a path, not a name"),
        ("..", "is a path, not a name"),
        ("", "is a path, not a name"),
        ("class", "did you mean 'class_reward'?"),
        ("print", "did you mean 'print_reward'?"),
        ("rewardkit", "means something else"),
        ("math", "is the name of a built-in reward"),
        ("sandbox", "has a package 'rewardkit_sandbox'"),
        ("MyReward", "did you mean 'my_reward'?"),
        ("my reward", "did you mean 'my_reward'?"),
        ("größe", "small letters from a to z"),
        ("名前", "small letters from a to z"),
        ("2nd", "a letter first"),
        ("a--b", "did you mean 'a_b'?"),
        ("-x", "No such option"),
        ("x" * 41, "at most 40"),
        ("x\n", "is there already"),
    ],
)
def test_a_name_that_does_not_serve_is_refused(tmp_path: Path, name: str, found: str):
    (tmp_path / "rewardkit-x").mkdir()
    done = new(name, cwd=tmp_path)
    assert done.returncode == 2
    assert found in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["rewardkit-x"]


@pytest.mark.parametrize("there", ["folder", "file", "link"])
def test_what_is_there_is_left_alone(tmp_path: Path, there: str):
    target = tmp_path / "rewardkit-city"
    {"folder": target.mkdir, "file": target.touch, "link": lambda: target.symlink_to(tmp_path / "nowhere")}[there]()
    done = new("city", cwd=tmp_path)
    assert done.returncode == 2
    assert "is there already" in done.stderr
    assert not (tmp_path / "nowhere").exists()


def test_dashes_and_the_prefix_are_taken(tmp_path: Path):
    assert new("rewardkit-two-words", "--into", "deep/folder", cwd=tmp_path).returncode == 0
    assert (tmp_path / "deep" / "folder" / "rewardkit-two-words" / "rewardkit_two_words" / "reward.py").is_file()

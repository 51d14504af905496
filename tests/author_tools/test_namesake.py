"""harbor-rewardkit has our package and our command: who has replaced whom is said, with the fix."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

THEIRS = {
    "pyproject.toml": """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "harbor-rewardkit"
version = "0.2.3"

[project.scripts]
rewardkit = "rewardkit.__main__:main"

[tool.hatch.build.targets.wheel]
packages = ["rewardkit"]
""",
    "rewardkit/__init__.py": "import litellm_that_is_not_here\n",
    "rewardkit/__main__.py": "def main():\n    print('theirs')\n",
}
"""The files of harbor-rewardkit 0.2.3 that collide with ours; its `__init__` imports what may not be there."""


@pytest.fixture(scope="module")
def environment(new_environment, tmp_path_factory):
    """An environment in which ours, then theirs is installed."""
    made = new_environment()
    made.install(ROOT)
    assert made.command("rk", "--version").stdout.startswith("rewardkit ")
    folder = tmp_path_factory.mktemp("theirs")
    for name, text in THEIRS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    made.install(folder)
    return made


def test_our_second_command_says_whose_files_answer_and_how_to_have_both(environment):
    for arguments in (["--version"], ["score", "rows.jsonl"], ["doctor"]):
        done = environment.command("rk", *arguments)
        assert done.returncode == 2
        assert "is not ours: harbor-rewardkit" in done.stderr
        assert "pip uninstall -y harbor-rewardkit && pip install --force-reinstall --no-deps rewardkit" in done.stderr
        assert "uv tool install harbor-rewardkit" in done.stderr
        assert "Traceback" not in done.stderr


def test_doctor_says_it_where_ours_has_replaced_theirs(environment):
    environment.install(ROOT, options=["--force-reinstall"])
    done = environment.command("rewardkit", "doctor", "--json")
    (finding,) = [one for one in json.loads(done.stdout) if one["name"] == "harbor-rewardkit"]
    assert done.returncode == 1
    assert finding["state"] == "broken"
    assert "0.2.3 is installed too" in finding["found"]
    assert finding["fix"].startswith("pip uninstall -y harbor-rewardkit")

"""docs/testing-rewards.md lists every check, hostile text and licence, and its example is a test that runs."""

import re
import subprocess
import sys
from pathlib import Path

from rewardkit.commands.new import LICENSES
from rewardkit.testing.cases import HOSTILE
from rewardkit.testing.checks import CHECKS

PAGE = (Path(__file__).parents[2] / "docs" / "testing-rewards.md").read_text(encoding="utf-8")


def test_every_check_is_on_the_page():
    listed = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.partition("## The checks")[2], re.MULTILINE))
    assert listed == {check.name: check.about for check in CHECKS.values()}


def test_every_hostile_text_is_on_the_page():
    assert ", ".join(name for name, _ in HOSTILE) in " ".join(PAGE.split())


def test_every_licence_is_on_the_page():
    assert all(f"`{name}`" in PAGE for name in LICENSES)


def test_the_example_of_the_page_finds_what_it_should(tmp_path: Path):
    (example,) = re.findall(r"```python\n(from rewardkit.testing.*?)```", PAGE, re.DOTALL)
    (tmp_path / "rewards.py").write_text(
        "import rewardkit\n\n"
        "@rewardkit.reward\n"
        "def brevity(answer_text, words: int = 50):\n"
        '    """1 for a short answer."""\n'
        "    return len(answer_text.split()) <= words if answer_text else None\n"
    )
    (tmp_path / "test_brevity.py").write_text(example.replace('"brevity"', '"rewards.py"'))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_brevity.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False)
    failed = re.findall(r"^FAILED .*\[(\w+)\]", done.stdout, re.MULTILINE)
    assert failed == ["documented"], done.stdout  # its parameter has no description

"""docs/cli.md is what the commands' help says."""

import importlib.util
from pathlib import Path

from rewardkit import cli

ROOT = Path(__file__).parents[2]


def test_the_page_is_the_help_of_the_commands():
    spec = importlib.util.spec_from_file_location("make_cli", ROOT / "docs" / "make_cli.py")
    assert spec is not None
    assert spec.loader is not None
    make_cli = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_cli)
    assert set(make_cli.COMMANDS) == cli.CORE_COMMANDS
    assert make_cli.page() == make_cli.PAGE.read_text(encoding="utf-8"), "run `python docs/make_cli.py`"

"""The pages of `select` and `diff` run as they are written: commands with the output that they show, and code."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rewardkit.selection.criteria import PRESETS, STEPS, TARGETS

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("select", "diff")}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], re.DOTALL)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command of a page as a shell would."""
    program, *arguments = shlex.split(command)
    assert program == "rewardkit"
    return subprocess.run(
        [sys.executable, "-m", "rewardkit", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "COLUMNS": "110"},
    )


@pytest.fixture(scope="module", params=PAGES)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A page whose commands ran in a folder, each with the output that the page shows."""
    page: str = request.param
    folder = tmp_path_factory.mktemp(page)
    (folder / "examples").mkdir()
    shutil.copy(ROOT / "examples" / "rollouts.jsonl", folder / "examples")
    for rubric in blocks(page, "yaml"):
        (folder / rubric.split()[1]).write_text(rubric, encoding="utf-8")
    for block in blocks(page, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            done = run(command, folder)
            assert done.returncode == int("--fail-over" in command), done.stderr
            if shown.strip():
                assert [line.rstrip() for line in done.stdout.splitlines()] == shown.rstrip("\n").split("\n"), command
    return page, folder


def test_the_commands_show_what_the_page_shows(ran: tuple[str, Path]):
    page, folder = ran
    made = {"select": ("kept.jsonl", "pairs.jsonl", "prompts.jsonl"), "diff": ("report.md",)}
    assert all((folder / name).stat().st_size for name in made[page])


def test_the_rejected_row_and_the_report_are_the_pages(ran: tuple[str, Path]):
    page, folder = ran
    if page == "select":
        rows = [json.loads(line) for line in (folder / "rejected.jsonl").read_text(encoding="utf-8").splitlines()]
        (shown,) = (json.loads(block) for block in blocks("select", "json"))
        assert shown["rejected"] in [row["rejected"] for row in rows if row["id"] == shown["id"]]
    else:
        (shown,) = blocks("diff", "markdown")
        assert (folder / "report.md").read_text(encoding="utf-8").startswith(shown)


@pytest.mark.parametrize("page", PAGES)
def test_python_blocks_run(page: str):
    for code in blocks(page, "python"):
        subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_the_page_lists_every_preset_step_and_target():
    page = PAGES["select"]
    for name, preset in PRESETS.items():
        assert f"| `{name}` | {preset.about} | {preset.source} |" in page
    for name, about in TARGETS.items():
        assert f"| `{name}` | {about} |" in page
    assert page.count("| `--") >= len(STEPS) - 1

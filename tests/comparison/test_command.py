"""`rewardkit diff` as a user runs it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rewardkit.cli import app

from .conftest import scored

Write = Callable[..., Path]


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    done = CliRunner().invoke(app, ["diff", *map(str, arguments)], env={"COLUMNS": "160"})
    return done.exit_code, done.stdout, " ".join(done.stderr.split())


@pytest.fixture
def sides(file: Write) -> tuple[Path, Path]:
    """Forty rows, of which two have another verdict."""
    old = [scored(f"p{n % 5}", f"answer {n}", math=n % 2) for n in range(40)]
    new = [scored(f"p{n % 5}", f"answer {n}", math=1 - n % 2 if n in (3, 4) else n % 2) for n in range(40)]
    return file(old, "old.jsonl"), file(new, "new.jsonl")


def test_the_changes_are_shown_with_both_reasons(sides: tuple[Path, Path]):
    code, out, error = run(*sides)
    assert (code, error) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert ["correct,", "then", "wrong", "1"] in lines
    assert ["changed", "in", "all", "2", "(5", "%)"] in lines
    assert f"{sides[0]}, line 4: correct → wrong" in out
    assert "new: math 0: math says 0" in out


@pytest.mark.parametrize(("limit", "code"), [("5%", 0), ("4.9%", 1), ("0.05", 0), ("0", 1)])
def test_fail_over_is_an_exit_code(sides: tuple[Path, Path], limit: str, code: int):
    found, _, error = run(*sides, "--fail-over", limit)
    assert found == code
    assert (f"--fail-over {limit}: 5 % of the verdicts changed" in error) is bool(code)


def test_reports_are_written_by_their_ending(sides: tuple[Path, Path], tmp_path: Path):
    starts = {".html": "<!doctype html>", ".md": "# Comparison", ".json": "{", ".jsonl": '{"old"'}
    for ending, start in starts.items():
        out = tmp_path / f"report{ending}"
        assert run(*sides, "-o", out)[0] == 0
        assert out.read_text().startswith(start)
    assert len((tmp_path / "report.jsonl").read_text().splitlines()) == 2
    assert json.loads((tmp_path / "report.json").read_text())["verdicts"]["changed"] == 2


def test_json_is_for_machines(sides: tuple[Path, Path]):
    code, out, _ = run(*sides, "--json")
    assert (code, json.loads(out)["verdicts"]["changed"]) == (0, 2)


def test_redact_shows_no_text_of_a_row(sides: tuple[Path, Path]):
    _, out, _ = run(*sides, "--redact")
    assert "answer" not in out
    assert "says" not in out


def test_missing_rows_are_a_warning(sides: tuple[Path, Path], file: Write):
    half = file([json.loads(line) for line in sides[1].read_text().splitlines()[5:]], "half.jsonl")
    code, _, error = run(sides[0], half)
    assert code == 0
    assert f"5 rows are only in {sides[0]}, such as {sides[0]}, line 1" in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("old.jsonl", "nwe.jsonl"), "nwe.jsonl: no such file"),
        (("old.jsonl", "new.jsonl", "--fail-over", "50"), "write a share such as 0.5% or 0.005"),
        (("old.jsonl", "new.jsonl", "-o", "report.txt"), "name a file that ends in .html, .md, .json, .jsonl"),
        (("old.jsonl", "new.jsonl", "-o", "old.jsonl"), "is the input"),
        (("old.jsonl", "new.jsonl", "new.jsonl"), "which need no third"),
        (("r1", "dapo"), "two rubrics need rows to judge"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_the_fix(
    sides: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
):
    monkeypatch.chdir(sides[0].parent)
    code, _, error = run(*arguments)
    assert code == 2
    assert message in error


def test_two_rubrics_judge_rollouts(file: Write, tmp_path: Path):
    (tmp_path / "old.yaml").write_text("rewards: {math: {}}")
    (tmp_path / "new.yaml").write_text("rewards: {math: {gate: format}, format: {weight: 0.1}}")
    rows = file([{"prompt": "2+2", "completion": "\\boxed{4}", "answer": "4"}], "rollouts.jsonl")
    code, out, _ = run(tmp_path / "old.yaml", tmp_path / "new.yaml", rows, "--workers", 1, "--fail-over", "0.5%")
    assert code == 1
    assert "correct → " in out

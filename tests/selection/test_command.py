"""`rewardkit select` as a user runs it: what it prints, its exit codes, and what it says of wrong input."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rewardkit.cli import app

from .conftest import scored

Write = Callable[..., Path]


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    done = CliRunner().invoke(app, ["select", *map(str, arguments)], env={"COLUMNS": "140"})
    return done.exit_code, done.stdout, done.stderr


def test_the_steps_and_a_random_choice_are_shown(file: Write, tmp_path: Path):
    rows = [scored(f"p{n % 4}", f"answer {n}", n % 3 == 0) for n in range(24)]
    code, out, error = run(file(rows), "-p", "best-of-n", "-o", tmp_path / "kept.jsonl")
    assert (code, error) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["step", "rejected", "rows", "prompts", "reward", "correct", "words"]
    assert lines[1].split() == ["all", "24", "4", "0.333", "33.3", "%", "2"]
    assert lines[2].split()[-6:] == ["4", "4", "1", "100.0", "%", "2"]
    assert any(line.startswith("as many at random  ") for line in lines)
    assert lines[-1] == "4 conversations; seed 0"
    meta = json.loads((tmp_path / "kept.jsonl.meta.json").read_text())
    assert (meta["preset"], meta["criteria"], meta["summary"]["kept"]) == ("best-of-n", {"per_prompt": 1}, 4)


def test_nothing_left_is_exit_code_1_and_names_the_step(file: Write):
    code, out, error = run(file([scored("p", "a", 0)]), "--correct")
    assert code == 1
    assert "0 conversations" in out
    assert "no row is left: the step 'correct' rejected the last 1" in error


def test_json_is_for_machines(file: Write):
    code, out, _ = run(file([scored("p", "a")]), "--correct", "--json")
    assert (code, json.loads(out)["kept"]) == (0, 1)


def test_rollouts_are_judged_by_a_rubric(file: Write, tmp_path: Path):
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text("rewards: {math: {}}\n")
    rows = [{"prompt": "2+2", "completion": f"\\boxed{{{n}}}", "answer": "4"} for n in (4, 5)]
    out = tmp_path / "kept.jsonl"
    code, _, _ = run(file(rows), "-c", rubric, "--correct", "--to", "rows", "-o", out, "--workers", 1)
    assert code == 0
    (kept,) = map(json.loads, out.read_text().splitlines())
    assert kept["rewardkit"]["scores"]["math"]["value"] == 1.0


def test_standard_input_is_read_once_and_written_to_standard_output(tmp_path: Path):
    rows = "".join(f"{json.dumps(row)}\n" for row in (scored("p", "a"), scored("p", "b", 0)))
    command = [sys.executable, "-m", "rewardkit", "select", "-", "--correct", "--to", "rows", "-o", "-"]
    done = subprocess.run(
        command, input=rows, capture_output=True, text=True, check=True, cwd=tmp_path, env={**os.environ}
    )
    assert json.loads(done.stdout) == scored("p", "a")
    assert "1 rows" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "select what? name a preset (r1, open-r1, dapo, best-of-n, rft, dpo-pairs"),
        (("-p", "open_r1"), "preset 'open_r1': no preset of that name; did you mean 'open-r1'?"),
        (("--correct", "--verdict", "mth"), "no score 'mth' says whether it is correct; did you mean 'math'?"),
        (("--correct", "--reward", "scor"), "no column 'scor' for the reward"),
        (("--correct", "--to", "trl"), "to: Input should be 'sft', 'dpo', 'rows' or 'prompts'"),
        (("--correct", "--decontaminate", "nothing.jsonl"), "nothing.jsonl: no such file"),
        (("--correct", "-o", "same.jsonl", "--rejected", "same.jsonl"), "is the output too"),
        (("--correct", "-o", "-", "--json"), "both want standard output"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_the_fix(file: Write, arguments: tuple[str, ...], message: str):
    code, _, error = run(file([scored("p", "a")]), *arguments)
    assert code == 2
    assert message in " ".join(error.split())


def test_rows_without_any_judgement_say_how_to_get_one(file: Write):
    path = file([{"prompt": "p", "completion": "a", "answer": "4"}], "raw.jsonl")
    code, _, error = run(path, "--correct")
    assert code == 2
    assert f"rewardkit score {path} -c RUBRIC -o scored.jsonl" in " ".join(error.split())


def test_which_score_decides_must_be_said_where_none_is_known_to(file: Write):
    rows = [scored("p", "a", 1) | {"rewardkit": block} for block in [scored("p", "a", other=1)["rewardkit"]]]
    del rows[0]["rewardkit"]["scores"]["math"]
    rows[0]["rewardkit"]["scores"]["third"] = rows[0]["rewardkit"]["scores"]["other"]
    code, _, error = run(file(rows), "--correct")
    assert code == 2
    assert "--verdict other, or --verdict reward" in " ".join(error.split())
    assert run(file(rows), "--correct", "--verdict", "third")[0] == 0


def test_the_rewards_behind_aliases_are_read_from_the_file_beside(file: Write):
    row = scored("p", "a", 1)
    scores = row["rewardkit"]["scores"]
    scores["right"] = scores.pop("math") | {"value": 0.0}
    scores["style"] = {**scores["right"], "value": 1.0}
    path = file([row])
    meta = {"made_by": "rewardkit", "rewards": {"right": {"reward": "rewardkit:math"}}}
    Path(f"{path}.meta.json").write_text(json.dumps(meta))
    code, _, error = run(path, "--correct")
    assert (code, "rejected the last 1" in error) == (1, True)


def test_the_presets_are_listed_with_their_sources():
    code, out, _ = run("--presets")
    assert code == 0
    assert "arXiv:2501.12948" in out
    assert len([line for line in out.splitlines() if line and not line.startswith(" ")]) == 6

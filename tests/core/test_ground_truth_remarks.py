"""Remarks of rewards on ground truths before anything is judged."""

import json
import subprocess
import sys
from typing import Any

import pytest

from rewardkit.commands.ground_truths import ROWS

PLUGIN = '''
from rewardkit import Reward, Score, hookimpl

class Picky(Reward):
    """1 for everything, but it says what it thinks of ground truths."""

    name = "picky"

    @classmethod
    def check_ground_truth(cls, ground_truth, params):
        if ground_truth == "bad":
            raise ValueError("no")
        return "are\\x1b[31m odd" if len(ground_truth) == 3 else None

    def score(self, samples):
        return [Score.scored(1.0) for _ in samples]

@hookimpl
def rewardkit_rewards():
    return [Picky]
'''


def run(tmp_path: Any, ground_truths: list[str], *options: str, rubric: str = "rewards: {math: {}}") -> Any:
    data, path = tmp_path / "rows.jsonl", tmp_path / "rubric.yaml"
    data.write_text("".join(json.dumps({"completion": "5", "ground_truth": one}) + "\n" for one in ground_truths))
    path.write_text(rubric)
    command = ["score", str(data), "-c", str(path), "-o", str(tmp_path / "out.jsonl"), "-q", "--workers", "1", *options]
    return rewardkit(*command)


def rewardkit(*options: str) -> Any:
    return subprocess.run([sys.executable, "-m", "rewardkit", *options], capture_output=True, text=True, check=False)


def test_ground_truths_that_are_only_words_are_listed(tmp_path):
    output = run(tmp_path, ["5", "the red one", "Yes", "every prime"]).stderr
    said = next(line for line in output.splitlines() if "compared as words" in line)
    assert "2 of the first 4" in said
    assert "line 2 'the red one'" in said
    assert "line 4 'every prime'" in said


def test_nothing_is_said_of_ground_truths_that_can_be_compared(tmp_path):
    assert "of the first" not in run(tmp_path, ["5", r"\frac12", "x > 2", "No", "(B) 12"]).stderr


def test_redacted_remarks_name_rows_only(tmp_path):
    output = run(tmp_path, ["the red one"], "--redact").stderr
    assert "line 1" in output
    assert "red one" not in output


def test_only_the_first_rows_are_looked_at(tmp_path):
    assert "of the first" not in run(tmp_path, ["5"] * ROWS + ["the red one"]).stderr


def test_a_bad_row_among_the_first_still_shows_in_its_turn(tmp_path):
    data = tmp_path / "rows.jsonl"
    run(tmp_path, ["5", "the red one"])
    data.write_text(data.read_text() + "{broken\n")
    rubric, target = tmp_path / "rubric.yaml", tmp_path / "again.jsonl"
    result = rewardkit("score", str(data), "-c", str(rubric), "-o", str(target), "--workers", "1")
    assert result.returncode == 2
    assert "line 3" in result.stderr


@pytest.fixture
def third_party(tmp_path):
    (tmp_path / "picky.py").write_text(PLUGIN)
    return f"plugins: [{tmp_path / 'picky.py'}]\nrewards: {{picky: {{}}}}"


def test_a_third_party_reward_may_remark_on_ground_truths(tmp_path, third_party):
    output = run(tmp_path, ["abc", "abcd"], "--trust", rubric=third_party).stderr
    assert "picky: 1 of the first 2 ground truths are" in output
    assert "\x1b[31m" not in output


def test_a_check_that_raises_is_reported_and_stops_nothing(tmp_path, third_party):
    result = run(tmp_path, ["bad"], "--trust", rubric=third_party)
    assert result.returncode == 0
    assert "check_ground_truth raised ValueError" in result.stderr


def test_validate_says_the_same_of_its_data(tmp_path):
    run(tmp_path, ["the red one"])
    result = rewardkit("validate", str(tmp_path / "rubric.yaml"), str(tmp_path / "rows.jsonl"))
    assert "can only be compared as words" in result.stderr
    assert result.returncode == 0

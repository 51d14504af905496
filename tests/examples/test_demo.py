"""The examples judged for real, by the rubrics beside them: every score is what the row says it should be."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    output = tmp_path_factory.mktemp("demo") / "scored.jsonl"
    command = [sys.executable, "-m", "rewardkit", "score", EXAMPLES / "completions.jsonl"]
    command += ["-c", EXAMPLES / "rubrics" / "r1_stage2.yaml", "-o", output]
    subprocess.run(command, check=True, capture_output=True, timeout=900)
    return [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("reward", ["math", "code", "format", "language"])
def test_every_example_is_judged_as_it_says(scored: list[dict], reward: str):
    wrong = []
    for row in scored:
        expected, found = row["expected"].get(reward), row["rewardkit"]["scores"][reward]
        low, high = expected if isinstance(expected, list) else (expected, expected)
        right = (
            found["value"] is None if expected is None else found["value"] is not None and low <= found["value"] <= high
        )
        if not right or found["status"] == "failed":
            wrong.append((row["id"], expected, found))
    assert not wrong


def test_no_judge_fails_on_the_examples(scored: list[dict]):
    statuses = {score["status"] for row in scored for score in row["rewardkit"]["scores"].values()}
    assert statuses == {"scored", "abstained"}


@pytest.mark.parametrize("rubric", ["demo.yaml", "gated.yaml", "r1_stage1.yaml"])
def test_every_rubric_scores_the_examples_in_one_command(tmp_path: Path, rubric: str):
    command = [sys.executable, "-m", "rewardkit", "score", EXAMPLES / "completions.jsonl", "--json", "--limit", "12"]
    done = subprocess.run([*command, "-c", EXAMPLES / "rubrics" / rubric], check=True, capture_output=True, timeout=900)
    summary = json.loads(done.stdout)
    assert summary["rows"] == 12
    assert all(score["failed"] == 0 for score in summary["scores"].values())

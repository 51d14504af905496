"""A new user's first minutes: from `rewardkit new` to an own function that scores a file, by commands of the docs."""

import json
import resource
from pathlib import Path

import pytest

MINUTE_S = 60.0
"""Processor seconds that all commands together may take."""

FUNCTION = '''
"""The reward `polite`."""

import rewardkit


@rewardkit.reward(value_range=(0, 1))
def polite(answer_text):
    """1 for an answer that says please."""
    return "please" in answer_text.lower()
'''


def used_s() -> float:
    """Processor seconds of all children so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.fixture(scope="module")
def environment(new_environment):
    return new_environment()


def test_a_minute_from_nothing_to_scores_of_ones_own_function(environment, tmp_path: Path):
    before_s = used_s()
    made = environment.run("rewardkit", "new", "polite", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    folder = tmp_path / "rewardkit-polite"
    (folder / "rewardkit_polite" / "reward.py").write_text(FUNCTION)
    samples = [
        {"prompt": "Ask.", "completion": "<think>Well.</think>Please, sit down.", "expected": "full"},
        {"prompt": "Ask.", "completion": "<think>Please?</think>Sit down.", "expected": "zero"},
    ]
    (folder / "tests" / "samples.jsonl").write_text("".join(json.dumps(sample) + "\n" for sample in samples))
    test = folder / "tests" / "test_polite.py"
    test.write_text(test.read_text().partition("\n\ndef test_case")[0] + "\n")  # the parameter of the template is gone
    environment.install(folder)

    tested = environment.run("pytest", "-q", "-p", "no:cacheprovider", cwd=folder)
    assert tested.returncode == 0, tested.stdout
    checked = environment.run("rewardkit", "check", "polite", "tests/samples.jsonl", cwd=folder)
    assert checked.returncode == 0, checked.stdout

    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({**row, "id": n}) + "\n" for n, row in enumerate(samples)))
    (tmp_path / "rubric.yaml").write_text("rewards:\n  polite:\n")
    scored = environment.run("rewardkit", "score", "rows.jsonl", "-c", "rubric.yaml", "-o", "out.jsonl", cwd=tmp_path)
    assert scored.returncode == 0, scored.stderr
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["rewardkit"]["reward"] for row in rows] == [1.0, 0.0]
    meta = json.loads((tmp_path / "out.jsonl.meta.json").read_text())
    assert meta["distributions"]["rewardkit-polite"] == "0.1.0"
    assert used_s() - before_s < MINUTE_S


def test_what_a_new_distribution_is_can_be_verified_and_traced(environment, tmp_path: Path):
    assert environment.run("rewardkit", "new", "traced", cwd=tmp_path).returncode == 0
    environment.install(tmp_path / "rewardkit-traced")
    listed = environment.run("rewardkit", "plugins", "--verify", "--json", variables={"REWARDKIT_TRACE": "1"})
    content = json.loads(listed.stdout)
    assert [row["name"] for row in content["rewards"] if row["faults"]] == []
    assert listed.returncode == 0, content
    (own,) = [row for row in content["rewards"] if row["name"] == "traced"]
    assert own["faults"] == []
    assert (own["distribution"], own["version"], own["api_version"]) == ("rewardkit-traced", "0.1.0", 1)
    assert own["file"].endswith("rewardkit_traced/reward.py")
    assert "import of rewardkit-traced:traced 0.1.0: " in listed.stderr
    assert "hook rewardkit_rewards of rewardkit-traced:traced: " in listed.stderr
    assert "rewardkit_traced/__init__.py" in listed.stderr

    (tmp_path / "rows.jsonl").write_text(json.dumps({"prompt": "?", "completion": "4", "ground_truth": "4"}))
    (tmp_path / "rubric.yaml").write_text("rewards:\n  traced:\n")
    command = ["score", "rows.jsonl", "-c", "rubric.yaml", "-o", "out.jsonl"]
    traced = environment.run("rewardkit", *command, cwd=tmp_path, variables={"REWARDKIT_TRACE": "1"})
    assert "reward traced: 1 samples, " in traced.stderr
    assert " with traced: " in traced.stderr  # the worker's start
    plain = environment.run("rewardkit", *command, cwd=tmp_path)
    assert "trace" not in plain.stderr
    written = (tmp_path / "out.jsonl").read_bytes()
    environment.run("rewardkit", *command, cwd=tmp_path, variables={"REWARDKIT_TRACE": "1"})
    assert (tmp_path / "out.jsonl").read_bytes() == written

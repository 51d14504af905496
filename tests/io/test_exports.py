"""`score --to`: files that other tools read, and never a 0 for what has no reward."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROWS = [
    {"id": "a", "prompt": "1 + 1", "completion": "\\boxed{2}", "answer": "2"},
    {"id": "a", "prompt": "1 + 1", "completion": "\\boxed{3}", "answer": "2"},
    {"id": "b", "prompt": "1 + 1", "completion": "\\boxed{2}"},
    {
        "id": "c",
        "prompt": [{"role": "developer", "content": "add"}, {"role": "user", "content": "1 + 1"}],
        "completion": [{"role": "assistant", "content": "\\boxed{2}", "reasoning_content": "easy"}],
        "answer": "2",
    },
]
RUBRIC = "rewards: {math: {on_abstained: none}, format: {weight: 0}}\n"


def score(tmp_path: Path, to: str, *, rows: list[dict] = ROWS, more: tuple[str, ...] = ()) -> tuple[int, str, Path]:
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    out = tmp_path / "out.json"
    files = [str(tmp_path / "rows.jsonl"), "-c", str(tmp_path / "rubric.yaml"), "-o", str(out)]
    command = [sys.executable, "-m", "rewardkit", "score", *files, "--to", to, "--workers", "1", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr, out


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_inspect_gets_a_record_for_each_row_that_has_a_reward_and_epochs_for_those_of_one_id(tmp_path):
    code, said, out = score(tmp_path, "inspect-scores")
    assert code == 0, said
    found = [(record["id"], record["epoch"], record["value"]) for record in lines(out)]
    assert found == [("a", 1, 1.0), ("a", 2, 0.0), ("c", 1, 1.0)]
    assert lines(out)[0]["metadata"] == {"math": 1.0, "format": 0.0}
    assert "math: " in lines(out)[0]["explanation"]


def test_harbor_gets_one_object_of_numbers(tmp_path):
    code, said, out = score(tmp_path, "harbor", rows=ROWS[:1])
    assert code == 0, said
    assert json.loads(out.read_text()) == {"reward": 1.0, "math": 1.0, "format": 0.0}


@pytest.mark.parametrize(("rows", "code", "message"), [(ROWS, 2, "--limit 1"), (ROWS[2:3], 3, "no reward, so no file")])
def test_harbor_gets_no_file_for_several_rows_and_for_none_with_a_reward(tmp_path, rows, code, message):
    found, said, out = score(tmp_path, "harbor", rows=rows)
    assert (found, out.exists()) == (code, False), said
    assert message in said
    assert not list(tmp_path.glob(".out.json.*"))


def test_verifiers_gets_traces_with_an_error_where_there_is_no_reward(tmp_path):
    code, said, out = score(tmp_path, "verifiers")
    assert code == 0, said
    first, _, without, chat = lines(out)
    assert first["rewards"] == {"rewardkit": {"score": 1.0, "weight": 1.0}}
    assert first["metrics"] == {"rewardkit/math": 1.0, "rewardkit/format": 0.0}
    assert (without["ok"], without["rewards"]) == (False, {})
    assert "no reward: math abstained" in without["errors"][0]["message"]
    assert [node["message"]["role"] for node in chat["nodes"]] == ["system", "user", "assistant"]
    assert chat["nodes"][2]["message"]["reasoning_content"] == "easy"
    assert [node["sampled"] for node in chat["nodes"]] == [False, False, True]


@pytest.mark.parametrize(
    ("to", "more", "message"),
    [
        ("inspect", (), "did you mean 'inspect-scores'"),
        ("harbor", ("--resume",), "cannot be resumed"),
        ("harbor", ("-o", "-"), "name it with -o"),
    ],
)
def test_what_cannot_be_written_is_an_error_with_a_fix(tmp_path, to, more, message):
    code, said, _ = score(tmp_path, to, more=more)
    assert (code, message in said) == (2, True), said


def test_an_input_is_no_output(tmp_path):
    code, said, _ = score(tmp_path, "verifiers", more=("-o", str(tmp_path / "rows.jsonl")))
    assert (code, "is the input" in said) == (2, True)
    assert len(lines(tmp_path / "rows.jsonl")) == 4

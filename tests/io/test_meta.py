"""The file beside an output says how it was made, and is never taken for rows."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rewardkit.output.meta import meta_path, without_secrets
from rewardkit.output.writers import open_output

ROWS = [{"prompt": "1 + 1?", "completion": f"\\boxed{{{n}}}", "ground_truth": "2"} for n in range(4)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    Path("rubric.yaml").write_text("rewards: {math: {}}\n")
    return tmp_path


def score(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rewardkit", "score", *arguments, "-c", "rubric.yaml", "--workers", "1"]
    return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)


def meta(name: str = "out.jsonl") -> dict:
    return json.loads(Path(f"{name}.meta.json").read_text())


def test_it_says_how_the_output_was_made():
    assert score("rows.jsonl", "-o", "out.jsonl").returncode == 0
    said = meta()
    assert said["made_by"].startswith("rewardkit ")
    assert said["command"][:2] == ["rewardkit", "score"]
    assert said["inputs"] == ["rows.jsonl"]
    assert said["rows"] == 4
    assert said["rewards"]["math"]["kinds"] == {"judged": 4}
    assert said["rewards"]["math"]["reward"] == "rewardkit:math"
    assert {"rewardkit", "sympy", "pydantic"} <= said["distributions"].keys()
    assert said["sandbox"] == "auto"
    assert said["duration_s"] > 0


def test_the_hash_is_of_what_the_rubric_says_and_not_of_how_it_is_written():
    score("rows.jsonl", "-o", "out.jsonl")
    first = meta()["rubric"]["sha256"]
    Path("rubric.yaml").write_text("# the same\nrewards:\n  math:\n")
    score("rows.jsonl", "-o", "out.jsonl")
    assert meta()["rubric"]["sha256"] == first
    Path("rubric.yaml").write_text("rewards: {math: {weight: 2}}\n")
    score("rows.jsonl", "-o", "out.jsonl")
    assert meta()["rubric"]["sha256"] != first


def test_the_sandbox_is_named_that_judged():
    tests = json.dumps({"inputs": ["1 2\n"], "outputs": ["3\n"]})
    program = "```python\nprint(sum(map(int, input().split())))\n```"
    Path("rows.jsonl").write_text(json.dumps({"prompt": "?", "completion": program, "ground_truth": tests}))
    Path("rubric.yaml").write_text("rewards: {code: {}, math: {}}\n")
    assert score("rows.jsonl", "-o", "out.jsonl").returncode == 0
    judged_with = meta()["rewards"]["code"]["judged_with"]
    assert judged_with["sandbox"] in ("bubblewrap", "docker")
    assert judged_with["isolation"]
    assert ("image" in judged_with) == (judged_with["sandbox"] == "docker")


def test_names_and_values_that_are_no_text_cost_no_output():
    name = b"rows-\xff.jsonl"
    Path("rubric.yaml").write_text("rewards: {math: {when: {data_source: [!!binary /w==, a]}}, format: {}}")
    Path("rows.jsonl").rename(os.fsdecode(name))
    done = score(os.fsdecode(name), "-o", "out.jsonl", "--allow-unjudged")
    assert done.returncode == 0, done.stderr
    assert meta()["inputs"] == ["rows-\udcff.jsonl"]
    assert len(meta()["rubric"]["sha256"]) == 64


def test_no_text_of_a_row_is_in_it():
    Path("rows.jsonl").write_text(json.dumps({"prompt": "PRIVATE", "completion": "PRIVATE", "ground_truth": "2"}))
    score("rows.jsonl", "-o", "out.jsonl", "--redact")
    assert Path("out.jsonl").exists()
    assert "PRIVATE" not in Path("out.jsonl.meta.json").read_text()


def test_standard_output_has_none(folder: Path):
    done = score("rows.jsonl", "-o", "-")
    assert len(done.stdout.splitlines()) == 4
    assert [path.name for path in folder.iterdir() if "meta" in path.name] == []


def test_the_outputs_of_a_folder_can_be_scored_again():
    score("rows.jsonl", "-o", "out.jsonl")
    done = score("rows.jsonl", "out.jsonl", "out.jsonl.meta.json", "-o", "all.jsonl")
    assert done.returncode == 0, done.stderr
    assert meta("all.jsonl")["rows"] == 8


def test_it_is_there_before_its_output(folder: Path):
    seen = []
    with open_output(folder / "out.jsonl") as output:
        output.meta = lambda: seen.append((folder / "out.jsonl").exists()) or {"made_by": "rewardkit"}
    assert seen == [False]
    assert meta_path(folder / "out.jsonl").exists()


def test_an_output_that_fails_leaves_none(folder: Path):
    with pytest.raises(RuntimeError), open_output(folder / "out.jsonl") as output:  # noqa: PT012
        output.meta = dict
        raise RuntimeError
    assert not meta_path(folder / "out.jsonl").exists()


def test_somebody_elses_file_of_that_name_is_left_alone():
    Path("out.jsonl.meta.json").write_text('{"mine": 1}')
    done = score("rows.jsonl", "-o", "out.jsonl")
    assert done.returncode == 2
    assert "is no file of rewardkit's" in done.stderr
    assert Path("out.jsonl.meta.json").read_text() == '{"mine": 1}'


def test_an_input_is_not_replaced_by_it():
    Path("out.jsonl.meta.json").write_text(Path("rows.jsonl").read_text())
    done = score("out.jsonl.meta.json", "-o", "out.jsonl")
    assert done.returncode == 2
    assert "is the input" in done.stderr


def test_a_resumed_run_counts_all_rows_and_gives_the_same_output():
    rows = [
        {"prompt": f"{n} + 1?", "completion": f"\\boxed{{{n + 1}}}", "ground_truth": f"{n + 1}"} for n in range(3000)
    ]
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("slow.py").write_text(
        "import time, rewardkit\n"
        "class Slow(rewardkit.Reward):\n"
        "    name = 'slow'\n"
        "    def score(self, samples):\n"
        "        time.sleep(0.001)\n"
        "        return [rewardkit.Score.scored(1.0) for _ in samples]\n"
        "@rewardkit.hookimpl\n"
        "def rewardkit_rewards(): return [Slow]\n"
    )
    Path("rubric.yaml").write_text("rewards: {math: {}, slow: {}}\n")
    arguments = ["rows.jsonl", "--plugin", "slow.py"]
    assert score(*arguments, "-o", "whole.jsonl").returncode == 0
    command = [sys.executable, "-m", "rewardkit", "score", *arguments, "-c", "rubric.yaml", "--workers", "1"]
    run = subprocess.Popen([*command, "-o", "out.jsonl"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while not any(path.stat().st_size for path in Path().glob(".out.jsonl.*.partial")):
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not Path("out.jsonl.meta.json").exists()
    assert score(*arguments, "-o", "out.jsonl", "--resume").returncode == 0
    assert Path("out.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()
    assert meta()["rows"] == 3000
    assert meta()["rewards"]["slow"]["kinds"] == {"judged": 3000}


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["score", "rows.jsonl"], ["score", "rows.jsonl"]),
        (["--map", "ground_truth=answer"], ["--map", "ground_truth=answer"]),
        (["--api-key", "abc"], ["--api-key", "***"]),
        (["--api-key=abc"], ["--api-key=***"]),
        (["--param", "token=abc"], ["--param", "token=***"]),
        (["https://me:pw@host/x"], ["https://***@host/x"]),
        (["sk-abcdefghijklmnop"], ["***"]),
        (["x-SECRETVALUE-y"], ["x-***-y"]),
        (["--keep", "monkey"], ["--keep", "monkey"]),
    ],
)
def test_secrets_of_the_command_are_hidden(monkeypatch: pytest.MonkeyPatch, arguments: list[str], shown: list[str]):
    monkeypatch.setenv("MY_API_KEY", "SECRETVALUE")
    assert without_secrets(arguments) == shown

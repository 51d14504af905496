"""The cost of a judge: estimated before, reported after, and limited."""

import json
import subprocess
import sys

import pytest

from .conftest import Reply, grade


@pytest.fixture
def files(tmp_path, endpoint):
    rows = [{"prompt": f"Why {n}?", "completion": text} for n in range(4) for text in ("So.", "So.", "No.")]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def write(**params):
        told = {"base_url": endpoint.url, "model": "m", "prices": [1.0, 2.0]} | params
        (tmp_path / "rubric.json").write_text(json.dumps({"rewards": {"judge_model": {"params": told}}}))
        return tmp_path

    return write


def run(folder, *arguments):
    command = [sys.executable, "-m", "rewardkit", "score", folder / "rows.jsonl", "-c", folder / "rubric.json"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=900, check=False)


def test_a_dry_run_asks_nothing_and_estimates(files, endpoint):
    done = run(files(), "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    figures = content["estimates"]["judge_model"]
    assert (content["rows"], figures["requests"]) == (12, 8)  # identical completions of a group are one question
    assert figures["cost"] == pytest.approx((figures["prompt_tokens"] + 2 * figures["completion_tokens"]) / 1e6)
    assert "about 8 requests" in run(files(), "--dry-run").stdout
    assert endpoint.requests == []


@pytest.mark.parametrize(
    ("params", "requests"), [({"votes": 3}, 24), ({"mode": "rank"}, 8), ({"opponents": 1, "mode": "rank"}, 8)]
)
def test_votes_and_comparisons_are_counted(files, params, requests):
    figures = json.loads(run(files(**params), "--dry-run", "--json").stdout)["estimates"]["judge_model"]
    assert figures["requests"] == requests


def test_the_summary_tells_what_was_spent_once_for_each_request(files, endpoint):
    endpoint.answer = lambda request: Reply(grade(request, 10).content, usage=(100, 10))
    done = run(files(), "--json", "--workers", "1")
    assert done.returncode == 0, done.stderr
    spent = json.loads(done.stdout)["scores"]["judge_model"]["spent"]
    assert spent == {"prompt_tokens": 800, "completion_tokens": 80, "cost": pytest.approx(8 * 120 / 1e6)}
    assert "judge_model took 800 prompt tokens" in run(files(), "--workers", "1", "-o", files() / "out.jsonl").stdout


def test_max_cost_on_the_command_line_stops_the_judge(files, endpoint):
    endpoint.answer = lambda request: Reply(grade(request, 10).content, usage=(1_000_000, 0))
    done = run(files(concurrency=1), "--max-cost", "2", "--workers", "1", "--json")
    kinds = json.loads(done.stdout)["scores"]["judge_model"]["kinds"]  # three rows are two questions
    assert len(endpoint.requests) == 2
    assert kinds == {"judged": 3, "unavailable": 9}


def test_max_cost_without_a_reward_that_counts_is_refused(files):
    folder = files()
    (folder / "rubric.json").write_text('{"rewards": {"format": {}}}')
    done = run(folder, "--max-cost", "2")
    assert (done.returncode, "counts its cost" in done.stderr) == (2, True)


def test_a_dry_run_without_a_service_says_so(files):
    folder = files()
    (folder / "rubric.json").write_text('{"rewards": {"format": {}}}')
    assert "no reward of this rubric asks a service" in run(folder, "--dry-run").stdout

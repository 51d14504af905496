"""Inspect itself scores by a rubric, and reads the scores that `rewardkit score --to inspect-scores` wrote."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.scorer import precomputed_scores
from inspect_ai.solver import generate


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Inspect counts the tokens of its mock model by an encoding that tiktoken would download."""
    words = SimpleNamespace(encode=lambda text, **_: text.split(), encode_ordinary=str.split)
    monkeypatch.setattr("tiktoken.get_encoding", lambda _: words)
    monkeypatch.setattr("tiktoken.encoding_for_model", lambda _: words)


def run(scorer, answers, tmp_path):
    samples = [Sample(id=str(n), input="what is 1 + 1", target="2") for n, _ in enumerate(answers, 1)]
    model = get_model("mockllm/model", custom_outputs=[ModelOutput.from_content("mockllm/model", a) for a in answers])
    task = Task(dataset=MemoryDataset(samples), solver=generate(), scorer=scorer)
    (log,) = evaluate(task, model=model, log_dir=str(tmp_path / "logs"), display="none", max_connections=1)
    assert log.status == "success", log.error
    return log


def test_inspect_scores_by_a_rubric_and_leaves_what_has_no_reward_unscored(rubric, tmp_path):
    from rewardkit_trainers.evals.inspect import rubric as scorer

    log = run(scorer(), ["ab", "raise", "abcd"], tmp_path)
    scores = {sample.id: (sample.scores or {}).get("rubric") for sample in log.samples}
    assert scores["1"].value == 2.5
    assert scores["1"].metadata["rewardkit/obedient"] == 2.0
    assert scores["3"].value == 4.5
    assert scores["2"] is None
    assert "told to" in next(sample for sample in log.samples if sample.id == "2").metadata["rewardkit"]
    assert log.results.scores[0].metrics["mean"].value == 3.5


def test_inspect_finds_the_scorer_by_its_entry_point():
    from inspect_ai._util.entrypoints import ensure_entry_points
    from inspect_ai._util.registry import registry_lookup

    ensure_entry_points("rewardkit_trainers")
    # Of an editable installation Inspect does not know the package.
    assert registry_lookup("scorer", "rewardkit_trainers/rubric") or registry_lookup("scorer", "rubric")


def test_inspect_reads_the_scores_that_were_written_for_it(tmp_path):
    rows = [
        {"id": "1", "prompt": "q", "completion": "\\boxed{2}", "answer": "2"},
        {"id": "2", "prompt": "q", "completion": "\\boxed{3}", "answer": "2"},
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "math.yaml").write_text("rewards: {math: {}}")
    scores = tmp_path / "scores.jsonl"
    command = [
        sys.executable,
        "-m",
        "rewardkit",
        "score",
        str(tmp_path / "rows.jsonl"),
        "-c",
        str(tmp_path / "math.yaml"),
    ]
    subprocess.run([*command, "--to", "inspect-scores", "-o", str(scores)], check=True, capture_output=True)
    log = run(precomputed_scores(str(scores)), ["x", "y"], tmp_path)
    found = {sample.id: next(iter(sample.scores.values())).value for sample in log.samples}
    assert found == {"1": 1.0, "2": pytest.approx(0.0)}

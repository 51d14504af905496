"""A reward with several values: each may be paid, gate others, be clipped and be written."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import rewardkit
from rewardkit import ConfigError, Result, Rubric, Sample, Score, Scorer, from_block, to_block
from rewardkit.rubrics.compose import compose, term, weights_at


@rewardkit.reward(values=("strict", "loose"))
def follows(completion):
    """The two values that the completion names."""
    strict, _, loose = completion.partition(" ")
    return {"strict": None if strict == "-" else float(strict), "loose": float(loose)}


def composed(config: dict[str, Any], score: Score, **rubric: Any) -> float | None:
    made = Rubric.of({"rewards": {"follows": {"reward": follows} | config}} | rubric)
    return compose(made, Sample(completion="x"), {"follows": score}, weights_at(made, 1.0))


BOTH = Score.scored({"strict": 1.0, "loose": 3.0})


@pytest.mark.parametrize(
    ("config", "score", "reward"),
    [
        ({}, BOTH, 1.0),
        ({"weight": 2}, BOTH, 2.0),
        ({"weight": {"strict": 1, "loose": 0.5}}, BOTH, 2.5),
        ({"weight": {"loose": 1}}, BOTH, 3.0),
        ({"weight": {"strict": 1, "loose": 0}}, BOTH, 1.0),
        ({"weight": {"loose": 1}, "clip": {"loose": [0, 2]}}, BOTH, 2.0),
        ({"weight": {"strict": 1, "loose": 1}, "clip": {"loose": [0, 2]}}, BOTH, 3.0),
        ({"weight": {"strict": 1, "loose": 1}, "clip": [0, 2]}, BOTH, 3.0),
        ({"weight": {"strict": 1, "loose": 1}}, Score.scored({"strict": None, "loose": 3.0}), 3.0),
        ({"weight": {"strict": 1}}, Score.scored({"strict": None, "loose": 3.0}), None),
        ({"weight": {"strict": 1, "loose": 1}}, Score.scored(0.5), 1.0),
        ({"weight": {"strict": 1, "loose": 1}}, Score.abstained("x"), None),
        ({"weight": {"strict": 1, "loose": 2}, "on_abstained": 0.5}, Score.abstained("x"), 1.5),
        ({"weight": {"strict": 1, "loose": 1}}, Score.failed("x"), None),
        ({"weight": {"strict": 0, "loose": 0}}, BOTH, None),
    ],
)
def test_values_compose_by_their_weights(config: dict[str, Any], score: Score, reward: float | None):
    assert composed(config, score) == reward


def test_a_value_has_a_term_of_its_own():
    rubric = Rubric.of({"rewards": {"follows": {"reward": follows, "weight": {"strict": 1, "loose": 2}}}})
    assert term(rubric, "follows.loose", Sample(completion="x"), {"follows": BOTH}, 2.0) == 6.0


def rows(*completions: str) -> list[dict[str, str]]:
    return [{"prompt": f"p{number}", "completion": text} for number, text in enumerate(completions)]


def test_a_value_gates_another_reward():
    rubric = {
        "rewards": {
            "follows": {"reward": follows, "weight": 0},
            "one": {"reward": lambda completion: 1.0, "gate": {"follows.loose": 0.5}},
        }
    }
    with Scorer(rubric, workers=1) as scorer:
        results = scorer.score(rows("0 1", "1 0"))
    assert [result.reward for result in results] == [1.0, 0.0]
    assert results[1].scores["one"].reason == "not judged: the gate 'follows.loose' is closed"


def test_a_value_is_needed_alone():
    @rewardkit.reward(needs=("follows.loose",))
    def half(sample):
        score = sample.needed["follows.loose"]
        return None if score.value is None else score.value / 2

    with Scorer({"rewards": {"half": half, "follows": {"reward": follows, "weight": 0}}}, workers=1) as scorer:
        assert scorer.score(rows("0 3"))[0].scores["half"].value == 1.5


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            {"weight": {"strct": 1}},
            "'follows' has no value 'strct'; did you mean 'strict'?; its values are strict, loose",
        ),
        ({"clip": {"tight": [0, 1]}}, "'follows' has no value 'tight'"),
    ],
)
def test_a_value_that_is_not_declared_is_an_error(config: dict[str, Any], said: str):
    with pytest.raises(ConfigError) as caught:
        Scorer({"rewards": {"follows": {"reward": follows} | config}}, workers=1)
    assert said in str(caught.value)


def test_a_gate_names_a_declared_value():
    rewards = {"follows": follows, "one": {"reward": lambda completion: 1.0, "gate": "follows.tight"}}
    with pytest.raises(ConfigError, match="'follows' has no value 'tight'"):
        Scorer({"rewards": rewards}, workers=1)
    with pytest.raises(ConfigError, match="it has one value; write a number"):
        Scorer({"rewards": {"one": {"reward": lambda completion: 1.0, "weight": {"a": 1}}}}, workers=1)


def test_an_alias_that_holds_a_dot_goes_before_a_value():
    rubric = Rubric.of({"rewards": {"a.b": {"reward": "math"}, "a": {"reward": "math"}}})
    assert rubric.named("a.b") == ("a.b", None)
    assert rubric.named("a.c") == ("a", "c")


def test_a_block_holds_the_values_and_comes_back():
    result = Result(reward=1.0, scores={"follows": BOTH}, weights={"follows": {"strict": 1.0, "loose": 0.0}})
    block = to_block(result)
    assert block["scores"]["follows"]["values"] == {"strict": 1.0, "loose": 3.0}
    assert from_block(json.loads(json.dumps(block))) == result


FILE = """
import rewardkit

@rewardkit.reward(values=("strict", "loose"))
def follows(completion):
    return {"strict": 1.0, "loose": None}
"""


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_files_hold_the_values(suffix: str, tmp_path: Path):
    (tmp_path / "rewards.py").write_text(FILE)
    (tmp_path / "rubric.yaml").write_text("rewards: {follows: {weight: {strict: 1, loose: 1}}}\n")
    (tmp_path / "rows.jsonl").write_text('{"prompt": "p", "completion": "c"}\n')
    out = tmp_path / f"out.{suffix}"
    command = [sys.executable, "-m", "rewardkit", "score", "rows.jsonl", "-c", "rubric.yaml", "--plugin", "rewards.py"]
    done = subprocess.run(
        [*command, "-o", out],
        cwd=tmp_path,
        env=os.environ | {"COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "follows.strict" in done.stdout
    if suffix == "csv":
        (row,) = csv.DictReader(out.read_text().splitlines())
        assert (row["rewardkit.follows.strict"], row["rewardkit.follows.loose"]) == ("1.0", "")
        return
    if suffix == "parquet":
        pq = pytest.importorskip("pyarrow.parquet")
        (row,) = pq.read_table(out).to_pylist()
    else:
        (row,) = map(json.loads, out.read_text().splitlines())
    assert row["rewardkit"]["scores"]["follows"]["values"] == {"strict": 1.0, "loose": None}
    assert row["rewardkit"]["scores"]["follows"]["weight"] == {"strict": 1.0, "loose": 1.0}

"""The claims of examples/train about itself: its task, its rubric, and the results that are kept there."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rewardkit import Scorer

TRAIN = Path(__file__).parents[2] / "examples" / "train"
README = (TRAIN / "README.md").read_text(encoding="utf-8")
RUNS: list[dict[str, Any]] = [
    json.loads(path.read_text(encoding="utf-8")) for path in sorted((TRAIN / "results").glob("*-seed-*.json"))
]


@pytest.fixture(scope="module")
def task() -> ModuleType:
    spec = importlib.util.spec_from_file_location("task", TRAIN / "task.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_held_out_prompts_are_not_trained_on(task):
    train, held_out = task.rows(0, 48)
    asked = [json.dumps(row["prompt"]) for row in train + held_out]
    assert len(held_out) == 48
    assert len(set(asked)) == len(asked) == len(task.NUMBERS) ** 2
    assert task.rows(0, 48) == (train, held_out) != task.rows(1, 48)


def test_the_rubric_pays_the_format_that_is_shown_and_a_right_answer(task):
    row = task.row(2, 5)
    told = [
        "<think>2 + 5 = 7</think> <answer>7</answer>",
        "<think>2 + 5 = 8</think> <answer>8</answer>",
        "2 + 5 = 7",
        "8",
    ]
    with Scorer(TRAIN / "rubric.yaml", workers=1) as scorer:
        results = scorer.score(row | {"completion": text} for text in told)
    assert told[0] == task.SHOWN[1]
    assert [result.reward for result in results] == [2.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run['mode']}-{run['seed']}")
def test_each_result_is_whole_and_stands_in_the_readme(run):
    assert [step["step"] for step in run["steps"]] == list(range(1, 41))
    before, after = run["held_out"]["before"], run["held_out"]["after"]
    cells = [run["mode"], str(run["seed"])]
    cells += [f"{before[name]:.2f} → {after[name]:.2f}" for name in ("reward", "format", "math")]
    cells += [f"{run['judging_share']:.2%}"]
    assert f"| {' | '.join(cells)} |" in README


def test_three_seeds_of_each_mode_are_kept_and_drawn():
    assert sorted((run["mode"], run["seed"]) for run in RUNS) == [
        (mode, n) for mode in ("full", "lora") for n in range(3)
    ]
    assert (TRAIN / "results" / "curve.png").is_file()
    assert re.search(r"!\[.*\]\(results/curve\.png\)", README)

"""Completions as the models of each family write them: one row a case, with the parser of a server as its source."""

import json
from pathlib import Path

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_format.params import FormatParams
from rewardkit_format.reward import Format

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "golden" / "reasoning.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_reasoning_and_answer_are_told_apart_and_the_format_is_judged(row):
    sample = Sample(prompt=row["prompt"], completion=row["completion"])
    if row["parts"] is not None:
        assert list(sample.parts) == row["parts"]
    (score,) = Format(FormatParams.model_validate(row["params"]), RewardContext()).score([sample])
    if row["format"] is not None:
        assert score.value == row["format"]
    for begin, end in score.details["spans"].values():
        assert 0 <= begin <= end <= len(row["completion"])


@pytest.mark.parametrize("row", [row for row in ROWS if row["format"] == 1.0], ids=lambda row: row["id"])
def test_the_spans_of_a_well_formed_completion_hold_reasoning_and_answer(row):
    sample = Sample(prompt=row["prompt"], completion=row["completion"])
    (score,) = Format(FormatParams.model_validate(row["params"]), RewardContext()).score([sample])
    spans = {name: row["completion"][begin:end] for name, (begin, end) in score.details["spans"].items()}
    if row["parts"] is not None and "reasoning" in spans:
        assert row["parts"][0] in (None, spans["reasoning"].strip())
    if row["parts"] is not None and "answer" in spans:
        assert row["parts"][1] in spans["answer"]

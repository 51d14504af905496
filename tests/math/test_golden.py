"""Each golden row is judged as it says."""

import json
from pathlib import Path

import pytest

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "golden" / "math.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['prediction'][-40:]} | {row['ground_truth'][:30]}")
def test_golden_row_is_judged_as_labelled(score, row):
    judged = score(row["prediction"], row["ground_truth"])
    assert (judged.value == 1.0) is row["equal"], judged

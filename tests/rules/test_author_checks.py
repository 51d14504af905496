"""Each reward of this folder passes what `rewardkit check` asks of anybody's, on its golden rows."""

import json
from pathlib import Path
from typing import Any

import pytest

from rewardkit.testing import check_reward

GOLDEN = Path(__file__).parents[1] / "golden"
REWARDS = {
    "multiple_choice": "answers",
    "qa": "answers",
    "json_schema": "json_schema",
    "instruction_following": "instructions",
    "tool_calls": "tool_calls",
}

SKIPPED = {
    "json_schema": {
        "ground_truth_earns_nothing": "the ground truth may be the document that is wanted",
        "missing_ground_truth_abstains": "the schema stands in another column",
    },
    "tool_calls": {
        "ground_truth_earns_nothing": "the ground truth in JSON is a way to write the calls",
        "echo_earns_nothing": "where no call is right, any words are",
    },
}
"""Checks that do not apply, with the reason."""


def rows(name: str) -> list[dict[str, Any]]:
    """The golden rows of a reward that need no parameters, as `rewardkit.testing` reads them."""
    lines = (GOLDEN / f"{REWARDS[name]}.jsonl").read_text(encoding="utf-8").splitlines()
    found = [row for row in map(json.loads, lines) if row["reward"] == name and "params" not in row]
    return [
        {"prompt": "Say it.", **row["sample"], **row["sample"].get("columns", {}), "expected": row["value"]}
        for row in found
        if isinstance(row["sample"]["completion"], str)
        and not row["id"].startswith(("if_words:odd_even", "if_extra_info", "if_truth"))
    ][:60]


@pytest.mark.parametrize("name", REWARDS)
def test_it_passes_every_check(name: str):
    samples = [{key: value for key, value in row.items() if key != "columns"} for row in rows(name)]
    (report,) = check_reward(name, samples, skip=SKIPPED.get(name))
    assert [(result.check, result.found) for result in report.results if result.outcome == "fault"] == []
    assert sum(result.outcome == "passed" for result in report.results) >= 13

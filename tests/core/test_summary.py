"""The summary: right where it is exact, bounded where it is long."""

import json
import statistics
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import Result, Score
from rewardkit.input.row import Row
from rewardkit.output.group_figures import OPEN_GROUPS
from rewardkit.output.spread import DISTINCT_VALUES, QUANTILES, Spread
from rewardkit.output.summary import DISTINCT_REASONS, Summary


def row(number: int) -> Row:
    return Row({}, "rows.jsonl", number, b"{}")


def result(value: float | None, reason: str = "") -> Result:
    score = Score.abstained(reason) if value is None else Score.scored(value)
    return Result(reward=value, scores={"math": score}, weights={"math": 1.0})


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200))
def test_mean_std_and_quantiles_are_exact_for_few_values(values: list[float]):
    spread = Spread()
    for value in values:
        spread.add(value)
    figures = spread.as_dict()
    assert figures["mean"] == pytest.approx(statistics.fmean(values), abs=1e-6)
    assert figures["std"] == pytest.approx(statistics.pstdev(values), abs=1e-3)
    ordered = sorted(values)
    for q in QUANTILES:
        at_least = next(value for index, value in enumerate(ordered, 1) if index >= q * len(ordered))
        assert figures["quantiles"][f"{q:g}"] == at_least
    assert sum(figures["histogram"]) == len(values)


def test_many_values_keep_their_quantiles_to_three_digits():
    spread = Spread()
    for number in range(3 * DISTINCT_VALUES):
        spread.add(number / (3 * DISTINCT_VALUES))
    assert spread.as_dict()["quantiles"]["0.5"] == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize(
    "values",
    [
        [1e308, 1e308, -1e308],
        [sys.float_info.max] * 3,
        [sys.float_info.max, -sys.float_info.max],
        [1e308 + 1e304 * number for number in range(DISTINCT_VALUES + 2)],
        [-sys.float_info.max + 1e300 * number for number in range(DISTINCT_VALUES + 2)],
        [5e-324, 0.0],
    ],
)
def test_the_greatest_floats_do_not_overflow(values: list[float]):
    spread = Spread()
    for value in values:
        spread.add(value)
    figures = spread.as_dict()
    assert figures["mean"] == pytest.approx(float(sum(map(Fraction, values)) / len(values)))
    assert (figures["count"], sum(figures["histogram"])) == (len(values), len(values))
    assert figures["min"] == pytest.approx(min(values), rel=0.01)
    assert figures["max"] == pytest.approx(max(values), rel=0.01)
    assert figures["std"] >= 0


def test_the_deviation_of_many_values_is_that_of_all():
    values = [(number * 37) % 9973 / 7 for number in range(2 * DISTINCT_VALUES + 100)]
    spread = Spread()
    for value in values:
        spread.add(value)
    assert spread.as_dict()["std"] == pytest.approx(statistics.pstdev(values))
    assert spread.as_dict()["mean"] == pytest.approx(statistics.fmean(values))


def test_groups_that_teach_nothing_are_counted():
    summary = Summary({"math": 1.0})
    groups = {"all": [1.0, 1.0], "some": [1.0, 0.0], "none": [0.0, 0.0], "unjudged": [None, None], "alone": [1.0]}
    number = 0
    for key, values in groups.items():
        for value in values:
            number += 1
            summary.add(row(number), key, result(value, "no ground truth"))
    counted = summary.as_dict()["groups"]
    assert counted == {
        "groups": 4,
        "of_one": 1,
        "no_spread": 2,
        "no_spread_first": ["all", "none"],
        "unrewarded": 1,
        "solved": {"math": {"by_all": 1, "by_some": 1, "by_none": 1}},
    }


def test_memory_does_not_grow_with_the_run():
    summary = Summary({"math": 1.0})
    for number in range(3 * OPEN_GROUPS):
        summary.add(row(number), f"group {number}", result(None, f"reason {number}"))
    content = summary.as_dict()
    assert content["groups"]["of_one"] == 3 * OPEN_GROUPS
    reasons = content["scores"]["math"]["abstained_because"]
    assert len(reasons) == DISTINCT_REASONS + 1
    assert reasons[0]["reason"] == "other reasons"
    json.dumps(content)


def test_a_group_may_come_back_while_few_others_are_open():
    summary = Summary({"math": 1.0})
    for number, (key, value) in enumerate([("a", 1.0), ("b", 0.0), ("a", 0.0), ("b", 0.0)]):
        summary.add(row(number), key, result(value))
    counted = summary.as_dict()["groups"]
    assert (counted["groups"], counted["no_spread"]) == (2, 1)

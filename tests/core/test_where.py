"""Conditions of `explain --where`: each form by an example, and nothing of Python beyond them."""

import pytest

from rewardkit import ConfigError
from rewardkit.commands.where import condition

BLOCK = {
    "reward": 0.5,
    "scores": {
        "math": {"value": 0.0, "status": "scored", "details": {"spans": [[1, 2]]}},
        "lang": {"value": None, "status": "abstained"},
        "my-plugin:math": {"value": 1.0, "status": "scored"},
    },
}
COLUMNS = {"data_source": "gsm8k", "reward": "a column of that name", "level": 3}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("scores.math.value == 0", True),
        ("scores.math.value != 0", False),
        ("reward > 0", True),
        ("0 < reward <= 0.5", True),
        ("reward > -1", True),
        ("reward == 0.5 and scores.math.status == 'scored'", True),
        ("reward == 1 or level >= 3", True),
        ("not reward == 1", True),
        ("data_source in ['gsm8k', 'math']", True),
        ("data_source not in ('gsm8k',)", False),
        ("'sm' in data_source", True),
        ("scores.lang.value is None", True),
        ("scores.lang.value == null", True),
        ("scores.lang.value < 1", False),
        ("scores.lang.value >= 1", False),
        ("scores['my-plugin:math'].value == 1", True),
        ("scores.math.details.spans[0][1] == 2", True),
        ("scores.math.details.spans[7] is None", True),
        ("nothing.of.the.kind is None", True),
        ("level == 'three' or level == true", False),
    ],
)
def test_a_condition_holds_or_not(text: str, holds: object):
    assert condition(text)(BLOCK, COLUMNS) is holds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "reward =",
        "print(1)",
        "reward.__class__()",
        "[x for x in scores]",
        "(lambda: 1)()",
        "reward + 1 == 2",
        "2 ** 99999999 > 1",
        "f'{reward}' == 1",
        "scores[level]",
        "(" * 500 + "1" + ")" * 500,
        "not " * 100_000 + "1",
    ],
)
def test_everything_else_is_refused(text: str):
    with pytest.raises(ConfigError, match="--where"):
        condition(text)

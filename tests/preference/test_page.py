"""docs/preference.md tells the truth: its rubrics are rubrics, its parameters the parameters."""

import re

import pytest
import yaml

from rewardkit import Rubric, Scorer
from rewardkit_preference.judge_model import JudgeModelParams
from rewardkit_preference.reward_endpoint import RewardEndpointParams
from rewardkit_preference.reward_model import RewardModelParams

PARAMS = {"reward_model": RewardModelParams, "reward_endpoint": RewardEndpointParams, "judge_model": JudgeModelParams}
SCHEDULED = ("reward_model", "judge_model")


@pytest.fixture
def page(repository) -> str:
    return (repository / "docs" / "preference.md").read_text(encoding="utf-8")


def rubrics(page: str) -> list[Rubric]:
    return [Rubric.of(yaml.safe_load(block)) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]


def test_its_rubrics_confine_the_preference_to_the_last_400_of_1700_steps(page):
    by_name = {name: rubric for rubric in rubrics(page) for name in SCHEDULED if _is_scheduled(rubric, name)}
    assert set(by_name) == set(SCHEDULED)
    for name, rubric in by_name.items():
        config = rubric.rewards[name]
        PARAMS[name].model_validate(config.params)
        assert [config.weight_at(step / 1700) for step in (0, 1299, 1301, 1700)] == [0, 0, 1, 1]


def _is_scheduled(rubric: Rubric, name: str) -> bool:
    return name in rubric.rewards and isinstance(rubric.rewards[name].weight, list | tuple)


def test_its_rubric_of_named_criteria_resolves(page):
    (rubric,) = [one for one in rubrics(page) if "brevity_bonus" in one.rewards]
    with Scorer(rubric, workers=1) as scorer:
        assert scorer.steps[0].values == ("weighted", "answers", "brief", "rude")


@pytest.mark.parametrize("name", PARAMS)
def test_its_table_lists_each_parameter_with_its_default(page, name):
    table = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE))
    fields = PARAMS[name].model_fields
    assert list(rows) == list(fields)
    for field, told in rows.items():
        default = fields[field].default
        if field != "criteria" and default not in ("", ()) and isinstance(default, str | int | tuple):
            assert told.strip("`") == str(list(default) if isinstance(default, tuple) else default)

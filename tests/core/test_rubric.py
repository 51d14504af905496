"""The rubric: what it accepts, and how it refuses."""

import json
from pathlib import Path

import pytest

from rewardkit import ConfigError, PluginError, Rubric, UnknownRewardError
from rewardkit.registry import load_registry
from rewardkit.rubric import resolve, schema


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- math", "found a list where a mapping is wanted; write `rewards:`"),
        ("", "found nothing where a mapping is wanted"),
        ("rewrds: {math: {}}", "unknown key 'rewrds'; did you mean 'rewards'?"),
        ("rewards: {math: {wieght: 1}}", "unknown key 'rewards.math.wieght'; did you mean 'weight'?"),
        ("rewards: {math: {weight: heavy}}", "rewards.math.weight"),
        ("rewards: {math: {weight: .nan}}", "rewards.math.weight"),
        ("rewards: {}", "rewards: "),
        ("rewards: {math: {gate: formt}, format: {}}", "the gate of 'math' is 'formt'"),
        ("rewards: {a: {gate: b}, b: {gate: a}}", "gates in a circle: a -> b -> a"),
        ("rewards: {math: {clip: [2, 1]}}", "the lower bound 2.0 is above the upper 1.0"),
        ("rewards: {math: {weight: [[0.9, 0], [0.1, 1]]}}", "with progress rising from 0 to 1"),
        ("rewards: {math: {on_failed: 0}}", "rewards.math.on_failed"),
        ("limits: {deadline: 3}\nrewards: {math: {}}", "unknown key 'limits.deadline'; did you mean 'deadline_s'?"),
        ("rewards: {math: {}", "it does not parse"),
    ],
)
def test_a_fault_is_named_with_its_file_and_the_nearest_right_name(tmp_path: Path, text: str, said: str):
    path = tmp_path / "rubric.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        Rubric.load(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        Rubric.load(tmp_path / "none.yaml")


def test_yaml_toml_and_python_say_the_same(tmp_path: Path):
    (tmp_path / "r.yaml").write_text("rewards:\n  math:\n  format: {weight: 0.1, gate: math}\n")
    (tmp_path / "r.toml").write_text("[rewards.math]\n[rewards.format]\nweight = 0.1\ngate = 'math'\n")
    python = Rubric.of({"rewards": {"math": {}, "format": {"weight": 0.1, "gate": {"math": 1.0}}}})
    assert Rubric.load(tmp_path / "r.yaml") == Rubric.load(tmp_path / "r.toml") == python


def test_gates_come_first_and_then_cheap_before_dear(misbehaving: Path):
    rubric = Rubric.of(
        {
            "rewards": {
                "dear": {"reward": "obedient"},
                "guarded": {"reward": "constant", "gate": "dear"},
                "cheap": {"reward": "constant"},
            }
        }
    )
    steps = resolve(rubric, load_registry([misbehaving]))
    assert [step.alias for step in steps] == ["cheap", "dear", "guarded"]


def test_one_reward_may_stand_twice_with_other_parameters(misbehaving: Path):
    rubric = Rubric.of(
        {"rewards": {"half": {"reward": "constant", "params": {"value": 0.5}}, "one": {"reward": "constant"}}}
    )
    steps = {step.alias: step for step in resolve(rubric, load_registry([misbehaving]))}
    assert (steps["half"].params.value, steps["one"].params.value) == (0.5, 1.0)


def test_an_unknown_reward_is_answered_with_the_nearest_and_the_installed():
    with pytest.raises(UnknownRewardError, match=r"no reward named 'mth'; did you mean 'math'\? Installed: .*format"):
        resolve(Rubric.of({"rewards": {"mth": {}}}), load_registry())


def test_a_parameter_with_a_typo_is_answered_with_the_nearest(misbehaving: Path):
    rubric = Rubric.of({"rewards": {"constant": {"params": {"valeu": 1}}}})
    with pytest.raises(ConfigError, match=r"rewards.constant.params: unknown key 'valeu'; did you mean 'value'\?"):
        resolve(rubric, load_registry([misbehaving]))


def test_a_file_that_is_no_plugin_is_refused(tmp_path: Path):
    (tmp_path / "empty.py").write_text("x = 1\n")
    with pytest.raises(PluginError, match="it brings no reward"):
        load_registry([tmp_path / "empty.py"])
    (tmp_path / "broken.py").write_text("import nowhere_to_be_found\n")
    with pytest.raises(PluginError, match=r"broken.py: it did not load: ModuleNotFoundError"):
        load_registry([tmp_path / "broken.py"])


def test_the_schema_knows_the_parameters_of_installed_rewards(misbehaving: Path):
    described = schema(load_registry([misbehaving]))
    json.dumps(described)
    constant = described["$defs"]["reward.constant"]["properties"]["params"]
    assert constant["properties"]["value"]["default"] == 1.0
    assert constant["additionalProperties"] is False
    assert "math" in described["properties"]["rewards"]["properties"]

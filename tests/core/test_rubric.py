"""The rubric: what it accepts, and how it refuses."""

import json
from pathlib import Path
from typing import Annotated, Literal

import jsonschema
import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

from rewardkit import ConfigError, PluginError, Rubric, UnknownRewardError
from rewardkit.registry.registry import Registry, load_registry
from rewardkit.rubrics.resolution import resolve
from rewardkit.rubrics.schema import schema
from rewardkit.rubrics.validation import validated


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- math", "found a list, wanted a mapping; write `rewards:`"),
        ("", "found nothing, wanted a mapping"),
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
    described = schema(built_ins(misbehaving))
    json.dumps(described)
    constant = described["$defs"]["reward.constant"]["properties"]["params"]
    assert constant["properties"]["value"]["default"] == 1.0
    assert constant["additionalProperties"] is False
    assert "math" in described["properties"]["rewards"]["properties"]


def test_a_key_that_stands_twice_is_refused_and_named(tmp_path: Path):
    path = tmp_path / "rubric.yaml"
    path.write_text("rewards: {math: {weight: 1}, math: {weight: 2}}\n")
    with pytest.raises(ConfigError, match=r"(?s)the key 'math' is there twice; .* alias with `reward:`.*line 1"):
        Rubric.load(path)
    path.write_text("rewards:\n  math: &all {weight: 2}\n  code: {<<: *all, weight: 1}\n")
    assert Rubric.load(path).rewards["code"].weight == 1.0


def test_a_suffix_in_capitals_is_the_same_suffix(tmp_path: Path):
    (tmp_path / "r.TOML").write_text("[rewards.math]\nweight = 2.0\n")
    assert Rubric.load(tmp_path / "r.TOML").rewards["math"].weight == 2.0


@pytest.mark.parametrize(
    ("rewards", "said"),
    [
        (
            {"math": {"weight": "x"}},
            "rewards.math.weight: wanted a number, points [progress, weight] or {value: weight}, found 'x'",
        ),
        (
            {"math": {"weight": [[0, "a"]]}},
            "rewards.math.weight: wanted a number, points [progress, weight] or {value: weight}, found [[0, 'a']]",
        ),
        (
            {"math": {"on_abstained": "zero"}},
            "rewards.math.on_abstained: wanted 'skip', 'none' or a number, found 'zero'",
        ),
        ({"math": {"clip": [1]}}, "rewards.math.clip: wanted [a number, a number] or {value: bounds}, found [1]"),
        ({"math": 0.5}, "rewards.math: wanted a mapping, found 0.5"),
        ({"math": {"params": {1: 2}}}, "rewards.math.params.1: the key 1 is not text; write it in quotes"),
        (["math"], "each reward is a key of a mapping, found ['math']; write `rewards: {math: {}}`"),
        ({"": {"reward": "math"}}, "the alias '' is empty"),
    ],
)
def test_a_wrong_value_is_one_line_that_says_what_is_wanted(rewards: object, said: str):
    with pytest.raises(ConfigError) as caught:
        Rubric.of({"rewards": rewards})
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert "input should" not in str(caught.value)


class Words(BaseModel):
    """A choice of a plugin's own."""

    model_config = ConfigDict(extra="forbid")

    most: int


class Choices(BaseModel):
    """Parameters with the unions that plugins write."""

    size: int | str | None = None
    limit: Words | float = 1.0
    either: tuple[int, Words] | None = None


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"size": [1]}, "size: wanted an integer or text, found [1]"),
        ({"limit": "x"}, "limit: wanted a mapping or a number, found 'x'"),
        (
            {"limit": {"most": "x"}},
            "limit.Words.most: input should be a valid integer",
        ),  # of a mapping, what is wrong inside it
        ({"either": [1]}, "either: wanted [an integer, a mapping], found [1]"),
        (["size"], "params: wanted a mapping, found ['size']"),
    ],
)
def test_a_plugins_choices_are_said_in_words_too(params: object, said: str):
    with pytest.raises(ConfigError) as caught:
        validated(Choices, params, "params")
    assert said in str(caught.value)


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int = 1


class Table(BaseModel):
    """A field for each kind of type that parameters have."""

    model_config = ConfigDict(extra="forbid")

    flag: bool = False
    count: int = 1
    share: float = 1.0
    name: str = ""
    names: list[str] = []
    by_name: dict[str, int] = {}
    choice: Literal["a", "b"] = "a"
    pair: tuple[float, int] = (0.0, 1)
    union: int | list[int] = 1
    optional: int | None = None
    inner: Inner = Inner()
    bounded: int = Field(default=1, ge=1)
    described: Annotated[tuple[tuple[float, float], ...], Field(description="points [x, y]")] | float = 1.0


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"flag": "perhaps"}, "flag: wanted true or false, found 'perhaps'"),
        ({"count": "x"}, "count: wanted an integer, found 'x'"),
        ({"count": 1.5}, "count: input should be a valid integer, got a number with a fractional part, found 1.5"),
        ({"share": []}, "share: wanted a number, found []"),
        ({"name": 7}, "name: wanted text, found 7"),
        ({"names": "x"}, "names: wanted a list, found 'x'"),
        ({"names": [1]}, "names.0: wanted text, found 1"),
        ({"by_name": []}, "by_name: wanted a mapping, found []"),
        ({"by_name": {"x": "y"}}, "by_name.x: wanted an integer, found 'y'"),
        ({"by_name": {1: 2}}, "by_name.1: the key 1 is not text; write it in quotes"),
        ({"choice": "c"}, "choice: wanted 'a' or 'b', found 'c'"),
        ({"pair": [1]}, "pair: wanted [a number, an integer], found [1]"),
        ({"pair": ["x", 1]}, "pair: wanted [a number, an integer], found ['x', 1]"),
        ({"union": "x"}, "union: wanted an integer or a list, found 'x'"),
        ({"union": ["x"]}, "union: wanted an integer or a list, found ['x']"),
        ({"optional": "x"}, "optional: wanted an integer, found 'x'"),
        ({"inner": 1}, "inner: wanted a mapping, found 1"),
        ({"inner": {"size": "x"}}, "inner.size: wanted an integer, found 'x'"),
        ({"inner": {"sise": 1}}, "unknown key 'inner.sise'; did you mean 'size'?"),
        ({"bounded": 0}, "bounded: input should be greater than or equal to 1, found 0"),
        ({"described": "x"}, "described: wanted points [x, y] or a number, found 'x'"),
        ({"nmae": 1}, "unknown key 'nmae'; did you mean 'name'?"),
        ({"name": ["y" * 200]}, f"name: wanted text, found ['{'y' * 75}…"),
        ("x", "wanted a mapping, found 'x'"),
    ],
)
def test_each_kind_of_fault_is_one_sentence(data: object, sentence: str):
    with pytest.raises(ConfigError) as caught:
        validated(Table, data, "params")
    assert str(caught.value) == f"params: {sentence}"


def test_a_thousand_faults_are_ten_lines():
    with pytest.raises(ConfigError) as caught:
        validated(Table, {f"key{number}": 1 for number in range(1000)}, "params")
    assert len(str(caught.value).splitlines()) == 11
    assert str(caught.value).endswith("and 990 more faults")


def test_what_a_rubric_asks_of_rewards_is_refused_with_its_file(tmp_path: Path, misbehaving: Path):
    path = tmp_path / "rubric.yaml"
    for rewards, said in (
        ("constant: {params: {value: x}}", "rewards.constant.params: value: wanted a number, found 'x'"),
        ("mine: {reward: constnt}", "rewards.mine: no reward named 'constnt'"),
    ):
        path.write_text(f"rewards: {{{rewards}}}\n")
        with pytest.raises(ConfigError) as caught:
            resolve(Rubric.load(path), load_registry([misbehaving]))
        assert f"rubric {path}: {said}" in str(caught.value)


def built_ins(*files: Path) -> Registry:
    registry = load_registry(files)
    registry.load_built_ins()
    return registry


def valid(described: dict, text: str) -> bool:
    return not list(jsonschema.Draft202012Validator(described).iter_errors(yaml.safe_load(text)))


def test_the_schema_takes_every_example(repository: Path):
    described = schema(built_ins())
    jsonschema.Draft202012Validator.check_schema(described)
    examples = sorted((repository / "examples" / "rubrics").glob("*.yaml"))
    assert examples
    for example in [*examples, repository / "rewardkit" / "rubrics" / "default.yaml"]:
        assert valid(described, example.read_text(encoding="utf-8")), example


@pytest.mark.parametrize(
    "rewards",
    [
        "{math: , format: {weight: 0.1}}",
        "{math: {gate: format}, format: {}}",
        "{math: {gate: [format]}, format: {}}",
        "{math: {gate: {format: 0.5}}, format: {}}",
        "{math: {when: {ds: gsm8k}}}",
        "{math: {when: {ds: [gsm8k, 3]}}}",
        "{math: {weight: [[0, 0], [0.5, 1]]}}",
        "{'rewardkit:math': {}}",
        "{mine: {reward: 'rewardkit:format', params: {preset: think}}}",
        "{math: {reward: format, params: {preset: think}}}",
        "{math: {reward: null, params: {percent: strict}}}",
    ],
)
def test_the_schema_takes_what_a_rubric_may_say(rewards: str):
    registry = built_ins()
    assert valid(schema(registry), f"rewards: {rewards}")
    assert resolve(Rubric.of({"rewards": yaml.safe_load(rewards)}), registry)


@pytest.mark.parametrize(
    "rewards",
    [
        "{math: {reward: math, params: {preset: think}}}",
        "{math: {params: {preset: think}}}",
        "{'rewardkit:math': {params: {preset: think}}}",
        "{format: {reward: 'rewardkit:math', params: {preset: think}}}",
        "{mine: {reward: 'rewardkit:math', params: {preset: think}}}",
        "{mine: {reward: mth}}",
        "{math: {reward: mth}}",
        "{mth: {}}",
        "{mine: }",
        "{math: {wieght: 1}}",
        "{math: {gate: {format: x}}}",
    ],
)
def test_the_schema_refuses_what_a_rubric_may_not_say(rewards: str):
    registry = built_ins()
    assert not valid(schema(registry), f"rewards: {rewards}")
    with pytest.raises(ConfigError):
        resolve(Rubric.of({"rewards": yaml.safe_load(rewards)}), registry)

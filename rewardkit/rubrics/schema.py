"""The JSON Schema of a rubric, with the parameters of the rewards that are loaded, for editors.

An alias is free, so an entry of `rewards` is checked by the reward that it names with `reward:`, and by its own key if
it names none:

    rewards.math                    the parameters of `math`, or null
    rewards.mine: {reward: math}    the parameters of `math`
    rewards.mine                    refused, unless the rubric extends another one that has it
"""

from typing import Any

from rewardkit.registry.loading import InstalledReward
from rewardkit.registry.registry import Registry
from rewardkit.rubrics.named import NAMES
from rewardkit.rubrics.rubric import Rubric

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ANY_ENTRY: Schema = {"$ref": "#/$defs/RewardConfig"}
NAMES_REWARD: Schema = {"type": "object", "properties": {"reward": {"type": "string"}}, "required": ["reward"]}
EXTENDS: Schema = {
    "type": "string",
    "examples": list(NAMES),
    "description": "A rubric that this one starts from: a name that `rewardkit rubrics` lists, or a file.",
}


def schema(registry: Registry) -> Schema:
    """The JSON Schema of rubrics whose rewards are among those that `registry` has loaded."""
    whole = Rubric.model_json_schema()
    definitions = whole["$defs"]
    config = definitions.pop("RewardConfig")
    entries: dict[str, Schema] = {}
    for name, installed in registry.by_name.items():
        definitions |= _definitions(name, config, installed)
        entries[name] = {"$ref": f"#/$defs/{_key(name)}"}
    definitions["RewardConfig"] = _checked_by_what_it_names(config, entries)

    rewards = whole["properties"]["rewards"]
    rewards["properties"] = {name: _checked_by_its_key(entry) for name, entry in entries.items()}
    rewards["additionalProperties"] = True
    named = {"allOf": [NAMES_REWARD, ANY_ENTRY]}
    strict = {"properties": {"rewards": {"properties": dict.fromkeys(entries, True), "additionalProperties": named}}}
    of_a_base = {"properties": {"rewards": {"additionalProperties": {"anyOf": [{"type": "null"}, ANY_ENTRY]}}}}
    whole["properties"]["extends"] = EXTENDS
    whole["required"] = []
    whole["if"] = {"required": ["extends"]}
    whole["then"] = of_a_base
    whole["else"] = strict | {"required": ["rewards"]}
    return {"$schema": DIALECT, **whole}


def _key(name: str) -> str:
    return f"reward.{name}"


def _definitions(name: str, config: Schema, installed: InstalledReward) -> Schema:
    """The entry of one reward, with its parameters, and the definitions that those refer to."""
    key = _key(name)
    params = installed.reward.Params.model_json_schema(ref_template=f"#/$defs/{key}.{{model}}")
    inner = {f"{key}.{model}": definition for model, definition in params.pop("$defs", {}).items()}
    properties = config["properties"] | {"params": params}
    return {key: config | {"properties": properties, "description": installed.description}, **inner}


def _checked_by_what_it_names(config: Schema, entries: dict[str, Schema]) -> Schema:
    """An entry that is checked by the reward in its `reward`, which must be one that is known."""
    known = {"properties": {"reward": {"enum": [*entries, None]}}}
    by_reward = [{"if": _names(name), "then": entry} for name, entry in entries.items()]
    return config | {"allOf": [known, *by_reward]}


def _checked_by_its_key(entry: Schema) -> Schema:
    """An entry that is checked by its key, unless it names another reward."""
    return {"anyOf": [{"type": "null"}, {"if": NAMES_REWARD, "then": ANY_ENTRY, "else": entry}]}


def _names(name: str) -> Schema:
    return {"type": "object", "properties": {"reward": {"const": name}}, "required": ["reward"]}

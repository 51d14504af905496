"""The rubric: which rewards judge, and how their scores compose. A YAML or TOML file, or Python.

    rewards:
      format: {weight: 0.1, params: {preset: think}}
      math:   {gate: format, when: {data_source: [gsm8k, math]}}
      brief:  {reward: length_cosine, weight: [[0, 0], [0.5, 1]], params: {limit: 2048}}  # an alias
      language: {weight: 0, params: {target_column: lang}}            # a probe: judged and logged, never paid
    combine: sum
    limits: {deadline_s: 10, memory_mb: 2048}
    sandbox: auto

A rubric is data: what it means for a sample's scores is `rewardkit.rubrics.compose`.
"""

import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from rewardkit.errors import ConfigError, PluginError, UnknownRewardError
from rewardkit.reasoning.split import AUTO, ReasoningTags, known_format
from rewardkit.registry.loading import InstalledReward
from rewardkit.registry.registry import Registry
from rewardkit.reward import RewardContext
from rewardkit.rubrics.validation import nearest, validated

Finite = Annotated[float, Field(allow_inf_nan=False)]
Bounds = tuple[Finite, Finite]
Points = Annotated[tuple[tuple[Finite, Finite], ...], Field(description="points [progress, weight]")]


def _ordered(bounds: Bounds | None) -> Bounds | None:
    if bounds is not None and bounds[0] > bounds[1]:
        raise ValueError(f"the lower bound {bounds[0]} is above the upper {bounds[1]}")
    return bounds


def _as_gates(value: Any) -> Any:
    """`format` and `[format, compiles]` mean a full score of 1."""
    if isinstance(value, str):
        return {value: 1.0}
    return dict.fromkeys(value, 1.0) if isinstance(value, list | tuple) else value


def _as_choices(value: Any) -> Any:
    """`gsm8k` means `[gsm8k]`."""
    if not isinstance(value, Mapping):
        return value
    return {column: wanted if isinstance(wanted, list | tuple) else (wanted,) for column, wanted in value.items()}


# What a rubric may write, for the JSON Schema: more than what it comes to.
_GatesWritten = BeforeValidator(_as_gates, json_schema_input_type=str | list[str] | Mapping[str, Finite])
_ChoicesWritten = BeforeValidator(_as_choices, json_schema_input_type=Mapping[str, Any])


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Config):
    """The time and the memory that judging may take."""

    deadline_s: float = Field(default=10.0, gt=0, allow_inf_nan=False)
    """Seconds for a reward to judge a sample: processor time on Linux, so that a loaded machine costs nobody a reward
    (see `rewardkit.workers.cpu_time`)."""
    memory_mb: int = Field(default=2048, ge=64)
    """Megabytes for a worker process; enforced on Linux."""
    batch_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Seconds on the clock for a whole call of `Scorer.score`: what is not judged by then is `failed`. In a training
    run it belongs well below the timeout of collective operations."""


class RewardConfig(_Config):
    """One reward of a rubric."""

    reward: str | None = None
    """The plugin's reward, short or as `dist-name:reward`; the alias where it is left out."""
    weight: Finite | Points = 1.0
    """A number, or a schedule: points (progress of training from 0 to 1, weight), straight lines between them. Two
    points at one progress are a step. A weight of 0 makes a probe: judged and logged, never paid."""
    params: Mapping[str, Any] = Field(default_factory=dict)
    """The reward's own parameters."""
    gate: Annotated[Mapping[str, Finite], _GatesWritten] = Field(default_factory=dict)
    """Other rewards and the least value of each: below it this one is not run and earns 0."""
    when: Annotated[Mapping[str, tuple[Any, ...]], _ChoicesWritten] = Field(default_factory=dict)
    """Columns and the values that they may have: elsewhere this reward does not take part."""
    clip: Bounds | None = None
    """Bounds for the value, before the weight."""
    on_abstained: Literal["skip", "none"] | Finite = "skip"
    """What a sample gets on which this reward abstained: `skip` leaves the reward out, `none` makes the whole sample
    None, a number stands for the value."""
    on_failed: Literal["none", "skip"] = "none"
    """Likewise where the judge failed. No number: our fault must not train the model."""

    _clip_in_order = field_validator("clip")(_ordered)

    @field_validator("weight")
    @classmethod
    def _schedule_runs_forward(cls, weight: Any) -> Any:
        if isinstance(weight, tuple):
            progress = [point[0] for point in weight]
            if not weight or progress != sorted(progress) or progress[0] < 0 or progress[-1] > 1:
                raise ValueError("a schedule is points [progress, weight] with progress rising from 0 to 1")
        return weight

    def weight_at(self, progress: float) -> float:
        """The weight at a progress of training from 0 to 1."""
        if not isinstance(self.weight, tuple):
            return self.weight
        after = bisect_right(self.weight, progress, key=lambda point: point[0])
        if after == 0:
            return self.weight[0][1]
        if after == len(self.weight):
            return self.weight[-1][1]
        (x0, y0), (x1, y1) = self.weight[after - 1], self.weight[after]
        return y0 + (y1 - y0) * (progress - x0) / (x1 - x0)


class Rubric(_Config):
    """A set of rewards and how they compose."""

    rewards: Mapping[str, RewardConfig] = Field(min_length=1)
    """By alias: the name of the score in the output."""
    combine: Literal["sum", "product"] = "sum"
    """`sum` of weight times value, or their `product`."""
    clip: Bounds | None = None
    """Bounds for the composed reward."""
    limits: Limits = Limits()
    sandbox: str | dict[str, Any] = "auto"
    """Where programs run: `auto`, the name of a backend, or `{backend: …}` with its options."""
    reasoning: str | ReasoningTags = AUTO
    """How the model writes reasoning and answer: `auto`, a name of `REASONING_FORMATS`, or `{open: …, close: …}`."""

    _reasoning_is_known = field_validator("reasoning")(known_format)
    _clip_in_order = field_validator("clip")(_ordered)

    @field_validator("rewards", mode="before")
    @classmethod
    def _bare_alias(cls, rewards: Any) -> Any:
        """`math:` with nothing behind it means `math: {}`."""
        if not isinstance(rewards, Mapping):
            raise ValueError(f"each reward is a key of a mapping, found {rewards!r}; write `rewards: {{math: {{}}}}`")  # noqa: TRY004 - pydantic's protocol
        if "" in rewards:
            raise ValueError("an alias is empty; write a name, and which reward it means with `reward:`")
        return {alias: {} if config is None else config for alias, config in rewards.items()}

    @model_validator(mode="after")
    def _gates_name_rewards(self) -> Self:
        for alias, config in self.rewards.items():
            for gate in config.gate:
                if gate not in self.rewards:
                    hint = nearest(gate, self.rewards)
                    raise ValueError(f"the gate of {alias!r} is {gate!r}, which is no reward of this rubric{hint}")
        try:
            TopologicalSorter({alias: set(config.gate) for alias, config in self.rewards.items()}).prepare()
        except CycleError as error:
            raise ValueError(f"gates in a circle: {' -> '.join(error.args[1])}") from None
        return self

    @classmethod
    def load(cls, path: Path) -> Self:
        """The rubric in a YAML or TOML file. ConfigError names the file, the key and the nearest right name."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"rubric {path}: cannot be read ({error}); name a YAML or TOML file") from error
        try:
            data = tomllib.loads(text) if path.suffix.lower() == ".toml" else yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader
        except (tomllib.TOMLDecodeError, yaml.YAMLError) as error:
            raise ConfigError(f"rubric {path}: it does not parse: {error}") from error
        return cls.of(data, f"rubric {path}")

    @classmethod
    def of(cls, data: Any, where: str = "rubric") -> Self:
        """The rubric that plain data describes; ConfigError as in `load`."""
        if not isinstance(data, Mapping):
            found = "nothing" if data is None else f"a {type(data).__name__}"
            raise ConfigError(
                f"{where}: found {found} where a mapping is wanted; write `rewards:` with one reward a line"
            )
        rubric = validated(cls, data, where)
        vars(rubric)["where"] = where
        return rubric

    @cached_property
    def where(self) -> str:
        """What errors call this rubric: its file, where it was loaded from one. It makes no two rubrics unequal."""
        return "rubric"

    @property
    def context(self) -> RewardContext:
        """What all rewards of this rubric are told."""
        memory_bytes = self.limits.memory_mb * 1024**2
        return RewardContext(deadline_s=self.limits.deadline_s, memory_bytes=memory_bytes, sandbox=self.sandbox)


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping, of which PyYAML keeps the last in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """The mapping of a node, each of its keys written once."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    said = f"the key {key.value!r} stands twice; to ask one reward twice, write an alias with `reward:`"
                    raise yaml.MarkedYAMLError(problem=said, problem_mark=key.start_mark)
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


@dataclass(frozen=True)
class Step:
    """One reward of a rubric, found and with its parameters checked."""

    alias: str
    config: RewardConfig
    installed: InstalledReward
    params: BaseModel


def resolve(rubric: Rubric, registry: Registry) -> tuple[Step, ...]:
    """The steps of judging a sample: gates before what they guard, and cheap rewards first.

    raises  ConfigError for a reward that is not installed or a parameter that does not fit
    """
    steps = {}
    for alias, config in rubric.rewards.items():
        place = f"{rubric.where}: rewards.{alias}"
        try:
            installed = registry.get(config.reward or alias)
        except (UnknownRewardError, PluginError) as error:
            raise type(error)(f"{place}: {error}") from None
        params = validated(installed.reward.Params, config.params, f"{place}.params")
        steps[alias] = Step(alias, config, installed, params)
    sorter = TopologicalSorter({alias: set(config.gate) for alias, config in rubric.rewards.items()})
    sorter.prepare()
    ready: list[str] = []
    ordered = []
    position = {alias: index for index, alias in enumerate(rubric.rewards)}
    while sorter.is_active():
        ready += sorter.get_ready()
        ready.sort(key=lambda alias: (steps[alias].installed.reward.cost_ms, position[alias]))
        first = ready.pop(0)
        ordered.append(steps[first])
        sorter.done(first)
    return tuple(ordered)


def schema(registry: Registry) -> dict[str, Any]:
    """The JSON Schema of a rubric, with the parameters of the rewards in `registry`, for editors."""
    whole = Rubric.model_json_schema()
    definitions = whole.setdefault("$defs", {})
    config = definitions.pop("RewardConfig")
    of_reward: dict[str, dict[str, str]] = {}
    for number, installed in enumerate(registry.rewards):
        key = f"reward.{installed.name}"
        if key in definitions:
            key += f".{number}"  # another distribution's reward of the same name
        params = installed.reward.Params.model_json_schema(ref_template=f"#/$defs/{key}.{{model}}")
        for name, definition in params.pop("$defs", {}).items():
            definitions[f"{key}.{name}"] = definition
        properties = config["properties"] | {"params": params}
        definitions[key] = config | {"properties": properties, "description": installed.description}
        of_reward[installed.qualified_name] = {"$ref": f"#/$defs/{key}"}
    named = {name: of_reward[installed.qualified_name] for name, installed in registry.by_name.items()}
    # An alias is free: an entry is checked by the reward that it names, and by its own key only where it names none.
    by_reward = [{"if": _names_reward({"const": name}), "then": named[name]} for name in named]
    unknown = {"properties": {"reward": {"enum": [*named, None]}}}
    definitions["RewardConfig"] = config | {"allOf": [unknown, *by_reward]}
    an_alias = {"$ref": "#/$defs/RewardConfig"}
    by_key = {
        name: {"anyOf": [{"type": "null"}, {"if": _names_reward({"type": "string"}), "then": an_alias, "else": own}]}
        for name, own in named.items()
    }
    free = {"allOf": [_names_reward({"type": "string"}), an_alias]}
    whole["properties"]["rewards"] |= {"properties": by_key, "additionalProperties": free}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}


def _names_reward(said: dict[str, str]) -> dict[str, Any]:
    """The schema of a reward's entry whose `reward` is as `said`."""
    return {"type": "object", "properties": {"reward": said}, "required": ["reward"]}

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

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    PrivateAttr,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from rewardkit.errors import ConfigError
from rewardkit.reasoning.split import AUTO, ReasoningTags, known_format
from rewardkit.registry.requirements import known_ranges
from rewardkit.rewards.interface import RewardContext
from rewardkit.rubrics.consent import require_consent
from rewardkit.rubrics.extending import extended
from rewardkit.rubrics.named import NAMES, path_of
from rewardkit.rubrics.parsing import parsed
from rewardkit.rubrics.validation import validated
from rewardkit.score import Weight
from rewardkit.suggestions import nearest

Finite = Annotated[float, Field(allow_inf_nan=False)]
Bounds = tuple[Finite, Finite]
Weights = Annotated[Mapping[str, Finite], Field(min_length=1, description="{value: weight}")]
Clips = Annotated[Mapping[str, Bounds], Field(description="{value: bounds}")]
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


def _as_function(value: Any) -> Any:
    if callable(value):
        return value
    raise ValueError("wanted the name of a reward, or a function")


# A file holds a name; a function is what only Python can write.
_Function = Annotated[Any, PlainValidator(_as_function), SkipJsonSchema()]
_Named = str | _Function


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


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


class RewardLimits(_Config):
    """Limits of one reward, over the rubric's."""

    deadline_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Seconds for this reward to judge a sample."""
    memory_mb: int | None = Field(default=None, ge=64)
    """Megabytes for the process of this reward. Of several rewards in one worker process the largest counts."""


class RewardConfig(_Config):
    """One reward of a rubric."""

    reward: _Named | None = None
    """The plugin's reward, short or as `dist-name:reward`; the alias where it is left out. In Python also a function,
    or a class derived from Reward."""
    weight: Finite | Points | Weights = 1.0
    """A number, or a schedule: points (progress of training from 0 to 1, weight), straight lines between them. Two
    points at one progress are a step. A weight of 0 makes a probe: judged and logged, never paid. Of a reward with
    several values, a number for each of them that is paid: `{strict: 1, loose: 0}`."""
    params: Mapping[str, Any] = Field(default_factory=dict)
    """The reward's own parameters."""
    gate: Annotated[Mapping[str, Finite], _GatesWritten] = Field(default_factory=dict)
    """Other rewards, or values of theirs (`ifeval.strict`), and the least value of each: below it this one is not run
    and earns 0."""
    when: Annotated[Mapping[str, tuple[Any, ...]], _ChoicesWritten] = Field(default_factory=dict)
    """Columns and the values that they may have: elsewhere this reward does not take part."""
    clip: Bounds | Clips | None = None
    """Bounds for the value, before the weight; of a reward with several values, `{strict: [0, 1]}` too."""
    on_abstained: Literal["skip", "none"] | Finite = "skip"
    """Value of a sample on which this reward abstained: `skip` leaves the reward out, `none` makes the whole sample
    None, a number stands for the value."""
    on_failed: Literal["none", "skip"] = "none"
    """Likewise where the judge failed. No number: our fault must not train the model."""
    limits: RewardLimits = RewardLimits()
    """Limits of this reward, over the rubric's: a judge behind a network needs more time than a grammar of tags."""

    @field_validator("clip")
    @classmethod
    def _clips_in_order(cls, clip: Bounds | Mapping[str, Bounds] | None) -> Any:
        for bounds in clip.values() if isinstance(clip, Mapping) else (clip,):
            _ordered(bounds)
        return clip

    @field_validator("weight")
    @classmethod
    def _schedule_runs_forward(cls, weight: Any) -> Any:
        if isinstance(weight, tuple):
            progress = [point[0] for point in weight]
            if not weight or progress != sorted(progress) or progress[0] < 0 or progress[-1] > 1:
                raise ValueError("a schedule is points [progress, weight] with progress rising from 0 to 1")
        return weight

    def weight_at(self, progress: float) -> Weight:
        """The weight at a progress of training from 0 to 1: a number, or one for each named value."""
        if not isinstance(self.weight, tuple):
            return self.weight
        after = bisect_right(self.weight, progress, key=lambda point: point[0])
        if after == 0:
            return self.weight[0][1]
        if after == len(self.weight):
            return self.weight[-1][1]
        (x0, y0), (x1, y1) = self.weight[after - 1], self.weight[after]
        return y0 + (y1 - y0) * (progress - x0) / (x1 - x0)


@dataclass(frozen=True)
class _Name:
    """Name of a rubric in errors; all names are equal, so that rubrics compare by their content."""

    text: str = field(default="rubric", compare=False)


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
    requires: Mapping[str, str] = Field(default_factory=dict)
    """Distributions that must be installed, with their versions: `rewardkit-brevity: ">=1.2"`, `''` for any."""
    disable: tuple[str, ...] = ()
    """Plugins that are not loaded: a distribution, `dist-name:reward`, or the name of a reward."""
    plugins: tuple[str, ...] = ()
    """Python files that bring rewards, as seen from the rubric's folder. They are code: a file that names any needs
    consent."""

    _name: _Name = PrivateAttr(_Name())
    _ranges_are_known = field_validator("requires")(known_ranges)
    _reasoning_is_known = field_validator("reasoning")(known_format)
    _clip_in_order = field_validator("clip")(_ordered)

    @field_validator("rewards", mode="before")
    @classmethod
    def _bare_alias(cls, rewards: Any) -> Any:
        """`math:` with nothing behind it means `math: {}`, and a function stands for `{reward: function}`."""
        if not isinstance(rewards, Mapping):
            raise ValueError(f"each reward is a key of a mapping, found {rewards!r}; write `rewards: {{math: {{}}}}`")  # noqa: TRY004 - pydantic's protocol
        for alias in rewards:
            if isinstance(alias, str) and (not alias.strip() or not alias.isprintable()):
                raise ValueError(f"the alias {alias!r:.80} is empty or holds control characters; write a name")
        return {
            alias: {} if config is None else {"reward": config} if callable(config) else config
            for alias, config in rewards.items()
        }

    @model_validator(mode="after")
    def _gates_name_rewards(self) -> Self:
        for alias, config in self.rewards.items():
            for gate in config.gate:
                if self.named(gate)[0] not in self.rewards:
                    hint = nearest(gate, self.rewards)
                    raise ValueError(f"the gate of {alias!r} is {gate!r}, which is not a reward of this rubric{hint}")
        try:
            gates = {alias: {self.named(gate)[0] for gate in config.gate} for alias, config in self.rewards.items()}
            TopologicalSorter(gates).prepare()
        except CycleError as error:
            raise ValueError(f"gates in a circle: {' -> '.join(error.args[1])}") from None
        return self

    def named(self, name: str) -> tuple[str, str | None]:
        """The alias in a name, and which of its values, if any: `ifeval.strict` is (`ifeval`, `strict`).

        An alias that holds a dot goes before a value.
        """
        if name in self.rewards:
            return name, None
        alias, dot, value = name.rpartition(".")
        return (alias, value) if dot and alias in self.rewards else (name, None)

    def model_post_init(self, context: Any) -> None:
        """Keeps what errors call this rubric, if its loader passed that."""
        if isinstance(context, _Name):
            self._name = context

    @classmethod
    def load(cls, rubric: str | Path, *, trust: bool = False) -> Self:
        """The rubric in a YAML or TOML file, or one that comes with rewardkit (`rewardkit rubrics`).

        trust   the file may name plugin files, secrets and weaker sandboxes (see `rewardkit.rubrics.consent`)
        raises  ConfigError, which names the file, the key and the nearest right name
        """
        path = path_of(rubric)
        where = f"rubric {rubric}"
        if not path.suffix and not path.exists():
            raise ConfigError(f"{where}: no rubric and no file of that name{nearest(str(rubric), NAMES)}")
        data = parsed(path)
        return cls._built(data, where, path.parent, trust=trust)

    @classmethod
    def of(cls, data: Any, where: str = "rubric") -> Self:
        """The rubric that plain data describes; relative paths start from the working directory.

        raises  ConfigError as `load` does
        """
        return cls._built(data, where, Path(), trust=True)

    @classmethod
    def _built(cls, data: Any, where: str, folder: Path, *, trust: bool) -> Self:
        if not isinstance(data, Mapping):
            found = "nothing" if data is None else f"a {type(data).__name__}"
            raise ConfigError(f"{where}: found {found}, wanted a mapping; write `rewards:` with one reward a line")
        data = extended(data, folder, where)
        if not trust:
            require_consent(data, where)
        return validated(cls, data, where, context=_Name(where))

    @property
    def where(self) -> str:
        """Name of this rubric in errors: its file, if it was loaded from one. It makes no two rubrics unequal."""
        return self._name.text

    def limits_of(self, alias: str) -> Limits:
        """The limits of one reward: its own, else the rubric's."""
        return self.limits.model_copy(update=self.rewards[alias].limits.model_dump(exclude_none=True))

    def context_of(self, alias: str) -> RewardContext:
        """The context that this rubric gives to one reward."""
        limits = self.limits_of(alias)
        memory_bytes = limits.memory_mb * 1024**2
        return RewardContext(deadline_s=limits.deadline_s, memory_bytes=memory_bytes, sandbox=self.sandbox)

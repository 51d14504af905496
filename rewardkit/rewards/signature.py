"""The arguments that a function asks for, read from its signature once, then filled for one sample or for several.

    parameter                                   what it gets
    a name of `PARTS`                           that part of the sample
    a name of `needs`                           the Score of that reward
    any other name without a default            the row's column of that name
    any other name with a default               a parameter of the reward: the rubric's value, else the row's column of
                                                that name, else the default
    **columns                                   all other columns of the row

A function that asks for `completions`, `prompts` or `samples`, or that sees a group or a batch, gets a list for each of
these but its own parameters.
"""

import functools
import inspect
import typing
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, PydanticUserError, create_model

from rewardkit.rewards.interface import RewardParams
from rewardkit.rewards.parts import LISTS, PARTS, VERL, Part
from rewardkit.sample import Sample
from rewardkit.suggestions import nearest

_ABSENT = object()


class SignatureError(ValueError):
    """A function that cannot be called as a reward; the message goes on where its name ended."""


class NoColumnError(ValueError):
    """A row has no column that the function asks for; the message goes on where the reward's name ended."""


@dataclass(frozen=True)
class Argument:
    """One parameter of a function, and where its value comes from."""

    name: str
    source: Literal["part", "need", "column", "parameter", "columns"]
    positional: bool
    part: Part | None = None
    default: Any = _ABSENT


@dataclass(frozen=True)
class Call:
    """How a function is called."""

    arguments: tuple[Argument, ...]
    lists: bool
    """True if it gets lists and returns one."""
    params: type[RewardParams]
    """Its parameters with defaults, as the rubric sets them."""
    verl: bool

    @property
    def reads(self) -> tuple[str, ...]:
        """Fields without which it cannot judge."""
        asks = any(
            arg.name == "ground_truth" and arg.source == "part" and arg.default is _ABSENT for arg in self.arguments
        )
        return ("ground_truth",) if asks else ()

    def of_one(self, sample: Sample, params: RewardParams) -> tuple[list[Any], dict[str, Any]]:
        """Positional and keyword arguments for one sample.

        raises  NoColumnError
        """
        found = {arg.name: self._value(arg, sample, params) for arg in self.arguments if arg.source != "columns"}
        return self._bound(found, sample.all_columns)

    def of_many(self, samples: Sequence[Sample], params: RewardParams) -> tuple[list[Any], dict[str, Any]]:
        """Positional and keyword arguments for several samples.

        raises  NoColumnError
        """
        found: dict[str, Any] = {}
        for arg in self.arguments:
            if arg.source == "parameter" and not self._is_column(arg, samples[0], params):
                found[arg.name] = getattr(params, arg.name)
            elif arg.source != "columns":
                found[arg.name] = [self._value(arg, sample, params) for sample in samples]
        columns = [sample.all_columns for sample in samples]
        names = dict.fromkeys(name for of_one in columns for name in of_one)
        return self._bound(found, {name: [of_one.get(name) for of_one in columns] for name in names})

    def _bound(self, found: Mapping[str, Any], columns: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        args = [found[arg.name] for arg in self.arguments if arg.positional]
        kwargs = {arg.name: found[arg.name] for arg in self.arguments if not arg.positional and arg.name in found}
        if any(arg.source == "columns" for arg in self.arguments) and not self.verl:
            kwargs = {name: value for name, value in columns.items() if name not in found} | kwargs
        return args, kwargs

    def _value(self, arg: Argument, sample: Sample, params: RewardParams) -> Any:
        if arg.part is not None:
            value = arg.part.of(sample)
            return arg.default if value is None and arg.default is not _ABSENT else value
        if arg.source == "need":
            return sample.needed[arg.name]
        if arg.source == "parameter" and not self._is_column(arg, sample, params):
            return getattr(params, arg.name)
        columns = sample.all_columns
        if arg.name not in columns:
            raise NoColumnError(_no_column(arg.name, columns))
        return columns[arg.name]

    def _is_column(self, arg: Argument, sample: Sample, params: RewardParams) -> bool:
        return arg.name in sample.all_columns and arg.name not in params.model_fields_set


def call_of(function: Callable[..., Any], *, needs: Sequence[str] = (), several: bool = False) -> Call:
    """How a function is called.

    needs    names of rewards whose Scores it asks for
    several  whether it sees several samples at once
    raises   SignatureError
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise SignatureError("has no signature that Python can read; wrap it in a function of your own") from None
    names = {parameter.name for parameter in parameters}
    lists = several or bool(names & LISTS.keys())
    verl = "solution_str" in names
    hints = _hints(function)
    arguments: list[Argument] = []
    settings: dict[str, Any] = {}
    for parameter in parameters:
        name = parameter.name
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            raise SignatureError(f"takes *{name}, which says nothing of what it wants; name it: {_offer()}")
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            arguments.append(Argument(name, "columns", positional=False))
            continue
        has_default = parameter.default is not inspect.Parameter.empty
        default = parameter.default if has_default else _ABSENT
        positional = parameter.kind is inspect.Parameter.POSITIONAL_ONLY
        part = PARTS.get(name) or (LISTS.get(name) if lists else None) or (VERL.get(name) if verl else None)
        if name in needs:
            arguments.append(Argument(name, "need", positional))
        elif part is not None:
            arguments.append(Argument(name, "part", positional, part, default))
        elif has_default:
            arguments.append(Argument(name, "parameter", positional))
            settings[name] = _setting(hints.get(name, _ABSENT), parameter.default)
        else:
            arguments.append(Argument(name, "column", positional))
    if not any(arg.source in ("part", "column", "columns") for arg in arguments):
        raise SignatureError(f"asks for nothing of a sample; name what it judges: {_offer()}")
    return Call(tuple(arguments), lists, _params_model(settings), verl)


def _offer() -> str:
    return f"{', '.join(list(PARTS)[:6])}, or a column of the row"


def _no_column(name: str, columns: Mapping[str, Any]) -> str:
    found = ", ".join(map(repr, columns)) or "none"
    hint = nearest(name, [*PARTS, *LISTS, *columns])
    if name == "answer":
        hint = "; the completion's answer is `answer_text`, the right one `ground_truth`"
    return (
        f"asks for {name!r}, and the row has no column of that name{hint}; its columns: {found} "
        f"(where only some rows have it, give the parameter a default: {name}=None)"
    )


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of the parameters; none of those that cannot be evaluated here."""
    inner: Any = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    if not (inspect.isfunction(inner) or inspect.ismethod(inner)):
        inner = getattr(inner, "__call__", inner)  # noqa: B004 - an object that is called, whatever its class
    try:
        return typing.get_type_hints(inner, include_extras=True)
    except Exception:  # noqa: BLE001 - a name that only a type checker knows
        return {}


def _setting(hint: Any, default: Any) -> tuple[Any, Any]:
    """The type and default of a parameter of the reward."""
    if hint is _ABSENT:
        return _type_of(default), default
    if typing.get_origin(hint) is Annotated:
        kind, *notes = typing.get_args(hint)
        text = next((note for note in notes if isinstance(note, str)), None)
        if text is not None:
            rest: Any = kind
            for note in notes:
                rest = Annotated[rest, note] if not isinstance(note, str) else rest
            return rest, Field(default, description=text)
    return hint, default


def _type_of(default: Any) -> Any:
    if isinstance(default, bool):
        return bool
    if isinstance(default, int | float):
        return int | float
    kinds = (str, list, tuple, dict, set, frozenset)
    return next((kind for kind in kinds if isinstance(default, kind)), Any)


def _params_model(settings: Mapping[str, Any]) -> type[RewardParams]:
    """The pydantic model of the parameters; one whose type has no schema takes anything."""
    fields: dict[str, Any] = {}
    for name, (kind, default) in settings.items():
        if name.startswith("_") or name in dir(RewardParams):
            raise SignatureError(f"has a parameter {name!r}, a name that pydantic keeps for itself; rename it")
        try:
            with warnings.catch_warnings(action="ignore"):  # a default that JSON cannot hold is left out of the schema
                _model({name: (kind, default)}).model_json_schema()
        except (PydanticUserError, ValueError, TypeError, RecursionError):
            fields[name] = (Any, default)
        else:
            fields[name] = (kind, default)
    return _model(fields)


def _model(fields: dict[str, Any]) -> type[RewardParams]:
    return create_model("Params", __base__=RewardParams, **fields)

"""pydantic's faults, said as a person would: where, what was found, and the nearest right name."""

import difflib
import typing
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from rewardkit.errors import ConfigError

M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], data: Any, where: str) -> M:
    """`data` as a `model`; ConfigError with a line for each fault."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = [_sentence(fault, model) for fault in error.errors(include_url=False)]
        raise ConfigError("\n".join(f"{where}: {fault}" for fault in dict.fromkeys(faults))) from None


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'math'?` where a known name is near, else the known names."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(names)}"


def _sentence(fault: Any, model: type[BaseModel]) -> str:
    path = fault["loc"]
    place = ".".join(map(str, path))
    if fault["type"] == "extra_forbidden":
        return f"unknown key {place!r}{nearest(str(path[-1]), _fields_at(model, path[:-1]))}"
    message = fault["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if fault["type"] in {"missing", "value_error"}:
        return f"{place}: {message}" if place else message
    found = repr(fault["input"])
    return f"{place}: {message}, found {found if len(found) <= 80 else found[:77] + '…'}"


def _fields_at(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The keys that a model takes at a place inside it; a mapping's key leads to the model of its values."""
    current: Any = model
    for key in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(key))
            current = field.annotation if field else None
        else:
            inner = [argument for argument in typing.get_args(current) if argument not in (str, type(None))]
            current = inner[-1] if inner else None
    fields = current.model_fields if isinstance(current, type) and issubclass(current, BaseModel) else {}
    return list(fields)

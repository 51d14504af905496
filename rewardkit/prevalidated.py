"""Models made of values that were validated before: no row of a run is validated twice.

Pydantic's `__setstate__` restores a pickled model in the same way: it trusts the values. Only for values that came out
of a model of the same kind, or whose types the caller has just made sure of; never for what was read from outside.
"""

from typing import Any, TypeVar

from pydantic import BaseModel

ModelT = TypeVar("ModelT", bound=BaseModel)

_set = object.__setattr__
_FIELDS: dict[type[BaseModel], set[str]] = {}


def prevalidated(kind: type[ModelT], values: dict[str, Any]) -> ModelT:
    """The model with these values, which are not looked at.

    values  a value for each field of the model; the dict becomes the model's own
    """
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = _FIELDS[kind] = set(kind.model_fields)
    model = kind.__new__(kind)
    _set(model, "__dict__", values)
    _set(model, "__pydantic_fields_set__", fields)
    _set(model, "__pydantic_extra__", None)
    _set(model, "__pydantic_private__", None)
    return model

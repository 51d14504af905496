"""pydantic's faults as sentences: where, what was found, what is wanted, and the nearest right name.

    fault of pydantic  →  Fault (where it is, in terms of the model)  →  sentence

pydantic reports one fault for each branch of a union, in words of its own. A field that takes a union, or a tuple of
fixed length, is one thing to whoever writes it: all that is wrong in it becomes one sentence about the field.
"""

import types
import typing
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union

from pydantic import BaseModel, ValidationError

from rewardkit.errors import ConfigError
from rewardkit.suggestions import nearest

M = TypeVar("M", bound=BaseModel)
Path = tuple[int | str, ...]

FAULTS_SHOWN = 10
FOUND_CHARACTERS = 80


def validated(model: type[M], data: Any, where: str, context: Any = None) -> M:
    """`data` as a `model`; ConfigError with a line for each fault."""
    try:
        return model.model_validate(data, context=context)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        sentences = list(dict.fromkeys(_sentence(_located(fault, faults, model, data)) for fault in faults))
        lines = [f"{where}: {sentence}" for sentence in sentences[:FAULTS_SHOWN]]
        if len(sentences) > FAULTS_SHOWN:
            lines.append(f"{where}: and {len(sentences) - FAULTS_SHOWN} more faults")
        raise ConfigError("\n".join(lines)) from None


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where."""

    kind: str
    """pydantic's name for it."""
    path: Path
    found: Any
    message: str
    """pydantic's words for it."""
    wanted: Any
    """The type at the path; None if it is not known."""
    siblings: Sequence[str]
    """The keys that may be where the last one of the path is."""


def _located(raw: Any, faults: Iterable[Any], model: type[BaseModel], data: Any) -> Fault:
    """A fault of pydantic's in terms of the model: one about a branch of a union becomes one about the field."""
    path: Path = raw["loc"]
    kind, found = raw["type"], raw["input"]
    depth, annotation = _walk(model, path)
    if depth < len(path):
        whole = _at(data, path[:depth], found)
        # Of a mapping, the fault inside it says more than that the field wants something else.
        if _is_one_thing(path[: depth + 1], annotation, faults) and not isinstance(whole, Mapping):
            path, kind, found = path[:depth], "union_type", whole
        else:
            annotation = None
    message = raw["msg"].removeprefix("Value error, ")
    return Fault(kind, path, found, message, annotation, _fields(_walk(model, path[:-1])[1]))


def _sentence(fault: Fault) -> str:
    """`rewards.math.weight: wanted a number, found 'x'`."""
    place = ".".join(map(str, fault.path))
    if fault.kind == "extra_forbidden":
        return f"unknown key {place!r}{nearest(str(fault.path[-1]), fault.siblings)}"
    if fault.path and fault.path[-1] == "[key]":
        return f"{place.removesuffix('.[key]')}: the key {fault.found!r:.80} is not text; write it in quotes"
    is_type = fault.kind.endswith(("_type", "_parsing", "literal_error"))
    wanted = _either(_words(fault.wanted)) if is_type else ""
    message = f"wanted {wanted}" if wanted else fault.message[:1].lower() + fault.message[1:]
    if fault.kind not in {"missing", "value_error"}:
        message += f", found {_shown(fault.found)}"
    return f"{place}: {message}" if place else message


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= FOUND_CHARACTERS else shown[: FOUND_CHARACTERS - 3] + "…"


def _walk(model: type[BaseModel], path: Path) -> tuple[int, Any]:
    """How far a path leads into a model before it enters a union or a tuple, and the type there; None if unknown."""
    current: Any = model
    for depth, key in enumerate(path):
        current = _bare(current)
        if _is_union(current) or _is_pair(current):
            return depth, current
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(key))
            current = field.annotation if field else None
        else:
            inner = [argument for argument in typing.get_args(current) if argument is not ...]
            current = inner[-1] if inner else None
    return len(path), _bare(current)


def _is_one_thing(branch: Path, annotation: Any, faults: Iterable[Any]) -> bool:
    """True if the faults below a union or a tuple are one fault of it: of a union, if several branches were tried."""
    others = {fault["loc"][: len(branch)] for fault in faults if fault["loc"][: len(branch) - 1] == branch[:-1]}
    return _is_pair(annotation) or len(others) > 1


def _at(data: Any, path: Path, otherwise: Any) -> Any:
    """The value at a path inside plain data."""
    for key in path:
        if not isinstance(data, Mapping | list | tuple):
            return otherwise
        try:
            data = data[key]  # type: ignore[index]  # a key of another kind is one that is not there
        except (LookupError, TypeError):
            return otherwise
    return data


def _bare(annotation: Any) -> Any:
    """A type out of its annotations, and without the None beside it."""
    if typing.get_origin(annotation) is Annotated:
        return _bare(typing.get_args(annotation)[0])
    if _is_union(annotation):
        branches = [branch for branch in typing.get_args(annotation) if branch is not types.NoneType]
        return _bare(branches[0]) if len(branches) == 1 else annotation
    return annotation


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (Union, types.UnionType)


def _is_pair(annotation: Any) -> bool:
    """True for a tuple of fixed length."""
    return typing.get_origin(annotation) is tuple and ... not in typing.get_args(annotation)


def _fields(annotation: Any) -> list[str]:
    """The keys that a model takes."""
    return list(annotation.model_fields) if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []


_WORDS = {bool: "true or false", int: "an integer", float: "a number", str: "text"}


def _words(annotation: Any) -> list[str]:
    """Phrases for what a type takes, one for each choice: its description if it has one; none if no phrase fits."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        described = [text for note in arguments[1:] if (text := getattr(note, "description", None))]
        return described[:1] or _words(arguments[0])
    if origin is Literal:
        return [repr(value) for value in arguments]
    if _is_union(annotation):
        branches = [_words(branch) for branch in arguments if branch is not types.NoneType]
        return [word for words in branches for word in words] if all(branches) else []
    if _is_pair(annotation):
        return [f"[{', '.join(_either(_words(argument)) or '…' for argument in arguments)}]"]
    kind = origin or annotation
    if not isinstance(kind, type):
        return []
    if issubclass(kind, Mapping | BaseModel):
        return ["a mapping"]
    if kind not in (str, bytes) and issubclass(kind, Collection):
        return ["a list"]
    return [_WORDS[kind]] if kind in _WORDS else []


def _either(words: list[str]) -> str:
    """`a, b or c`."""
    *first, last = dict.fromkeys(words) or [""]
    return f"{', '.join(first)} or {last}" if first else last

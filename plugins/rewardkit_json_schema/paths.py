"""Which parts of a document are right, one path at a time. Pure.

A path is one property that the schema declares: `name`, `address.city`, `items[].price` (all items of an array
together). What counts is the schema, so that a document cannot raise its share by parts of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jsonschema import ValidationError

Path = tuple[str | int, ...]

MOST_PATHS = 1000
MOST_REFERENCES = 32
"""References that are followed on the way to one path."""
ITEMS = "[]"


def share_of_paths(schema: Any, value: Any, errors: Sequence[ValidationError]) -> float:
    """The share of the schema's properties that the value has right, from 0.0 to 1.0.

    Counted are the properties that are required or there. One is wrong if it is missing, or if an error lies at it or
    below it; an error that lies at none of them, as of a property too many, counts as one path more.
    """
    wrong = {_general(_where(error)) for error in errors}
    if () in wrong and not isinstance(value, Mapping | list):
        return 0.0
    counted = list(_declared(schema, schema, value, (), 0))[:MOST_PATHS]
    if not counted:
        return float(not errors)
    bad = {path for path in counted if any(at[: len(path)] == path for at in wrong)}
    elsewhere = sum(1 for at in wrong if not any(at[: len(path)] == path for path in counted))
    return (len(counted) - len(bad)) / (len(counted) + elsewhere)


def share_equal(value: Any, reference: Any) -> float:
    """The share of equal leaves among all leaves that either of two documents has, from 0.0 to 1.0."""
    ours, theirs = dict(_leaves(value, ())), dict(_leaves(reference, ()))
    keys = ours.keys() | theirs.keys()
    equal = sum(1 for key in ours.keys() & theirs.keys() if _same(ours[key], theirs[key]))
    return equal / len(keys) if keys else 1.0


def _where(error: ValidationError) -> Path:
    """The path of an error; of a missing property that of the property."""
    path: Path = tuple(error.absolute_path)
    if error.validator == "required" and isinstance(error.instance, Mapping):
        missing = [name for name in error.validator_value if name not in error.instance]
        named = [name for name in missing if error.message.startswith(repr(name))]
        return (*path, *(named or missing)[:1])
    return path


def _general(path: Path) -> Path:
    """A path with all items of an array as one."""
    return tuple(ITEMS if isinstance(part, int) else part for part in path)


def _declared(schema: Any, root: Any, value: Any, path: Path, depth: int) -> Iterator[Path]:
    """The leaves that a schema declares and a value should have or has; each once."""
    schema = _resolved(schema, root)
    if not isinstance(schema, Mapping) or depth > MOST_REFERENCES:
        return
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and properties:
        required = schema.get("required", ())
        for name, subschema in properties.items():
            there = isinstance(value, Mapping) and name in value
            if not there and name not in required:
                continue
            inside = value[name] if there else None
            below = list(_declared(subschema, root, inside, (*path, name), depth + 1)) if there else []
            yield from below or [(*path, name)]
    elif isinstance(schema.get("items"), Mapping) and isinstance(value, list) and value:
        seen: dict[Path, None] = {}
        for item in value[:MOST_PATHS]:
            seen.update(dict.fromkeys(_declared(schema["items"], root, item, (*path, ITEMS), depth + 1)))
        yield from seen


def _resolved(schema: Any, root: Any) -> Any:
    """A schema behind its references inside the document."""
    for _ in range(MOST_REFERENCES):
        if not isinstance(schema, Mapping) or not isinstance(schema.get("$ref"), str):
            return schema
        target: Any = root
        for part in schema["$ref"].removeprefix("#").strip("/").split("/"):
            if part:
                key = part.replace("~1", "/").replace("~0", "~")
                target = target.get(key) if isinstance(target, Mapping) else None
        schema = target
    return None


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inside in value.items():
            yield from _leaves(inside, (*path, name))
    elif isinstance(value, list) and value:
        for index, inside in enumerate(value):
            yield from _leaves(inside, (*path, index))
    else:
        yield path, value


def _same(value: Any, reference: Any) -> bool:
    """True for equal leaves; a truth value equals no number."""
    return isinstance(value, bool) == isinstance(reference, bool) and bool(value == reference)

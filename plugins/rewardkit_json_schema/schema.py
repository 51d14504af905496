"""Validation by a JSON Schema that nobody has to trust: nothing is fetched, no pattern runs without end.

jsonschema does the work. Three things differ from its defaults: references are looked up in the schema itself and in
the drafts' own, never on the network; patterns are matched by `regex`, which can be stopped; and a schema that leads
into itself without end is the schema's fault.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import regex
from jsonschema import SchemaError, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import Draft202012Validator, extend, validator_for
from jsonschema_specifications import REGISTRY
from referencing.exceptions import Unresolvable

PATTERN_SECONDS = 0.2
"""Processor time that one match of a pattern may take."""

MOST_ERRORS = 1000


class UnreadableSchemaError(ValueError):
    """The row's schema is not a valid JSON Schema."""


class UnsupportedSchemaError(ValueError):
    """A schema that cannot be applied here: it refers to another document, or a pattern takes too long."""


def compile_schema(written: Any) -> Validator:
    """A validator for a schema.

    raises  UnreadableSchemaError
    """
    schema = _unwrapped(written)
    if not isinstance(schema, Mapping | bool):
        raise UnreadableSchemaError(f"a schema is an object, found {type(schema).__name__}")
    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise UnreadableSchemaError(f"not a JSON Schema: {error.message[:200]}") from None
    except (RecursionError, regex.error) as error:
        raise UnreadableSchemaError(f"not a JSON Schema: {type(error).__name__}") from None
    guarded = extend(kind, {"pattern": _pattern, "patternProperties": _pattern_properties})
    validator: Validator = guarded(schema, registry=REGISTRY, format_checker=kind.FORMAT_CHECKER)
    return validator


def errors_of(validator: Validator, value: Any) -> list[ValidationError]:
    """The errors of a value, in the order of the schema; empty for a valid one.

    raises  UnreadableSchemaError, UnsupportedSchemaError
    """
    try:
        return list(islice(validator.iter_errors(value), MOST_ERRORS))
    except RecursionError:
        raise UnreadableSchemaError("the schema refers to itself without end") from None
    except Unresolvable as error:
        raise UnsupportedSchemaError(f"the schema refers to {error.ref!r:.100}, which is not part of it") from None
    except TimeoutError:
        raise UnsupportedSchemaError(f"a pattern took more than {PATTERN_SECONDS} s") from None
    except regex.error as error:
        raise UnreadableSchemaError(f"a pattern is no regular expression: {error}") from None


def _unwrapped(written: Any) -> Any:
    """The schema itself, out of OpenAI's `response_format` and `json_schema` objects."""
    while isinstance(written, Mapping):
        if written.get("type") == "json_schema" and isinstance(written.get("json_schema"), Mapping):
            written = written["json_schema"]
        elif isinstance(written.get("schema"), Mapping) and not {"properties", "$schema", "$ref"} & written.keys():
            written = written["schema"]
        else:
            break
    return written


def _matches(pattern: str, text: str) -> bool:
    return regex.search(pattern, text, timeout=PATTERN_SECONDS) is not None


def _pattern(_: Validator, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError(f"{instance!r:.60} does not match {pattern!r}")


def _pattern_properties(
    validator: Validator, patterns: Mapping[str, Any], instance: Any, _: Any
) -> Iterator[ValidationError]:
    if not isinstance(instance, Mapping):
        return
    for pattern, subschema in patterns.items():
        for key, value in instance.items():
            if _matches(pattern, key):
                yield from validator.descend(value, subschema, path=key, schema_path=pattern)

"""The reward `json_schema`: JSON that fits a schema, and a reference where there is one."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, field_validator

from rewardkit import Reward, RewardParams, Sample, Score
from rewardkit_json_schema.document import NoDocumentError, TooDeepError, find_document
from rewardkit_json_schema.paths import share_equal, share_of_paths
from rewardkit_json_schema.schema import UnreadableSchemaError, UnsupportedSchemaError, compile_schema, errors_of

COLUMNS = ("json_schema", "schema", "schema_str", "response_format", "extra_info.json_schema", "extra_info.schema")
"""Columns that hold the schema of a row, the first that is there is taken."""

_SCHEMA_KEYS = frozenset(("$schema", "$ref", "$defs", "properties", "anyOf", "oneOf", "allOf", "json_schema"))
SHOWN_ERRORS = 5


class JsonSchemaParams(RewardParams):
    json_schema: Mapping[str, Any] | None = Field(default=None)
    """The schema of all rows; left out, each row has its own."""
    column: str | None = None
    """The column that holds the schema; left out: `json_schema`, `schema`, `schema_str` or `response_format`."""
    alone: bool = False
    """True: the answer must be JSON and nothing else. False: one fenced block, or one object in a text, counts too."""

    @field_validator("json_schema")
    @classmethod
    def _is_schema(cls, schema: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        if schema is not None:
            compile_schema(schema)
        return schema


class JsonSchema(Reward):
    """1 if the answer holds one JSON document that fits the schema.

    valid  1.0 if the document fits the schema
    paths  the share of the schema's properties that are right
    match  the share of leaves that equal the reference's, where the ground truth is one
    """

    name = "json_schema"
    Params = JsonSchemaParams
    cost_ms = 0.5
    values = ("valid", "paths", "match")
    value_range = (0.0, 1.0)

    params: JsonSchemaParams

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        try:
            written, reference = self._asked(sample)
            if written is None:
                return Score.abstained("the row has no schema", kind="no_ground_truth")
            validator = compile_schema(written)
            document = find_document(sample.parts.answer)
            if self.params.alone and not document.alone:
                return _worst("the answer is more than JSON", reference)
            errors = errors_of(validator, document.value)
        except UnreadableSchemaError as error:
            return Score.abstained(str(error), kind="unreadable_ground_truth")
        except (UnsupportedSchemaError, TooDeepError) as error:
            return Score.abstained(str(error), kind="unsupported")
        except NoDocumentError as error:
            return _worst(str(error), reference)
        found = [f"{'.'.join(map(str, error.absolute_path)) or '(root)'}: {error.message}" for error in errors]
        match = None if reference is None else share_equal(document.value, reference)
        values = {
            "valid": float(not errors),
            "paths": share_of_paths(validator.schema, document.value, errors),
            "match": match,
        }
        return Score.scored(
            values,
            found[0] if found else "",
            errors=[error[:200] for error in found[:SHOWN_ERRORS]],
        )

    def _asked(self, sample: Sample) -> tuple[Any, Any]:
        """The schema of a sample and the document that it should equal; None for each that is not there."""
        truth = _loaded(sample.ground_truth)
        if self.params.json_schema is not None:
            return self.params.json_schema, truth
        paths = COLUMNS if self.params.column is None else (self.params.column,)
        written = next((value for path in paths if (value := sample.column(path)) is not None), None)
        if written is not None:
            return _loaded(written), truth
        if isinstance(truth, Mapping) and (_SCHEMA_KEYS & truth.keys() or isinstance(truth.get("type"), str)):
            return truth, None
        return None, None


def _worst(reason: str, reference: Any) -> Score:
    match = None if reference is None else 0.0
    return Score.scored({"valid": 0.0, "paths": 0.0, "match": match}, reason, kind="malformed")


def _loaded(value: Any) -> Any:
    """A schema or document out of a text that holds it; all else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value

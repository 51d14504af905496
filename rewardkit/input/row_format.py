"""From a row to a Sample: which columns hold what, in the shapes that the field writes.

    shape = detect(first_row)               # or detect(first_row, {"ground_truth": "extra_info.answer"}, "verl")
    sample = shape.sample(row)

A shape is data (`ROW_FORMATS`): the columns that give it away, and for each field of a Sample the places to look in, of
which the first that a row has is taken. A place is a column, or a dotted path into one. The first layout that fits the
first row serves the whole file. A mapping places fields by hand; what it claims for one field no other field takes.

What no field takes goes to `Sample.columns`, and so does a column that a field only reaches into (`reward_model`).
The block of an earlier judgement, there when our own output is scored again, does not.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from pydantic import ValidationError

from rewardkit.errors import ConfigError, InputError
from rewardkit.input import coercion
from rewardkit.input.files import Row
from rewardkit.rubrics.validation import nearest
from rewardkit.sample import Sample

BLOCK = "rewardkit"
"""The column of an output row that holds the judgement."""

FIELDS = ("completion", "prompt", "ground_truth", "completion_tokens", "truncated", "group")
"""The fields of a Sample that a mapping can place."""

Place = str
Read = Callable[[Mapping[str, Any]], Any]
Convert = Callable[[Any], Any]

_PLANS_KEPT = 256
_COMPLETION = ("completion", "response", "responses", "output", "generation", "generated_text", "prediction")
_GROUND_TRUTH = (
    "ground_truth", "expected_answer", "reference_answer", "final_answer", "answer", "solution", "target", "gold",
    "reference", "label",
)  # fmt: skip
_CONVERT: Mapping[str, Convert] = {
    "completion": coercion.completion,
    "prompt": coercion.prompt,
    "ground_truth": coercion.plain,
    "completion_tokens": coercion.completion_tokens,
    "truncated": coercion.truncated,
    "group": coercion.group,
}


@dataclass(frozen=True)
class RowFormat:
    """Where one kind of file keeps the fields of a sample."""

    about: str
    signs: tuple[tuple[Place, ...], ...]
    """The layout fits a row that has one place out of each of these."""
    completion: tuple[Place, ...] = _COMPLETION
    prompt: tuple[Place, ...] = ("prompt", "question", "problem", "input", "instruction", "query", "messages")
    ground_truth: tuple[Place, ...] = _GROUND_TRUTH
    completion_tokens: tuple[Place, ...] = (
        "completion_tokens", "num_generated_tokens", "response_length", "completion_ids", "response_ids",
        "usage.completion_tokens",
    )  # fmt: skip
    truncated: tuple[Place, ...] = ("truncated", "is_truncated", "finish_reason")
    group: tuple[Place, ...] = ("group", "group_id", "uid", "prompt_id", "example_id", "task_id")
    convert: Mapping[str, Convert] = field(default_factory=dict)
    """How this layout's own values become fields, where the usual way would not do."""


ROW_FORMATS: dict[str, RowFormat] = {
    "lm-eval": RowFormat(
        "lm-evaluation-harness's --log_samples (lm_eval/evaluator.py): doc, target, arguments, resps",
        signs=(("doc",), ("resps",)),
        completion=("resps",),  # filtered_resps holds what a filter made of it; judging wants what the model wrote
        prompt=("arguments",),
        ground_truth=("target",),
        group=("doc_id",),
        convert={"prompt": coercion.first_argument},
    ),
    "verl": RowFormat(
        "verl's dataset (docs/preparation/prepare_data.rst) with the responses that main_generation.py adds",
        signs=(("prompt",), ("data_source",), ("reward_model.ground_truth",)),
        completion=("responses", "response", "completion", "output"),
        ground_truth=("reward_model.ground_truth",),
    ),
    "verl-rollout": RowFormat(
        "verl's rollout dump (ray_trainer.py, _dump_generations): input, output, gts, score, step",
        signs=(("input",), ("output",), ("gts", "step")),
        completion=("output",),
        prompt=("input",),
        ground_truth=("gts",),
    ),
    "plain": RowFormat(
        "a column for each field: TRL's datasets, standard and conversational, and its completions_*.parquet "
        "(grpo_trainer.py, log), OpenRLHF's batch_inference.py, NeMo-Skills, verifiers, HumanEval's samples",
        signs=(_COMPLETION,),
    ),
    "messages": RowFormat(
        "OpenAI's chats: the last message of the assistant is the completion, what stands before it the prompt",
        signs=(("messages",),),
        completion=("messages",),
        prompt=("messages",),
        convert={"completion": coercion.last_answer, "prompt": coercion.before_last_answer},
    ),
}
"""By name, in the order in which they are tried."""


def detect(row: Row, mapping: Mapping[str, Place] | None = None, shape: str | None = None) -> "RowReader":
    """The shape of the file that begins with `row`.

    mapping  place of a field, by the field's name: `{"ground_truth": "extra_info.answer"}`
    shape    a name of ROW_FORMATS, where the columns mislead
    raises   ConfigError for a field or a shape that does not exist, InputError for a row that fits none
    """
    mapping = dict(mapping or {})
    for name in mapping.keys() - FIELDS:
        raise ConfigError(f"--map {name}=…: a sample has no field {name!r}{nearest(name, FIELDS)}")
    if shape is not None and shape not in ROW_FORMATS:
        raise ConfigError(f"--format {shape}: no shape of that name{nearest(shape, ROW_FORMATS)}")
    for name, place in mapping.items():
        if not _has(row.data, place):
            raise InputError(f"{row.where}: --map {name}={place}: no column {place!r}{nearest(place, row.data)}")
    names = [shape] if shape else [name for name, layout in ROW_FORMATS.items() if _fits(row.data, layout, mapping)]
    if not names:
        raise InputError(f"{row.where}: no column is known to hold the completion{_suggestion(row.data)}")
    return RowReader(names[0], mapping)


def _fits(data: Mapping[str, Any], layout: RowFormat, mapping: Mapping[str, Place]) -> bool:
    return all(
        ("completion" in mapping and sign == layout.completion) or any(_has(data, place) for place in sign)
        for sign in layout.signs
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """How one field is read from the rows that have the same columns."""

    field: str
    place: Place
    read: Read
    convert: Convert | None


class RowReader:
    """How the rows of one file become samples. Where the fields are is worked out once for each set of columns."""

    def __init__(self, name: str, mapping: Mapping[str, Place]) -> None:
        """Made by `detect`."""
        self.name = name
        self._layout = ROW_FORMATS[name]
        self._mapping = mapping
        self._plans: dict[tuple[str, ...], tuple[list[_Step], list[str]]] = {}

    def sample(self, row: Row) -> Sample:
        """The row's sample.

        raises  InputError, naming file, line and field
        """
        data = row.data
        names = tuple(data)
        plan = self._plans.get(names)
        if plan is None:
            plan = self._plan(row)
            if len(self._plans) < _PLANS_KEPT:
                self._plans[names] = plan
        steps, rest = plan
        values: dict[str, Any] = {"columns": {name: data[name] for name in rest}}
        step = steps[0]
        try:
            for step in steps:
                value = step.read(data)
                if value is not None or step.field == "completion":
                    values[step.field] = value if step.convert is None else step.convert(value)
            return Sample(**values)
        except coercion.MisfitError as misfit:
            raise InputError(f"{row.where}: {step.field} (column {step.place!r}) {misfit}") from misfit
        except ValidationError as error:
            raise InputError(f"{row.where}: {_first(error)}") from error

    def _plan(self, row: Row) -> tuple[list[_Step], list[str]]:
        """The fields that a row of these columns has, the completion first, and the columns that no field takes."""
        claimed = set(self._mapping.values())
        steps = []
        for name in FIELDS:
            by_hand = self._mapping.get(name)
            places = getattr(self._layout, name) if by_hand is None else (by_hand,)
            for place in places:
                if (by_hand or place not in claimed) and (place in row.data or place.split(".")[0] in row.data):
                    special = None if by_hand else self._layout.convert.get(name)
                    steps.append(_Step(name, place, _reader(row.data, place), special or _CONVERT.get(name)))
                    break
        if not steps or steps[0].field != "completion":
            wanted = self._mapping.get("completion") or " or ".join(map(repr, self._layout.completion))
            raise InputError(
                f"{row.where}: no column for the completion ({wanted} in the shape {self.name!r})"
                f"{_suggestion(row.data)}"
            )
        # A finish reason says more than whether the token limit was reached.
        taken = {BLOCK, *(step.place for step in steps)} - {"finish_reason"}
        return steps, [name for name in row.data if name not in taken]


def _reader(data: Mapping[str, Any], place: Place) -> Read:
    """What reads `place` from rows that have the columns of `data`: a column of that very name goes before a path."""
    if place in data:
        return itemgetter(place)
    first, *keys = place.split(".")

    def read(row: Mapping[str, Any]) -> Any:
        value = row[first]
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    return read


def _has(data: Mapping[str, Any], place: Place) -> bool:
    if place in data:
        return True
    return place.split(".")[0] in data and _reader(data, place)(data) is not None


def _listed(names: Iterable[str]) -> str:
    shown = [name for name in names if name != BLOCK]
    return ", ".join(shown[:30]) + (" …" if len(shown) > 30 else "") if shown else "none"


def _suggestion(data: Mapping[str, Any]) -> str:
    """The columns there are, and of those that hold text the one that most looks like a completion."""
    texts = [name for name, value in data.items() if isinstance(value, str)]
    near = [name for known in _COMPLETION for name in difflib.get_close_matches(known, texts, n=1, cutoff=0.7)]
    likely = near[0] if near else max(texts, key=lambda name: len(data[name]), default="COLUMN")
    return f"; columns found: {_listed(data)}; name it, perhaps with --map completion={likely}"


def _first(error: ValidationError) -> str:
    """The first thing that is wrong with a sample, without the union's branches that were not meant."""
    errors = error.errors(include_url=False, include_input=False)
    meant = next((one for one in errors if "str" not in one["loc"]), errors[0])
    path = ".".join(str(key) for key in meant["loc"] if not (isinstance(key, str) and "[" in key))
    return f"{path}: {meant['msg']}"

"""From a row to a Sample, by the format of its file.

    reader = detect(first_row)              # or detect(first_row, {"ground_truth": "extra_info.answer"}, "verl")
    sample = reader.sample(row)

The first format of `ROW_FORMATS` that fits the first row serves the whole file. A mapping says where fields are; a
column that it names for one field is not taken by another.

What no field takes goes to `Sample.columns`, and so does a column that a field only reaches into (`reward_model`).
The block of an earlier judgement, there when our own output is scored again, does not. What the ground truth or a text
was taken from goes to `Sample.renamed` (`answer`, `question`): a reward may ask for it by that name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from rewardkit.dotted_path import replaced_at, value_at
from rewardkit.errors import ConfigError, InputError
from rewardkit.input import coercion
from rewardkit.input.caller import Caller
from rewardkit.input.columns_found import ColumnsFound, no_completion, short
from rewardkit.input.row import Row
from rewardkit.input.row_format import (
    BLOCK,
    CONVERT,
    ROW_FORMATS,
    ColumnPath,
    Convert,
    RowFormat,
    find_path,
    is_judgement,
)
from rewardkit.prevalidated import prevalidated
from rewardkit.sample import Sample
from rewardkit.suggestions import nearest

_PLANS_KEPT = 256


def detect(
    row: Row,
    mapping: Mapping[str, ColumnPath] | None = None,
    row_format: str | None = None,
    caller: Caller = Caller.PYTHON,
) -> "RowReader":
    """The reader of the file that begins with `row`.

    mapping     path of a field, by the field's name: `{"ground_truth": "extra_info.answer"}`
    row_format  a name of ROW_FORMATS, where the columns mislead
    caller      whose parameters messages name
    raises      ConfigError for a field or a format that does not exist, InputError for a row that fits none
    """
    mapping = dict(mapping or {})
    for name in mapping.keys() - CONVERT.keys():
        raise ConfigError(f"{caller.option(name, '…')}: a sample has no field {name!r}{nearest(name, CONVERT)}")
    if row_format is not None and row_format not in ROW_FORMATS:
        raise ConfigError(f"--format {row_format}: no format of that name{nearest(row_format, ROW_FORMATS)}")
    for name, path in mapping.items():
        if not _has(row.data, path):
            raise InputError(
                f"{row.where}: {caller.option(name, path)}: no column {path!r}{nearest(path, row.data)}; "
                f"columns found: {ColumnsFound([row.data])}"
            )
    names = [row_format] if row_format else [name for name, known in ROW_FORMATS.items() if _fits(row, known, mapping)]
    if not names:
        found = ColumnsFound([row.data])
        raise InputError(f"{row.where}: no column is known to hold the completion; {no_completion(found, caller)}")
    return RowReader(_best(row, names, mapping), mapping, caller)


def _best(row: Row, names: list[str], mapping: Mapping[str, ColumnPath]) -> str:
    """The first format, but one whose chat holds no answer yet gives way to one that has a completion."""
    if len(names) > 1 and names[0] == "messages" and "completion" not in mapping:
        path = next(path for path in ROW_FORMATS["messages"].completion if _has(row.data, path))
        try:
            coercion.last_answer(value_at(row.data, [find_path(row.data, path) or path]))
        except coercion.MisfitError:
            return names[1]
    return names[0]


def _fits(row: Row, known: RowFormat, mapping: Mapping[str, ColumnPath]) -> bool:
    return all(
        ("completion" in mapping and sign == known.completion) or any(_has(row.data, path) for path in sign)
        for sign in known.signs
    )


def _has(data: Mapping[str, Any], path: ColumnPath) -> bool:
    found = find_path(data, path)
    return found is not None and (found in data or value_at(data, found) is not None)


@dataclass(frozen=True, slots=True)
class _Step:
    """How one field is read from the rows that have the same columns."""

    field: str
    paths: tuple[ColumnPath, ...]
    """Of which the first whose value is not null is taken."""
    keys: tuple[tuple[str, ...], ...]
    convert: Convert
    column: str | None
    """The column, where there is one path and it is a column."""

    def value(self, data: Mapping[str, Any]) -> Any:
        """The row's value of the field; None where it has none."""
        if self.column is not None:
            return data[self.column]
        for first, *rest in self.keys:
            value = value_at(data[first], rest) if rest else data[first]
            if value is not None:
                return value
        return None


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the rows that have the same columns become samples."""

    completion: _Step
    others: tuple[_Step, ...]
    rest: tuple[str, ...]
    """The columns that no field takes."""
    ground_truths: tuple[str, ...]
    """The columns that the ground truth is taken from."""
    texts: tuple[str, ...]
    """The other columns that a field takes, kept where they hold a text, which costs nothing."""


class RowReader:
    """Reads the rows of one file as samples. Where the fields are is worked out once for each set of columns."""

    def __init__(self, name: str, mapping: Mapping[str, ColumnPath], caller: Caller) -> None:
        """Made by `detect`."""
        self.name = name
        """The name of the rows' format."""
        self._format = ROW_FORMATS[name]
        self._mapping = mapping
        self._caller = caller
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def sample(self, row: Row) -> Sample:
        """The row's sample.

        raises  InputError, naming file, line and field
        """
        return self._sample_by(self._plan(row), row)

    def samples(self, row: Row) -> list[tuple[Row, Sample]]:
        """The row with its sample, or as many as it has completions: `split` and `sample` in one.

        raises  InputError, naming file, line and field
        """
        plan = self._plan(row)
        if type(plan.completion.value(row.data)) is str:
            return [(row, self._sample_by(plan, row))]
        return [(one, self.sample(one)) for one in self.split(row)]

    def _sample_by(self, plan: _Plan, row: Row) -> Sample:
        data = row.data
        if BLOCK in data and not is_judgement(data[BLOCK]):
            raise InputError(
                f"{row.where}: has a column {BLOCK!r} of its own ({short(data[BLOCK])}), where judgements are written; "
                "rename that column"
            )
        renamed = {name: data[name] for name in plan.ground_truths}
        for name in plan.texts:
            if type(text := data[name]) is str:
                renamed[name] = text
        values: dict[str, Any] = {"columns": {name: data[name] for name in plan.rest}, "renamed": renamed}
        step = plan.completion
        try:
            values["completion"] = step.convert(step.value(data))
            for step in plan.others:
                value = step.value(data)
                empty = type(value) is str and not value and step.field != "prompt"  # as CSV writes null
                if value is not None and not empty:
                    values[step.field] = step.convert(value)
            return _sample(values, checked=bool(row.raw))
        except coercion.MisfitError as misfit:
            raise InputError(f"{row.where}: {step.field} (column {step.paths[0]!r}) {misfit}") from misfit
        except ValidationError as error:
            raise InputError(f"{row.where}: {_first(error)}") from error

    def split(self, row: Row) -> list[Row]:
        """The row itself, or a row for each of its completions where it holds several in a list.

        Each keeps all columns; those of the completion, and of its tokens and finish reason where they hold as many
        values, keep a list of one.
        """
        plan = self._plan(row)
        if type(plan.completion.value(row.data)) is str:
            return [row]
        keys = next((keys for keys in plan.completion.keys if value_at(row.data, keys) is not None), None)
        several = coercion.several(value_at(row.data, keys)) if keys else None
        if keys is None or several is None:
            return [row]
        parallel = {
            name: coercion.plain(row.data[name])
            for step in plan.others
            if step.field in ("completion_tokens", "truncated")
            for name, *inner in step.keys
            if not inner
        }
        count = len(several)
        lists = {name: value for name, value in parallel.items() if isinstance(value, list) and len(value) == count}
        return [
            Row(
                replaced_at(row.data, keys, one) | {name: [value[number]] for name, value in lists.items()},
                row.source,
                row.line,
                part=number + 1,
                unit=row.unit or ("line" if row.raw else "row"),
            )
            for number, one in enumerate(several)
        ]

    def path(self, name: str, row: Row) -> ColumnPath | None:
        """Where a field of this row is read from, for messages; None where the row says nothing of it."""
        return next((path for path, value in self._found(name, row) if value is not None), None)

    def value(self, name: str, row: Row) -> Any:
        """The row's value of a field, as it stands there; None where it has none."""
        return next((value for _, value in self._found(name, row) if value is not None), None)

    def _found(self, name: str, row: Row) -> list[tuple[ColumnPath, Any]]:
        plan = self._plan(row)
        steps = [step for step in (plan.completion, *plan.others) if step.field == name]
        return [
            (path, value_at(row.data, keys)) for step in steps for path, keys in zip(step.paths, step.keys, strict=True)
        ]

    def _plan(self, row: Row) -> _Plan:
        names = tuple(row.data)
        plan = self._plans.get(names)
        if plan is None:
            plan = self._new_plan(row)
            if len(self._plans) < _PLANS_KEPT:
                self._plans[names] = plan
        return plan

    def _new_plan(self, row: Row) -> _Plan:
        steps = {name: step for name in CONVERT if (step := self._step(name, row.data))}
        completion = steps.pop("completion", None)
        if completion is None:
            wanted = self._mapping.get("completion") or " or ".join(map(repr, self._format.completion))
            raise InputError(
                f"{row.where}: no column for the completion ({wanted} in the format {self.name!r}); "
                f"{no_completion(ColumnsFound([row.data]), self._caller)}"
            )
        taken = {BLOCK, *(keys[0] for step in (completion, *steps.values()) for keys in step.keys if len(keys) == 1)}
        # A finish reason says more than whether the token limit was reached.
        kept = {name for name in taken if name in ("finish_reason", "stop_reason")}
        rest = tuple(name for name in row.data if name not in taken - kept)
        renamed = taken - kept - {BLOCK} - Sample.model_fields.keys()
        truth = steps.get("ground_truth")
        truths = {keys[0] for keys in truth.keys} if truth else set()
        ground_truths = tuple(name for name in row.data if name in renamed & truths)
        texts = tuple(name for name in row.data if name in renamed - truths)
        return _Plan(completion, tuple(steps.values()), rest, ground_truths, texts)

    def _step(self, name: str, data: Mapping[str, Any]) -> _Step | None:
        """How a field is read from rows with these columns; None where no column is known to hold it.

        A path that leads nowhere in some row is passed over there; a column that is there decides.
        """
        by_hand = self._mapping.get(name)
        claimed = {find_path(data, path) for path in self._mapping.values()}
        paths: list[ColumnPath] = []
        keys: list[tuple[str, ...]] = []
        for known in self._format.paths(name) if by_hand is None else (by_hand,):
            path = find_path(data, known)
            if path is None or (by_hand is None and path in claimed) or path in paths:
                continue
            paths.append(path)
            keys.append((path,) if path in data else tuple(path.split(".")))
            if path in data:
                break
        if not paths:
            return None
        special = None if by_hand else self._format.convert.get(name)
        column = keys[0][0] if len(keys) == 1 and len(keys[0]) == 1 else None
        return _Step(name, tuple(paths), tuple(keys), special or CONVERT[name], column)


_DEFAULTS = {name: field.get_default(call_default_factory=True) for name, field in Sample.model_fields.items()}


def _sample(values: dict[str, Any], *, checked: bool) -> Sample:
    """The sample with these values, each of which `coercion` has made of the right type, but for chats.

    checked  the texts come from a file, where they were checked to be Unicode
    raises   ValidationError
    """
    completion, prompt = values["completion"], values.get("prompt", "")
    if type(completion) is str and type(prompt) is str and (checked or (completion.isascii() and prompt.isascii())):
        return prevalidated(Sample, _DEFAULTS | {"needed": {}} | values)
    return Sample(**values)


def _first(error: ValidationError) -> str:
    """The first thing that is wrong with a sample, without the union's branches that were not meant."""
    errors = error.errors(include_url=False, include_input=False)
    meant = next((one for one in errors if "str" not in one["loc"]), errors[0])
    path = ".".join(str(key) for key in meant["loc"] if not (isinstance(key, str) and "[" in key))
    return f"{path}: {meant['msg']}"

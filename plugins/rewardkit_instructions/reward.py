"""The reward `instruction_following`: the share of checkable instructions that an answer follows."""

import ast
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rewardkit import Reward, RewardParams, Sample, Score
from rewardkit_instructions.constraints import CONSTRAINTS, Check, arguments_of, fits, follows
from rewardkit_instructions.detect import MissingPackageError

NAMES = ("instruction_id_list", "instruction_id", "instruction_ids")
ARGUMENTS = ("kwargs", "instruction_kwargs")


class InstructionFollowingParams(RewardParams):
    column: str | None = None
    """The column of an object with `instruction_id_list` and `kwargs`; left out: the ground truth or the row itself."""


class Asked(NamedTuple):
    """One constraint of a row."""

    name: str
    check: Check
    arguments: Mapping[str, Any]


class UnreadableConstraintsError(ValueError):
    """Constraints in a form that is not known."""


class UnknownConstraintError(ValueError):
    """A constraint that is not in the table."""


class InstructionFollowing(Reward):
    """1 if the answer follows every instruction of the row that a program can check, as IFEval and IFBench check them.

    strict        1.0 if it follows all of them
    loose         the same, where the answer may have a line or asterisks too many
    strict_share  the share that it follows
    loose_share   the share that it follows loosely
    """

    name = "instruction_following"
    Params = InstructionFollowingParams
    cost_ms = 1.0
    values = ("strict", "loose", "strict_share", "loose_share")
    value_range = (0.0, 1.0)

    params: InstructionFollowingParams

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        try:
            asked = constraints_of(self._written(sample))
        except UnreadableConstraintsError as error:
            return Score.abstained(str(error), kind="unreadable_ground_truth")
        except UnknownConstraintError as error:
            return Score.abstained(str(error), kind="unsupported")
        if asked is None:
            return Score.abstained("the row has no instruction_id_list", kind="no_ground_truth")
        text = sample.parts.answer
        if not text.strip():
            return self._judged([(one, False, False) for one in asked], kind="no_answer")
        try:
            return self._judged([(one, *follows(one.check, one.arguments, text)) for one in asked])
        except MissingPackageError as error:
            return Score.abstained(str(error), kind="unsupported")

    def _written(self, sample: Sample) -> Any:
        """The object that holds the constraints of a row."""
        if self.params.column is not None:
            return sample.column(self.params.column)
        truth = _loaded(sample.ground_truth)
        if isinstance(truth, list) and len(truth) == 1:  # IF_multi_constraints_upto5
            truth = truth[0]
        held = [truth, sample.columns, sample.columns.get("extra_info"), sample.columns.get("metadata")]
        return next((place for place in held if isinstance(place, Mapping) and _first(place, NAMES) is not None), None)

    def _judged(self, found: Sequence[tuple[Asked, bool, bool]], **kind: Any) -> Score:
        strict = sum(one[1] for one in found) / len(found)
        loose = sum(one[2] for one in found) / len(found)
        missed = [one[0].name for one in found if not one[1]]
        values = {
            "strict": float(strict == 1),
            "loose": float(loose == 1),
            "strict_share": strict,
            "loose_share": loose,
        }
        return Score.scored(
            values,
            f"does not follow {', '.join(missed)}" if missed else "",
            constraints=[{"id": one.name, "strict": strictly, "loose": loosely} for one, strictly, loosely in found],
            **kind,
        )


def constraints_of(written: Any) -> list[Asked] | None:
    """The constraints in an object of a data set; None where there is no such object.

    raises  UnreadableConstraintsError, UnknownConstraintError
    """
    if written is None:
        return None
    names = _loaded(_first(written, NAMES)) if isinstance(written, Mapping) else None
    names = [names] if isinstance(names, str) else _listed(names)
    if not names:
        raise UnreadableConstraintsError(f"wanted an object with instruction_id_list and kwargs, found {written!r:.80}")
    given = _listed(_loaded(_first(written, ARGUMENTS)))
    each = [_loaded(one) or {} for one in given or [{}] * len(names)]
    if len(each) != len(names):
        raise UnreadableConstraintsError(f"{len(names)} instructions with {len(each)} kwargs")
    return [_asked(str(name), arguments) for name, arguments in zip(names, each, strict=True)]


def _asked(name: str, arguments: Any) -> Asked:
    check = CONSTRAINTS.get(name)
    if check is None:
        raise UnknownConstraintError(f"the constraint {name!r} is not known")
    needed = arguments_of(check)
    given = dict(arguments) if isinstance(arguments, Mapping) else {}
    if missing := [one for one in needed if given.get(one) is None]:
        raise UnreadableConstraintsError(f"{name} needs {', '.join(missing)} in its kwargs")
    used = {one: _whole(given[one]) for one in needed}
    for one, value in used.items():
        if not fits(check, one, value):
            raise UnreadableConstraintsError(f"{name} cannot use {one}: {value!r:.60}")
    return Asked(name, check, used)


def _first(place: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((place[key] for key in keys if place.get(key) is not None), None)


def _listed(value: Any) -> list[Any] | None:
    if hasattr(value, "tolist"):
        value = value.tolist()
    return list(value) if isinstance(value, list | tuple) else None


def _whole(value: Any) -> Any:
    """A number that Parquet made a float as the integer that it was."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _loaded(value: Any) -> Any:
    """The value that a text holds as JSON or as a Python literal; anything else unchanged."""
    if not isinstance(value, str) or value[:1] not in "[{":
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return value

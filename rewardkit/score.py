"""The judgement of one reward on one sample, and the result that the rubric composes from several.

A judgement ends in one of three ways. `scored`: the value is a finite number; a wrong answer is 0.0, and so is
whatever the completion did to its judge. `abstained`: the reward does not apply or cannot know. `failed`: the judge's
own fault, which must never train the model. Only `scored` has a value. `kind` says which of several ends it was, so
that no program needs to read the sentence in `reason`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rewardkit.prevalidated import prevalidated

Status = Literal["scored", "abstained", "failed"]
Kind = Literal[
    "judged",
    "no_answer",
    "malformed",
    "time_limit",
    "memory_limit",
    "output_limit",
    "not_asked",
    "no_ground_truth",
    "unreadable_ground_truth",
    "unsupported",
    "not_applicable",
    "undecidable",
    "plugin_error",
    "crash",
    "timeout",
    "unavailable",
    "rate_limited",
    "sandbox_error",
    "overloaded",
    "breaker_open",
]

KINDS: Mapping[Status, Mapping[Kind, str]] = {
    "scored": {
        "judged": "the reward judged the completion",
        "no_answer": "the completion holds nothing to judge",
        "malformed": "what the completion holds cannot be read, by the completion's own fault",
        "time_limit": "the completion used up its time",
        "memory_limit": "the completion used up its memory",
        "output_limit": "the completion wrote more than it may",
    },
    "abstained": {
        "not_applicable": "the reward is not meant for this sample",
        "not_asked": "a closed gate or a `when` of the rubric kept the reward from being asked",
        "no_ground_truth": "the row has no ground truth",
        "unreadable_ground_truth": "the row has a ground truth that the reward cannot read",
        "unsupported": "a right completion could not be told from a wrong one here: a missing package, a test that "
        "cannot be run",
        "undecidable": "the question was understood, and no method of the reward decides it",
    },
    "failed": {
        "plugin_error": "the reward raised an error, or returned what is not a Score",
        "crash": "the process that judged it died",
        "timeout": "the judge waited too long for something that is not the completion's doing",
        "unavailable": "a service that the reward needs could not be reached",
        "rate_limited": "a service that the reward needs refused, for too many requests",
        "sandbox_error": "the sandbox itself did not work",
        "overloaded": "the judge got too little of the machine's processors",
        "breaker_open": "the reward hung again and again and is not asked for a while",
    },
}
"""The kinds of each status with their meanings; the first kind of a status is its default."""

_DEFAULT_KIND: dict[str, Kind] = {status: next(iter(kinds)) for status, kinds in KINDS.items()}


class Score(BaseModel):
    """The judgement of one reward on one sample."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float | None
    status: Status
    kind: Kind = Field(default_factory=lambda fields: _DEFAULT_KIND.get(fields.get("status", ""), "judged"))
    """How the judgement ended, for programs to read: a kind of the status in `KINDS`."""
    reason: str = ""
    """One sentence for a person: why this value, or why no value."""
    details: Mapping[str, Any] = Field(default_factory=dict)
    """The evidence of the judgement as JSON values: what was extracted, which test failed."""
    turns: tuple[float | None, ...] | None = None
    """A value for each turn of a conversation, where the reward gives them; never part of the composed reward."""
    values: Mapping[str, float | None] | None = None
    """The named values of a reward that gives several; `value` is the first of them that is not None."""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.status == "scored":
            if self.value is None or not math.isfinite(self.value):
                raise ValueError(
                    f"a score must be a finite number, not {self.value!r}; a judge that cannot know abstains"
                )
        elif self.value is not None:
            raise ValueError(f"a score that {self.status} has no value, found {self.value!r}")
        if self.kind not in KINDS[self.status]:
            kinds = ", ".join(KINDS[self.status])
            raise ValueError(f"the kind {self.kind!r} does not belong to {self.status!r}; its kinds are {kinds}")
        if self.turns is not None and not all(turn is None or math.isfinite(turn) for turn in self.turns):
            raise ValueError(f"turns must be finite numbers or None, found {self.turns!r:.80}")
        if self.values is not None:
            if self.status != "scored":
                raise ValueError(f"a score that {self.status} has no values, found {self.values!r:.80}")
            if not all(value is None or math.isfinite(value) for value in self.values.values()):
                raise ValueError(f"values must be finite numbers or None, found {self.values!r:.80}")
        return self

    def value_of(self, name: str) -> float | None:
        """A named value; where the reward gave one value for all of them, that one."""
        return self.value if self.values is None else self.values.get(name)

    @classmethod
    def scored(
        cls,
        value: float | Mapping[str, float | None],
        reason: str = "",
        *,
        kind: Kind = "judged",
        turns: Sequence[float | None] | None = None,
        **details: Any,
    ) -> Self:
        """The reward judged the sample.

        value    a finite number, or named values of which one is not None at least
        reason   one sentence for a person
        kind     one of `KINDS["scored"]`
        turns    a value for each turn of a conversation, None for a turn without one
        details  evidence, as JSON values
        """
        # Most scores of a run are made here: what is of the right type need not go through pydantic.
        plain = type(value) is float and type(reason) is str and turns is None and cls is Score
        if plain and kind in KINDS["scored"] and math.isfinite(value):  # type: ignore[arg-type]  # a float
            values = {"value": value, "status": "scored", "kind": kind, "reason": reason, "details": details}
            return prevalidated(cls, values | {"turns": None, "values": None})
        each = None if turns is None else tuple(turns)
        if isinstance(value, Mapping):
            first = next((one for one in value.values() if one is not None), None)
            return cls(
                value=first, status="scored", kind=kind, reason=reason, details=details, turns=each, values=value
            )
        return cls(value=value, status="scored", kind=kind, reason=reason, details=details, turns=each)

    @classmethod
    def abstained(cls, reason: str, *, kind: Kind = "not_applicable", **details: Any) -> Self:
        """The reward does not apply to the sample, or cannot know; `kind` is one of `KINDS["abstained"]`."""
        return cls(value=None, status="abstained", kind=kind, reason=reason, details=details)

    @classmethod
    def failed(cls, reason: str, *, kind: Kind = "plugin_error", **details: Any) -> Self:
        """The judge could not judge, by its own fault; `kind` is one of `KINDS["failed"]`."""
        return cls(value=None, status="failed", kind=kind, reason=reason, details=details)


Weight = float | Mapping[str, float]
"""The weight of a reward: a number, or one for each of its named values."""


def is_paid(weight: Weight) -> bool:
    """True for a weight that is not 0."""
    return any(weight.values()) if isinstance(weight, Mapping) else bool(weight)


class Result(BaseModel):
    """The composed reward of one sample, with the scores that it was composed of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reward: float | None
    """The number for the trainer; None where the rubric gives none (see `rewardkit.rubrics.compose`)."""
    scores: Mapping[str, Score]
    """By the reward's alias in the rubric, in the rubric's order."""
    weights: Mapping[str, Weight]
    """The weight of each score at this point of training."""
    elapsed_ms: Mapping[str, float] = Field(default_factory=dict)
    """How long each reward took; empty unless timings were asked for."""

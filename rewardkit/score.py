"""What a reward said of a sample, and what the rubric made of it.

A judgement ends in one of three ways. `scored`: the value is a finite number; a wrong answer is 0.0, and so is
whatever the completion did to its judge. `abstained`: the reward does not apply or cannot know. `failed`: the judge's
own fault, which must never train the model. Only `scored` has a value.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Status = Literal["scored", "abstained", "failed"]


class Score(BaseModel):
    """What one reward said of one sample."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float | None
    status: Status
    reason: str = ""
    """One sentence for a person: why this value, or why none."""
    details: Mapping[str, Any] = Field(default_factory=dict)
    """What the judgement rests on, as JSON values: what was extracted, which test failed."""

    @model_validator(mode="after")
    def _only_scored_has_a_value(self) -> Self:
        if self.status == "scored":
            if self.value is None or not math.isfinite(self.value):
                raise ValueError(
                    f"a score must be a finite number, not {self.value!r}; a judge that cannot know abstains"
                )
        elif self.value is not None:
            raise ValueError(f"a score that {self.status} has no value, found {self.value!r}")
        return self

    @classmethod
    def scored(cls, value: float, reason: str = "", **details: Any) -> Self:
        """The reward judged the sample: value is a finite number."""
        return cls(value=value, status="scored", reason=reason, details=details)

    @classmethod
    def abstained(cls, reason: str, **details: Any) -> Self:
        """The reward does not apply to the sample, or cannot know."""
        return cls(value=None, status="abstained", reason=reason, details=details)

    @classmethod
    def failed(cls, reason: str, **details: Any) -> Self:
        """The judge could not judge, by its own fault."""
        return cls(value=None, status="failed", reason=reason, details=details)


class Result(BaseModel):
    """The composed reward of one sample, with the scores that it was composed of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reward: float | None
    """What a trainer gets; None where the rubric cannot say (see `rewardkit.rubrics.compose`)."""
    scores: Mapping[str, Score]
    """By the reward's alias in the rubric, in the rubric's order."""
    weights: Mapping[str, float]
    """The weight of each score at this point of training."""
    elapsed_ms: Mapping[str, float] = Field(default_factory=dict)
    """How long each reward took; empty unless timings were asked for."""

    @classmethod
    def from_block(cls, block: Mapping[str, Any]) -> Self:
        """The result that a `rewardkit` block was written from."""
        scores, weights, elapsed_ms = {}, {}, {}
        for alias, row in block["scores"].items():
            scores[alias] = Score(**{name: row[name] for name in Score.model_fields})
            weights[alias] = row["weight"]
            if "elapsed_ms" in row:
                elapsed_ms[alias] = row["elapsed_ms"]
        return cls(reward=block["reward"], scores=scores, weights=weights, elapsed_ms=elapsed_ms)

    def as_block(self, *, timings: bool = True) -> dict[str, Any]:
        """The `rewardkit` block of an output row, with `elapsed_ms` where it was measured and `timings` asks for it."""
        scores = {}
        for alias, score in self.scores.items():
            row: dict[str, Any] = {"value": score.value, "status": score.status, "weight": self.weights[alias]}
            row |= {"reason": score.reason, "details": score.details}
            if timings and alias in self.elapsed_ms:
                row["elapsed_ms"] = self.elapsed_ms[alias]
            scores[alias] = row
        return {"reward": self.reward, "scores": scores}

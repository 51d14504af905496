"""The messages of the server's own API, for its OpenAPI description."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Error(BaseModel):
    """Why a request is not answered; more fields may follow."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    error: str
    """The problem that was found, and the fix."""


class _Judged(_Message):
    rubric: str | None = None
    """Name of the rubric; not needed where the server has one."""
    progress: float = Field(default=1.0, ge=0, le=1)
    """How far training has come: what weight schedules read."""
    deadline_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Seconds after which what is not judged is `failed: timeout`; the server's own limit if that is less."""


class ScoreRequest(_Judged):
    """One row, or many."""

    row: Mapping[str, Any] | None = None
    """A row as `rewardkit score` reads it: `{"prompt": …, "completion": …, "ground_truth": …}`."""
    rows: Sequence[Mapping[str, Any]] | None = None
    """Rows; a row that holds several completions is one row for each of them."""

    @model_validator(mode="after")
    def _one_of_both(self) -> "ScoreRequest":
        if (self.row is None) == (self.rows is None):
            raise ValueError("wanted `row` or `rows`, one of both")
        return self


class ExplainRequest(_Judged):
    """One row."""

    row: Mapping[str, Any]
    """A row as `rewardkit score` reads it."""


class Block(BaseModel):
    """The judgement of one completion, as `rewardkit score` writes it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    version: int
    """Of this form."""
    reward: float | None
    """The number for the trainer; null where the rubric gives none."""
    scores: Mapping[str, Mapping[str, Any]]
    """By alias: value, status, kind, weight, reason, details, elapsed_ms."""


class ScoreResponse(BaseModel):
    """Judgements in the rows' order: `result` for `row`, `results` for `rows`."""

    result: Block | None = None
    results: Sequence[Block] | None = None


class Explanation(BaseModel):
    """How a row got its reward."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    rubric: str
    format: str
    """The format that the row was read in."""
    prompt: str
    reasoning: str | None
    answer: str
    """The completion without its reasoning."""
    ground_truth: Any
    result: Block
    adds: Mapping[str, float | str | None]
    """The amount that each reward adds; `none` if it makes the whole reward null, null if it is left out."""
    combine: str
    clip: Sequence[float] | None


class RubricDescription(BaseModel):
    """A rubric that is served."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    rewards: Mapping[str, str]
    """Each reward with its version, by alias, in the order of the scores."""
    sees_groups: bool
    """True if a reward judges whole groups: those of one request."""
    workers: int
    """Processes that judge."""
    hash: str | None
    """Of all that decides a judgement; null where the rubric cannot be compared."""
    identity: Mapping[str, Any] | None
    """The data that the hash is computed from."""


class JobRequest(_Message):
    """Samples of a `Scorer` elsewhere, which uses this server as its engine."""

    hash: str
    """Of the rubric that the scorer was made with."""
    units: Sequence[Sequence[Mapping[str, Any]]]
    """Samples, field by field; each unit is one sample or a whole group."""
    weights: Mapping[str, float | Mapping[str, float]]
    budget_s: float | None = Field(default=None, allow_inf_nan=False)
    """Seconds after which what is not judged is `failed: timeout`."""


class JobResponse(BaseModel):
    """The judgements of a job."""

    results: Sequence[Sequence[Block]]
    seconds: float

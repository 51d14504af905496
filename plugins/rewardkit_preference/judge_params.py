"""The parameters of `judge_model`."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from rewardkit import RewardParams
from rewardkit_preference.conversation import Part
from rewardkit_preference.criteria import check_names, criteria_of
from rewardkit_preference.endpoint import checked_url

_OURS = ("model", "messages", "response_format", "stream", "n")


class JudgeModelParams(RewardParams):
    """Who judges, by what, and how hard the endpoint may be pressed."""

    base_url: str
    """The part of the URL before `/chat/completions`, as in `http://localhost:8000/v1`."""
    model: str = Field(min_length=1)
    """The model's name at the endpoint."""
    api_key_env: str | None = None
    """The environment variable that holds the key; none is sent where this is left out."""
    mode: Literal["grade", "criteria", "rank"] = "grade"
    """`grade`: a grade on a scale. `criteria`: which of the row's criteria are met. `rank`: the answers of a group are
    compared, two at a time and in both orders."""
    criteria: str | None = Field(default=None, min_length=1)
    """Description of a good answer, in words to the judge."""
    criteria_column: str | None = None
    """For `mode: criteria`, the column that holds them; left out: `rubric`, `rubrics` or `criteria`."""
    items: tuple[str | Mapping[str, Any], ...] = ()
    """For `mode: criteria`, the criteria of all rows, as texts or with `name`, `weight` and `required`. Each is a named
    value of the reward."""
    show: tuple[str, ...] = ()
    """Columns of the row that the judge sees, such as `ground_truth`, which it is told is a reference answer."""
    opponents: int | None = Field(default=None, ge=1)
    """For `mode: rank`, how many others each answer is compared with; left out: all of them."""
    votes: int = Field(default=1, ge=1, le=32)
    """How often each question is asked, with other seeds and, unless `extra_body` says otherwise, at temperature 1."""
    scale: tuple[int, int] = (1, 10)
    """The worst and the best score that the judge may give; the reward's value is 0 to 1 between them."""
    part: Part = "answer"
    """`answer`: what follows the reasoning. `whole`: all of the completion, the reasoning too."""
    max_characters: int = Field(default=32_000, ge=100)
    """Most characters of the answer, and of the prompt; a longer prompt abstains."""
    too_long: Literal["truncate", "abstain"] = "truncate"
    """`truncate`: judge the beginning of an answer that is longer. `abstain`: say nothing of it."""
    concurrency: int = Field(default=8, ge=1)
    """Most requests at a time."""
    requests_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Most requests begun in a minute, evenly spread."""
    tokens_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Most tokens of prompts and replies in a minute, evenly spread: estimated, then as the server counts them."""
    attempts: int = Field(default=4, ge=1)
    """Most requests for one vote: after 429, 5xx, a broken connection, or a reply without a verdict."""
    prices: tuple[float, float] | None = None
    """Of a million tokens of prompt and of completion; with them the details hold what each score cost."""
    max_cost: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Most that a run may spend, in the currency of `prices`; after that the reward is `failed: unavailable`."""
    seed: int = 0
    """Sent to the server with each question."""
    extra_body: Mapping[str, Any] = Field(default_factory=dict)
    """More fields of the request, or others than `temperature` and `max_tokens: 1024`; null leaves a field out."""

    _url = field_validator("base_url")(checked_url)

    @field_validator("scale")
    @classmethod
    def _rises(cls, scale: tuple[int, int]) -> tuple[int, int]:
        if scale[0] >= scale[1]:
            raise ValueError("the first is the worst score, the second the best: they must rise")
        return scale

    @field_validator("extra_body")
    @classmethod
    def _leaves_ours_alone(cls, extra: Mapping[str, Any]) -> Mapping[str, Any]:
        if taken := [name for name in _OURS if name in extra]:
            raise ValueError(f"{', '.join(taken)} cannot be set here")
        return extra

    @model_validator(mode="after")
    def _fits_together(self) -> "JudgeModelParams":
        if self.max_cost is not None and self.prices is None:
            raise ValueError("max_cost needs prices: [of a million tokens of prompt, of completion]")
        if self.items:
            check_names(criteria_of(list(self.items)))
        return self

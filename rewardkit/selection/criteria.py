"""The criteria of a selection, and the published recipes as presets.

Every criterion is off unless it is given. They work in the order of `STEPS`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rewardkit.errors import ConfigError
from rewardkit.suggestions import nearest

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=1)]
Target = Literal["sft", "dpo", "rows", "prompts"]

TARGETS: Mapping[Target, str] = {
    "sft": "a conversation a row (`messages`), for TRL's SFTTrainer",
    "dpo": "a pair a row (`prompt`, `chosen`, `rejected`), for TRL's DPOTrainer",
    "rows": "the rows that are kept, byte for byte",
    "prompts": "the first row of each prompt that is kept, without its completion, for the next run of training",
}
"""Forms in which the kept rows are written."""

STEPS: Mapping[str, str] = {
    "judged": "has a verdict or a reward",
    "pass_rate": "pass rate of the prompt",
    "correct": "correct",
    "format": "format",
    "truncated": "not truncated",
    "language": "share of the language",
    "mixed": "no mixed languages",
    "paragraphs": "no long paragraph",
    "code": "no code block in the reasoning",
    "repetition": "little repetition",
    "duplicates": "no exact duplicate",
    "near_duplicates": "no near duplicate",
    "per_prompt": "the best of each prompt",
    "contaminated": "not in a benchmark",
    "length": "length",
}
"""The steps of a selection in their order, and what holds for the rows that each of them keeps."""


class Criteria(BaseModel):
    """The rows that a selection keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_pass_rate: Share | None = None
    """The least share of correct completions that a prompt may have, of those that were judged."""
    max_pass_rate: Share | None = None
    """The greatest share."""
    solved_by_some: bool = False
    """Only prompts with a correct and a wrong completion: DAPO's 0 < correct < G."""
    correct: bool = False
    """Only correct completions."""
    format: bool = False
    """Only completions with 1 for `format`: the score of that name, else the reward's own judgement."""
    not_truncated: bool = False
    """No completion that the token limit cut off. One of which nothing is known counts as whole."""
    language: str | None = None
    """The language that the reasoning must be in, as the reward `language` names it."""
    language_share: Share = 0.9
    """The least share of words in that language."""
    no_mixed_languages: bool = False
    """No completion of whose reasoning less than `language_share` is in one and the same language, whichever it is."""
    max_paragraph_words: Count | None = None
    """The most words that a paragraph of the reasoning may have; of the answer, where there is no reasoning."""
    no_code_in_reasoning: bool = False
    """No fenced code block in the reasoning."""
    max_repetition: Share | None = None
    """The greatest share of repeated n-grams, as the reward `repetition` counts them."""
    unique: bool = False
    """One of several completions of a prompt that differ in white space and capitals alone."""
    distinct_equations: bool = False
    """One of several completions of a prompt with the same equations in the same order (RFT)."""
    near_duplicates: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    """The similarity (Jaccard, of runs of five words) from which on two completions of a prompt are one."""
    per_prompt: Count | None = None
    """The most completions, or pairs, that are kept of a prompt: the best rewards, then the shortest."""
    decontaminate: tuple[str, ...] = ()
    """Files of benchmarks: no row whose prompt shares eight words in a row with a prompt of theirs."""
    min_words: Count | None = None
    """The fewest words of a completion."""
    max_words: Count | None = None
    min_tokens: Count | None = None
    """The fewest tokens of a completion, where the row counts them; rows without a count fail."""
    max_tokens: Count | None = None
    to: Target = "sft"
    """The form in which the kept rows are written: a key of TARGETS."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for unit in ("pass_rate", "words", "tokens"):
            least, most = getattr(self, f"min_{unit}"), getattr(self, f"max_{unit}")
            if least is not None and most is not None and least > most:
                raise ValueError(f"min_{unit} ({least:g}) is above max_{unit} ({most:g})")
        if self.unique and self.distinct_equations:
            raise ValueError("unique and distinct_equations are two rules for the same step; use one")
        return self

    @property
    def needs_verdicts(self) -> bool:
        """True if a criterion asks whether completions are correct."""
        rates = (self.min_pass_rate, self.max_pass_rate)
        return self.correct or self.solved_by_some or any(rate is not None for rate in rates)

    @property
    def needs_rewards(self) -> bool:
        """True if a criterion asks which completion of a prompt is better."""
        return self.per_prompt is not None or self.to == "dpo"

    @property
    def needs_prompts(self) -> bool:
        """True if a criterion compares the completions of a prompt, or the prompts are written."""
        rates = self.solved_by_some or self.min_pass_rate is not None or self.max_pass_rate is not None
        alike = self.unique or self.distinct_equations or self.near_duplicates is not None
        return self.needs_rewards or rates or alike or bool(self.decontaminate) or self.to != "rows"


class Preset(NamedTuple):
    """A published recipe."""

    about: str
    source: str
    criteria: Mapping[str, Any]


PRESETS: Mapping[str, Preset] = {
    "r1": Preset(
        "correct, in one language, no long paragraph, no code block in the reasoning",
        "DeepSeek-R1, arXiv:2501.12948, section 2.3.3: rejection sampling of the second stage; the numbers are ours",
        {
            "correct": True, "not_truncated": True, "no_mixed_languages": True, "max_paragraph_words": 400,
            "no_code_in_reasoning": True, "unique": True,
        },
    ),
    "open-r1": Preset(
        "correct and whole, in the right format, each once, one or more a prompt",
        "Open-R1, OpenR1-Math-220k (2025): generations that Math-Verify accepts and that were not cut off; 8-grams in "
        "scripts/decontaminate.py",
        {"correct": True, "format": True, "not_truncated": True, "unique": True},
    ),
    "dapo": Preset(
        "prompts that some completions solve and some do not",
        "DAPO, arXiv:2503.14476, section 3.2, equation 11: 0 < correct < G",
        {"solved_by_some": True, "to": "prompts"},
    ),
    "best-of-n": Preset(
        "the completion with the best reward of each prompt",
        "WebGPT, arXiv:2112.09332, section 3.2; Llama 2, arXiv:2307.09288, section 3.2.3 (rejection sampling)",
        {"per_prompt": 1},
    ),
    "rft": Preset(
        "correct completions of a prompt, one for each list of equations",
        "RFT, Yuan et al. 2023, arXiv:2308.01825, section 3.3",
        {"correct": True, "distinct_equations": True},
    ),
    "dpo-pairs": Preset(
        "a correct and a wrong completion of each prompt that has both",
        "Iterative RPO, Pang et al. 2024, arXiv:2404.19733, section 2; DPO, arXiv:2305.18290",
        {"solved_by_some": True, "correct": True, "not_truncated": True, "unique": True, "per_prompt": 1, "to": "dpo"},
    ),
}  # fmt: skip
"""By name: what each keeps, where it comes from, and its criteria."""


def criteria_of(preset: str | None, given: Mapping[str, Any]) -> Criteria:
    """The criteria of a preset, with those that were given besides in their place.

    raises  ConfigError for an unknown preset or criterion, and for a value that does not fit
    """
    if preset is not None and preset not in PRESETS:
        raise ConfigError(f"preset {preset!r}: no preset of that name{nearest(preset, PRESETS)}")
    wanted = {**(PRESETS[preset].criteria if preset else {}), **given}
    for name in wanted.keys() - Criteria.model_fields.keys():
        raise ConfigError(f"{name}: no such criterion{nearest(name, Criteria.model_fields)}")
    try:
        return Criteria(**wanted)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{where}: {first['msg']}" if where else str(first["msg"])) from error

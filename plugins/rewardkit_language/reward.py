"""The reward for thinking in the language that was asked for.

DeepSeek-R1 rewards the share of target-language words among all words of the chain of thought (arXiv:2501.12948,
section 2.3.2); Magistral gives a bonus when thought and answer are in the language of the prompt (arXiv:2506.10910,
section 2.2.4).
"""

import re
from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from rewardkit import Reward, RewardContext, RewardParams, Sample, Score
from rewardkit_language.languages import resolve
from rewardkit_language.measure import UNKNOWN, Measure, counts_as, measure

Part = Literal["thought", "answer", "whole", "both"]

MAIN_SHARE = 0.6
"""A prompt's own language is the one that at least this share of its words is in."""
PROMPT_WORDS = 3
"""Words that a prompt must have to tell its language by."""

_USER_TURN = re.compile(r"<\|(?:im_start|start_header_id)\|>\s*user(?:<\|end_header_id\|>)?|<[|｜]User[|｜]>|\[INST\]")
_TURN_END = re.compile(r"<\|(?:im_end|eot_id)\|>|<[|｜]Assistant[|｜]>|\[/INST\]")


class LanguageParams(RewardParams):
    """What language is asked for, of which part, and what a share is worth."""

    target: str | None = None
    """The language: a code, a tag or an English name (`de`, `de-AT`, `German`)."""
    target_column: str | None = None
    """The column that names the row's language; a dotted path. Without either: the prompt's own language."""
    part: Part = "thought"
    """`thought` is the whole completion where there is none; `both` is the smaller share of thought and answer."""
    mode: Literal["share", "threshold", "same-as-prompt"] = "share"
    """`share`: the share itself. `threshold`: 1 from `threshold` on, else 0. `same-as-prompt`: `threshold` on both
    parts, for the prompt's own language."""
    threshold: float = Field(default=0.9, gt=0.0, le=1.0)

    @field_validator("target", mode="before")
    @classmethod
    def _is_known(cls, target: Any) -> Any:
        if target is False:
            return "no"  # YAML 1.1 reads the code of Norwegian so
        if isinstance(target, str) and resolve(target) is None:
            raise ValueError(f"no language {target!r} is known; give an ISO 639-1 code such as de or zh")
        return target

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        named = [name for name in ("target", "target_column") if getattr(self, name) is not None]
        if len(named) == 2:
            raise ValueError("target and target_column exclude each other; give one")
        if named and self.mode == "same-as-prompt":
            raise ValueError(f"mode same-as-prompt takes the prompt's language; leave {named[0]} out")
        return self


class LanguageReward(Reward):
    """The share of words that are in the target language."""

    name = "language"
    Params = LanguageParams
    cost_ms = 2.0

    params: LanguageParams

    def __init__(self, params: Any, context: RewardContext) -> None:
        super().__init__(params, context)
        measure("load the model now")

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        target = self._target(sample)
        if isinstance(target, Score):
            return target
        measures = {name: measure(text, target) for name, text in self._parts(sample).items()}
        told = {name: found for name, found in measures.items() if found.total > 0}
        if not told:
            return Score.abstained("no word to tell a language from", target=target)
        wanted = counts_as(target)
        shares = {name: found.share(wanted) for name, found in told.items()}
        worst = min(shares, key=shares.__getitem__)
        share = shares[worst]
        value = share if self.params.mode == "share" else float(share >= self.params.threshold)
        reason = f"{share:.0%} of {round(told[worst].total)} words of the {worst} are {target}"
        return Score.scored(value, reason, **_details(target, share, worst, told[worst]))

    def _target(self, sample: Sample) -> str | Score:
        """The code of the language that is asked for, or why none is."""
        if self.params.target is not None:
            return str(resolve(self.params.target))
        if self.params.target_column is not None:
            named = sample.column(self.params.target_column)
            if named is None:
                return Score.abstained(f"the row has no column {self.params.target_column}")
            code = resolve(str(named))
            return code or Score.abstained(f"no language {str(named)[:40]!r} is known")
        found = measure(_question(sample))
        if found.total < PROMPT_WORDS or found.main in (None, UNKNOWN) or found.share([str(found.main)]) < MAIN_SHARE:
            return Score.abstained("the prompt's own language cannot be told")
        return str(found.main)

    def _parts(self, sample: Sample) -> dict[str, str]:
        parts = sample.parts
        part = "both" if self.params.mode == "same-as-prompt" else self.params.part
        if part == "answer":
            return {"answer": parts.answer}
        if part == "whole" or parts.reasoning is None:
            return {"completion": sample.completion_text}
        if part == "thought":
            return {"thought": parts.reasoning}
        return {"thought": parts.reasoning, "answer": parts.answer}


def _question(sample: Sample) -> str:
    """The user's last message, without a chat template's system prompt."""
    if not isinstance(sample.prompt, str):
        asked = [message.text for message in sample.prompt if message.role == "user"]
        return asked[-1] if asked else sample.prompt_text
    return _TURN_END.split(_USER_TURN.split(sample.prompt)[-1])[0]


def _details(target: str, share: float, part: str, found: Measure) -> dict[str, Any]:
    return {
        "target": target,
        "share": round(share, 4),
        "part": part,
        "words": round(found.total, 1),
        "words_by_language": {code: round(n, 1) for code, n in sorted(found.words.items(), key=lambda item: -item[1])},
        "foreign": [{"language": language, "text": text} for language, text in found.spans],
    }

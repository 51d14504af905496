"""The reward for reasoning in the language that was asked for.

DeepSeek-R1 rewards the share of target-language words among all words of the chain of thought (arXiv:2501.12948,
section 2.3.2); Magistral gives a bonus when reasoning and answer are in the language of the prompt (arXiv:2506.10910,
section 2.2.4).
"""

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from rewardkit import Parts, Reward, RewardContext, RewardParams, Sample, Score
from rewardkit_language.languages import Target, languages, resolve
from rewardkit_language.measure import UNKNOWN, Measure, measure
from rewardkit_language.question import instruction, question

Part = Literal["reasoning", "answer", "whole", "both"]

MAIN_SHARE = 0.6
"""A prompt's own language is the one that at least this share of its words is in."""
PROMPT_WORDS = 3
"""Words that a prompt must have to tell its language by."""


class LanguageParams(RewardParams):
    """The language that is asked for, of which part, and the worth of a share."""

    target: str | None = None
    """The language: a code, a tag or a name (`de`, `deu`, `de-AT`, `zh-Hant`, `German`, `Deutsch`)."""
    target_column: str | None = None
    """The column that names the row's language; a dotted path. Without either: the prompt's own language."""
    part: Part = "reasoning"
    """`reasoning` is the whole completion if it holds no reasoning; `both` is the smaller share of reasoning and
    answer."""
    turns: Literal["all", "last"] = "all"
    """Turns of the assistant that are judged in a conversation, those that call tools included."""
    mode: Literal["share", "threshold", "same-as-prompt"] = "share"
    """`share`: the share itself. `threshold`: 1 from `threshold` on, else 0. `same-as-prompt`: `threshold` on both
    parts, for the prompt's own language."""
    threshold: float = Field(default=0.9, gt=0.0, le=1.0)
    """Share of target-language words from which on `threshold` and `same-as-prompt` give 1."""

    @field_validator("target", mode="before")
    @classmethod
    def _is_known(cls, target: Any) -> Any:
        if target is False:
            return "no"  # YAML 1.1 reads the code of Norwegian so
        if isinstance(target, str) and resolve(target) is None:
            raise ValueError(f"no language {target!r} is known; known are {', '.join(languages())}")
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
    value_range = (0.0, 1.0)

    params: LanguageParams

    def __init__(self, params: Any, context: RewardContext) -> None:
        super().__init__(params, context)
        measure("load the model now")

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        """The share of each sample; an abstention where no word or no target tells a language."""
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        target = self._target(sample)
        if isinstance(target, Score):
            return target
        judged = sample.turns if self.params.turns == "all" else (sample.last_turn,)
        turns = [_Turn(turn.parts, target) for turn in judged]
        measures = {name: found for name in self._parts(turns) if (found := [turn.measured(name) for turn in turns])}
        with_words = {name: found for name, found in measures.items() if sum(turn.total for turn in found) > 0}
        if not with_words:
            return Score.abstained("no word to tell a language from", kind="undecidable", target=target.tag)
        shares = {name: _share(found) for name, found in with_words.items()}
        worst = min(shares, key=shares.__getitem__)
        share, found = shares[worst], with_words[worst]
        value = share if self.params.mode == "share" else float(share >= self.params.threshold)
        total = sum(turn.total for turn in found)
        score = Score.scored(
            value,
            f"{share:.0%} of {round(total)} words of the {worst} are {target.tag}",
            target=target.tag,
            share=round(share, 4),
            part=worst,
            words=round(total, 1),
            words_by_language=_by_language(found),
            foreign=[{"language": language, "text": text} for turn in found for language, text in turn.spans][:5],
        )
        if len(found) < 2:
            return score
        return score.model_copy(update={"turns": tuple(turn.share() if turn.total else None for turn in found)})

    def _target(self, sample: Sample) -> Target | Score:
        """The language that is asked for, or why there is none."""
        if self.params.target is not None:
            return resolve(self.params.target) or Score.abstained("no such language", kind="unsupported")
        if self.params.target_column is not None:
            named = sample.column(self.params.target_column)
            if named is None:
                return Score.abstained(f"the row has no column {self.params.target_column}", kind="not_applicable")
            target = resolve(str(named))
            return target or Score.abstained(f"no language {str(named)[:40]!r} is known", kind="unsupported")
        found = measure(instruction(question(sample)))
        if found.total < PROMPT_WORDS or found.main in (None, UNKNOWN) or found.share(found.main) < MAIN_SHARE:
            return Score.abstained("the prompt's own language cannot be told", kind="undecidable")
        target = resolve(str(found.main))
        return target or Score.abstained(f"the prompt is in {found.main}, which cannot be judged", kind="unsupported")

    def _parts(self, turns: Sequence["_Turn"]) -> tuple[str, ...]:
        part = "both" if self.params.mode == "same-as-prompt" else self.params.part
        if part == "answer":
            return ("answer",)
        if part == "whole" or all(turn.parts.reasoning is None for turn in turns):
            return ("completion",)
        return ("reasoning",) if part == "reasoning" else ("reasoning", "answer")


class _Turn:
    """A turn of the assistant, whose parts are measured when they are asked for."""

    def __init__(self, parts: Parts, target: Target) -> None:
        self.parts = parts
        self.target = target

    def measured(self, part: str) -> Measure:
        """The words of a part: `reasoning`, `answer` or `completion`."""
        reasoning, answer = self.parts.reasoning or "", self.parts.answer
        text = {"reasoning": reasoning, "answer": answer, "completion": f"{reasoning}\n\n{answer}"}[part]
        return measure(text, self.target)


def _share(found: Sequence[Measure]) -> float:
    """Words in the target by all words, over all turns."""
    return sum(turn.share() * turn.total for turn in found) / sum(turn.total for turn in found)


def _by_language(found: Sequence[Measure]) -> dict[str, float]:
    words: dict[str, float] = {}
    for turn in found:
        for code, count in turn.words.items():
            words[code] = words.get(code, 0.0) + count
    return {code: round(count, 1) for code, count in sorted(words.items(), key=lambda item: -item[1])}

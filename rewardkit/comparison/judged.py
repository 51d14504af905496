"""A judged row as a comparison sees it: whole while its other half comes at once, reduced while it waits."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from rewardkit.input.row import Row
from rewardkit.judgements.digest import digest
from rewardkit.judgements.reading import Judgement
from rewardkit.output.summary import spent
from rewardkit.sample import Sample

REASON_CHARACTERS = 300
TEXT_CHARACTERS = 160
NAME_CHARACTERS = 60


class Texts(NamedTuple):
    """The part of a row's texts that people see."""

    group: str
    prompt: str
    """Its beginning."""
    completion: str
    """Its end."""


class JudgedRow(NamedTuple):
    """One row with its judgement."""

    key: int
    """By which the same row is found on the other side."""
    group: int | None
    """A digest of its group."""
    row: Row
    sample: Sample | Texts
    judgement: Judgement
    verdict: bool | None
    deciding: tuple[str, ...]
    """The values that say whether it is correct."""

    def reduced(self) -> Self:
        """The same without its texts and details, to be held until its other half comes."""
        scores = {alias: _reduced(score) for alias, score in self.judgement.scores.items()}
        place = self.row._replace(data={}, raw=b"", unit=self.row.unit or ("line" if self.row.raw else "row"))
        return self._replace(row=place, sample=self.texts, judgement=Judgement(self.judgement.reward, scores))

    @property
    def texts(self) -> Texts:
        """The part of its texts that people see."""
        if isinstance(self.sample, Texts):
            return self.sample
        prompt, completion = self.sample.prompt_text, self.sample.completion_text
        return Texts(
            (self.sample.group_key or "")[:NAME_CHARACTERS],
            _one_line(prompt[: 2 * TEXT_CHARACTERS])[:TEXT_CHARACTERS],
            _one_line(completion[-2 * TEXT_CHARACTERS :])[-TEXT_CHARACTERS:],
        )

    @property
    def told(self) -> str:
        """The word of the deciding scores, as a sentence."""
        return "; ".join(_told(name, self.judgement) for name in self.deciding)


def judged_row(
    row: Row, sample: Sample, judgement: Judgement, deciding: tuple[str, ...], *, verdict: bool | None, key: Any = None
) -> JudgedRow:
    """A row and its judgement.

    deciding  the values that say whether it is correct
    key       the value of the column that names rows; None: prompt and completion name it
    """
    prompt = sample.prompt_text
    group = sample.group_key
    named = (
        digest("key", str(key)) if key is not None else digest("text", prompt or group or "", sample.completion_text)
    )
    return JudgedRow(named, None if group is None else digest(group), row, sample, judgement, verdict, deciding)


def amounts(score: Mapping[str, Any]) -> dict[str, float]:
    """The use of a paid service by a judgement."""
    details = score.get("details")
    return spent(details) if details and ("tokens" in details or "cost" in details) else {}


def _reduced(score: Mapping[str, Any]) -> dict[str, Any]:
    details = score.get("details") or {}
    kept = {name: details[name] for name in ("tokens", "cost", "gate") if name in details}
    reason = str(score.get("reason") or "")[:REASON_CHARACTERS]
    numbers = {name: score.get(name) for name in ("value", "status", "kind", "elapsed_ms", "values")}
    return {**numbers, "reason": reason, "details": kept}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _told(name: str, judgement: Judgement) -> str:
    value, reason = judgement.value(name), judgement.reason(name)[:REASON_CHARACTERS]
    head = f"{name} none" if value is None else f"{name} {value:g}"
    return f"{head}: {reason}" if reason else head

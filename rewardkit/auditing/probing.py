"""Completions judged as the pipeline judges them, each once: by the same scorer, in worker processes."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rewardkit.auditing.tasks import Task
from rewardkit.output.unjudged import UnjudgedWarning
from rewardkit.rubrics.compose import term
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Result
from rewardkit.testing.cases import with_fields
from rewardkit.testing.subject import answering

CHARACTERS_A_TOKEN = 4
"""Of English, about: rewards of length need a number where no tokenizer is at hand."""


class Judging(Protocol):
    """The part of a Scorer that an audit uses."""

    rubric: Rubric
    steps: tuple[Step, ...]
    sees_groups: bool

    def stream(self, samples: Iterable[Sample], *, progress: float = 1.0) -> Iterable[Result]:
        """The results of a stream of samples, in order."""


class Probe(NamedTuple):
    """One completion for one task."""

    task: Task
    text: str


@dataclass(frozen=True)
class Observation:
    """A probe with its result, and what each reward of the rubric adds to it."""

    probe: Probe
    result: Result
    terms: Mapping[str, float]
    """By alias; 0 where a reward adds nothing."""

    @property
    def reward(self) -> float:
        """The composed reward; 0 where there is none, as a trainer that imputes it has it."""
        return 0.0 if self.result.reward is None else self.result.reward

    @property
    def failed(self) -> Sequence[str]:
        """Aliases of the rewards that failed."""
        return [alias for alias, score in self.result.scores.items() if score.status == "failed"]


class Prober:
    """Asks a scorer about completions and remembers the answers."""

    def __init__(self, scorer: Judging) -> None:
        """Takes the scorer, which stays the caller's."""
        self.scorer = scorer
        self.judged = 0
        """Completions that were judged."""
        self.known: dict[tuple[int, str], Observation] = {}

    def ask(self, probes: Iterable[Probe], *, again: bool = False) -> list[Observation]:
        """An observation for each probe, in order.

        again  also judges what was judged before
        """
        wanted = list(probes)
        keys = [(id(probe.task.sample), probe.text) for probe in wanted]
        new = {key: probe for key, probe in zip(keys, wanted, strict=True) if again or key not in self.known}
        samples: list[Sample] = []
        kept: list[int] = []
        for number, probe in enumerate(new.values()):
            unit = self._unit(probe, number)
            kept += [len(samples)]
            samples += unit
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnjudgedWarning)  # what nobody could judge is a finding of ours
            results = list(self.scorer.stream(samples))
        self.judged += len(samples)
        made = {}
        for (key, probe), at in zip(new.items(), kept, strict=True):
            result = results[at]
            made[key] = Observation(probe, result, _terms(self.scorer.rubric, samples[at], result))
            self.known.setdefault(key, made[key])
        return [made.get(key) or self.known[key] for key in keys]

    def _unit(self, probe: Probe, number: int) -> list[Sample]:
        """The sample of a probe; for a rubric that sees groups in a group with an honest right and wrong completion."""
        sample = _with_length(answering(probe.task.sample, probe.text), probe.text)
        if not self.scorer.sees_groups:
            return [sample]
        key = f"audit {self.judged + number}"
        honest = [text for text in (probe.task.right, probe.task.wrong) if text is not None]
        others = [_with_length(answering(probe.task.sample, text), text) for text in honest]
        return [with_fields(one, group=key) for one in (sample, *others)]


def _with_length(sample: Sample, text: str) -> Sample:
    """The sample with a number of tokens for rewards of length, and as one that was not cut off."""
    return with_fields(sample, completion_tokens=max(1, len(text) // CHARACTERS_A_TOKEN), truncated=False)


def _terms(rubric: Rubric, sample: Sample, result: Result) -> dict[str, float]:
    found = {}
    for alias in rubric.rewards:
        added = term(rubric, alias, sample, result.scores, result.weights[alias])
        found[alias] = added if isinstance(added, float) else 0.0
    return found

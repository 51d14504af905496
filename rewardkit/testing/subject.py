"""The reward that is being checked: built from its parameters, and asked as the pipeline asks it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rewardkit.rewards.interface import Reward, RewardContext
from rewardkit.sample import Sample
from rewardkit.score import Score
from rewardkit.testing.cases import HOSTILE, Case, with_fields
from rewardkit.workers.judge import ask

START_S = 60.0
"""Seconds in which a reward must be imported and built."""


class InapplicableError(Exception):
    """A check that says nothing of this reward; the message says why."""


@dataclass(frozen=True)
class Question:
    """One call of a reward."""

    name: str
    """How messages call it."""
    samples: Sequence[Sample]
    at: int = 0
    """Index of the sample that matters; the others are its group."""

    def about(self, sample: Sample, name: str | None = None) -> "Question":
        """The same question about another sample in the place of the one that matters."""
        samples = list(self.samples)
        samples[self.at] = sample
        return Question(name or self.name, samples, self.at)


@dataclass
class Subject:
    """A reward under check."""

    reward: type[Reward]
    params: Mapping[str, Any]
    cases: Sequence[Case]
    idle_reward: float = 0.0
    """The most that a completion without any work may earn."""
    deadline_s: float = 10.0
    heavy_imports: Sequence[str] = ()
    """Heavy modules that were imported with the reward."""
    import_s: float = 0.0
    """Processor seconds that importing the reward took."""
    hanging: frozenset[str] = frozenset()
    """Hostile texts, by name, at which the process of an earlier check ended."""
    announce: Callable[[str, float], None] = field(default=lambda *_: None)
    """Told the name of each question before it is asked, and the seconds that it may take: for whoever watches."""

    def build(self) -> Reward:
        """A new instance."""
        self.announce("building it", START_S)
        return self.reward(self.reward.Params(**self.params), RewardContext(deadline_s=self.deadline_s))

    @cached_property
    def instance(self) -> Reward:
        """The instance that most checks ask."""
        return self.build()

    @property
    def sees_groups(self) -> bool:
        """True if the reward sees several samples at once by its nature."""
        return self.reward.sees == "group"

    @cached_property
    def questions(self) -> Sequence[Question]:
        """The cases as the pipeline asks them: each for itself, or each in its group."""
        if not self.sees_groups:
            return [Question(case.name, [case.sample]) for case in self.cases]
        groups: dict[object, list[Case]] = {}
        for case in self.cases:
            groups.setdefault(case.sample.group_key or id(case), []).append(case)
        found = {
            id(case): Question(case.name, [other.sample for other in group], index)
            for group in groups.values()
            for index, case in enumerate(group)
        }
        return [found[id(case)] for case in self.cases]

    @cached_property
    def hostile_scores(self) -> Sequence[tuple[str, Score]]:
        """The score of each hostile text, in the place of a completion that the reward can judge."""
        right = [case.expected == "full" for case in self.cases]
        question = self.questions[right.index(True) if any(right) else 0]
        sample = question.samples[question.at]
        texts = [(name, text) for name, text in HOSTILE if name not in self.hanging]
        return [(name, self.score(question.about(answering(sample, text), name))) for name, text in texts]

    def ask(self, name: str, samples: Sequence[Sample], reward: Reward | None = None) -> Sequence[Score]:
        """The scores of samples that are handed over in one call; what the reward raises is a `failed` score.

        name    of the question, for messages
        reward  another instance than `instance`
        """
        self.announce(name, self.deadline_s * len(samples))
        return ask(reward or self.instance, self.reward.name, samples)

    def score(self, question: Question, reward: Reward | None = None) -> Score:
        """The score of the sample that a question is about."""
        return self.ask(question.name, question.samples, reward)[question.at]

    @cached_property
    def scores(self) -> Sequence[Score]:
        """The score of each case."""
        return [self.score(question) for question in self.questions]

    def changed(self, change: Callable[[Sample], Sample | None]) -> Iterator[tuple[str, Score]]:
        """Each case, changed, with its score: its name and the score. A case whose change is None is left out."""
        for question in self.questions:
            if (sample := change(question.samples[question.at])) is not None:
                yield question.name, self.score(question.about(sample))

    @cached_property
    def reads_ground_truth(self) -> bool:
        """True if the reward says that it reads the ground truth, or judges otherwise without it."""
        if "ground_truth" in self.reward.reads:
            return True
        for question, score in zip(self.questions, self.scores, strict=True):
            samples = [with_fields(sample, ground_truth=None) for sample in question.samples]
            if samples != list(question.samples):
                blind = self.score(Question(question.name, samples, question.at))
                if (blind.value, blind.status) != (score.value, score.status):
                    return True
        return False


def answering(sample: Sample, completion: Any) -> Sample:
    """The sample with another completion, and with nothing that belonged to the old one."""
    tokens = None if sample.completion_tokens is None else len(str(completion).split())
    needed = {name: Score.scored(0.0) for name in sample.needed}
    return with_fields(sample, completion=completion, reasoning=None, completion_tokens=tokens, needed=needed)

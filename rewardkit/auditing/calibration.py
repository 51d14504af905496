"""The scale of an audit: rewards of a right completion, an honest wrong one, and one without any work."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rewardkit.auditing.forms import FORMS, Form
from rewardkit.auditing.probing import Observation, Probe, Prober
from rewardkit.auditing.tasks import Task

NEAR = 1e-9
GARBAGE = "qzx vkj wqf "


@dataclass(frozen=True)
class Scale:
    """The rewards of one task's completions."""

    task: Task
    right: Observation | None
    """Of the right completion that is paid best; None where none is known, or none earns more than a wrong one."""
    wrong: Observation
    """Of the honest wrong completion."""
    most: float
    """The reward that counts as the whole."""
    graded: bool = False
    """True if a part of the answer earns a part of the reward."""

    @property
    def zero(self) -> float:
        """The reward of nothing: 0, or that of a wrong completion where no reward is above 0."""
        return 0.0 if self.most > 0 else self.wrong.reward

    def share(self, earned: float, over: float | None = None) -> float:
        """A reward as a share of what a right completion earns, above `over` (default: nothing)."""
        base = self.zero if over is None else over
        return (earned - base) / max(self.most - self.zero, NEAR)


def calibrated(prober: Prober, tasks: Sequence[Task]) -> list[Scale]:
    """The scale of each task; its task has the form and the right completion that the rubric pays best."""
    right = {id(task): _honest(task) for task in tasks}
    probes = [Probe(task, text) for task in tasks for _, text in right[id(task)]]
    prober.ask(probes)
    form = _best_form(prober, tasks, right)
    fitted = []
    for task in tasks:
        known = [(prober.ask([Probe(task, text)])[0], of) for of, text in right[id(task)]]
        best, its_form = max(known, key=lambda pair: pair[0].reward, default=(None, None))
        fitted.append(replace(task, form=its_form or form, right=best.probe.text if best else None))
    fitted = _in_their_words(prober, fitted)
    wrong = prober.ask([Probe(task, task.wrong) for task in fitted])
    rights = [prober.ask([Probe(task, task.right)])[0] if task.right is not None else None for task in fitted]
    better = [one for one, other in zip(rights, wrong, strict=True) if one and one.reward > other.reward + NEAR]
    most = max((one.reward for one in better), default=_attainable(prober))
    graded = _graded(prober, fitted)
    return [
        Scale(task, one if one in better else None, other, one.reward if one and one in better else most, graded)
        for task, one, other in zip(fitted, rights, wrong, strict=True)
    ]


def _in_their_words(prober: Prober, tasks: Sequence[Task]) -> list[Task]:
    """The tasks; where the right completion is one of the data, the wrong one says the wrong answer in its words.

    So they differ in the answer alone, and not in their language or length. Where that is paid as well, the answer was
    not what it stated last, and the form stays.
    """
    worded = {
        index: replace(task, form=_around(task.right, task.answer))
        for index, task in enumerate(tasks)
        if task.right in task.rollouts + task.references and task.answer and task.answer in (task.right or "")
    }
    asked = prober.ask(Probe(task, text) for task in worded.values() for text in (task.wrong, task.right or ""))
    pairs = zip(worded.items(), asked[::2], asked[1::2], strict=True)
    better = {index: task for (index, task), wrong, right in pairs if wrong.reward < right.reward - NEAR}
    return [better.get(index, task) for index, task in enumerate(tasks)]


def _around(text: str | None, answer: str) -> Form:
    """The form of a completion: with another answer in place of the last one."""
    before, _, behind = (text or "").rpartition(answer)
    return lambda other: f"{before}{other}{behind}"


def _honest(task: Task) -> list[tuple[Form | None, str]]:
    """Completions that may be right: the answer in each form, with the form, references, and what the data holds."""
    stated: list[tuple[Form | None, str]] = [(form, form(answer)) for answer in task.answers for form in task.forms()]
    return [*stated, *((None, text) for text in (*task.references, *task.rollouts))]


def _best_form(prober: Prober, tasks: Sequence[Task], right: Mapping[int, Sequence[tuple[Form | None, str]]]) -> Form:
    """The form that pays best on most tasks; reasoning and a box if no task has an answer."""
    votes: Counter[Form] = Counter()
    for task in tasks:
        known = [(prober.ask([Probe(task, text)])[0].reward, form) for form, text in right[id(task)] if form]
        if known:
            votes[max(known, key=lambda pair: pair[0])[1]] += 1
    return votes.most_common(1)[0][0] if votes else FORMS["reasoning, boxed"]


def _attainable(prober: Prober) -> float:
    """The most that the rubric's weights can add up to, where no right completion is known."""
    weights = [config.weight_at(1.0) for config in prober.scorer.rubric.rewards.values()]
    flat = [w for weight in weights for w in (weight.values() if isinstance(weight, Mapping) else (weight,))]
    return sum(weight for weight in flat if weight > 0) or 1.0


def _graded(prober: Prober, tasks: Sequence[Task]) -> bool:
    """True if half of an answer earns more than as many letters of nothing, and less than the whole, on most tasks."""
    able = [task for task in tasks if task.answer and len(task.answer) > 3 and task.right is not None]
    graded = 0
    for task in able:
        assert task.answer is not None
        half = task.answer[: len(task.answer) // 2]
        texts = (task.form(half), task.form((GARBAGE * len(half))[: len(half)]), task.right or "")
        part, nothing, whole = (one.reward for one in prober.ask(Probe(task, text) for text in texts))
        graded += nothing + 0.02 < part < whole - NEAR
    return bool(able) and 2 * graded > len(able)

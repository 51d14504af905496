"""The tasks of an audit: each row's question with everything that is known of its right answer."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from rewardkit.auditing.forms import FORMS, Form, asked_form, fenced
from rewardkit.auditing.wrong import wrong_answer
from rewardkit.sample import Sample
from rewardkit.testing.earning_checks import is_answer

REFERENCE_COLUMNS = (
    "canonical_solution", "reference_solution", "reference_program", "reference_code", "gold_solution", "solution",
    "solutions", "code", "program", "reference", "reference_completion",
)  # fmt: skip
"""Columns in which data sets keep a completion, or a program, that is right."""
ROLLOUTS = 4
"""Completions of the data that are kept for each task."""
OTHERS = 20
_ANSWER_KEYS = ("answer", "target", "value", "final_answer", "ground_truth", "label")
_CODE = re.compile(r"(?m)^\s*(def |class |import |from \w+ import|return\b|print\(|for .*:$|while .*:$|if .*:$)")


@dataclass(frozen=True)
class Task:
    """One question of the data, once, whatever completions it has."""

    sample: Sample
    where: str
    """File and line of its row."""
    answers: tuple[str, ...] = ()
    """The ground truth as an answer that a completion can state, in the ways that it may be meant; empty where it is
    tests, criteria or nothing."""
    others: tuple[str, ...] = ()
    """Answers of other rows that differ from this one."""
    references: tuple[str, ...] = ()
    """Completions that the row itself calls right."""
    rollouts: tuple[str, ...] = ()
    """Completions of the data for this question."""
    form: Form = FORMS["boxed"]
    """The form of an honest completion that this rubric pays best."""
    right: str | None = None
    """The honest right completion that this rubric pays best; None where none is known."""

    @property
    def answer(self) -> str | None:
        """The answer that a completion should state; None where the ground truth is not an answer."""
        return self.answers[0] if self.answers else None

    @cached_property
    def wrong_answer(self) -> str | None:
        """A wrong answer that looks like the right one."""
        return None if self.answer is None else wrong_answer(self.answer, self.others)

    @cached_property
    def wrong(self) -> str:
        """The honest wrong completion, in the form that is paid best."""
        return self.form(self.wrong_answer or "I could not work it out.")

    @property
    def prompt(self) -> str:
        """The text of the question."""
        return self.sample.prompt_text

    @property
    def runs_code(self) -> bool:
        """True if its ground truth is not an answer and its reference is a program."""
        return not self.answers and any(_CODE.search(text) for text in self.references)

    @cached_property
    def entry_point(self) -> str | None:
        """The function that the tests call: as the row names it, else the last one that prompt or reference define."""
        named = self.sample.all_columns.get("entry_point")
        if isinstance(named, str) and named.isidentifier():
            return named
        defined = re.findall(r"(?m)^def (\w+)", "\n".join([*self.references, self.prompt]))
        return defined[-1] if defined else None

    def forms(self) -> Iterable[Form]:
        """The forms in which its answer can be stated."""
        asked = asked_form(self.prompt)
        return [*([asked] if asked else []), *FORMS.values()]


@dataclass
class _Gathered:
    """The content of the rows of one question."""

    sample: Sample
    where: str
    rollouts: dict[str, None] = field(default_factory=dict)


def tasks_of(samples: Iterable[tuple[str, Sample]]) -> list[Task]:
    """The tasks of samples with their names; completions of one question come together."""
    gathered: dict[tuple[str, str], _Gathered] = {}
    for where, sample in samples:
        key = (sample.prompt_text, repr(sample.ground_truth))
        task = gathered.setdefault(key, _Gathered(sample, where))
        if sample.completion_text.strip() and len(task.rollouts) < ROLLOUTS:
            task.rollouts[sample.completion_text] = None
    tasks = [
        Task(
            one.sample,
            one.where,
            answers_of(one.sample.ground_truth),
            references=references_of(one.sample),
            rollouts=tuple(one.rollouts),
        )
        for one in gathered.values()
    ]
    known = list(dict.fromkeys(task.answer for task in tasks if task.answer))
    return [replace(task, others=_others(known, task)) for task in tasks]


def _others(known: Sequence[str], task: Task) -> tuple[str, ...]:
    """Answers of other rows, those behind this one first, so that different tasks get different ones."""
    if task.answer is None:
        return ()
    mine = {same(answer) for answer in task.answers}
    at = known.index(task.answer)
    around = [*known[at + 1 :], *known[:at]]
    return tuple(other for other in around if same(other) not in mine)[:OTHERS]


def same(text: str) -> str:
    """A text as answers are compared: without case, blanks and marks around it, numbers by their value."""
    bare = re.sub(r"\s+", " ", text).strip().strip(".,;:!?\"'` ").casefold()
    try:
        return f"{float(bare.replace(',', '')):.9g}"
    except ValueError:
        return bare


def answers_of(truth: Any) -> tuple[str, ...]:
    """The answers that a ground truth may mean; empty for tests, criteria and nothing."""
    if isinstance(truth, Mapping):
        truth = next((truth[key] for key in _ANSWER_KEYS if truth.get(key) is not None), None)
    if truth is None or not is_answer(truth):
        return ()
    if isinstance(truth, list | tuple):
        texts = [str(item).strip() for item in truth]
        return tuple(dict.fromkeys([*texts[:1], ", ".join(texts)])) if any(texts) else ()
    text = str(truth).strip()
    if "####" in text:  # GSM8K writes its work before the answer
        text = text.rpartition("####")[2].strip()
    return (text,) if text else ()


def references_of(sample: Sample) -> tuple[str, ...]:
    """Completions that a row calls right: its solution as it stands, and a program in a fence."""
    found: dict[str, None] = {}
    for program in programs_of(sample):
        if _CODE.search(program):
            found[fenced(program)] = None
            if sample.prompt_text.rstrip().endswith('"""') or "def " in sample.prompt_text:
                found[fenced(sample.prompt_text + program)] = None  # HumanEval's is the rest of its prompt
        found[program] = None
    return tuple(found)


def programs_of(sample: Sample) -> list[str]:
    """The texts of a row's columns for right completions."""
    return [text for name in REFERENCE_COLUMNS for text in _texts(sample.all_columns.get(name))]


def _texts(value: Any) -> list[str]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return [value]
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, Mapping):  # code_contests: {"language": […], "solution": […]}
        value = value.get("solution") or value.get("code")
    return [item for item in value if isinstance(item, str)][:2] if isinstance(value, list | tuple) else []

"""Labels that are wrong: rows whose own answer is rejected, and answers on which judges disagree."""

from collections.abc import Sequence

from rewardkit.auditing.calibration import Scale
from rewardkit.auditing.findings import AuditFinding
from rewardkit.auditing.probing import Observation, Prober
from rewardkit.auditing.second_opinions import OPINIONS
from rewardkit.auditing.tasks import Task
from rewardkit.auditing.weak_tests import Open
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.testing.subject import answering

MATHEMATICS = frozenset({"math", "math_verify"})


def rejected(scales: Sequence[Scale], prober: Prober) -> list[AuditFinding]:
    """Rows whose own answer or reference earns no more than a wrong one, where those of other rows do."""
    able = [one for one in scales if one.task.right is not None]
    accepted = sum(one.right is not None for one in able)
    if not accepted:
        return []
    made = []
    for scale in able:
        if scale.right is not None:
            continue
        best = prober.known[id(scale.task.sample), scale.task.right or ""]
        why = "; ".join(f"`{alias}`: {reason}" for alias, reason in _reasons(best))
        stated = scale.task.answer if scale.task.answer is not None else "its reference"
        made.append(
            AuditFinding(
                "label/rejected",
                "warning",
                f"its own ground truth ({stated[:80]}) earns {best.reward:g}, no more than a wrong answer: {why[:300]}",
                fix="correct the label, or leave the row out; `rewardkit explain` shows how it was read",
                where=scale.task.where,
                rows=1,
                asked=1,
                completion=best.probe.text,
                earned=best.reward,
                details={"row_digest": f"{scale.task.prompt}\0{scale.task.sample.ground_truth!r}"},
                by_row=True,
            )
        )
    return made


def _reasons(one: Observation) -> list[tuple[str, str]]:
    return [(alias, score.reason) for alias, score in one.result.scores.items() if score.value != 1.0 and score.reason]


def disagreements(scales: Sequence[Scale], prober: Prober, open_scorer: Open) -> list[AuditFinding]:
    """Completions of the data, and reference solutions, on which `math`, Math-Verify and sympy do not agree."""
    if not any(step.installed.name in MATHEMATICS for step in prober.scorer.steps):
        return []
    asked = [(scale.task, text) for scale in scales for text in (*scale.task.rollouts, *scale.task.references)]
    asked = [(task, text) for task, text in asked if task.answer is not None]
    if not asked:
        return []
    with open_scorer(Rubric.of({"rewards": OPINIONS})) as scorer:
        results = list(scorer.stream(_sample(task, text) for task, text in asked))
    made = []
    for (task, text), result in zip(asked, results, strict=True):
        said = {name: score.value for name, score in result.scores.items() if score.value is not None}
        if len(set(said.values())) > 1:
            told = ", ".join(f"{name} {value:g}" for name, value in said.items())
            made.append(
                AuditFinding(
                    "label/disagreement",
                    "note",
                    f"judges disagree whether this answers {task.answer!r:.80}: {told}",
                    fix="read it: the label may be ambiguous, or one of the judges wrong",
                    where=task.where,
                    rows=1,
                    asked=1,
                    completion=text[-2000:],
                    details={
                        "row_digest": f"{task.prompt}\0{text}",
                        "reasons": {name: score.reason for name, score in result.scores.items()},
                    },
                    by_row=True,
                )
            )
    return made


def _sample(task: Task, text: str) -> Sample:
    return answering(task.sample, text)

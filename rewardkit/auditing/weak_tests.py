"""Tests that accept wrong programs: mutants of the reference that earn what it earns, confirmed by running both.

A mutant that passes may be as right as the reference. So both run on arguments that the tests do not use, in the
sandbox of the reward `code`, and only one that gives something else is reported, with the arguments that show it.
"""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from rewardkit.auditing.calibration import NEAR, Scale
from rewardkit.auditing.findings import AuditFinding
from rewardkit.auditing.forms import fenced
from rewardkit.auditing.fresh_inputs import called_with, fresh_inputs
from rewardkit.auditing.mutants import Mutant, mutants_of
from rewardkit.auditing.probing import Judging, Probe, Prober
from rewardkit.auditing.tasks import Task
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.testing.earning_checks import stated

CONFIRMED = 6
"""Mutants of one task that are run beside the reference at most."""
Open = Callable[[Rubric], AbstractContextManager[Judging]]
"""Opens a scorer of another rubric, for the time of a `with`."""

_PROGRAM = """\
import copy

def _loaded(source, name):
    held = {{"__name__": "program"}}
    exec(source, held)
    return held[name]

_right, _other = (_loaded(source, {name!r}) for source in ({right!r}, {mutant!r}))
_inputs = {inputs!r}

def _seen(function, arguments):
    try:
        return "gives", function(*copy.deepcopy(arguments))
    except Exception as error:
        return "raises", type(error).__name__

def agree(number):
    right, other = _seen(_right, _inputs[number]), _seen(_other, _inputs[number])
    return right[0] == "raises" or right == other or repr(right) == repr(other)
"""


class Survivor(NamedTuple):
    """A mutant that its tests accept."""

    task: Task
    mutant: Mutant
    reference: str
    earned: float
    inputs: tuple[tuple[Any, ...], ...]
    """Arguments to run it on beside the reference."""


def weak_tests(prober: Prober, scales: Sequence[Scale], open_scorer: Open) -> list[AuditFinding]:
    """A finding for each task whose tests accept a program that was seen to be wrong."""
    survivors = _survivors(prober, scales)
    if not survivors:
        return []
    rubric = Rubric.of(
        {
            "rewards": {"code": {"params": {"score": "share"}}},
            "sandbox": prober.scorer.rubric.sandbox,
            "limits": {"deadline_s": 20},
        }
    )
    with open_scorer(rubric) as scorer:
        shown = [(one, difference) for one, difference in _compared(scorer, survivors) if difference is not None]
    by_task: dict[int, list[tuple[Survivor, tuple[Any, ...]]]] = {}
    for survivor, arguments in shown:
        by_task.setdefault(id(survivor.task), []).append((survivor, arguments))
    return [_finding(all_, prober) for all_ in by_task.values()]


def _survivors(prober: Prober, scales: Sequence[Scale]) -> list[Survivor]:
    tried: list[tuple[Scale, Mutant, str]] = []
    for scale in scales:
        if (program := _program(prober, scale)) is not None:
            tried += [(scale, mutant, program) for mutant in mutants_of(program)]
    seen = prober.ask(Probe(scale.task, fenced(mutant.program)) for scale, mutant, _ in tried)
    found: dict[int, list[Survivor]] = {}
    for (scale, mutant, program), one in zip(tried, seen, strict=True):
        if scale.right is not None and one.result.reward is not None and one.reward >= scale.right.reward - NEAR:
            survivor = Survivor(scale.task, mutant, program, one.reward, _inputs(scale.task))
            found.setdefault(id(scale.task), []).append(survivor)
    return [one for all_ in found.values() for one in all_[:CONFIRMED] if one.inputs]


def _program(prober: Prober, scale: Scale) -> str | None:
    """The reference program of a task, whole and paid by the rubric; None where there is none."""
    task, name = scale.task, scale.task.entry_point
    if task.answers or scale.right is None or name is None:
        return None
    for text in task.references:
        program = text.removeprefix("```python\n").removesuffix("\n```")
        if _defines(program, name) and prober.ask([Probe(task, text)])[0].reward >= scale.right.reward - NEAR:
            return program
    return None


def _defines(program: str, name: str) -> bool:
    """True for a Python program that defines this function."""
    try:
        tree = ast.parse(program)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return any(isinstance(node, ast.FunctionDef) and node.name == name and node.body for node in tree.body)


def _inputs(task: Task) -> tuple[tuple[Any, ...], ...]:
    """Fresh arguments for the function of a task."""
    source = f"{stated(task.sample.ground_truth)}\n{task.prompt}"
    truth = task.sample.ground_truth
    if isinstance(truth, list | tuple):
        source = "\n".join([*map(str, truth), task.prompt])
    return tuple(fresh_inputs(called_with(source, [task.entry_point or "", "candidate"])))


def _compared(scorer: Judging, survivors: Iterable[Survivor]) -> list[tuple[Survivor, tuple[Any, ...] | None]]:
    """Each survivor with the first arguments on which it and its reference differ."""
    wanted = list(survivors)
    results = list(scorer.stream(map(_comparison, wanted)))
    pairs = zip(wanted, results, strict=True)
    return [(one, _first_failed(one, result.scores["code"].details)) for one, result in pairs]


def _comparison(survivor: Survivor) -> Sample:
    """A sample whose program runs both, and whose tests ask of each input if they agree."""
    program = _PROGRAM.format(
        name=survivor.task.entry_point, right=survivor.reference, mutant=survivor.mutant.program, inputs=survivor.inputs
    )
    tests = "\n".join(f"assert agree({number}) == True" for number in range(len(survivor.inputs)))
    return Sample(completion=fenced(program), ground_truth=tests)


def _first_failed(survivor: Survivor, details: Mapping[str, Any]) -> tuple[Any, ...] | None:
    results = details.get("results") or []
    verdicts = [result.get("verdict") for result in results]
    if len(verdicts) != len(survivor.inputs):
        return None  # something else went wrong: nothing is shown
    at = next((at for at, verdict in enumerate(verdicts) if verdict == "wrong"), None)
    return None if at is None else survivor.inputs[at]


def _finding(all_: Sequence[tuple[Survivor, tuple[Any, ...]]], prober: Prober) -> AuditFinding:
    (survivor, arguments), task = all_[0], all_[0][0].task
    call = f"{task.entry_point}({', '.join(map(repr, arguments))})"
    right = prober.ask([Probe(task, task.right or "")])[0]
    return AuditFinding(
        "tests/weak",
        "warning",
        f"{_name(task)}: its tests accept {len(all_)} wrong program{'' if len(all_) == 1 else 's'}; in line "
        f"{survivor.mutant.line} {survivor.mutant.change}, and {call[:200]} gives something else than the reference",
        fix=f"add a test: the value of {call[:200]}",
        where=task.where,
        rows=1,
        asked=1,
        completion=fenced(survivor.mutant.program),
        earned=survivor.earned,
        honest=0.0,
        right=right.reward,
        details={
            "row_digest": _name(task),
            "changes": [f"line {one.mutant.line}: {one.mutant.change}" for one, _ in all_],
            "arguments": repr(arguments),
        },
        by_row=True,
    )


def _name(task: Task) -> str:
    named = next((task.sample.all_columns.get(key) for key in ("task_id", "id", "name")), None) or task.sample.group
    return str(named or task.entry_point)

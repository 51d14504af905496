"""An audit from end to end: rows to tasks, their scale, attacks and smells, and each finding judged once more."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rewardkit.auditing.attack import Attack
from rewardkit.auditing.attacks import ATTACKS
from rewardkit.auditing.calibration import Scale, calibrated
from rewardkit.auditing.exploits import exploits, failures, results_of, tried
from rewardkit.auditing.findings import LEVELS, AuditFinding, AuditReport
from rewardkit.auditing.labels import disagreements, rejected
from rewardkit.auditing.probing import Judging, Probe, Prober
from rewardkit.auditing.rows import named_samples
from rewardkit.auditing.smells import smells, teaches_nothing
from rewardkit.auditing.tasks import Task, tasks_of
from rewardkit.auditing.weak_tests import Open, weak_tests
from rewardkit.errors import ConfigError, InputError
from rewardkit.input.caller import Caller
from rewardkit.input.input_reader import InputReader
from rewardkit.input.row import Row
from rewardkit.input.samples import rows_of
from rewardkit.pipeline import Scorer
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.workers.engine import Engine

TASKS = 20
"""Tasks that are attacked, unless the caller says otherwise."""


def audit(
    rubric: Rubric | Mapping[str, Any] | str | Path,
    rows: Iterable[Sample | Mapping[str, Any]],
    *,
    attacks: Iterable[Attack] = (),
    skip: Iterable[str] = (),
    tasks: int = TASKS,
    seed: int = 0,
    mapping: Mapping[str, str] | None = None,
    plugins: Sequence[str | Path] = (),
    trust: bool = False,
    workers: int | None = None,
    engine: Engine | str = "local",
) -> AuditReport:
    """Attacks a rubric on the rows of its task, and reports what it pays for without the work.

    rubric   as `Scorer` takes it
    rows     rows with prompts and ground truths, and completions if they have any; or Samples
    attacks  attacks of your own, besides `ATTACKS`
    skip     names of attacks that are left out
    tasks    how many questions are attacked; more are chosen from by `seed`
    mapping, plugins, trust, workers, engine  as `Scorer` takes them
    raises   ConfigError, InputError
    """
    chosen = attacks_with(attacks, skip)
    samples = list(samples_of_rows(rows, mapping))
    with Scorer(rubric, workers=workers, plugins=plugins, trust=trust, engine=engine) as scorer:
        return audited(scorer, samples, chosen, tasks=tasks, seed=seed, open_scorer=opening(workers))


def opening(workers: int | None) -> Open:
    """Opens scorers for the questions that an audit asks beside its rubric."""
    return lambda rubric: Scorer(rubric, workers=workers)


def attacks_with(more: Iterable[Attack] = (), skip: Iterable[str] = ()) -> dict[str, Attack]:
    """The attacks of an audit, by name.

    raises  ConfigError for a name that does not exist, or that two have
    """
    chosen = dict(ATTACKS)
    for attack in more:
        if attack.name in chosen:
            raise ConfigError(f"two attacks are called {attack.name!r}; rename one")
        chosen[attack.name] = attack
    for name in skip:
        if name not in chosen:
            raise ConfigError(f"no attack is called {name!r}; there are {', '.join(chosen)}")
        del chosen[name]
    return chosen


def samples_of_rows(rows: Any, mapping: Mapping[str, str] | None = None) -> Iterable[tuple[str, Sample]]:
    """The samples of rows in Python with their names."""
    reader = InputReader(mapping, caller=Caller.PYTHON)
    given = enumerate(rows_of(rows), 1)
    for number, row in given:
        if isinstance(row, Sample):
            yield f"row {number}", row
            continue
        rest = ((number, row), *given) if isinstance(row, Mapping) else ()
        if not rest:
            raise InputError(f"row {number}: found a {type(row).__name__}; audit a list of rows or Samples")
        yield from named_samples((Row(dict(one), "rows", at) for at, one in rest), reader, mapping)
        return


def audited(
    scorer: Judging,
    samples: Iterable[tuple[str, Sample]],
    attacks: Mapping[str, Attack],
    *,
    tasks: int,
    seed: int,
    open_scorer: Open,
) -> AuditReport:
    """The report on a rubric whose scorer is open; parameters as of `audit`, the samples with their names."""
    found = tasks_of(samples)
    if not found:
        raise InputError("no rows to audit: name a file with prompts and ground truths")
    every = Audited(scorer, _spread(found, tasks, seed), attacks, open_scorer)
    return every.report()


def _spread(tasks: Sequence[Task], most: int, seed: int) -> list[Task]:
    """So many tasks, chosen at random, in their order."""
    if len(tasks) <= most:
        return list(tasks)
    chosen = random.Random(seed).sample(range(len(tasks)), most)  # noqa: S311 - a choice of rows
    return [tasks[index] for index in sorted(chosen)]


@dataclass
class Audited:
    """One audit at work."""

    scorer: Judging
    tasks: Sequence[Task]
    attacks: Mapping[str, Attack]
    open_scorer: Open

    def report(self) -> AuditReport:
        """All findings that show twice, the worst first."""
        prober = Prober(self.scorer)
        scales, found, results = self._look(prober)
        again = Prober(self.scorer)
        kept = [one for one in found if self._shows_again(again, scales, one)]
        kept.sort(key=lambda one: (-LEVELS.index(one.level), -(one.earned or 0.0), one.rule))
        rights = [scale.right.reward for scale in scales if scale.right is not None]
        return AuditReport(
            rubric=self.scorer.rubric.where,
            tasks=len(scales),
            known=len(rights),
            judged=prober.judged + again.judged,
            right=fmean(rights) if rights else None,
            wrong=fmean(scale.wrong.reward for scale in scales),
            findings=tuple(kept),
            attacks=results,
            not_repeated=len(found) - len(kept),
        )

    def _look(self, prober: Prober) -> tuple[list[Scale], list[AuditFinding], Any]:
        scales = calibrated(prober, self.tasks)
        done = tried(prober, scales, self.attacks)
        seen = list(prober.known.values())
        found = smells(prober, scales, seen)
        if not teaches_nothing(found):
            found += exploits(prober, done, self.attacks)
            found += weak_tests(prober, scales, self.open_scorer)
        found += failures(seen) + rejected(scales, prober) + disagreements(scales, prober, self.open_scorer)
        return scales, found, results_of(done)

    def _shows_again(self, again: Prober, scales: Sequence[Scale], found: AuditFinding) -> bool:
        """True if the completion of a finding earns the same once more."""
        if found.completion is None or found.earned is None:
            return True
        task = next((scale.task for scale in scales if scale.task.where == found.where), None)
        if task is None:
            return True
        (judged,) = again.ask([Probe(task, found.completion)], again=True)
        return abs(judged.reward - found.earned) <= 1e-6 * max(1.0, abs(found.earned))

"""Audits in this process: the same line of judging, without the second that starting workers takes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from rewardkit import Rubric
from rewardkit.auditing.findings import AuditReport
from rewardkit.auditing.run import attacks_with, audited, samples_of_rows
from rewardkit.commands.judging import open_scorer
from rewardkit.commands.options import JudgeOptions


def open_here(rubric: Rubric) -> Any:
    return open_scorer(rubric, JudgeOptions(debug=True), workers=None)


@pytest.fixture(scope="session")
def audit_here() -> Callable[..., AuditReport]:
    def audit(rubric: Any, rows: list[Mapping[str, Any]], *, skip: Iterable[str] = ()) -> AuditReport:
        rubric = Rubric.of(rubric if isinstance(rubric, dict) else {"rewards": {"mine": rubric}})
        attacks = attacks_with(skip=skip)
        with open_scorer(rubric, JudgeOptions(debug=True), workers=None) as scorer:
            named = list(samples_of_rows(rows))
            return audited(scorer, named, attacks, tasks=20, seed=0, open_scorer=open_here)

    return audit


@pytest.fixture(scope="session")
def questions() -> list[dict[str, Any]]:
    """Eight questions whose answers are numbers, without completions."""
    return [
        {"prompt": f"A tray holds seven eggs. How many do {n} trays hold?", "ground_truth": str(7 * n)}
        for n in range(21, 29)
    ]

"""Knowing what a reward pays for before a model is trained on it.

    from rewardkit.auditing import audit

    report = audit("rubric.yaml", rows)
    assert not report.findings, str(report)

`audit` attacks the composed rubric on the rows of a task, looks for labels that are wrong and for rubrics that teach
nothing, and judges each finding again before it reports it. Names are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rewardkit.auditing.attack import Attack as Attack
    from rewardkit.auditing.attacks import ATTACKS as ATTACKS
    from rewardkit.auditing.findings import AuditFinding as AuditFinding
    from rewardkit.auditing.findings import AuditReport as AuditReport
    from rewardkit.auditing.run import audit as audit
    from rewardkit.auditing.tasks import Task as Task

_MODULE_OF = {
    "ATTACKS": "attacks",
    "Attack": "attack",
    "AuditFinding": "findings",
    "AuditReport": "findings",
    "Task": "tasks",
    "audit": "run",
}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 - as in the package above


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'rewardkit.auditing' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"rewardkit.auditing.{_MODULE_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return __all__

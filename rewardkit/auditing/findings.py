"""The outcome of an audit: findings with what shows them, and the report of all of them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("note", "warning", "error")
"""From the least to the worst."""


@dataclass(frozen=True)
class AuditFinding:
    """One thing that is wrong, judged twice with the same outcome before it is reported."""

    rule: str
    """`attack/NAME`, `smell/NAME`, `label/NAME` or `tests/NAME`."""
    level: Level
    message: str
    """The fault, in one sentence."""
    fix: str = ""
    """The fix."""
    reward: str | None = None
    """Alias of the reward of the rubric that is at fault; None if it is the composition."""
    where: str | None = None
    """File and line of the row that shows it best."""
    rows: int = 0
    """Rows on which it showed."""
    asked: int = 0
    """Rows on which it was tried."""
    completion: str | None = None
    """The smallest completion that shows it."""
    earned: float | None = None
    """Its reward."""
    honest: float | None = None
    """The reward of the honest completion that it is compared with."""
    right: float | None = None
    """The reward of a right completion."""
    details: Mapping[str, Any] = field(default_factory=dict)
    by_row: bool = False
    """True if the finding is about this row alone, and not about the rubric."""

    @property
    def fingerprint(self) -> str:
        """The same for the same finding in a later audit: rule, reward, and the row if it is about one."""
        row = self.details.get("row_digest", self.where) if self.by_row else ""
        return hashlib.sha256(f"{self.rule}\0{self.reward}\0{row}".encode()).hexdigest()[:16]

    def as_dict(self) -> dict[str, Any]:
        """All of it, for machines."""
        return {**asdict(self), "fingerprint": self.fingerprint}


@dataclass(frozen=True)
class AttackResult:
    """How one attack did over all tasks."""

    attack: str
    asked: int
    """Tasks on which it was tried."""
    paid: int
    """Tasks on which it earned a fifth, or more, of what a right completion earns."""
    share: float
    """Mean over the tasks of what it earned, as a share of what a right completion earns."""


@dataclass(frozen=True)
class AuditReport:
    """All findings of an audit, and what they rest on."""

    rubric: str
    tasks: int
    """Questions that were audited."""
    known: int
    """Of these, questions for which a right completion is known that this rubric pays."""
    judged: int
    """Completions that were judged."""
    right: float | None
    """Mean reward of right completions."""
    wrong: float | None
    """Mean reward of honest wrong ones."""
    findings: tuple[AuditFinding, ...]
    """The worst first."""
    attacks: tuple[AttackResult, ...] = ()
    accepted: tuple[AuditFinding, ...] = ()
    """Findings that the baseline file accepts."""
    not_repeated: int = 0
    """Findings that did not show a second time, and so are left out."""

    def at_least(self, level: Level) -> Sequence[AuditFinding]:
        """The findings of a level and above."""
        return [found for found in self.findings if LEVELS.index(found.level) >= LEVELS.index(level)]

    def as_dict(self) -> dict[str, Any]:
        """All of it, for machines."""
        made = asdict(self)
        return made | {
            "findings": [found.as_dict() for found in self.findings],
            "accepted": [found.as_dict() for found in self.accepted],
        }

    def __str__(self) -> str:
        counts = f"{len(self.findings)} findings on {self.tasks} tasks"
        return "\n".join(
            [f"{self.rubric}: {counts}", *(f"  {one.level} {one.rule}: {one.message}" for one in self.findings)]
        )

"""Results of checks: one for each check, and the report of one reward."""

from typing import Any, Literal, NamedTuple

Outcome = Literal["passed", "fault", "not checked"]


class CheckResult(NamedTuple):
    """The result of one check."""

    check: str
    about: str
    """One line: the property that was checked, as it should be."""
    outcome: Outcome
    found: str = ""
    """The fault with the sample that shows it, or why the check does not apply."""


class Report(NamedTuple):
    """All checks of one reward."""

    reward: str
    results: tuple[CheckResult, ...]

    @property
    def faults(self) -> tuple[CheckResult, ...]:
        """The checks that found a fault."""
        return tuple(result for result in self.results if result.outcome == "fault")

    def as_dict(self) -> dict[str, Any]:
        """All of it, for machines."""
        return {"reward": self.reward, "checks": [result._asdict() for result in self.results]}

    def __str__(self) -> str:
        lines = [f"  {result.check}: {result.found}\n    ({result.about})" for result in self.faults]
        if not lines:
            return f"{self.reward}: no fault found by {len(self.results)} checks"
        return "\n".join([f"{self.reward}: {len(lines)} of {len(self.results)} checks found a fault", *lines])

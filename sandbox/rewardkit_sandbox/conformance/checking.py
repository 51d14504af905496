"""The parts of a check: a program to run, and the output that it should give."""

from collections.abc import Callable
from typing import Any

from rewardkit_sandbox.protocol import Limits, RunResult, Sandbox, Script

QUICK = Limits(cpu_s=2, wall_s=20.0)
Check = Callable[[Sandbox], None]
CHECKS: list[Check] = []
SEPARATES: dict[Check, str] = {}
"""The word for what a backend of reduced isolation may not separate, by the check that then fails."""


def check(function: Check) -> Check:
    CHECKS.append(function)
    return function


def separates(what: str) -> Callable[[Check], Check]:
    """Marks a check that a backend need not pass if it names `what` in `Sandbox.reduced`."""

    def mark(function: Check) -> Check:
        SEPARATES[function] = what
        return check(function)

    return mark


def claims(sandbox: Sandbox, check: Check) -> bool:
    """True if this backend means to pass this check."""
    return SEPARATES.get(check) not in sandbox.reduced


def require(holds: object, otherwise: object) -> None:
    """Raises AssertionError with `otherwise` unless `holds`; also under `python -O`, where `assert` does nothing."""
    if not holds:
        raise AssertionError(otherwise)


def ask(sandbox: Sandbox, source: str, limits: Limits = QUICK, stdin: bytes = b"") -> RunResult:
    return sandbox.run(Script(source, stdin), limits)


def says(sandbox: Sandbox, source: str, expected: str, limits: Limits = QUICK) -> None:
    result = ask(sandbox, source, limits)
    found = result.stdout.decode(errors="replace").strip()
    require(found == expected, f"the program said {found!r}, not {expected!r}; {result.end} {result.stderr[-300:]!r}")


def tried(body: str) -> str:
    """A program that prints True if `body` worked: it sets `ok`."""
    indented = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"ok = False\ntry:\n{indented}\nexcept Exception:\n    pass\nprint(ok)"


def tests_of(*texts: str) -> dict[str, Any]:
    return {"kind": "code", "setup": "", "tests": list(texts), "entry_point": None, "trusted": "", "stop": False}

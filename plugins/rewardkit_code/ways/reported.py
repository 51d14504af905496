"""Tests written in Python, run in the program's process without what they expect, which is compared here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rewardkit_code.extract import Program
from rewardkit_code.outcomes import SHOWN, TestOutcome, Verdict, shown
from rewardkit_code.runner import Runner, limit_of, read_frames
from rewardkit_code.taken_out import Closed, Expected, NotTakenOutError, TakenOut, closed_of, evaluated, holds, take_out
from rewardkit_code.tests_model import CodeTests, FileTests
from rewardkit_code.ways.form import form_of, needs_pytest
from rewardkit_sandbox import Answers, Opaque, Reporting, RunResult


def reported(tests: CodeTests | FileTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    """Each assertion of the tests. Raises NotTakenOutError where not every expected value can be taken out."""
    taken, request = _taken(tests)
    expected = _evaluated(taken.expected, run)
    run.assertions = len(expected)
    yield from _compared(_reports(run(Reporting(program.text, request), len(expected))), expected)


def _taken(tests: CodeTests | FileTests) -> tuple[TakenOut, dict[str, Any]]:
    """The tests without their expected values, and the request of `guest/tests/reporting.py`."""
    if isinstance(tests, FileTests):
        taken = take_out([tests.test_file], is_test=lambda name: name.startswith("test"), module=tests.module)
        form = form_of(tests.test_file)
        return taken, {"kind": "file", "module": tests.module, "text": taken.texts[0], "form": form}
    texts = [tests.setup] if tests.entry_point else [tests.setup, *tests.tests]
    taken = take_out(texts, is_test=lambda name: name == "check" and tests.entry_point is not None)
    form = "pytest" if needs_pytest(*texts) else ""
    return taken, {"kind": "code", "texts": taken.texts, "candidate": tests.entry_point, "form": form}


def _evaluated(expected: dict[int, Expected], run: Runner) -> dict[int, Expected]:
    """The expectations with the values of their closed expressions, which a run without the program computes."""
    closed = list(dict.fromkeys(part for item in expected.values() for part in closed_of(item)))
    if not closed:
        return expected
    imports = dict.fromkeys(statement for item in closed for statement in item.imports)
    values = ", ".join(f"lambda: ({item.text})" for item in closed)
    source = "\n".join([*imports, f"values = [{values}]", "def value(number): return values[number]()"])
    frames, _ = read_frames(run(Answers(source, [[number] for number in range(len(closed))], "value"), len(closed)))
    found: dict[Closed, Any] = {}
    for item, frame in zip(closed, frames[1:], strict=False):
        if frame[0] == "ok" and len(frame) == 2 and not isinstance(frame[1], Opaque):
            found[item] = frame[1]
    for item in closed:
        if item not in found:
            raise NotTakenOutError(f"`{item.text[:80]}` has no value that can be compared")
    return {number: evaluated(item, found) for number, item in expected.items()}


@dataclass
class _Reports:
    """The reports of a run."""

    sites: dict[int, list[tuple[str, Any]]] = field(default_factory=dict)
    failure: str = ""
    """The first test that came to no end, and why."""
    unloaded: TestOutcome | None = None
    """The outcome of a program that did not load."""
    missing: tuple[Verdict, str] = (Verdict.RUNTIME_ERROR, "")
    """The verdict on a site without a report."""


def _reports(result: RunResult) -> _Reports:
    frames, missing = read_frames(result)
    found = _Reports(missing=limit_of(result) or missing)
    for frame in frames:
        match frame:
            case ["syntax" | "load" as kind, *rest]:
                verdict = Verdict.COMPILE_ERROR if kind == "syntax" else Verdict.RUNTIME_ERROR
                found.unloaded = TestOutcome("the program", verdict, str(rest[0])[:SHOWN] if rest else "")
            case ["value", int(site), value]:
                found.sites.setdefault(site, []).append(("value", value))
            case ["raised", int(site), [*names], str(text)]:
                found.sites.setdefault(site, []).append(("raised", (names, text)))
            case ["test", str(name), False, str(message)]:
                found.failure = found.failure or f"{name}: {message}"
    return found


def _compared(reports: _Reports, expected: dict[int, Expected]) -> Iterator[TestOutcome]:
    """The outcome of each assertion."""
    if reports.unloaded is not None:
        yield reports.unloaded
        return
    for number, (site, wanted) in enumerate(expected.items(), 1):
        found = reports.sites.get(site, [])
        name = f"assertion {number}"
        if found and not reports.failure and all(holds(wanted, report) for report in found):
            yield TestOutcome(name, Verdict.PASSED)
        elif not found or reports.failure:
            verdict, message = reports.missing
            yield TestOutcome(name, verdict, reports.failure[:SHOWN] or message)
        else:
            yield TestOutcome(name, Verdict.WRONG, f"gave {shown(found[-1][1])}")

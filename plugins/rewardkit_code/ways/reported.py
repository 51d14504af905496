"""Tests written in Python, run in the program's process without what they expect, which is compared here."""

from collections.abc import Iterator
from typing import Any

from rewardkit_code.extract import Program
from rewardkit_code.outcomes import SHOWN, TestOutcome, Verdict, shown
from rewardkit_code.runner import Runner, limit_of, read_frames
from rewardkit_code.taken_out import holds, take_out
from rewardkit_code.tests_model import CodeTests, FileTests
from rewardkit_code.ways.form import form_of, needs_pytest
from rewardkit_sandbox import Reporting


def reported(tests: CodeTests | FileTests, program: Program, run: Runner) -> Iterator[TestOutcome]:
    """The tests in the program's process, without what they expect. Raises NotTakenOutError where that cannot be."""
    if isinstance(tests, FileTests):
        form = form_of(tests.test_file)
        taken = take_out([tests.test_file], is_test=lambda name: name.startswith("test"), module=tests.module)
        request: dict[str, Any] = {"kind": "file", "module": tests.module, "text": taken.texts[0], "form": form}
    else:
        texts = [tests.setup] if tests.entry_point else [tests.setup, *tests.tests]
        taken = take_out(texts, is_test=lambda name: name == "check" and tests.entry_point is not None)
        form = "pytest" if needs_pytest(*texts) else ""
        request = {"kind": "code", "texts": taken.texts, "candidate": tests.entry_point, "form": form}
    result = run(Reporting(program.text, request), len(taken.expected))
    frames, missing = read_frames(result)
    reports: dict[int, list[tuple[str, Any]]] = {}
    failure = ""
    for frame in frames:
        match frame:
            case ["syntax" | "load" as kind, *rest]:
                verdict = Verdict.COMPILE_ERROR if kind == "syntax" else Verdict.RUNTIME_ERROR
                yield TestOutcome("the program", verdict, str(rest[0])[:SHOWN] if rest else "")
                return
            case ["value", int(site), value]:
                reports.setdefault(site, []).append(("value", value))
            case ["raised", int(site), [*names], str(text)]:
                reports.setdefault(site, []).append(("raised", (names, text)))
            case ["test", str(name), False, str(message)]:
                failure = failure or f"{name}: {message}"
    for site, expected in taken.expected.items():
        found = reports.get(site, [])
        name = f"assertion {site + 1}"
        if found and not failure and all(holds(expected, report) for report in found):
            yield TestOutcome(name, Verdict.PASSED)
        elif not found or failure:
            stopped = limit_of(result)
            yield TestOutcome(name, *(stopped or (Verdict.RUNTIME_ERROR, failure[:SHOWN] or missing[1])))
        else:
            yield TestOutcome(name, Verdict.WRONG, f"gave {shown(found[-1][1])}")
